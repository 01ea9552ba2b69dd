"""Pages of excuses: lists, one excuse with what it changes, many at once."""
