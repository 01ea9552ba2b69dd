"""What was owed, where no case file can say it: dispensations of a group, and the words of a day without hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from hadir.rules import (
    AssignmentPeriod,
    Calendar,
    Circular,
    Dispensation,
    DutyDay,
    Period,
    Plan,
    Policy,
    instant_ms,
    judge_day,
    owed_on,
)
from hadir.texts import render

TUESDAY = date(2026, 9, 15)
ZONE = "Asia/Makassar"
SARI = AssignmentPeriod(
    ref="sari", unit="SDN 1", duty="office-5-day", zone=ZONE, from_date=date(2026, 1, 1), groups=frozenset({"hamil"})
)
HAZE = Dispensation(
    ref="DISP-1",
    article="SE 1",
    code="DISP",
    groups=frozenset({"hamil"}),
    from_date=TUESDAY,
    until_date=date(2026, 9, 17),
)


def at(clock: str) -> int:
    return instant_ms(TUESDAY, time.fromisoformat(clock), ZONE)


@pytest.mark.parametrize(
    ("from_time", "until_time", "period"),
    [
        (None, None, ("07:30", "16:00")),
        (time(9), None, ("09:00", "16:00")),
        (None, time(12), ("07:30", "12:00")),
        (time(9), time(12), ("09:00", "12:00")),
    ],
)
def test_a_dispensation_covers_the_hours_or_the_part_of_them_that_it_names(
    tuesday: DutyDay, from_time: time | None, until_time: time | None, period: tuple[str, str]
) -> None:
    excuse = replace(HAZE, from_time=from_time, until_time=until_time).excuse(SARI, tuesday)
    assert excuse is not None
    assert excuse.period == Period(at(period[0]), at(period[1]))
    assert (excuse.ref, excuse.code, excuse.article, excuse.tail_minutes) == ("DISP-1", "DISP", "SE 1", 0)


def test_a_dispensation_is_for_its_group_and_its_dates(tuesday: DutyDay) -> None:
    assert HAZE.excuse(replace(SARI, groups=frozenset({"lain"})), tuesday) is None
    assert HAZE.excuse(SARI, replace(tuesday, date=date(2026, 9, 14))) is None
    assert HAZE.excuse(SARI, replace(tuesday, date=date(2026, 9, 16))) is not None
    assert HAZE.excuse(SARI, replace(tuesday, date=date(2026, 9, 17))) is None


def why_off(assignment: AssignmentPeriod, policy: Policy, on: date = TUESDAY) -> tuple[str, str, date | None, str]:
    off = owed_on(Plan(assignments=(assignment,), calendar=Calendar(name="-")), policy, on).off
    assert off is not None
    return render(off.reason.code, "id", off.reason.mapping), off.code, off.date, off.zone


def test_a_day_without_hours_says_why_and_where(policy: Policy) -> None:
    later = replace(SARI, obliged_from=date(2026, 9, 16))
    assert why_off(later, policy) == ("Pencatatan presensi baru diwajibkan mulai 16 September 2026.", "L", None, "")
    assert why_off(SARI, policy, date(2026, 9, 19)) == (
        "Hari ini tidak ada jadwal kerja.",
        "L",
        date(2026, 9, 19),
        ZONE,
    )
    assert why_off(replace(SARI, until_date=TUESDAY), policy)[1:] == ("", None, "")


def test_a_circular_drops_the_ceremony_of_a_free_day_only_for_whom_it_concerns(policy: Policy) -> None:
    holiday = date(2026, 9, 19)
    dropped = Circular(
        ref="SE-9",
        article="SE 9",
        from_date=holiday,
        until_date=date(2026, 9, 20),
        published_ms=instant_ms(holiday, time(), ZONE) - 1,
        approvers=frozenset({"Hasan"}),
        drops=frozenset({"TA"}),
        units=frozenset({"SDN 1"}),
    )

    def drops(assignment: AssignmentPeriod, circular: Circular) -> frozenset[str]:
        plan = Plan(assignments=(assignment,), calendar=Calendar(name="-"), circulars=(circular,))
        return owed_on(plan, policy, holiday).dropped_ceremonies

    assert drops(SARI, dropped) == {"TA"}
    assert drops(replace(SARI, unit="SDN 2"), dropped) == frozenset()
    on_the_day = replace(dropped, published_ms=dropped.published_ms + 1)
    assert drops(SARI, on_the_day) == frozenset()
    assert drops(SARI, replace(on_the_day, approvers=frozenset({"Hasan", "Rina"}))) == {"TA"}


def test_a_weekday_that_nobody_names_is_free_in_the_zone_of_the_later_school(policy: Policy) -> None:
    first = replace(SARI, weekdays=frozenset())
    second = replace(first, ref="b", zone="Asia/Jayapura", from_date=date(2026, 2, 1))
    off = owed_on(Plan(assignments=(second, first), calendar=Calendar(name="-")), policy, TUESDAY).off
    assert off is not None
    assert (off.code, off.zone, off.date) == ("L", "Asia/Jayapura", TUESDAY)


def test_what_two_circulars_drop_is_dropped_together(policy: Policy) -> None:
    one = Circular(
        ref="SE-1",
        article="SE 1",
        from_date=TUESDAY,
        until_date=date(2026, 9, 16),
        published_ms=at("00:00"),
        approvers=frozenset({"Hasan"}),
        drops=frozenset({"TA"}),
    )
    two = replace(one, ref="SE-2", drops=frozenset({"UP"}))
    found = owed_on(Plan(assignments=(SARI,), calendar=Calendar(name="-"), circulars=(two, one)), policy, TUESDAY)
    assert found.dropped_ceremonies == {"TA", "UP"}
    assert found.off is None


def test_a_free_day_has_no_day_of_duty_and_names_its_rules(policy: Policy) -> None:
    holiday = owed_on(Plan(assignments=(SARI,), calendar=Calendar(name="-")), policy, date(2026, 9, 19))
    assert holiday.days == ()
    assert holiday.off is not None
    verdict = judge_day(duty_day=None, off=holiday.off, taps=(), policy=policy, now_ms=at("00:00"))
    assert (verdict.version, verdict.code, verdict.reasons) == (policy.version, "L", (holiday.off.reason,))
