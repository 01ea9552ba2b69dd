"""A staff list as a table of texts, whether CSV or XLSX: bytes in, numbered rows out, under limits."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

FILE_BYTES_MAX = 9 * 1024 * 1024
UNPACKED_BYTES_MAX = 64 * 1024 * 1024
PARTS_MAX = 200
ROWS_MAX = 50_000
COLUMNS_MAX = 60
CELL_LENGTH_MAX = 500
_EXACT_DIGITS_MAX = 15
_DECIMALS = 5
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, EOFError, KeyError, IndexError, TypeError,
    ValueError, AttributeError, RuntimeError, OSError,
)  # fmt: skip
"""Everything that openpyxl lets through about a file that is none. Each means the same to a person."""


class TableFault(StrEnum):
    """Why a whole file cannot be read; also the end of its text's code."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    OLD_FORMAT = "old_format"
    BROKEN = "broken"
    NO_HEADER = "no_header"


class TableRefusedError(ValueError):
    """The file as a whole cannot be read."""

    def __init__(self, fault: TableFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class TableRow:
    """The row's number in the file, as a person sees it there, and its cells by the names of the columns."""

    number: int
    cells: Mapping[str, str]


def read_table(data: bytes, names: Mapping[str, str], one_of: Iterable[str]) -> list[TableRow]:
    """Every row that is not blank.

    `names` leads from a heading, as `heading` spells it, to our name of the column; columns that it does not know are
    left out. TableRefusedError when there is none of `one_of`, or the file is none of the known kinds.
    """
    if len(data) > FILE_BYTES_MAX:
        raise TableRefusedError(TableFault.TOO_LARGE)
    rows = _numbered(_xlsx_rows(data) if data.startswith(_ZIP) else _csv_rows(data))
    head = next(rows, None)
    if head is None:
        raise TableRefusedError(TableFault.EMPTY)
    columns = [names.get(heading(cell)) for cell in head[1]]
    if not set(one_of) & set(columns):
        raise TableRefusedError(TableFault.NO_HEADER)
    found = [TableRow(number, _named(columns, cells)) for number, cells in rows]
    if not found:
        raise TableRefusedError(TableFault.EMPTY)
    return found


def heading(cell: str) -> str:
    """A heading without what people write differently: `Gelar Depan`, `gelar_depan` and `GELAR-DEPAN` are one."""
    return "".join(letter for letter in cell.casefold() if letter.isalnum())


def _numbered(rows: Iterator[Sequence[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers, blank ones left out. TableRefusedError for too many."""
    for number, row in enumerate(rows, 1):
        if number > ROWS_MAX + 1:
            raise TableRefusedError(TableFault.TOO_MANY_ROWS)
        cells = [cell.strip() for cell in row[:COLUMNS_MAX]]
        if any(cells):
            yield number, cells


def _named(columns: Sequence[str | None], cells: Sequence[str]) -> dict[str, str]:
    return {name: cell for name, cell in zip(columns, cells, strict=False) if name is not None}


# --- CSV -------------------------------------------------------------------------------------------------------------


def _csv_rows(data: bytes) -> Iterator[Sequence[str]]:
    if data.startswith(_OLD_OFFICE):
        raise TableRefusedError(TableFault.OLD_FORMAT)
    text = _text(data)
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise TableRefusedError(TableFault.BROKEN) from error


def _text(data: bytes) -> str:
    """UTF-8 with or without its mark, else what Windows writes."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise TableRefusedError(TableFault.BROKEN)


# --- XLSX ------------------------------------------------------------------------------------------------------------


def _xlsx_rows(data: bytes) -> Iterator[Sequence[str]]:
    """The first sheet, streamed: no more than our rows and columns of it are ever laid out."""
    try:
        _check_size(data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(max_row=ROWS_MAX + 2, max_col=COLUMNS_MAX, values_only=True):
            yield [_cell(value) for value in row]
    except TableRefusedError:
        raise
    except _BROKEN as error:
        raise TableRefusedError(TableFault.BROKEN) from error


def _check_size(data: bytes) -> None:
    """What a zip says of its size is what Python unpacks at most: a small file cannot become a large one."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = packed.infolist()
        if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
            raise TableRefusedError(TableFault.TOO_LARGE)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return str(value)[:CELL_LENGTH_MAX]


def _number(value: float) -> str:
    """A spreadsheet keeps fifteen digits: a longer number has lost its end, and must not look whole."""
    if abs(value) >= 10**_EXACT_DIGITS_MAX:
        return f"{value:.{_DECIMALS}E}"
    return str(int(value)) if value == int(value) else str(value)
