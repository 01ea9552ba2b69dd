"""A list of people as a table of texts, CSV or XLSX: bytes in, numbered rows out, within limits of time and memory."""

import csv
import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice

FILE_BYTES_MAX = 9 * 1024 * 1024
ROWS_MAX = 50_000
COLUMNS_MAX = 60
HEAD_ROWS_MAX = 20
"""Within so many rows the headings must come: letterheads and titles stand above them."""
XLSX_SECONDS_MAX = 25
"""For one file, and as long for those before it."""
XLSX_AT_ONCE_MAX = 2
"""Processes that read XLSX files for this one: each may need all of its memory."""
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_XLSX_READERS = threading.BoundedSemaphore(XLSX_AT_ONCE_MAX)


class TableFault(StrEnum):
    """Why a whole file cannot be read; also the end of its text's code."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    OLD_FORMAT = "old_format"
    BROKEN = "broken"
    BUSY = "busy"
    NO_HEADER = "no_header"


class TableRefusedError(ValueError):
    """The file as a whole cannot be read. `row` says where it ends to be a table, 0 when it never was one; `cell` in
    which cell of that row, from 1, and `column` under which heading, where that is known.
    """

    def __init__(self, fault: TableFault, row: int = 0, cell: int = 0) -> None:
        super().__init__(fault.value)
        self.fault, self.row, self.cell, self.column = fault, row, cell, ""

    @property
    def rows_read(self) -> int:
        return max(self.row - 1, 0)


@dataclass(frozen=True, slots=True)
class TableRow:
    """The row's number in the file, as a person sees it there, and its cells by the names of the columns."""

    number: int
    cells: Mapping[str, str]
    written: Sequence[str] = ()
    """All cells as they were written, also those of columns that nobody knows."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below the headings, and the row that was taken for the headings, as it was written."""

    head: int
    headings: Sequence[str]
    rows: list[TableRow]


def read_table(data: bytes, names: Mapping[str, str], one_of: Iterable[str]) -> list[TableRow]:
    """The rows of `table_of`."""
    return table_of(data, names, one_of).rows


def table_of(data: bytes, names: Mapping[str, str], one_of: Iterable[str]) -> Table:
    """Every row below the headings that is not blank; what stands above them is passed over.

    `names` leads from a heading, as `heading` spells it, to our name of the column; columns that it does not know are
    left out. TableRefusedError when there is none of `one_of`, or the file is none of the known kinds.
    """
    if len(data) > FILE_BYTES_MAX:
        raise TableRefusedError(TableFault.TOO_LARGE)
    rows = _numbered(_xlsx_rows(data) if is_workbook(data) else _csv_rows(data, names))
    head, written, columns = _head(rows, names, set(one_of))
    try:
        found = [TableRow(number, _named(columns, cells), cells) for number, cells in rows]
    except TableRefusedError as error:
        error.column = "".join(written[error.cell - 1 : error.cell]) if error.cell else ""
        raise
    if not found:
        raise TableRefusedError(TableFault.EMPTY)
    return Table(head, written, found)


def is_workbook(data: bytes) -> bool:
    return data.startswith(_ZIP)


def _head(
    rows: Iterator[tuple[int, list[str]]], names: Mapping[str, str], one_of: set[str]
) -> tuple[int, list[str], list[str | None]]:
    """The first row of the file if it names a column, else the first one that names two."""
    is_blank = True
    for place, (number, cells) in enumerate(rows):
        is_blank = False
        if place >= HEAD_ROWS_MAX:
            break
        columns = [names.get(heading(cell)) for cell in cells]
        known = {column for column in columns if column}
        if known & one_of and (place == 0 or len(known) > 1):
            return number, cells, columns
    raise TableRefusedError(TableFault.EMPTY if is_blank else TableFault.NO_HEADER)


def heading(cell: str) -> str:
    """A heading without what people write differently: `Gelar Depan`, `gelar_depan` and `GELAR-DEPAN` are one."""
    return "".join(letter for letter in cell.casefold() if letter.isalnum())


def _numbered(rows: Iterator[Sequence[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers, blank ones left out. TableRefusedError for too many."""
    for number, row in enumerate(rows, 1):
        if number > ROWS_MAX + 1:
            raise TableRefusedError(TableFault.TOO_MANY_ROWS, number)
        cells = [cell.strip() for cell in row[:COLUMNS_MAX]]
        if any(cells):
            yield number, cells


def _named(columns: Sequence[str | None], cells: Sequence[str]) -> dict[str, str]:
    return {name: cell for name, cell in zip(columns, cells, strict=False) if name is not None}


# --- CSV -------------------------------------------------------------------------------------------------------------


def _csv_rows(data: bytes, names: Mapping[str, str]) -> Iterator[Sequence[str]]:
    if data.startswith(_OLD_OFFICE):
        raise TableRefusedError(TableFault.OLD_FORMAT)
    text = _text(data)
    delimiter = _delimiter(text, names)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = lines = 0
    try:
        for number, row in enumerate(reader, 1):  # noqa: B007 - how far it came, if it comes no further
            lines = reader.line_num
            yield row
    except csv.Error as error:
        rest = islice(io.StringIO(text, newline=""), lines, None)
        raise TableRefusedError(TableFault.BROKEN, number + 1, _broken_cell(rest, delimiter)) from error


def _broken_cell(lines: Iterable[str], delimiter: str) -> int:
    """Which cell of the row that begins here has a quotation mark that is not closed, or no end."""
    cell, length, quotes = 1, 0, 0
    for letter in chain.from_iterable(lines):
        if quotes % 2 == 0 and letter in {delimiter, "\r", "\n"}:
            if letter != delimiter:
                break
            cell, length, quotes = cell + 1, 0, 0
            continue
        if letter == '"':
            quotes += 1
        elif length > csv.field_size_limit() or (quotes and quotes % 2 == 0):
            break
        length += 1
    return cell


def _delimiter(text: str, names: Mapping[str, str]) -> str:
    """The one by which some row near the top names most columns; a title may hold commas of its own."""
    lines = list(islice(io.StringIO(text), HEAD_ROWS_MAX))

    def told(delimiter: str) -> tuple[int, int]:
        known = (sum(heading(cell) in names for cell in line.split(delimiter)) for line in lines)
        return max(known, default=0), lines[0].count(delimiter) if lines else 0

    return max(",;\t", key=told)


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
    """The first sheet, as a process of its own with little memory reads it (`xlsx_child.py`)."""
    lines = _ask_reader(data)
    for number, line in enumerate(lines, 1):
        found = json.loads(line)
        if isinstance(found, list):
            yield found
        elif found["fault"]:
            raise TableRefusedError(TableFault(found["fault"]), number)


def _ask_reader(data: bytes) -> list[bytes]:
    """What the reader wrote, whole. It ends without its last word when the kernel ended it: then it needed too much."""
    if not _XLSX_READERS.acquire(timeout=XLSX_SECONDS_MAX):
        raise TableRefusedError(TableFault.BUSY)
    reader = (sys.executable, "-P", "-m", "hadir.office.tables.xlsx_child", str(ROWS_MAX + 2), str(COLUMNS_MAX))
    try:
        done = subprocess.run(reader, input=data, capture_output=True, timeout=XLSX_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired as error:
        raise TableRefusedError(TableFault.TOO_LARGE) from error
    finally:
        _XLSX_READERS.release()
    lines = done.stdout.splitlines()
    if not lines or not lines[-1].startswith(b"{"):
        raise TableRefusedError(TableFault.TOO_LARGE)
    return lines
