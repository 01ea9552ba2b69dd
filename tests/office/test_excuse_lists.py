"""Excuses by list: ten faults named with their rows, nothing entered unseen, and the same list twice enters once."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from hadir.office.acts.models import OutboxRow
from hadir.office.excuses.kinds import ExcuseState
from hadir.office.excuses.listed import template_rows
from hadir.office.excuses.models import Excuse, ExcuseUpload
from rehearsal.demo import cast as demo

pytestmark = pytest.mark.django_db

PAGE = "/kantor/keterangan/unit/3/impor/"
HEAD = "NIP;Nomor Hadir;Nama;Jenis;Mulai;Sampai;Jam mulai;Jam selesai;Nomor surat;Dasar;Alasan"
TRAINING = "DL;2026-12-01;2026-12-03;;;ST-101/2026;Surat tugas;Pelatihan"
GOOD = (
    f"198804122011012004;;Sari Wulandari;{TRAINING}",
    f";1101;Ahmad Fauzi;{TRAINING}",
    ";;Aminah;Cuti tahunan;01/12/2026;02/12/2026;;;CT-7;;Cuti",
    ";1103;;I;2026-12-01;;08:00;10:00;;;Mengantar anak",
)
FAULTS = {
    2: ("12345;;Sari;S;2026-12-01;;;;;;Demam", "18 angka"),
    3: ("1.98804E+17;;Sari;S;2026-12-01;;;;;;Demam", "tersimpan sebagai angka"),
    4: (";1008;Dewi Lestari;S;2026-12-01;;;;;;Demam", "tidak ada di unit ini"),
    5: (";1001;Joko Prasetyo;S;2026-12-01;;;;;;Demam", "namanya lain"),
    6: (";1101;;Malas;2026-12-01;;;;;;Demam", "jenis tidak dikenal"),
    7: (";1101;;S;31/02/2026;;;;;;Demam", "tidak dapat dibaca"),
    8: (";1101;;S;2026-12-05;2026-12-01;;;;;Demam", "setelah awal"),
    9: (";1101;;S;2026-12-01;;08:00;;;;Demam", "Isi jam mulai dan jam selesai"),
    10: (";1101;;S;2026-12-01;;;;;;", "perlu diisi"),
    11: (";1003;Wati Kusuma;S;2026-12-01;;;;;;Demam", "diri"),
}


def upload(client: Client, data: bytes, name: str = "keterangan.csv") -> tuple[str, str]:
    """(address of the preview, its page)"""
    answer = client.post(PAGE, {"berkas": SimpleUploadedFile(name, data)}, follow=True)
    return answer.request["PATH_INFO"], answer.content.decode()


def listed(*rows: str) -> bytes:
    return "\n".join((HEAD, *rows)).encode()


def shown(page: str) -> str:
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def test_ten_faults_are_named_with_their_rows_and_nothing_is_entered(wati: Client) -> None:
    _, page = upload(wati, listed(*(row for row, _ in FAULTS.values()), *GOOD))
    assert "Kesalahan (10)" in page
    for number, (_, why) in FAULTS.items():
        line = re.search(rf"<tr><td class=\"time num\"[^>]*>{number}</td>.*?</tr>", page)
        assert line, number
        assert why in line[0], (number, line[0])
    assert not Excuse.objects.exists()


def test_rows_that_say_the_same_become_one_excuse_with_the_life_of_a_typed_one(
    wati: Client, hasan: Client, rina: Client
) -> None:
    address, page = upload(wati, listed(*GOOD))
    assert "4 baris: 3 keterangan baru untuk 4 orang, 0 sudah tercatat, 0 kesalahan." in page
    done = wati.post(address, {"shown": shown(page)}, follow=True).content.decode()
    assert "3 keterangan dicatat dari daftar" in done
    training = Excuse.objects.get(kind="DL")
    assert sorted(training.people.values_list("person", flat=True)) == [demo.SARI, 1101]
    assert set(Excuse.objects.values_list("state", flat=True)) == {ExcuseState.PROPOSED}
    assert Excuse.objects.get(kind="I").is_whole_days is False
    assert OutboxRow.objects.filter(act="excuse.enter").count() == 3
    assert hasan.post(f"/kantor/keterangan/{training.number}/akui/", {"reason": "Benar."}).status_code == 302
    assert wati.post(f"/kantor/keterangan/{training.number}/setujui/", {"reason": "x"}).status_code == 403
    assert rina.post(f"/kantor/keterangan/{training.number}/setujui/", {"reason": "Sah."}).status_code == 302


def test_the_same_list_again_enters_nothing(wati: Client) -> None:
    address, page = upload(wati, listed(*GOOD))
    wati.post(address, {"shown": shown(page)})
    _, page = upload(wati, listed(*GOOD))
    assert "0 keterangan baru untuk 0 orang, 4 sudah tercatat" in page
    assert "Semua baris sudah tercatat" in page
    assert wati.post(address, {"shown": "0" * 64}).status_code == 302, "an old preview is over"
    assert Excuse.objects.count() == 3


def test_a_row_twice_in_one_list_is_a_fault(wati: Client) -> None:
    _, page = upload(wati, listed(GOOD[0], GOOD[0]))
    assert "sama dengan baris lain" in page


def test_faulty_rows_are_left_out_only_when_that_is_said(wati: Client) -> None:
    address, page = upload(wati, listed(FAULTS[6][0], *GOOD))
    assert wati.post(address, {"shown": shown(page)}).status_code == 400
    assert not Excuse.objects.exists()
    wati.post(address, {"shown": shown(page), "skip_bad": "on"})
    assert Excuse.objects.count() == 3


def test_what_was_not_shown_is_not_entered(wati: Client) -> None:
    address, page = upload(wati, listed(*GOOD))
    assert wati.post(address, {"shown": shown(page)[::-1]}).status_code == 409
    assert not Excuse.objects.exists()


def test_the_template_can_be_uploaded_as_it_comes(wati: Client) -> None:
    for name in ("contoh.xlsx", "contoh.csv"):
        data = wati.get(f"/kantor/keterangan/{name}").content
        _, page = upload(wati, data, name)
        assert "2 baris: 2 keterangan baru untuk 2 orang" in page, name
    sheet = load_workbook(io.BytesIO(wati.get("/kantor/keterangan/contoh.xlsx").content)).worksheets[0]
    assert [cell.value for cell in sheet[1]] == template_rows()[0]
    assert sheet["A2"].number_format == "@"


def test_a_spreadsheets_own_dates_and_times_are_read(wati: Client) -> None:
    from datetime import datetime, time  # noqa: PLC0415 - as openpyxl writes them

    book = Workbook()
    book.worksheets[0].append(["Nomor Hadir", "Jenis", "Mulai", "Sampai", "Jam mulai", "Jam selesai", "Alasan"])
    day = datetime(2026, 12, 1)  # noqa: DTZ001 - spreadsheets know no zone
    book.worksheets[0].append([1101, "I", day, day, time(8), time(10), "Bank"])
    file = io.BytesIO()
    book.save(file)
    _, page = upload(wati, file.getvalue(), "a.xlsx")
    assert "1 keterangan baru untuk 1 orang, 0 sudah tercatat, 0 kesalahan" in page
    assert "1 Desember 2026 pukul 08.00\N{EN DASH}10.00 WITA" in page


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "Daftar kosong"),
        (b"a;b\n1;2\n", "judul kolom"),
        (b"PK\x03\x04broken", "tidak dapat dibuka"),
        (listed(GOOD[0], GOOD[1].replace("Pelatihan", '"Pelatihan')), "Periksa baris 3, kolom Alasan."),
    ],
)
def test_a_file_that_is_none_says_why(wati: Client, data: bytes, why: str) -> None:
    answer = wati.post(PAGE, {"berkas": SimpleUploadedFile("a.csv", data or b"\n")})
    assert answer.status_code == 400
    assert why in answer.content.decode()


def test_somebody_elses_list_is_not_there(wati: Client, hasan: Client, dewi: Client, joko: Client) -> None:
    address, _ = upload(wati, listed(*GOOD))
    assert hasan.get(address).status_code == 404
    assert dewi.get(PAGE).status_code == 404
    assert joko.get(PAGE).status_code == 403
    assert joko.get("/kantor/keterangan/contoh.xlsx").status_code == 403
    assert ExcuseUpload.objects.count() == 1
