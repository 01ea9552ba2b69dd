"""What a person owed on a day: a fixed week, each weekday its own row, resolved to instants in the work place's zone.

Friday is a row like the others and is never derived from Monday (Perpres 21/2023 Art. 4: its break is longer).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import IntEnum

from hadir.rules.clocks import Period, instant_ms, local_day


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
    wrong button. `article` names what the hours rest on.
    """

    start: time
    end: time
    arrive_earliest: time
    arrive_latest: time
    depart_earliest: time
    depart_latest: time
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A fixed week at a work place. A weekday without a row is a day off. `zone` is an IANA name, never the phone's."""

    name: str
    zone: str
    week: Mapping[Weekday, DutyRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyDay:
    """What was owed on one date, as instants (UTC milliseconds).

    `day` is the local date, which decides what taps concern it at all; `arrive` and `depart` are the row's windows. A
    duty that crosses midnight will have another `day`; nothing else here knows about calendars.
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

    @property
    def counts(self) -> Period:
        """The instants at which a tap counts for this day. When they are past, what is missing is missing."""
        return Period(self.arrive.from_ms, self.depart.until_ms)


def owed(duty: Duty, on: date) -> DutyDay | None:
    """What `duty` asks on that date, or None on a day off."""
    row = duty.week.get(Weekday(on.weekday()))
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
        depart=Period(at(row.depart_earliest), at(row.depart_latest)),
        article=row.article,
    )
