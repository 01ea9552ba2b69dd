"""Days that a silent source left undecided: how many in each unit and by each source, and whose they are.

An unplugged machine must not pay: the counts are reported, and every day stands by name above the head's signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import law_on
from hadir.office.people.models import Person
from hadir.office.projection.models import VerdictRow
from hadir.office.units.queries import units_below
from hadir.rules.verdict import DayStatus


@dataclass(frozen=True, slots=True)
class SilentCount:
    """In one unit, what one source left open. `source` is `terminal/SERIAL` or `phones/UNIT`; `share` of owed days."""

    unit: int
    source: str
    people: int
    days: int
    share: float


@dataclass(frozen=True, slots=True)
class OpenDay:
    """One person-day that waits for its source, or for a person's word, until `due`."""

    person: Person
    day: date
    unit: int
    source: str
    due: date


def silent_counts(paths: Sequence[str], from_date: date, until_date: date) -> list[SilentCount]:
    """By unit and source, in these subtrees and on `[from_date, until_date)`; the largest share first. Two queries."""
    rows = _rows(paths, from_date, until_date)
    owed = dict(rows.exclude(status=DayStatus.OFF_DUTY).values_list("unit").annotate(days=Count("pk")))
    counted = (
        rows.exclude(dark="")
        .values_list("unit", "dark")
        .annotate(people=Count("person", distinct=True), days=Count("pk"))
    )
    found = [SilentCount(unit, dark, people, days, days / owed[unit]) for unit, dark, people, days in counted]
    return sorted(found, key=lambda one: (-one.share, one.unit, one.source))


def open_days(paths: Sequence[str], from_date: date, until_date: date) -> list[OpenDay]:
    """The same by name, in order of person and day. Two queries."""
    rows = _rows(paths, from_date, until_date).exclude(dark="")
    found = list(rows.values_list("person", "day", "unit", "dark", "body__version__policy"))
    people = Person.objects.in_bulk({person for person, *_ in found})
    listed = [
        OpenDay(people[person], day, unit, dark, _due(day, policy))
        for person, day, unit, dark, policy in found
        if person in people
    ]
    return sorted(listed, key=lambda one: (one.person.full_name, one.person.number, one.day))


def _due(day: date, policy: str) -> date:
    return law_on(HERE.settings.policies, policy, day).due_on(day)


def _rows(paths: Sequence[str], from_date: date, until_date: date) -> QuerySet[VerdictRow]:
    return VerdictRow.objects.filter(
        Q(unit__in=units_below(paths).values("number")), day__gte=from_date, day__lt=until_date
    )
