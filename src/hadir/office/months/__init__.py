"""The month: its recap by person and unit, closing it, and what comes after it was closed."""
