"""Units: the tree of agencies, schools and sections, each with its zone."""
