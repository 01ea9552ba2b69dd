"""Judging: from the projection and the register to the rules' facts, and from those to a verdict."""
