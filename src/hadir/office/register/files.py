"""Files that people fill in and mend: a sample list, and the rows of a list that were not taken."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from hadir.office.register.plan import Plan
from hadir.office.register.staff_rows import EXAMPLE_NAME
from hadir.texts import Lang, render

FAULT_HEADING = "Kesalahan"
"""No column that the import knows: it passes it over when the file comes back."""
_SAMPLE = {
    "NIP": "198001012005011001",
    "Nama": EXAMPLE_NAME,
    "Gelar depan": "Dra.",
    "Gelar belakang": "M.Pd.",
    "Jenis pegawai": "PNS",
    "Unit": "Dinas Pendidikan > SDN Contoh 1",
    "Atasan": "",
    "Mulai": "01/12/2026",
    "Sampai": "",
    "Hari kerja": "",
    "Pangkat/golongan": "III/a",
    "Jabatan": "Guru Kelas",
}
_WIDTH = 24
_FORMULA_BEGINS = frozenset("=+-@\t\r")


def sample_list(kind: str, helps: Sequence[str], lang: Lang) -> bytes:
    """A list with its headings and one row that shows how; in a workbook a second sheet says what each column means."""
    rows = [list(_SAMPLE), list(_SAMPLE.values())]
    if kind == "csv":
        return _csv(rows)
    book = _book(rows)
    told = book.create_sheet(render("register.template_help", lang))
    told.column_dimensions["A"].width = 4 * _WIDTH
    _write(told, [[render(code, lang)] for code in helps])
    return _bytes(book)


def faulty_rows(plan: Plan, kind: str, lang: Lang) -> bytes:
    """The rows that are not taken, as they were written, each with what is wrong, to be mended and brought again."""
    wrong: dict[int, list[str]] = defaultdict(list)
    for cell in plan.bad:
        said = render(cell.code, lang, cell.params)
        wrong[cell.row].append(f"{render(f'register.column.{cell.column}', lang)}: {said}")
    kept = [place for place, head in enumerate(plan.table.headings) if head.strip() != FAULT_HEADING]
    with_others = render("register.with_others", lang)
    rows = [[*(plan.table.headings[place] for place in kept), FAULT_HEADING]]
    for row in plan.table.rows:
        if row.number in plan.left_out:
            cells = [row.written[place] if place < len(row.written) else "" for place in kept]
            rows.append([*cells, "; ".join(wrong[row.number]) or with_others])
    return _csv(rows) if kind == "csv" else _bytes(_book(rows))


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    """As spreadsheets here write it: semicolons, and a mark that says UTF-8. Nothing becomes a formula."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([[_plain(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> str:
    return f"'{cell}" if cell[:1] in _FORMULA_BEGINS and len(cell) > 1 else cell


def _book(rows: Sequence[Sequence[str]]) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    _write(sheet, rows)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for place in range(len(rows[0])):
        sheet.column_dimensions[get_column_letter(place + 1)].width = _WIDTH
    return book


def _write(sheet: Worksheet, rows: Sequence[Sequence[str]]) -> None:
    """All of it text: a NIP keeps its eighteen digits, a name that begins like a formula stays a name."""
    for line, row in enumerate(rows, 1):
        for place, text in enumerate(row, 1):
            cell = sheet.cell(line, place)
            cell.value = text
            cell.data_type = "s"
            cell.number_format = "@"


def _bytes(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
