"""Rehearsals of Hadir: phones, crowds, mornings, disasters, measurements, demo regencies. Never part of production."""
