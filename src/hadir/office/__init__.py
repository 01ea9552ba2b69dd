"""WHERE PEOPLE ANSWER FOR IT: Django, one app per noun."""
