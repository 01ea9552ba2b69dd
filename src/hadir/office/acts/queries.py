from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Q, QuerySet

from hadir.office.acts.actions import SALT_BYTES
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.words import record_words
from hadir.office.people.models import Person
from hadir.office.people.queries import people_below
from hadir.office.projection.models import JournaledAct
from hadir.records.kinds import Kind
from hadir.texts import Lang

NOBODY = 0
"""Who did what the program itself had to tell, once, at an upgrade."""
_KEY = re.compile(r" key [\w-]{86}$", re.ASCII)
"""What a device's act says of its public key: for whoever checks the record's own file, and no word for a list."""
NO_ACTS = (Kind.FILE_LINE, Kind.OFFICE_ROWS)
"""Parts of an act: the lines of an import, and the rows that an act left."""


class Proof(StrEnum):
    """How an act stands against the office journal, as the follower read it back."""

    WAITING = "waiting"
    PROVEN = "proven"
    DIFFERS = "differs"

    @property
    def code(self) -> str:
        return f"audit.proof.{self.value}"

    @property
    def tone(self) -> str:
        return {Proof.PROVEN: "recorded", Proof.DIFFERS: "problem"}.get(self, "waiting")


@dataclass(frozen=True, slots=True)
class Act:
    row: OutboxRow
    by: str
    about: str | None
    reason: str | None
    detail: str
    proof: Proof

    @property
    def act_code(self) -> str:
        return f"act.{self.row.act}"


def acts_below(paths: Sequence[str], day: date) -> QuerySet[OutboxRow]:
    """Acts by or about people of these subtrees, newest first."""
    numbers = people_below(paths, day).values("number")
    acts = OutboxRow.objects.exclude(kind__in=NO_ACTS)
    return acts.filter(Q(person__in=numbers) | Q(by__in=numbers)).order_by("-seq")


def named_in(acts: QuerySet[OutboxRow], text: str) -> QuerySet[OutboxRow]:
    """Acts by or about people of whose names this is a part."""
    people = Person.objects.filter(full_name__icontains=text).values("number")
    return acts.filter(Q(person__in=people) | Q(by__in=people))


def act_kinds() -> list[str]:
    """Every kind of act that was ever done."""
    return list(OutboxRow.objects.exclude(kind__in=NO_ACTS).order_by("act").values_list("act", flat=True).distinct())


def described(rows: Sequence[OutboxRow], lang: Lang) -> list[Act]:
    """Each row with names and with what the journal says of it; two queries, whatever number of rows."""
    numbers = {row.by for row in rows} | {row.person for row in rows if row.person}
    names = {person.number: person.titled_name for person in Person.objects.filter(number__in=numbers)}
    names[NOBODY] = "Hadir"
    journaled = JournaledAct.objects.in_bulk([row.record_id for row in rows])
    return [
        Act(
            row=row,
            by=names.get(row.by, str(row.by)),
            about=names.get(row.person, str(row.person)) if row.person else None,
            reason=bytes(row.reason)[SALT_BYTES:].decode() if row.reason else None,
            detail=record_words(_detail(row), lang),
            proof=proof_of(row, journaled.get(row.record_id)),
        )
        for row in rows
    ]


def _detail(row: OutboxRow) -> str:
    """The record's own words: numbers and codes."""
    record = json.loads(bytes(row.body))
    if row.kind == Kind.MANUAL_LIST:
        return f"unit/{record['unit']} · {len(record['entries'])}"
    if row.kind == Kind.STAFF_FACT:
        return f"{record['value']} · {record['from']} → {record['until'] or '…'}"
    after = _KEY.sub("", record["after"] or "")
    change = " → ".join(part for part in (record["before"], after) if part)
    return f"{record['object']} · {change}" if change else str(record["object"])


def proof_of(row: OutboxRow, journaled: JournaledAct | None) -> Proof:
    """What the journal, as it was read back, says of a record in the outbox."""
    if row.index is None or journaled is None:
        return Proof.WAITING
    same = (journaled.origin, journaled.index, journaled.body_hash) == (row.origin, row.index, row.body_hash)
    return Proof.PROVEN if same else Proof.DIFFERS
