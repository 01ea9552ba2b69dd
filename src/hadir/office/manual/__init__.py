"""Manual lists: who was present on paper, as the unit's head attests it, with the signed sheet's photo."""
