"""`hadir drill`: a whole morning against real programs, judged."""
