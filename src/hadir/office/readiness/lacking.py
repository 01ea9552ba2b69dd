"""Who of a unit is not ready for the first day: without a slip, a phone, a test record, a superior, or a schedule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, Q

from hadir.office.devices.models import Device, Slip
from hadir.office.duties.kinds import LawKind
from hadir.office.duties.models import LawAct, Membership
from hadir.office.ground.dated import holds
from hadir.office.people.models import AT_HOME, Assignment, Person, Superior
from hadir.office.people.permissions import SEE_REGISTER
from hadir.office.people.queries import people_below, people_in_sight
from hadir.office.projection.models import Punch, SeenKey
from hadir.office.roles import Actor
from hadir.office.units.models import Unit
from hadir.rules.evidence import Source


class Lack(StrEnum):
    """What somebody is without; in the order in which it is mended. Texts: `readiness.lack.<value>`."""

    SUPERIOR = "superior"
    SCHEDULE = "schedule"
    SLIP = "slip"
    PHONE = "phone"
    RECORD = "record"

    @property
    def code(self) -> str:
        return f"readiness.lack.{self.value}"

    @property
    def help_code(self) -> str:
        return f"readiness.help.{self.value}"


@dataclass(frozen=True, slots=True)
class Ready:
    """One person of the unit: where and from when, and what is lacking."""

    person: Person
    unit: Unit
    begins: date | None
    """The first day of somebody who has not begun yet."""
    lacks: frozenset[Lack]

    @property
    def lacking(self) -> list[Lack]:
        return [lack for lack in Lack if lack in self.lacks]


@dataclass(frozen=True, slots=True)
class UnitReady:
    """A unit with its own people, and how many of them lack what."""

    unit: Unit
    people: int
    counts: dict[Lack, int]

    @property
    def cells(self) -> list[tuple[Lack, int]]:
        return [(lack, self.counts.get(lack, 0)) for lack in Lack]


def readiness(actor: Actor, unit: Unit, day: date) -> list[Ready]:
    """Everybody in sight who is at home in the unit or below it, or will be, by name. Four queries."""
    people = people_in_sight(actor, SEE_REGISTER, day, ahead=True) & people_below([unit.path], day, ahead=True)
    described = list(people.annotate(**_there(day)))
    numbers = [person.number for person in described]
    homes = _homes(numbers, day)
    schedules = _Schedules(numbers, day)
    found = []
    for person in described:
        home = homes.get(person.number)
        if home is None or not home.unit.path.startswith(unit.path):
            continue
        first = max(home.from_date, day)
        lacks: set[Lack] = {lack for lack in _ASKED if not vars(person)[f"has_{lack.value}"]}
        if Lack.PHONE not in lacks:
            lacks.discard(Lack.SLIP)
        if not schedules.has(person.number, home.unit, first):
            lacks.add(Lack.SCHEDULE)
        found.append(Ready(person, home.unit, home.from_date if home.from_date > day else None, frozenset(lacks)))
    return found


_ASKED: tuple[Lack, ...] = (Lack.SUPERIOR, Lack.SLIP, Lack.PHONE, Lack.RECORD)
"""What `_there` knows."""


def by_unit(people: Iterable[Ready]) -> list[UnitReady]:
    """The same, counted for each unit that has people of its own."""
    rows: dict[int, list[Ready]] = defaultdict(list)
    for one in people:
        rows[one.unit.number].append(one)
    found = [
        UnitReady(here[0].unit, len(here), {lack: sum(lack in one.lacks for one in here) for lack in Lack})
        for here in rows.values()
    ]
    return sorted(found, key=lambda row: row.unit.path)


def _there(day: date) -> dict[str, Any]:
    """What a person has, asked with the people themselves. A phone that waits to be confirmed is there: it counts."""
    to_come = Q(until_date=None) | Q(until_date__gt=day)
    decided = Device.objects.filter(kid=OuterRef("kid"))
    mine = {"person": OuterRef("pk")}
    waiting = Exists(SeenKey.objects.filter(~Exists(decided), **mine))
    return {
        "has_slip": Exists(Slip.objects.filter(replaced_by=None, last_valid_day__gte=day, **mine)),
        "has_phone": Exists(Device.objects.filter(until_ms=None, **mine)) | waiting,
        "has_record": Exists(Punch.objects.filter(source=Source.PHONE.value, **mine)),
        "has_superior": Exists(Superior.objects.current().filter(to_come, **mine)),
    }


def _homes(people: Sequence[int], day: date) -> dict[int, Assignment]:
    """Where each is at home on `day`, or will be first."""
    to_come = Q(until_date=None) | Q(until_date__gt=day)
    rows = Assignment.objects.current().filter(AT_HOME, to_come, person__in=people).select_related("unit")
    found: dict[int, Assignment] = {}
    for row in rows.order_by("weekdays", "from_date"):
        found.setdefault(row.person_id, row)
    return found


class _Schedules:
    """Acts that give a duty: to a unit and all below it, to a group, or to one person."""

    def __init__(self, people: Sequence[int], day: date) -> None:
        to_come = Q(until_date=None) | Q(until_date__gt=day)
        self.of_unit: dict[int, list[LawAct]] = defaultdict(list)
        self.of_group: dict[int, list[LawAct]] = defaultdict(list)
        self.of_person: dict[int, list[LawAct]] = defaultdict(list)
        for act in LawAct.objects.current().filter(to_come, kind=LawKind.DUTY):
            if act.group_id is not None:
                self.of_group[act.group_id].append(act)
            elif act.person_id is not None:
                self.of_person[act.person_id].append(act)
            elif act.unit_id is not None:
                self.of_unit[act.unit_id].append(act)
        self.groups: dict[int, list[Membership]] = defaultdict(list)
        if self.of_group:
            rows = Membership.objects.current().filter(to_come, person__in=people, group__in=list(self.of_group))
            for row in rows:
                self.groups[row.person_id].append(row)

    def has(self, person: int, unit: Unit, first: date) -> bool:
        """Whether a duty holds for the person on the first day there."""
        acts = [*self.of_person[person]]
        for number in unit.path.strip("/").split("/"):
            acts += self.of_unit.get(int(number), [])
        for row in self.groups.get(person, []):
            if holds(row, first):
                acts += self.of_group[row.group_id]
        return any(holds(act, first) for act in acts)
