"""The office's journal folded into the tables that it tells of, and held against the tables as they stand."""
