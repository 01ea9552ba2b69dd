"""Days: what is known of one person on one day, for the people who must look at it."""
