"""`hadir faults`: programs killed and journals edited."""
