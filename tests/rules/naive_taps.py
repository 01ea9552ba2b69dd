"""The second judge, first part: sets of seconds, and what a day holds (docs/rules.md, sections 1 and 3).

A set of seconds is a whole number of which bit `n` says whether second `n` belongs to it. So "what is owed less what
is credited" is `owed & ~credited`, and "how many seconds" is how many bits are set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tests.rules.naive_law import DAY, Hours, Law, Off

EVER = 5 * DAY
NONE = Decimal(0)


def span(first: int, last: int) -> int:
    """The seconds from `first` until before `last`."""
    first, last = min(max(first, 0), EVER), min(max(last, 0), EVER)
    return (1 << last) - (1 << first) if first < last else 0


def first_of(seconds: int) -> int:
    return (seconds & -seconds).bit_length() - 1


def after_last(seconds: int) -> int:
    return seconds.bit_length()


def runs(seconds: int) -> list[tuple[int, int]]:
    """The unbroken stretches of a set: pieces that overlap or touch are one."""
    found = []
    while seconds:
        first = first_of(seconds)
        last = first + first_of(~(seconds >> first))
        found.append((first, last))
        seconds &= ~span(first, last)
    return found


@dataclass(frozen=True)
class Tap:
    at: int
    way: str  # in, out, unsaid
    source: str = "phone"
    grade: str = "A"
    lo: int | None = None
    hi: int | None = None
    proven: int | None = None
    error: int = 0
    site: str | None = None


@dataclass(frozen=True)
class Excused:
    """An approved excuse, its tail in it. `code` None: an outage."""

    code: str | None
    first: int
    last: int
    day_number: int = 1
    lifts: bool = False


@dataclass(frozen=True)
class Parade:
    """A ceremony."""

    code: str
    first: int
    last: int
    site: str | None = None
    on_day_off: bool = False


@dataclass(frozen=True)
class Day:
    law: Law
    hours: Hours | Off
    taps: Sequence[Tap] = ()
    excuses: Sequence[Excused] = ()
    now: int = 3 * DAY
    flex_times: int = 0
    dark: Sequence[tuple[int, int]] = ()
    parades: Sequence[Parade] = ()
    places: frozenset[str] = frozenset()  # where the person has a place to record; none: anywhere
    in_all: int | None = None  # the seconds owed in all parts of a split shift, of which this is one
    homeward: bool = False  # whether a first Masuk after noon that may be either is read as a going home


# Who is asked: nobody, a sample, or the superior.
NOBODY, SAMPLE, SUPERIOR = range(3)
ASKS = {"accept": NOBODY, "sample": SAMPLE, "ask_superior": SUPERIOR}


@dataclass(frozen=True)
class Part:
    status: str
    code: str | None = None
    minutes: int = 0
    percent: Decimal = NONE
    review: int = NOBODY


@dataclass(frozen=True)
class Answer:
    status: str
    letter: str
    percent: Decimal
    arrival: Part | None = None
    departure: Part | None = None
    flex_used: bool = False
    attendance: tuple[str, ...] = ()
    review: int = NOBODY
