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
from tests.rules.naive_reckon import owed, pieces


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
    *things: naive.Tap | naive.Excused | naive.Parade,
    duty: str = "office-5-day",
    dark: tuple[tuple[int, int], ...] = (),
    roster: Roster | None = None,
) -> Drawn:
    law = Law(name, date.fromisoformat(on))
    taps = [one for one in things if isinstance(one, naive.Tap)]
    excuses = [one for one in things if isinstance(one, naive.Excused)]
    parades = [one for one in things if isinstance(one, naive.Parade)]
    hours = hours_under(law, duty, roster)
    return Drawn(naive.Day(law, hours, taps, excuses, dark=dark, parades=parades), duty, roster)


def of_one_instant(day: naive.Day, hours: Hours) -> bool:
    """The tap that counts has another of its grade beside it at its very instant, of which not as much is proven."""
    paired = naive.pair(day, hours)
    counted = [half.counted for half in (paired.arrival, paired.departure) if half.counted]
    return any(
        (one.at, one.grade, one.lo) == (tap.at, tap.grade, tap.lo) and one.proven != tap.proven
        for one in day.taps
        for tap in counted
    )


def covered_by_its_reach(day: naive.Day, hours: Hours) -> bool:
    """Leave and travel cover all that is owed by the half that they reach, and not by their own minutes."""
    found = [piece for piece in pieces(day, hours) if piece.code is not None]
    bare = by_reach = owed(hours)
    for piece in found:
        bare, by_reach = bare & ~piece.own, by_reach & ~piece.seconds
    return day.law.get("late_first_after") != "off" and bool(bare) and not by_reach


STANDARD = "permentan-68-2012"
ON = "2026-09-15"
APEL = naive.Parade("TA", at("13:00"), at("13:30"))
OPEN: tuple[Open, ...] = (
    # "The order in which taps reach the system, and how often, does not matter. Of several at one instant the one with
    # the weakest evidence counts, of equally weak ones the one that may have been earlier": the one of which nothing is
    # proven, which the outage covers. The engine counts whichever was named first, and charges TL2 for the proven one.
    Open(
        "of two taps of one instant the one of which less is proven counts",
        a_day(
            STANDARD,
            ON,
            replace(tap("in", "08:01"), proven=at("08:01")),
            tap("in", "08:01"),
            excused(None, "07:30", "08:30"),
        ),
        of_one_instant,
    ),
    # "Whoever has leave or travel for all that is owed comes at any hour", and (Reach) for "all that is owed" travel
    # covers the halves that it touches: here both, so the Masuk is an arrival, after the apel. The engine takes it for
    # the departure, which shows the person at the apel.
    Open(
        "whoever travels all day by the halves that it touches comes at any hour",
        a_day("kemenag", "2026-11-30", tap("in", "13:35"), excused("DL", "08:00", "12:30"), APEL, duty="office-6-day"),
        covered_by_its_reach,
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
