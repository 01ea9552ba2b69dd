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
from tests.rules.naive_reckon import pieces, price_of


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


def in_the_hours_of_the_other_half(day: naive.Day, hours: Hours) -> bool:
    """An arrival when people go home, or a departure when they arrive, and not the only tap of its direction."""
    arrival, departure = halves(day, hours)
    late = any(one.at >= hours.leave[0] for one in arrival.others)
    early = any(one.at < hours.arrive[1] for one in departure.others)
    return (late and len(arrival.others) > 1) or (early and len(departure.others) > 1)


def left_by_a_masuk(day: naive.Day, hours: Hours) -> bool:
    """Leave that has a price, no Pulang, and a second Masuk when people go home."""
    arrival, departure = halves(day, hours)
    later = any(one != arrival.counted and one.at >= hours.leave[0] for one in arrival.others)
    return later and not departure.counted and price_of(day, hours, 0) > 0


def shown_by_taps_that_do_not_count(day: naive.Day, hours: Hours) -> bool:
    """Covered by excuses, and tapped twice where no tap counts."""
    arrival, departure = halves(day, hours)
    return not (arrival.counted or departure.counted) and naive.judge(day).status == "present"


def morning_that_ends_before_noon(day: naive.Day, hours: Hours) -> bool:
    """A piece covers the morning, which ends before the hour from which a first Masuk is going home."""
    noon = day.law.get("late_first_after")
    late = noon != "off" and any(one.way != "out" and one.at > at(noon) for one in day.taps)
    return late and hours.arrive[1] < at(noon) and any(one.morning for one in pieces(day, hours))


def not_without_any_tap(day: naive.Day, hours: Hours) -> bool:
    """No tap counts, but one that does not, or a source is silent; and one half costs nothing all the same."""
    said = naive.judge(day)
    return said.status == "absent" and said.percent != naive.without_taps(replace(day, dark=()), hours)


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
    # "Another tap of the same direction agrees where its own judged time falls in the class of the reading": both are
    # TL4. The engine hears no Masuk when people go home, and no Pulang when they arrive.
    Open(
        "a tap agrees whatever the hour",
        a_day(STANDARD, ON, tap("in", "12:30", "D", None, "12:30"), tap("in", "13:00"), tap("out", "16:00")),
        in_the_hours_of_the_other_half,
        but_for_who_is_asked,
    ),
    # "From the counted arrival to the counted departure": nobody pressed Pulang, and a missing departure is not
    # undecided (wrong_button.departure: by_table), so there is no presence. The engine has one until the second Masuk.
    Open(
        "a second Masuk is no end of a presence",
        a_day("bkkbn-6-2023", ON, tap("in", "09:30"), tap("in", "15:32"), excused("CB", "07:30", "16:00")),
        left_by_a_masuk,
    ),
    # "No tap at all (none that counts and none that does not, and no source is silent in any part of the day; where one
    # is, the halves are judged by 1 to 4)": here the morning is TL4 and the evening excused by the outage. The engine
    # charges the absence of a day without any tap.
    Open(
        "a day with a silent source, or with a tap that does not count, costs its halves",
        a_day(STANDARD, ON, excused(None, "16:00", "17:00"), dark=((at("12:00"), 3 * DAY),)),
        not_without_any_tap,
    ),
    # "A tap that leaves its half undecided shows the person there too", "there is a presence": from 19:30 to 10:30, by
    # two taps that both do not count. The engine charges nothing, as of such a presence, and says excused.
    Open(
        "two taps that do not count are a presence",
        a_day(
            "kejaksaan-4-2020",
            "2026-12-01",
            tap("in", "19:30"),
            tap("out", "34:30"),
            excused("I", "20:00", "31:00"),
            duty="shift",
            roster=((), ("malam",), ()),
        ),
        shown_by_taps_that_do_not_count,
    ),
    # "The end of a morning that a piece of reach half covers is at that hour or later": with six days a week it ends at
    # 11:00, before noon, and so the Masuk of 13:35 is going home. The engine takes it for the arrival.
    Open(
        "a morning that ends before noon leaves noon as it is",
        a_day("kemenag", "2026-11-30", tap("in", "13:35"), excused("DL", "08:01", "09:32"), duty="office-6-day"),
        morning_that_ends_before_noon,
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
