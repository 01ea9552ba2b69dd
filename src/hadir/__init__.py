"""Hadir: attendance that a government can switch on for everybody on one morning."""

#: The one place where the version stands: the package, the rehearsals and the phone are built with it.
__version__ = "0.2.0"
