"""The law on real person-days: what was owed, by which act, and what became of it. Real records, rules and office."""

from collections.abc import Callable
from datetime import date, time

import pytest
from msgspec import structs

from hadir.office.duties.actions import agree_to_law, end_law, withdraw_law
from hadir.office.duties.kinds import (
    CalendarDay,
    CeremonyLaw,
    CircularLaw,
    DirectionRule,
    DispensationLaw,
    DutyLaw,
    Ramadan,
    Remote,
    RollOut,
)
from hadir.office.duties.rosters import copy_roster
from hadir.office.follower.rebuilding import rebuild, verdict_digest
from hadir.office.judging.judging import JudgeContext
from hadir.office.people.models import Assignment, AssignmentKind
from hadir.office.projection.models import Punch, VerdictRow
from hadir.office.register.acts import assign
from hadir.office.roles import ActBy
from hadir.rules.policy import PairingMode
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import (
    DAY,
    HASAN,
    LINA,
    RINA,
    TUESDAY,
    asked,
    drafted,
    enact,
    group_of,
    kept,
    person,
    rostered,
    told,
    unit,
)
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

EVENING_BEFORE = at(20, 0, day=23)
HAZE = CircularLaw(start=time(8, 0), drops=frozenset({"TA"}))
APEL = CeremonyLaw(name="Apel pagi", code="TA", starts=time(7, 15), ends=time(7, 45))
ONE_DAY = (TUESDAY, TUESDAY + DAY)


def a_day(morning: Morning, number: int, came: int, went: int) -> None:
    morning.tap(number, "in", came)
    morning.tap(number, "out", went)


# --- shifts ----------------------------------------------------------------------------------------------------------


def test_a_departure_in_the_morning_belongs_to_last_nights_shift(morning: Morning, context: JudgeContext) -> None:
    rostered(demo.DEWI, "malam")
    a_day(morning, demo.DEWI, at(20, 50), at(6, 10, day=25))
    morning.follow(at(0, 30, day=26))
    body = kept(demo.DEWI)
    assert body["duty"]["name"] == "malam"
    assert body["arrival"]["status"] == "on_time"
    assert (body["departure"]["class"], body["departure"]["minutes"]) == ("PSW2", 50)
    assert set(Punch.objects.values_list("day", flat=True)) == {TUESDAY}
    assert told(kept(demo.DEWI, TUESDAY + DAY)) == ["duty.night_before"]


def test_a_roster_written_afterwards_moves_the_taps_to_their_shift(morning: Morning, context: JudgeContext) -> None:
    a_day(morning, demo.DEWI, at(20, 50), at(7, 5, day=25))
    morning.follow(at(8, 0, day=25))
    assert set(Punch.objects.values_list("day", flat=True)) == {TUESDAY, TUESDAY + DAY}
    rostered(demo.DEWI, "malam", at_ms=at(8, 1, day=25))
    morning.follow(at(10, 30, day=25))
    assert set(Punch.objects.values_list("day", flat=True)) == {TUESDAY}
    assert kept(demo.DEWI)["departure"]["status"] == "on_time"
    assert rebuild(context, now_ms=at(10, 30, day=25)) == verdict_digest()


def test_a_double_shift_is_arrived_at_and_left_once(morning: Morning, context: JudgeContext) -> None:
    rostered(demo.DEWI, "pagi", "sore")
    a_day(morning, demo.DEWI, at(6, 55), at(21, 5))
    morning.follow(at(0, 30, day=25))
    body = kept(demo.DEWI)
    assert (body["status"], body["deduction_percent"], body["duty"]["name"]) == ("present", "0", "pagi, sore")


def test_a_split_shift_is_one_day_with_both_its_parts(morning: Morning, context: JudgeContext) -> None:
    rostered(demo.DEWI, "pagi", "malam")
    a_day(morning, demo.DEWI, at(6, 55), at(14, 5))
    a_day(morning, demo.DEWI, at(21, 12), at(7, 5, day=25))
    morning.follow(at(10, 30, day=25))
    body = kept(demo.DEWI)
    assert [len(body["duty"]["parts"]), body["status"]] == [2, "present"]
    assert (body["arrival"]["class"], body["arrival"]["minutes"]) == ("TL1", 12), "late for the night, not for the day"
    assert len(body["taps"]) == 4


def test_a_roster_is_copied_forward_but_not_by_oneself_for_oneself(morning: Morning, context: JudgeContext) -> None:
    rostered(demo.SARI, "malam", by=HASAN)
    rostered(demo.HASAN, "pagi")
    changed = copy_roster(
        unit=unit(demo.SCHOOL),
        from_date=TUESDAY,
        days=1,
        to_date=TUESDAY + DAY,
        by=ActBy(HASAN, at(8, 0), "Minggu depan sama."),
    )
    assert changed.changed == 1
    assert [day.duty for day in asked(context, demo.SARI, TUESDAY + DAY).where.duty_days] == ["malam"]
    assert [day.duty for day in asked(context, demo.HASAN, TUESDAY + DAY).where.duty_days] == ["office-5-day"]


def test_a_holiday_frees_a_week_and_no_roster(morning: Morning, context: JudgeContext) -> None:
    christmas = date(2026, 12, 25)
    rostered(demo.DEWI, "pagi", on=christmas)
    now = at(8, 0) + 40 * 86_400_000
    assert told(asked(context, demo.SARI, christmas, now).body)[0] == "duty.holiday"
    assert [day.duty for day in asked(context, demo.DEWI, christmas, now).where.duty_days] == ["pagi"]


# --- calendar and circulars ------------------------------------------------------------------------------------------


def test_ramadan_begins_by_an_act_of_the_evening_before(morning: Morning, context: JudgeContext) -> None:
    enact(drafted(Ramadan(), TUESDAY, date(2026, 12, 24)), EVENING_BEFORE)
    morning.tap(demo.SARI, "in", at(7, 55))
    morning.follow(at(8, 30))
    body = kept(demo.SARI)
    assert body["arrival"]["status"] == "on_time"
    assert "duty.ramadan" in told(body)
    assert [law["kind"] for law in body["law"]] == ["duty", "ramadan"]


def test_ramadan_announced_in_the_morning_begins_the_day_after(context: JudgeContext) -> None:
    enact(drafted(Ramadan(), TUESDAY, date(2026, 12, 24)), at(5, 30))
    assert "duty.ramadan" not in told(asked(context, demo.SARI).body)
    assert "duty.ramadan" in told(asked(context, demo.SARI, TUESDAY + DAY).body)


def test_an_act_moves_the_ramadan_that_the_calendar_expects(context: JudgeContext) -> None:
    expected = date(2026, 2, 19)
    enact(drafted(Ramadan(), expected + DAY, date(2026, 3, 21)), at(20, 0), also=LINA)
    assert "duty.ramadan" not in told(asked(context, demo.SARI, expected, at(8, 0)).body)
    assert "duty.ramadan" in told(asked(context, demo.SARI, expected + DAY, at(8, 0)).body)


def test_a_units_own_holiday_is_its_own_and_says_so(morning: Morning) -> None:
    enact(drafted(CalendarDay(name="Hari jadi sekolah"), *ONE_DAY, unit=unit(demo.SCHOOL)), EVENING_BEFORE)
    morning.tap(demo.SARI, "in", at(9, 0))
    morning.tap(demo.DEWI, "in", at(9, 0))
    morning.follow(at(23, 30))
    body = kept(demo.SARI)
    assert (body["status"], body["code"]) == ("off_duty", "L")
    assert body["reasons"][0] == {
        "code": "duty.holiday",
        "params": {"holiday": "Hari jadi sekolah"},
        "article": "SE 800/12",
    }
    assert kept(demo.DEWI)["arrival"]["status"] == "short"


def test_an_upacara_on_a_holiday_is_owed_and_an_apel_is_not(morning: Morning, context: JudgeContext) -> None:
    enact(drafted(DutyLaw(policy="kotim-2025"), date(2026, 11, 1)), at(8, 0, day=20), also=LINA)
    enact(drafted(CalendarDay(name="Hari jadi"), *ONE_DAY), EVENING_BEFORE)
    enact(drafted(APEL, date(2026, 11, 1)), at(8, 0, day=20))
    apel_only = asked(context, demo.SARI)
    assert (apel_only.where.law.ceremonies, apel_only.body["deduction_percent"]) == ((), "0")
    upacara = structs.replace(APEL, name="Upacara Hari Jadi", on_day_off=True)
    enact(drafted(upacara, *ONE_DAY), EVENING_BEFORE)
    morning.tap(demo.BUDI, "in", at(7, 20))
    morning.follow(at(23, 30))
    missed, there = asked(context, demo.SARI).body, asked(context, demo.BUDI).body
    assert (missed["status"], missed["code"], missed["deduction_percent"]) == ("off_duty", "L", "0.5")
    assert (there["status"], there["code"], there["deduction_percent"]) == ("off_duty", "L", "0")
    assert [one.name for one in asked(context, demo.SARI).where.law.ceremonies] == ["Upacara Hari Jadi"]


def test_a_unit_that_serves_on_a_holiday_owes_it(context: JudgeContext) -> None:
    christmas = date(2026, 12, 25)
    draft = drafted(CalendarDay(name="Layanan Natal", works=True), christmas, christmas + DAY, unit=unit(6))
    enact(draft, at(8, 0))
    now = at(8, 0) + 40 * 86_400_000
    assert asked(context, demo.DEWI, christmas, now).where.duty_days
    assert not asked(context, demo.SARI, christmas, now).where.duty_days


def test_a_circular_in_time_moves_the_hours(morning: Morning) -> None:
    enact(drafted(HAZE, *ONE_DAY), EVENING_BEFORE)
    morning.tap(demo.SARI, "in", at(7, 55))
    morning.follow(at(8, 30))
    body = kept(demo.SARI)
    assert body["arrival"]["status"] == "on_time"
    assert {"number": body["law"][-1]["number"], "kind": "circular", "ref": "SE 800/12"} == body["law"][-1]


def test_a_circular_of_the_same_morning_needs_two_people(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 55))
    row = enact(drafted(HAZE, *ONE_DAY), at(7, 10))
    morning.follow(at(8, 30))
    assert kept(demo.SARI)["arrival"]["class"] == "TL1", "Soppeng: nobody moves the hours of a running day alone"
    agree_to_law(number=row.number, by=ActBy(LINA, at(8, 31), "Setuju."))
    morning.follow(at(8, 32))
    assert kept(demo.SARI)["arrival"]["status"] == "on_time"


def test_a_circular_is_not_withdrawn_by_one_person_while_its_day_runs(morning: Morning) -> None:
    row = enact(drafted(HAZE, *ONE_DAY), EVENING_BEFORE)
    morning.tap(demo.SARI, "in", at(7, 55))
    withdraw_law(number=row.number, by=ActBy(RINA, at(8, 0), "Keliru."))
    morning.follow(at(8, 30))
    assert kept(demo.SARI)["arrival"]["status"] == "on_time"
    withdraw_law(number=row.number, by=ActBy(LINA, at(8, 31), "Benar keliru."))
    morning.follow(at(8, 32))
    assert kept(demo.SARI)["arrival"]["class"] == "TL1"


def test_what_an_act_said_until_its_end_stays_said(morning: Morning, context: JudgeContext) -> None:
    row = enact(drafted(HAZE, TUESDAY, date(2026, 12, 24)), EVENING_BEFORE)
    end_law(number=row.number, until_date=TUESDAY + DAY, by=ActBy(RINA, at(12, 0), "Kabut hilang."))
    assert "duty.circular" in told(asked(context, demo.SARI).body)
    assert "duty.circular" not in told(asked(context, demo.SARI, TUESDAY + DAY).body)


# --- groups, ceremonies, remote days, direction ----------------------------------------------------------------------


def test_a_dispensation_takes_two_people_and_shows_only_its_name(morning: Morning) -> None:
    group = group_of(demo.SARI, name="Pegawai hamil")
    row = enact(drafted(DispensationLaw(), *ONE_DAY, group=group), EVENING_BEFORE)
    morning.tap(demo.SARI, "in", at(9, 0))
    morning.follow(at(23, 30))
    assert kept(demo.SARI)["code"] != "DISP"
    agree_to_law(number=row.number, by=ActBy(LINA, at(23, 31), "Setuju."))
    morning.follow(at(23, 32))
    body = kept(demo.SARI)
    assert (body["status"], body["code"], body["deduction_percent"]) == ("excused", "DISP", "0")
    assert "hamil" not in str(body)


def test_a_missed_apel_costs_what_the_policy_says_and_a_circular_may_drop_it(
    morning: Morning, context: JudgeContext
) -> None:
    enact(drafted(DutyLaw(policy="kotim-2025"), date(2026, 11, 1)), at(8, 0, day=20), also=LINA)
    enact(drafted(APEL, date(2026, 11, 1), unit=unit(demo.SCHOOL)), at(8, 0, day=20), by=HASAN)
    a_day(morning, demo.SARI, at(7, 50), at(16, 5))
    a_day(morning, demo.BUDI, at(7, 5), at(16, 5))
    morning.follow(at(0, 30, day=25))
    assert (kept(demo.SARI)["ceremonies"], kept(demo.SARI)["deduction_percent"]) == (
        [{"name": "Apel pagi", "code": "TA", "attendance": "missed", "percent": "0.5"}],
        "1",
    )
    assert kept(demo.BUDI)["deduction_percent"] == "0"
    enact(drafted(HAZE, *ONE_DAY), at(8, 0, day=25), also=LINA)
    morning.follow(at(8, 1, day=25))
    assert kept(demo.SARI)["ceremonies"] == []


def test_a_day_worked_elsewhere_has_its_letter(morning: Morning) -> None:
    friday = Remote(code="WFA", weekdays=frozenset({TUESDAY.weekday()}))
    enact(drafted(friday, date(2026, 11, 1), unit=unit(demo.SCHOOL)), at(8, 0, day=20))
    a_day(morning, demo.SARI, at(7, 20), at(16, 5))
    morning.follow(at(0, 30, day=25))
    assert (kept(demo.SARI)["status"], kept(demo.SARI)["code"]) == ("present", "WFA")


def test_a_unit_may_read_first_as_in_and_last_as_out(morning: Morning) -> None:
    rule = DirectionRule(phones=PairingMode.FIRST_LAST)
    enact(drafted(rule, date(2026, 11, 1), unit=unit(demo.SCHOOL)), at(8, 0, day=20))
    morning.tap(demo.SARI, "in", at(7, 20))
    morning.tap(demo.SARI, "in", at(16, 5))
    morning.follow(at(0, 30, day=25))
    assert kept(demo.SARI)["departure"]["status"] == "on_time"


# --- who owes at all -------------------------------------------------------------------------------------------------


def test_recording_becomes_obligatory_by_unit_and_group(morning: Morning, context: JudgeContext) -> None:
    teachers = group_of(demo.SARI)
    enact(drafted(RollOut(), TUESDAY), at(8, 0, day=20))
    enact(drafted(RollOut(), date(2027, 7, 1), group=teachers), at(8, 0, day=20))
    morning.follow(at(0, 30, day=25))
    assert kept(demo.BUDI)["status"] == "absent", "obliged, though nobody of the school ever recorded"
    assert not VerdictRow.objects.filter(person=demo.SARI).exists()
    assert told(asked(context, demo.SARI).body)[0] == "duty.not_yet_obliged"
    assert not VerdictRow.objects.filter(day__lt=TUESDAY).exists()


def test_an_ended_day_is_judged_for_those_who_recorded_nothing(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 20))
    morning.follow(at(22, 0))
    assert VerdictRow.objects.count() == 1, "a running day has no rows for those who have not come yet"
    morning.follow(at(0, 30, day=25))
    assert VerdictRow.objects.filter(day=TUESDAY, unit=demo.SCHOOL).count() == 18
    assert kept(demo.BUDI)["status"] == "absent"
    assert not VerdictRow.objects.exclude(unit=demo.SCHOOL).exists(), "elsewhere nobody ever recorded anything"
    assert not VerdictRow.objects.exclude(day=TUESDAY).exists()
    morning.follow(at(0, 30, day=29))
    assert kept(demo.BUDI, date(2026, 11, 28))["reasons"][0]["code"] == "duty.off"


def test_nobody_owes_after_retirement_or_death(morning: Morning, context: JudgeContext) -> None:
    morning.tap(demo.SARI, "in", at(7, 20, day=23))
    Assignment.objects.filter(person=demo.BUDI).update(until_date=TUESDAY)
    morning.follow(at(0, 30, day=25))
    assert kept(demo.BUDI, date(2026, 11, 23))["status"] == "absent"
    assert not VerdictRow.objects.filter(person=demo.BUDI, day=TUESDAY).exists()
    assert told(asked(context, demo.BUDI).body)[0] == "duty.no_assignment"


def test_a_transfer_in_mid_month_brings_the_new_units_law_and_columns(morning: Morning) -> None:
    enact(drafted(CalendarDay(name="Hari jadi sekolah"), *ONE_DAY, unit=unit(demo.SCHOOL)), EVENING_BEFORE)
    assign(
        person=person(demo.SARI),
        unit=unit(demo.HEALTH_CENTRE),
        kind=AssignmentKind.HOME,
        from_date=TUESDAY,
        by=ActBy.of(demo.RINA, EVENING_BEFORE),
    )
    morning.tap(demo.SARI, "in", at(7, 20, day=23))
    morning.tap(demo.SARI, "in", at(7, 20))
    morning.follow(at(8, 0))
    rows = VerdictRow.objects.filter(person=demo.SARI, taps__gt=0).order_by("day")
    assert list(rows.values_list("unit", flat=True)) == [demo.SCHOOL, demo.HEALTH_CENTRE]
    assert kept(demo.SARI)["status"] == "present", "the school's holiday is no longer hers"


def test_flexible_time_is_counted_in_the_month_whatever_came_first(morning: Morning, context: JudgeContext) -> None:
    enact(drafted(DutyLaw(policy="panrb-6-2018"), date(2026, 11, 1)), at(8, 0, day=20), also=LINA)
    days = (16, 17, 18, 19, 20, 23)
    for day in reversed(days):
        a_day(morning, demo.SARI, at(7, 50, day=day), at(16, 51, day=day))
        morning.follow(at(10, 0, day=24))
    statuses = [kept(demo.SARI, date(2026, 11, day))["arrival"]["status"] for day in days]
    assert statuses == ["on_time"] * 5 + ["short"]
    assert rebuild(context, now_ms=at(10, 0, day=24)) == verdict_digest()


# --- order never matters ---------------------------------------------------------------------------------------------


def test_acts_and_taps_in_any_order_give_the_same_verdicts(morning: Morning, context: JudgeContext) -> None:
    def taps() -> None:
        a_day(morning, demo.SARI, at(7, 50), at(16, 5))
        a_day(morning, demo.DEWI, at(20, 50), at(7, 10, day=25))

    def laws() -> None:
        enact(drafted(HAZE, *ONE_DAY), at(12, 0, day=25), also=LINA)
        rostered(demo.DEWI, "malam", at_ms=at(12, 0, day=25))
        enact(drafted(RollOut(), date(2026, 11, 23)), at(12, 0, day=25), also=LINA)

    steps: list[Callable[[], object]] = [taps, lambda: morning.follow(at(9, 0, day=25)), laws]
    for step in steps:
        step()
    morning.follow(at(13, 0, day=25))
    assert rebuild(context, now_ms=at(13, 0, day=25)) == verdict_digest()
    before = verdict_digest()
    assert kept(demo.SARI)["arrival"]["status"] == "on_time"
    assert rebuild(context, now_ms=at(13, 0, day=25)) == before
