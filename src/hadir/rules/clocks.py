"""Instants and the work place's clock: UTC milliseconds on one side, what a wall clock there shows on the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from hadir.records.days import QUARTER_MS, local_date, quarter

MS_PER_SECOND = 1_000
MS_PER_MINUTE = 60_000
MS_PER_DAY = 86_400_000


class Period(Struct, frozen=True, order=True):
    """The instants `[from_ms, until_ms)` in UTC milliseconds since 1970."""

    from_ms: int
    until_ms: int

    def __contains__(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms < self.until_ms

    @property
    def length_ms(self) -> int:
        """How long it lasts."""
        return self.until_ms - self.from_ms

    def overlaps(self, other: Period) -> bool:
        """Whether the two have an instant in common."""
        return self.from_ms < other.until_ms and other.from_ms < self.until_ms

    def touches(self, other: Period) -> bool:
        """Whether the two overlap or stand end to end."""
        return self.from_ms <= other.until_ms and other.from_ms <= self.until_ms


@lru_cache(4_096)
def instant_ms(on: date, at: time, zone: str) -> int:
    """UTC milliseconds of a local clock time. `zone` is an IANA name; raises `ZoneInfoNotFoundError` for another."""
    local = datetime.combine(on, at, tzinfo=ZoneInfo(zone))
    return (local.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def clock(at_ms: int, zone: str, *, on: date | None = None) -> str:
    """What the work place's clock shows, `07:28:13`; with the date before it where that is not `on`."""
    number, within_ms = divmod(at_ms, QUARTER_MS)
    day, hour, minute = quarter(number, zone)
    minutes, seconds = divmod(within_ms // MS_PER_SECOND, 60)
    time_of_day = f"{hour:02}:{minute + minutes:02}:{seconds:02}"
    return time_of_day if on is None or on == day else f"{day} {time_of_day}"


class Moment(NamedTuple):
    """An instant to be shown on a clock, once somebody reads it: in most verdicts nobody ever does.

    Read out as `07:28:13`, and as `07:30` on the full minute; the end of the day is its `24:00`. `day` is the date that
    needs no saying, or an instant of it (UTC milliseconds).
    """

    at_ms: int
    zone: str
    day: date | int

    def __str__(self) -> str:
        day = self.day if isinstance(self.day, date) else self._day_of(self.day)
        shown = clock(self.at_ms, self.zone, on=day).removesuffix(":00")
        return "24:00" if shown == f"{day + timedelta(days=1)} 00:00" else shown

    def _day_of(self, at_ms: int) -> date:
        return local_date(at_ms, self.zone)


@lru_cache(4_096)
def local_day(on: date, zone: str) -> Period:
    """From midnight to midnight at the work place."""
    return Period(instant_ms(on, time(), zone), instant_ms(on + timedelta(days=1), time(), zone))
