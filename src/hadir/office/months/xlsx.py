"""The regional form as a workbook: one sheet with every column, and sheets of what waits and what was adjusted."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from hadir.office.people.ranks import rank_text
from hadir.texts import render as say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from hadir.office.months.paper import Paper, PaperRow

HEAD_ROW = 5
_NAME_WIDTH, _NIP_WIDTH, _RANK_WIDTH, _DAY_WIDTH, _SUM_WIDTH, _REMARK_WIDTH = 32, 21, 24, 4.5, 8, 40
_MAY_BE_EMPTY = (False, False, True, True, True, False)
"""The columns before the days: number, name, NIP, rank, position, unit."""
_LINE = Side(style="thin", color="FF999999")
_GRID = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


def workbook(paper: Paper) -> bytes:
    """The bytes of an .xlsx file. Numbers are numbers; every text is a text, whatever it begins with."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = say("menu.months", paper.lang)[:31]
    for number, text in enumerate((paper.title, paper.subtitle, paper.state), start=1):
        _put(sheet, number, 1, text).font = Font(bold=number == 1)
    _head(sheet, paper)
    for place, row in enumerate(paper.rows, start=HEAD_ROW + 1):
        for column, value in enumerate(_values(row, paper), start=1):
            _put(sheet, place, column, value).border = _GRID
    if paper.rows:
        _sums(sheet, paper, HEAD_ROW + len(paper.rows) + 1)
        _fold_empty(sheet, paper)
    _sign(sheet, paper, HEAD_ROW + len(paper.rows) + 3)
    _list(book, say("months.tab.waiting", paper.lang), paper.waiting)
    _list(book, say("months.column.adjusted", paper.lang), paper.adjustments)
    _set_page(sheet, paper)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def heads(paper: Paper) -> list[str]:
    """The head of each column, a class with its minutes beside it."""
    lang = paper.lang
    found = [say(f"months.column.{name}", lang) for name in ("number",)]
    found += [say("today.column.name", lang), say("months.column.nip", lang)]
    found += [say(f"register.column.{name}", lang) for name in ("rank", "position")]
    found += [say("months.column.unit", lang)]
    found += [str(day.day) for day in paper.days]
    for column, head in zip(paper.columns, paper.heads, strict=True):
        found += [head, f"{head} {say('months.paper.minutes', lang)}"] if column.minutes else [head]
    return [*found, say("months.column.remarks", lang)]


def _values(row: PaperRow, paper: Paper) -> list[Any]:
    who = [row.row.name, row.row.nip, rank_text(row.row.rank), row.row.position, row.row.unit.name]
    found: list[Any] = [row.number, *who, *row.daily]
    for column in paper.columns:
        found.append(column.value(row.row))
        if column.minutes:
            found.append(column.minutes(row.row))
    return [*found, row.remarks]


def _sums(sheet: Worksheet, paper: Paper, place: int) -> None:
    """Below the rows: how often and how many minutes altogether. Percentages have no sum."""
    begin = len(_MAY_BE_EMPTY) + len(paper.days)
    _put(sheet, place, 2, say("months.sums", paper.lang)).font = Font(bold=True)
    for column, values in enumerate(_by_column(paper)[begin:-1], start=begin + 1):
        if all(isinstance(value, int) for value in values):
            cell = _put(sheet, place, column, sum(values))
            cell.font, cell.border = Font(bold=True), _GRID


def _fold_empty(sheet: Worksheet, paper: Paper) -> None:
    """A letter that nobody has is there, and folded away: eighty columns on one page are too small to read."""
    foldable = [*_MAY_BE_EMPTY, *(False for _ in paper.days)]
    for column in paper.columns:
        foldable += [not column.is_text] * (2 if column.minutes else 1)
    for place, (values, may) in enumerate(zip(_by_column(paper), [*foldable, False], strict=True), start=1):
        if may and not any(values):
            sheet.column_dimensions[get_column_letter(place)].hidden = True


def _by_column(paper: Paper) -> list[tuple[Any, ...]]:
    return list(zip(*(_values(row, paper) for row in paper.rows), strict=True))


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> Any:  # noqa: ANN401 - openpyxl's cells
    cell: Any = sheet.cell(row, column)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # A name that begins like a formula must stay a name.
    return cell


def _head(sheet: Worksheet, paper: Paper) -> None:
    for column, text in enumerate(heads(paper), start=1):
        cell = _put(sheet, HEAD_ROW, column, text)
        cell.font, cell.border = Font(bold=True), _GRID
        cell.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
    days = len(paper.days)
    widths = [5, _NAME_WIDTH, _NIP_WIDTH, _RANK_WIDTH, _NAME_WIDTH, _NAME_WIDTH, *([_DAY_WIDTH] * days)]
    widths += [_SUM_WIDTH] * (len(heads(paper)) - len(widths) - 1) + [_REMARK_WIDTH]
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = f"C{HEAD_ROW + 1}"


def _sign(sheet: Worksheet, paper: Paper, row: int) -> None:
    """Below the rows: the undecided days by name, then who signs."""
    _put(sheet, row, 2, say("months.paper.undecided", paper.lang)).font = Font(bold=True)
    told = paper.waiting or [say("months.paper.undecided_none", paper.lang)]
    for place, text in enumerate(told, start=row + 1):
        _put(sheet, place, 2, text)
    begin = row + len(told) + 2
    for signer, column, top in zip(paper.signers, (2, len(paper.days)), ("", paper.place_day), strict=True):
        lines = [top, signer.lead, signer.office, "", "", "", signer.name, f"NIP {signer.nip}"]
        for place, text in enumerate(lines, start=begin):
            _put(sheet, place, column, text)


def _list(book: Workbook, title: str, lines: Sequence[str]) -> None:
    sheet = book.create_sheet(title[:31])
    sheet.column_dimensions["A"].width = 120
    for place, text in enumerate(lines, start=1):
        _put(sheet, place, 1, text)


def _set_page(sheet: Worksheet, paper: Paper) -> None:
    """Landscape on A4, one page wide, the head on each page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"1:{HEAD_ROW}"
    sheet.print_title_cols = "A:B"
    if sheet.oddFooter is not None:
        sheet.oddFooter.center.text = paper.digest[:200]
