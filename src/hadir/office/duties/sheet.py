"""Rosters as a spreadsheet: the template that a unit fills in, and what came back in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hadir.office.duties.grid import SHIFTS_A_DAY_MAX, Line, days_from, shifts_of
from hadir.office.duties.rosters import ENTRIES_MAX, RosterEntry
from hadir.office.tables.faults import RowFault
from hadir.office.tables.table import heading, read_table
from hadir.office.tables.writing import SheetOut, xlsx_file
from hadir.rules.duty import ShiftRow
from hadir.texts import Lang, render

SHEET_DAYS = 31
_NUMBER, _NIP, _NAME = "number", "nip", "name"
_HEADINGS = {"nomor": _NUMBER, "number": _NUMBER, "nip": _NIP, "nama": _NAME, "name": _NAME}
_NAME_WIDTH, _DAY_WIDTH = 34, 12


@dataclass(frozen=True, slots=True)
class Brought:
    """What a file says: entries that can be written, and every fault."""

    entries: list[RosterEntry]
    faults: list[RowFault]


def template_of(lines: Sequence[Line], shifts: Mapping[str, ShiftRow], lang: Lang) -> bytes:
    """The unit's people and days with what is written already, and a second sheet with the shifts."""
    days = [cell.day.isoformat() for cell in lines[0].cells] if lines else []
    people: list[list[object]] = [
        [one.person.number, one.person.nip or "", one.person.titled_name, *_values(one)] for one in lines
    ]
    widths = [_DAY_WIDTH, _NAME_WIDTH, _NAME_WIDTH, *(_DAY_WIDTH for _ in days)]
    rows: list[list[object]] = [["Nomor", "NIP", "Nama", *days], *people]
    told = [[row.name, f"{row.start:%H:%M} - {row.end:%H:%M}"] for row in shifts.values()]
    return xlsx_file(
        SheetOut(title=render("law.roster.sheet", lang), rows=rows, widths=widths, frozen="D2"),
        SheetOut(
            title=render("law.roster.shifts", lang),
            rows=[*told, ["-", render("law.roster.free", lang)]],
            has_heads=False,
        ),
    )


def _values(line: Line) -> list[str | None]:
    return [cell.value or None for cell in line.cells]


def read_roster(
    data: bytes,
    *,
    first: date,
    people: Mapping[str, int],
    may_write: Collection[int],
    shifts: Mapping[str, ShiftRow],
) -> Brought:
    """What the file says of the days from `first` on. `people` leads from a NIP or a number to the person.

    TableRefusedError where the file as a whole cannot be read. Empty cells say nothing.
    """
    days = days_from(first, SHEET_DAYS)
    names = {**_HEADINGS, **{heading(day.isoformat()): day.isoformat() for day in days}}
    entries: list[RosterEntry] = []
    faults: list[RowFault] = []
    for row in read_table(data, names, [_NUMBER, _NIP]):
        said = {name: row.cells[name] for name in (_NUMBER, _NIP) if row.cells.get(name)}
        person = next((people[key] for key in said.values() if key in people), None)
        if person is None or person not in may_write:
            code = "law.roster.fault.nobody" if person is None else "law.roster.fault.yourself"
            faults.append(RowFault(row.number, "", code, " ".join(said.values()) or row.cells.get(_NAME, "")))
            continue
        for day in days:
            said_of_day = row.cells.get(day.isoformat(), "")
            wanted = shifts_of(said_of_day)
            if wanted is None:
                continue
            if _is_known(wanted, shifts):
                entries.append(RosterEntry(person, day, wanted))
            else:
                faults.append(RowFault(row.number, day.isoformat(), "law.roster.fault.shift", said_of_day))
    seen = {(one.person, one.day) for one in entries}
    if len(seen) != len(entries) or len(entries) > ENTRIES_MAX:
        faults.append(RowFault(0, "", "law.trouble.taken", ""))
        return Brought([], faults)
    return Brought(entries, faults)


def _is_known(wanted: Sequence[str], shifts: Mapping[str, ShiftRow]) -> bool:
    return len(wanted) <= SHIFTS_A_DAY_MAX and len(set(wanted)) == len(wanted) and set(wanted) <= shifts.keys()


def packed(entries: Sequence[RosterEntry]) -> str:
    """The entries as a form carries them from the preview to the act."""
    return "\n".join(entry.told for entry in entries)


def unpacked(said: str) -> list[RosterEntry]:
    """ValueError for anything that `packed` does not write."""
    found = []
    for line in said.splitlines()[: ENTRIES_MAX + 1]:
        person, day, shifts = line.split(" ")
        named = None if shifts == "-" else tuple(name for name in shifts.split("+") if name)
        found.append(RosterEntry(int(person), date.fromisoformat(day), named))
    return found
