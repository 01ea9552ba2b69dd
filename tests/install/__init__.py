"""docs/operating.md, "Install", followed word by word: in short beside this machine's own system, in the long form on a
bare Debian with systemd.
"""
