"""Intake: terminals, who holds which PIN on them, and the files that people bring from them."""
