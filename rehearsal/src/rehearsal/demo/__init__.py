"""`hadir demo`: an invented regency with its month."""
