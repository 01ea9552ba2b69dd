"""What excuses people: the policy's row for a code, and an approved excuse of a person's day.

What either does to a day is said once, in `reckoning.py`: it credits a piece of time. How far a piece reaches beyond
its own minutes, `Reach` says here, and nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hadir.rules.clocks import MS_PER_MINUTE, Period
from hadir.rules.duty import DutyDay

OUTAGE = "outage"
"""The one kind of fact that no policy prices: what Hadir itself could not record."""


class Reach(StrEnum):
    """How much of a day an excuse for a part of it covers."""

    PERIOD = "period"
    """The minutes within its period."""
    HALF = "half"
    """Those, and the whole half of the day, arrival or departure, that it touches."""

    def lifts_arrival(self, period: Period, day: DutyDay) -> bool:
        """Whether a piece of that time reaches the whole of the morning: nobody is late."""
        return self is Reach.HALF and period.from_ms < day.arrive.until_ms and day.start_ms < period.until_ms

    def lifts_departure(self, period: Period, day: DutyDay) -> bool:
        """Whether it reaches the whole of the afternoon: nobody is early."""
        return self is Reach.HALF and day.depart.from_ms < period.until_ms and period.from_ms < day.end_ms


class DaysCounted(StrEnum):
    """Which days of leave an article counts."""

    CALENDAR_DAYS = "calendar_days"
    WORK_DAYS = "work_days"
    """Those on which the person would have worked."""


class CountedOver(StrEnum):
    """Over what it counts them."""

    YEAR = "year"
    """A calendar year."""
    ABSENCE = "absence"
    """One absence, however many documents it has."""


@dataclass(frozen=True, slots=True)
class Band:
    """From this day of a count on (1 is the first), a day costs `percent`, until the next band begins."""

    from_day: int
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcuseRule:
    """What a policy says of one code: what kind of fact it is (in a word, for people), how far it reaches, what a
    whole day of it costs; `counts` and `per`, which days make a later day of it, where that costs something else;
    `name`, in Indonesian and English, where the policy brings a code that Hadir has no name for.
    """

    code: str
    kind: str
    reach: Reach
    bands: tuple[Band, ...]
    article: str
    counts: DaysCounted = DaysCounted.CALENDAR_DAYS
    per: CountedOver = CountedOver.YEAR
    name: tuple[str, str] | None = None

    @property
    def is_counted(self) -> bool:
        """Whether it matters which day of leave a day is."""
        return len(self.bands) > 1

    def percent(self, day_number: int) -> Decimal:
        """What the `day_number`th day costs, by the last band that it reaches."""
        reached = [band.percent for band in self.bands if band.from_day <= day_number]
        return reached[-1] if reached else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcusePeriod:
    """An approved excuse for one person on one day.

    `period` is what was measured or attested; `tail_minutes` how long afterwards people still could not record (queues,
    phones that had given up). `ref` names its record, `article` its legal basis, `code` the policy's row (None for an
    outage). `day_number`: the ordinal of this day in its count, from 1; the caller counts (`leave_days.py`).
    `lifts_proven`: an outage of which its approver said that it covers even arrivals that are proven late.
    """

    ref: str
    period: Period
    tail_minutes: int
    article: str
    code: str | None = None
    day_number: int = 1
    lifts_proven: bool = False

    @property
    def explains(self) -> Period:
        """The period with its tail."""
        return Period(self.period.from_ms, self.period.until_ms + self.tail_minutes * MS_PER_MINUTE)
