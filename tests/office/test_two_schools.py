"""A week divided between two schools, and what the register says of rank and position: brought, judged, printed."""

from datetime import date

import pytest
from django.test import Client

from hadir.config import shipped
from hadir.office.acts.models import OutboxRow
from hadir.office.ground.ranks import rank_code
from hadir.office.judging.judging import Court
from hadir.office.month_pages.recap import month_recap
from hadir.office.people.models import Assignment, AssignmentKind, Career, CareerKind
from hadir.office.people.queries import home_of
from hadir.office.register.actions import import_staff, look_at_staff
from hadir.office.register.staff_rows import weekdays_of
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import RINA, TUESDAY, asked, kept
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

HEAD = "Nomor,Nama,Unit,Penugasan,Hari kerja,Pangkat/Gol,Jabatan,Mulai"
SARI = demo.SARI
MONDAY, THURSDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 26), date(2026, 11, 28)


def listed(*rows: str) -> bytes:
    return "".join(f"{row}\r\n" for row in (HEAD, *rows)).encode()


def path_of(number: int) -> str:
    """As a staff list names it."""
    unit = Unit.objects.get(number=number)
    steps = [Unit.objects.get(number=int(part)).name for part in unit.path.strip("/").split("/")]
    return " > ".join(steps[1:])


@pytest.fixture
def divided(court: Court) -> bytes:
    """Sari is at the school from Monday to Wednesday, and at the health centre on Thursday and Friday."""
    there, other = path_of(demo.SCHOOL), path_of(demo.HEALTH_CENTRE)
    data = listed(
        f"{SARI},Sari Wulandari,{there},induk,Senin-Rabu,Penata Muda (III/a),Guru Ahli Pertama,2026-11-01",
        f"{SARI},Sari Wulandari,{other},tambahan,Kamis - Jumat,Penata Muda (III/a),Guru Ahli Pertama,2026-11-01",
    )
    plan = import_staff(data=data, skip_bad=False, by=ActBy(RINA, at(6, 0, day=20)), today=date(2026, 11, 20))
    assert not plan.bad
    return data


def test_a_list_divides_a_week_and_the_same_list_again_writes_nothing(divided: bytes) -> None:
    rows = Assignment.objects.on(TUESDAY).filter(person=SARI).order_by("unit")
    assert [(row.unit_id, row.kind, row.weekdays) for row in rows] == [
        (demo.SCHOOL, AssignmentKind.HOME, "012"),
        (demo.HEALTH_CENTRE, AssignmentKind.FURTHER, "34"),
    ]
    told = [bytes(row.body).decode() for row in OutboxRow.objects.filter(act__startswith="fact.assignment")]
    assert any(f"unit/{demo.HEALTH_CENTRE} days/34" in body for body in told)
    assert look_at_staff(data=divided, by=RINA, today=date(2026, 11, 20)).is_empty


def test_each_day_is_judged_where_the_person_is_on_that_weekday(divided: bytes, morning: Morning, court: Court) -> None:
    morning.tap(SARI, "in", at(7, 20))
    morning.tap(SARI, "in", at(7, 20, day=26))
    morning.follow(at(23, 30, day=28))
    assert [asked(court, SARI, day).where.unit.number for day in (MONDAY, TUESDAY, THURSDAY)] == [
        demo.SCHOOL, demo.SCHOOL, demo.HEALTH_CENTRE,
    ]  # fmt: skip
    free = asked(court, SARI, SATURDAY).body
    assert (free["status"], free["code"]) == ("off_duty", "L")
    assert kept(SARI, THURSDAY)["arrival"]["status"] == "on_time"
    first = date(2026, 11, 1)
    for number, day, weekdays in ((demo.SCHOOL, TUESDAY, {0, 1, 2, 5, 6}), (demo.HEALTH_CENTRE, THURSDAY, {3, 4})):
        month = month_recap(shipped("policies"), Unit.objects.get(number=number), first)
        row = next(row for row in month.rows if row.person == SARI)
        assert day in row.recap.cells
        assert {day.weekday() for day in row.recap.cells} <= weekdays


def test_a_weekday_that_no_school_wants_is_free(court: Court) -> None:
    Assignment.objects.filter(person=SARI).update(weekdays="014")
    assert asked(court, SARI, TUESDAY).where.duty_days
    assert not asked(court, SARI, date(2026, 11, 25)).where.duty_days
    assert asked(court, SARI, date(2026, 11, 27)).where.duty_days


def test_the_home_of_a_day_follows_its_weekday(divided: bytes) -> None:
    found = [home_of(SARI, day) for day in (TUESDAY, THURSDAY, SATURDAY)]
    assert [unit.number for unit in found if unit] == [demo.SCHOOL, demo.HEALTH_CENTRE, demo.SCHOOL]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Senin-Rabu", "012"), ("Kamis, Jum'at", "34"), ("senin s/d kamis", "0123"), ("Semua", ""),
        ("Senin - Minggu", ""), ("Sabtu;Minggu", "56"), ("Rabu-Senin", None), ("Setiap Legi", None),
    ],
)  # fmt: skip
def test_weekdays_are_read_as_people_write_them(text: str, days: str | None) -> None:
    assert weekdays_of(text) == days


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("III/a", "III/a"), ("Penata Muda (III/a)", "III/a"), ("IIId", "III/d"), ("pembina tk. i", "IV/b"),
        ("IX", "IX"), ("V/a", None), ("Kopral", None), ("IV/e", "IV/e"), ("III/e", None),
    ],
)  # fmt: skip
def test_ranks_are_read_as_people_write_them(text: str, code: str | None) -> None:
    assert rank_code(text) == code


def test_a_rank_is_dated_and_a_wrong_one_is_a_fault(divided: bytes, rina: Client) -> None:
    assert list(Career.objects.on(TUESDAY).filter(person=SARI).order_by("kind").values_list("kind", "value")) == [
        (CareerKind.POSITION, "Guru Ahli Pertama"),
        (CareerKind.RANK, "III/a"),
    ]
    rise = listed(f"{SARI},Sari Wulandari,{path_of(demo.SCHOOL)},,,III/b,,2026-12-01")
    import_staff(data=rise, skip_bad=False, by=ActBy(RINA, at(8, 0)), today=TUESDAY)
    ranks = Career.objects.current().filter(person=SARI, kind=CareerKind.RANK).order_by("from_date")
    assert [(row.value, row.until_date) for row in ranks] == [("III/a", date(2026, 12, 1)), ("III/b", None)]
    shown = rina.get(f"/kantor/pegawai/{SARI}/").content.decode()
    assert "Penata Muda Tingkat I, III/b" in shown
    assert "Guru Ahli Pertama" in shown
    assert "Kamis, Jumat" in shown
    bad = listed(f"{SARI},Sari Wulandari,{path_of(demo.SCHOOL)},,Setiap Legi,Kopral,,")
    faults = {cell.code for cell in look_at_staff(data=bad, by=RINA, today=TUESDAY).bad}
    assert faults == {"register.fault.bad_rank", "register.fault.bad_weekdays"}
    bodies = [bytes(row.body).decode() for row in OutboxRow.objects.filter(act="fact.position")]
    assert bodies
    assert not any("Guru" in body for body in bodies), "words are no code: the journal has their digest"
