"""What a staff list would do: compared with the register, row by row, before anything is done.

1. Read the list (`staff_rows`), and lay its units beside those that are known (`unit_tree`).
2. Find for each row whose it is: by Hadir's number, by NIP, or (without either) by name and home.
3. Put together what all rows say of a person, and compare it with what is known (`periods`).

The plan holds every fault with its row; `actions` carries it out.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial
from itertools import pairwise
from typing import TypeVar

from hadir.office.ground.dated import in_force
from hadir.office.ground.staff_kinds import unsaid_kind
from hadir.office.people.models import (
    Assignment,
    AssignmentKind,
    Career,
    CareerKind,
    Person,
    Superior,
)
from hadir.office.register.periods import Period, RowChange, hold
from hadir.office.register.staff_rows import StaffList, StaffRow, read_staff
from hadir.office.register.unit_tree import Node, UnitTree
from hadir.office.tables.faults import RowFault
from hadir.office.tables.table import Table

_DatedRow = TypeVar("_DatedRow", Assignment, Superior, Career)


class Outcome(StrEnum):
    """What the list does to a person; also the end of its text's code."""

    NEW = "new"
    CHANGED = "changed"
    ENDED = "ended"
    UNCHANGED = "unchanged"


_TONES = {
    Outcome.NEW: "recorded",
    Outcome.CHANGED: "waiting",
    Outcome.ENDED: "attention",
    Outcome.UNCHANGED: "plain",
}


@dataclass(frozen=True, slots=True)
class PlanDetail:
    """One difference: the column, and what it was and becomes."""

    column: str
    before: str
    after: str
    held: Period | None = None
    """When `before` holds, and holds until now."""
    holds: Period | None = None
    """When `after` will hold."""
    is_end: bool = False
    """Whether nothing follows: a retirement or the end of a contract, no move."""

    @property
    def code(self) -> str:
        return f"register.column.{self.column}"


@dataclass(frozen=True, slots=True)
class Move:
    """An assignment to `unit` that changes."""

    unit: Node
    kind: AssignmentKind
    change: RowChange[Assignment]
    weekdays: str = ""


@dataclass(frozen=True, slots=True)
class Rise:
    """A rank or a position that changes."""

    kind: CareerKind
    value: str
    change: RowChange[Career]


@dataclass(eq=False, slots=True)
class PersonPlan:
    """Everything that the list says of one person, and what follows."""

    rows: list[StaffRow]
    person: Person
    is_new: bool
    details: list[PlanDetail] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    careers: list[Rise] = field(default_factory=list)
    superior: tuple[PersonPlan, RowChange[Superior]] | None = None

    @property
    def outcome(self) -> Outcome:
        if self.is_new:
            return Outcome.NEW
        if not self.details:
            return Outcome.UNCHANGED
        ends = any(move.change.again and move.change.new is None for move in self.moves)
        return Outcome.ENDED if ends else Outcome.CHANGED

    @property
    def outcome_code(self) -> str:
        return f"register.outcome.{self.outcome.value}"

    @property
    def tone(self) -> str:
        return _TONES[self.outcome]


@dataclass(frozen=True, slots=True)
class StaffPlan:
    """What would be done. `bad` must be empty, or its rows left out, before it is."""

    rows: int
    people: tuple[PersonPlan, ...]
    units: UnitTree
    new_units: tuple[Node, ...]
    bad: tuple[RowFault, ...]
    table: Table
    left_out: frozenset[int]
    """Rows with a fault, and the other rows of the same people: none of them is carried out."""

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome is outcome for one in self.people)

    @property
    def is_empty(self) -> bool:
        """Whether carrying it out would write nothing."""
        return not self.new_units and all(one.outcome is Outcome.UNCHANGED for one in self.people)

    @property
    def digest(self) -> str:
        """The same digest, the same plan: what was shown is what is done."""
        parts = [f"{one.rows[0].number} {one.outcome} {one.details}" for one in self.people]
        parts += [node.shown for node in self.new_units]
        parts += [f"{bad.row} {bad.column} {bad.code}" for bad in self.bad]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def plan_staff(data: bytes, *, paths: Sequence[str], today: date) -> StaffPlan:
    """Compare the list in `data` with the register, for somebody who may act below `paths`.

    TableRefusedError when the file as a whole cannot be read.
    """
    return _Planner(read_staff(data), paths, today).plan()


class _Planner:
    """Carries what is known while rows are laid beside it."""

    def __init__(self, listed: StaffList, paths: Sequence[str], today: date) -> None:
        self.listed = listed
        self.paths = paths
        self.today = today
        self.bad = list(listed.bad)
        self.units = UnitTree.known(min(paths, key=len))
        self.people = {person.number: person for person in Person.objects.all()}
        self.by_nip = {person.nip: person for person in self.people.values() if person.nip}
        self.assignments = _by_person(Assignment.objects.current().select_related("unit").order_by("from_date", "pk"))
        self.careers = _by_person(Career.objects.current().order_by("from_date", "pk"))
        self.superiors = _by_person(Superior.objects.current().order_by("from_date", "pk"))
        self.without_nip = _names(self.people.values(), self.assignments)
        self.plans: dict[object, PersonPlan] = {}

    def plan(self) -> StaffPlan:
        self.bad += self.units.take(self.listed.units)
        for row in self.listed.staff:
            self._take(row)
        for one in self.plans.values():
            self._compare(one)
        for one in self.plans.values():
            self._compare_superior(one)
        good = self._good()
        used = [move.unit for one in good for move in one.moves]
        return StaffPlan(
            rows=self.listed.rows,
            people=tuple(good),
            units=self.units,
            new_units=tuple(self.units.to_open(used)),
            bad=tuple(sorted(set(self.bad))),
            table=self.listed.table,
            left_out=self._left_out(good),
        )

    def _left_out(self, good: Sequence[PersonPlan]) -> frozenset[int]:
        there = set(good)
        others = {row.number for one in self.plans.values() if one not in there for row in one.rows}
        return frozenset(others | {cell.row for cell in self.bad})

    def _good(self) -> list[PersonPlan]:
        """People without a fault. Whose superior falls out falls out too: nobody answers to somebody absent."""
        good = list(self.plans.values())
        while True:
            bad_rows = {cell.row for cell in self.bad}
            good = [one for one in good if not bad_rows & {row.number for row in one.rows}]
            there = set(good)
            lost = [one for one in good if one.superior and one.superior[0].is_new and one.superior[0] not in there]
            if not lost:
                return good
            for one in lost:
                self._wrong(
                    next(row for row in one.rows if row.superior), "superior", "register.fault.unknown_superior"
                )

    def _wrong(self, row: StaffRow, column: str, fault: str, other: int = 0) -> None:
        self.bad.append(RowFault(row.number, column, fault, row.nip or row.full_name, other))

    # --- whose row is it? --------------------------------------------------------------------------------------------

    def _take(self, row: StaffRow) -> None:
        home = self.units.find(row.unit)
        if home is None:
            self._wrong(row, "unit", "register.fault.unknown_unit")
            return
        if not home.known_path.startswith(tuple(self.paths)):
            self._wrong(row, "unit", "register.fault.not_yours")
            return
        found = self._whose(row, home)
        if isinstance(found, str):
            self._wrong(row, "nip" if row.nip else "name", found)
            return
        key, person = found
        known = self.plans.get(key)
        if known is None:
            self.plans[key] = PersonPlan([row], person or _person(row), is_new=person is None)
        elif _words(known.rows[0]) != _words(row):
            self._wrong(row, "nip" if row.nip else "name", "register.fault.differs", known.rows[0].number)
        else:
            known.rows.append(row)

    def _whose(self, row: StaffRow, home: Node) -> tuple[object, Person | None] | str:
        """(what stands for the person in this list, the person if known), or why nobody can say."""
        if row.person_number is not None:
            person = self.people.get(row.person_number)
            if person is None:
                return "register.fault.unknown_number"
            if row.nip and self.by_nip.get(row.nip, person) is not person:
                return "register.fault.nip_taken"
            return self._seen(person)
        if row.nip:
            person = self.by_nip.get(row.nip)
            return self._seen(person) if person else (row.nip, None)
        namesakes = self.without_nip.get((row.full_name.casefold(), home.path), []) if home.path else []
        if len(namesakes) > 1:
            return "register.fault.ambiguous"
        return self._seen(namesakes[0]) if namesakes else ((row.full_name.casefold(), home), None)

    def _seen(self, person: Person) -> tuple[object, Person] | str:
        """Nobody changes people of another subtree by naming their number."""
        rows = self.assignments.get(person.number, [])
        held = [row for row in rows if row.until_date is None or row.until_date > self.today]
        if held and not any(row.unit.path.startswith(tuple(self.paths)) for row in held):
            return "register.fault.not_yours"
        return person.number, person

    # --- what changes? -----------------------------------------------------------------------------------------------

    def _compare(self, one: PersonPlan) -> None:
        row = one.rows[0]
        if not one.is_new:
            one.details += _differences(one.person, row)
        self._compare_careers(one, row)
        rows = self.assignments.get(one.person.number, []) if not one.is_new else []
        homes = [said for said in one.rows if said.kind is AssignmentKind.HOME]
        if not homes and not any(held.kind == AssignmentKind.HOME for held in rows):
            self._wrong(row, "kind", "register.fault.no_unit")
        if _overlap(homes):
            self._wrong(homes[-1], "from", "register.fault.two_homes", homes[0].number)
            return
        for said in one.rows:
            place = self.units.find(said.unit)
            assert place is not None
            self._move(one, said, place, said.kind, rows)
            for name in said.further:
                node = self.units.find(name)
                if node is None:
                    self._wrong(said, "further", "register.fault.unknown_unit")
                elif not node.known_path.startswith(tuple(self.paths)):
                    self._wrong(said, "further", "register.fault.not_yours")
                else:
                    self._move(one, said, node, AssignmentKind.FURTHER, rows)

    def _move(
        self, one: PersonPlan, said: StaffRow, node: Node, kind: AssignmentKind, rows: Sequence[Assignment]
    ) -> None:
        of_kind = [held for held in rows if held.kind == kind]
        if kind is AssignmentKind.FURTHER:
            of_kind = [held for held in of_kind if held.unit.path == node.path]
        held_now = in_force(of_kind, said.from_date or self.today)
        if held_now is None and said.from_date is None:
            held_now = next((held for held in of_kind if held.from_date > self.today), None)
        is_his = held_now is not None and held_now.unit.path == node.path
        weekdays = said.weekdays if kind is said.kind and said.weekdays is not None else None
        if weekdays is None:
            weekdays = held_now.weekdays if held_now is not None and is_his else ""

        def is_there(held: Assignment) -> bool:
            return held.unit.path == node.path and held.weekdays == weekdays

        until_date = said.until_date if kind is said.kind else None
        change = hold(of_kind, is_there, from_date=said.from_date, until_date=until_date, today=self.today)
        if change.is_none:
            return
        one.moves.append(Move(node, kind, change, weekdays))
        was = change.was
        before = f"{was.unit.name}{_days(was.weekdays)}" if was else ""
        after = f"{node.shown}{_days(weekdays)}"
        one.details.append(_detail(kind.value, before, after, change))

    def _compare_careers(self, one: PersonPlan, row: StaffRow) -> None:
        held = self.careers.get(one.person.number, []) if not one.is_new else []
        for kind, said in ((CareerKind.RANK, row.rank), (CareerKind.POSITION, row.position)):
            if said is None:
                continue
            of_kind = [known for known in held if known.kind == kind]
            texts = partial(lambda text, known: bool(known.value == text), said)
            change = hold(of_kind, texts, from_date=row.from_date, until_date=None, today=self.today)
            if not change.is_none:
                one.careers.append(Rise(kind, said, change))
                was = change.was
                one.details.append(_detail(kind.value, was.value if was else "", said, change))

    def _compare_superior(self, one: PersonPlan) -> None:
        said = next((row for row in one.rows if row.superior), None)
        if said is None:
            return
        superior = self._superior(said.superior)
        if superior is None:
            self._wrong(said, "superior", "register.fault.unknown_superior")
            return
        if superior is one or superior.person is one.person:
            self._wrong(said, "superior", "register.fault.own_superior")
            return
        rows = [] if one.is_new else self.superiors.get(one.person.number, [])
        number = None if superior.is_new else superior.person.number
        change = hold(
            rows, lambda held: held.superior_id == number, from_date=said.from_date, until_date=None, today=self.today
        )
        if not change.is_none:
            one.superior = (superior, change)
            was = change.was
            before = self.people[was.superior_id].titled_name if was else ""
            one.details.append(_detail("superior", before, superior.person.titled_name, change))

    def _superior(self, text: str) -> PersonPlan | None:
        """Somebody of the list, or of the register."""
        person = self.by_nip.get(text) or (self.people.get(int(text)) if len(text) <= 10 else None)
        if person is not None:
            return self.plans.get(person.number) or PersonPlan([], person, is_new=False)
        return self.plans.get(text)


def _detail(column: str, before: str, after: str, change: RowChange[_DatedRow]) -> PlanDetail:
    """A difference with its days, before and after."""
    was = change.was
    held = (was.from_date, was.until_date) if was else None
    if change.new is not None:
        return PlanDetail(column, before, after, held, change.new)
    return PlanDetail(column, before, after, held, change.again, is_end=True)


def _person(row: StaffRow) -> Person:
    """A person who is new; his number is given when he is entered."""
    return Person(
        number=0,
        full_name=row.full_name,
        title_before=row.title_before or "",
        title_after=row.title_after or "",
        nip=row.nip,
        employment=row.employment or unsaid_kind(has_nip=bool(row.nip)),
    )


def _differences(person: Person, row: StaffRow) -> list[PlanDetail]:
    said = {
        "full_name": row.full_name,
        "title_before": row.title_before,
        "title_after": row.title_after,
        "nip": row.nip,
        "employment": row.employment,
    }
    return [
        PlanDetail(column, str(getattr(person, column) or ""), value)
        for column, value in said.items()
        if value is not None and value != (getattr(person, column) or "")
    ]


def _words(row: StaffRow) -> tuple[object, ...]:
    return row.full_name, row.title_before, row.title_after, row.nip, row.employment, row.rank, row.position


def _days(weekdays: str) -> str:
    """` (1 2 3)`: as the sheet shows it, Monday is 1."""
    return f" ({' '.join(str(int(day) + 1) for day in weekdays)})" if weekdays else ""


def _overlap(rows: Sequence[StaffRow]) -> bool:
    """Whether two rows claim one day as the person's home."""
    if len(rows) < 2:
        return False
    dated = sorted((row for row in rows if row.from_date), key=lambda row: str(row.from_date))
    if len(dated) < len(rows):
        return True
    pairs = pairwise(dated)
    return any(a.until_date is None or (b.from_date and b.from_date < a.until_date) for a, b in pairs)


def _by_person(rows: Iterable[_DatedRow]) -> dict[int, list[_DatedRow]]:
    found: dict[int, list[_DatedRow]] = defaultdict(list)
    for row in rows:
        found[row.person_id].append(row)
    return found


def _names(people: Iterable[Person], assignments: dict[int, list[Assignment]]) -> dict[tuple[str, str], list[Person]]:
    """(name, path of the last home) -> people without a NIP."""
    found: dict[tuple[str, str], list[Person]] = defaultdict(list)
    for person in people:
        homes = [row for row in assignments.get(person.number, []) if row.kind == AssignmentKind.HOME]
        if not person.nip and homes:
            found[person.full_name.casefold(), homes[-1].unit.path].append(person)
    return found
