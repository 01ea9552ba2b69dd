"""A day on which nothing was owed: judged once for all whose law of the day is the same, and never for anybody else."""

from datetime import date

import pytest

from hadir.office.excuses.actions import approve_excuse, attest_excuse, enter_excuse
from hadir.office.excuses.kinds import Scope
from hadir.office.excuses.models import Excuse
from hadir.office.follower.absence_scan import find_unrecorded_days
from hadir.office.follower.keeping import judge_days
from hadir.office.judging.judging import JudgeContext
from hadir.office.months.models import DayLine
from hadir.office.projection.models import SweptUnit, VerdictRow
from hadir.office.roles import ActBy
from hadir.rules.clocks import Period, local_day
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import LINA, RINA, WATI, kept, person, unit
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

FRIDAY, SATURDAY, SUNDAY = (date(2026, 11, day) for day in (20, 21, 22))
NOW_MS = at(9, 0, day=23)


@pytest.fixture
def people(morning: Morning) -> list[int]:
    """Three units have begun on Friday; on Sunday Budi came all the same, and a colleague is on leave."""
    for number in (demo.SARI, demo.DEWI, demo.RINA):
        morning.tap(number, "in", at(7, 20, day=20))
    morning.tap(demo.BUDI, "in", at(8, 0, day=22))
    leave = Period(local_day(FRIDAY, "Asia/Makassar").from_ms, local_day(SUNDAY, "Asia/Makassar").until_ms)
    entry = Excuse.within(
        kind="CT", scope=Scope.PEOPLE, unit=unit(demo.SCHOOL), period=leave, is_whole_days=True,
        document="850/1/CT",
    )  # fmt: skip
    row = enter_excuse(entry=entry, people=[person(demo.FIRST_COLLEAGUE)], by=ActBy(WATI, at(9, 0, day=20), "-"))
    attest_excuse(number=row.number, by=ActBy(LINA, at(9, 1, day=20), "Benar."))
    approve_excuse(number=row.number, by=ActBy(RINA, at(9, 2, day=20), "Sesuai."))
    morning.follow(NOW_MS)
    return list(VerdictRow.objects.filter(day=SUNDAY).order_by("person").values_list("person", flat=True))


def test_a_free_day_of_many_is_what_it_is_for_each(people: list[int], context: JudgeContext) -> None:
    assert len(people) > 15
    together = rows()
    assert len({unit for _, unit, *_ in together}) == 3
    VerdictRow.objects.filter(day=SUNDAY, taps=0).delete()
    for number in people:
        judge_days(context, [(number, SUNDAY)], NOW_MS)
    assert rows() == together
    assert kept(demo.BUDI, SUNDAY)["taps"], "who came is judged for himself"
    assert all(body["unit"] == unit for _, unit, body, *_ in together)


def rows() -> list[tuple[object, ...]]:
    """Everything that is kept of the Sunday."""
    columns = ("unit", "body", "status", "taps", "dark")
    verdicts = VerdictRow.objects.filter(day=SUNDAY).order_by("person").values_list("person", *columns)
    lines = DayLine.objects.filter(day=SUNDAY).order_by("person").values_list("unit", "line", "version", "arrival_ms")
    return [(*row, *line) for row, line in zip(verdicts, lines, strict=True)]


def test_the_days_without_a_verdict_are_found_in_all_units_at_once(
    people: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sari's and a nurse's Saturdays are lost: they are found, whether units are looked through together or alone."""
    lost = {(demo.SARI, SATURDAY), (demo.DEWI, SATURDAY)}
    for number, day in lost:
        VerdictRow.objects.filter(person=number, day=day).delete()
    SweptUnit.objects.all().delete()
    for at_once in (1, 2, 100):
        monkeypatch.setattr("hadir.office.follower.absence_scan.UNITS_AT_ONCE", at_once)
        found = find_unrecorded_days(NOW_MS)
        assert set(found.days) == lost, at_once
        assert {unit for unit, *_ in found.units} > {demo.SCHOOL, demo.HEALTH_CENTRE}
