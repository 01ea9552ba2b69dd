"""Slips for a whole unit: issued in one go, printed on sheets, and what a newer one does to an older one."""

import io
import re
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from hadir.office.acts.models import OutboxRow
from hadir.office.devices.actions import enrol_device, enrol_devices, issue_slip, issue_slips
from hadir.office.devices.models import Device, Slip, SlipRun
from hadir.office.devices.queries import keys_of
from hadir.office.devices.sheets import PER_PAGE, PrintedSlip, draw_sheets
from hadir.office.people.models import Person
from hadir.office.people.queries import people_below
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from hadir.records.voucher import open_voucher, typed_lines
from hadir.site import Site
from rehearsal.demo import cast as demo
from rehearsal.phones import Phone
from tests.office.conftest import at
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

WATI = Actor(person=demo.WATI, grants=(Grant(role=Role.OPERATOR, path="/1/2/3/"),))
FIRST = demo.FIRST_COLLEAGUE


def person(number: int) -> Person:
    return Person.objects.get(number=number)


def colleagues(count: int) -> list[int]:
    return list(range(FIRST, FIRST + count))


def printed(wati: Client, numbers: list[int]) -> str:
    """Issue through the pages; the run's address."""
    asked = {"orang": numbers}
    page = wati.post("/kantor/slip/3/cetak/", asked).content.decode()
    assert f"Terbitkan {len(numbers)} slip?" in page
    answer = wati.post("/kantor/slip/3/cetak/", {**asked, "yakin": "1"})
    assert answer.status_code == 302
    return str(answer["Location"])


def sheets(client: Client, address: str, part: int = 1) -> PdfReader:
    answer = client.get(f"{address}{part}.pdf")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    return PdfReader(io.BytesIO(answer.content))


def test_wati_prints_a_whole_units_slips_in_one_go(wati: Client, site: Site) -> None:
    numbers = colleagues(PER_PAGE + 1)
    acts = OutboxRow.objects.filter(act="slip.issue").count()
    address = printed(wati, numbers)
    assert "7 slip siap dicetak pada 2 lembar A4" in wati.get(address).content.decode()
    pdf = sheets(wati, address)
    assert len(pdf.pages) == 2
    box = pdf.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842), "A4"
    text = "\n".join(page.extract_text() for page in pdf.pages)
    run = SlipRun.objects.get()
    for slip in run.slips.all():
        assert person(slip.person_id).full_name in text
        assert typed_lines(slip.voucher)[5] in text
        assert open_voucher(slip.voucher, site.key_list().verifiers("office").values()).person == slip.person_id
    assert "SDN Tamban 3" in text
    assert OutboxRow.objects.filter(act="slip.issue").count() - acts == len(numbers), "an act for each slip"


def test_a_newer_slip_replaces_the_older_one_and_its_sheet_says_so(wati: Client) -> None:
    first = printed(wati, colleagues(2))
    second = printed(wati, [FIRST])
    assert "1 slip dari lembar ini sudah diganti" in wati.get(first).content.decode()
    assert person(FIRST).full_name not in sheets(wati, first).pages[0].extract_text()
    assert person(FIRST).full_name in sheets(wati, second).pages[0].extract_text()
    old, new = Slip.objects.filter(person=FIRST, run__isnull=False).order_by("number")
    assert (old.replaced_by_id, new.replaced_by_id) == (new.number, None)
    assert "sudah diganti dengan slip" in wati.get(f"/kantor/slip/nomor/{old.number}/").content.decode()


def test_before_slips_are_replaced_the_page_says_how_many(wati: Client) -> None:
    Slip.objects.filter(person__in=colleagues(3)).update(last_valid_day="2026-11-01")
    page = wati.post("/kantor/slip/3/cetak/", {"orang": colleagues(3)}).content.decode()
    assert "Tidak ada slip yang masih berlaku diganti" in page
    printed(wati, [FIRST])
    page = wati.post("/kantor/slip/3/cetak/", {"orang": colleagues(3)}).content.decode()
    assert "1 slip yang belum dipakai diganti" in page


def test_nobody_ticked_issues_nothing_and_says_so(wati: Client) -> None:
    slips = Slip.objects.count()
    answer = wati.post("/kantor/slip/3/cetak/", {"yakin": "1"})
    assert answer.status_code == 400
    assert "Tandai dahulu untuk siapa" in answer.content.decode()
    assert Slip.objects.count() == slips


def test_wati_prints_for_her_unit_only_and_never_for_herself(wati: Client, site: Site) -> None:
    numbers = [FIRST, demo.WATI, demo.DEWI]
    wati.post("/kantor/slip/3/cetak/", {"orang": numbers, "yakin": "1"})
    assert list(SlipRun.objects.get().slips.values_list("person", flat=True)) == [FIRST]
    school = Unit.objects.get(number=demo.SCHOOL)
    for other in (demo.WATI, demo.DEWI):
        with pytest.raises(PermissionDenied):
            issue_slips(
                people=[person(FIRST), person(other)],
                unit=school,
                by=ActBy(WATI, at(8, 0)),
                office=site.office_signer(),
            )


def test_somebody_elses_sheets_are_not_there(wati: Client, dewi: Client, joko: Client, tono: Client) -> None:
    address = printed(wati, colleagues(2))
    for other in (dewi, joko, tono):
        assert other.get(address).status_code == 404
        assert other.get(f"{address}1.pdf").status_code == 404
    assert wati.get(f"{address}2.pdf").status_code == 404
    assert wati.get(f"{address}0.pdf").status_code == 404


def test_sheets_of_a_hospital_come_in_parts_and_take_no_query_for_each(wati: Client, site: Site) -> None:
    few = printed(wati, colleagues(2))
    many = printed(wati, colleagues(12)[2:])
    counts = []
    for address in (few, many):
        with CaptureQueriesContext(connection) as asked:
            wati.get(f"{address}1.pdf")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_what_does_not_fit_a_slip_is_cut_and_never_crosses_its_neighbour() -> None:
    slip = PrintedSlip(
        number=1,
        name="Dr. " + "Muhammadsyahruramadhanabdurrahman " * 4 + "李",
        unit="Dinas " * 60,
        voucher="0123456789ABCDEFGHJK" * 6,
        last_day=date(2026, 12, 24),
    )
    pdf = draw_sheets([slip], public_url="https://absen.baritokualakab.go.id", lang="id", rehearsal=True)
    page = PdfReader(io.BytesIO(pdf)).pages[0]
    text = page.extract_text()
    assert "…" in text
    assert "Latihan" in text
    assert "21234" not in text


# --- many phones at once ----------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(morning: Morning) -> dict[int, str]:
    """Three colleagues' and Wati's phones, seen with their slips."""
    people = [*colleagues(3), demo.WATI]
    for number in people:
        morning.tap(number, "in", at(7, 20))
    morning.follow(at(8, 0))
    return {number: morning.phone(number).kid for number in people}


def test_wati_confirms_many_phones_with_one_reason_and_an_act_for_each(wati: Client, waiting: dict[int, str]) -> None:
    page = wati.get("/kantor/hp/3/sahkan/").content.decode()
    assert waiting[demo.WATI] not in page, "somebody else confirms her own"
    assert len(re.findall(r'name="kid" value="[^"]+" checked', page)) == 3
    kids = [waiting[number] for number in colleagues(3)]
    form = {"kid": kids, "replace": "0", "reason": "Diperiksa saat apel."}
    answer = wati.post("/kantor/hp/3/sahkan/", form)
    assert answer["Location"] == "/kantor/hp/3/?selesai=many&n=3&terlambat=0"
    assert "3 HP disahkan" in wati.get(answer["Location"]).content.decode()
    acts = OutboxRow.objects.filter(act="device.enrol", by=demo.WATI)
    assert sorted(acts.values_list("person", flat=True)) == colleagues(3)
    assert all(bytes(row.reason or b"").endswith(b"Diperiksa saat apel.") for row in acts)


def test_her_own_phone_among_them_is_not_confirmed(wati: Client, waiting: dict[int, str]) -> None:
    wati.post("/kantor/hp/3/sahkan/", {"kid": list(waiting.values()), "replace": "0", "reason": "Apel."})
    assert not Device.objects.filter(kid=waiting[demo.WATI]).exists()
    everybody = {kid: person(number) for number, kid in waiting.items()}
    with pytest.raises(PermissionDenied):
        enrol_devices(keys=everybody, replace=False, by=ActBy(WATI, at(8, 5), "Apel."))


def test_a_phone_decided_on_meanwhile_is_left_and_counted(wati: Client, waiting: dict[int, str]) -> None:
    enrol_device(kid=waiting[FIRST], person=person(FIRST), by=ActBy(WATI, at(8, 1)))
    kids = [waiting[number] for number in colleagues(3)]
    answer = wati.post("/kantor/hp/3/sahkan/", {"kid": kids, "replace": "0", "reason": "Apel."})
    assert answer["Location"].endswith("n=2&terlambat=1")
    assert "1 lainnya sudah diputuskan" in wati.get(answer["Location"]).content.decode()


def test_without_a_reason_or_a_tick_nothing_is_confirmed(wati: Client, waiting: dict[int, str]) -> None:
    kids = [waiting[number] for number in colleagues(3)]
    for form in ({"kid": kids, "replace": "0", "reason": " "}, {"replace": "0", "reason": "Apel."}):
        answer = wati.post("/kantor/hp/3/sahkan/", form)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.content.decode()
    assert not Device.objects.filter(kid__in=kids).exists()


def test_a_new_phone_takes_the_old_ones_place_when_it_is_said(
    wati: Client, waiting: dict[int, str], morning: Morning
) -> None:
    enrol_device(kid=waiting[FIRST], person=person(FIRST), by=ActBy(WATI, at(8, 1)))
    changed = Phone(FIRST, voucher=Slip.objects.filter(person=FIRST).latest("number").voucher)
    morning.tap(FIRST, "in", at(7, 25), phone=changed)
    morning.follow(at(8, 5))
    assert "sudah punya 1 HP terdaftar" in wati.get("/kantor/hp/3/sahkan/").content.decode()
    wati.post("/kantor/hp/3/sahkan/", {"kid": [changed.kid], "replace": "1", "reason": "HP lama rusak."})
    assert Device.objects.get(kid=changed.kid).is_active
    assert not Device.objects.get(kid=waiting[FIRST]).is_active
    newest = list(OutboxRow.objects.filter(person=FIRST).order_by("-seq").values_list("act", flat=True)[:2])
    assert newest == ["device.revoke", "device.enrol"]


def test_a_phone_that_came_by_a_replaced_slip_is_taken_and_marked(wati: Client, morning: Morning, site: Site) -> None:
    old = morning.phone(FIRST)
    issue_slip(person=person(FIRST), by=ActBy(WATI, at(7, 0)), office=site.office_signer())
    morning.tap(FIRST, "in", at(7, 20), phone=old)
    morning.follow(at(8, 0))
    key = keys_of(people_below(["/1/2/3/"], date(2026, 11, 24)))[0]
    assert (key.kid, key.is_by_old_slip) == (old.kid, True)
    page = wati.get("/kantor/hp/3/sahkan/").content.decode()
    assert "Masuk dengan slip lama yang sudah diganti" in page
    assert f'value="{old.kid}" checked' not in page, "nobody confirms it unseen"
