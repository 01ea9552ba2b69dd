"""People: who is employed, where they are assigned and who is their superior, all dated."""
