"""What another policy would change: whom, by how much, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from hadir.rules import (
    Direction,
    JudgedMonth,
    MonthDay,
    Policy,
    PolicyComparison,
    PolicySet,
    compare,
    judge_day,
    owed,
)
from hadir.rules.differences import joined
from tests.rules.conftest import TUESDAY
from tests.rules.test_precedents import tap

ZONE = "Asia/Makassar"
MINUTE = 60_000
BUDI, SARI, TONO = 3, 7, 9


def month(policy: Policy, lateness: Sequence[int]) -> JudgedMonth:
    """Days one after the other, so many minutes late on each."""
    days = []
    for at, minutes in enumerate(lateness):
        on = TUESDAY + timedelta(days=at)
        day = owed(policy.duty("office-5-day", ZONE), on)
        assert day is not None
        taps = [tap(day.start_ms + minutes * MINUTE, Direction.IN), tap(day.end_ms, Direction.OUT, 1)]
        verdict = judge_day(duty_day=day, taps=taps, policy=policy, now_ms=day.counts.until_ms)
        days.append(MonthDay(date=on, verdict=verdict))
    return JudgedMonth(days=days, policy=policy)


@pytest.fixture
def found(policies: dict[str, PolicySet]) -> PolicyComparison:
    """Permentan's table, and Mataram's, whose third class ends it."""
    before, after = (policies[name].on(TUESDAY) for name in ("permentan-68-2012", "mataram"))
    lateness = {SARI: (0, 95, 120), BUDI: (0, 95), TONO: (0, 40)}
    return compare(
        {person: month(before, late) for person, late in lateness.items()},
        {person: month(after, late) for person, late in lateness.items()},
    )


def test_only_whom_it_would_change_is_named_and_the_most_first(found: PolicyComparison) -> None:
    assert [one.person for one in found.changes] == [SARI, BUDI]
    assert (found.people, found.days, found.changed_days, found.milder, found.stricter) == (3, 7, 3, 2, 0)


def test_each_changed_day_shows_both_readings(found: PolicyComparison) -> None:
    day = found.changes[1].days[0]
    assert (day.date, day.before.arrival, day.after.arrival) == (date(2026, 9, 16), "TL4", "TL3")
    assert (day.before.percent, day.after.percent) == (Decimal(2), Decimal("1.5"))
    assert (day.before.code, day.before.departure) == ("H", None)


def test_the_months_percentages_are_those_of_the_whole_allowance(found: PolicyComparison) -> None:
    sari = found.changes[0]
    assert (sari.before, sari.after, sari.change) == (Decimal("4.00"), Decimal("3.00"), Decimal("-1.00"))


def test_who_is_judged_by_only_one_of_the_two_is_not_compared(policies: dict[str, PolicySet]) -> None:
    policy = policies["mataram"].on(TUESDAY)
    assert compare({SARI: month(policy, (0,))}, {}) == PolicyComparison(people=0, days=0, changes=())


def test_a_price_of_the_month_alone_is_a_change_without_days(policies: dict[str, PolicySet]) -> None:
    policy = policies["mataram"].on(TUESDAY)
    halved = replace(policy, month=replace(policy.month, share_percent=Decimal(50)))
    late = month(policy, (40,))
    (one,) = compare({SARI: late}, {SARI: JudgedMonth(days=late.days, policy=halved)}).changes
    assert (one.days, one.before, one.after) == ((), Decimal("1.00"), Decimal("0.50"))


def test_parts_of_an_office_join_in_one_order(found: PolicyComparison) -> None:
    parts = [PolicyComparison(people=1, days=2, changes=(one,)) for one in reversed(found.changes)]
    whole = joined(parts)
    assert (whole.people, whole.days, whole.changes) == (2, 4, found.changes)
