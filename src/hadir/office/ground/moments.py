"""Days of moments."""

from datetime import date, timedelta

from hadir.records.days import local_date

LAST_MS = 7_258_118_400_000
"""2200-01-01 in UTC: later claims are no times."""


def is_a_time(at_ms: int) -> bool:
    """Whether calendars have a day for it. Phones may claim any number."""
    return 0 <= at_ms <= LAST_MS


def days_of_month(first: date) -> list[date]:
    """The days of the month that begins at `first`."""
    return [day for at in range(31) if (day := first + timedelta(days=at)).month == first.month]


def day_at(at_ms: int, zone: str) -> date:
    """The date that the clocks of `zone` show."""
    return local_date(at_ms, zone)
