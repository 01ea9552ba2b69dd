"""A table in: CSV or XLSX to numbered rows of texts, within limits of time and memory."""
