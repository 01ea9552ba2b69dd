"""`hadir bench`: how fast gate, law and office are, each figure beside its limit."""
