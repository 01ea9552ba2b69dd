"""Whom and which days an excuse covers: what the follower reads when it judges, and what it must judge again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from hadir.office.excuses.into_rules import into_rules
from hadir.office.excuses.kinds import TAIL_MINUTES_MAX, Scope, State
from hadir.office.excuses.models import Excuse, ExcusedPerson
from hadir.office.people.models import Assignment
from hadir.rules.clocks import MS_PER_MINUTE, local, local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from hadir.rules.clocks import Period
    from hadir.rules.excuse import Excuse as RulesExcuse

_TAIL_MS_MAX = TAIL_MINUTES_MAX * MS_PER_MINUTE
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Cover:
    """An approved excuse and whom it covers: the named, or everybody at home below `path` apart from `but_for`."""

    number: int
    excuse: RulesExcuse
    path: str
    named: frozenset[int] | None
    but_for: frozenset[int]

    def covers(self, person: int, path: str, day: Period) -> bool:
        within = self.excuse.explains
        if within.from_ms >= day.until_ms or day.from_ms >= within.until_ms:
            return False
        if self.named is not None:
            return person in self.named
        return path.startswith(self.path) and person not in self.but_for


def covers_for(people: Iterable[int], days: Iterable[date]) -> tuple[Cover, ...]:
    """The approved excuses that may concern these people on these days. Two queries, whatever number of either."""
    wanted = sorted(days)
    if not wanted:
        return ()
    # A zone is less than a day away from UTC; which day it really is decides `Cover.covers`.
    from_ms = local_day(wanted[0], "UTC").from_ms - _DAY_MS - _TAIL_MS_MAX
    until_ms = local_day(wanted[-1], "UTC").until_ms + _DAY_MS
    named = ExcusedPerson.objects.filter(excuse=OuterRef("pk"), person__in=list(people))
    rows = (
        Excuse.objects.filter(state=State.APPROVED, until_ms__gt=from_ms, from_ms__lt=until_ms)
        .filter(~Q(scope=Scope.PEOPLE) | Exists(named))
        .select_related("unit")
        .prefetch_related("people")
        .order_by("number")
    )
    return tuple(cover_of(row) for row in rows)


def cover_of(row: Excuse) -> Cover:
    """The cover that the excuse gives, or would give if it were approved as it stands."""
    alone = row.approved_by_id is not None and row.also_approved_by_id is None
    return Cover(
        number=row.number,
        excuse=into_rules(row),
        path=row.path,
        named=frozenset(one.person_id for one in row.people.all()) if row.scope == Scope.PEOPLE else None,
        but_for=frozenset({row.approved_by_id}) if alone and row.approved_by_id else frozenset(),
    )


def person_days(row: Excuse, zone: str) -> Iterator[tuple[int, date]]:
    """Every person-day that the excuse can change."""
    for day in days_of(row, zone):
        for person in people_of(row, day):
            yield person, day


def days_of(row: Excuse, zone: str) -> list[date]:
    first = local(row.from_ms, zone).date()
    last = local(row.until_ms - 1 + row.tail_minutes * MS_PER_MINUTE, zone).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def people_of(row: Excuse, day: date) -> list[int]:
    if row.scope == Scope.PEOPLE:
        return [one.person_id for one in row.people.all()]
    below = Assignment.objects.on(day).filter(unit__path__startswith=row.path)
    return list(below.order_by("person").values_list("person", flat=True).distinct())


def all_person_days(zone: str) -> Iterator[tuple[int, date]]:
    """Every person-day that some approved excuse touches: what a rebuild cannot learn from the journals' taps."""
    for row in Excuse.objects.filter(state=State.APPROVED).select_related("unit").prefetch_related("people"):
        yield from person_days(row, row.unit.zone if row.unit else zone)
