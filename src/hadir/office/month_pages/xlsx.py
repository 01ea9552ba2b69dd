"""The regional form as a workbook: codes by date, sums, deductions by date, what waits, and what was adjusted.

Each sheet can be printed as it is: landscape, as many pages wide as its columns need to stay readable, the heads and
the names on every page.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from io import BytesIO
from math import ceil
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from hadir.office.ground.ranks import rank_text
from hadir.office.ground.words import say
from hadir.office.month_pages.paper import Paper, PaperRow
from hadir.office.month_pages.sheet import deductions_of
from hadir.texts import date_words

HEAD_ROW = 5
PAPERS = {"a4": 9, "f4": 14}
"""Sizes as the format numbers them: 9 is A4; 14 is folio, 8.5 by 13 inches, which is F4."""
_PAGE_WIDTH = 170
"""Widths of columns, in signs, that a landscape page holds before its print becomes too small to read."""
_NUMBER_WIDTH, _NAME_WIDTH, _NIP_WIDTH, _RANK_WIDTH, _PLACE_WIDTH = 5, 30, 21, 22, 28
_DAY_WIDTH, _SUM_WIDTH, _REMARK_WIDTH, _DATE_WIDTH = 5.5, 8, 40, 22
_WHO = 4
"""The columns that stand on both tables: number, name, NIP, unit."""
_LINE = Side(style="thin", color="FF999999")
_GRID = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


def workbook(paper: Paper, size: str = "a4", *, done: Callable[[int], object] = int) -> bytes:
    """The bytes of an .xlsx file. Numbers are numbers; every text is a text, whatever it begins with.

    `size` is a key of `PAPERS`; `done` hears how many people are on it.
    """
    book = Workbook()
    daily = book.worksheets[0]
    daily.title = say("months.paper.daily", paper.lang)[:31]
    _daily(daily, paper, done)
    _sums(book.create_sheet(say("months.paper.sums", paper.lang)[:31]), paper)
    _deductions(book.create_sheet(say("months.deductions", paper.lang)[:31]), paper)
    waiting = [*paper.waiting, *paper.notes] or [say("months.paper.undecided_none", paper.lang)]
    _list(book, say("months.tab.waiting", paper.lang), waiting)
    _list(book, say("months.column.adjusted", paper.lang), paper.adjustments)
    for sheet in book.worksheets:
        _set_page(sheet, paper, size)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _daily(sheet: Worksheet, paper: Paper, done: Callable[[int], object]) -> None:
    """Who had which code on which date; below it what the codes mean, what waits, and who signs."""
    widths = [_NUMBER_WIDTH, _NAME_WIDTH, _NIP_WIDTH, _PLACE_WIDTH, *[_DAY_WIDTH] * len(paper.days)]
    _begin(sheet, paper, [*_who_heads(paper), *(str(day.day) for day in paper.days)], widths)
    for place, row in enumerate(paper.rows, start=HEAD_ROW + 1):
        for column, value in enumerate([*_who(row), *row.daily], start=1):
            cell = _put(sheet, place, column, value)
            cell.border = _GRID
            if column > _WHO:
                cell.alignment = Alignment(wrap_text=" " in str(value), horizontal="center", vertical="center")
        done(place - HEAD_ROW)
    _hide_empty(sheet, [[*_who(row)] for row in paper.rows], may=(False, False, True, True))
    _sign(sheet, paper, HEAD_ROW + len(paper.rows) + 2)


def _sums(sheet: Worksheet, paper: Paper) -> None:
    """How often each code, with minutes; percentages; remarks. A letter that nobody has is there, and folded away."""
    heads, values = sum_heads(paper), [sum_values(row, paper) for row in paper.rows]
    widths = [_NUMBER_WIDTH, _NAME_WIDTH, _NIP_WIDTH, _PLACE_WIDTH, _RANK_WIDTH, _PLACE_WIDTH]
    widths += [_SUM_WIDTH] * (len(heads) - len(widths) - 1) + [_REMARK_WIDTH]
    _begin(sheet, paper, heads, widths)
    for place, row in enumerate(values, start=HEAD_ROW + 1):
        for column, value in enumerate(row, start=1):
            _put(sheet, place, column, value).border = _GRID
    may = [False, False, True, True, True, True]
    for one in paper.columns:
        may += [not one.is_text] * (2 if one.minutes else 1)
    if values:
        _totals(sheet, paper, values, HEAD_ROW + len(values) + 1)
    _hide_empty(sheet, values, may=(*may, False))


def sum_heads(paper: Paper) -> list[str]:
    """The heads of the sums, a class with its minutes beside it."""
    found = [*_who_heads(paper), *(say(f"register.column.{name}", paper.lang) for name in ("rank", "position"))]
    for column, head in zip(paper.columns, paper.heads, strict=True):
        found += [head, f"{head} {say('months.paper.minutes', paper.lang)}"] if column.minutes else [head]
    return [*found, say("months.column.remarks", paper.lang)]


def sum_values(row: PaperRow, paper: Paper) -> list[Any]:
    found: list[Any] = [*_who(row), rank_text(row.row.rank), row.row.position]
    for column in paper.columns:
        found.append(column.value(row.row))
        if column.minutes:
            found.append(column.minutes(row.row))
    return [*found, row.remarks]


def _who_heads(paper: Paper) -> list[str]:
    codes = ("months.column.number", "today.column.name", "months.column.nip", "months.column.unit")
    return [say(code, paper.lang) for code in codes]


def _who(row: PaperRow) -> list[Any]:
    return [row.number, row.row.name, row.row.nip, row.row.unit.name]


def _totals(sheet: Worksheet, paper: Paper, values: Sequence[Sequence[Any]], place: int) -> None:
    """Below the rows: how often and how many minutes altogether. Percentages have no sum."""
    begin = _WHO + 2
    _put(sheet, place, 2, say("months.sums", paper.lang)).font = Font(bold=True)
    for column, found in enumerate(list(zip(*values, strict=True))[begin:-1], start=begin + 1):
        if all(isinstance(value, int) for value in found):
            cell = _put(sheet, place, column, sum(found))
            cell.font, cell.border = Font(bold=True), _GRID


def _deductions(sheet: Worksheet, paper: Paper) -> None:
    """Every date that takes something away, with its letters: a line for each."""
    codes = ("today.column.name", "months.column.nip", "months.column.date", "months.column.code")
    heads = [say("months.column.number", paper.lang), *(say(code, paper.lang) for code in codes), "%"]
    _put_heads(sheet, 1, heads, (5, 30, 21, _DATE_WIDTH, 14, 8))
    place = 1
    for row in paper.rows:
        for one in deductions_of(row.row, paper.letters):
            place += 1
            day = date_words(one.day, paper.lang)
            for column, value in enumerate((row.number, row.row.name, row.row.nip, day, one.letters), start=1):
                _put(sheet, place, column, value).border = _GRID
            _put(sheet, place, len(heads), one.percent).border = _GRID
    sheet.freeze_panes = "A2"


def _begin(sheet: Worksheet, paper: Paper, heads: Sequence[str], widths: Sequence[float]) -> None:
    for number, text in enumerate((paper.title, paper.subtitle, paper.state), start=1):
        _put(sheet, number, 1, text).font = Font(bold=number == 1)
    _put_heads(sheet, HEAD_ROW, heads, widths)
    sheet.freeze_panes = f"C{HEAD_ROW + 1}"


def _put_heads(sheet: Worksheet, row: int, heads: Sequence[str], widths: Sequence[float]) -> None:
    for column, (text, width) in enumerate(zip(heads, widths, strict=True), start=1):
        cell = _put(sheet, row, column, text)
        cell.font, cell.border = Font(bold=True), _GRID
        cell.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
        sheet.column_dimensions[get_column_letter(column)].width = width


def _hide_empty(sheet: Worksheet, rows: Sequence[Sequence[Any]], *, may: Sequence[bool]) -> None:
    """What nobody has is folded away where it `may`: eighty columns are too many to read."""
    for place, may_be_hidden in enumerate(may):
        if may_be_hidden and not any(row[place] for row in rows):
            sheet.column_dimensions[get_column_letter(place + 1)].hidden = True


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> Any:  # noqa: ANN401 - openpyxl's cells
    cell: Any = sheet.cell(row, column)
    cell.value = value
    if isinstance(value, Decimal):
        # As a float it would be written with sixteen digits: 95.24 as 95.23999999999999.
        cell.value, cell.data_type, cell.number_format = f"{value:.2f}", "n", "0.00"
    if isinstance(value, str):
        cell.data_type = "s"  # A name that begins like a formula must stay a name.
    return cell


def _sign(sheet: Worksheet, paper: Paper, row: int) -> None:
    """Below the rows: what the codes mean, the undecided days by name, then who signs."""
    for text in (*(f"{letter}: {means}" for letter, means in paper.legend), *paper.basis):
        _put(sheet, row, 2, text)
        row += 1
    row += 1
    for head, told in paper.sections:
        _put(sheet, row, 2, head).font = Font(bold=True)
        for text in told:
            row += 1
            _put(sheet, row, 2, text)
        row += 1
    begin = row + 1
    for signer, column, top in zip(paper.signers, (2, _WHO + 17), ("", paper.place_day), strict=True):
        lines = [top, signer.lead, signer.office, "", "", "", signer.name, f"NIP {signer.nip}"]
        for place, text in enumerate(lines, start=begin):
            _put(sheet, place, column, text)


def _list(book: Workbook, title: str, lines: Sequence[str]) -> None:
    sheet = book.create_sheet(title[:31])
    sheet.column_dimensions["A"].width = 120
    for place, text in enumerate(lines, start=1):
        _put(sheet, place, 1, text)


def _set_page(sheet: Worksheet, paper: Paper, size: str) -> None:
    """Landscape, as many pages wide as its columns need, any number high, heads and names on each."""
    shown = [one.width for one in sheet.column_dimensions.values() if not one.hidden]
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", PAPERS[size]
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = max(1, ceil((sum(shown) - 35) / (_PAGE_WIDTH - 35))), 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    is_table = sheet.freeze_panes == f"C{HEAD_ROW + 1}"
    sheet.print_title_rows = f"1:{HEAD_ROW}" if is_table else "1:1"
    if is_table:
        sheet.print_title_cols = "A:B"
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top = margins.bottom = 0.6
    if sheet.oddFooter is not None:
        sheet.oddFooter.left.text = paper.subtitle[:120]
        sheet.oddFooter.center.text = paper.digest[:200]
        sheet.oddFooter.right.text = say("months.paper.page", paper.lang, {"n": "&P", "all": "&N"})
