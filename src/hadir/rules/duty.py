"""What a person owed on a day, resolved to instants in the work place's zone.

* a **week**: each weekday its own row, in Ramadan another row. Friday is a row like the others and is never derived
  from Monday (Perpres 21/2023 Art. 4: its break is longer);
* **flexible** arrival on top of a week: whoever comes later, within bounds, leaves later on the same day;
* a **dynamic** week: so many hours in a week, no hour of the day at which they begin;
* a **shift** of a roster: it may end on the next calendar day, and is one day all the same.

Which of them holds for whom on a date, under which circular, is said in `plan.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import IntEnum, StrEnum

from hadir.rules.clocks import MS_PER_MINUTE, Period, instant_ms, local_day
from hadir.rules.reasons import Reason

SHIFT_REACH_MS = 12 * 60 * MS_PER_MINUTE
"""How far from a shift's start or end a tap that counts for none may still stand on it."""


class Weekday(IntEnum):
    """As `date.weekday()` numbers them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6

    @property
    def key(self) -> str:
        """The name in a policy file."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRow:
    """One weekday, in local clock times.

    A tap counts from `arrive_earliest` until `depart_latest`. From `arrive_earliest` until `arrive_latest` people
    arrive, from `depart_earliest` until `depart_latest` they go home: a lone tap the other way there is probably a
    wrong button. `article` names what the hours rest on. `pause`: a break that is not owed.
    """

    start: time
    end: time
    arrive_earliest: time
    arrive_latest: time
    depart_earliest: time
    depart_latest: time
    article: str
    pause: tuple[time, time] | None = None


class DutyKind(StrEnum):
    """How a duty binds a person to the clock."""

    FIXED = "fixed"
    """From a start to an end, perhaps with flexible arrival."""
    SHIFT = "shift"
    """A roster's assignment; the hours that count follow its own start and end."""
    DYNAMIC = "dynamic"
    """Hours of a week; no arrival is late and no departure early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flex:
    """Flexible arrival: so many minutes before or after the start, and the end moves with it on the same day.

    `times_per_month`: how often a later arrival may be made up in a month; None without limit. `whole`: whoever comes
    later makes up all of `late_minutes`, be it for seconds (PANRB 6/2018).
    """

    early_minutes: int
    late_minutes: int
    times_per_month: int | None
    article: str
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamic:
    """A week of so many minutes of work, breaks not among them, on `week_days` days; `break_minutes` come off each
    day worked. `ramadan`: the week's and the break's minutes in Ramadan, where they differ."""

    weekly_minutes: int
    break_minutes: int
    week_days: int
    article: str
    ramadan: tuple[int, int] | None = None

    @property
    def in_ramadan(self) -> Dynamic:
        """What the week asks in Ramadan."""
        if self.ramadan is None:
            return self
        weekly, pause = self.ramadan
        return Dynamic(weekly_minutes=weekly, break_minutes=pause, week_days=self.week_days, article=self.article)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRow:
    """A shift in local clock times. `end_next_day`: it ends on the calendar day after the one it is named by.

    A tap counts from `before_minutes` before the start until `after_minutes` after the end.
    """

    name: str
    start: time
    end: time
    end_next_day: bool
    before_minutes: int
    after_minutes: int
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A week at a work place. A weekday without a row is a day off. `zone` is an IANA name, never the phone's.

    `ramadan` holds the rows of Ramadan, for the weekdays whose hours differ then.
    """

    name: str
    zone: str
    week: Mapping[Weekday, DutyRow]
    ramadan: Mapping[Weekday, DutyRow | None] = field(default_factory=dict)
    flex: Flex | None = None
    dynamic: Dynamic | None = None

    def row(self, on: date, *, in_ramadan: bool = False) -> DutyRow | None:
        """The row of a date, or None on a day off."""
        weekday = Weekday(on.weekday())
        if in_ramadan and weekday in self.ramadan:
            return self.ramadan[weekday]
        return self.week.get(weekday)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyDay:
    """What was owed on one date, as instants (UTC milliseconds).

    `day` decides what taps concern it at all: the local date, or for a shift the hours that count, which may lie on two
    dates. `arrive` and `depart` are the windows. `sites` are the places where it may be done (none: not said).
    `code` is the letter of the month's recap for a day worked, where it is not the usual one (WFH). `basis` says what
    changed the usual hours: Ramadan, a circular. `breaks` are what of the hours is not owed.
    `unsure` says why nobody knows yet whether the day is free: then nothing is counted against anybody. `beside_ms` is
    how much the date asks besides, in the other parts of a split shift.
    """

    duty: str
    date: date
    zone: str
    start_ms: int
    end_ms: int
    day: Period
    arrive: Period
    depart: Period
    article: str
    kind: DutyKind = DutyKind.FIXED
    flex: Flex | None = None
    dynamic: Dynamic | None = None
    sites: tuple[str, ...] = ()
    code: str | None = None
    basis: tuple[Reason, ...] = ()
    breaks: tuple[Period, ...] = ()
    unsure: Reason | None = None
    beside_ms: int = 0
    counts: Period = field(init=False, repr=False, compare=False)
    """The instants at which a tap counts for this day. When they are past, what is missing is missing."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", Period(self.arrive.from_ms, self.depart.until_ms))

    @property
    def hours(self) -> Period:
        """From the start of work to its end."""
        return Period(self.start_ms, self.end_ms)

    def asks(self, ceremony: Period) -> bool:
        """Whether a ceremony of its date is owed: of a shift only what begins before it is over."""
        return self.kind is not DutyKind.SHIFT or self.counts.from_ms <= ceremony.from_ms < self.end_ms


def owed(duty: Duty, on: date, *, in_ramadan: bool = False) -> DutyDay | None:
    """What a week asks on that date, or None on a day off."""
    row = duty.row(on, in_ramadan=in_ramadan)
    if row is None:
        return None

    def at(clock_time: time) -> int:
        return instant_ms(on, clock_time, duty.zone)

    return DutyDay(
        duty=duty.name,
        date=on,
        zone=duty.zone,
        start_ms=at(row.start),
        end_ms=at(row.end),
        day=local_day(on, duty.zone),
        arrive=Period(at(row.arrive_earliest), at(row.arrive_latest)),
        depart=Period(at(row.depart_earliest), at(row.depart_latest) + MS_PER_MINUTE),
        article=row.article,
        kind=DutyKind.FIXED if duty.dynamic is None else DutyKind.DYNAMIC,
        flex=duty.flex,
        breaks=() if row.pause is None else (Period(*map(at, row.pause)),),
        dynamic=duty.dynamic if duty.dynamic is None or not in_ramadan else duty.dynamic.in_ramadan,
    )


def shift_day(row: ShiftRow, on: date, zone: str) -> DutyDay:
    """What a shift asks that begins on that date. Until its middle people arrive, from then on they go home. Taps of
    its date, and from half a day before to half a day after it, are its own, if they are no other's.
    """
    start_ms = instant_ms(on, row.start, zone)
    end_ms = instant_ms(on + timedelta(days=1) if row.end_next_day else on, row.end, zone)
    middle_ms = (start_ms + end_ms) // 2
    arrive = Period(start_ms - row.before_minutes * MS_PER_MINUTE, middle_ms)
    depart = Period(middle_ms, end_ms + row.after_minutes * MS_PER_MINUTE)
    its_date = local_day(on, zone)
    first_ms = min(arrive.from_ms, start_ms - SHIFT_REACH_MS, its_date.from_ms)
    last_ms = max(depart.until_ms, end_ms + SHIFT_REACH_MS + 1, its_date.until_ms)
    return DutyDay(
        duty=row.name,
        date=on,
        zone=zone,
        start_ms=start_ms,
        end_ms=end_ms,
        day=Period(first_ms, last_ms),
        arrive=arrive,
        depart=depart,
        article=row.article,
        kind=DutyKind.SHIFT,
    )
