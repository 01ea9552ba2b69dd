"""The list of who holds which PIN: a CSV with the columns serial, pin, person, from, until.

Text in, rows and faults out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from hadir.office.page.asked import YEARS
from hadir.office.tables.faults import RowFault

LIST_BYTES_MAX = 8 * 1024 * 1024
LIST_ROWS_MAX = 100_000
COLUMNS = ("serial", "pin", "person", "from", "until")
FIRST_DAY = date(2010, 1, 1)
"""From when a row without a first day holds: before any line that a terminal's clock can be believed for."""
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)
_NIP = re.compile(r"\d{18}", re.ASCII)


class ListRefusedError(ValueError):
    """The list as a whole cannot be read; the fault's row is 0 where it never was one."""

    def __init__(self, code: str, line_number: int = 0) -> None:
        super().__init__(code)
        self.fault = RowFault(line_number, "", code)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRow:
    """`person` is Hadir's number or a NIP of 18 digits, as written."""

    line_number: int
    serial: str
    pin: str
    person: str
    from_date: date
    until_date: date | None

    @property
    def is_nip(self) -> bool:
        return _NIP.fullmatch(self.person) is not None


def read_pin_list(data: bytes) -> tuple[list[PinRow], list[RowFault]]:
    """Rows that can be read, and those that cannot. ListRefusedError when it is no such list at all."""
    if len(data) > LIST_BYTES_MAX:
        raise ListRefusedError("intake.list.too_large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListRefusedError("intake.list.not_a_list") from error
    reader = csv.DictReader(io.StringIO(text), delimiter=_delimiter(text), restkey="rest", restval="")
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        if not {"serial", "pin", "person"} <= set(names):
            raise ListRefusedError("intake.list.not_a_list")
        reader.fieldnames = names
    except csv.Error as error:
        raise ListRefusedError("intake.list.bad_quotes", 1) from error
    return _read(reader)


def _read(reader: csv.DictReader[str]) -> tuple[list[PinRow], list[RowFault]]:
    rows: list[PinRow] = []
    bad: list[RowFault] = []
    for record in _records(reader):
        if len(rows) + len(bad) >= LIST_ROWS_MAX:
            raise ListRefusedError("intake.list.too_large")
        cells = {name: str(record.get(name) or "").strip() for name in COLUMNS}
        if not any(cells.values()):
            continue
        row = _row(reader.line_num, cells)
        if isinstance(row, PinRow):
            rows.append(row)
        else:
            bad.append(RowFault(reader.line_num, "", row))
    return rows, bad


def _records(reader: csv.DictReader[str]) -> Iterator[dict[str, str]]:
    """ListRefusedError with the line on which the record that cannot be read begins."""
    begun = reader.line_num
    try:
        for record in reader:
            yield record
            begun = reader.line_num
    except csv.Error as error:
        raise ListRefusedError("intake.list.bad_quotes", begun + 1) from error


def _row(number: int, cells: dict[str, str]) -> PinRow | str:
    if not cells["serial"]:
        return "intake.list.no_serial"
    if not cells["pin"]:
        return "intake.list.no_pin"
    if not (_NUMBER.fullmatch(cells["person"]) or _NIP.fullmatch(cells["person"])):
        return "intake.list.bad_person"
    try:
        from_date = date.fromisoformat(cells["from"]) if cells["from"] else FIRST_DAY
        until_date = date.fromisoformat(cells["until"]) if cells["until"] else None
        _in_our_age(from_date, until_date or from_date)
    except ValueError:
        return "intake.list.bad_day"
    if until_date is not None and until_date <= from_date:
        return "intake.list.backward"
    return PinRow(
        line_number=number,
        serial=cells["serial"],
        pin=cells["pin"],
        person=cells["person"],
        from_date=from_date,
        until_date=until_date,
    )


def _in_our_age(*days: date) -> None:
    """ValueError for a day that cannot be reckoned around."""
    if any(day.year not in YEARS for day in days):
        raise ValueError("no such day")


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)
