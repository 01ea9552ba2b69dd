from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Protocol, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404

from hadir.office.ground.dated import HasPeriod, in_force
from hadir.office.people.models import AT_HOME, Assignment, AssignmentKind, Career, Person, Superior
from hadir.office.roles import Actor, Role, Rule, Thing
from hadir.office.units.models import Unit


def people_below(paths: Sequence[str], day: date, *, ahead: bool = False) -> QuerySet[Person]:
    """People assigned on `day` to a unit of one of these subtrees; with `ahead`, who begins there later too."""
    if not paths:
        return Person.objects.none()
    places = Q(Exists(Assignment.objects.on(day).filter(_below(paths), person=OuterRef("pk"))))
    if ahead:
        places |= Q(Exists(places_ahead(day).filter(_below(paths), person=OuterRef("pk"))))
    return Person.objects.filter(places)


def places_ahead(day: date) -> QuerySet[Assignment]:
    """Assignments that begin after `day`, of people who are assigned nowhere then.

    Their unit prepares for them: slips, phones, log-ins. Whoever works somewhere today is that unit's until the move.
    """
    now = Assignment.objects.on(day).filter(person=OuterRef("person"))
    return Assignment.objects.current().filter(~Exists(now), from_date__gt=day)


def people_in_sight(actor: Actor, rule: Rule, day: date, *, ahead: bool = False) -> QuerySet[Person]:
    """Everybody to whom `rule` would let the actor come, apart from deciding on himself. The check is in the query."""
    whole = people_below(actor.paths(rule.roles - {Role.SUPERIOR}), day, ahead=ahead)
    if Role.SUPERIOR not in rule.roles or actor.person is None:
        return whole
    mine = Superior.objects.on(day).filter(superior=actor.person, person=OuterRef("pk"))
    own = people_below(actor.paths(frozenset({Role.SUPERIOR})), day).filter(Exists(mine))
    return whole | own


def paths_of_people(unit: Unit, day: date) -> QuerySet[Assignment, tuple[int, str]]:
    """Who is assigned on `day` to which unit of this subtree, by the unit's path; one row for each assignment."""
    rows = Assignment.objects.on(day).filter(unit__path__startswith=unit.path)
    return rows.values_list("person_id", "unit__path").distinct()


def person_in_sight(actor: Actor, rule: Rule, number: int, day: date, *, ahead: bool = False) -> Person:
    """The person, or 404 as if there were none: another unit's numbers tell nothing."""
    return get_object_or_404(people_in_sight(actor, rule, day, ahead=ahead), number=number)


def days_in_sight(actor: Actor, rule: Rule, number: int, days: Collection[date]) -> set[date]:
    """Of these days those on which `person_in_sight` finds the person: a link to another one would lead nowhere."""
    whole, below = actor.paths(rule.roles - {Role.SUPERIOR}), actor.paths(rule.roles & {Role.SUPERIOR})
    places = list(Assignment.objects.current().filter(person=number).select_related("unit"))
    mine = Superior.objects.current().filter(person=number, superior=actor.person) if below else ()
    bonds = list(mine)

    def is_below(paths: Sequence[str], day: date) -> bool:
        return any(row.unit.path.startswith(path) for row in places if in_force((row,), day) for path in paths)

    return {day for day in days if is_below(whole, day) or (in_force(bonds, day) and is_below(below, day))}


def thing_of(person: Person, day: date, *, ahead: bool = False) -> Thing:
    """The person as the permissions see him: where he is assigned and who answers for him.

    `ahead`: of somebody who is assigned nowhere on `day`, where he will be.
    """
    return things_of([person.number], day, ahead=ahead)[person.number]


def things_of(people: Collection[int], day: date, *, ahead: bool = False) -> dict[int, Thing]:
    """`thing_of` for many people at once. Two queries, whatever number."""
    paths: dict[int, list[str]] = defaultdict(list)
    superiors: dict[int, set[int]] = defaultdict(set)
    now = Assignment.objects.on(day)
    places = now | places_ahead(day) if ahead else now
    for number, path in places.filter(person__in=people).values_list("person", "unit__path"):
        paths[number].append(path)
    for number, superior in Superior.objects.on(day).filter(person__in=people).values_list("person", "superior"):
        superiors[number].add(superior)
    return {
        number: Thing(paths=tuple(paths[number]), person=number, superiors=frozenset(superiors[number]))
        for number in people
    }


def homes_of(people: Collection[int], day: date) -> dict[int, Unit]:
    """`home_of` for many people at once; who never had a home is left out. One query."""
    rows: dict[int, list[Assignment]] = defaultdict(list)
    homes = Assignment.objects.current().filter(AT_HOME, person__in=people).select_related("unit")
    for row in homes.order_by("from_date"):
        rows[row.person_id].append(row)
    found = {number: home_on(held, day) for number, held in rows.items()}
    return {number: unit for number, unit in found.items() if unit is not None}


def home_of(person: int, day: date) -> Unit | None:
    """Where the person is at home on `day`; his last home when he has none then."""
    return homes_of([person], day).get(person)


class HeldPlace(HasPeriod, Protocol):
    """An assignment, or what somebody keeps of one."""

    @property
    def unit(self) -> Unit: ...

    @property
    def kind(self) -> str: ...

    @property
    def weekdays(self) -> str: ...

    def names(self, day: date) -> bool: ...


_Held = TypeVar("_Held", bound=HeldPlace)


def home_on(homes: Sequence[HeldPlace], day: date) -> Unit | None:
    """The unit of the home in force on `day`; the last one before it, or the first one ever, when there is none."""
    named = _named(homes, day)
    if named is not None:
        return named.unit
    usual = [row for row in homes if row.kind == AssignmentKind.HOME]
    begun = [row for row in usual if row.from_date <= day]
    chosen = begun[-1] if begun else next(iter(usual), None)
    return chosen.unit if chosen else None


def home_in_force(homes: Sequence[_Held], day: date) -> _Held | None:
    """Of assignments in order of their first day, the one where the person is at home on `day`, if anywhere."""
    return _named(homes, day) or in_force([row for row in homes if row.kind == AssignmentKind.HOME], day)


def wants_nobody(homes: Sequence[HeldPlace], day: date) -> bool:
    """Whether the person is assigned then, and no assignment wants him on that weekday."""
    lasting = [row for row in homes if in_force((row,), day)]
    return bool(lasting) and not any(row.names(day) for row in lasting)


def _named(homes: Sequence[_Held], day: date) -> _Held | None:
    """The newest that names the weekday itself."""
    return next((row for row in reversed(homes) if row.weekdays and row.names(day) and in_force((row,), day)), None)


def _below(paths: Sequence[str]) -> Q:
    return reduce(or_, (Q(unit__path__startswith=path) for path in paths))


def standings(people: Collection[int], day: date, known_at_ms: int | None = None) -> dict[int, dict[str, str]]:
    """What rank and which position each had on that day: its `CareerKind` -> the code or the words. One query."""
    rows = Career.objects.on(day, known_at_ms).filter(person__in=people).order_by("from_date", "pk")
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for person, kind, value in rows.values_list("person", "kind", "value"):
        found[person][kind] = value
    return found
