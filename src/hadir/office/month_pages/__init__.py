"""Pages of months: recap, forms on paper, closing, and what came after."""
