"""How soon a late tap changes its verdict in a regency of 4,800 people. Printed, not asserted: machines differ."""

import sys
import time
from datetime import date

import pytest

from hadir.office.duties.kinds import RollOut
from hadir.office.follower.following import follow_all
from hadir.office.judging.judging import Court
from hadir.office.people.models import Assignment, AssignmentKind, Person
from hadir.office.projection.models import DirtyDay, VerdictRow
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import LINA, drafted, enact, kept, unit
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

PEOPLE = 4_800
FIRST = 100_000
MONDAY = date(2026, 11, 23)


def everybody_else() -> int:
    """As many people as a regency has, in the units that there are."""
    missing = range(FIRST, FIRST + PEOPLE - Person.objects.count())
    Person.objects.bulk_create(
        Person(number=number, full_name=f"Pegawai {number}", employment="pns") for number in missing
    )
    Assignment.objects.bulk_create(
        Assignment(
            person_id=number,
            unit_id=2 + number % 5,
            kind=AssignmentKind.HOME,
            from_date=date(2026, 1, 1),
            recorded_at_ms=at(6, 0, day=20),
        )
        for number in missing
    )
    return Person.objects.count()


def test_a_late_tap_is_on_screen_while_4800_people_have_their_days(
    morning: Morning, court: Court, capsys: pytest.CaptureFixture[str]
) -> None:
    assert everybody_else() == PEOPLE
    enact(drafted(RollOut(), MONDAY, unit=unit(demo.REGENCY)), at(8, 0, day=22), also=LINA)
    began = time.perf_counter()
    follow_all(court, now_ms=at(0, 30))
    night_s = time.perf_counter() - began
    assert VerdictRow.objects.filter(day=MONDAY).count() == PEOPLE
    morning.tap(demo.SARI, "in", at(7, 20, day=23), received_ms=at(8, 0), signed_ms=at(7, 0, day=23))
    began = time.perf_counter()
    follow_all(court, now_ms=at(8, 1))
    late_s = time.perf_counter() - began
    assert kept(demo.SARI, MONDAY)["arrival"]["status"] == "on_time"
    assert not DirtyDay.objects.exists()
    with capsys.disabled():
        told = f"\n{PEOPLE} ended days judged in {night_s:.1f} s; a late tap judged in {late_s * 1000:.0f} ms\n"
        sys.stdout.write(told)
