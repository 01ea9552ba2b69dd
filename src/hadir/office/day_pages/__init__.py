"""Pages of days: today, one person-day, a person's month, and what a phone may ask."""
