"""Making the law: who may, what is recorded, and what undoes it."""

from datetime import date, time
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from hadir.office.acts.models import OutboxRow
from hadir.office.acts.queries import described
from hadir.office.duties.actions import (
    agree_to_law,
    end_law,
    join_group,
    leave_group,
    make_law,
    open_group,
    withdraw_law,
)
from hadir.office.duties.kinds import CeremonyLaw, CircularLaw, DispensationLaw, DutyLaw, LawShape, Ramadan
from hadir.office.duties.models import LawAct, LawStep, Membership, RosterDay
from hadir.office.duties.rosters import RosterEntry, write_roster
from hadir.office.ground.act_error import ActError
from hadir.office.judging.judging import JudgeContext
from hadir.office.months.lines import month_day
from hadir.office.months.models import DayLine
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy, Actor
from hadir.rules.months import MonthDay, recap_of
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import (
    DAY,
    DEWI,
    HASAN,
    JOKO,
    LINA,
    RINA,
    TONO,
    TUESDAY,
    WATI,
    asked,
    drafted,
    enact,
    group_of,
    kept,
    person,
    rostered,
    unit,
)
from tests.office.morning import Morning

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("context")]

NOW = at(20, 0, day=23)
HAZE = CircularLaw(start=time(8, 0))
APEL = CeremonyLaw(name="Apel pagi", code="TA", starts=time(7, 15), ends=time(7, 45))


def made(shape: LawShape, by: Actor, number: int = demo.SCHOOL) -> LawAct:
    return enact(drafted(shape, TUESDAY, TUESDAY + DAY, unit=unit(number)), NOW, by=by)


@pytest.mark.parametrize("by", [WATI, HASAN, DEWI, JOKO, TONO])
def test_only_personnel_moves_the_hours(by: Actor) -> None:
    with pytest.raises(PermissionDenied):
        made(HAZE, by)


def test_a_head_calls_to_a_ceremony_in_his_own_unit_only() -> None:
    assert made(APEL, HASAN).made_by_id == demo.HASAN
    with pytest.raises(PermissionDenied):
        made(APEL, HASAN, demo.REGENCY)
    with pytest.raises(PermissionDenied):
        made(APEL, WATI)


def test_nobody_gives_himself_a_duty() -> None:
    draft = drafted(DutyLaw(duty="office-6-day"), TUESDAY, person=person(demo.RINA))
    with pytest.raises(PermissionDenied):
        enact(draft, NOW)
    assert enact(draft, NOW, by=LINA).person_id == demo.RINA


def test_nobody_dispenses_a_group_that_he_is_in() -> None:
    group = group_of(demo.RINA, demo.SARI)
    with pytest.raises(ActError) as caught:
        enact(drafted(DispensationLaw(), TUESDAY, TUESDAY + DAY, group=group), NOW)
    assert caught.value.code == "law.trouble.not_yourself"


def test_the_second_person_is_another_one() -> None:
    row = made(HAZE, RINA)
    with pytest.raises(ActError) as caught:
        agree_to_law(number=row.number, by=ActBy(RINA, NOW, "Setuju."))
    assert caught.value.code == "law.trouble.another_person"


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"document": ""}, "law.trouble.document_needed"),
        ({"until_date": TUESDAY}, "law.trouble.backward"),
        ({"shape": DutyLaw(duty="no-such-week")}, "law.trouble.unknown_word"),
        ({"shape": DutyLaw(policy="no-such-policy")}, "law.trouble.unknown_word"),
        ({"shape": DispensationLaw()}, "law.trouble.group_needed"),
        ({"shape": Ramadan(), "until_date": None}, "law.trouble.backward"),
    ],
)
def test_an_act_says_all_that_it_must(changes: dict[str, Any], trouble: str) -> None:
    fields: dict[str, Any] = {
        "shape": HAZE,
        "from_date": TUESDAY,
        "until_date": TUESDAY + DAY,
        "document": "SE 1",
        **changes,
    }
    with pytest.raises(ActError) as caught:
        make_law(draft=LawAct.saying(unit=unit(demo.SCHOOL), **fields), by=ActBy(RINA, NOW, "x"))
    assert caught.value.code == trouble
    with pytest.raises(ActError):
        make_law(draft=drafted(HAZE, TUESDAY), by=ActBy(RINA, NOW, " "))


def test_every_step_is_a_record_and_the_reason_stays_out_of_it() -> None:
    row = made(HAZE, RINA)
    agree_to_law(number=row.number, by=ActBy(LINA, NOW, "Kabut pekat."))
    steps = list(LawStep.objects.filter(law=row))
    assert [step.act for step in steps] == ["make", "agree"]
    body = bytes(steps[1].record.body).decode()
    assert '"act":"law.agree"' in body
    assert 'circular unit/3 2026-11-24..2026-11-25 {"start":"08:00:00"' in body.replace('\\"', '"')
    assert "Kabut" not in body
    assert described([steps[1].record], "id")[0].reason == "Kabut pekat."


def test_an_act_of_a_coming_day_is_withdrawn_by_one_person() -> None:
    row = made(HAZE, RINA)
    assert withdraw_law(number=row.number, by=ActBy(RINA, NOW, "Batal.")).withdrawn_at_ms == NOW
    with pytest.raises(ActError):
        withdraw_law(number=row.number, by=ActBy(LINA, NOW, "Batal."))


def test_an_act_ends_only_from_a_coming_day_on() -> None:
    row = enact(drafted(HAZE, date(2026, 11, 2)), NOW)
    with pytest.raises(ActError):
        end_law(number=row.number, until_date=date(2026, 11, 23), by=ActBy(RINA, NOW, "Selesai."))
    kept_on = end_law(number=row.number, until_date=TUESDAY, by=ActBy(RINA, NOW, "Selesai."))
    assert (kept_on.made_at_ms, kept_on.until_date) == (row.made_at_ms, TUESDAY)


def test_a_group_is_joined_and_left_with_a_record_for_each() -> None:
    group = open_group(name="Hamil", unit=unit(demo.SCHOOL), is_private=True, by=ActBy(HASAN, NOW))
    row = join_group(
        group=group, person=person(demo.SARI), from_date=TUESDAY, until_date=None, by=ActBy(HASAN, NOW, "Surat.")
    )
    left = leave_group(membership=row.pk, until_date=TUESDAY + 9 * DAY, by=ActBy(HASAN, NOW, "Selesai."))
    assert left is not None
    assert list(Membership.objects.current().values_list("until_date", flat=True)) == [TUESDAY + 9 * DAY]
    bodies = [bytes(row.body).decode() for row in OutboxRow.objects.filter(act__startswith="group.")]
    assert len(bodies) == 3
    assert not [body for body in bodies if "Hamil" in body]


def test_a_group_under_a_law_changes_no_day_that_has_begun_by_one_persons_word() -> None:
    group = group_of(demo.SARI, where=demo.SCHOOL)
    sari, budi = Membership.objects.get(group=group), person(demo.BUDI)
    enact(drafted(DispensationLaw(code="DISP"), TUESDAY - 4 * DAY, group=group), at(8, 0, day=20), also=LINA)

    def join(first: date) -> None:
        join_group(group=group, person=budi, from_date=first, until_date=None, by=ActBy(RINA, at(8, 0), "SK."))

    for first in (TUESDAY - 2 * DAY, TUESDAY):
        with pytest.raises(ActError) as error:
            join(first)
        assert error.value.code == "law.trouble.group_has_law"
        with pytest.raises(ActError):
            leave_group(membership=sari.pk, until_date=first, by=ActBy(RINA, at(8, 0), "Keliru."))
    join(TUESDAY + DAY)
    leave_group(membership=sari.pk, until_date=TUESDAY + DAY, by=ActBy(RINA, at(8, 0), "Selesai."))
    assert [row.from_date for row in Membership.objects.current().filter(person=budi)] == [TUESDAY + DAY]


@pytest.mark.parametrize(("by", "number"), [(HASAN, demo.HASAN), (HASAN, demo.DEWI), (WATI, demo.RINA)])
def test_nobody_joins_himself_or_another_units_people(by: Actor, number: int) -> None:
    group = group_of(where=demo.SCHOOL)
    with pytest.raises(PermissionDenied):
        join_group(group=group, person=person(number), from_date=TUESDAY, until_date=None, by=ActBy(by, NOW, "x"))


@pytest.mark.parametrize(("by", "number"), [(WATI, demo.WATI), (WATI, demo.DEWI), (JOKO, demo.SARI), (TONO, demo.SARI)])
def test_nobody_rosters_himself_or_another_units_people(by: Actor, number: int) -> None:
    with pytest.raises(PermissionDenied):
        rostered(number, "malam", by=by)


def test_a_roster_written_again_replaces_and_repeats_nothing() -> None:
    assert rostered(demo.SARI, "malam", by=WATI) == 1
    assert rostered(demo.SARI, "malam", by=WATI) == 0
    assert rostered(demo.SARI, "pagi", by=WATI) == 1
    gone = [RosterEntry(demo.SARI, TUESDAY, None)]
    assert write_roster(entries=gone, by=ActBy(WATI, at(8, 0, day=20), "Keliru.")).changed == 1
    assert RosterDay.objects.count() == 2
    assert not RosterDay.objects.filter(withdrawn_at_ms=None).exists()
    with pytest.raises(ActError):
        rostered(demo.SARI, "tengah-malam", by=WATI)


# --- what is kept of a day -------------------------------------------------------------------------------------------


def test_a_month_added_up_from_lines_is_the_month_judged_again(morning: Morning, context: JudgeContext) -> None:
    enact(drafted(DutyLaw(policy="kotim-2025"), date(2026, 11, 1)), at(8, 0, day=20), also=LINA)
    enact(drafted(APEL, date(2026, 11, 1)), at(8, 0, day=20), also=LINA)
    morning.tap(demo.SARI, "in", at(7, 52, day=20))
    morning.tap(demo.SARI, "out", at(15, 20, day=20))
    morning.tap(demo.SARI, "in", at(7, 20, day=23))
    morning.tap(demo.BUDI, "out", at(16, 10, day=23))
    morning.follow(at(0, 30, day=25))
    rows = VerdictRow.objects.filter(person=demo.SARI).order_by("day")
    assert rows.count() == 5
    judged = [asked(context, demo.SARI, row.day, at(0, 30, day=25)) for row in rows]
    afresh = [MonthDay(date=one.where.day, verdict=one.verdict, sources=one.counted_sources) for one in judged]
    lines = DayLine.objects.filter(person=demo.SARI).order_by("day").values_list("day", "line")
    assert recap_of(month_day(day, line) for day, line in lines) == recap_of(afresh)
    assert all(row.status == kept(demo.SARI, row.day)["status"] for row in rows)
    assert max(len(line) for _, line in lines) < 350
