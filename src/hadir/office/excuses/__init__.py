"""Excuses: outages, leave, travel and dispensations, from a proposal to a record that another record may reverse."""
