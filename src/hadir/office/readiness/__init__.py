"""Who is not ready for the first day, and what a unit still has to do."""
