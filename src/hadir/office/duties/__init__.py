"""Duties: which hours and which policy a unit or a person is judged by, dated."""
