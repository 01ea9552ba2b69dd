"""Which excuses wait for somebody's act, asked of the database: what `queries.waited_act` says of each, at once.

The page of tasks lists them and the frame of every page counts them, by the same query.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from hadir.office.excuses.actions import WORDS
from hadir.office.excuses.kinds import OUTAGE, Scope, State
from hadir.office.excuses.models import Excuse, ExcusedPerson, Step
from hadir.office.excuses.permissions import APPROVE_EXCUSE, ATTEST_EXCUSE
from hadir.office.excuses.queries import excuses_in_sight
from hadir.office.roles import Actor, Role

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
