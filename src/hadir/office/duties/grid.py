"""A week of a unit's rosters as a grid, and what somebody typed into it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hadir.office.duties.models import RosterDay
from hadir.office.duties.rosters import ENTRIES_MAX, RosterEntry
from hadir.office.people.models import AT_HOME, Assignment, Person
from hadir.office.tables.faults import RowFault
from hadir.office.tables.table import heading, read_table
from hadir.office.tables.writing import SheetOut, xlsx_file
from hadir.office.units.models import Unit
from hadir.rules.duty import ShiftRow
from hadir.texts import Lang, render

WEEK_DAYS = 7
SHIFTS_A_DAY_MAX = 3
FREE = "-"
"""As a cell tells a free day; an empty one has nothing written."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RosterCell:
    day: date
    value: str

    @property
    def name(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True, slots=True)
class RosterLine:
    person: Person
    cells: tuple[RosterCell, ...]
    may_write: bool


def week_of(day: date) -> date:
    """Its Monday."""
    return day - day.weekday() * _DAY


def days_from(first: date, days: int = WEEK_DAYS) -> list[date]:
    return [first + at * _DAY for at in range(days)]


def people_at_home(unit: Unit, first: date, last: date) -> list[Person]:
    """Whoever is at home below the unit on any of the days, by name."""
    homes = Assignment.objects.current().filter(AT_HOME, unit__path__startswith=unit.path)
    homes = homes.filter(from_date__lte=last).exclude(until_date__lte=first)
    return list(Person.objects.filter(number__in=homes.values("person")))


def lines_of(people: Sequence[Person], first: date, reader: int | None, days: int = WEEK_DAYS) -> list[RosterLine]:
    """One line for each person. One query."""
    wanted = days_from(first, days)
    rows = RosterDay.objects.filter(withdrawn_at_ms=None, person__in=people, day__in=wanted)
    written = {(row.person_id, row.day): "+".join(row.shifts) or FREE for row in rows}
    return [
        RosterLine(
            person=one,
            cells=tuple(RosterCell(day, written.get((one.number, day), "")) for day in wanted),
            may_write=one.number != reader,
        )
        for one in people
    ]


def shifts_of(cell: str) -> tuple[str, ...] | None:
    """What a cell says: shifts in order, none for a free day, None where nothing is written."""
    words = cell.strip().casefold()
    if not words:
        return None
    if words in {FREE, "l", "libur", "off", "lepas"}:
        return ()
    return tuple(word.strip() for word in words.replace("/", "+").split("+") if word.strip())


def changed_cells(lines: Sequence[RosterLine], typed: Mapping[str, str]) -> list[RosterEntry]:
    """The cells that say something else than what is written. A cell that was not sent stays."""
    found = []
    for line in lines:
        for cell in line.cells:
            said = typed.get(f"{line.person.number}/{cell.name}")
            if said is not None and line.may_write and said != cell.value:
                found.append(RosterEntry(line.person.number, cell.day, shifts_of(said)))
    return found


# --- the same as a spreadsheet ---------------------------------------------------------------------------------------


SHEET_DAYS = 31
_NUMBER, _NIP, _NAME = "number", "nip", "name"
_HEADINGS = {"nomor": _NUMBER, "number": _NUMBER, "nip": _NIP, "nama": _NAME, "name": _NAME}
_NAME_WIDTH, _DAY_WIDTH = 34, 12


def template_of(lines: Sequence[RosterLine], shifts: Mapping[str, ShiftRow], lang: Lang) -> bytes:
    """The unit's people and days with what is written already, and a second sheet with the shifts."""
    days = [cell.day.isoformat() for cell in lines[0].cells] if lines else []
    people: list[list[object]] = [
        [one.person.number, one.person.nip or "", one.person.titled_name, *(cell.value or None for cell in one.cells)]
        for one in lines
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


def read_roster(
    data: bytes,
    *,
    first: date,
    people: Mapping[str, int],
    may_write: Collection[int],
    shifts: Mapping[str, ShiftRow],
) -> tuple[list[RosterEntry], list[RowFault]]:
    """The entries that can be written, and every fault, of the days from `first` on.

    `people` leads from a NIP or a number to the person. TableRefusedError where the file as a whole cannot be read.
    Empty cells say nothing.
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
            if (wanted := shifts_of(said_of_day)) is None:
                continue
            if len(wanted) == len(set(wanted) & shifts.keys()) <= SHIFTS_A_DAY_MAX:
                entries.append(RosterEntry(person, day, wanted))
            else:
                faults.append(RowFault(row.number, day.isoformat(), "law.roster.fault.shift", said_of_day))
    seen = {(one.person, one.day) for one in entries}
    if len(seen) != len(entries) or len(entries) > ENTRIES_MAX:
        return [], [*faults, RowFault(0, "", "law.trouble.taken", "")]
    return entries, faults


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
