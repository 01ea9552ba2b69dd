"""Status: whether recording works, for everybody, without a log-in and without a name."""
