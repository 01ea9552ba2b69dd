"""Numbers and days as callers write them into an address, a question or a form: any text has an answer.

`int` takes figures of every script and `str.isdigit` more than `int` does; a database takes no number without end; and
around the first and the last day of Python's calendar there is no day before or after. What is no number or day of
ours is None.
"""

import re
from datetime import date

#: A person's number is below 2^32.
DIGITS_MAX = 10
#: A day of another century is a slip of the finger, and reckoning around it may leave the calendar.
YEARS = range(1900, 2200)
_NUMBER = re.compile(rf"[0-9]{{1,{DIGITS_MAX}}}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def number_asked(text: str) -> int | None:
    """A whole number from 0 on."""
    return int(text) if _NUMBER.fullmatch(text) else None


def day_asked(text: str) -> date | None:
    """`2026-11-24`."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return day if day is not None and day.year in YEARS else None


def month_asked(text: str) -> date | None:
    """The first day of `2026-11`."""
    return day_asked(f"{text}-01")
