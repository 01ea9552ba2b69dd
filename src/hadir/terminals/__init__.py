"""FINGERPRINT MACHINES: protocol without I/O, one file with sockets."""
