"""Two implementations of the law agree on generated person-months: some in every run, 20,000 in the long form."""

from __future__ import annotations

from datetime import date, time, timedelta
from random import Random

import pytest

from hadir.rules import (
    AssignmentPeriod,
    Calendar,
    Direction,
    Evidence,
    ExcusePeriod,
    Grade,
    MonthDay,
    Period,
    Plan,
    PolicySet,
    Source,
    Verdict,
    WeighedTap,
    instant_ms,
    judge_day,
    owed_on,
    recap_of,
)
from tests.rules import naive

ZONE = "Asia/Makassar"
MONTHS = ((2026, 2), (2026, 3), (2026, 8), (2026, 9))
SHORT, LONG = 60, 20_000


def a_month(random: Random) -> list[naive.Day]:
    """A month of somebody's life: mostly in order, sometimes late, forgetful, travelling, or without signal."""
    year, month = random.choice(MONTHS)
    first = date(year, month, 1)
    days = [first + timedelta(days=at) for at in range(31)]
    return [a_day(random, on) for on in days if on.month == month]


def a_day(random: Random, on: date) -> naive.Day:
    when = naive.hours(on) or (450, 960)
    start, end = when[0] * 60, when[1] * 60
    taps: list[tuple[int, bool]] = []
    kind = random.random()
    if kind < 0.9:
        taps.append((start + around(random), True))
    if kind < 0.85 or kind > 0.95:
        taps.append((end - around(random), False))
    if random.random() < 0.1:
        taps.append((random.randrange(4 * 3600, 24 * 3600), random.random() < 0.5))
    excuses = []
    for _ in range(random.choice((0, 0, 0, 0, 1, 2))):
        at = random.choice((when[0], when[1], random.randrange(240, 1400))) + random.randrange(-90, 90)
        span = random.choice((30, 60, 240, 1000))
        excuses.append((random.choice(("outage", "I", "DL")), max(0, at), min(1439, max(0, at) + span)))
    if random.random() < 0.04:
        excuses.append(("CT", 0, 1439))
    return naive.Day(on, sorted(set(taps)), excuses)


def around(random: Random) -> int:
    """Seconds after the hour that is owed: often near a boundary of the table."""
    return random.choice((-600, -1, 0, 59, 60, 61, 1859, 1860, 3660, 5400, 5459, 5460, 7260)) + random.choice(
        (0, 0, random.randrange(-900, 900))
    )


def exact_tap(on: date, number: int, second: int, *, is_in: bool) -> WeighedTap:
    at_ms = instant_ms(on, time(), ZONE) + second * 1000
    evidence = Evidence(
        lo_ms=at_ms, hi_ms=at_ms, claimed_ms=at_ms, judged_ms=at_ms, error_ms=0, grade=Grade.A, counts_as=Grade.A
    )
    direction = Direction.IN if is_in else Direction.OUT
    return WeighedTap(ref=f"{on}-{number}", direction=direction, source=Source.PHONE, evidence=evidence)


def excuse_of(day: naive.Day, number: int, kind: str, first: int, last: int) -> ExcusePeriod:
    midnight_ms = instant_ms(day.on, time(), ZONE)
    outage = kind == "outage"
    return ExcusePeriod(
        ref=f"{number}",
        period=Period(midnight_ms + first * 60_000, midnight_ms + last * 60_000),
        tail_minutes=0,
        article="-",
        code=None if outage else kind,
    )


def by_the_rules(days: list[naive.Day], policies: PolicySet, calendar: Calendar) -> list[MonthDay]:
    first = days[0].on
    assignment = AssignmentPeriod(ref="a", unit="u", duty="office-5-day", zone=ZONE, from_date=first)
    plan = Plan(assignments=(assignment,), calendar=calendar)
    judged = []
    for day in days:
        policy = policies.on(day.on)
        owes = owed_on(plan, policy, day.on)
        verdict = judge_day(
            duty_day=owes.days[0] if owes.days else None,
            off=owes.off,
            taps=[exact_tap(day.on, at, second, is_in=is_in) for at, (second, is_in) in enumerate(day.taps)],
            policy=policy,
            excuses=[excuse_of(day, at, *excuse) for at, excuse in enumerate(day.excuses)],
            now_ms=instant_ms(day.on + timedelta(days=2), time(), ZONE),
        )
        judged.append(MonthDay(date=day.on, verdict=verdict))
    return judged


def in_short(verdict: Verdict) -> naive.Answer:
    arrival, departure = verdict.arrival, verdict.departure
    return naive.Answer(
        verdict.status.value,
        (arrival.class_code, arrival.minutes) if arrival else (None, 0),
        (departure.class_code, departure.minutes) if departure else (None, 0),
        float(verdict.deduction_percent),
    )


def agree(seeds: range, policies: dict[str, PolicySet], calendar: Calendar) -> None:
    for seed in seeds:
        random = Random(seed)
        days = a_month(random)
        name = random.choice(sorted(naive.TABLES))
        judged = by_the_rules(days, policies[name], calendar)
        said = [naive.judge(day, name) for day in days]
        for day, ours, theirs in zip(days, judged, said, strict=True):
            assert in_short(ours.verdict) == theirs, (seed, name, day)
        assert float(recap_of(judged).percent) == sum(answer.percent for answer in said), seed


@pytest.fixture(scope="module")
def calendar(calendars: dict[str, Calendar]) -> Calendar:
    return calendars["indonesia-2026"]


def test_a_naive_second_implementation_agrees(policies: dict[str, PolicySet], calendar: Calendar) -> None:
    agree(range(LONG, LONG + SHORT), policies, calendar)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_naive_second_implementation_agrees_on_20_000_person_months(
    policies: dict[str, PolicySet], calendar: Calendar
) -> None:
    agree(range(LONG), policies, calendar)
