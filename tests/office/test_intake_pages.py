"""The terminals' pages, as Wati and Rina use them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.office import demo
from hadir.office.intake.models import PinHolder, Terminal
from tests.office.test_intake import FAULTY, MESIN, MORNING, Desk
from tests.office.test_intake import desk as _desk

pytestmark = pytest.mark.django_db
desk = _desk
PAGE_QUERIES_MAX = 12


def upload(client: Client, data: bytes, **more: str) -> str:
    berkas = SimpleUploadedFile("1_attlog.dat", data)
    answer = client.post(f"/kantor/mesin/{MESIN}/berkas/", {"berkas": berkas, **more}, follow=True)
    return answer.content.decode()


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
    assert "07:21:05" in day
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
        assert wati.post(f"/kantor/mesin/{MESIN}/pin/", fields).status_code == 409
    assert not PinHolder.objects.exists()


def test_a_name_in_a_file_cannot_become_markup(desk: Desk, rina: Client) -> None:
    place(rina)
    assert "<script>" not in upload(rina, MORNING + b"<script>alert(1)</script>\n")


def test_the_list_of_terminals_asks_no_more_for_many_than_for_one(desk: Desk, rina: Client) -> None:
    Terminal.objects.bulk_create([Terminal(serial=f"Mesin-{number}", first_seen_ms=1) for number in range(60)])
    with CaptureQueriesContext(connection) as asked:
        rina.get("/kantor/mesin/")
    assert len(asked) <= PAGE_QUERIES_MAX
