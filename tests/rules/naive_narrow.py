"""Days drawn for one sentence of docs/rules.md each, which a search at large meets once in thousands of days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from tests.rules import naive
from tests.rules.naive_days import (
    ALL_DAY,
    CODES,
    DUTIES,
    SETS,
    Drawn,
    Pick,
    a_day,
    a_tap,
    an_excuse,
    an_outage,
    near,
    outside,
)
from tests.rules.naive_law import DAY, MINUTE, Hours, Law, week_hours

TUESDAY = date(2026, 9, 15)
UNKNOWN = tuple(date.fromisoformat(text) for text in ("2028-12-12", "2028-08-16", "2028-10-13"))
KNOWN = tuple(date.fromisoformat(text) for text in ("2026-09-14", "2026-09-15", "2026-09-18", "2026-11-30"))
NOON = DAY + 12 * 60 * MINUTE
WEEKS = ("office-5-day", "office-6-day")


def flexible(name: str) -> bool:
    hours = week_hours(Law(name, TUESDAY), "office-5-day")
    return isinstance(hours, Hours) and hours.flex is not None


FLEXIBLE = [name for name in SETS if flexible(name)]
PRICED = ("bkkbn-6-2023", "bpip-3-2021", "kumham-3-2025", "permentan-20-2025", "kejaksaan-4-2020")


def at_work(pick: Pick, duty: str, *, name: str | None = None, on: date | None = None) -> tuple[Drawn, Hours]:
    """A day on which something is owed."""
    for _ in range(50):
        drawn = a_day(pick, duty, name=name, on=on)
        if isinstance(drawn.day.hours, Hours):
            return drawn, drawn.day.hours
    raise AssertionError("no day on which anything is owed")


def with_taps(drawn: Drawn, hours: Hours, taps: Sequence[naive.Tap]) -> Drawn:
    mine = tuple(tap for tap in taps if 0 <= tap.at <= min(drawn.day.now, 3 * DAY - 1) and naive.stands_on(tap, hours))
    return drawn._replace(day=replace(drawn.day, taps=mine))


def some_ways(pick: Pick, *ways: str) -> list[str]:
    return pick(ways).split()


def noon(pick: Pick) -> Drawn:
    """Kemenag: leave and travel around the end of the morning, and Masuk around noon."""
    drawn, hours = at_work(pick, pick(("office-6-day", "office-6-day", "office-5-day")), name="kemenag")
    excuses = []
    for _ in range(pick((0, 1, 1, 2, 2))):
        first = pick((hours.start, hours.start, hours.arrive[1], NOON, hours.start + 31 * MINUTE)) + near_by(pick)
        last = pick((hours.arrive[1], NOON, NOON + 30 * MINUTE, hours.end, first + 91 * MINUTE)) + near_by(pick)
        excuses.append(naive.Excused(pick(("CT", "DL", "DL", "DISP", None)), first, max(last, first + MINUTE)))
    drawn = drawn._replace(day=replace(drawn.day, excuses=tuple(excuses)))
    ways = some_ways(pick, "in", "in", "in in", "in out", "out in", "unsaid", "unsaid unsaid")
    taps = [
        a_tap(pick, way, pick((NOON, NOON, hours.end, hours.arrive[1])) + near_by(pick) + pick((0, 1, 59)))
        for way in ways
    ]
    return with_taps(drawn, hours, taps)


def near_by(pick: Pick) -> int:
    return pick((0, 0, 0, 1, -1, 30, 60, 95, -30, -60)) * MINUTE


def flexible_time(pick: Pick) -> Drawn:
    """An uncertain arrival and departure around the band and the ends of the day that it may have."""
    drawn, hours = at_work(pick, pick(WEEKS), name=pick(FLEXIBLE), on=pick(KNOWN))
    flex = hours.flex or {"late_minutes": 0, "early_minutes": 0}
    late, early = flex["late_minutes"] * MINUTE, flex["early_minutes"] * MINUTE
    came = pick((hours.start, hours.start + late, hours.start - early, hours.start + late // 2))
    went = pick((hours.end, hours.end + late, hours.end - early, hours.end + late // 2))
    taps = [a_tap(pick, "in", came + near_by(pick)), a_tap(pick, "out", went + near_by(pick))]
    return with_taps(drawn, hours, taps)


def witnesses(pick: Pick) -> Drawn:
    """Several taps of one direction, weak and strong, as like as not in an outage."""
    drawn, hours = at_work(pick, pick(WEEKS), on=pick(KNOWN))
    excuses = pick(((), (), drawn.day.excuses, (an_outage(pick, hours),)))
    taps: list[naive.Tap] = []
    for way in some_ways(
        pick, "in in out", "in in in out", "in out out", "in out out out", "out in out out", "out out"
    ):
        marks = (hours.start, hours.start + 91 * MINUTE, hours.leave[0], hours.end - 91 * MINUTE, hours.end)
        at = pick(marks) + pick((-5, 0, 1, 15, 30)) * MINUTE
        if pick((True, False)) and taps:
            at = max(0, taps[-1].at + pick((1, MINUTE, 5 * MINUTE, -5 * MINUTE, 30 * MINUTE)))
        taps.append(a_tap(pick, way, at))
    return with_taps(drawn._replace(day=replace(drawn.day, excuses=excuses, now=3 * DAY)), hours, taps)


def silence(pick: Pick) -> Drawn:
    """A silent source and an outage, with and without taps."""
    drawn, hours = at_work(pick, pick(DUTIES))
    dark = pick(((0, hours.arrive[1]), (hours.leave[0], 4 * DAY), (hours.end - 3600, hours.end), ALL_DAY))
    excuses = (an_outage(pick, hours), *pick(((), (an_excuse(pick, hours, drawn.day.law),))))
    drawn = drawn._replace(day=replace(drawn.day, excuses=excuses, dark=(dark,), now=3 * DAY))
    ways = some_ways(pick, "none", "none", "in", "out", "in out")
    taps = [
        a_tap(pick, way, max(0, pick((near(pick, hours, excuses), outside(pick, hours)))))
        for way in ways
        if way != "none"
    ]
    return with_taps(drawn, hours, taps)


def uncounted(pick: Pick) -> Drawn:
    """Leave that has a price, and taps that do not count: out of hours, or by the wrong button."""
    drawn, hours = at_work(pick, pick(DUTIES), name=pick(PRICED))
    codes = [code for code in CODES if drawn.day.law.get("excuses", code)]
    leave = naive.Excused(pick(codes), hours.start - 3600, hours.end + pick((0, 3600, -3600)), pick((1, 4, 31, 61)))
    drawn = drawn._replace(day=replace(drawn.day, excuses=(leave,), now=3 * DAY))
    ways = some_ways(pick, "in out", "in in out", "in in", "out out", "out out out", "unsaid unsaid unsaid")
    taps = [a_tap(pick, way, max(0, pick((outside, by_the_wrong_button))(pick, hours))) for way in ways]
    return with_taps(drawn, hours, taps)


def by_the_wrong_button(pick: Pick, hours: Hours) -> int:
    return pick((hours.start, hours.arrive[1], hours.leave[0], hours.end)) + pick((-60, -1, 1, 60, 90)) * MINUTE


def unknown_year(pick: Pick) -> Drawn:
    """A year without a calendar, as like as not with a silent source."""
    drawn, hours = at_work(pick, pick((*WEEKS, "dynamic")), on=pick(UNKNOWN))
    dark = pick(((), (ALL_DAY,), ((0, hours.arrive[1]),), ((hours.leave[0], 4 * DAY),)))
    return drawn._replace(day=replace(drawn.day, dark=dark))


NARROW: Mapping[str, Callable[[Pick], Drawn]] = {
    one.__name__: one for one in (noon, flexible_time, witnesses, silence, uncounted, unknown_year)
}
