"""Rehearsals of Hadir: phones, crowds, mornings, disasters, measurements and demo regencies. Never part of production."""
