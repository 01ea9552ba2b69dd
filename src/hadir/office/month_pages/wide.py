"""A unit with too many people for one page: the units below it, with how many people each has.

A page of five thousand rows costs a second of work and is read by nobody; the whole month is had as a file.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from hadir.office.month_pages.recap import homes_in, members_of
from hadir.office.months.models import Closing, State
from hadir.office.units.models import Unit
from hadir.office.units.queries import units_below

PEOPLE_MAX = 1_500


@dataclass(frozen=True, slots=True)
class Below:
    """A unit directly below, with everybody of its subtree; `closed` of its `units` have closed the month."""

    unit: Unit
    people: int
    units: int
    closed: int


class TooManyError(Exception):
    """The month of `unit` is shown by the units below it."""

    def __init__(self, unit: Unit, below: list[Below]) -> None:
        super().__init__(unit.name)
        self.unit = unit
        self.below = below


def refuse_wide(unit: Unit, first: date) -> None:
    """TooManyError for a subtree of so many people that has units to choose from. One query for all others."""
    if homes_in(first).filter(unit__path__startswith=unit.path).count() <= PEOPLE_MAX:
        return
    units = {one.number: one for one in units_below([unit.path])}
    people = Counter(number for number, _ in members_of(units, first))
    if people.total() > people[unit.number]:
        raise TooManyError(unit, _below(unit, units, people, first))


def _below(unit: Unit, units: dict[int, Unit], people: Counter[int], first: date) -> list[Below]:
    closings = Closing.objects.filter(unit__in=list(people), first=first, state=State.CLOSED)
    closed = set(closings.values_list("unit", flat=True))
    found = [Below(unit, people[unit.number], 1, int(unit.number in closed))] if people[unit.number] else []
    for child in units.values():
        if child.parent_id == unit.number:
            inside = [number for number, one in units.items() if one.path.startswith(child.path) and people[number]]
            if inside:
                sums = sum(people[number] for number in inside)
                found.append(Below(child, sums, len(inside), len(closed.intersection(inside))))
    return found
