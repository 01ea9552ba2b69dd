"""Judging as the office knew things at an earlier moment: March as it stood in April, whatever was corrected since.

The same loader (`facts.gather`) and the same rules; every row is asked for by the moment at which it was known, and
taps are those that had arrived. A terminal's lines are given anew to whoever held their PIN as known then, and each tap
is weighed and put on its day anew. Nothing is written. The policy files alone are those of today: a verdict names the
version that it was judged by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from django.db.models import Q

from hadir.office.intake.models import PinHolder
from hadir.office.judging.facts import Facts, gather, homes_of
from hadir.office.judging.flexing import is_limited
from hadir.office.judging.judging import (
    Court,
    Judged,
    PersonDayKey,
    ask_days,
    judge_places,
    person_day,
    place,
    places_of,
)
from hadir.office.judging.owed import began_on, kept_days
from hadir.office.judging.person_day import PersonDay
from hadir.office.judging.pins import pin_register
from hadir.office.people.models import AT_HOME, Assignment
from hadir.office.people.queries import home_on
from hadir.office.projection.models import MachineLine, Punch
from hadir.rules.clocks import local_day
from hadir.rules.evidence import Source

Taps = dict["PersonDayKey", list[Punch]]
_NEAR = timedelta(days=2)
"""So far may a tap's claim or receipt lie from its day, whatever zone and shift decides."""


def ask_as_known(court: Court, days: Sequence[PersonDayKey], now_ms: int, *, told: bool = True) -> Judging:
    """The verdicts on these days as the court knows things; with `court.known_at_ms`, as it stood at that moment."""
    if court.known_at_ms is None:
        return ask_days(court, days, now_ms)
    return _judged_then(court, days, told=told)


def days_kept_then(court: Court, days: Sequence[PersonDayKey]) -> dict[PersonDayKey, Judged]:
    """Of these days those of which the office had a verdict then, as it kept it."""
    assert court.known_at_ms is not None
    punches = punches_then(court, days)
    facts, places = places_of(court, days, punches)
    kept = kept_days(facts, places, punches, now_ms=court.known_at_ms, began_in=partial(began_then, court))
    return _judge(court, facts, kept, punches, told=False)


Judging = dict["PersonDayKey", "Judged"]


def days_without(court: Court, judged: Mapping[PersonDayKey, Judged], now_ms: int) -> set[PersonDayKey]:
    """Of these the ended days of which no verdict is kept: nobody had to record there yet, and nothing was said of
    them. What the rules would say of such a day stands in no recap, and so on no page.
    """
    if not judged:
        return set()
    facts = next(iter(judged.values())).facts
    places = {key: one.where for key, one in judged.items()}
    taps = {key: tuple(one.weighed) for key, one in judged.items()}
    began_in = began_on if court.known_at_ms is None else partial(began_then, court)
    kept = kept_days(facts, places, taps, now_ms=now_ms, began_in=began_in)
    return {
        key
        for key, where in places.items()
        if key not in kept and now_ms >= local_day(where.day, where.unit.zone).until_ms
    }


def _judged_then(court: Court, days: Sequence[PersonDayKey], *, told: bool) -> Judging:
    punches = punches_then(court, days)
    facts, places = places_of(court, days, punches)
    return _judge(court, facts, places, punches, told=told)


def _judge(
    court: Court, facts: Facts, places: Mapping[PersonDayKey, PersonDay], punches: Taps, *, told: bool
) -> Judging:
    assert court.known_at_ms is not None
    limited = [key for key, where in places.items() if is_limited(where.duty_day)]
    if limited:
        facts = replace(facts, flex_times=_flex_then(court, limited))
    return judge_places(court, facts, places, punches, court.known_at_ms, told=told)


# --- taps ------------------------------------------------------------------------------------------------------------


def punches_then(court: Court, days: Iterable[PersonDayKey]) -> Taps:
    """The punches that had arrived, on the days on which they lay then; each list in order of judged time."""
    wanted = set(days)
    if not wanted:
        return {}
    people = {person for person, _ in wanted}
    first, last = min(day for _, day in wanted), max(day for _, day in wanted)
    arrived = [*_recorded(court, people, first, last), *_pressed(court, people, first, last)]
    facts = gather(arrived, (), policies=court.policies, known_at_ms=court.known_at_ms)
    for punch in arrived:
        place(court, facts, punch)
    found: Taps = defaultdict(list)
    for punch in sorted(arrived, key=lambda one: (one.judged_ms, one.record_hash)):
        if punch.day is not None and (punch.person, punch.day) in wanted:
            found[punch.person, punch.day].append(punch)
    return dict(found)


def _recorded(court: Court, people: set[int], first: date, last: date) -> list[Punch]:
    """Punches of phones and of lists that may lie on those days, as they were before anybody had weighed them."""
    from_ms, until_ms = local_day(first - _NEAR, "UTC").from_ms, local_day(last + _NEAR, "UTC").until_ms
    near = (Q(wall_ms__gte=from_ms) | Q(received_at_ms__gte=from_ms)) & (
        Q(wall_ms__lt=until_ms) | Q(received_at_ms__lt=until_ms)
    )
    rows = Punch.objects.filter(near, person__in=people, received_at_ms__lte=court.known_at_ms)
    found = list(rows.exclude(source=Source.FILE.value))
    for punch in found:
        punch.grade, punch.lo_ms, punch.hi_ms, punch.judged_ms = "E", None, punch.received_at_ms, punch.received_at_ms
    return found


def _pressed(court: Court, people: set[int], first: date, last: date) -> list[Punch]:
    """Lines of terminals, given to whoever held their PIN as known then."""
    held = PinHolder.objects.known(court.known_at_ms).filter(person__in=people).values_list("terminal", "pin")
    pins = set(held)
    if not pins:
        return []
    terminals, names = {terminal for terminal, _ in pins}, {pin for _, pin in pins}
    lines = MachineLine.objects.filter(
        terminal__in=terminals, pin__in=names, day__gte=first - _NEAR, day__lte=last + _NEAR,
        received_at_ms__lte=court.known_at_ms,
    )  # fmt: skip
    register = pin_register(court, terminals, names)
    punches = (register.punch(line) for line in lines if (line.terminal, line.pin) in pins)
    return [punch for punch in punches if punch is not None and punch.person in people]


# --- what else hangs on taps -----------------------------------------------------------------------------------------


def _flex_then(court: Court, limited: Sequence[PersonDayKey]) -> dict[PersonDayKey, int]:
    """How often flexible time had been used before each of these days in its month: judged from its first day on."""
    assert court.known_at_ms is not None
    months = {(person, day.replace(day=1)) for person, day in limited}
    last = max(day for _, day in limited)
    days = [(person, day) for person, first in months for day in _until(first, last)]
    punches = punches_then(court, days)
    facts, places = places_of(court, days, punches)
    used: dict[tuple[int, date], int] = defaultdict(int)
    before: dict[PersonDayKey, int] = {}
    for on in sorted({day for _, day in days}):
        today = {key: where for key, where in places.items() if key[1] == on}
        before |= {(person, on): used[person, on.replace(day=1)] for person, _ in today}
        judged = judge_places(court, replace(facts, flex_times=before), today, punches, court.known_at_ms, told=False)
        for (person, _), one in judged.items():
            used[person, on.replace(day=1)] += one.verdict.flex_used
    return before


def _until(first: date, last: date) -> list[date]:
    """The days of the month that begins at `first`, up to `last`."""
    days = (first + timedelta(days=number) for number in range(31))
    return [day for day in days if day.month == first.month and day <= last]


def began_then(court: Court, units: set[int]) -> dict[int, date]:
    """The first day on which anybody of each unit had recorded, as known then; units where nobody had are left out."""
    here = Assignment.objects.known(court.known_at_ms).filter(AT_HOME, unit__in=units)
    people = set(here.values_list("person", flat=True))
    homes = homes_of(people, court.known_at_ms)
    found: dict[int, date] = {}
    for person, day in _days_with_a_tap(court, people):
        home = home_on(homes.get(person, []), day)
        if home is not None and home.number in units and home.number not in found and _had_law(court, person, day):
            found[home.number] = day
            if len(found) == len(units):
                break
    return found


def _days_with_a_tap(court: Court, people: set[int]) -> list[PersonDayKey]:
    """In order of days."""
    rows = Punch.objects.filter(person__in=people, received_at_ms__lte=court.known_at_ms, day__isnull=False)
    recorded = rows.exclude(source=Source.FILE.value).order_by().values_list("person", "day").distinct()
    holders = PinHolder.objects.known(court.known_at_ms).filter(person__in=people)
    pins = list(holders.values_list("person", "terminal", "pin", "from_date", "until_date"))
    lines = MachineLine.objects.filter(
        terminal__in={pin[1] for pin in pins}, pin__in={pin[2] for pin in pins}, received_at_ms__lte=court.known_at_ms
    )
    days: dict[tuple[str, str], set[date]] = defaultdict(set)
    for terminal, pin, day in lines.order_by().values_list("terminal", "pin", "day").distinct() if pins else ():
        days[terminal, pin].add(day)
    pressed = [
        (person, day)
        for person, terminal, pin, from_date, until_date in pins
        for day in days[terminal, pin]
        if from_date <= day and (until_date is None or day < until_date)
    ]
    found = {*((person, day) for person, day in recorded if day is not None), *pressed}
    return sorted(found, key=lambda key: (key[1], key[0]))


def _had_law(court: Court, person: int, day: date) -> bool:
    facts = gather((), [person], [day], policies=court.policies, known_at_ms=court.known_at_ms)
    return person_day(facts, person, day) is not None
