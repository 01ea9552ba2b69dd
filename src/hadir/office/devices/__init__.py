"""Devices: slips, the keys enrolled with them, and the roster that the gates read."""
