"""A table out: CSV or a workbook, in which every text stays a text and a NIP keeps its eighteen digits."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

FILE_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "txt": "text/plain; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WIDTH = 24
_TITLE_LENGTH_MAX = 31
_FORMULA_BEGINS = frozenset("=+-@\t\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOut:
    """A sheet of a workbook; its first row are the headings, unless it has none."""

    rows: Sequence[Sequence[object]]
    title: str = ""
    widths: Sequence[int] = ()
    """Of the columns from the first on; the others are `WIDTH` wide."""
    has_heads: bool = True
    frozen: str = "A2"
    is_text: bool = False
    """Whether also what people fill in is text."""


def csv_file(rows: Iterable[Sequence[object]]) -> bytes:
    """As spreadsheets here write it: semicolons, and a mark that says UTF-8. Nothing becomes a formula."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([_plain(cell) for cell in row] for row in rows)
    return f"\ufeff{out.getvalue()}".encode()


def _plain(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in _FORMULA_BEGINS and len(cell) > 1 else cell


def xlsx_file(*sheets: SheetOut) -> bytes:
    """The bytes of a workbook. Numbers and dates are what they are."""
    book = Workbook(write_only=True)
    for one in sheets:
        sheet = book.create_sheet(one.title[:_TITLE_LENGTH_MAX] or None)
        for place in range(max(map(len, one.rows), default=0)):
            column = sheet.column_dimensions[get_column_letter(place + 1)]
            column.width = one.widths[place] if place < len(one.widths) else WIDTH
            if one.is_text:
                column.number_format = "@"
        if one.has_heads:
            sheet.freeze_panes = one.frozen
        for line, row in enumerate(one.rows):
            sheet.append([_cell(sheet, value, is_bold=one.has_heads and not line) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Any, *, is_bold: bool) -> Any:  # noqa: ANN401 - openpyxl's sheets and cells
    cell: Any = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # A name that begins like a formula stays a name.
        cell.number_format = "@"
    if is_bold:
        cell.font = Font(bold=True)
    return cell


def table_file(kind: str, *sheets: SheetOut) -> bytes:
    """The first sheet as CSV, or all of them as a workbook."""
    return csv_file(sheets[0].rows) if kind == "csv" else xlsx_file(*sheets)


def download(data: bytes, name: str, kind: str) -> HttpResponse:
    """A file that a browser keeps as `name.kind`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return HttpResponse(data, content_type=FILE_TYPES[kind], headers=headers)
