"""A staff list on its way into the register: read, compared, shown, carried out; or nothing of it."""

import io
import json
import resource
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from openpyxl import Workbook

from hadir.office.accounts.models import User
from hadir.office.accounts.queries import actor_of
from hadir.office.acts.models import OutboxRow
from hadir.office.ground.act_error import ActError
from hadir.office.judging.judging import JudgeContext
from hadir.office.people.models import Assignment, AssignmentKind, Person, Superior
from hadir.office.people.queries import home_of
from hadir.office.projection.models import VerdictRow
from hadir.office.register.actions import import_staff, look_at_staff
from hadir.office.register.plan import Outcome, StaffPlan
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.tables.table import ROWS_MAX, TableFault, TableRefusedError, read_table
from hadir.office.units.models import Unit
from hadir.records.kinds import Kind
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)
HEAD = "NIP,Nama,Gelar depan,Gelar belakang,Jenis pegawai,Unit,Unit lain,Mulai,Sampai,Atasan"
NOOR = "198001012005011001,Noor Aini,Hj.,M.Pd.,PNS,Dinas Pendidikan > SDN Baru 1,,2026-01-01,,"
RUDI = (
    "199002022015032002,Rudi Hartono,,S.Pd.,PPPK,Dinas Pendidikan > SDN Baru 1,Dinas Pendidikan,"
    "2026-01-01,,198001012005011001"
)
SITI = ",Siti,,,Non-ASN,Puskesmas Tamban,,,,"
GOOD = (NOOR, RUDI, SITI)
#: One of each of ten faults, in rows 2 to 11.
TEN_FAULTS = (
    "198001012005011001,,,,PNS,Dinas Pendidikan,,,,",
    "12345,Rudi,,,PNS,Dinas Pendidikan,,,,",
    "1.98804E+17,Wahyu,,,PNS,Dinas Pendidikan,,,,",
    "199102022015032003,Ani,,,Pegawai,Dinas Pendidikan,,,,",
    "199202022015032004,Budiman,,,PNS,,,,,",
    "199302022015032005,Citra,,,PNS,Dinas Pendidikan,,31/02/2026,,",
    "199402022015032006,Dian,,,PNS,Dinas Pendidikan,,2026-05-01,2026-04-01,",
    "199502022015032007,Eka,,,PNS,Dinas Pendidikan,,,,177001012005011009",
    "199602022015032008,Fajar,,,PNS,Dinas Pendidikan,,,,199602022015032008",
    "199702022015032009,Gita\u202e,,,PNS,Dinas Pendidikan,,,,",
)


def listed(*rows: str, head: str = HEAD) -> bytes:
    return "".join(f"{row}\r\n" for row in (head, *rows)).encode()


def as_xlsx(data: bytes, **cells: Any) -> bytes:
    """The same list as a workbook; `cells` such as `A2` replace single ones."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in data.decode().splitlines():
        sheet.append(row.split(","))
    for place, value in cells.items():
        sheet[place] = value
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def who(login: str) -> Actor:
    return actor_of(User.objects.get(login=login), TODAY)


def look(data: bytes, login: str = "rina") -> StaffPlan:
    return look_at_staff(data=data, by=who(login), today=TODAY)


def bring(data: bytes, *, skip_bad: bool = False, today: date = TODAY, by: Actor | None = None) -> StaffPlan:
    return import_staff(data=data, skip_bad=skip_bad, by=ActBy(by or who("rina"), at(8, 0)), today=today)


def faults(plan: StaffPlan) -> list[tuple[int, str, str]]:
    return [(cell.row, cell.column, cell.code) for cell in plan.bad]


def everything() -> tuple[int, ...]:
    return (
        Person.objects.count(),
        Unit.objects.count(),
        Assignment.objects.count(),
        Superior.objects.count(),
        OutboxRow.objects.count(),
    )


def person(nip: str) -> Person:
    return Person.objects.get(nip=nip)


@pytest.fixture(autouse=True)
def _installed(context: JudgeContext) -> None:
    """The demo unit at 08:12."""


def test_a_list_enters_people_units_assignments_and_superiors() -> None:
    bring(listed(*GOOD))
    noor, rudi = person("198001012005011001"), person("199002022015032002")
    assert (noor.titled_name, noor.employment) == ("Hj. Noor Aini, M.Pd.", "pns")
    school = Unit.objects.get(name="SDN Baru 1")
    assert school.parent_id == demo.EDUCATION
    assert home_of(rudi.number, TODAY) == school
    further = Assignment.objects.get(person=rudi, kind=AssignmentKind.FURTHER)
    assert (further.unit_id, further.from_date) == (demo.EDUCATION, date(2026, 1, 1))
    assert Superior.objects.get(person=rudi).superior == noor
    assert Assignment.objects.get(person__full_name="Siti").from_date == TODAY


def test_every_fact_has_its_record_with_validity_and_no_name() -> None:
    bring(listed(*GOOD))
    rudi = person("199002022015032002").number
    rows = OutboxRow.objects.filter(kind=Kind.STAFF_FACT, person=rudi).order_by("seq")
    facts = [json.loads(bytes(row.body)) for row in rows]
    assert {(one["fact"], one["from"], one["until"], one["recorded_ms"]) for one in facts} == {
        ("employment", "2026-01-01", None, at(8, 0)),
        ("assignment.home", "2026-01-01", None, at(8, 0)),
        ("assignment.further", "2026-01-01", None, at(8, 0)),
        ("superior", "2026-01-01", None, at(8, 0)),
    }
    assert not any(b"Rudi" in bytes(row.body) for row in OutboxRow.objects.all())


def test_the_same_list_again_changes_nothing() -> None:
    bring(listed(*GOOD))
    before = everything()
    again = bring(listed(*GOOD), today=date(2026, 12, 1))
    assert [one.outcome for one in again.people] == [Outcome.UNCHANGED] * 3
    assert everything() == before


def test_ten_faults_are_listed_with_row_column_and_reason_and_nothing_is_written() -> None:
    before = everything()
    plan = look(listed(*TEN_FAULTS, *GOOD))
    assert faults(plan) == [
        (2, "name", "register.fault.no_name"),
        (3, "nip", "register.fault.bad_nip"),
        (4, "nip", "register.fault.nip_as_number"),
        (5, "employment", "register.fault.bad_employment"),
        (6, "unit", "register.fault.no_unit"),
        (7, "from", "register.fault.bad_day"),
        (8, "until", "register.fault.backward"),
        (9, "superior", "register.fault.unknown_superior"),
        (10, "superior", "register.fault.own_superior"),
        (11, "name", "register.fault.bad_letters"),
    ]
    with pytest.raises(ActError) as refused:
        bring(listed(*TEN_FAULTS, *GOOD))
    assert refused.value.code == "register.trouble.bad_rows"
    assert everything() == before


def test_bad_rows_are_left_out_only_when_that_is_asked_for() -> None:
    plan = bring(listed(*TEN_FAULTS, *GOOD), skip_bad=True)
    assert len(plan.people) == 3
    assert person("199002022015032002")
    assert not Person.objects.filter(full_name__in=["Wahyu", "Eka"]).exists()


def test_whose_superior_is_left_out_is_left_out_too() -> None:
    broken = NOOR.replace("2026-01-01", "2026-99-01")
    plan = bring(listed(broken, RUDI, SITI), skip_bad=True)
    assert [one.person.full_name for one in plan.people] == ["Siti"]
    assert not Unit.objects.filter(name="SDN Baru 1").exists()


def test_a_move_ends_the_old_home_on_the_day_the_new_one_begins() -> None:
    bring(listed(*GOOD))
    moved = RUDI.replace("SDN Baru 1", "SDN Baru 2").replace("2026-01-01", "2026-07-01")
    plan = bring(listed(moved))
    assert [one.outcome for one in plan.people] == [Outcome.CHANGED]
    rudi = person("199002022015032002").number
    homes = Assignment.objects.filter(person=rudi, kind=AssignmentKind.HOME)
    assert [(row.unit.name, row.from_date, row.until_date) for row in homes.current().order_by("from_date")] == [
        ("SDN Baru 1", date(2026, 1, 1), date(2026, 7, 1)),
        ("SDN Baru 2", date(2026, 7, 1), None),
    ]
    assert [str(row.unit) for row in homes.as_known(at(7, 0)).all()] == []
    assert homes.count() == 3


def test_an_end_date_ends_and_is_shown_as_such() -> None:
    bring(listed(*GOOD))
    ended = RUDI.replace(",Dinas Pendidikan,2026-01-01,,", ",,2026-01-01,2026-12-01,")
    assert [one.outcome for one in look(listed(ended)).people] == [Outcome.ENDED]
    bring(listed(ended))
    rudi = person("199002022015032002").number
    row = Assignment.objects.current().get(person=rudi, kind=AssignmentKind.HOME)
    assert row.until_date == date(2026, 12, 1)
    assert look(listed(ended)).is_empty


def test_a_change_of_name_is_shown_and_its_words_stay_out_of_the_journal() -> None:
    bring(listed(*GOOD))
    renamed = NOOR.replace("Noor Aini", "Noor Aini Rahmah")
    plan = bring(listed(renamed))
    assert [(one.column, one.before, one.after) for one in plan.people[0].details] == [
        ("full_name", "Noor Aini", "Noor Aini Rahmah")
    ]
    record = OutboxRow.objects.get(act="register.person")
    assert b"Rahmah" not in bytes(record.body)
    assert b"Rahmah" in bytes(record.reason or b"")


def test_columns_that_are_not_there_leave_what_is_known() -> None:
    bring(listed(*GOOD))
    bare = listed("198001012005011001,Noor Aini,Dinas Pendidikan > SDN Baru 1", head="NIP,Nama,Unit")
    assert look(bare).is_empty


def test_units_may_come_by_code_in_any_order() -> None:
    head = "Kode unit,Nama unit,Kode induk,Zona,Nama,NIP,Jenis"
    data = listed(
        "K-2,SDN Hulu,K-1,,,,",
        "K-1,Dinas Contoh,,WITA,,,",
        "K-2,,,,Maya,199002022015032002,PNS",
        head=head,
    )
    bring(data)
    assert home_of(person("199002022015032002").number, TODAY) == Unit.objects.get(code="K-2")
    assert Unit.objects.get(code="K-2").parent == Unit.objects.get(code="K-1")
    assert look(data).is_empty


def test_units_below_themselves_and_unknown_codes_are_faults() -> None:
    head = "Kode unit,Nama unit,Kode induk,Nama"
    plan = look(listed("A,Satu,B,", "B,Dua,A,", "C,Tiga,X,", "Z,,,Maya", head=head))
    assert {fault for _, _, fault in faults(plan)} == {"register.fault.units_in_a_ring", "register.fault.unknown_unit"}
    assert 5 in {number for number, _, _ in faults(plan)}


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_same_list_in_every_spelling_says_the_same(delimiter: str, encoding: str) -> None:
    named = listed(NOOR.replace("Noor", "Noër"), RUDI, SITI).decode()
    plan = look(named.replace(",", delimiter).encode(encoding))
    assert [one.person.full_name for one in plan.people] == ["Noër Aini", "Rudi Hartono", "Siti"]
    assert not plan.bad


def test_a_workbook_says_the_same_as_a_csv() -> None:
    workbook = look(as_xlsx(listed(*GOOD), H3=date(2026, 1, 1)))
    assert workbook.digest == look(listed(*GOOD)).digest


def test_a_nip_that_a_spreadsheet_took_for_a_number_is_not_believed() -> None:
    plan = look(as_xlsx(listed(*GOOD), A2=198001012005011001))
    assert (2, "nip", "register.fault.nip_as_number") in faults(plan)


def bomb(size: int, parts: int = 1) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(parts):
            packed.writestr(f"xl/worksheets/sheet{number}.xml", b" " * size)
    return kept.getvalue()


def entity_bomb() -> bytes:
    """A workbook whose sheet declares an entity."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx(listed(*GOOD)))) as good, zipfile.ZipFile(kept, "w") as packed:
        for name in good.namelist():
            text = good.read(name)
            if name.startswith(("xl/sharedStrings", "xl/worksheets")):
                declared = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
                text = declared + text[text.index(b"<", 5) :] if text.startswith(b"<?xml") else declared + text
            packed.writestr(name, text)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: b"", TableFault.EMPTY),
        (listed, TableFault.EMPTY),
        (lambda: b"a,b\r\n1,2\r\n", TableFault.NO_HEADER),
        (lambda: b"\xd0\xcf\x11\xe0" + bytes(100), TableFault.OLD_FORMAT),
        (lambda: b"PK\x03\x04" + bytes(100), TableFault.BROKEN),
        (lambda: as_xlsx(listed(*GOOD))[:-900], TableFault.BROKEN),
        (lambda: bomb(80 * 1024 * 1024), TableFault.TOO_LARGE),
        (lambda: bomb(1, parts=500), TableFault.TOO_LARGE),
        (entity_bomb, TableFault.BROKEN),
        (lambda: as_xlsx(listed(*GOOD), A1048576="x"), TableFault.TOO_MANY_ROWS),
        (lambda: listed(*[SITI] * (ROWS_MAX + 1)), TableFault.TOO_MANY_ROWS),
        (lambda: bytes(10 * 1024 * 1024), TableFault.TOO_LARGE),
        (lambda: listed('"never closed'), TableFault.BROKEN),
        (lambda: listed(*GOOD).decode().encode("utf-16"), TableFault.BROKEN),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(make: Callable[[], bytes], fault: TableFault) -> None:
    with pytest.raises(TableRefusedError) as refused:
        look(make())
    assert refused.value.fault is fault


def sheet_of(xml: str) -> bytes:
    """A workbook whose first sheet is this XML."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx(listed(*GOOD)))) as good, zipfile.ZipFile(kept, "w", 8) as packed:
        for name in good.namelist():
            packed.writestr(name, xml if name == "xl/worksheets/sheet1.xml" else good.read(name))
    return kept.getvalue()


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


@pytest.mark.parametrize(
    "xml",
    [
        SHEET.format('<row r="1">' + "<c/>" * 6_000_000 + "</row>"),
        SHEET.format("<a>" * 5_000_000),
        SHEET.format('<row r="1">' + '<c t="str"><v>a</v></c>' * 1_200_000 + "</row>"),
    ],
    ids=["a row without end", "a depth without end", "a million cells in a row"],
)
def test_a_small_workbook_that_needs_much_memory_is_refused_and_this_process_pays_nothing(xml: str) -> None:
    data = sheet_of(xml)
    assert len(data) < 200_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TableRefusedError) as refused:
        read_table(data, {"nama": "name"}, one_of=("name",))
    assert refused.value.fault is TableFault.TOO_LARGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024, "kilobytes"


def test_a_list_that_ends_to_be_one_says_after_which_row() -> None:
    with pytest.raises(TableRefusedError) as refused:
        look(listed(*GOOD, '"never closed'))
    assert refused.value.row == len(GOOD) + 2


def test_a_cell_at_the_far_corner_costs_no_memory() -> None:
    rows = read_table(as_xlsx(listed(*GOOD), XFD3="x"), {"nama": "name"}, one_of=("name",))
    assert len(rows) == 3


def test_only_the_personnel_agency_may_and_only_below_its_unit() -> None:
    for login in ("wati", "hasan", "budi", "joko", "tono"):
        with pytest.raises(PermissionDenied):
            look(listed(*GOOD), login)
    centre = Unit.objects.get(number=demo.HEALTH_CENTRE)
    small = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path=centre.path),))
    nip = Person.objects.get(number=demo.SARI).nip
    taken = listed(f"{nip},Sari Wulandari,,,PNS,Loket,,,,")
    plan = look_at_staff(data=taken, by=small, today=TODAY)
    assert faults(plan) == [(2, "nip", "register.fault.not_yours")]


def test_a_person_may_stand_in_two_rows_one_after_the_other() -> None:
    first = RUDI.replace(",2026-01-01,,", ",2026-01-01,2026-07-01,")
    second = RUDI.replace("SDN Baru 1", "SDN Baru 2").replace("2026-01-01", "2026-07-01")
    bring(listed(NOOR, first, second))
    rudi = person("199002022015032002").number
    assert str(home_of(rudi, date(2026, 3, 1))) == "SDN Baru 1"
    assert str(home_of(rudi, TODAY)) == "SDN Baru 2"
    assert look(listed(NOOR, first, second)).is_empty


def test_two_homes_at_once_and_rows_that_disagree_are_faults() -> None:
    assert faults(look(listed(NOOR, NOOR.replace("Baru 1", "Baru 2")))) == [(3, "from", "register.fault.two_homes")]
    assert faults(look(listed(NOOR, NOOR.replace("Noor", "Nor")))) == [(3, "nip", "register.fault.differs")]


def test_a_move_in_the_past_judges_the_days_again(morning: Morning) -> None:
    """Sari sits in WITA; the clocks of her new school show an hour less."""
    morning.tap(demo.SARI, "in", at(8, 20))
    morning.follow(at(9, 0))
    assert VerdictRow.objects.get(person=demo.SARI).body["arrival"]["class"] == "TL2"
    nip = Person.objects.get(number=demo.SARI).nip
    head = "Kode unit,Nama unit,Zona,Nama,NIP,Mulai"
    bring(listed(f"W-1,SDN Barat,WIB,Sari Wulandari,{nip},2026-11-01", head=head))
    morning.follow(at(9, 0))
    assert VerdictRow.objects.get(person=demo.SARI).body["arrival"]["status"] == "on_time"
