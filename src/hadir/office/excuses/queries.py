from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import Http404

from hadir.office.acts.told import ToldStep, told_steps
from hadir.office.excuses.actions import thing_of_excuse
from hadir.office.excuses.kinds import OUTAGE, Act, Scope, State
from hadir.office.excuses.models import Excuse, Step
from hadir.office.excuses.permissions import SEE_EXCUSES, may_do, may_see_reason
from hadir.office.roles import Actor
from hadir.office.units.models import Unit


def excuses_in_sight(actor: Actor) -> QuerySet[Excuse]:
    """What `may_see` allows, as a query: below the actor's units, and outages of the units above them."""
    seen = Q(pk__in=())
    for path in actor.paths(SEE_EXCUSES.roles):
        above = [path[: place + 1] for place, sign in enumerate(path) if sign == "/"]
        seen |= Q(unit__path__startswith=path) | Q(kind=OUTAGE, unit__path__in=above)
        seen |= Q(kind=OUTAGE, unit=None)
    return Excuse.objects.filter(seen).select_related("unit", "entered_by", "attested_by", "approved_by")


def excuse_in_sight(actor: Actor, number: int) -> Excuse:
    """The excuse, or 404 as if there were none."""
    row = excuses_in_sight(actor).filter(number=number).prefetch_related("people", "steps").first()
    if row is None:
        raise Http404
    return row


def excuses_of_unit(actor: Actor, unit: Unit) -> QuerySet[Excuse]:
    """Absences entered below the unit, newest first."""
    rows = excuses_in_sight(actor).exclude(kind=OUTAGE).filter(unit__path__startswith=unit.path)
    return rows.prefetch_related("people__person").order_by("-from_ms", "-number")


def outages_in_sight(actor: Actor) -> QuerySet[Excuse]:
    return excuses_in_sight(actor).filter(kind=OUTAGE).order_by("-from_ms", "-number")


def waited_act(actor: Actor, row: Excuse) -> Act | None:
    """What this person should do next with the excuse, if anything."""
    thing = thing_of_excuse(row)
    if row.state == State.PROPOSED:
        return Act.ATTEST if may_do(actor, Act.ATTEST, thing) else None
    if row.state == State.ATTESTED and may_do(actor, Act.APPROVE, thing):
        return Act.APPROVE
    if row.state in {State.ATTESTED, State.APPROVED} and may_do(actor, Act.VOUCH, thing):
        return Act.VOUCH
    # Approved by one: the first approver is not covered yet. Only whoever may approve for him is asked.
    if row.state == State.APPROVED and row.is_outage and row.also_approved_by_id is None:
        return Act.APPROVE if may_do(actor, Act.APPROVE, thing) else None
    return None


def possible_acts(actor: Actor, row: Excuse) -> list[Act]:
    """The acts whose buttons this person sees."""
    thing = thing_of_excuse(row)
    by_state: dict[str, tuple[Act, ...]] = {
        State.PROPOSED: (Act.ATTEST, Act.REJECT),
        State.ATTESTED: (Act.APPROVE, Act.REJECT),
        State.APPROVED: (Act.WITHDRAW,),
        State.REJECTED: (Act.ATTEST,),
        State.WITHDRAWN: (),
    }
    acts = by_state[row.state]
    if row.state == State.APPROVED and row.is_outage and row.also_approved_by_id is None:
        acts = (Act.APPROVE, *acts)
    if row.is_outage and row.state in {State.ATTESTED, State.APPROVED}:
        acts = (*acts, Act.VOUCH)
    return [act for act in acts if may_do(actor, act, thing)]


def steps_of(actor: Actor, row: Excuse) -> list[ToldStep[Step]]:
    """Everything that happened to the excuse, in order. Two queries."""
    steps = list(row.steps.select_related("by", "record"))
    is_open = may_see_reason(actor, thing_of_excuse(row))
    return told_steps(steps, is_open=is_open, in_words=str if row.is_outage else _reason_of_absence)


def _reason_of_absence(text: str) -> str:
    """Without the kind, document and basis that stand before it; empty where no reason was given."""
    kind_document_basis_reason = text.split(" | ", 3)
    return kind_document_basis_reason[3] if len(kind_document_basis_reason) == 4 else ""


def people_named(row: Excuse) -> list[str]:
    return [one.person.titled_name for one in row.people.all()] if row.scope == Scope.PEOPLE else []
