"""Lists as people bring them: under a title, for a day to come, with the same person twice, three hundred rows long."""

import csv
import io
from datetime import date

import pytest
from django.test import Client
from openpyxl import load_workbook

from hadir.office.people.models import Assignment, Person
from hadir.office.register.models import StaffUpload
from hadir.office.register.plan import Outcome
from hadir.office.register.staff_rows import EXAMPLE_NAME
from hadir.office.tables.table import TableFault, TableRefusedError
from hadir.office.worker import UPLOADS_KEPT_MS, forget_uploads
from tests.office.conftest import JudgeContext
from tests.office.test_days import text_of
from tests.office.test_register import HEAD, NOOR, RUDI, as_xlsx, bring, listed, look, person
from tests.office.test_register_pages import PAGE, shown, upload

pytestmark = pytest.mark.django_db

TITLES = ("DAFTAR PEGAWAI, KECAMATAN TAMBAN", "Keadaan: November 2026, menurut unit", "")
NOOR_NIP = "198001012005011001"


@pytest.fixture(autouse=True)
def _installed(context: JudgeContext) -> None:
    """The demo unit at 08:12."""


@pytest.mark.parametrize("as_file", [lambda data: data, as_xlsx], ids=["csv", "xlsx"])
def test_titles_above_the_headings_are_passed_over_and_the_page_says_so(rina: Client, as_file: object) -> None:
    data = as_file("".join(f"{row}\r\n" for row in (*TITLES, HEAD, NOOR)).encode())  # type: ignore[operator]
    plan = look(data)
    assert (plan.table.head, plan.rows, plan.bad) == (4, 1, ())
    assert "Judul kolom diambil dari baris 4." in upload(rina, data)[1]


def test_a_list_with_semicolons_under_a_title_with_commas_is_read() -> None:
    rows = (TITLES[0], HEAD.replace(",", ";"), NOOR.replace(",", ";"))
    assert look("".join(f"{row}\r\n" for row in rows).encode()).count(Outcome.NEW) == 1


def test_an_empty_first_day_moves_nobodys_start() -> None:
    bring(listed(NOOR.replace("2026-01-01", "2026-12-01")))
    assert look(listed(NOOR.replace("2026-01-01", ""))).is_empty
    bring(listed(NOOR.replace("2026-01-01", "")))
    assert Assignment.objects.current().get(person=person(NOOR_NIP)).from_date == date(2026, 12, 1)


def test_a_start_that_moves_is_shown_with_both_days(rina: Client) -> None:
    bring(listed(NOOR.replace("2026-01-01", "2026-12-01")))
    page = text_of(upload(rina, listed(NOOR.replace("2026-01-01", "2026-11-25")))[1])
    assert "(mulai 1 Desember 2026) → Dinas Pendidikan &gt; SDN Baru 1 (mulai 25 November 2026)" in page


def test_a_retirement_looks_like_an_end_and_not_like_a_move(rina: Client) -> None:
    bring(listed(NOOR))
    page = text_of(upload(rina, listed(NOOR.replace("2026-01-01,,", "2026-01-01,2026-12-01,")))[1])
    assert "Unit induk: SDN Baru 1 berakhir: hari terakhir 30 November 2026" in page
    assert "→" not in page


def test_one_nip_in_two_rows_is_told_with_the_nip_and_both_rows(rina: Client) -> None:
    page = text_of(upload(rina, listed(NOOR, RUDI, NOOR.replace("Noor", "Nor")))[1])
    assert f"4 NIP {NOOR_NIP} juga tertulis di baris 2, dengan data yang lain" in page
    page = text_of(upload(rina, listed(NOOR, NOOR))[1])
    assert f"3 Mulai {NOOR_NIP} punya dua unit induk pada waktu yang sama, di baris ini dan baris 2" in page


def long_list() -> list[str]:
    """Three hundred people; every tenth has a NIP that is too short."""
    rows = []
    for number in range(300):
        nip = f"19900101201501{number:04}"[: 18 if number % 10 else 17]
        rows.append(f"{nip},Pegawai {number:03},,,PNS,Dinas Pendidikan > SDN Baru 1,,2026-12-01,,")
    return rows


def faulty_file(client: Client, address: str) -> bytes:
    answer = client.get(f"{address}salah/")
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    return answer.content


def test_three_hundred_rows_come_back_as_thirty_to_mend(rina: Client) -> None:
    address, page = upload(rina, listed(*long_list()))
    assert "Kesalahan (30)" in page
    rows = list(csv.DictReader(io.StringIO(faulty_file(rina, address).decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 30
    assert rows[0]["Kesalahan"] == "NIP: NIP harus 18 angka dan dimulai dengan tanggal lahir"
    assert rina.post(address, {"shown": shown(page), "skip_bad": "on"}).status_code == 302
    for row in rows:
        row["NIP"] += "0"
    mended = io.StringIO()
    writer = csv.DictWriter(mended, rows[0].keys(), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    address, page = upload(rina, mended.getvalue().encode())
    assert "30 baris: 30 orang baru" in page
    assert rina.post(address, {"shown": shown(page)}).status_code == 302
    assert Person.objects.filter(full_name__startswith="Pegawai ").count() == 300


def test_the_faulty_rows_can_be_fetched_after_the_others_were_taken_too(rina: Client) -> None:
    """Whoever has taken the good rows over still has thirty people to mend; the rest of the file is gone."""
    address, page = upload(rina, listed(*long_list()))
    before = faulty_file(rina, address)
    done = rina.post(address, {"shown": shown(page), "skip_bad": "on"}, follow=True).content.decode()
    assert "30 baris tidak diambil." in text_of(done)
    assert f'href="{address}salah/"' in done
    assert faulty_file(rina, address) == before
    kept = StaffUpload.objects.get()
    assert b"Pegawai 001" not in bytes(kept.data), "who was taken over stands in the register"
    rina.post("/kantor/bahasa/", {"bahasa": "en", "next": "/kantor/"})
    assert "30 rows were not taken." in text_of(rina.get(f"{PAGE}?selesai={kept.pk}").content.decode())
    assert b"NIP: a NIP has 18 digits" in faulty_file(rina, address)
    rina.post("/kantor/bahasa/", {"bahasa": "id", "next": "/kantor/"})

    second, page = upload(rina, listed(NOOR))
    assert rina.get(f"{address}salah/").status_code == 404, "it goes when another list comes"
    assert f"{address}salah/" not in rina.get(PAGE).content.decode()
    done = rina.post(second, {"shown": shown(page)}, follow=True).content.decode()
    assert "/salah/" not in done
    assert rina.get(f"{second}salah/").status_code == 404
    assert not any(bytes(row.data) for row in StaffUpload.objects.all())


@pytest.mark.parametrize("is_carried_out", [True, False])
def test_lists_that_nobody_carries_out_or_mends_are_gone_after_a_week(rina: Client, *, is_carried_out: bool) -> None:
    """They are full of names. The office's worker forgets them."""
    address, page = upload(rina, listed(*long_list()))
    if is_carried_out:
        rina.post(address, {"shown": shown(page), "skip_bad": "on"})
    gone_ms = StaffUpload.objects.get().at_ms + UPLOADS_KEPT_MS
    forget_uploads(gone_ms - 1)
    assert rina.get(f"{address}salah/").status_code == 200
    forget_uploads(gone_ms)
    assert rina.get(f"{address}salah/").status_code == 404
    assert not any(bytes(row.data) for row in StaffUpload.objects.all())
    assert "/salah/" not in rina.get(PAGE).content.decode()


def test_a_workbook_comes_back_as_a_workbook_with_whole_numbers(rina: Client) -> None:
    second = NOOR.replace("2026-01-01,,", "31/02/2027,,")
    first = NOOR.replace("2026-01-01,,", "2026-01-01,2027-01-01,")
    address, _ = upload(rina, as_xlsx(listed(first, RUDI.replace(f"2026-01-01,,{NOOR_NIP}", "2026-01-01,,"), second)))
    sheet = load_workbook(io.BytesIO(faulty_file(rina, address))).worksheets[0]
    told = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row[0] for row in told] == ["NIP", NOOR_NIP]
    assert told[1][-1] == "Mulai: tanggal: tulis seperti 24/11/2026 (tanggal, bulan, tahun)"
    again = look(faulty_file(rina, address))
    assert [cell.column for cell in again.bad] == ["from"], "the column of faults is passed over"


@pytest.mark.parametrize(
    "cell",
    ['"' + "x" * 200_000 + '"', "x" * 200_000, '"never closed', '"closed" too early'],
    ids=["long", "bare", "open", "early"],
)
def test_a_cell_that_ends_the_list_is_named_by_its_row_and_column(rina: Client, cell: str) -> None:
    with pytest.raises(TableRefusedError) as refused:
        look(listed(NOOR, f"198001012005011002,{cell},,,PNS,Dinas Pendidikan,,,,"))
    assert (refused.value.fault, refused.value.row, refused.value.column) == (TableFault.BROKEN, 3, "Nama")
    data = listed(NOOR, f'198001012005011002,"a, ""b""",,{cell},PNS,Dinas Pendidikan,,,,')
    page = text_of(upload(rina, data)[1])
    assert "Sampai baris 2 masih terbaca. Periksa baris 3, kolom Gelar belakang." in page
    rina.cookies["hadir_bahasa"] = "en"
    assert "Look at row 3, column Gelar belakang." in text_of(upload(rina, data)[1])


def test_the_sample_is_read_and_its_row_is_nobody(rina: Client) -> None:
    page = rina.get(PAGE).content.decode()
    for kind in ("csv", "xlsx"):
        assert f"{PAGE}contoh.{kind}" in page
        data = rina.get(f"{PAGE}contoh.{kind}").content
        plan = look(data)
        assert (plan.rows, plan.people, plan.bad) == (1, (), ())
        assert plan.table.rows[0].cells["name"] == EXAMPLE_NAME
        assert plan.table.rows[0].cells["nip"] == NOOR_NIP, "eighteen digits, as text"
    told = load_workbook(io.BytesIO(data)).worksheets[1]
    assert told["A1"].value == "NIP (boleh kosong)"


def test_a_formula_stays_a_text(rina: Client) -> None:
    address, _ = upload(rina, listed(",=HYPERLINK(1),,,PNS,,,,,"))
    assert ";'=HYPERLINK(1);" in faulty_file(rina, address).decode()


def test_somebody_elses_faulty_rows_are_not_there(rina: Client, wati: Client) -> None:
    address, _ = upload(rina, listed("1,Ani,,,PNS,Dinas Pendidikan,,,,"))
    assert wati.get(f"{address}salah/").status_code == 403
    assert wati.get(f"{PAGE}contoh.csv").status_code == 403
