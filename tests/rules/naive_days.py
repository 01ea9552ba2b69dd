"""Days to judge twice: drawn near the boundaries of the law, and handed to the engine in its own shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from functools import cache, partial, reduce
from typing import Any, NamedTuple, Protocol, TypeVar

from hadir.rules import (
    AssignmentPeriod,
    Calendar,
    Ceremony,
    DarkSource,
    Direction,
    Evidence,
    ExcusePeriod,
    Grade,
    Period,
    Plan,
    PolicySet,
    Source,
    Verdict,
    WeighedTap,
    instant_ms,
    judge_day,
    owed_on,
)
from hadir.rules.split import joined_verdict, parts_of
from hadir.rules.verdict import PartVerdict
from tests.rules import naive
from tests.rules.naive_law import DAY, MINUTE, Hours, Law, Off, files, shift_hours, week_hours

ZONE = "Asia/Makassar"
SETS = sorted(name for name, file in files().items() if not file.get("base"))
OFTEN = ("kemenag", "kemenag", "kemenag", "kemenkeu-pmk-221-2021", "pmk-93-2018")  # noon, and flexible time
# A Monday, a Tuesday, a Friday, a Saturday; three of Ramadan; a holiday; other years, three of them without a calendar.
DATES = tuple(
    date.fromisoformat(text)
    for text in [
        "2026-09-14",
        "2026-09-15",
        "2026-09-18",
        "2026-09-19",
        "2026-03-03",
        "2026-03-06",
        "2026-03-07",
        "2026-08-17",
        "2025-06-10",
        "2027-01-05",
        "2028-12-12",
        "2028-08-16",
        "2028-09-16",
    ]
)
FIRST_DAY, LAST_DAY = date(2018, 1, 1), date(2028, 12, 31)  # from the first day of the national base on
ROSTERS: tuple[tuple[tuple[str, ...], ...], ...] = (  # the day before, the day, the day after
    ((), ("pagi",), ()),
    ((), ("sore",), ()),
    ((), ("malam",), ()),
    ((), ("pagi", "sore"), ()),
    ((), ("malam",), ("pagi",)),
    (("malam",), ("sore",), ()),
    (("malam",), ("pagi",), ()),
    (("malam",), (), ()),
    ((), (), ("pagi",)),
)
CODES = ("CT", "CS", "CB", "CAP", "CSI", "CAPM", "I", "DL", "TB", "DISP")

WAYS = (  # the taps of a day, by what the person pressed; most often the two that are asked
    [
        "in out",
        "in out",
        "in out",
        "in",
        "out",
        "",
        "in in out",
        "in out out",
        "unsaid unsaid",
        "unsaid",
        "unsaid unsaid unsaid",
        "in unsaid",
        "unsaid in out",
        "out unsaid",
        "out in out",
        "out out in",
        "in in",
        "in in out out",
    ]
)
ALL_DAY = (0, 4 * DAY)

T = TypeVar("T")
Roster = tuple[tuple[str, ...], ...]


class Pick(Protocol):
    """Chooses one of several: at random, or as a search wants it."""

    def __call__(self, among: Sequence[T], /) -> T: ...


class Drawn(NamedTuple):
    """A day, the duty that it is under, and its roster if it has one."""

    day: naive.Day
    duty: str
    roster: Roster | None


DUTIES = ("office-5-day", "office-6-day", "dynamic", "shift")


def a_law(pick: Pick, *, name: str | None = None, on: date | None = None, since: int = 0) -> Law:
    """A set on a day on which it says what a day without any tap costs."""
    name = name or pick((*SETS, *OFTEN))
    dates = [one for one in dates_of(name) if one.year >= since and Law(name, one).get("absent") is not None]
    return Law(name, on or pick(dates))


@cache
def dates_of(name: str) -> tuple[date, ...]:
    """The dates to choose from, the usual ones as often as all working days around which a value of the set changed."""
    turns = {day for values in Law(name, DATES[0]).layers() for day in turns_in(values)}
    around = {working(on + timedelta(days=by), by) for on in turns for by in (-1, 0)}
    mine = sorted(on for on in around if FIRST_DAY <= on <= LAST_DAY)
    return DATES * max(1, len(mine) // len(DATES)) + tuple(mine)


def turns_in(values: Any) -> Iterator[date]:
    inner = values.values() if isinstance(values, dict) else values if isinstance(values, list) else ()
    for one in inner:
        if isinstance(values, dict) and isinstance(one, date):
            yield one
        yield from turns_in(one)


def working(on: date, by: int) -> date:
    """The nearest of Monday to Friday: before, where `by` is negative, else after."""
    while on.weekday() > 4:
        on += timedelta(days=by or 1)
    return on


def a_day(pick: Pick, duty: str, *, name: str | None = None, on: date | None = None) -> Drawn:
    law = a_law(pick, name=name, on=on, since=2025 if duty == "dynamic" else 0)
    roster = pick(ROSTERS) if duty == "shift" else None
    hours = hours_under(law, duty, roster)
    if isinstance(hours, Off):
        return Drawn(naive.Day(law, hours, taps=pick(((), (naive.Tap(DAY + 8 * 3600, "in"),)))), duty, roster)
    excuses = tuple(an_excuse(pick, hours, law) for _ in range(pick((0, 0, 1, 1, 2, 3))))
    dark = pick(((),) * 9 + ((ALL_DAY,), ((0, hours.arrive[1]),), ((hours.leave[0], 4 * DAY),)))
    if bool(dark) and pick((False, True)):
        excuses += (an_outage(pick, hours),)
    parades: tuple[naive.Parade, ...] = ()
    if pick((False, False, False, True)):
        first = hours.start + pick((-15, 0, 30)) * MINUTE
        parades = (naive.Parade("TA", first, first + 30 * MINUTE, pick((None, None, "yard"))),)
    now = pick(
        (3 * DAY, 3 * DAY, 3 * DAY, 3 * DAY, hours.start + 3600, hours.end, hours.counts[1] - 1, hours.counts[1])
    )
    taps = tuple(tap for tap in some_taps(pick, hours, excuses) if tap.at <= now and naive.stands_on(tap, hours))
    times = pick((0, 0, 4, 5, 6))
    return Drawn(naive.Day(law, hours, taps, excuses, now, times, dark, parades), duty, roster)


SPLIT: tuple[Roster, ...] = (((), ("pagi", "malam"), ()), (("malam",), ("pagi", "malam"), ()))


def a_split_day(pick: Pick) -> tuple[Drawn, list[Hours]]:
    """A day of two shifts that do not meet, and its parts (none where the roster joins them to others)."""
    law, roster = a_law(pick), pick(SPLIT)
    parts = shift_hours(law, rostered(law.on, roster))
    if isinstance(parts, Off) or len(parts) < 2:
        return Drawn(naive.Day(law, Off("")), "shift", roster), []
    excuses = tuple(an_excuse(pick, pick(parts), law) for _ in range(pick((0, 0, 1, 2))))
    taps = [
        tap
        for part in parts
        for tap in some_taps(pick, part, excuses)
        if part.counts[0] - 3600 <= tap.at < part.counts[1] + 3600 and naive.stands_on(tap, naive.part_of(tap, parts))
    ]
    return Drawn(naive.Day(law, parts[0], tuple(taps), excuses), "shift", roster), parts


def hours_under(law: Law, duty: str, roster: Roster | None) -> Hours | Off:
    if roster is None:
        return week_hours(law, duty)
    hours = shift_hours(law, rostered(law.on, roster))
    return hours if isinstance(hours, Off) else hours[0]


def rostered(on: date, roster: Roster) -> Mapping[date, tuple[str, ...]]:
    return {on + timedelta(days=by): shifts for by, shifts in zip((-1, 0, 1), roster, strict=True)}


def near(pick: Pick, hours: Hours, excuses: Sequence[naive.Excused]) -> int:
    """A second near something that the law speaks of."""
    marks = [hours.start, hours.start, hours.end, hours.end, hours.arrive[1], *hours.counts]
    marks += [at for one in excuses for at in (one.first, one.last)]
    by = (
        pick((0, 0, -1, 1, 59, 60, -60, -59, -61))
        + pick((0, 0, 0, 30, 31, 61, 91, 95, -30, -90, -120, 15, 5, 300)) * MINUTE
    )
    return int(min(max(pick(marks) + by, 0), 3 * DAY - 1))


def an_excuse(pick: Pick, hours: Hours, law: Law) -> naive.Excused:
    code = pick((None, None, None, *(code for code in CODES if law.get("excuses", code))))
    number = pick((1, 1, 2, 4, 16, 31, 61, 91))
    if code and pick((False, False, True)):
        return naive.Excused(code, min(DAY, hours.start - hours.start % DAY), 3 * DAY, number)
    first = near(pick, hours, ()) // MINUTE * MINUTE
    if code is None and pick((False, True)):  # an outage of the first or the last hours
        first = hours.start + pick((-60, 0, 15, 29, 30, 31, 60, 89, 90, 91, 95, 120)) * MINUTE
    last = first + pick((15, 30, 75, 91, 120, 300, 510, 540)) * MINUTE
    if pick((False, False, False, True)):
        first, last = hours.start, max(last, hours.start + 15 * MINUTE)
    if pick((False, False, False, True)):
        last = max(hours.end, first + MINUTE)
    return naive.Excused(code, first, last, number, lifts=code is None and pick((False, False, False, True)))


def an_outage(pick: Pick, hours: Hours) -> naive.Excused:
    """One of the first or the last hours of the day."""
    first = pick((hours.start, hours.start, hours.end)) + pick((-120, -60, -15, 0, 15, 30, 90)) * MINUTE
    return naive.Excused(None, first, first + pick((15, 60, 120, 240)) * MINUTE)


def outside(pick: Pick, hours: Hours) -> int:
    """A second of the day at which no tap counts."""
    by = pick((1, 59, 60, 61, 30 * MINUTE, 90 * MINUTE))
    return pick((hours.counts[0] - by, hours.counts[1] - 1 + by))


def some_taps(pick: Pick, hours: Hours, excuses: Sequence[naive.Excused]) -> list[naive.Tap]:
    ways = pick([text.split() for text in WAYS])
    taps: list[naive.Tap] = []
    counting = pick((True, True, True, True, True, True, False))
    for way in ways:
        at = near(pick, hours, excuses) if counting else outside(pick, hours)
        if bool(taps) and pick((False, False, True)):  # soon after the last one, or in its very second
            at = min(taps[-1].at + pick((0, 0, 1, 59, 5 * MINUTE, 14 * MINUTE, 16 * MINUTE)), 3 * DAY - 1)
        taps.append(a_tap(pick, way, at))
    return taps


def a_tap(pick: Pick, way: str, at: int) -> naive.Tap:
    grade = pick(("A", "A", "A", "B", "D", "E"))
    lo: int | None = at
    hi: int | None = at
    error = pick((0, 0, 0, 0, 0, 5 * MINUTE)) if grade == "A" else 0
    if error:
        lo, hi = at - pick((error, MINUTE)), at + pick((error, MINUTE))
    if grade in "DE":
        lo = pick((None, at, at - 20 * MINUTE, at - 45 * MINUTE, at - 4 * MINUTE, at - 1))
        hi = pick((None, at, at + 4 * MINUTE, at + 10 * MINUTE, at + 40 * MINUTE))
    proven = lo if pick((False, False, True)) else None
    site = pick((None, None, "yard", "elsewhere"))
    return naive.Tap(at, way, pick(("phone", "terminal")), grade, lo, hi, proven, error, site)


# ── the same day in the engine's shapes ───────────────────────────────────────────────────────────────────────────────


def by_the_engine(
    drawn: Drawn,
    policies: Mapping[str, PolicySet],
    calendars: Mapping[str, Calendar],
) -> Verdict:
    day, duty, roster = drawn
    on, policy = day.law.on, policies[day.law.name].on(day.law.on)
    assignment = AssignmentPeriod(
        ref="a",
        unit="u",
        duty="" if roster is not None else duty,
        zone=ZONE,
        from_date=date(2017, 1, 1),
        by_roster=roster is not None,
    )
    plan = Plan(
        assignments=(assignment,),
        calendar=reduce(Calendar.plus, calendars.values()),
        roster={} if roster is None else rostered(on, roster),
    )
    owes = owed_on(plan, policy, on)
    zero = instant_ms(on, time(), ZONE) - DAY * 1000

    def ms(second: int) -> int:
        return zero + second * 1000

    taps = [engine_tap(f"{at}", tap, ms) for at, tap in enumerate(day.taps)]
    judged = partial(
        judge_day,
        off=owes.off,
        policy=policy,
        excuses=[
            ExcusePeriod(
                ref=f"x{at}",
                period=Period(ms(one.first), ms(one.last)),
                tail_minutes=0,
                article="-",
                code=one.code,
                day_number=one.day_number,
                lifts_proven=one.lifts,
            )
            for at, one in enumerate(day.excuses)
        ],
        now_ms=ms(day.now),
        ceremonies=[
            Ceremony(name=one.code, code=one.code, period=Period(ms(one.first), ms(one.last)), site=one.site)
            for one in day.parades
        ],
        dark=[DarkSource("Mesin-1", Period(ms(first), ms(last)), None) for first, last in day.dark],
        flex_times=day.flex_times,
    )
    if len(owes.days) < 2:
        return judged(duty_day=owes.days[0] if owes.days else None, taps=taps)
    said = [judged(duty_day=part, taps=mine) for part, mine in parts_of(owes.days, taps)]
    return joined_verdict(said, owes.days, policy)


def engine_tap(ref: str, tap: naive.Tap, ms: Callable[[int], int]) -> WeighedTap:
    evidence = Evidence(
        lo_ms=None if tap.lo is None else ms(tap.lo),
        hi_ms=None if tap.hi is None else ms(tap.hi),
        claimed_ms=ms(tap.at),
        judged_ms=ms(tap.at),
        error_ms=tap.error * 1000,
        grade=Grade(tap.grade),
        counts_as=Grade(tap.grade),
        proven_ms=None if tap.proven is None else ms(tap.proven),
    )
    return WeighedTap(
        ref=ref, direction=Direction(tap.way), source=Source(tap.source), evidence=evidence, flags=(), site=tap.site
    )


def in_short(verdict: Verdict) -> naive.Answer:
    return naive.Answer(
        verdict.status.value,
        verdict.code,
        verdict.deduction_percent,
        part(verdict.arrival),
        part(verdict.departure),
        verdict.flex_used,
        tuple(one.attendance.value for one in verdict.ceremonies),
        int(verdict.review),
    )


def part(said: PartVerdict | None) -> naive.Part | None:
    if said is None:
        return None
    return naive.Part(said.status.value, said.class_code, said.minutes, said.percent, int(said.review))
