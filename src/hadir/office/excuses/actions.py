"""What people do with excuses. Each act is one record (kind 32), and only another one undoes it.

The record says in numbers what was decided: whom it concerns, from when until when. What kind of absence it is, its
document and why stand in a salted detail beside it, since they may tell of somebody's health; an outage's stand in the
record itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import prefetch_related_objects

from hadir.office.acts.actions import write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.excuses.covering import leave_days_after, person_days, proven_word, with_approver
from hadir.office.excuses.kinds import ALLOWED, ExcuseAct, ExcuseState, Scope
from hadir.office.excuses.models import Excuse, ExcusedPerson, Step
from hadir.office.excuses.permissions import ATTEST_EXCUSE, ExcuseThing, covers_whole, head_paths, may_do
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import counted_codes
from hadir.office.people.models import Person
from hadir.office.projection.invalidation import mark_dirty
from hadir.office.roles import ActBy, Actor

WORDS = frozenset({ExcuseAct.ENTER, ExcuseAct.ATTEST, ExcuseAct.VOUCH})


@transaction.atomic
def enter_excuse(*, entry: Excuse, people: Sequence[Person], by: ActBy) -> Excuse:
    """Enter an excuse for people, or report an outage. It excuses nobody until it is attested and approved."""
    entry.entered_at_ms, entry.entered_by_id = by.at_ms, by.number
    named = frozenset(person.number for person in people)
    if by.number in named:
        raise ActError("excuse.trouble.not_yourself")
    if entry.scope == Scope.PEOPLE and not named:
        raise ActError("excuse.trouble.nobody", field="people")
    _check(by.actor, ExcuseAct.ENTER, ExcuseThing(path=entry.path, is_outage=entry.is_outage, named=named))
    entry.save()
    ExcusedPerson.objects.bulk_create([ExcusedPerson(excuse=entry, person=person) for person in people])
    prefetch_related_objects([entry], "people")
    _step(entry, ExcuseAct.ENTER, by=by, before=None)
    return entry


def enter_and_attest(*, entry: Excuse, people: Sequence[Person], by: ActBy) -> Excuse:
    """Whoever may attest has done so by entering it; it is a record of its own."""
    row = enter_excuse(entry=entry, people=people, by=by)
    is_head = may_do(by.actor, ExcuseAct.ATTEST, thing_of_excuse(row))
    return attest_excuse(number=row.number, by=by.saying("")) if is_head else row


@transaction.atomic
def attest_excuse(*, number: int, by: ActBy, window: Excuse | None = None) -> Excuse:
    """Say that it was so. Whoever answers for all that an outage concerns may correct its window."""
    row, before = _begin(number, ExcuseAct.ATTEST, by.actor)
    if window is not None and row.is_outage and covers_whole(by.actor, ATTEST_EXCUSE, thing_of_excuse(row)):
        _correct(row, window)
    row.state, row.attested_by_id = ExcuseState.ATTESTED, by.number
    row.approved_by = row.also_approved_by = row.change_asked_by = None
    row.save()
    _step(row, ExcuseAct.ATTEST, by=by, before=before)
    return row


@transaction.atomic
def approve_excuse(*, number: int, by: ActBy, lifts_proven: bool = False) -> Excuse:
    """From now on it counts. The first approver of an outage is not covered by it until a second one has approved.

    `lifts_proven`: what the first one says of whoever it finds proven late; the second approves that, too.
    """
    row, before = _begin(number, ExcuseAct.APPROVE, by.actor)
    if row.state == ExcuseState.APPROVED and not row.wants_second:
        raise too_late(row)
    if row.state == ExcuseState.APPROVED:
        row.also_approved_by_id = by.number
    else:
        row.approved_by_id, row.lifts_proven = by.number, row.is_outage and lifts_proven
    row.state = ExcuseState.APPROVED
    row.save()
    _step(row, ExcuseAct.APPROVE, by=by, before=before)
    _mark_days(row)
    return row


@transaction.atomic
def reject_excuse(*, number: int, by: ActBy) -> Excuse:
    """Say that it was not so, or that it excuses nobody."""
    row, before = _begin(number, ExcuseAct.REJECT, by.actor)
    row.state = ExcuseState.REJECTED
    row.save()
    _step(row, ExcuseAct.REJECT, by=by.reasoned("excuse.trouble.reason_needed"), before=before)
    return row


@transaction.atomic
def withdraw_excuse(*, number: int, by: ActBy) -> Excuse:
    """Undo an approval by another record: the days are judged as if it had never held."""
    row, before = _begin(number, ExcuseAct.WITHDRAW, by.actor)
    row.state, row.change_asked_by = ExcuseState.WITHDRAWN, None
    row.save()
    _step(row, ExcuseAct.WITHDRAW, by=by.reasoned("excuse.trouble.reason_needed"), before=before)
    _mark_days(row)
    return row


@transaction.atomic
def vouch_outage(*, number: int, by: ActBy) -> Excuse:
    """A head's word that his people were at work: it lets the outage excuse those of them who have no record at all."""
    row, before = _begin(number, ExcuseAct.VOUCH, by.actor)
    step = _step(row, ExcuseAct.VOUCH, by=by.reasoned("excuse.trouble.reason_needed"), before=before)
    if row.state == ExcuseState.APPROVED:
        mark_dirty(person_days(row, below=tuple(step.head_of.split())))
    return row


@transaction.atomic
def ask_change(*, number: int, by: ActBy) -> Excuse:
    """Ask that an approved outage says the opposite of whoever is proven late. Nothing changes before a second person
    has agreed.
    """
    row, before = _begin(number, ExcuseAct.CHANGE, by.actor)
    if row.change_asked_by_id is not None:
        raise ActError("excuse.trouble.change_waits")
    row.change_asked_by_id = by.number
    row.save()
    _step(row, ExcuseAct.CHANGE, by=by.reasoned("excuse.trouble.reason_needed"), before=before)
    return row


@transaction.atomic
def agree_change(*, number: int, by: ActBy) -> Excuse:
    """The second person's word: the days that it concerns are judged again."""
    row, before = _begin_answer(number, ExcuseAct.AGREE, by.actor)
    row.lifts_proven, row.change_asked_by = not row.lifts_proven, None
    row.save()
    _step(row, ExcuseAct.AGREE, by=by.reasoned("excuse.trouble.reason_needed"), before=before)
    mark_dirty(person_days(row))
    return row


@transaction.atomic
def keep_as_it_was(*, number: int, by: ActBy) -> Excuse:
    """Leave it as it was: a second person's answer, or the first one's second thought."""
    row, before = _begin_answer(number, ExcuseAct.KEEP, by.actor)
    row.change_asked_by = None
    row.save()
    _step(row, ExcuseAct.KEEP, by=by.reasoned("excuse.trouble.reason_needed"), before=before)
    return row


def _begin_answer(number: int, act: ExcuseAct, by: Actor) -> tuple[Excuse, str]:
    row, before = _begin(number, act, by)
    if row.change_asked_by_id is None:
        raise ActError("excuse.trouble.no_change_asked")
    return row, before


def _mark_days(row: Excuse) -> None:
    """What it covers is judged again, and the later days of leave, which count it or count it no more."""
    mark_dirty(person_days(row))
    if row.kind in counted_codes(HERE.settings.policies):
        mark_dirty(leave_days_after([one.person_id for one in row.people.all()], [row.kind], row.from_ms))


def thing_of_excuse(row: Excuse) -> ExcuseThing:
    named = frozenset(one.person_id for one in row.people.all()) if row.scope == Scope.PEOPLE else frozenset()
    return ExcuseThing(
        path=row.path,
        is_outage=row.is_outage,
        named=named,
        spoke=frozenset({step.by_id for step in row.steps.all() if step.act in WORDS}),
        approved_by=row.approved_by_id,
        change_asked_by=row.change_asked_by_id,
        waits_for_word=row.state == ExcuseState.PROPOSED,
        vouched=frozenset(path for step in row.steps.all() for path in step.head_of.split()),
    )


def _begin(number: int, act: ExcuseAct, by: Actor) -> tuple[Excuse, str]:
    """The excuse, locked, if the act may be done by this person and now; and how it stood."""
    rows = with_approver(Excuse.objects.select_for_update(of=("self",)).select_related("unit"))
    row = rows.prefetch_related("people").get(number=number)
    _check(by, act, thing_of_excuse(row))
    if row.state not in ALLOWED[act]:
        raise too_late(row)
    return row, _content(row)


def too_late(row: Excuse) -> ActError:
    """Why nothing can be done with it, or not this."""
    is_final = row.state == ExcuseState.WITHDRAWN
    return ActError("excuse.trouble.withdrawn" if is_final else "excuse.trouble.already_decided")


def _check(by: Actor, act: ExcuseAct, thing: ExcuseThing) -> None:
    if not may_do(by, act, thing):
        raise PermissionDenied


def _correct(row: Excuse, window: Excuse) -> None:
    if window.from_ms >= window.until_ms:
        raise ActError("excuse.trouble.window", field="until_time")
    row.from_ms, row.until_ms = window.from_ms, window.until_ms
    row.tail_minutes, row.cause = window.tail_minutes, window.cause
    row.document, row.basis = window.document, window.basis


def _content(row: Excuse) -> str:
    """The excuse in numbers and codes, as the record holds it: no name, no kind of absence."""
    kind = "outage" if row.is_outage else "absence"
    whom = where = f"unit/{row.unit_id}" if row.unit_id else "all"
    if row.scope == Scope.PEOPLE:
        whom = "person/" + ",".join(str(one.person_id) for one in sorted(row.people.all(), key=lambda one: one.pk))
    elif row.scope == Scope.TERMINAL:
        whom = f"terminal/{row.terminal}@{where}"
    told = f"{row.state} {kind} {whom} {row.from_ms}..{row.until_ms}+{row.tail_minutes}min"
    if not row.is_outage or row.approved_by_id is None:
        return told
    return f"{told} {proven_word(row)}" + (" change_asked" if row.change_asked_by_id else "")


def _step(row: Excuse, act: ExcuseAct, *, by: ActBy, before: str | None) -> Step:
    heads = (
        head_paths(by.actor, thing_of_excuse(row))
        if row.is_outage and act in {ExcuseAct.ATTEST, ExcuseAct.VOUCH}
        else ()
    )
    present = f" present {','.join(heads)}" if heads else ""
    # An absence itself may tell of a person's health or family: what kind it is stays out of the journal.
    private, named = not row.is_outage, [one.person_id for one in row.people.all()]
    told = f"{row.kind} | {row.document} | {row.basis} | {by.reason.strip()}" if private else by.reason.strip()
    record = write_decision(
        by=by.saying(told),
        act=f"excuse.{act.value}",
        about=f"excuse/{row.number}",
        person=named[0] if len(named) == 1 else None,
        before=before,
        after=_content(row) + present,
        basis=None if private else row.document or None,
    )
    step = Step.objects.create(
        excuse=row, act=act, by_id=by.number, at_ms=by.at_ms, record=record, head_of=" ".join(heads)
    )
    write_rows(record, row, step, *(row.people.all() if act is ExcuseAct.ENTER else ()))
    return step
