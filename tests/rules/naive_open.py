"""Where the two judges still differ, each with its smallest day, and which days of the search it concerns.

An entry goes when the engine, or the page, is mended: its test (a strict xfail) then says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from tests.rules import naive
from tests.rules.naive_days import Drawn, Roster, hours_under
from tests.rules.naive_law import DAY, Hours, Law


class Open(NamedTuple):
    name: str
    smallest: Drawn
    concerns: Callable[[naive.Day, Hours], bool]


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


def several_weak(day: naive.Day, hours: Hours) -> bool:
    paired = naive.pair(day, hours)
    return any(
        half.counted and half.counted.grade == "E" and len(half.others) > 1
        for half in (paired.arrival, paired.departure)
    )


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


STANDARD = "permentan-68-2012"
OPEN: tuple[Open, ...] = ()


def is_open(day: naive.Day) -> bool:
    """Whether the day is of a kind on which the two are known to differ."""
    return isinstance(day.hours, Hours) and any(one.concerns(day, day.hours) for one in OPEN)
