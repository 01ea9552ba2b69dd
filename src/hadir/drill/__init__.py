"""THE REHEARSAL: simulated mornings against real programs, with a verdict."""
