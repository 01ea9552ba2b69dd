"""What people do with excuses. Each act is one record (kind 32), and only another one undoes it.

The record says in numbers what was decided: whom it concerns, from when until when. What kind of absence it is, its
document and why stand in a salted detail beside it, since they may tell of somebody's health; an outage's stand in the
record itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import prefetch_related_objects

from hadir.office.acts.actions import write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.excuses.covering import person_days
from hadir.office.excuses.kinds import TRANSITIONS, Act, Cause, Scope, State, is_private
from hadir.office.excuses.models import Excuse, ExcusedPerson, Step
from hadir.office.excuses.permissions import ATTEST_EXCUSE, ExcuseThing, covers_whole, head_paths, may_do
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.people.models import Person
from hadir.office.projection.invalidation import mark_dirty
from hadir.office.roles import ActBy, Actor
from hadir.office.units.models import Unit
from hadir.rules.clocks import Period

WORDS = frozenset({Act.ENTER, Act.ATTEST, Act.VOUCH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What somebody enters: the facts of an excuse before anybody has attested it."""

    kind: str
    scope: Scope
    unit: Unit | None
    period: Period
    tail_minutes: int = 0
    is_whole_days: bool = False
    document: str = ""
    basis: str = ""
    cause: Cause | None = None
    terminal: str = ""
    upload: int | None = None
    """The list that it stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What somebody who attests an outage may correct, from what he knows himself."""

    period: Period
    tail_minutes: int
    cause: Cause
    document: str
    basis: str


@transaction.atomic
def enter_excuse(*, entry: Entry, people: Sequence[Person], by: ActBy) -> Excuse:
    """Enter an excuse for people, or report an outage. It excuses nobody until it is attested and approved."""
    row = Excuse(
        kind=entry.kind,
        scope=entry.scope,
        unit=entry.unit,
        terminal=entry.terminal,
        from_ms=entry.period.from_ms,
        until_ms=entry.period.until_ms,
        is_whole_days=entry.is_whole_days,
        tail_minutes=entry.tail_minutes,
        document=entry.document,
        basis=entry.basis,
        cause=entry.cause or "",
        entered_at_ms=by.at_ms,
        entered_by_id=by.number,
        upload_id=entry.upload,
    )
    named = frozenset(person.number for person in people)
    if by.number in named:
        raise ActError("excuse.trouble.not_yourself")
    if entry.scope is Scope.PEOPLE and not named:
        raise ActError("excuse.trouble.nobody", field="people")
    _check(by.actor, Act.ENTER, ExcuseThing(path=row.path, is_outage=row.is_outage, named=named))
    row.save()
    ExcusedPerson.objects.bulk_create([ExcusedPerson(excuse=row, person=person) for person in people])
    prefetch_related_objects([row], "people")
    _step(row, Act.ENTER, by=by, before=None)
    return row


@transaction.atomic
def attest_excuse(*, number: int, by: ActBy, window: Window | None = None) -> Excuse:
    """Say that it was so. Whoever answers for all that an outage concerns may correct its window."""
    row = _locked(number)
    before = _begin(row, Act.ATTEST, by.actor)
    if window is not None and covers_whole(by.actor, ATTEST_EXCUSE, thing_of_excuse(row)):
        _correct(row, window)
    row.state, row.attested_by_id = State.ATTESTED, by.number
    row.approved_by = row.also_approved_by = None
    row.save()
    _step(row, Act.ATTEST, by=by, before=before)
    return row


@transaction.atomic
def approve_excuse(*, number: int, by: ActBy) -> Excuse:
    """From now on it counts. The first approver of an outage is not covered by it until a second one has approved."""
    row = _locked(number)
    before = _begin(row, Act.APPROVE, by.actor)
    if row.state == State.APPROVED and (row.also_approved_by_id or not row.is_outage):
        raise too_late(row)
    if row.state == State.APPROVED:
        row.also_approved_by_id = by.number
    else:
        row.approved_by_id = by.number
    row.state = State.APPROVED
    row.save()
    _step(row, Act.APPROVE, by=by, before=before)
    _judge_again(row)
    return row


@transaction.atomic
def reject_excuse(*, number: int, by: ActBy) -> Excuse:
    """Say that it was not so, or that it excuses nobody."""
    row = _locked(number)
    before = _begin(row, Act.REJECT, by.actor)
    row.state = State.REJECTED
    row.save()
    _step(row, Act.REJECT, by=by.reasoned("excuse.trouble.reason_needed"), before=before)
    return row


@transaction.atomic
def withdraw_excuse(*, number: int, by: ActBy) -> Excuse:
    """Undo an approval by another record: the days are judged as if it had never held."""
    row = _locked(number)
    before = _begin(row, Act.WITHDRAW, by.actor)
    row.state = State.WITHDRAWN
    row.save()
    _step(row, Act.WITHDRAW, by=by.reasoned("excuse.trouble.reason_needed"), before=before)
    _judge_again(row)
    return row


@transaction.atomic
def vouch_outage(*, number: int, by: ActBy) -> Excuse:
    """A head's word that his people were at work: it lets the outage excuse those of them who have no record at all."""
    row = _locked(number)
    before = _begin(row, Act.VOUCH, by.actor)
    step = _step(row, Act.VOUCH, by=by.reasoned("excuse.trouble.reason_needed"), before=before)
    if row.state == State.APPROVED:
        zone = row.unit.zone if row.unit else HERE.site.zone
        mark_dirty(person_days(row, zone, below=tuple(step.head_of.split())))
    return row


def thing_of_excuse(row: Excuse) -> ExcuseThing:
    named = frozenset(one.person_id for one in row.people.all()) if row.scope == Scope.PEOPLE else frozenset()
    return ExcuseThing(
        path=row.path,
        is_outage=row.is_outage,
        named=named,
        spoke=frozenset({step.by_id for step in row.steps.all() if step.act in WORDS}),
        approved_by=row.approved_by_id,
        vouched=frozenset(path for step in row.steps.all() for path in step.head_of.split()),
    )


def _locked(number: int) -> Excuse:
    rows = Excuse.objects.select_for_update(of=("self",)).select_related("unit").prefetch_related("people")
    return rows.get(number=number)


def _begin(row: Excuse, act: Act, by: Actor) -> str:
    """Check that the act may be done by this person and now. Returns how the excuse stood."""
    _check(by, act, thing_of_excuse(row))
    allowed, _ = TRANSITIONS[act]
    if row.state not in allowed:
        raise too_late(row)
    return _content(row)


def too_late(row: Excuse) -> ActError:
    """Why nothing can be done with it, or not this."""
    is_final = row.state == State.WITHDRAWN
    return ActError("excuse.trouble.withdrawn" if is_final else "excuse.trouble.already_decided")


def _check(by: Actor, act: Act, thing: ExcuseThing) -> None:
    if not may_do(by, act, thing):
        raise PermissionDenied


def _correct(row: Excuse, window: Window) -> None:
    if not row.is_outage:
        return
    if window.period.from_ms >= window.period.until_ms:
        raise ActError("excuse.trouble.window", field="until_time")
    row.from_ms, row.until_ms = window.period.from_ms, window.period.until_ms
    row.tail_minutes, row.cause = window.tail_minutes, window.cause
    row.document, row.basis = window.document, window.basis


def _content(row: Excuse) -> str:
    """The excuse in numbers and codes, as the record holds it: no name, no kind of absence."""
    kind = "outage" if row.is_outage else "absence"
    where = f"unit/{row.unit_id}" if row.unit_id else "all"
    whom = where
    if row.scope == Scope.PEOPLE:
        whom = "person/" + ",".join(str(one.person_id) for one in sorted(row.people.all(), key=lambda one: one.pk))
    elif row.scope == Scope.TERMINAL:
        whom = f"terminal/{row.terminal}@{where}"
    return f"{row.state} {kind} {whom} {row.from_ms}..{row.until_ms}+{row.tail_minutes}min"


def _step(row: Excuse, act: Act, *, by: ActBy, before: str | None) -> Step:
    heads = head_paths(by.actor, thing_of_excuse(row)) if row.is_outage and act in {Act.ATTEST, Act.VOUCH} else ()
    present = f" present {','.join(heads)}" if heads else ""
    private = is_private(row.kind)
    told = f"{row.kind} | {row.document} | {row.basis} | {by.reason.strip()}" if private else by.reason.strip()
    record = write_decision(
        by=by.saying(told),
        act=f"excuse.{act.value}",
        about=f"excuse/{row.number}",
        person=_only_one(row),
        before=before,
        after=_content(row) + present,
        basis=None if private else row.document or None,
    )
    step = Step.objects.create(
        excuse=row, act=act, by_id=by.number, at_ms=by.at_ms, record=record, head_of=" ".join(heads)
    )
    write_rows(record, row, step, *(row.people.all() if act is Act.ENTER else ()))
    return step


def _only_one(row: Excuse) -> int | None:
    named = [one.person_id for one in row.people.all()]
    return named[0] if len(named) == 1 else None


def _judge_again(row: Excuse) -> None:
    zone = row.unit.zone if row.unit else HERE.site.zone
    mark_dirty(person_days(row, zone))
