"""The regional form, opened again: every cell of the workbook and the text of the PDF against the recap."""

import re
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from hadir.config import shipped
from hadir.office.excuses.kinds import ExcuseState, Scope
from hadir.office.excuses.models import Excuse, ExcusedPerson
from hadir.office.ground.ranks import rank_text
from hadir.office.month_pages.actions import set_letters
from hadir.office.month_pages.columns import columns, present_shown
from hadir.office.month_pages.paper import paper_of
from hadir.office.month_pages.plots import letter_on
from hadir.office.month_pages.xlsx import HEAD_ROW
from hadir.office.months.following import put_lines
from hadir.office.months.lines import LineRow
from hadir.office.months.models import Closing, DayLine
from hadir.office.people.models import Career, CareerKind, Person
from hadir.office.roles import ActBy
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_months import ABSENT, NOVEMBER, RINA, close, in_december, lines, november, school

__all__ = ["november"]

pytestmark = pytest.mark.django_db

PATH = f"/kantor/bulan/{demo.SCHOOL}/2026-11/rekap"
WHO = 4
"""Columns that stand on both tables."""
A4, F4 = (841.89, 595.28), (935.43, 609.45)


def sheet_rows(client: Client) -> tuple[list[str], list[list[object]]]:
    """The table of dates and that of sums, side by side."""
    book = load_workbook(BytesIO(client.get(f"{PATH}.xlsx").content))
    count = len(school().rows)
    tables = []
    for sheet, skipped in zip(book.worksheets[:2], (0, WHO), strict=True):
        rows = [[cell.value for cell in row][skipped:] for row in sheet.iter_rows(min_row=HEAD_ROW)]
        tables.append(rows[: count + 1])
    heads, *rows = [[*daily, *sums] for daily, sums in zip(*tables, strict=True)]
    return [str(one) for one in heads], rows


def pdf_text(client: Client, query: str = "") -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(client.get(f"{PATH}.pdf{query}").content)).pages)


def test_every_cell_of_the_workbook_is_the_recaps(november: Morning, rina: Client) -> None:
    sari = {"person_id": demo.SARI, "from_date": date(2026, 1, 1), "recorded_at_ms": at(6, 0)}
    Career.objects.create(kind=CareerKind.RANK, value="III/a", **sari)
    Career.objects.create(kind=CareerKind.POSITION, value="Guru Ahli Pertama", **sari)
    month = school()
    found = columns(shipped("policies"), month, {})
    heads, rows = sheet_rows(rina)
    assert heads[:WHO] == ["No", "Nama", "NIP", "Unit"]
    for number, (row, cells) in enumerate(zip(month.rows, rows, strict=True), start=1):
        expected: list[object] = [number, row.name, row.nip or None, row.unit.name]
        expected += [letter_on(row, day, {}) or None for day in month.days]
        expected += [rank_text(row.rank) or None, row.position or None]
        for column in found:
            expected += [column.value(row), *([column.minutes(row)] if column.minutes else [])]
        assert [_plain(cell) for cell in cells[:-1]] == [_plain(value) for value in expected], row.name

    begin = WHO + len(month.days)
    standing = {tuple(cells[begin : begin + 2]) for cells in rows if cells[begin]}
    assert standing == {("Penata Muda, III/a", "Guru Ahli Pertama")}
    assert "Guru Ahli Pertama, Penata Muda, III/a" in " ".join(pdf_text(rina).split())


def test_the_workbook_has_sums_and_folds_away_what_nobody_has(november: Morning, rina: Client) -> None:
    sheet = load_workbook(BytesIO(rina.get(f"{PATH}.xlsx").content)).worksheets[1]
    rows = school().rows
    place = {cell.value: cell for cell in sheet[HEAD_ROW]}
    under = {head: sheet.cell(HEAD_ROW + len(rows) + 1, cell.column).value for head, cell in place.items()}
    hidden = {head for head, cell in place.items() if sheet.column_dimensions[cell.column_letter].hidden}
    assert under["Nama"] == "Jumlah"
    assert under["HK"] == sum(row.recap.work_days for row in rows) > 0
    assert under["TL1 menit"] == sum(row.recap.late["TL1"].minutes for row in rows if "TL1" in row.recap.late) > 0
    assert under["% potongan"] is None
    assert {"TL4", "TL4 menit", "CLTN", "Jabatan"} <= hidden
    assert not {"HK", "TL1", "TL1 menit", "NIP", "Penyesuaian", "% potongan"} & hidden


def test_each_sheet_prints_readably(november: Morning, rina: Client) -> None:
    """Landscape on the paper asked for, the heads and names on every page, and never so many columns on one."""
    for query, paper in (("", "9"), ("?kertas=f4", "14"), ("?kertas=a3", "9")):
        book = load_workbook(BytesIO(rina.get(f"{PATH}.xlsx{query}").content))
        for sheet in book.worksheets:
            setup = sheet.page_setup
            assert (setup.orientation, str(setup.paperSize), setup.fitToHeight) == ("landscape", paper, 0), sheet.title
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            shown = [one.width for one in sheet.column_dimensions.values() if not one.hidden]
            assert sum(shown) / setup.fitToWidth <= 180, sheet.title
        for sheet in book.worksheets[:2]:
            assert (sheet.print_title_rows, sheet.print_title_cols) == ("$1:$5", "$A:$B")


def _plain(value: object) -> object:
    """Spreadsheets know one kind of number."""
    return value if value is None or isinstance(value, str) else float(str(value))


def test_a_name_that_begins_like_a_formula_stays_a_name(november: Morning, rina: Client) -> None:
    Person.objects.filter(number=demo.SARI).update(full_name='=HYPERLINK("x")')
    book = load_workbook(BytesIO(rina.get(f"{PATH}.xlsx").content))
    cells = [row[1] for row in book.worksheets[0].iter_rows(min_row=HEAD_ROW)]
    assert {one.data_type for one in cells if str(one.value).startswith("=")} == {"s"}


def test_the_pdf_says_what_the_recap_says(november: Morning, rina: Client) -> None:
    told = pdf_text(rina)
    for row in school().rows:
        assert row.name in told
        shown = f"{row.settlement.of_allowance:.2f}".replace(".", ",")
        assert not row.settlement.of_allowance or shown in told
    assert "1/12" in told, "Sari: once late, twelve minutes"
    for words in ("REKAPITULASI KEHADIRAN PEGAWAI", "Mengetahui,", "Pimpinan SDN Tamban 3", "Hasan Basri, M.Pd.",
                  "NIP 197202171998031002", "Operator Unit Kerja", "SEMENTARA"):  # fmt: skip
        assert words in told


def test_the_head_signs_with_the_position_that_the_register_says(november: Morning, rina: Client) -> None:
    Career.objects.create(
        person_id=demo.HASAN, kind=CareerKind.POSITION, value="Kepala Sekolah Ahli Madya",
        from_date=date(2026, 1, 1), recorded_at_ms=1,
    )  # fmt: skip
    told = pdf_text(rina)
    assert "Kepala Sekolah Ahli Madya" in told
    assert "Pimpinan SDN" not in told


def test_undecided_days_stand_by_name_above_the_signature(november: Morning, rina: Client) -> None:
    line = "permentan-68-2012|MD|undecided|0|none||undecided,,0,0,,|undecided,,0,0,,|"
    lines(demo.BUDI, 1, line, "undecided")
    close(NOVEMBER, in_december(1))
    told = pdf_text(rina)
    place = told.index("Budi Rahman, M.Pd. · 1 November 2026")
    assert "paling lambat" in told[place : place + 80]
    assert place < told.index("Mengetahui,")


@pytest.mark.parametrize(("paper", "size"), [("a4", A4), ("f4", F4)])
def test_the_form_is_landscape_on_either_paper(
    november: Morning, rina: Client, paper: str, size: tuple[float, float]
) -> None:
    box = PdfReader(BytesIO(rina.get(f"{PATH}.pdf", {"kertas": paper}).content)).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(size, abs=0.1)


def test_a_closed_month_is_printed_with_its_reference_and_the_same_for_ever(november: Morning, rina: Client) -> None:
    close(NOVEMBER, in_december(1))
    before = rina.get(f"{PATH}.pdf").content
    set_letters(letters={"H": "HD", "TK": "A"}, by=ActBy(RINA, in_december(2), "SE Bupati."))
    november.tap(demo.SARI, "in", at(7, 20, day=26), received_ms=in_december(2))
    november.follow(in_december(2) + 60_000)
    assert rina.get(f"{PATH}.pdf").content == before
    assert Closing.objects.get().ref in pdf_text(rina)


def test_the_regions_letters_are_printed(november: Morning, rina: Client) -> None:
    set_letters(letters={"H": "HD", "TL1": "T1"}, by=ActBy(RINA, in_december(1), "SE Bupati."))
    told = pdf_text(rina)
    heads, rows = sheet_rows(rina)
    assert {"HD", "T1"} <= set(heads)
    assert any("HD" in row for row in rows)
    assert "HD" in told


def test_a_note_that_waits_stands_on_the_paper_that_a_head_signs(november: Morning, rina: Client) -> None:
    """A sick note that nobody has decided yet: without it the form would call the person absent, and no more."""
    sari = Person.objects.get(number=demo.SARI)
    excuse = Excuse.objects.create(
        kind="S", scope=Scope.PEOPLE, from_ms=at(0, 0, day=26), until_ms=at(0, 0, day=27), is_whole_days=True,
        document="445/12", basis="x", state=ExcuseState.PROPOSED, entered_at_ms=at(8, 0, day=26),
        entered_by_id=demo.WATI,
    )  # fmt: skip
    ExcusedPerson.objects.create(excuse=excuse, person=sari)
    month = school()
    paper = paper_of(month, month.rows, letters={}, policies=shipped("policies"), lang="id", now_ms=at(9, 0, day=30))
    told = next(row.remarks for row in paper.rows if row.row.person == demo.SARI)
    note = f"keterangan {excuse.ref} (26 November 2026) menunggu keputusan"
    assert told.endswith(note)
    assert ("Keterangan yang belum diputuskan", [f"{sari.titled_name} · {note}"]) in paper.sections
    assert "Keterangan yang belum diputuskan" in pdf_text(rina)
    book = load_workbook(BytesIO(rina.get(f"{PATH}.xlsx").content))
    assert f"{sari.titled_name} · {note}" in [row[0].value for row in book["Menunggu keterangan"].iter_rows()]
    page = rina.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/").content.decode()
    assert f"Keterangan {excuse.ref} (26 November 2026) menunggu keputusan" in page


UNDECIDED = "permentan-68-2012|MD|undecided|0|none||undecided,,0,0,,|undecided,,0,0,,|"


def test_no_percentage_of_presence_is_shown_where_no_day_has_evidence(november: Morning, rina: Client) -> None:
    """All work days undecided, or no work day at all: neither 100 nor 0 per cent can be said."""
    for person in (demo.BUDI, demo.WATI):
        DayLine.objects.filter(person=person).delete()
    lines(demo.BUDI, 3, UNDECIDED, "undecided")
    month = school()
    rows = {row.person: row for row in month.rows}
    assert rows[demo.BUDI].recap.work_days == len(rows[demo.BUDI].recap.undecided) == 3
    assert rows[demo.WATI].recap.work_days == 0
    assert [present_shown(rows[person]) for person in (demo.BUDI, demo.WATI)] == [None, None]
    assert present_shown(rows[demo.SARI]) == rows[demo.SARI].settlement.present_percent

    heads, cells = sheet_rows(rina)
    place = heads.index("% hadir")
    found = {row.person: values[place] for row, values in zip(month.rows, cells, strict=True)}
    assert (found[demo.BUDI], found[demo.WATI]) == (None, None)
    assert found[demo.SARI] is not None
    paper = paper_of(month, month.rows, letters={}, policies=shipped("policies"), lang="id", now_ms=at(9, 0, day=30))
    sums = {row.row.person: row.sums[paper.heads.index("% hadir")] for row in paper.rows}
    assert (sums[demo.BUDI], sums[demo.WATI]) == ("", "")

    path = f"/kantor/bulan/{demo.SCHOOL}/2026-11/"
    told = rina.get(path).content.decode().partition("Budi Rahman")[2].partition("</tr>")[0]
    assert 'data-label="% hadir">\N{EN DASH}</td>' in told
    told = rina.get(f"{path}orang/{demo.BUDI}/").content.decode()
    assert '<dt>% hadir</dt><dd class="num">\N{EN DASH}' in told


def test_a_percentage_stands_in_the_workbook_as_it_is_printed(november: Morning, rina: Client) -> None:
    """20 of 21 days are 95.24 per cent. A float of it has sixteen digits, and a reader saw 95.23999999999999."""
    DayLine.objects.filter(person=demo.BUDI).delete()
    lines(demo.BUDI, 20, UNDECIDED, "undecided")
    absent = LineRow(
        person=demo.BUDI, day=date(2026, 11, 21), unit=demo.SCHOOL, status="absent", line=ABSENT, arrival_ms=None,
        version="permentan-68-2012 x y",
    )  # fmt: skip
    put_lines([absent])
    with ZipFile(BytesIO(rina.get(f"{PATH}.xlsx").content)) as book:
        numbers = re.findall("<v>([^<]*)</v>", book.read("xl/worksheets/sheet2.xml").decode())
    assert "95.24" in numbers
    assert not [one for one in numbers if len(one.partition(".")[2]) > 2]
