"""WHAT IS KEPT: append only; synced before anyone is told."""
