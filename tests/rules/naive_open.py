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
from tests.rules.naive_pair import Half


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


def halves(day: naive.Day, hours: Hours) -> list[Half]:
    paired = naive.pair(day, hours)
    return [paired.arrival, paired.departure]


def beside_a_weak_one(day: naive.Day, hours: Hours) -> bool:
    """A weak tap counts, beside one that is no better by its grade and may be sure all the same."""
    return any(
        half.counted
        and half.counted.grade in "CDE"
        and any(one != half.counted and one.grade in "CDE" and (one.lo, one.hi) != (None, None) for one in half.others)
        for half in halves(day, hours)
    )


def but_for_who_is_asked(answer: naive.Answer) -> naive.Answer:
    arrival, departure = (part and replace(part, review=0) for part in (answer.arrival, answer.departure))
    return replace(answer, arrival=arrival, departure=departure, review=0)


def but_for_the_undecided(answer: naive.Answer) -> naive.Answer:
    """In a year without a calendar the page does not say who is asked of a half that it leaves undecided."""
    said = [part for part in (answer.arrival, answer.departure) if part]
    return but_for_who_is_asked(answer) if any(part.status == "undecided" for part in said) else answer


STANDARD = "permentan-68-2012"
ON = "2026-09-15"
OPEN: tuple[Open, ...] = (
    # "If its grade asks less": a tap of grade E asks the superior, and so makes no other one surer. The engine takes
    # one whose interval lies in one class, and which so asks nobody by itself, for as good as one of grade A.
    Open(
        "a tap that agrees is weighed by its grade",
        a_day(
            STANDARD,
            ON,
            tap("in", "07:00"),
            tap("out", "16:30", "D", None, "16:30"),
            tap("out", "16:20", "E", "16:20", "16:20"),
        ),
        beside_a_weak_one,
        but_for_who_is_asked,
    ),
)


def is_open(day: naive.Day) -> bool:
    """Whether the day is of a kind on which the two are known to differ, and not in a part of the answer alone."""
    return any(one.but is None for one in concerning(day))


def compared(answer: naive.Answer, day: naive.Day) -> naive.Answer:
    """What of an answer must be the same on the day."""
    if isinstance(day.hours, Hours) and day.hours.unsure:
        answer = but_for_the_undecided(answer)
    for one in concerning(day):
        answer = one.but(answer) if one.but else answer
    return answer


def concerning(day: naive.Day) -> list[Open]:
    return [one for one in OPEN if isinstance(day.hours, Hours) and one.concerns(day, day.hours)]
