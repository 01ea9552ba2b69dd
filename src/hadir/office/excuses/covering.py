"""Whom and which days an excuse covers: what the follower reads when it judges, and what it must judge again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_

import msgspec
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Prefetch, Q, QuerySet

from hadir.office.excuses.kinds import OUTAGE, TAIL_MINUTES_MAX, ExcuseAct, ExcuseState, Scope
from hadir.office.excuses.models import Excuse, ExcusedPerson, Step
from hadir.office.ground.dated import holds
from hadir.office.intake.models import PinHolder
from hadir.office.people.models import Assignment
from hadir.records.days import DAY_MS, local_date
from hadir.records.server_records import Decision
from hadir.rules.clocks import MS_PER_MINUTE, Period, local_day
from hadir.rules.excuse import ExcusePeriod


@dataclass(frozen=True, slots=True)
class Word:
    """A head's word that the people below `path` were at work; it never speaks for himself."""

    path: str
    by: int


@dataclass(frozen=True, slots=True)
class Cover:
    """An approved excuse and whom it covers: the named, or those at home below `path` apart from `but_for`.

    An outage explains why somebody could not record, not why he was away: it covers whoever left any trace on that day,
    and without one only those for whom a unit head has spoken. One of a terminal covers those who hold a PIN on it.
    """

    number: int
    excuse: ExcusePeriod
    path: str
    named: frozenset[int] | None
    but_for: frozenset[int]
    words: tuple[Word, ...] = ()
    holders: tuple[PinHolder, ...] | None = None
    """Everybody who ever held a PIN of the terminal; None for an outage that is no terminal's."""

    def covers(self, person: int, path: str, day: date, within: Period, *, has_trace: bool) -> bool:
        """Whether it covers that person, at home in `path`, on `day`, which is `within` on the clocks there."""
        if not self.concerns(person, path, day, within):
            return False
        is_vouched = any(path.startswith(word.path) and person != word.by for word in self.words)
        return self.named is not None or has_trace or is_vouched

    def dates(self, zone: str) -> list[date]:
        """Every date of it on the clocks of that zone."""
        return _dates(self.excuse.period.from_ms, self.excuse.explains.until_ms, zone)

    def concerns(self, person: int, path: str, day: date, within: Period) -> bool:
        """Whether the person is among those whom it can cover, with a trace or with a head's word."""
        explains = self.excuse.explains
        if explains.from_ms >= within.until_ms or within.from_ms >= explains.until_ms:
            return False
        if self.named is not None:
            return person in self.named
        if not path.startswith(self.path) or person in self.but_for:
            return False
        return self.holders is None or any(row.person_id == person and holds(row, day) for row in self.holders)


APPROVER_IS_CONCERNED = Q(unit=None) | Exists(
    Assignment.objects.current().filter(person=OuterRef("approved_by"), unit__path__startswith=OuterRef("unit__path"))
)
"""Nobody asks for which days: who never belonged below the unit is concerned on none."""


def with_approver(rows: QuerySet[Excuse]) -> QuerySet[Excuse]:
    """With `Excuse.concerns_approver` filled in."""
    return rows.annotate(approver_concerned=ExpressionWrapper(APPROVER_IS_CONCERNED, BooleanField()))


def concerns(row: Excuse, person: int | None) -> bool:
    """Whether that person ever belonged to those whom the outage concerns."""
    places = Assignment.objects.current().filter(person=person, unit__path__startswith=row.path)
    return person is not None and places.exists()


def covers_for(
    people: Iterable[int],
    days: Iterable[date],
    known_at_ms: int | None = None,
    *,
    kinds: Collection[str] | None = None,
) -> tuple[Cover, ...]:
    """The approved excuses that may concern these people from the first of these days to the last; with `kinds`, of
    these. Three queries, and one for each terminal.
    """
    wanted = sorted(days)
    if not wanted:
        return ()
    # A zone is less than a day away from UTC; which day it really is decides `Cover.covers`.
    from_ms = local_day(wanted[0], "UTC").from_ms - DAY_MS - TAIL_MINUTES_MAX * MS_PER_MINUTE
    until_ms = local_day(wanted[-1], "UTC").until_ms + DAY_MS
    named = ExcusedPerson.objects.filter(excuse=OuterRef("pk"), person__in=list(people))
    near = Q(until_ms__gt=from_ms, from_ms__lt=until_ms)
    found = Excuse.objects.filter(~Q(scope=Scope.PEOPLE) | Exists(named)).select_related("unit").order_by("number")
    found = found if kinds is None else found.filter(kind__in=kinds)
    if known_at_ms is not None:
        return _covers_then(found.filter(near | Q(kind=OUTAGE)), known_at_ms)
    rows = found.filter(near, state=ExcuseState.APPROVED).prefetch_related("people", "steps")
    return tuple(cover_of(row) for row in rows)


def _covers_then(rows: QuerySet[Excuse], known_at_ms: int) -> tuple[Cover, ...]:
    """An outage's window may have been another one then."""
    approved = Step.objects.filter(excuse=OuterRef("pk"), act=ExcuseAct.APPROVE, at_ms__lte=known_at_ms)
    steps = Prefetch("steps", Step.objects.select_related("record"))
    stood = [as_it_stood(row, known_at_ms) for row in rows.filter(Exists(approved)).prefetch_related("people", steps)]
    return tuple(cover_of(row, known_at_ms) for row in stood if row.state == ExcuseState.APPROVED)


def cover_of(row: Excuse, known_at_ms: int | None = None) -> Cover:
    """The cover that the excuse gives, or would give if it were approved as it stands."""
    alone = row.approved_by_id is not None and row.also_approved_by_id is None
    holders = PinHolder.objects.known(known_at_ms)
    return Cover(
        number=row.number,
        excuse=into_rules(row),
        path=row.path,
        named=frozenset(one.person_id for one in row.people.all()) if row.scope == Scope.PEOPLE else None,
        but_for=frozenset({row.approved_by_id}) if alone and row.approved_by_id else frozenset(),
        words=tuple(Word(path, step.by_id) for step in steps_by(row, known_at_ms) for path in step.head_of.split()),
        holders=tuple(holders.filter(terminal=row.terminal)) if row.scope == Scope.TERMINAL else None,
    )


def person_days(row: Excuse, below: tuple[str, ...] = ()) -> Iterator[tuple[int, date]]:
    """Every person-day that the excuse can change; with `below`, only of people in these subtrees."""
    return ((person, day) for day in days_of(row) for person in people_of(row, day, below))


def days_of(row: Excuse) -> list[date]:
    return _dates(row.from_ms, row.until_ms + row.tail_minutes * MS_PER_MINUTE, row.zone)


def _dates(from_ms: int, until_ms: int, zone: str) -> list[date]:
    first, last = local_date(from_ms, zone), local_date(until_ms - 1, zone)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def people_of(row: Excuse, day: date, below: tuple[str, ...] = ()) -> list[int]:
    if row.scope == Scope.PEOPLE:
        return [one.person_id for one in row.people.all()]
    places = Assignment.objects.on(day).filter(unit__path__startswith=row.path)
    if below:
        places = places.filter(reduce(or_, (Q(unit__path__startswith=path) for path in below)))
    if row.scope == Scope.TERMINAL:
        places = places.filter(person__in=PinHolder.objects.on(day).filter(terminal=row.terminal).values("person"))
    return list(places.order_by("person").values_list("person", flat=True).distinct())


def leave_of(people: Collection[int], kinds: Collection[str], period: Period) -> QuerySet[ExcusedPerson]:
    """Who of these people has approved leave of these kinds that touches the period."""
    return ExcusedPerson.objects.filter(
        person__in=list(people), excuse__kind__in=kinds, excuse__state=ExcuseState.APPROVED,
        excuse__until_ms__gt=period.from_ms, excuse__from_ms__lt=period.until_ms,
    )  # fmt: skip


def leave_days_after(people: Collection[int], kinds: Collection[str], from_ms: int) -> set[tuple[int, date]]:
    """Person-days of leave of these kinds that may count what lies behind that instant: those of a year from it."""
    rows = leave_of(people, kinds, Period(from_ms, from_ms + 366 * DAY_MS)).select_related("excuse__unit")
    return {(one.person_id, day) for one in rows for day in days_of(one.excuse)}


def all_person_days() -> Iterator[tuple[int, date]]:
    """Every person-day that some approved excuse touches: what a rebuild cannot learn from the journals' taps."""
    rows = Excuse.objects.filter(state=ExcuseState.APPROVED).select_related("unit").prefetch_related("people")
    return (key for row in rows for key in person_days(row))


# --- as the rules take it --------------------------------------------------------------------------------------------


def into_rules(row: Excuse) -> ExcusePeriod:
    """The excuse as the first day of its kind; an outage has no code and alone has a tail."""
    return ExcusePeriod(
        ref=row.ref,
        period=row.period,
        tail_minutes=row.tail_minutes if row.is_outage else 0,
        article=row.basis,
        code=None if row.is_outage else row.kind,
        lifts_proven=row.is_outage and row.lifts_proven,
    )


# --- as it stood at an earlier moment --------------------------------------------------------------------------------
# Replayed from what people did with it until then: its row keeps the newest state only. Its steps are never changed,
# and the record of each says in numbers what the excuse was after it; only the words of an outage's legal basis are
# those of now.


_TOLD = re.compile(
    r"(?P<state>\w+) .* (?P<from_ms>\d+)\.\.(?P<until_ms>\d+)\+(?P<tail>\d+)min(?: (?P<proven>proven_\w+))?"
)
"""As `actions` tells the excuse in a record. Outages from before approvers were asked told nothing of whoever is proven
late, and lifted it."""
PROVEN_LIFTED, PROVEN_STANDS = "proven_lifted", "proven_stands"


def proven_word(row: Excuse) -> str:
    """What a record says of whoever an outage finds proven late."""
    return PROVEN_LIFTED if row.lifts_proven else PROVEN_STANDS


def steps_by(row: Excuse, known_at_ms: int | None) -> list[Step]:
    """What had been done with it by then, in order."""
    return [step for step in row.steps.all() if known_at_ms is None or step.at_ms <= known_at_ms]


def as_it_stood(row: Excuse, known_at_ms: int) -> Excuse:
    """A copy of the row, not to be saved, as it stood after the last step until then."""
    stood = copy(row)
    steps = steps_by(row, known_at_ms)
    if not steps:
        stood.state = ExcuseState.PROPOSED
        return stood
    decision = msgspec.json.decode(bytes(steps[-1].record.body), type=Decision)
    told = _TOLD.match(decision.after or "")
    assert told is not None
    stood.state = ExcuseState(told["state"])
    stood.from_ms, stood.until_ms, stood.tail_minutes = int(told["from_ms"]), int(told["until_ms"]), int(told["tail"])
    stood.lifts_proven = told["proven"] in {None, PROVEN_LIFTED}
    attested = max((place for place, step in enumerate(steps) if step.act == ExcuseAct.ATTEST), default=0)
    approved = [step.by_id for step in steps[attested:] if step.act == ExcuseAct.APPROVE]
    stood.approved_by_id, stood.also_approved_by_id = (*approved, None, None)[:2]
    return stood
