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
OPEN = (
    Open(
        "a later tap of the same class takes away no milder reading of an earlier weak one (law 4)",
        a_day(STANDARD, "2026-09-14", tap("in", "07:36", "E", "06:51", "07:36"), tap("in", "07:59")),
        several_weak,
    ),
    Open(
        "a Masuk after a wrong Pulang: the arrival counts from the first press, flexible time too",
        a_day("kemenkeu-pmk-221-2021", "2026-03-06", tap("out", "05:30"), tap("in", "08:14:01")),
        pressed_wrong,
    ),
    Open(
        "a tap without a direction, outside the hours, leaves its half undecided",
        a_day(
            "anri-18-2016",
            "2026-09-14",
            naive.Tap(at("05:30"), "unsaid", lo=at("05:30"), hi=at("05:30")),
            naive.Tap(at("16:29"), "unsaid", lo=at("16:29"), hi=at("16:29")),
        ),
        unsaid_outside,
    ),
    Open(
        "a silent source of the afternoon, and no tap: the halves are judged as ever",
        a_day(
            STANDARD,
            "2026-09-19",
            excused(None, "18:00", "19:15"),
            excused("CT", "07:30", "11:15"),
            duty="office-6-day",
            dark=((at("11:00"), 4 * DAY),),
        ),
        lambda day, hours: bool(day.dark) and untapped(day, hours),
    ),
    Open(
        "of a day without any tap a half is excused whose last owed minute is credited, whatever an outage before says",
        a_day(STANDARD, "2026-03-03", excused(None, "06:00", "14:29"), excused("CT", "14:30", "23:30")),
        lambda day, hours: untapped(day, hours) and len({one.code is None for one in day.excuses}) > 1,
    ),
    Open(
        "a tap of a shift's date, too far from it to be its own, stands on the date and leaves its half undecided",
        a_day(
            STANDARD, "2026-09-15", tap("in", "14:00"), tap("out", "01:34"), duty="shift", roster=((), ("sore",), ())
        ),
        only_on_its_date,
    ),
)


def is_open(day: naive.Day) -> bool:
    """Whether the day is of a kind on which the two are known to differ."""
    return isinstance(day.hours, Hours) and any(one.concerns(day, day.hours) for one in OPEN)
