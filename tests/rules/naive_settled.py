"""Where the two judges once differed, each by its smallest day: both say since what docs/rules.md says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.rules import naive
from tests.rules.naive_days import Drawn, Roster, hours_under
from tests.rules.naive_law import DAY, Law


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


STANDARD = "permentan-68-2012"
ON = "2026-09-15"
APEL = naive.Parade("TA", at("13:00"), at("13:30"))
SETTLED = {
    # "Of several at one instant the one with the weakest evidence counts, of equally weak ones the one that may have
    # been earlier": the one of which nothing is proven, which the outage covers.
    "of two taps of one instant the one of which less is proven counts": a_day(
        STANDARD,
        ON,
        replace(tap("in", "08:01"), proven=at("08:01")),
        tap("in", "08:01"),
        excused(None, "07:30", "08:30"),
    ),
    # "Where leave or travel covers all that is owed until 12:00, or all that is owed at all, he may just as well have
    # come then": travel covers the halves that it touches, here both, so the Masuk is an arrival, after the apel.
    "whoever travels all day by the halves that it touches comes at any hour": a_day(
        "kemenag", "2026-11-30", tap("in", "13:35"), excused("DL", "08:00", "12:30"), APEL, duty="office-6-day"
    ),
    # "[...] the day is judged in both ways, and the one that costs less counts": going home at 15:50 is PSW1, a coming
    # without a departure PSW4.
    "a first Masuk after noon is read in both ways where travel covers the morning": a_day(
        "kemenag", "2026-09-15", tap("in", "15:50"), excused("DL", "08:00", "10:00")
    ),
}
