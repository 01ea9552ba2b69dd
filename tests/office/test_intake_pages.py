"""The terminals' pages, as Wati and Rina use them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.office.acts.models import OutboxRow
from hadir.office.intake.models import PinHolder, Terminal, TerminalSkew
from hadir.terminals.files import read_file
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_intake import FAULTY, MESIN, MORNING, Desk
from tests.office.test_intake import desk as _desk

pytestmark = pytest.mark.django_db
desk = _desk
PAGE_QUERIES_MAX = 12


def look(client: Client, data: bytes, **more: str) -> tuple[str, str]:
    """(address of the preview, its page)"""
    berkas = SimpleUploadedFile("1_attlog.dat", data)
    answer = client.post(f"/kantor/mesin/{MESIN}/berkas/", {"berkas": berkas, **more}, follow=True)
    return answer.request["PATH_INFO"], answer.content.decode()


def upload(client: Client, data: bytes, **more: str) -> str:
    """Look at it, and bring it in when it can be."""
    address, page = look(client, data, **more)
    return client.post(address, follow=True).content.decode() if "/lihat/" in address else page


def place(client: Client, unit: int = demo.SCHOOL) -> None:
    fields = {"serial": MESIN, "unit": unit, "directions": "keys", "from_date": "2026-01-01"}
    assert client.post("/kantor/mesin-tempat/", fields).status_code == 302


def test_wati_uploads_a_file_and_sees_every_bad_line_with_its_number(desk: Desk, rina: Client, wati: Client) -> None:
    place(rina)
    page = upload(wati, FAULTY)
    assert "4 baris: 2 baru, 0 sudah ada, 2 tidak terbaca." in page
    assert "tanggal atau jam itu tidak ada" in page
    assert "jam mesin terlalu cepat" in page
    assert "2026-11-31" in page


def test_a_file_of_three_hundred_thousand_lines_is_refused_before_a_line_is_read(
    desk: Desk, rina: Client, wati: Client
) -> None:
    """It took ten seconds of a page's processor; a terminal holds a third of it."""
    place(rina)
    line = b"5\t2026-11-23 07:21:05\t1\t0\n"
    for data in (300_000 * line, 300_000 * b"1,Ani\n", 300_000 * b"\n" + line, (300_000 * "5\n").encode("utf-16")):
        assert "Berkas lebih dari 100.000 baris. Bagi dahulu" in look(wati, data)[1], "not that it holds no times"
    wati.cookies["hadir_bahasa"] = "en"
    assert "The file has more than 100,000 lines. Split it first" in look(wati, 300_000 * line)[1]
    assert len(read_file(100_001 * line).lines) == 100_001, "the command takes it"


def test_waiting_pins_are_visible_and_leave_the_list_when_mapped(desk: Desk, rina: Client, wati: Client) -> None:
    place(rina)
    upload(wati, MORNING)
    desk.follow()
    assert "PIN tanpa pemilik (2)" in wati.get(f"/kantor/mesin/{MESIN}/").content.decode()
    fields = {"pin": "5", "person": demo.SARI, "from_date": "2026-11-23", "until_date": ""}
    assert wati.post(f"/kantor/mesin/{MESIN}/pin/", fields).status_code == 302
    desk.follow()
    assert "PIN tanpa pemilik (1)" in wati.get(f"/kantor/mesin/{MESIN}/").content.decode()
    day = wati.get(f"/kantor/orang/{demo.SARI}/2026-11-23/").content.decode()
    assert "07.21.05" in day
    assert MESIN in day


def test_the_order_of_a_date_is_asked_on_the_page_and_the_answer_is_taken(desk: Desk, rina: Client) -> None:
    place(rina)
    data = b"5\t03/04/2026 07:21:05\t1\t0\t1\t0\n"
    assert "Urutan tanggal dalam berkas" in upload(rina, data)
    assert "1 baris: 1 baru" in upload(rina, data, dates="dmy")


def test_wati_maps_no_pin_to_herself_or_to_another_unit(desk: Desk, rina: Client, wati: Client) -> None:
    place(rina)
    for person in (demo.WATI, demo.DEWI):
        fields = {"pin": "5", "person": person, "from_date": "2026-11-23", "until_date": ""}
        assert wati.post(f"/kantor/mesin/{MESIN}/pin/", fields).status_code == 400
    assert not PinHolder.objects.exists()


def test_a_name_in_a_file_cannot_become_markup(desk: Desk, rina: Client) -> None:
    place(rina)
    assert "<script>" not in upload(rina, MORNING + b"<script>alert(1)</script>\n")


def test_the_list_of_terminals_asks_no_more_for_many_than_for_one(desk: Desk, rina: Client) -> None:
    Terminal.objects.bulk_create([Terminal(serial=f"Mesin-{number}", first_seen_ms=1) for number in range(60)])
    with CaptureQueriesContext(connection) as asked:
        rina.get("/kantor/mesin/")
    assert len(asked) <= PAGE_QUERIES_MAX


def test_a_file_is_shown_as_it_would_be_read_before_anything_is_kept(desk: Desk, rina: Client, wati: Client) -> None:
    place(rina)
    before = OutboxRow.objects.count()
    address, page = look(wati, FAULTY)
    assert "4 baris: 2 akan masuk, 0 sudah ada, 2 tidak terbaca." in page
    assert "2 baris akan menunggu" in page
    assert "tahun, bulan, hari" in page
    assert OutboxRow.objects.count() == before
    assert rina.get(address).status_code == 404, "somebody else's file"
    wati.post(address)
    assert wati.get(address).status_code == 404, "a file is brought in once"
    _, page = look(wati, FAULTY)
    assert "4 baris: 0 akan masuk, 2 sudah ada, 2 tidak terbaca." in page


def test_another_order_of_dates_than_the_terminals_other_files_is_pointed_out(desk: Desk, rina: Client) -> None:
    place(rina)
    upload(rina, b"5\t03/04/2026 07:21:05\t1\t0\t1\t0\n", dates="dmy")
    _, page = look(rina, b"5\t03/05/2026 07:21:05\t1\t0\t1\t0\n", dates="mdy")
    assert "1 berkas lain dari mesin ini dibaca dengan urutan" in page


def test_a_pin_that_ends_gives_its_later_lines_back_to_nobody(desk: Desk, rina: Client, wati: Client) -> None:
    place(rina)
    upload(wati, MORNING)
    fields = {"pin": "5", "person": demo.SARI, "from_date": "2026-11-01", "until_date": ""}
    wati.post(f"/kantor/mesin/{MESIN}/pin/", fields)
    desk.follow()
    held = PinHolder.objects.current().get(pin="5")
    assert f"/pin/{held.pk}/akhiri/" in wati.get(f"/kantor/mesin/{MESIN}/").content.decode()
    address = f"/kantor/mesin/{MESIN}/pin/{held.pk}/akhiri/"
    assert wati.post(address, {"until_date": "2026-11-23", "reason": " "}).status_code == 400
    assert wati.post(address, {"until_date": "2026-11-23", "reason": "Jari Sari dihapus."}).status_code == 302
    desk.follow()
    assert "PIN tanpa pemilik (2)" in wati.get(f"/kantor/mesin/{MESIN}/").content.decode()
    kept = PinHolder.objects.current().get(pin="5")
    assert (str(kept.from_date), str(kept.until_date)) == ("2026-11-01", "2026-11-23")
    assert OutboxRow.objects.get(act="intake.unmap").person == demo.SARI
    assert wati.post(address, {"until_date": "2026-11-10", "reason": "x"}).status_code == 404, "a withdrawn row"


def test_a_mapping_that_was_wrong_from_its_beginning_is_withdrawn(desk: Desk, rina: Client, wati: Client) -> None:
    place(rina)
    upload(wati, MORNING)
    fields = {"pin": "5", "person": demo.SARI, "from_date": "2026-11-23", "until_date": ""}
    wati.post(f"/kantor/mesin/{MESIN}/pin/", fields)
    held = PinHolder.objects.current().get(pin="5")
    wati.post(f"/kantor/mesin/{MESIN}/pin/{held.pk}/akhiri/", {"until_date": "2026-11-20", "reason": "Salah orang."})
    assert not PinHolder.objects.current().filter(pin="5").exists()


def test_nobody_ends_his_own_pin(desk: Desk, rina: Client, wati: Client) -> None:
    place(rina)
    fields = {"pin": "7", "person": demo.WATI, "from_date": "2026-11-01", "until_date": ""}
    rina.post(f"/kantor/mesin/{MESIN}/pin/", fields)
    held = PinHolder.objects.current().get(pin="7")
    address = f"/kantor/mesin/{MESIN}/pin/{held.pk}/akhiri/"
    assert wati.post(address, {"until_date": "2026-11-20", "reason": "x"}).status_code == 403
    assert rina.post(address, {"until_date": "2026-11-20", "reason": "x"}).status_code == 302


def test_a_clock_that_runs_late_is_seen_from_phones_and_recorded(
    desk: Desk, morning: Morning, rina: Client, wati: Client
) -> None:
    place(rina)
    people = list(range(demo.FIRST_COLLEAGUE, demo.FIRST_COLLEAGUE + 6))
    lines = []
    for pin, number in enumerate(people, 1):
        morning.tap(number, "in", at(7, 20, pin))
        lines.append(f"{pin}\t2026-11-24 07:15:{pin:02}\t1\t0\t1\t0\n")
        fields = {"pin": pin, "person": number, "from_date": "2026-01-01", "until_date": ""}
        assert rina.post(f"/kantor/mesin/{MESIN}/pin/", fields).status_code == 302
    upload(rina, "".join(lines).encode())
    desk.follow()
    morning.follow(at(9, 0))
    assert "jam mesin terlambat sekitar 5 menit" in rina.get(f"/kantor/mesin/{MESIN}/").content.decode()
    page = rina.get(f"/kantor/mesin/{MESIN}/jam/").content.decode()
    assert 'value="5"' in page
    assert wati.get(f"/kantor/mesin/{MESIN}/jam/").status_code == 403
    fields = {"minutes": "5", "direction": "slow", "from_date": "2026-11-01", "until_date": ""}
    assert rina.post(f"/kantor/mesin/{MESIN}/jam/", fields).status_code == 302
    assert TerminalSkew.objects.get().skew_ms == 300_000
    assert "+300 detik ditambahkan" in rina.get(f"/kantor/mesin/{MESIN}/").content.decode()
