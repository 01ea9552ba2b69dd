"""WHAT HAPPENED: the formats everyone agrees on. Pure, no I/O. Specified in docs/record-format.md."""
