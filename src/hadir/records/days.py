"""From a moment to the day that people there call it. The only way from one to the other, and it needs a zone.

Between midnight and 08:00 in Makassar the date in UTC is yesterday's: code that takes the day of a moment without a
zone gives a role that begins today to nobody until 08:00.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000
QUARTER_MS = 900_000


def local(at_ms: int, zone: str) -> datetime:
    """The aware local time of an instant (UTC milliseconds since 1970) in an IANA zone."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(zone))


def local_date(at_ms: int, zone: str) -> date:
    """The date that the clocks of `zone` show at an instant."""
    return quarter(at_ms // QUARTER_MS, zone)[0]


def day_number(on: date) -> int:
    """Days since 1970-01-01, as vouchers count them."""
    return (on - date(1970, 1, 1)).days


@lru_cache(16_384)
def quarter(number: int, zone: str) -> tuple[date, int, int]:
    """Date, hour and minute there when that quarter of an hour in UTC begins: each begins with a full minute there.

    Every zone has kept whole quarters of an hour from UTC since 1972 (tz database).
    """
    shown = local(number * QUARTER_MS, zone)
    return shown.date(), shown.hour, shown.minute
