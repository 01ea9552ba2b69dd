"""Hadir: attendance that a government can switch on for everybody on one morning."""
