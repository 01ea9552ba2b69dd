"""FINGERPRINT MACHINES: what they write, read without I/O. Bytes in, lines out."""
