"""Which person-days must be judged again. Whoever changes a fact marks them; the follower judges them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hadir.office.follower.models import DirtyDay, Punch
from hadir.office.people.models import Assignment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

PersonDay = tuple[int, "date | None"]


def mark_dirty(days: Iterable[PersonDay]) -> None:
    rows = [DirtyDay(person=person, day=day) for person, day in set(days) if day is not None]
    DirtyDay.objects.bulk_create(rows, ignore_conflicts=True)


def mark_key_dirty(kid: str) -> None:
    """A decision on a key touches every day on which it signed."""
    mark_dirty(Punch.objects.filter(kid=kid).values_list("person", "day").distinct())


def mark_unit_dirty(path: str, from_date: date) -> None:
    """A new duty touches every recorded day of the subtree's people from `from_date` on."""
    people = Assignment.objects.current().filter(unit__path__startswith=path).values("person")
    mark_dirty(Punch.objects.filter(person__in=people, day__gte=from_date).values_list("person", "day").distinct())
