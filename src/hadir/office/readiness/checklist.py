"""What is still to be done before a unit's people can record: four steps, shown until all are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from hadir.office.devices.models import Device, Slip
from hadir.office.duties.kinds import LawKind
from hadir.office.duties.models import LawAct
from hadir.office.people.queries import people_below
from hadir.office.projection.models import Punch
from hadir.office.roles import Actor, Role
from hadir.office.units.queries import units_below

_STARTERS = frozenset({Role.OPERATOR, Role.PERSONNEL})


@dataclass(frozen=True, slots=True)
class StepToDo:
    """One step: how far it is, and the route where it is done (empty: somebody else does it)."""

    name: str
    done: int
    of: int
    route: str

    @property
    def is_done(self) -> bool:
        return 0 < self.of <= self.done

    @property
    def code(self) -> str:
        return f"checklist.{self.name}"

    @property
    def help_code(self) -> str:
        return f"checklist.{self.name}.{'do' if self.route else 'wait'}"


def checklist(actor: Actor, day: date) -> list[StepToDo]:
    """The steps of somebody who looks after units; none when everything is done, or for other roles. Six queries.

    They stand before the first record. Once one of the people has recorded, recording has begun.
    """
    paths = actor.paths(_STARTERS)
    if not paths:
        return []
    is_agency = any(grant.role is Role.PERSONNEL for grant in actor.grants)
    units = list(units_below(paths).values_list("number", "path"))
    people = people_below(paths, day, ahead=True)
    count = people.count()
    with_duty = _units_with_duty(units, day)
    served = _served(actor, paths, day)
    steps = [
        StepToDo("units", len(units), 2 if is_agency else 1, "staff-import" if is_agency else ""),
        StepToDo("people", max(count - 1, 0), max(count - 1, 1), "staff-import" if is_agency else ""),
        StepToDo("duties", with_duty, len(units), "laws-home" if is_agency else ""),
        StepToDo("slips", served, max(count - 1, 0), "slips-home"),
    ]
    if all(step.is_done for step in steps) or Punch.objects.filter(person__in=people.values("number")).exists():
        return []
    return steps


def _units_with_duty(units: list[tuple[int, str]], day: date) -> int:
    """Units for which a duty holds or will hold, their own or that of one above them."""
    to_come = Q(until_date=None) | Q(until_date__gt=day)
    duties = LawAct.objects.current().filter(to_come, kind=LawKind.DUTY, unit__isnull=False, group=None)
    given = set(duties.values_list("unit", flat=True))
    return sum(any(int(part) in given for part in path.strip("/").split("/")) for _, path in units)


def _served(actor: Actor, paths: tuple[str, ...], day: date) -> int:
    """Everybody else who has a phone or a slip that is still good."""
    slips = Slip.objects.filter(replaced_by=None, last_valid_day__gte=day).values("person")
    phones = Device.objects.filter(until_ms=None).values("person")
    others = people_below(paths, day, ahead=True).exclude(number=actor.person or 0)
    return others.filter(Q(number__in=slips) | Q(number__in=phones)).count()
