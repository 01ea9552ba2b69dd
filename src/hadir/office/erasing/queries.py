from __future__ import annotations

from dataclasses import dataclass

from hadir.office.acts.queries import reason_of
from hadir.office.erasing.models import Erasure, ErasureState
from hadir.office.projection.models import ServerFact
from hadir.office.roles import Actor
from hadir.records.kinds import Kind

LISTED_MAX = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """An erasure with its words, what this reader may do about it, and what the gates say of it."""

    row: Erasure
    reason: str
    may_agree: bool
    may_refuse: bool
    erased: int | None
    """How many details the gates erased; None while none has said that it is done."""


def shown_erasures(actor: Actor, *, may_decide: bool) -> list[Shown]:
    """The newest erasures. Two queries."""
    rows = Erasure.objects.select_related("asked_by", "decided_by", "record")[:LISTED_MAX]
    done = erased_by_gates()
    return [
        Shown(
            row=row,
            reason=(reason_of(row.record) or "") if row.record else "",
            may_agree=may_decide and row.state == ErasureState.ASKED and row.asked_by_id != actor.person,
            may_refuse=may_decide and row.state == ErasureState.ASKED,
            erased=done.get(row.number),
        )
        for row in rows
    ]


def erased_by_gates() -> dict[int, int]:
    """Number of an erasure -> how many details the gates that are done with it erased."""
    found: dict[int, int] = {}
    for body in ServerFact.objects.filter(kind=Kind.ERASURE_DONE).values_list("body", flat=True):
        found[body["number"]] = found.get(body["number"], 0) + body["erased"]
    return found
