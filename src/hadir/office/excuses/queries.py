from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.shortcuts import get_object_or_404

from hadir.office.acts.queries import ToldStep, told_steps
from hadir.office.excuses.actions import WORDS, thing_of_excuse
from hadir.office.excuses.covering import APPROVER_IS_CONCERNED, with_approver
from hadir.office.excuses.kinds import OUTAGE, ExcuseAct, ExcuseState, Scope
from hadir.office.excuses.models import Excuse, ExcusedPerson, Step
from hadir.office.excuses.permissions import APPROVE_EXCUSE, ATTEST_EXCUSE, SEE_EXCUSES, may_do, may_see_reason
from hadir.office.ground.rows import grouped
from hadir.office.roles import Actor, Role
from hadir.office.units.models import Unit, upwards
from hadir.rules.clocks import Period, local_day

WAITING = (ExcuseState.PROPOSED, ExcuseState.ATTESTED)
_OUTAGE = Q(kind=OUTAGE)
_BLANK = Value(" ")


def excuses_in_sight(actor: Actor) -> QuerySet[Excuse]:
    """What `may_see` allows, as a query: below the actor's units, and outages of the units above them."""
    paths = actor.paths(SEE_EXCUSES.roles)
    seen = _any(Q(unit__path__startswith=path) for path in paths) | (_OUTAGE & _above(paths))
    return Excuse.objects.filter(seen).select_related(
        "unit", "entered_by", "attested_by", "approved_by", "change_asked_by"
    )


def excuse_in_sight(actor: Actor, number: int) -> Excuse:
    """The excuse, or 404 as if there were none."""
    return get_object_or_404(with_approver(excuses_in_sight(actor)).prefetch_related("people", "steps"), number=number)


def excuses_of_unit(actor: Actor, unit: Unit) -> QuerySet[Excuse]:
    """Absences entered below the unit, newest first."""
    rows = excuses_in_sight(actor).exclude(kind=OUTAGE).filter(unit__path__startswith=unit.path)
    return rows.prefetch_related("people__person").order_by("-from_ms", "-number")


def outages_in_sight(actor: Actor) -> QuerySet[Excuse]:
    return excuses_in_sight(actor).filter(kind=OUTAGE).order_by("-from_ms", "-number")


def waited_act(actor: Actor, row: Excuse) -> ExcuseAct | None:
    """What this person should do next with the excuse, if anything."""
    thing = thing_of_excuse(row)
    if row.state == ExcuseState.PROPOSED:
        return ExcuseAct.ATTEST if may_do(actor, ExcuseAct.ATTEST, thing) else None
    if row.state == ExcuseState.ATTESTED and may_do(actor, ExcuseAct.APPROVE, thing):
        return ExcuseAct.APPROVE
    if row.state in {ExcuseState.ATTESTED, ExcuseState.APPROVED} and may_do(actor, ExcuseAct.VOUCH, thing):
        return ExcuseAct.VOUCH
    if row.wants_second and may_do(actor, ExcuseAct.APPROVE, thing):
        return ExcuseAct.APPROVE
    if row.change_asked_by_id is not None and may_do(actor, ExcuseAct.AGREE, thing):
        return ExcuseAct.AGREE
    return None


def possible_acts(actor: Actor, row: Excuse) -> list[ExcuseAct]:
    thing = thing_of_excuse(row)
    by_state: dict[str, tuple[ExcuseAct, ...]] = {
        ExcuseState.PROPOSED: (ExcuseAct.ATTEST, ExcuseAct.REJECT),
        ExcuseState.ATTESTED: (ExcuseAct.APPROVE, ExcuseAct.REJECT),
        ExcuseState.APPROVED: (ExcuseAct.WITHDRAW,),
        ExcuseState.REJECTED: (ExcuseAct.ATTEST,),
        ExcuseState.WITHDRAWN: (),
    }
    acts = by_state[row.state]
    if row.wants_second:
        acts = (ExcuseAct.APPROVE, *acts)
    if row.state == ExcuseState.APPROVED and row.is_outage:
        is_asked = row.change_asked_by_id is not None
        acts = (*acts, *((ExcuseAct.AGREE, ExcuseAct.KEEP) if is_asked else (ExcuseAct.CHANGE,)))
    if row.is_outage and row.state in {ExcuseState.ATTESTED, ExcuseState.APPROVED}:
        acts = (*acts, ExcuseAct.VOUCH)
    return [act for act in acts if may_do(actor, act, thing)]


def steps_of(actor: Actor, row: Excuse) -> list[ToldStep[Step]]:
    """Everything that happened to the excuse, in order. Two queries."""
    steps, is_open = list(row.steps.select_related("by", "record")), may_see_reason(actor, thing_of_excuse(row))
    return told_steps(steps, is_open=is_open, in_words=str if row.is_outage else _reason_of_absence)


def _reason_of_absence(text: str) -> str:
    """Without the kind, document and basis that stand before it; empty where no reason was given."""
    kind_document_basis_reason = text.split(" | ", 3)
    return kind_document_basis_reason[3] if len(kind_document_basis_reason) == 4 else ""


def people_named(row: Excuse) -> list[str]:
    return [one.person.titled_name for one in row.people.all()] if row.scope == Scope.PEOPLE else []


OVERLAPS_SHOWN_MAX = 20
_STANDING = (*WAITING, ExcuseState.APPROVED)


def overlaps(actor: Actor, people: Collection[int], period: Period, besides: int = 0) -> list[ExcusedPerson]:
    """Absences of these people that meet the period and stand or wait, as far as this reader sees them. One query."""
    seen = (
        excuses_in_sight(actor)
        .filter(state__in=_STANDING, from_ms__lt=period.until_ms, until_ms__gt=period.from_ms)
        .exclude(number=besides)
    )
    rows = ExcusedPerson.objects.filter(person__in=list(people), excuse__in=seen.order_by().values("number"))
    return list(rows.select_related("excuse__unit", "person").order_by("person", "excuse")[:OVERLAPS_SHOWN_MAX])


def overlaps_of(actor: Actor, row: Excuse) -> list[ExcusedPerson]:
    """Those of the people whom an excuse names that still stands or waits."""
    if row.scope != Scope.PEOPLE or row.state not in _STANDING:
        return []
    return overlaps(actor, [one.person_id for one in row.people.all()], row.period, besides=row.number)


# --- not decided yet -------------------------------------------------------------------------------------------------


def waiting_notes(actor: Actor, people: Collection[int], day: date, zone: str) -> dict[int, list[Excuse]]:
    """Person -> excuses of the day that wait for a decision, of those that this reader may see. One query."""
    within = local_day(day, zone)
    near = Q(state__in=WAITING, from_ms__lt=within.until_ms, until_ms__gt=within.from_ms)
    in_sight = excuses_in_sight(actor).filter(near).values("number")
    named = ExcusedPerson.objects.filter(person__in=list(people), excuse__in=in_sight)
    by_person = grouped(named.select_related("excuse").order_by("excuse"), lambda row: row.person_id)
    return {person: [row.excuse for row in rows] for person, rows in by_person.items()}


# --- what waits for somebody's act -----------------------------------------------------------------------------------


INBOX_MAX = 200


def excuses_waiting(actor: Actor) -> QuerySet[Excuse]:
    """To attest, to approve, or to speak for one's people. Nothing that names the actor."""
    if actor.person is None:
        return excuses_in_sight(actor).none()
    named = ExcusedPerson.objects.filter(excuse=OuterRef("pk"), person=actor.person)
    spoke = Step.objects.filter(excuse=OuterRef("pk"), by=actor.person, act__in=WORDS)
    attest, approve = actor.paths(ATTEST_EXCUSE.roles), actor.paths(APPROVE_EXCUSE.roles)
    may_attest = _whole(attest) | (_OUTAGE & _above(attest))
    may_approve = _whole(approve) & ~Exists(spoke) & ~Q(approved_by=actor.person)
    is_second = Q(state=ExcuseState.APPROVED, also_approved_by=None) & _OUTAGE & APPROVER_IS_CONCERNED
    is_asked = Q(state=ExcuseState.APPROVED, change_asked_by__isnull=False) & ~Q(change_asked_by=actor.person)
    may_vouch = _OUTAGE & ~Q(approved_by=actor.person) & _unsaid(actor.paths(frozenset({Role.UNIT_HEAD})))
    acts = (
        Q(state=ExcuseState.PROPOSED) & may_attest,
        (Q(state=ExcuseState.ATTESTED) | is_second) & may_approve,
        Q(state__in=(ExcuseState.ATTESTED, ExcuseState.APPROVED)) & may_vouch,
        is_asked & _OUTAGE & _whole(approve),
    )
    return excuses_in_sight(actor).filter(_any(acts), ~(Q(scope=Scope.PEOPLE) & Exists(named)))


def waits_for(actor: Actor) -> list[Excuse]:
    """The oldest first. Three queries."""
    rows = with_approver(excuses_waiting(actor)).prefetch_related("people__person", "steps")
    return list(rows.order_by("entered_at_ms", "number")[:INBOX_MAX])


def _whole(paths: Sequence[str]) -> Q:
    """As `permissions.covers_whole`: one grant reaches everybody whom the excuse concerns."""
    is_root = any(path.count("/") == 2 for path in paths)
    return _any(Q(unit__path__startswith=path) for path in paths) | (Q(unit=None) if is_root else _any(()))


def _above(paths: Sequence[str]) -> Q:
    """What concerns a unit at or above one of these paths, or everybody."""
    return _any(Q(unit=None) | Q(unit__path__in=upwards(path)) for path in paths)


def _unsaid(mine: Sequence[str]) -> Q:
    """As `permissions.head_paths`: a part of the actor's units for which no head has spoken yet."""
    said = Step.objects.annotate(said=Concat(_BLANK, "head_of", _BLANK, output_field=CharField()))
    said = said.filter(excuse=OuterRef("pk"))
    its_own = Concat(_BLANK, OuterRef("unit__path"), _BLANK, output_field=CharField())
    below = Q(~Exists(said.annotate(its_own=its_own).filter(said__contains=F("its_own"))))
    found = (
        (Q(unit__path__startswith=path) & below)
        | ((Q(unit=None) | Q(unit__path__in=upwards(path)[:-1])) & Q(~Exists(said.filter(said__contains=f" {path} "))))
        for path in mine
    )
    return _any(found)


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q(pk__in=()))
