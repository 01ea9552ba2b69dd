"""The projection: tables that can be dropped and come back from the journals, and what in them is no longer valid."""
