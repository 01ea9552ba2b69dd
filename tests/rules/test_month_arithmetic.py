"""The arithmetic of a month, line by line: every number that a pay clerk could hold against the law."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace as replaced

from hadir.rules import (
    Adjustment,
    Ceremony,
    ClassSum,
    ClosedMonth,
    DarkSource,
    ExcusePeriod,
    Line,
    MonthDay,
    MonthLine,
    Period,
    Policy,
    PolicySet,
    PolicyVersion,
    Recap,
    Source,
    WeighedTap,
    adjustment,
    close,
    dynamic_short_minutes,
    judge_day,
    owed,
    plus,
    recap_of,
    settle,
    warnings,
    worked_minutes,
)
from hadir.rules.duty import Dynamic
from tests.rules.test_months import MONDAY, ZONE, a_day, exact_tap

FULL = Recap(
    cells={MONDAY: "H"},
    work_days=1,
    codes={"H": 1},
    late={"TL1": ClassSum(count=1, minutes=2)},
    early={"PSW1": ClassSum(count=1, minutes=3)},
    no_arrival=1,
    no_departure=2,
    ceremonies_missed={"TA": 3},
    percent=Decimal(4),
    class_percent=Decimal(3),
    absent=(MONDAY,),
    undecided=(MONDAY,),
    flex_times=5,
    grades={"A": 6},
    excuses={"DL": 7},
    manual=8,
)


def later(recap: Recap, days: int) -> Recap:
    """The same row, of another day."""
    on = MONDAY + timedelta(days=days)
    return replaced(recap, cells={on: "H"}, absent=(on,), undecided=(on,))


def test_two_recaps_of_one_person_add_up_in_every_column() -> None:
    both = plus(later(FULL, 1), FULL)
    tuesday = MONDAY + timedelta(days=1)
    assert both == Recap(
        cells={MONDAY: "H", tuesday: "H"},
        work_days=2,
        codes={"H": 2},
        late={"TL1": ClassSum(count=2, minutes=4)},
        early={"PSW1": ClassSum(count=2, minutes=6)},
        no_arrival=2,
        no_departure=4,
        ceremonies_missed={"TA": 6},
        percent=Decimal(8),
        class_percent=Decimal(6),
        absent=(MONDAY, tuesday),
        undecided=(MONDAY, tuesday),
        flex_times=10,
        grades={"A": 12},
        excuses={"DL": 14},
        manual=16,
    )
    assert list(both.cells) == [MONDAY, tuesday]
    assert (both.late_minutes, both.early_minutes, both.minutes_short) == (4, 6, 10)


def test_what_stands_in_one_recap_only_stays() -> None:
    other = Recap(late={"TL2": ClassSum(count=1, minutes=40)}, codes={"CT": 1})
    both = plus(FULL, other)
    assert both.late == {"TL1": ClassSum(count=1, minutes=2), "TL2": ClassSum(count=1, minutes=40)}
    assert both.codes == {"CT": 1, "H": 1}


def test_every_line_of_the_arithmetic_is_shown_with_its_article(policy: Policy) -> None:
    rules = replace(policy.month, converts=True, cap_percent=Decimal(50), share_percent=Decimal(40), unpaid=("TB",))
    strict = replace(policy, month=rules)
    recap = Recap(
        work_days=20,
        codes={"H": 17, "TB": 3},
        late={"TL1": ClassSum(count=2, minutes=500)},
        early={"PSW1": ClassSum(count=2, minutes=400)},
        percent=Decimal(40),
        class_percent=Decimal(30),
        absent=(MONDAY, MONDAY + timedelta(days=1)),
    )
    settled = settle(recap, strict)
    assert settled.lines == (
        Line(MonthLine.CLASSES, Decimal(30), policy.articles["month.classes"]),
        Line(MonthLine.OTHERS, Decimal(10)),
        Line(MonthLine.CONVERTED, Decimal(8), rules.converts_article),
        Line(MonthLine.UNPAID, Decimal(15), policy.articles["unpaid"]),
        Line(MonthLine.TOTAL, Decimal(63)),
        Line(MonthLine.CAPPED, Decimal(50), policy.articles["month.cap_percent"]),
        Line(MonthLine.SHARE, Decimal(20), rules.share_article),
    )
    assert (settled.percent, settled.of_allowance, settled.converted_days) == (Decimal(50), Decimal(20), 2)
    assert settled.present_percent == Decimal(90)


def test_a_share_is_rounded_half_up_to_the_hundredth(policy: Policy) -> None:
    rules = replace(policy.month, share_percent=Decimal(41))
    settled = settle(
        Recap(work_days=3, percent=Decimal("0.5"), class_percent=Decimal("0.5")), replace(policy, month=rules)
    )
    assert (settled.of_allowance, settled.lines[-1].value) == (Decimal("0.21"), Decimal("0.21"))
    third = settle(replaced(FULL, work_days=3), policy)
    assert third.present_percent == Decimal("66.67")


def test_a_month_without_work_days_or_without_conversion_divides_by_nothing(policy: Policy) -> None:
    never = replace(policy, month=replace(policy.month, day_minutes=0, converts=True))
    settled = settle(replaced(FULL, work_days=0), never)
    assert (settled.present_percent, settled.converted_days) == (Decimal(0), 0)


@pytest.mark.parametrize(("minutes", "days"), [(449, 0), (450, 1), (899, 1), (900, 2)])
def test_so_many_minutes_short_are_a_day(policy: Policy, minutes: int, days: int) -> None:
    recap = Recap(late={"TL1": ClassSum(count=1, minutes=minutes)})
    assert settle(recap, policy).converted_days == days


def test_a_closed_month_keeps_its_name_and_every_law_it_was_made_by(policy: Policy) -> None:
    day = a_day(MONDAY, policy, ("in", "07:42"), ("out", "16:00"))
    versions = [PolicyVersion(name=name, sha256=sha, rules=rules) for name, sha, rules in (
        ("b", "1", "1"), ("a", "2", "1"), ("a", "1", "2"), ("a", "1", "1"))]  # fmt: skip
    days = [
        MonthDay(date=MONDAY + timedelta(days=at), verdict=replaced(day.verdict, version=version))
        for at, version in enumerate(versions)
    ]
    closed = close(iter(days), policy, year=2026, month=9)
    recap = recap_of(days)
    assert closed == ClosedMonth(
        year=2026, month=9, recap=recap, settlement=settle(recap, policy), versions=tuple(reversed(versions))
    )


def test_an_adjustment_names_its_month_and_the_letters_that_moved(policy: Policy) -> None:
    tuesday = MONDAY + timedelta(days=1)
    closed = close([a_day(MONDAY, policy)], policy, year=2026, month=9)
    now = recap_of([a_day(tuesday, policy, ("in", "07:20"), ("out", "16:00"))])
    line = adjustment(closed, now, policy)
    assert line == Adjustment(
        year=2026, month=9, dates=((MONDAY, "TK", ""), (tuesday, "", "H")), of_allowance=Decimal("-4.00")
    )


def test_a_cheaper_class_of_the_same_letter_is_an_adjustment_without_dates(policy: Policy) -> None:
    closed = close([a_day(MONDAY, policy, ("in", "08:10"), ("out", "16:00"))], policy, year=2026, month=9)
    now = recap_of([a_day(MONDAY, policy, ("in", "07:42"), ("out", "16:00"))])
    line = adjustment(closed, now, policy)
    assert line == Adjustment(year=2026, month=9, dates=(), of_allowance=Decimal("-0.50"))


def test_a_letter_that_moves_without_a_price_is_an_adjustment_all_the_same(policy: Policy) -> None:
    recap = Recap(cells={MONDAY: "H"})
    closed = ClosedMonth(year=2026, month=9, recap=recap, settlement=settle(recap, policy), versions=())
    line = adjustment(closed, Recap(cells={MONDAY: "DL"}), policy)
    assert line == Adjustment(year=2026, month=9, dates=((MONDAY, "H", "DL"),), of_allowance=Decimal("0.00"))


def absent(policy: Policy, *days: int) -> Recap:
    """Days of September 2026 from the 14th on that are absences; the others between them were worked."""
    cells = {MONDAY + timedelta(days=at): "TK" if at in days else "H" for at in range(max(days) + 1)}
    return Recap(cells=cells, absent=tuple(MONDAY + timedelta(days=at) for at in days))


def test_days_without_a_break_are_counted_to_the_day_that_reached_the_threshold(policy: Policy) -> None:
    recap = absent(policy, *range(2, 12))
    free = {
        MONDAY + timedelta(days=20): policy.codes["free"],
        MONDAY + timedelta(days=21): policy.codes["night_before"],
    }
    recap = replaced(recap, cells={**recap.cells, **free, MONDAY + timedelta(days=22): ""})
    found = warnings([recap], policy, employment="pns")
    assert [(one.row.code, one.days, one.on) for one in found] == [
        ("pernyataan_tidak_puas", 10, MONDAY + timedelta(days=8)),
        ("consecutive", 10, MONDAY + timedelta(days=11)),
    ]
    assert [one.row.code for one in warnings([absent(policy, *range(9))], policy, employment="pns")] == [
        "pernyataan_tidak_puas"
    ]


def test_free_days_between_absences_do_not_break_their_run(policy: Policy) -> None:
    days = {MONDAY + timedelta(days=at): "TK" for at in range(14)}
    for at, code in ((5, "free"), (6, "free"), (12, "night_before"), (13, "free")):
        days[MONDAY + timedelta(days=at)] = policy.codes[code]
    recap = Recap(cells=days, absent=tuple(day for day, code in days.items() if code == "TK"))
    (_, consecutive) = warnings([recap], policy, employment="pns")
    assert (consecutive.days, consecutive.on) == (10, MONDAY + timedelta(days=11))


def test_a_worked_day_breaks_a_run(policy: Policy) -> None:
    recap = absent(policy, *range(5), *range(6, 11))
    assert [one.row.code for one in warnings([recap], policy, employment="pns")] == ["pernyataan_tidak_puas"]


def test_a_year_is_counted_over_its_months_together(policy: Policy) -> None:
    first, second = absent(policy, 0, 1), later(FULL, 40)
    (found,) = warnings([first, second], policy, employment="pns")
    assert (found.row.code, found.days, found.on) == ("teguran_lisan", 3, MONDAY + timedelta(days=40))


def test_worked_minutes_are_whole_and_less_the_break(policy: Policy) -> None:
    verdict = a_day(MONDAY, policy, ("in", "07:20"), ("out", "16:05")).verdict
    assert worked_minutes(verdict, break_minutes=60) == 465
    assert worked_minutes(verdict, break_minutes=600) == 0
    assert verdict.departure is not None
    shorter = replaced(verdict, departure=replaced(verdict.departure, counted_ms=verdict.departure.counted_ms - 1))  # type: ignore[operator]
    assert worked_minutes(shorter, break_minutes=60) == 464
    assert isinstance(worked_minutes(shorter, break_minutes=60), int)


@pytest.mark.parametrize("clocks", [(("in", "07:20"),), (("out", "16:05"),), ()])
def test_a_missing_tap_is_no_work_that_could_be_counted(policy: Policy, clocks: tuple[tuple[str, str], ...]) -> None:
    assert worked_minutes(a_day(MONDAY, policy, *clocks).verdict, break_minutes=0) == 0


def test_each_week_of_a_dynamic_duty_is_held_against_its_hours_alone(policy: Policy) -> None:
    dynamic = Dynamic(weekly_minutes=2250, break_minutes=60, week_days=5, article="-")
    long, short = (("in", "07:00"), ("out", "18:00")), (("in", "08:00"), ("out", "16:00"))
    first = [a_day(MONDAY + timedelta(days=at), policy, *long) for at in range(5)]
    second = [a_day(MONDAY + timedelta(days=7 + at), policy, *short) for at in range(3)]
    assert dynamic_short_minutes(first, dynamic) == 0
    assert dynamic_short_minutes([*first, *second], dynamic) == 3 * 30
    sunday = a_day(date(2026, 9, 20), policy)
    assert dynamic_short_minutes([*second, sunday], dynamic) == 3 * 30, "a day off owes nothing"


def thrice(day: MonthDay, first: int) -> list[MonthDay]:
    """Three dates of one verdict, as a nation's days are."""
    return [replaced(day, date=MONDAY + timedelta(days=first + at)) for at in range(3)]


def test_days_of_one_verdict_count_as_often_as_there_are_dates(policies: dict[str, PolicySet]) -> None:
    policy = policies["mimika"].on(MONDAY)
    duty_day = owed(policy.duty("office-5-day", ZONE), MONDAY)
    assert duty_day is not None
    ceremony = Ceremony(name="Apel", code="TA", period=Period(duty_day.start_ms - 60_000, duty_day.start_ms))
    outage = ExcusePeriod(ref="o", period=duty_day.hours, tail_minutes=0, article="-")
    travel = replace(outage, code="DL", period=Period(duty_day.start_ms, duty_day.start_ms + 1))

    def day(*taps: WeighedTap, **more: Any) -> MonthDay:
        verdict = judge_day(duty_day=duty_day, policy=policy, taps=taps, now_ms=duty_day.counts.until_ms, **more)
        return MonthDay(date=MONDAY, verdict=verdict)

    late, home = (
        exact_tap(MONDAY, 0, 8 * 3600 + 31 * 60, is_in=True),
        exact_tap(MONDAY, 1, 15 * 3600 + 3000, is_in=False),
    )
    days = [
        *thrice(replaced(day(late, home, ceremonies=[ceremony]), sources=(Source.MANUAL_LIST,)), 0),
        *thrice(day(late, excuses=[travel]), 3),
        *thrice(day(dark=[DarkSource("Mesin-1", duty_day.day)]), 6),
        *thrice(day(excuses=[outage]), 9),
        *thrice(day(), 12),
    ]
    dates = [MONDAY + timedelta(days=at) for at in range(15)]
    assert recap_of(reversed(days)) == Recap(
        cells=dict(zip(dates, [*3 * ["H"], *3 * ["H"], *3 * ["MD"], *3 * ["G"], *3 * ["TK"]], strict=True)),
        work_days=15,
        codes={"H": 6, "MD": 3, "G": 3, "TK": 3},
        late={"TL2": ClassSum(count=3, minutes=93)},
        early={"PSW1": ClassSum(count=3, minutes=30)},
        no_departure=3,
        ceremonies_missed={"TA": 3},
        percent=Decimal("21.00"),
        class_percent=Decimal("4.5"),
        absent=tuple(dates[12:]),
        undecided=tuple(dates[6:9]),
        grades={"A": 9},
        excuses={"DL": 3, "outage": 6},
        manual=3,
    )
