from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hadir.office.days.groups import Group, group_of, headline, needs_look, tap_of, tone_of
from hadir.office.follower.law_facts import Who, gather_law
from hadir.office.follower.models import Punch, VerdictRow
from hadir.office.people.queries import paths_of_people, people_below, people_in_sight
from hadir.rules.evidence import Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from hadir.office.accounts.permissions import Actor, Rule
    from hadir.office.follower.judging import Court
    from hadir.office.people.models import Person
    from hadir.office.units.models import Unit
    from hadir.rules.duty import DutyDay


@dataclass(frozen=True, slots=True)
class Row:
    """One person in the list of a day."""

    person: Person
    body: dict[str, Any] | None
    group: Group
    look: list[str]
    taps: int

    @property
    def headline(self) -> dict[str, Any] | None:
        return headline(self.body) if self.body else None

    @property
    def arrival(self) -> dict[str, Any] | None:
        return tap_of(self.body, "arrival")

    @property
    def departure(self) -> dict[str, Any] | None:
        return tap_of(self.body, "departure")

    @property
    def grade(self) -> str | None:
        """The counted arrival's grade, else the departure's: the letter of its word in the catalogue."""
        halves = (self.body["arrival"], self.body["departure"]) if self.body else ()
        return next((half["grade"] for half in halves if half and half["grade"]), None)

    @property
    def grade_code(self) -> str | None:
        counted = self.arrival or self.departure
        if counted and counted.get("source") == Source.MANUAL_LIST:
            return "source.manual_list"
        return f"grade.{self.grade}" if self.grade else None

    @property
    def group_code(self) -> str:
        return f"today.group.{self.group.value}"

    @property
    def tone(self) -> str:
        """Which of the four meanings the line has; `plain` where nothing is known or owed."""
        return tone_of(self.group, self.body)

    @property
    def icon(self) -> str:
        return {"plain": "empty"}.get(self.tone, self.tone)


@dataclass(frozen=True, slots=True)
class Branch:
    """One unit below the unit looked at, with everybody in its subtree."""

    unit: Unit
    counted: Counter[Group]

    @property
    def people(self) -> int:
        return self.counted.total()

    @property
    def here(self) -> int:
        return self.counted[Group.PRESENT] + self.counted[Group.LATE] + self.counted[Group.EXCUSED]

    @property
    def late(self) -> int:
        return self.counted[Group.LATE]

    @property
    def not_yet(self) -> int:
        return self.counted[Group.NOT_YET]


@dataclass(frozen=True, slots=True)
class Today:
    """Everybody in sight of a unit on a day."""

    unit: Unit
    day: date
    duty: DutyDay | None
    rows: list[Row]

    @property
    def counts(self) -> list[tuple[Group, int]]:
        """How many stand where, in the order of the sentence; groups without anybody are left out."""
        counted = Counter(row.group for row in self.rows)
        return [(group, counted[group]) for group in Group if counted[group]]

    def branches(self) -> list[Branch]:
        """The units right below, with what is counted in each; empty where there are none. Two queries."""
        children = list(self.unit.children.order_by("name"))
        if not children:
            return []
        by_number = {child.number: Branch(child, Counter()) for child in children}
        groups = {row.person.number: row.group for row in self.rows}
        depth = self.unit.path.count("/")
        for person, path in paths_of_people(self.unit, self.day):
            branch = by_number.get(int(path.split("/")[depth])) if path != self.unit.path else None
            if branch is not None and person in groups:
                branch.counted[groups[person]] += 1
        return [branch for branch in by_number.values() if branch.people]

    @property
    def look(self) -> list[Row]:
        return [row for row in self.rows if row.look]

    @property
    def arrivals_ms(self) -> list[int]:
        return [tap["judged_ms"] for row in self.rows if (tap := row.arrival)]


def today(*, unit: Unit, day: date, actor: Actor, rule: Rule, court: Court) -> Today:
    """The unit's people in sight of `actor`, with what is known of them. Five queries, whatever number of people."""
    people = list(people_in_sight(actor, rule, day) & people_below([unit.path], day))
    numbers = [person.number for person in people]
    duty = duty_day_of(court, unit, day)
    bodies = dict(VerdictRow.objects.filter(day=day, person__in=numbers).values_list("person", "body"))
    taps = _taps(numbers, day)
    rows = [_row(person, bodies.get(person.number), taps[person.number], is_day_off=duty is None) for person in people]
    return Today(unit=unit, day=day, duty=duty, rows=rows)


def duty_day_of(court: Court, unit: Unit, day: date) -> DutyDay | None:
    """What the unit as a whole owes on that day; None on a day off, or while it has no duty."""
    law = gather_law(court.policies, [day]).law(Who(person=0, unit=unit), day)
    return next(iter(law.owed.days), None) if law else None


def _taps(numbers: Sequence[int], day: date) -> dict[int, list[str]]:
    taps: dict[int, list[str]] = defaultdict(list)
    for person, ref in Punch.objects.filter(day=day, person__in=numbers).values_list("person", "record_hash"):
        taps[person].append(ref)
    return taps


def _row(person: Person, body: dict[str, Any] | None, taps: list[str], *, is_day_off: bool) -> Row:
    counted = {tap["ref"] for tap in body["taps"]} if body else set()
    return Row(
        person=person,
        body=body,
        group=group_of(body, is_day_off=is_day_off),
        look=needs_look(body, len(set(taps) - counted)),
        taps=len(taps),
    )
