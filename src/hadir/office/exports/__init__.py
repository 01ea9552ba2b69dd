"""Large files that a person asks for: made one at a time beside the pages, for that person alone, for a day."""
