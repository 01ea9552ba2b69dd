from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q

from hadir.office.acts.actions import SALT_BYTES
from hadir.office.acts.models import OutboxRow
from hadir.office.follower.models import JournaledAct
from hadir.office.people.models import Person
from hadir.office.people.queries import people_below

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.db.models import QuerySet

PAGE_ROWS = 50


class Proof(StrEnum):
    """How an act stands against the office journal, as the follower read it back."""

    WAITING = "waiting"
    PROVEN = "proven"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Act:
    row: OutboxRow
    by: str
    about: str | None
    reason: str | None
    proof: Proof


def acts_below(paths: Sequence[str], day: date) -> QuerySet[OutboxRow]:
    """Acts by or about people of these subtrees, newest first."""
    numbers = people_below(paths, day).values("number")
    return OutboxRow.objects.filter(Q(person__in=numbers) | Q(by__in=numbers)).order_by("-seq")


def described(rows: Sequence[OutboxRow]) -> list[Act]:
    """Each row with names and with what the journal says of it; two queries, whatever number of rows."""
    numbers = {row.by for row in rows} | {row.person for row in rows if row.person}
    names = {person.number: person.titled_name for person in Person.objects.filter(number__in=numbers)}
    journaled = JournaledAct.objects.in_bulk([row.record_id for row in rows])
    return [
        Act(
            row=row,
            by=names.get(row.by, str(row.by)),
            about=names.get(row.person, str(row.person)) if row.person else None,
            reason=bytes(row.reason)[SALT_BYTES:].decode() if row.reason else None,
            proof=_proof(row, journaled.get(row.record_id)),
        )
        for row in rows
    ]


def _proof(row: OutboxRow, journaled: JournaledAct | None) -> Proof:
    if row.index is None or journaled is None:
        return Proof.WAITING
    same = (journaled.origin, journaled.index, journaled.body_hash) == (row.origin, row.index, row.body_hash)
    return Proof.PROVEN if same else Proof.DIFFERS
