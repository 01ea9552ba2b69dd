"""EVERY SENTENCE: one catalogue, Indonesian first, English second."""
