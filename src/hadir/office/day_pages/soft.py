"""Taps of a month whose time rests on the phone alone, counted by person for the superior.

One is an honest morning without a network; ten are a habit that somebody should ask about. Where there is no signal,
and in the time of a measured outage, they are what is to be expected: one line for the place, and no list of names.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F

from hadir.office.devices.models import Device
from hadir.office.devices.permissions import DECIDE_DEVICE
from hadir.office.ground.dated import in_force
from hadir.office.ground.rows import grouped, listed
from hadir.office.judging.facts import homes_of
from hadir.office.people.models import Person
from hadir.office.people.queries import home_on, people_in_sight
from hadir.office.projection.models import MeasuredOutage, Punch
from hadir.office.roles import Actor, Role, Rule
from hadir.office.units.models import Unit, WithoutSignal
from hadir.rules.clocks import Period
from hadir.rules.evidence import Grade, Source

_SUPERIOR = Rule(roles=frozenset({Role.SUPERIOR}), decides=True)
_SOFT = (Grade.D.value, Grade.E.value)
PEOPLE_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class SoftTaps:
    """`people` with how often in the month, the most often first; `expected` by work place."""

    month: date
    people: Sequence[tuple[Person, int]] = ()
    expected: Sequence[tuple[Unit, int]] = ()


def soft_taps(actor: Actor, today: date) -> SoftTaps | None:
    """Those of the superior's own people in the month of `today`; nothing of it is waited for. Five queries."""
    first = today.replace(day=1)
    if actor.person is None or not actor.paths(_SUPERIOR.roles):
        return None
    people = people_in_sight(actor, _SUPERIOR, today).exclude(number=actor.person)
    taps = _soft(people.values_list("number", flat=True), first, today)
    if not taps:
        return None
    homes, outages = homes_of({person for person, _, _ in taps}), _outages(taps)
    declared = grouped(WithoutSignal.objects.current().order_by("from_date"), lambda row: row.unit_id)
    by_person, by_place = Counter[int](), Counter[int]()
    units: dict[int, Unit] = {}
    for person, day, judged_ms in taps:
        home = home_on(homes.get(person, ()), day)
        silent = home is not None and in_force(declared.get(home.number, ()), day) is not None
        if home is not None and (silent or any(judged_ms in outage for outage in outages)):
            by_place[home.number] += 1
            units[home.number] = home
        else:
            by_person[person] += 1
    known = Person.objects.in_bulk(by_person.keys())
    return SoftTaps(
        first,
        people=[(known[number], times) for number, times in by_person.most_common(PEOPLE_SHOWN_MAX)],
        expected=[(units[number], times) for number, times in by_place.most_common()],
    )


def _soft(people: Iterable[int], first: date, last: date) -> list[tuple[int, date, int]]:
    """(person, day, judged time) of each."""
    found = Punch.objects.filter(source=Source.PHONE.value, grade__in=_SOFT, day__gte=first, day__lte=last)
    rows = found.filter(person__in=listed(people)).values_list("person", "day", "judged_ms")
    return [(person, day, judged_ms) for person, day, judged_ms in rows if day is not None]


def _outages(taps: Sequence[tuple[int, date, int]]) -> list[Period]:
    """Those that may touch one of these taps."""
    moments = [judged_ms for _, _, judged_ms in taps]
    rows = MeasuredOutage.objects.filter(until_ms__gt=min(moments), from_ms__lte=max(moments))
    return [Period(from_ms, until_ms) for from_ms, until_ms in rows.values_list("from_ms", "until_ms")]


SHOWN_DAYS = 31
SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class RevokedDay:
    """A day of a person with so many taps of a phone that was revoked before them."""

    person: Person
    day: date
    times: int


def days_of_revoked_phones(actor: Actor, today: date) -> list[RevokedDay]:
    """Days with taps from a phone after it was revoked: they count until a person has looked. A phone that was lost may
    be in other hands, and its owner may be the one who goes on using it: no machine can tell.

    The last month's, the newest first, of the people on whose phones the actor decides. Three queries at most."""
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
