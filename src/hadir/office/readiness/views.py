"""Who of a unit is not ready for the first day, without a slip, a phone, a test record, a superior, or a schedule, and
where that is mended; and the four steps that are to be done before a unit's people can record.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from hadir.office.devices.models import Device, Slip
from hadir.office.devices.permissions import ISSUE_SLIP
from hadir.office.duties.kinds import LawKind
from hadir.office.duties.models import LawAct, Membership
from hadir.office.duties.permissions import MAKE_LAW
from hadir.office.ground.dated import holds
from hadir.office.ground.rows import grouped
from hadir.office.ground.words import say
from hadir.office.page.lists import page_of
from hadir.office.page.requests import OfficeRequest
from hadir.office.page.today import day_here
from hadir.office.people.models import AT_HOME, Assignment, Person, Superior
from hadir.office.people.permissions import IMPORT_STAFF, SEE_REGISTER
from hadir.office.people.queries import people_below, people_in_sight
from hadir.office.projection.models import Punch, SeenKey
from hadir.office.roles import Actor, Role
from hadir.office.tables.writing import csv_file, download
from hadir.office.units.models import Unit
from hadir.office.units.queries import first_unit, unit_in_sight, units_below, units_in_sight
from hadir.rules.evidence import Source
from hadir.texts import date_words


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
    rows = grouped(people, lambda one: one.unit.number)
    found = [
        UnitReady(here[0].unit, len(here), {lack: sum(lack in one.lacks for one in here) for lack in Lack})
        for here in rows.values()
    ]
    return sorted(found, key=lambda row: row.unit.path)


def _to_come(day: date) -> Q:
    """What has not ended on that day."""
    return Q(until_date=None) | Q(until_date__gt=day)


def _there(day: date) -> dict[str, Any]:
    """What a person has, asked with the people themselves. A phone that waits to be confirmed is there: it counts."""
    decided = Device.objects.filter(kid=OuterRef("kid"))
    mine = {"person": OuterRef("pk")}
    waiting = Exists(SeenKey.objects.filter(~Exists(decided), **mine))
    return {
        "has_slip": Exists(Slip.objects.filter(replaced_by=None, last_valid_day__gte=day, **mine)),
        "has_phone": Exists(Device.objects.filter(until_ms=None, **mine)) | waiting,
        "has_record": Exists(Punch.objects.filter(source=Source.PHONE.value, **mine)),
        "has_superior": Exists(Superior.objects.current().filter(_to_come(day), **mine)),
    }


def _homes(people: Sequence[int], day: date) -> dict[int, Assignment]:
    """Where each is at home on `day`, or will be first."""
    rows = Assignment.objects.current().filter(AT_HOME, _to_come(day), person__in=people).select_related("unit")
    return {row.person_id: row for row in rows.order_by("weekdays", "from_date").reverse()}


class _Schedules:
    """Acts that give a duty: to a unit and all below it, to a group, or to one person."""

    def __init__(self, people: Sequence[int], day: date) -> None:
        self.acts: dict[tuple[str, int | None], list[LawAct]] = defaultdict(list)
        for act in LawAct.objects.current().filter(_to_come(day), kind=LawKind.DUTY):
            whom = ("person", act.person_id) if act.person_id is not None else ("unit", act.unit_id)
            self.acts[whom if act.group_id is None else ("group", act.group_id)].append(act)
        groups = [number for whom, number in self.acts if whom == "group"]
        rows = Membership.objects.current().filter(_to_come(day), person__in=people, group__in=groups) if groups else ()
        self.groups = grouped(rows, lambda row: row.person_id)

    def has(self, person: int, unit: Unit, first: date) -> bool:
        """Whether a duty holds for the person on the first day there."""
        whom = [
            ("person", person),
            *(("unit", int(number)) for number in unit.path.strip("/").split("/")),
            *(("group", row.group_id) for row in self.groups.get(person, ()) if holds(row, first)),
        ]
        return any(holds(act, first) for one in whom for act in self.acts.get(one, ()))


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
    # Units for which a duty holds or will hold, their own or that of one above them.
    duties = LawAct.objects.current().filter(_to_come(day), kind=LawKind.DUTY, unit__isnull=False, group=None)
    given = set(duties.values_list("unit", flat=True))
    with_duty = sum(any(int(part) in given for part in path.strip("/").split("/")) for _, path in units)
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


def _served(actor: Actor, paths: tuple[str, ...], day: date) -> int:
    """Everybody else who has a phone or a slip that is still good."""
    slips = Slip.objects.filter(replaced_by=None, last_valid_day__gte=day).values("person")
    phones = Device.objects.filter(until_ms=None).values("person")
    others = people_below(paths, day, ahead=True).exclude(number=actor.person or 0)
    return others.filter(Q(number__in=slips) | Q(number__in=phones)).count()


@require_GET
def readiness_home(request: OfficeRequest) -> HttpResponseRedirect:
    return first_unit(request, SEE_REGISTER, "readiness")


@require_GET
def readiness_of(request: OfficeRequest, unit: int) -> HttpResponse:
    """How many of each unit lack what; with `tanpa`, who they are."""
    found = unit_in_sight(request.actor, SEE_REGISTER, unit)
    people = readiness(request.actor, found, day_here(request))
    if request.GET.get("bentuk") == "csv":
        return _csv(request, found, people)
    asked = request.GET.get("tanpa", "")
    lack = Lack(asked) if asked in set(Lack) else None
    chosen = [one for one in people if (lack in one.lacks if lack else one.lacks)]
    page = page_of(request, chosen, {"tanpa": lack.value if lack else None})
    context = {
        "unit": found,
        "units": units_in_sight(request.actor, SEE_REGISTER),
        "home": reverse("readiness-home"),
        "count": len(people),
        "ready": sum(not one.lacks for one in people),
        "coming": sum(one.begins is not None for one in people),
        "first_day": min((one.begins for one in people if one.begins), default=None),
        "sums": [(one, sum(one in row.lacks for row in people), one is lack) for one in Lack],
        "table": by_unit(people),
        "lack": lack,
        "page": page,
        "acts": _acts(request, found),
    }
    return render(request, "register/readiness.html", context)


def _acts(request: OfficeRequest, unit: Unit) -> dict[str, str]:
    """Where each lack is mended, for those who may; who may not sees the number alone."""
    may = request.actor.paths
    found = {}
    if may(IMPORT_STAFF.roles):
        found[Lack.SUPERIOR.value] = reverse("staff-import")
    if may(MAKE_LAW[LawKind.DUTY].roles):
        found[Lack.SCHEDULE.value] = reverse("laws", args=[unit.number])
    if any(unit.path.startswith(path) for path in may(ISSUE_SLIP.roles)):
        found[Lack.SLIP.value] = reverse("slips", args=[unit.number])
    return found


def _csv(request: OfficeRequest, unit: Unit, people: list[Ready]) -> HttpResponse:
    """Everybody, with what is lacking."""
    lang = request.lang
    heads = ("today.column.name", "register.column.nip", "page.unit", "register.column.from")
    rows = [[say(code, lang) for code in (*heads, *(lack.code for lack in Lack))]]
    for one in people:
        begins = date_words(one.begins, lang) if one.begins else ""
        lacks = [say("readiness.yes", lang) if lack in one.lacks else "" for lack in Lack]
        rows.append([one.person.titled_name, one.person.nip or "", one.unit.name, begins, *lacks])
    return download(csv_file(rows), f"kesiapan-{unit.number}", "csv")
