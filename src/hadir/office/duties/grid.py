"""A week of a unit's rosters as a grid, and what somebody typed into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hadir.office.duties.models import RosterDay
from hadir.office.duties.rosters import RosterEntry
from hadir.office.people.models import AT_HOME, Assignment, Person
from hadir.office.units.models import Unit

WEEK_DAYS = 7
PAGE_PEOPLE = 40
SHIFTS_A_DAY_MAX = 3
FREE = "-"
"""As a cell tells a free day; an empty one has nothing written."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cell:
    day: date
    value: str

    @property
    def name(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True, slots=True)
class Line:
    person: Person
    cells: tuple[Cell, ...]
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


def lines_of(people: Sequence[Person], first: date, reader: int | None, days: int = WEEK_DAYS) -> list[Line]:
    """One line for each person. One query."""
    wanted = days_from(first, days)
    rows = RosterDay.objects.filter(withdrawn_at_ms=None, person__in=people, day__in=wanted)
    written = {(row.person_id, row.day): cell_of(row.shifts) for row in rows}
    return [
        Line(
            person=one,
            cells=tuple(Cell(day, written.get((one.number, day), "")) for day in wanted),
            may_write=one.number != reader,
        )
        for one in people
    ]


def cell_of(shifts: Sequence[str]) -> str:
    return "+".join(shifts) if shifts else FREE


def shifts_of(cell: str) -> tuple[str, ...] | None:
    """What a cell says: shifts in order, none for a free day, None where nothing is written."""
    words = cell.strip().casefold()
    if not words:
        return None
    if words in {FREE, "l", "libur", "off", "lepas"}:
        return ()
    return tuple(word.strip() for word in words.replace("/", "+").split("+") if word.strip())


def changed_cells(lines: Sequence[Line], typed: Mapping[str, str]) -> list[RosterEntry]:
    """The cells that say something else than what is written. A cell that was not sent stays."""
    found = []
    for line in lines:
        for cell in line.cells:
            said = typed.get(f"{line.person.number}/{cell.name}")
            if said is not None and line.may_write and said != cell.value:
                found.append(RosterEntry(line.person.number, cell.day, shifts_of(said)))
    return found
