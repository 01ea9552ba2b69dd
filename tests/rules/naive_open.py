"""Where the two judges still differ, each with its smallest day, and which days of the search it concerns.

An entry goes when the engine, or the page, is mended: its test (a strict xfail) then says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from tests.rules import naive
from tests.rules.naive_days import Drawn, Roster, hours_under
from tests.rules.naive_law import DAY, Hours, Law


class Open(NamedTuple):
    """`but`: the same answer less what they differ in, where all else is compared; without it the day is left out."""

    name: str
    smallest: Drawn
    concerns: Callable[[naive.Day, Hours], bool]
    but: Callable[[naive.Answer], naive.Answer] | None = None


def at(clock: str) -> int:
    hour, minute, *rest = (int(part) for part in clock.split(":"))
    return DAY + hour * 3600 + minute * 60 + (rest[0] if rest else 0)


def tap(way: str, clock: str, grade: str = "A", lo: str | None = None, hi: str | None = None) -> naive.Tap:
    if grade == "A":
        return naive.Tap(at(clock), way, lo=at(clock), hi=at(clock))
    return naive.Tap(at(clock), way, grade=grade, lo=at(lo) if lo else None, hi=at(hi) if hi else None)


def excused(code: str | None, first: str, last: str) -> naive.Excused:
    return naive.Excused(code, at(first), at(last))


def a_day(  # a day of an example
    name: str,
    on: str,
    *things: naive.Tap | naive.Excused,
    duty: str = "office-5-day",
    dark: tuple[tuple[int, int], ...] = (),
    roster: Roster | None = None,
) -> Drawn:
    law = Law(name, date.fromisoformat(on))
    taps = [one for one in things if isinstance(one, naive.Tap)]
    excuses = [one for one in things if isinstance(one, naive.Excused)]
    return Drawn(naive.Day(law, hours_under(law, duty, roster), taps, excuses, dark=dark), duty, roster)


def pressed_wrong(day: naive.Day, hours: Hours) -> bool:
    return naive.pair(day, hours).arrival.asked


def weak_among_several(day: naive.Day, hours: Hours) -> bool:
    """A half of which a weak tap counts, and not alone."""
    paired = naive.pair(day, hours)
    return any(
        half.counted and half.counted.grade == "E" and any(one != half.counted for one in half.others)
        for half in (paired.arrival, paired.departure)
    )


def but_for_minutes(answer: naive.Answer) -> naive.Answer:
    arrival, departure = (part and replace(part, minutes=0) for part in (answer.arrival, answer.departure))
    return replace(answer, arrival=arrival, departure=departure)


def unsaid_outside(day: naive.Day, hours: Hours) -> bool:
    return any(one.way == "unsaid" and not hours.counts[0] <= one.at < hours.counts[1] for one in day.taps)


def untapped(day: naive.Day, hours: Hours) -> bool:
    return not naive.pair(day, hours).any_tap


def only_on_its_date(day: naive.Day, hours: Hours) -> bool:
    """A tap of the date of a shift, too far from it to be its own."""
    return hours.shift and any(not is_near(one, hours) for one in day.taps)


def is_near(one: naive.Tap, hours: Hours) -> bool:
    if hours.counts[0] <= one.at < hours.counts[1]:
        return True
    marks = {"in": (hours.start,), "out": (hours.end,)}.get(one.way, (hours.start, hours.end))
    return any(abs(one.at - mark) <= DAY // 2 for mark in marks)


def leave_at_the_end(day: naive.Day, hours: Hours) -> bool:
    """Flexible time, and leave or travel until the end of work or beyond it."""
    return hours.flex is not None and any(one.code and one.last >= hours.end for one in day.excuses)


def but_for_excused(answer: naive.Answer) -> naive.Answer:
    """Whether a departure that costs nothing is called *on time* or *excused* is left out."""
    part = answer.departure
    if part and part.status == "excused" and answer.status != "excused":
        return replace(answer, departure=replace(part, status="on_time"))
    return answer


STANDARD = "permentan-68-2012"
BAND = "pmk-93-2018"
OPEN: tuple[Open, ...] = (
    # Made up until 18:00, gone at 17:30: 30 minutes early but for the leave. The page: excused; the engine: on time.
    Open(
        "leave that begins in the minutes made up excuses them",
        a_day(BAND, "2026-09-15", tap("in", "08:30"), tap("out", "17:30"), excused("CS", "17:15", "18:00")),
        leave_at_the_end,
        but_for_excused,
    ),
    # The leave ends the day at 16:00, coming earlier moves that to 15:30, and then he went. The page asks "without
    # credited time" with that end: on time; the engine with the end that the day would have had without leave: excused.
    Open(
        "the end is that to which flexible time has moved it",
        a_day(BAND, "2026-09-15", tap("in", "07:00"), tap("out", "15:30"), excused("CS", "16:00", "17:00")),
        leave_at_the_end,
        but_for_excused,
    ),
    # It may have been 07:40: 10 minutes. A second tap of the same class makes it sure, and "the time that counts stays
    # what it was"; the engine then counts 07:45: 15 minutes.
    Open(
        "another tap that agrees leaves the time that counts",
        a_day(STANDARD, "2026-09-15", tap("in", "07:45", "E", "07:40"), tap("in", "08:00"), tap("out", "16:00")),
        weak_among_several,
        but_for_minutes,
    ),
)


def is_open(day: naive.Day) -> bool:
    """Whether the day is of a kind on which the two are known to differ, and not in a part of the answer alone."""
    return any(one.but is None for one in concerning(day))


def compared(answer: naive.Answer, day: naive.Day) -> naive.Answer:
    """What of an answer must be the same on the day."""
    for one in concerning(day):
        answer = one.but(answer) if one.but else answer
    return answer


def concerning(day: naive.Day) -> list[Open]:
    return [one for one in OPEN if isinstance(day.hours, Hours) and one.concerns(day, day.hours)]
