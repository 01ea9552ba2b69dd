"""Judging as the office knew things at an earlier moment: March as it stood in April, whatever was corrected since.

The same loader (`facts.gather`) and the same rules; every row is asked for by the moment at which it was known, and
taps are those that had arrived. A terminal's lines are given anew to whoever held their PIN as known then, and each tap
is weighed and put on its day anew. Nothing is written. The policy files alone are those of today: a verdict names the
version that it was judged by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from django.db.models import Q

from hadir.office.ground.dated import holds
from hadir.office.ground.moments import days_of_month
from hadir.office.ground.rows import grouped
from hadir.office.intake.models import PinHolder
from hadir.office.judging.facts import homes_of
from hadir.office.judging.judging import (
    JudgeContext,
    PersonDayKey,
    decide,
    gather_days,
    person_day,
    place,
    places_on,
    weigh_days,
)
from hadir.office.judging.pins import punches_from
from hadir.office.people.models import AT_HOME, Assignment
from hadir.office.people.queries import home_on
from hadir.office.projection.models import MachineLine, Punch
from hadir.rules.clocks import local_day
from hadir.rules.evidence import Source

_NEAR = timedelta(days=2)
"""So far may a tap's claim or receipt lie from its day, whatever zone and shift decides."""


# --- taps ------------------------------------------------------------------------------------------------------------


def punches_then(context: JudgeContext, days: Iterable[PersonDayKey]) -> dict[PersonDayKey, list[Punch]]:
    """The punches that had arrived, on the days on which they lay then; each list in order of judged time."""
    wanted = set(days)
    if not wanted:
        return {}
    people = {person for person, _ in wanted}
    first, last = min(day for _, day in wanted), max(day for _, day in wanted)
    arrived = [*_recorded(context, people, first, last), *_pressed(context, people, first, last)]
    facts = context.gather(arrived)
    for punch in arrived:
        place(context, facts, punch)
    in_order = sorted(arrived, key=lambda one: (one.judged_ms, one.record_hash))
    return grouped((one for one in in_order if one.person_day in wanted), lambda punch: punch.person_day)


def _recorded(context: JudgeContext, people: set[int], first: date, last: date) -> list[Punch]:
    """Punches of phones and of lists that may lie on those days, as they were before anybody had weighed them."""
    from_ms, until_ms = local_day(first - _NEAR, "UTC").from_ms, local_day(last + _NEAR, "UTC").until_ms
    near = (Q(wall_ms__gte=from_ms) | Q(received_at_ms__gte=from_ms)) & (
        Q(wall_ms__lt=until_ms) | Q(received_at_ms__lt=until_ms)
    )
    rows = Punch.objects.filter(near, person__in=people, received_at_ms__lte=context.known_at_ms)
    found = list(rows.exclude(source=Source.FILE.value))
    for punch in found:
        punch.grade, punch.lo_ms, punch.hi_ms, punch.judged_ms = "E", None, punch.received_at_ms, punch.received_at_ms
    return found


def _pressed(context: JudgeContext, people: set[int], first: date, last: date) -> list[Punch]:
    """Lines of terminals, given to whoever held their PIN as known then."""
    held = PinHolder.objects.known(context.known_at_ms).filter(person__in=people).values_list("terminal", "pin")
    pins = set(held)
    if not pins:
        return []
    terminals, names = (set(told) for told in zip(*pins, strict=True))
    lines = MachineLine.objects.filter(
        terminal__in=terminals, pin__in=names, day__gte=first - _NEAR, day__lte=last + _NEAR,
        received_at_ms__lte=context.known_at_ms,
    )  # fmt: skip
    punches = punches_from(context, [line for line in lines if (line.terminal, line.pin) in pins])
    return [punch for punch in punches if punch.person in people]


# --- what else hangs on taps -----------------------------------------------------------------------------------------


def flex_then(context: JudgeContext, limited: Sequence[PersonDayKey]) -> dict[PersonDayKey, int]:
    """How often flexible time had been used before each of these days in its month: judged from its first day on."""
    assert context.known_at_ms is not None
    months = {(person, day.replace(day=1)) for person, day in limited}
    last = max(day for _, day in limited)
    days = [(person, day) for person, first in months for day in days_of_month(first) if day <= last]
    punches = punches_then(context, days)
    facts = gather_days(context, days, punches)
    places = places_on(facts, days)
    taps = weigh_days(context, facts, places, punches)
    used: dict[tuple[int, date], int] = defaultdict(int)
    before: dict[PersonDayKey, int] = {}
    for on in sorted({day for _, day in days}):
        today = {key: where for key, where in places.items() if key[1] == on}
        before |= {(person, on): used[person, on.replace(day=1)] for person, _ in today}
        judged = decide(
            replace(facts, flex_times=before), today, taps, context.known_at_ms, with_steps=False,
            known_at_ms=context.known_at_ms,
        )  # fmt: skip
        for (person, _), one in judged.items():
            used[person, on.replace(day=1)] += one.verdict.flex_used
    return before


def began_then(context: JudgeContext, units: set[int]) -> dict[int, date]:
    """The first day on which anybody of each unit had recorded, as known then; units where nobody had are left out."""
    here = Assignment.objects.known(context.known_at_ms).filter(AT_HOME, unit__in=units)
    people = set(here.values_list("person", flat=True))
    homes = homes_of(people, context.known_at_ms)
    found: dict[int, date] = {}
    for person, day in _days_with_a_tap(context, people):
        home = home_on(homes.get(person, []), day)
        if (
            home is not None
            and home.number in units
            and home.number not in found
            and person_day(context.gather((), [person], [day]), person, day) is not None  # a law held
        ):
            found[home.number] = day
            if len(found) == len(units):
                break
    return found


def _days_with_a_tap(context: JudgeContext, people: set[int]) -> list[PersonDayKey]:
    """In order of days."""
    rows = Punch.objects.filter(person__in=people, received_at_ms__lte=context.known_at_ms, day__isnull=False)
    recorded = rows.exclude(source=Source.FILE.value).order_by().values_list("person", "day").distinct()
    holders = list(PinHolder.objects.known(context.known_at_ms).filter(person__in=people))
    terminals, names = {row.terminal_id for row in holders}, {row.pin for row in holders}
    lines = MachineLine.objects.filter(
        terminal__in=terminals, pin__in=names, received_at_ms__lte=context.known_at_ms
    ).order_by()
    days = grouped(lines.values_list("terminal", "pin", "day").distinct(), lambda line: line[:2])
    pressed = {
        (row.person_id, day)
        for row in holders
        for _, _, day in days.get((row.terminal_id, row.pin), ())
        if holds(row, day)
    }
    found = pressed | {(person, day) for person, day in recorded if day is not None}
    return sorted(found, key=lambda key: (key[1], key[0]))
