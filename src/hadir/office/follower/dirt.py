"""Which person-days must be judged again. Whoever changes a fact marks them; the follower judges them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hadir.office.follower.models import DirtyDay, DirtyPin, MachineLine, Punch
from hadir.office.people.models import Assignment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

PinDay = tuple[str, str, "date"]
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


def mark_pins_dirty(days: Iterable[PinDay]) -> None:
    """(terminal, pin, day) whose lines are new."""
    rows = [DirtyPin(terminal=terminal, pin=pin, day=day) for terminal, pin, day in set(days)]
    DirtyPin.objects.bulk_create(rows, ignore_conflicts=True)


def mark_terminal_dirty(terminal: str, *, pin: str | None = None, from_date: date, until_date: date | None) -> None:
    """A mapping, a place or a measured skew of a terminal touches its recorded lines of that time."""
    lines = MachineLine.objects.filter(terminal=terminal, day__gte=from_date)
    if pin is not None:
        lines = lines.filter(pin=pin)
    if until_date is not None:
        lines = lines.filter(day__lt=until_date)
    mark_pins_dirty(lines.values_list("terminal", "pin", "day").distinct())


def mark_person_dirty(person: int, from_date: date) -> None:
    """A new fact about a person touches his recorded days from `from_date` on."""
    mark_dirty(Punch.objects.filter(person=person, day__gte=from_date).values_list("person", "day").distinct())
