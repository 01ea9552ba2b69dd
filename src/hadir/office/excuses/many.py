"""Many absences decided in one act: looked through first, and each with a record of its own.

Nobody is offered what names himself or what he entered; what somebody else decided meanwhile is left alone and told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Min, QuerySet

from hadir.office.excuses.actions import (
    approve_excuse,
    attest_excuse,
    thing_of_excuse,
    withdraw_excuse,
)
from hadir.office.excuses.kinds import OUTAGE, ExcuseAct, ExcuseState
from hadir.office.excuses.models import Excuse, ExcuseUpload
from hadir.office.excuses.permissions import may_do, may_see_reason
from hadir.office.excuses.queries import excuses_in_sight
from hadir.office.ground.act_error import ActError
from hadir.office.roles import ActBy, Actor
from hadir.office.units.models import Unit

MANY_MAX = 200
"""As many are looked through on one page."""
#: act -> where excuses stand to which it may be done, and what does it.
_MANY: dict[ExcuseAct, tuple[ExcuseState, Callable[..., Excuse]]] = {
    ExcuseAct.ATTEST: (ExcuseState.PROPOSED, attest_excuse),
    ExcuseAct.APPROVE: (ExcuseState.ATTESTED, approve_excuse),
    ExcuseAct.WITHDRAW: (ExcuseState.APPROVED, withdraw_excuse),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What this person may decide at once; `more` did not fit, `for_others` must be decided by somebody else."""

    rows: list[Excuse]
    more: int
    for_others: int
    opened: frozenset[int]
    """Those whose document and reason this person may read."""


def absences_for(actor: Actor, unit: Unit, act: ExcuseAct, upload: int | None = None) -> QuerySet[Excuse]:
    """The unit's absences that stand where `act` may be done, of one list or of all, the oldest first."""
    rows = excuses_in_sight(actor).exclude(kind=OUTAGE)
    rows = rows.filter(state=_MANY[act][0], unit__path__startswith=unit.path)
    return rows.filter(upload=upload) if upload else rows


def offer(actor: Actor, unit: Unit, act: ExcuseAct, upload: int | None = None) -> Offer:
    """Four queries, whatever number."""
    waiting = absences_for(actor, unit, act, upload)
    listed = list(waiting.prefetch_related("people__person", "steps").order_by("entered_at_ms", "number")[:MANY_MAX])
    things = {row.number: thing_of_excuse(row) for row in listed}
    rows = [row for row in listed if may_do(actor, act, things[row.number])]
    return Offer(
        rows=rows,
        more=max(0, waiting.count() - len(listed)),
        for_others=len(listed) - len(rows),
        opened=frozenset(row.number for row in rows if may_see_reason(actor, things[row.number])),
    )


def lists_among(rows: QuerySet[Excuse]) -> list[tuple[ExcuseUpload, int]]:
    """The lists that these came with, and how many of each; the newest list first."""
    counted = rows.exclude(upload=None).order_by().values("upload").annotate(n=Count("pk"), first=Min("pk"))
    found = {one["upload"]: one["n"] for one in counted}
    uploads = ExcuseUpload.objects.filter(pk__in=found).defer("data").select_related("by").order_by("-pk")
    return [(upload, found[upload.pk]) for upload in uploads]


@transaction.atomic
def decide_many(*, act: ExcuseAct, numbers: Sequence[int], by: ActBy) -> int:
    """Each by its own act with its own record; how many, without those that somebody else decided meanwhile.

    PermissionDenied for one that he may not decide: then for all.
    """
    done = 0
    for number in numbers:
        try:
            with transaction.atomic():
                _MANY[act][1](number=number, by=by)
        except ActError as error:
            if error.code != "excuse.trouble.already_decided":
                raise
        else:
            done += 1
    return done
