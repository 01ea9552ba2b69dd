"""WHAT IT MEANS: the regulation as functions. Pure, no I/O, no clock."""
