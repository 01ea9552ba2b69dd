"""Rina's page: she uploads a list with ten faults, repairs it, sees what will change, and confirms."""

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hadir.office.acts.models import OutboxRow
from hadir.office.people.models import Assignment, Person
from hadir.office.register.models import StaffUpload
from tests.office.test_register import GOOD, SITI, TEN_FAULTS, everything, listed

pytestmark = pytest.mark.django_db
PAGE = "/kantor/pegawai/impor/"


def upload(client: Client, data: bytes) -> tuple[str, str]:
    """(address of the preview, its page)"""
    answer = client.post(PAGE, {"berkas": SimpleUploadedFile("pegawai.csv", data)}, follow=True)
    return answer.request["PATH_INFO"], answer.content.decode()


def shown(page: str) -> str:
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def test_rina_repairs_ten_faults_and_then_confirms(rina: Client) -> None:
    before = everything()
    _, page = upload(rina, listed(*TEN_FAULTS, *GOOD))
    assert "Kesalahan (10)" in page
    assert "NIP tersimpan sebagai angka" in page
    assert everything() == before
    address, page = upload(rina, listed(*GOOD))
    assert "3 baris: 3 orang baru, 0 berubah, 0 berakhir, 0 tetap; 1 unit baru; 0 kesalahan." in page
    assert "Hj. Noor Aini, M.Pd." in page
    assert everything() == before
    done = rina.post(address, {"shown": shown(page)}, follow=True).content.decode()
    assert "Daftar sudah dijalankan." in done
    assert Person.objects.filter(full_name="Siti").exists()


def test_with_faults_nothing_is_done_unless_they_are_left_out(rina: Client) -> None:
    address, page = upload(rina, listed(*TEN_FAULTS, *GOOD))
    before = everything()
    assert rina.post(address, {"shown": shown(page)}).status_code == 400
    assert everything() == before
    assert rina.post(address, {"shown": shown(page), "skip_bad": "on"}).status_code == 302
    assert Person.objects.filter(full_name="Siti").exists()


def test_what_was_not_shown_is_not_done(rina: Client) -> None:
    address, page = upload(rina, listed(*GOOD))
    old = shown(page)
    Person.objects.filter(full_name="Sari Wulandari").update(nip="198001012005011001")
    answer = rina.post(address, {"shown": old})
    assert answer.status_code == 409
    assert "Data pegawai berubah sejak daftar ini ditampilkan" in answer.content.decode()
    assert not Person.objects.filter(full_name="Siti").exists()


def test_a_list_is_carried_out_once_and_its_names_do_not_lie_about(rina: Client) -> None:
    address, page = upload(rina, listed(SITI))
    rina.post(address, {"shown": shown(page)})
    acts = OutboxRow.objects.count()
    assert rina.post(address, {"shown": shown(page)}).status_code == 302
    assert OutboxRow.objects.count() == acts
    assert bytes(StaffUpload.objects.get().data) == b""


def test_somebody_elses_list_is_not_there(rina: Client, wati: Client) -> None:
    address, _ = upload(rina, listed(*GOOD))
    assert wati.get(address).status_code == 403
    upload(rina, listed(SITI))
    assert rina.get(address).status_code == 404


def test_a_name_cannot_become_markup(rina: Client) -> None:
    _, page = upload(rina, listed(SITI.replace("Siti", "Siti <script>alert(1)</script>")))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


# --- finding people ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("sari", "Sari Wulandari"),
        ("WULAN", "Sari Wulandari"),
        ("198804122011012004", "Sari Wulandari"),
        ("19880412", "Sari Wulandari"),
        ("1001", "Sari Wulandari"),
        ("tamban budi", "Budi Rahman"),
        ("puskesmas", "Dewi Lestari"),
    ],
)
def test_people_are_found_by_name_unit_nip_and_number(rina: Client, words: str, found: str) -> None:
    page = rina.get("/kantor/pegawai/", {"cari": words}).content.decode()
    assert found in page
    assert "Joko Prasetyo" not in page


def test_wati_finds_her_units_people_only(wati: Client) -> None:
    assert "Sari Wulandari" in wati.get("/kantor/pegawai/?cari=a").content.decode()
    page = wati.get("/kantor/pegawai/?cari=dewi").content.decode()
    assert "Dewi Lestari" not in page
    assert "Tidak ada yang cocok" in page
    assert wati.get("/kantor/pegawai/1008/").status_code == 404


@pytest.mark.parametrize("words", ["%", "_", "\\", "'; drop table people_person; --", "\0", "a " * 500, "9" * 300])
def test_odd_words_find_nobody_and_break_nothing(rina: Client, words: str) -> None:
    assert rina.get("/kantor/pegawai/", {"cari": words, "halaman": "x", "unit": "9" * 40}).status_code == 200


def test_a_second_page_keeps_what_was_searched(rina: Client) -> None:
    for number in range(6_001, 6_061):
        Assignment.objects.create(
            person=Person.objects.create(number=number, full_name=f"Zainal {number}", employment="pns"),
            unit_id=3,
            from_date=date(2026, 1, 1),
            recorded_at_ms=0,
        )
    page = rina.get("/kantor/pegawai/?cari=zainal").content.decode()
    assert "60 orang" in page
    assert "cari=zainal&amp;halaman=2" in page
    assert "Zainal 6060" in rina.get("/kantor/pegawai/?cari=zainal&halaman=2").content.decode()
    found = rina.get("/kantor/pegawai/?cari=Zainal+6033").content.decode()
    assert "Zainal 6033" in found
    assert "1 orang" in found, "a number that is part of a name finds it"
    assert "Zainal 6033" in rina.get("/kantor/pegawai/?cari=Zainal+033").content.decode()


def test_the_card_shows_log_ins_to_those_who_answer_for_them_only(rina: Client, wati: Client) -> None:
    card = rina.get("/kantor/pegawai/1004/").content.decode()
    assert "Kepala unit" in card
    assert "hasan" in card
    assert "Kepala unit" not in wati.get("/kantor/pegawai/1004/").content.decode()
