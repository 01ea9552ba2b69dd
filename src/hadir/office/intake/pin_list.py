"""The list of who holds which PIN: a table with the columns serial, pin, person, from, until. Bytes in, rows out."""

import re
from dataclasses import dataclass
from datetime import date

from hadir.office.page.asked import day_asked
from hadir.office.tables.faults import RowFault
from hadir.office.tables.table import TableFault, TableRefusedError, heading, table_of

COLUMNS = ("serial", "pin", "person", "from", "until")
FIRST_DAY = date(2010, 1, 1)
"""From when a row without a first day holds: before any line that a terminal's clock can be believed for."""
_CODES = {
    TableFault.TOO_LARGE: "intake.list.too_large",
    TableFault.TOO_MANY_ROWS: "intake.list.too_large",
    TableFault.BROKEN: "intake.list.bad_quotes",
}
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)
_NIP = re.compile(r"\d{18}", re.ASCII)


class ListRefusedError(ValueError):
    """The list as a whole cannot be read; the fault's row is 0 where it never was one."""

    def __init__(self, code: str, row: int = 0) -> None:
        super().__init__(code)
        self.fault = RowFault(row, "", code)


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
    try:
        table = table_of(data, {name: name for name in COLUMNS}, one_of=("serial",))
    except TableRefusedError as error:
        raise ListRefusedError(_CODES.get(error.fault, "intake.list.not_a_list"), error.row) from error
    if not {"serial", "pin", "person"} <= set(map(heading, table.headings)):
        raise ListRefusedError("intake.list.not_a_list")
    found = [
        (line.number, _row(line.number, {name: line.cells.get(name, "") for name in COLUMNS})) for line in table.rows
    ]
    rows = [row for _, row in found if isinstance(row, PinRow)]
    return rows, [RowFault(number, "", fault) for number, fault in found if isinstance(fault, str)]


def _row(number: int, cells: dict[str, str]) -> PinRow | str:
    if not cells["serial"]:
        return "intake.list.no_serial"
    if not cells["pin"]:
        return "intake.list.no_pin"
    if not (_NUMBER.fullmatch(cells["person"]) or _NIP.fullmatch(cells["person"])):
        return "intake.list.bad_person"
    from_date = day_asked(cells["from"]) if cells["from"] else FIRST_DAY
    until_date = day_asked(cells["until"]) if cells["until"] else None
    if from_date is None or (cells["until"] and until_date is None):
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
