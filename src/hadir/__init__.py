"""Hadir: attendance that a government can switch on for everybody on one morning."""

__version__ = "0.1.0"
