"""Taps that came from a phone after it was revoked: they count until a person has looked, and here somebody is told.

A phone that was lost may be in other hands, and its owner may be the one who goes on using it: no machine can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F

from hadir.office.devices.models import Device
from hadir.office.devices.permissions import DECIDE_DEVICE
from hadir.office.people.models import Person
from hadir.office.people.queries import people_in_sight
from hadir.office.projection.models import Punch
from hadir.office.roles import Actor

SHOWN_DAYS = 31
SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class RevokedDay:
    """A day of a person with so many taps of a phone that was revoked before them."""

    person: Person
    day: date
    times: int


def days_of_revoked_phones(actor: Actor, today: date) -> list[RevokedDay]:
    """The last month's, the newest first, of the people on whose phones the actor decides. Three queries at most."""
    if not actor.paths(DECIDE_DEVICE.roles):
        return []
    people = people_in_sight(actor, DECIDE_DEVICE, today)
    revoked = Device.objects.filter(person__in=people.values("number"), until_ms__isnull=False)
    rows = revoked.exclude(until_ms=F("from_ms")).values_list("kid", "until_ms")
    until = {kid: until_ms for kid, until_ms in rows if until_ms is not None}
    if not until:
        return []
    since = today - timedelta(days=SHOWN_DAYS)
    taps = Punch.objects.filter(kid__in=until, day__gt=since).values_list("person", "day", "kid", "judged_ms")
    times: dict[tuple[date, int], int] = {}
    for person, day, kid, judged_ms in taps:
        if day is not None and judged_ms >= until[kid]:
            times[day, person] = times.get((day, person), 0) + 1
    found = sorted(times.items(), reverse=True)[:SHOWN_MAX]
    known = Person.objects.in_bulk({person for (_, person), _ in found})
    return [RevokedDay(known[person], day, n) for (day, person), n in found if person in known]
