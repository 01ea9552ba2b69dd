"""Two judges agree: the engine, and one that reckons by seconds, written from docs/rules.md alone (`naive.py`).

Hypothesis searches days near the boundaries of the law; a sweep takes many more of them at random; every shipped case
is judged by both. Where they differ the page decides, and the day stands in `naive_settled.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hadir.rules import (
    Calendar,
    Case,
    Direction,
    Evidence,
    Grade,
    MonthDay,
    PolicySet,
    Source,
    WeighedTap,
    instant_ms,
    parse_cases,
    recap_of,
    run_case,
)
from tests.rules import naive, naive_cases, naive_days
from tests.rules.conftest import POLICIES, documents_in
from tests.rules.naive_days import DUTIES, Drawn, T, by_the_engine, in_short
from tests.rules.naive_law import Law, files, is_free
from tests.rules.naive_narrow import NARROW
from tests.rules.naive_settled import SETTLED

ZONE = naive_days.ZONE
CASE_FILES = documents_in(POLICIES / "cases")


def exact_tap(on: date, number: int, second: int, *, is_in: bool) -> WeighedTap:
    at_ms = instant_ms(on, time(), ZONE) + second * 1000
    evidence = Evidence(
        lo_ms=at_ms, hi_ms=at_ms, claimed_ms=at_ms, judged_ms=at_ms, error_ms=0, grade=Grade.A, counts_as=Grade.A
    )
    direction = Direction.IN if is_in else Direction.OUT
    return WeighedTap(ref=f"{on}-{number}", direction=direction, source=Source.PHONE, evidence=evidence)


@st.composite
def days(draw: st.DrawFn, duty: str) -> Drawn:
    def pick(among: Sequence[T], /) -> T:
        return draw(st.sampled_from(among))

    return naive_days.a_day(pick, duty)


def is_said(day: naive.Day) -> bool:
    """Whether the page says what the day is: not, where two taps of one instant differ in what it does not rank."""
    return naive.judge(day) == naive.judge(replace(day, taps=tuple(reversed(day.taps))))


def must_agree(drawn: Drawn, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar]) -> None:
    verdict = by_the_engine(drawn, policies, calendars)
    assert in_short(verdict) == naive.judge(drawn.day), drawn


def search(duty: str, examples: int, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar]) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(days(duty))
    def agree(drawn: Drawn) -> None:
        assume(is_said(drawn.day))
        must_agree(drawn, policies, calendars)

    agree()


def sweep(seeds: range, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar]) -> int:
    """How many days were judged by both."""
    judged = 0
    for seed in seeds:
        random = Random(seed)
        drawn = naive_days.a_day(random.choice, random.choice(("office-5-day", *DUTIES)))
        if is_said(drawn.day):
            must_agree(drawn, policies, calendars)
            judged += 1
    return judged


@pytest.mark.parametrize("duty", DUTIES)
def test_the_search_finds_no_day_on_which_they_differ(
    duty: str, policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    search(duty, 150, policies, calendars)


def test_they_agree_on_thousands_of_days(policies: dict[str, PolicySet], calendars: dict[str, Calendar]) -> None:
    assert sweep(range(4_000), policies, calendars) > 2_500


@pytest.mark.parametrize("kind", NARROW)
def test_they_agree_on_days_drawn_for_one_sentence(
    kind: str, policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    drawn = [NARROW[kind](Random(seed).choice) for seed in range(300)]
    judged = [one for one in drawn if is_said(one.day)]
    assert len(judged) > 150
    for one in judged:
        must_agree(one, policies, calendars)


def test_they_agree_on_split_shifts(policies: dict[str, PolicySet], calendars: dict[str, Calendar]) -> None:
    judged = 0
    for seed in range(900):
        drawn, parts = naive_days.a_split_day(Random(seed).choice)
        alone = [replace(drawn.day, hours=part, taps=naive.taps_of(drawn.day, part, parts)) for part in parts]
        if not parts or not all(is_said(day) for day in alone):
            continue
        ours, theirs = in_short(by_the_engine(drawn, policies, calendars)), naive.in_parts(drawn.day, parts)
        assert ours == theirs, drawn
        judged += 1
    assert judged > 200


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("duty", DUTIES)
def test_the_long_search_finds_no_day_on_which_they_differ(
    duty: str, policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    search(duty, 20_000, policies, calendars)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_they_agree_on_half_a_million_days(policies: dict[str, PolicySet], calendars: dict[str, Calendar]) -> None:
    assert sweep(range(10_000, 510_000), policies, calendars) > 300_000


@pytest.mark.parametrize("name", SETTLED)
def test_they_agree_where_they_once_differed(
    name: str, policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    must_agree(SETTLED[name], policies, calendars)


@pytest.mark.parametrize("name", sorted(CASE_FILES))
def test_they_agree_on_every_shipped_case(
    name: str, policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    for raw, case in zip(CASE_FILES[name], parse_cases(CASE_FILES[name], name), strict=True):
        if not isinstance(case, Case) or naive_cases.weighs(raw):
            continue
        result = run_case(case, policies, calendars)
        day, parts = naive_cases.day_of(case, raw, result.owed)
        theirs = naive.in_parts(day, parts) if len(parts) > 1 else naive.judge(day)
        assert in_short(result.verdict) == theirs, case.name


def test_a_month_is_the_sum_of_its_days(policies: dict[str, PolicySet], calendars: dict[str, Calendar]) -> None:
    for seed in range(12):
        random = Random(seed)
        name, first = random.choice(naive_days.SETS), date(2026, random.choice((2, 3, 8, 9)), 1)
        month = [first + timedelta(days=by) for by in range(28)]
        drawn = [naive_days.a_day(random.choice, "office-5-day", name=name, on=on) for on in month]
        verdicts = [by_the_engine(one, policies, calendars) for one in drawn]
        recap = recap_of(MonthDay(date=on, verdict=verdict) for on, verdict in zip(month, verdicts, strict=True))
        theirs = [naive.judge(one.day) for one in drawn]
        assert recap.percent == sum((answer.percent for answer in theirs), Decimal(0)), (seed, name)
        assert list(recap.cells.values()) == [answer.letter for answer in theirs], (seed, name)


def test_every_duty_and_shift_of_the_policy_files_is_judged() -> None:
    values = [file["values"] for file in files().values()]
    assert {duty for one in values for duty in one.get("duties", {})} == set(DUTIES) - {"shift"}
    rostered = {shift for roster in (*naive_days.ROSTERS, *naive_days.SPLIT) for date in roster for shift in date}
    assert {shift for one in values for shift in one.get("shifts", {})} == rostered


def test_days_are_drawn_from_all_that_the_law_of_a_set_was() -> None:
    for name in naive_days.SETS:
        begun = {Law(name, on).get("absent") is not None for on in naive_days.dates_of(name)}
        assert True in begun, name
    rates = {row.each for on in naive_days.dates_of("sragen") if (row := Law("sragen", on).row("late", 60))}
    assert rates == {30, None}  # a rate until April 2024, classes since


def test_a_holiday_is_read_from_the_calendar() -> None:
    assert is_free(date(2026, 8, 17))
    assert not is_free(date(2026, 8, 18))
