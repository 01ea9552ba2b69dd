"""Months are folds of days; plans, rosters, closing and adjustments; and laws that hold under every excuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as replaced

from hadir.rules import (
    AssignmentPeriod,
    Calendar,
    Ceremony,
    Circular,
    DarkSource,
    DayStatus,
    Direction,
    Dispensation,
    DutyDay,
    ExcusePeriod,
    MonthDay,
    MonthLine,
    PartStatus,
    Period,
    Plan,
    Policy,
    PolicySet,
    Recap,
    Season,
    Source,
    Verdict,
    WeighedTap,
    adjustment,
    close,
    day_of_tap,
    instant_ms,
    judge_day,
    owed,
    owed_on,
    plus,
    recap_of,
    settle,
    shift_day,
    warnings,
)
from hadir.rules.months import NO_DAYS
from hadir.rules.policy import Certainty
from tests.rules.test_laws import HOUR, MIDNIGHT, MINUTE, days, few, judge, moments, offsets, outages, taps
from tests.rules.test_naive import exact_tap

ZONE = "Asia/Makassar"
TUESDAY = date(2026, 9, 15)
COSTLY = ("bkkbn-6-2023", "kemenkeu-pmk-221-2021", "sragen", "permentan-20-2025", "mimika")
CODES = ("CT", "CB", "CS", "DL", "DISP", "I", "TB")


@st.composite
def any_excuse(draw: st.DrawFn) -> ExcusePeriod:
    """An outage, or an excuse of any code, for the whole day or a part of it."""
    code = draw(st.sampled_from([None, *CODES]))
    if code is None:
        return draw(outages())
    from_ms = MIDNIGHT + draw(offsets)
    period = Period(from_ms, from_ms + draw(st.integers(1, 6 * HOUR)))
    whole = Period(MIDNIGHT, MIDNIGHT + 24 * HOUR)
    return ExcusePeriod(
        ref=f"{code}-{draw(st.integers(0, 10**6))}",
        period=draw(st.sampled_from([period, period, whole])),
        tail_minutes=0,
        article="-",
        code=code,
        day_number=draw(st.sampled_from([1, 3, 4, 20])),
    )


excuses = st.lists(any_excuse(), max_size=3)
APEL = Ceremony(name="Apel", code="TA", period=Period(MIDNIGHT + 7 * HOUR, MIDNIGHT + 8 * HOUR))
DARK = DarkSource("Mesin-1", Period(MIDNIGHT, MIDNIGHT + 24 * HOUR), date(2026, 9, 18))


def tuesday_of(policy: Policy) -> DutyDay:
    day = owed(policy.duty("office-5-day", ZONE), TUESDAY)
    assert day is not None
    return day


@settings(max_examples=120)
@given(name=st.sampled_from(COSTLY), day=few, now_ms=moments, had=excuses, more=any_excuse(), apel=st.booleans())
def test_no_excuse_of_any_kind_under_any_policy_worsens_a_day(
    *,
    policies: dict[str, PolicySet],
    name: str,
    day: list[WeighedTap],
    now_ms: int,
    had: list[ExcusePeriod],
    more: ExcusePeriod,
    apel: bool,
) -> None:
    policy = policies[name].on(TUESDAY)

    def percent(these: Sequence[ExcusePeriod]) -> Decimal:
        return judge_day(
            duty_day=tuesday_of(policy),
            taps=day,
            policy=policy,
            excuses=these,
            now_ms=now_ms,
            ceremonies=[APEL] if apel else [],
        ).deduction_percent

    assert percent([*had, more]) <= percent(had)


@given(name=st.sampled_from(COSTLY), day=days, had=excuses, order=st.randoms(use_true_random=False))
def test_the_order_of_taps_and_excuses_never_matters(
    policies: dict[str, PolicySet], name: str, day: list[WeighedTap], had: list[ExcusePeriod], order: object
) -> None:
    policy = policies[name].on(TUESDAY)
    unsaid = [replaced(tap, direction=Direction.UNSAID) if at % 2 else tap for at, tap in enumerate(day)]
    shuffled, reordered = unsaid * 2, list(had)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis types its seeded Random as object here
    order.shuffle(reordered)  # type: ignore[attr-defined]  # as above
    late = MIDNIGHT + 24 * HOUR
    one = judge(tuesday_of(policy), policy, unsaid, late, had)
    other = judge(tuesday_of(policy), policy, shuffled, late, reordered)
    assert (one.status, one.deduction_percent, one.taps) == (other.status, other.deduction_percent, other.taps)
    assert (one.arrival, one.departure) == (other.arrival, other.departure)


@given(day=days, now_ms=moments, had=excuses)
def test_a_dark_source_never_costs_anything(
    tuesday: DutyDay, policy: Policy, day: list[WeighedTap], now_ms: int, had: list[ExcusePeriod]
) -> None:
    lit = judge(tuesday, policy, day, now_ms, had)
    dark = judge_day(duty_day=tuesday, taps=day, policy=policy, excuses=had, now_ms=now_ms, dark=[DARK])
    assert dark.deduction_percent <= lit.deduction_percent
    assert dark.status is not DayStatus.ABSENT


@given(day=days, now_ms=moments)
def test_a_ceremony_touches_neither_arrival_nor_departure(
    tuesday: DutyDay, policy: Policy, day: list[WeighedTap], now_ms: int
) -> None:
    without = judge(tuesday, policy, day, now_ms)
    with_it = judge_day(duty_day=tuesday, taps=day, policy=policy, now_ms=now_ms, ceremonies=[APEL])
    assert (with_it.arrival, with_it.departure, with_it.status) == (without.arrival, without.departure, without.status)


# --- months ----------------------------------------------------------------------------------------------------------


@st.composite
def months(draw: st.DrawFn) -> list[tuple[date, list[WeighedTap], list[ExcusePeriod]]]:
    count = draw(st.integers(1, 6))
    return [(TUESDAY + timedelta(days=at), draw(few), draw(st.lists(any_excuse(), max_size=1))) for at in range(count)]


def judged(month: list[tuple[date, list[WeighedTap], list[ExcusePeriod]]], policy: Policy) -> list[MonthDay]:
    """Each day with the taps and excuses of the Tuesday: for a fold it only matters that the verdicts differ."""
    return [
        MonthDay(date=on, verdict=judge(tuesday_of(policy), policy, day, MIDNIGHT + 24 * HOUR, had))
        for on, day, had in month
    ]


@settings(max_examples=60)
@given(month=months(), cut=st.integers(0, 6))
def test_a_month_is_the_fold_of_its_days_wherever_it_is_cut(
    policy: Policy, month: list[tuple[date, list[WeighedTap], list[ExcusePeriod]]], cut: int
) -> None:
    whole = judged(month, policy)
    assert recap_of(whole) == plus(recap_of(whole[:cut]), recap_of(whole[cut:]))
    assert recap_of(whole) == plus(recap_of(whole[cut:]), recap_of(whole[:cut]))
    assert plus(NO_DAYS, recap_of(whole)) == recap_of(whole)


@settings(max_examples=60)
@given(month=months())
def test_the_arithmetic_of_a_month_adds_up_to_its_days(
    policy: Policy, month: list[tuple[date, list[WeighedTap], list[ExcusePeriod]]]
) -> None:
    whole = judged(month, policy)
    recap = recap_of(whole)
    assert recap.percent == sum((day.verdict.deduction_percent for day in whole), Decimal(0))
    lines = {line.code: line.value for line in settle(recap, policy).lines}
    unpaid = lines.get(MonthLine.UNPAID, Decimal(0))
    assert lines[MonthLine.TOTAL] - unpaid == recap.percent
    assert settle(recap, policy).percent <= 100


def a_day(on: date, policy: Policy, *clocks: tuple[str, str]) -> MonthDay:
    """A day with exact taps, `("in", "07:42")`."""
    duty_day = owed(policy.duty("office-5-day", ZONE), on)
    weighed = [
        exact_tap(on, at, int(clock[:2]) * 3600 + int(clock[3:]) * 60, is_in=way == "in")
        for at, (way, clock) in enumerate(clocks)
    ]
    late = instant_ms(on + timedelta(days=1), time(), ZONE)
    return MonthDay(date=on, verdict=judge_day(duty_day=duty_day, taps=weighed, policy=policy, now_ms=late))


MONDAY = date(2026, 9, 14)


def test_a_closed_month_never_changes_and_a_late_fact_is_a_line_of_the_next(policy: Policy) -> None:
    before = [a_day(MONDAY, policy, ("in", "07:42"), ("out", "16:00")), a_day(TUESDAY, policy)]
    closed = close(before, policy, year=2026, month=9)
    assert (closed.recap.codes, closed.settlement.percent) == ({"H": 1, "TK": 1}, Decimal("4.5"))
    assert [one.name for one in closed.versions] == ["permentan-68-2012"]
    assert adjustment(closed, recap_of(before), policy) is None
    now = recap_of([before[0], a_day(TUESDAY, policy, ("in", "07:20"), ("out", "16:00"))])
    line = adjustment(closed, now, policy)
    assert line is not None
    assert (line.dates, line.of_allowance) == (((TUESDAY, "TK", "H"),), Decimal("-4.00"))
    assert closed.settlement.percent == Decimal("4.5")


def test_a_month_counts_by_what_evidence_it_stands(policy: Policy) -> None:
    day = replaced(a_day(MONDAY, policy, ("in", "07:20"), ("out", "16:00")), sources=(Source.MANUAL_LIST, Source.PHONE))
    recap = recap_of([day, a_day(TUESDAY, policy)])
    assert (recap.grades, recap.manual, recap.absent) == ({"A": 2}, 1, (TUESDAY,))


def test_classes_may_be_read_on_the_minutes_of_the_whole_month(policy: Policy) -> None:
    days = [a_day(MONDAY + timedelta(days=at), policy, ("in", "07:50"), ("out", "16:30")) for at in range(4)]
    over_month = replace(policy, month=replace(policy.month, classes=type(policy.month.classes)("month")))
    assert settle(recap_of(days), policy).percent == Decimal(2)
    assert settle(recap_of(days), over_month).percent == Decimal("1.5")


def test_minutes_become_days_where_a_government_says_so(policy: Policy) -> None:
    days = [a_day(MONDAY + timedelta(days=at), policy, ("in", "10:00"), ("out", "16:30")) for at in range(3)]
    switched_on = replace(policy, month=replace(policy.month, converts=True))
    assert settle(recap_of(days), policy).percent == Decimal(6)
    assert settle(recap_of(days), switched_on).percent == Decimal(10)
    assert settle(recap_of(days), switched_on).converted_days == 1


def test_a_warning_names_the_day_on_which_the_threshold_was_reached(policy: Policy) -> None:
    recap = recap_of([a_day(MONDAY + timedelta(days=at), policy) for at in range(4)])
    (warned,) = warnings([recap], policy, employment="pns")
    assert (warned.row.code, warned.days, warned.on) == ("teguran_tertulis", 4, date(2026, 9, 17))
    assert warnings([recap], policy, employment="pppk") == ()
    assert warnings([Recap()], policy, employment="pns") == ()


# --- plans -----------------------------------------------------------------------------------------------------------


def school(ref: str, *, until: date | None = None, since: date = date(2020, 1, 1)) -> AssignmentPeriod:
    return AssignmentPeriod(
        ref=ref, unit=ref, duty="office-5-day", zone=ZONE, from_date=since, until_date=until, sites=(ref,)
    )


def test_a_transfer_in_mid_month_is_two_assignments_and_no_day_between_them(policy: Policy) -> None:
    plan = Plan(
        assignments=(school("SMPN 3", until=TUESDAY), school("SMPN 1", since=TUESDAY)), calendar=Calendar(name="-")
    )
    units = [one.unit for at in range(2) if (one := plan.assignment(MONDAY + timedelta(days=at))) is not None]
    assert units == ["SMPN 3", "SMPN 1"]
    assert all(owed_on(plan, policy, MONDAY + timedelta(days=at)).days for at in range(2))


def test_a_village_midwife_may_record_at_every_place_she_serves(policy: Policy) -> None:
    plan = Plan(assignments=(school("Poskesdes A"), school("Puskesmas B")), calendar=Calendar(name="-"))
    (day,) = owed_on(plan, policy, TUESDAY).days
    assert day.sites == ("Poskesdes A", "Puskesmas B")


def test_a_circular_after_the_day_began_needs_two_people(policy: Policy) -> None:
    circular = Circular(
        ref="SE",
        article="SE",
        from_date=TUESDAY,
        until_date=date(2026, 9, 16),
        start=time(7),
        published_ms=instant_ms(TUESDAY, time(7, 10), ZONE),
        approvers=frozenset({"Hasan"}),
    )
    plan = Plan(assignments=(school("A"),), calendar=Calendar(name="-"), circulars=(circular,))
    (day,) = owed_on(plan, policy, TUESDAY).days
    assert day.start_ms == instant_ms(TUESDAY, time(7, 30), ZONE)
    two = replace(plan, circulars=(replace(circular, approvers=frozenset({"Hasan", "Rina"})),))
    (day,) = owed_on(two, policy, TUESDAY).days
    assert day.start_ms == instant_ms(TUESDAY, time(7), ZONE)


def test_a_dispensation_excuses_its_group_and_says_nothing_of_the_reason(policy: Policy, tuesday: DutyDay) -> None:
    given_to = Dispensation(
        ref="D-1",
        article="Surat",
        code="DISP",
        groups=frozenset({"hamil"}),
        from_date=TUESDAY,
        until_date=date(2026, 9, 16),
        until_time=time(10),
    )
    mother = replace(school("A"), groups=frozenset({"hamil"}))
    assert given_to.excuse(school("A"), tuesday) is None
    excuse = given_to.excuse(mother, tuesday)
    assert excuse is not None
    verdict = judge(tuesday, policy, [exact_tap(TUESDAY, 1, 11 * 3600, is_in=True)], MIDNIGHT + 24 * HOUR, [excuse])
    assert verdict.arrival is not None
    assert (verdict.arrival.status, verdict.arrival.excuse_code) == (PartStatus.EXCUSED, "DISP")


def test_an_act_of_the_evening_before_moves_ramadan() -> None:
    known = Season(
        from_date=date(2027, 2, 8), until_date=date(2027, 3, 10), article="-", source="-", certainty=Certainty.KNOWN
    )
    announced = replace(known, from_date=date(2027, 2, 9), until_date=date(2027, 3, 11))
    calendar = Calendar(name="-", ramadan=(known,)).with_ramadan(announced)
    assert calendar.ramadan == (announced,)
    assert not calendar.in_ramadan(date(2027, 2, 8))


def test_the_tap_that_ends_a_night_belongs_to_the_day_on_which_it_began(policy: Policy) -> None:
    night = shift_day(policy.shifts["malam"], MONDAY, ZONE)
    morning = shift_day(policy.shifts["pagi"], TUESDAY, ZONE)
    out, in_ = (exact_tap(TUESDAY, at, 6 * 3600 + 3000, is_in=is_in) for at, is_in in ((1, False), (2, True)))
    assert day_of_tap(out, [night, morning]) is night
    assert day_of_tap(in_, [night, morning]) is morning
    assert day_of_tap(exact_tap(TUESDAY, 3, 20 * 3600, is_in=True), [night, morning]) is None


@pytest.mark.parametrize("minutes", [0, 59])
def test_a_night_is_judged_on_one_day_in_every_zone(policy: Policy, minutes: int) -> None:
    for zone in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"):
        night = shift_day(policy.shifts["malam"], MONDAY, zone)
        verdict = judge(night, policy, _night_taps(night, minutes), night.counts.until_ms)
        assert (verdict.status, verdict.deduction_percent) == (DayStatus.PRESENT, Decimal(0))


def _night_taps(night: DutyDay, seconds: int) -> list[WeighedTap]:
    tap = exact_tap(MONDAY, 1, 0, is_in=True)
    arrived, left = night.start_ms + seconds * 1000, night.end_ms
    return [
        replaced(tap, ref=str(at), direction=way, evidence=replaced(tap.evidence, lo_ms=at, hi_ms=at, judged_ms=at))
        for at, way in ((arrived, Direction.IN), (left, Direction.OUT))
    ]


@given(tap=taps(), minutes=st.integers(0, 600))
def test_working_time_is_never_negative(tuesday: DutyDay, policy: Policy, tap: WeighedTap, minutes: int) -> None:
    verdict: Verdict = judge(tuesday, policy, [tap], MIDNIGHT + 24 * HOUR + minutes * MINUTE)
    assert verdict.deduction_percent >= 0
