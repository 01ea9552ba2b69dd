"""That a law is borrowed, and that a calendar is not decreed, stands where people read what they lose by it."""

from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from hadir.office.duties.calendar_notes import calendar_notes
from hadir.office.duties.kinds import DutyLaw, Ramadan
from hadir.office.excuses.kinds import OUTAGE_BASIS
from hadir.office.judging.judging import JudgeContext
from hadir.rules.case_file import OUTAGE_ARTICLE
from hadir.texts import LANGS, Lang
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import LINA, TUESDAY, drafted, enact, unit
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

BORROWED = {"id": "Pinjaman dari Permentan 68/2012", "en": "Borrowed from Permentan 68/2012"}


@pytest.fixture
def own_law(context: JudgeContext) -> None:
    """The regency is judged by its own set, which borrows the table."""
    enact(drafted(DutyLaw(duty="office-5-day", policy="batola"), date(2026, 11, 21)), at(8, 0, day=20), also=LINA)


@pytest.fixture
def late_morning(own_law: None, morning: Morning, clock: Callable[[int], None]) -> Morning:
    """Sari comes twelve minutes late, and goes."""
    morning.tap(demo.SARI, "in", at(7, 42))
    morning.tap(demo.SARI, "out", at(16, 5))
    clock(at(23, 30))
    morning.follow(at(23, 30))
    return morning


def page(client: Client, path: str, lang: Lang = "id") -> str:
    client.cookies["hadir_bahasa"] = lang
    answer = client.get(f"/kantor/{path}")
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


@pytest.mark.parametrize("lang", LANGS)
def test_a_persons_day_says_once_that_its_table_is_borrowed(late_morning: Morning, wati: Client, lang: Lang) -> None:
    text = page(wati, f"orang/{demo.SARI}/{TUESDAY}/", lang)
    assert text.count(BORROWED[lang]) == 1
    assert "/kantor/aturan/peraturan/batola/" in text


@pytest.mark.parametrize("lang", LANGS)
def test_a_persons_month_says_that_its_tables_are_borrowed(late_morning: Morning, wati: Client, lang: Lang) -> None:
    assert page(wati, f"bulan/{demo.SCHOOL}/2026-11/orang/{demo.SARI}/", lang).count(BORROWED[lang]) == 1


def test_the_law_lists_what_is_borrowed_and_where_it_comes_from(own_law: None, joko: Client) -> None:
    text = page(joko, f"aturan/peraturan/batola/?tanggal={TUESDAY}")
    head, _, listed = text.partition('id="dasar"')
    borrowed, _, others = listed.partition("</details>")
    assert head
    assert "Pinjaman dari peraturan pemerintah lain" in borrowed
    assert "TL1" in borrowed
    assert "Perbup Barito Kuala" not in borrowed
    assert "Ketentuan Hadir" in others
    assert "ketentuan pinjaman" in page(joko, f"aturan/unit/{demo.REGENCY}/")


def test_what_nobody_knows_of_the_free_days_is_said(context: JudgeContext) -> None:
    assert calendar_notes([date(2031, 5, 6)], "id", None) == [
        "Hari libur tahun 2031 belum diketahui, jadi hasilnya belum diputuskan dan tidak ada potongan."
    ]
    assert calendar_notes([TUESDAY], "id", None) == []
    ramadan = calendar_notes([date(2027, 2, 17)], "id", None)
    assert ramadan == ["Awal dan akhir Ramadan masih sementara: baru hasil hitungan, belum diumumkan."]


def test_a_day_and_a_month_outside_every_calendar_say_so(context: JudgeContext, wati: Client) -> None:
    for path in (
        f"hari-ini/{demo.SCHOOL}/?tanggal=2031-05-06",
        f"orang/{demo.SARI}/bulan/2031-05/",
        f"bulan/{demo.SCHOOL}/2031-05/",
    ):
        assert "Hari libur tahun 2031 belum diketahui" in page(wati, path), path


def test_the_form_that_a_head_signs_says_so_at_its_foot(late_morning: Morning, rina: Client) -> None:
    path = f"/kantor/bulan/{demo.SCHOOL}/2026-11/rekap"
    pages = PdfReader(BytesIO(rina.get(f"{path}.pdf").content)).pages
    words = " ".join("".join(page.extract_text() for page in pages).split())
    assert BORROWED["id"] in words
    law = "Dasar potongan, Kabupaten Barito Kuala (Perbup 43/2019, kehadiran 40 %): "
    taken = words.partition(law)[2].partition(" Pinjaman")[0]
    assert "TL1 0,50 % (Permentan 68/2012, tabel pengurangan no. 2)" in taken, "what was taken, and by which article"
    assert "TL2" not in taken, "and nothing that nobody met"
    book = load_workbook(BytesIO(rina.get(f"{path}.xlsx").content))
    cells = [str(cell) for sheet in book.worksheets for line in sheet.iter_rows(values_only=True) for cell in line]
    assert any(cell.startswith(BORROWED["id"]) for cell in cells)


def test_an_act_that_says_when_ramadan_is_ends_the_waiting_for_it(context: JudgeContext) -> None:
    enact(drafted(Ramadan(), date(2027, 2, 9), date(2027, 3, 11)), at(8, 0, day=20))
    assert calendar_notes([date(2027, 2, 17)], "id", unit(demo.SCHOOL)) == []
    assert calendar_notes([date(2031, 5, 6)], "id", unit(demo.SCHOOL)), "and no other"


def test_an_outage_rests_on_no_other_governments_regulation_unless_somebody_types_it() -> None:
    assert OUTAGE_BASIS == OUTAGE_ARTICLE
