from datetime import date

from django.urls.converters import IntConverter, StringConverter

from hadir.office.page.asked import DIGITS_MAX, day_asked, month_asked


class DateConverter:
    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return _found(day_asked(value))

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else value.isoformat()


class MonthConverter:
    """A year and month in an address, as the month's first day."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> date:
        return _found(month_asked(value))

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else f"{value:%Y-%m}"


class NumberConverter(IntConverter):
    """A whole number, within what a database takes."""

    regex = rf"[0-9]{{1,{DIGITS_MAX}}}"


class HashConverter(StringConverter):
    """A SHA-256 hash or key thumbprint in base64url."""

    regex = r"[A-Za-z0-9_-]{43}"


def _found(day: date | None) -> date:
    """ValueError, by which an address is none of ours."""
    if day is None:
        raise ValueError("no such day")
    return day
