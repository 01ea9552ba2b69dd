"""Finding people among thousands, and what the register knows of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from hadir.office.accounts.models import RoleGrant, User
from hadir.office.devices.queries import active_phones
from hadir.office.intake.models import PinHolder
from hadir.office.people.models import Assignment, AssignmentKind, Career, Person, Superior
from hadir.office.people.permissions import SEE_REGISTER
from hadir.office.people.queries import homes_of, people_below, people_in_sight, places_ahead
from hadir.office.roles import Actor
from hadir.office.units.models import Unit

WORDS_MAX = 6
WORD_LENGTH_MAX = 60
_NIP_DIGITS_MIN = 4
_NUMBER_DIGITS_MAX = 10


@dataclass(frozen=True, slots=True)
class RegisterRow:
    person: Person
    home: Unit | None
    phones: int
    begins: date | None
    """The first day of somebody who has not begun yet."""


def search_people(actor: Actor, *, text: str, unit: Unit | None, day: date) -> QuerySet[Person]:
    """People in sight whom every word of `text` fits: a part of the name, the unit, the NIP, or Hadir's number."""
    people = people_in_sight(actor, SEE_REGISTER, day, ahead=True)
    if unit is not None:
        people = people & people_below([unit.path], day, ahead=True)
    for word in text.split()[:WORDS_MAX]:
        people = people.filter(_fits(word[:WORD_LENGTH_MAX], day))
    return people


def _fits(word: str, day: date) -> Q:
    named = {"person": OuterRef("pk"), "unit__name__icontains": word}
    homes = Q(Exists(Assignment.objects.on(day).filter(**named))) | Q(Exists(places_ahead(day).filter(**named)))
    return homes | Q(full_name__icontains=word) | (_numbered(word) if word.isdecimal() else Q())


def _numbered(word: str) -> Q:
    nip = Q(nip__contains=word) if len(word) >= _NIP_DIGITS_MIN else Q(nip__startswith=word)
    return nip | Q(number=int(word)) if len(word) <= _NUMBER_DIGITS_MAX else nip


def described(people: Sequence[Person], day: date) -> list[RegisterRow]:
    """One page of people with their units and phones. Three queries, whatever number."""
    numbers = [person.number for person in people]
    homes = homes_of(numbers, day)
    phones = active_phones(Person.objects.filter(number__in=numbers))
    begins = first_days(numbers, day)
    return [
        RegisterRow(
            person=person,
            home=homes.get(person.number),
            phones=phones.get(person.number, 0),
            begins=begins.get(person.number),
        )
        for person in people
    ]


def first_days(people: Sequence[int], day: date) -> dict[int, date]:
    """The first day of those who have not begun on `day`. One query."""
    return dict(places_ahead(day).filter(person__in=people).values_list("person").annotate(Min("from_date")))


@dataclass(frozen=True, slots=True)
class Card:
    """What the register says of one person, the present first."""

    person: Person
    homes: list[Assignment]
    further: list[Assignment]
    careers: list[Career]
    superiors: list[Superior]
    subordinates: int
    pins: list[PinHolder]
    account: User | None
    grants: list[RoleGrant]


def card_of(person: Person, day: date) -> Card:
    """Seven queries."""
    places = list(Assignment.objects.current().filter(person=person).select_related("unit").order_by("-from_date"))
    account = User.objects.filter(person=person).first()
    return Card(
        person=person,
        homes=[row for row in places if row.kind == AssignmentKind.HOME],
        further=[row for row in places if row.kind != AssignmentKind.HOME],
        careers=list(Career.objects.current().filter(person=person).order_by("-kind", "-from_date")),
        superiors=list(
            Superior.objects.current().filter(person=person).select_related("superior").order_by("-from_date")
        ),
        subordinates=Superior.objects.on(day).filter(superior=person).count(),
        pins=list(PinHolder.objects.current().filter(person=person).order_by("terminal", "pin")),
        account=account,
        grants=list(RoleGrant.objects.on(day).filter(user=account).select_related("unit")) if account else [],
    )
