"""What was said of people's days and is not decided yet: shown, so that nobody who is excused looks forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from hadir.office.excuses.kinds import State
from hadir.office.excuses.models import Excuse, ExcusedPerson
from hadir.office.excuses.queries import excuses_in_sight
from hadir.office.roles import Actor
from hadir.rules.clocks import local_day

WAITING = (State.PROPOSED, State.ATTESTED)


def waiting_notes(actor: Actor, people: Collection[int], day: date, zone: str) -> dict[int, list[Excuse]]:
    """Person -> excuses of the day that wait for a decision, of those that this reader may see. One query."""
    within = local_day(day, zone)
    in_sight = excuses_in_sight(actor).filter(
        state__in=WAITING, from_ms__lt=within.until_ms, until_ms__gt=within.from_ms
    )
    named = ExcusedPerson.objects.filter(person__in=list(people), excuse__in=in_sight.values("number"))
    found: dict[int, list[Excuse]] = defaultdict(list)
    for row in named.select_related("excuse").order_by("excuse"):
        found[row.person_id].append(row.excuse)
    return found
