from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.http import Http404

from hadir.office.acts.told import ToldStep, told_steps
from hadir.office.excuses.actions import WORDS, thing_of_excuse
from hadir.office.excuses.kinds import OUTAGE, Act, Scope, State
from hadir.office.excuses.models import Excuse, ExcusedPerson, Step
from hadir.office.excuses.permissions import APPROVE_EXCUSE, ATTEST_EXCUSE, SEE_EXCUSES, may_do, may_see_reason
from hadir.office.roles import Actor, Role
from hadir.office.units.models import Unit
from hadir.rules.clocks import local_day


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
        State.WITHDRAWN: (Act.ATTEST,),
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


# --- not decided yet -------------------------------------------------------------------------------------------------


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


# --- what waits for somebody's act -----------------------------------------------------------------------------------


INBOX_MAX = 200
_OUTAGE = Q(kind=OUTAGE)
_BLANK = Value(" ")


def excuses_waiting(actor: Actor) -> QuerySet[Excuse]:
    """To attest, to approve, or to speak for one's people. Nothing that names the actor."""
    if actor.person is None:
        return excuses_in_sight(actor).none()
    named = ExcusedPerson.objects.filter(excuse=OuterRef("pk"), person=actor.person)
    spoke = Step.objects.filter(excuse=OuterRef("pk"), by=actor.person, act__in=WORDS)
    attest, approve = actor.paths(ATTEST_EXCUSE.roles), actor.paths(APPROVE_EXCUSE.roles)
    may_attest = _whole(attest) | (_OUTAGE & _above(attest))
    may_approve = _whole(approve) & ~Exists(spoke) & ~Q(approved_by=actor.person)
    is_second = Q(state=State.APPROVED, also_approved_by=None) & _OUTAGE
    may_vouch = _OUTAGE & ~Q(approved_by=actor.person) & _unsaid(actor.paths(frozenset({Role.UNIT_HEAD})))
    acts = (
        Q(state=State.PROPOSED) & may_attest,
        (Q(state=State.ATTESTED) | is_second) & may_approve,
        Q(state__in=(State.ATTESTED, State.APPROVED)) & may_vouch,
    )
    return excuses_in_sight(actor).filter(_any(acts), ~(Q(scope=Scope.PEOPLE) & Exists(named)))


def waits_for(actor: Actor) -> list[Excuse]:
    """The oldest first. Three queries."""
    rows = excuses_waiting(actor).prefetch_related("people__person", "steps")
    return list(rows.order_by("entered_at_ms", "number")[:INBOX_MAX])


def _whole(paths: Sequence[str]) -> Q:
    """As `permissions.covers_whole`: one grant reaches everybody whom the excuse concerns."""
    is_root = any(path.count("/") == 2 for path in paths)
    return _any(Q(unit__path__startswith=path) for path in paths) | (Q(unit=None) if is_root else _any(()))


def _above(paths: Sequence[str]) -> Q:
    """What concerns a unit at or above one of these paths, or everybody."""
    return _any(Q(unit=None) | Q(unit__path__in=_upwards(path)) for path in paths)


def _unsaid(mine: Sequence[str]) -> Q:
    """As `permissions.head_paths`: a part of the actor's units for which no head has spoken yet."""
    said = Step.objects.annotate(said=Concat(_BLANK, "head_of", _BLANK, output_field=CharField()))
    said = said.filter(excuse=OuterRef("pk"))
    its_own = Concat(_BLANK, OuterRef("unit__path"), _BLANK, output_field=CharField())
    below = Q(~Exists(said.annotate(its_own=its_own).filter(said__contains=F("its_own"))))
    found = (
        (Q(unit__path__startswith=path) & below)
        | ((Q(unit=None) | Q(unit__path__in=_upwards(path)[:-1])) & Q(~Exists(said.filter(said__contains=f" {path} "))))
        for path in mine
    )
    return _any(found)


def _upwards(path: str) -> list[str]:
    """`/1/`, `/1/2/` of `/1/2/`."""
    return [path[: place + 1] for place, sign in enumerate(path) if sign == "/"][1:]


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q(pk__in=()))
