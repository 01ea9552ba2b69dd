"""Whether a closed month is what its record says: its rows are digested again and held against it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hadir.office.acts.actions import SALT_BYTES
from hadir.office.acts.queries import Proof, proof_of
from hadir.office.follower.models import JournaledAct
from hadir.office.months.kept import rows_digest
from hadir.office.months.models import Act

if TYPE_CHECKING:
    from hadir.office.months.models import Closing, Step


@dataclass(frozen=True, slots=True)
class ProvenClosing:
    """`is_whole`: the rows give the digest that stands in the record of closing."""

    row: Closing
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ToldStep:
    step: Step
    reason: str
    proof: Proof

    @property
    def proof_code(self) -> str:
        return f"audit.proof.{self.proof.value}"

    @property
    def tone(self) -> str:
        return {Proof.PROVEN: "recorded", Proof.DIFFERS: "problem"}.get(self.proof, "waiting")


def whole(row: Closing) -> ProvenClosing:
    kept = row.rows.values_list("person", "body", "lines")
    digest = rows_digest(kept)
    closed = row.steps.filter(act=Act.CLOSE).select_related("record").get()
    return ProvenClosing(row, is_whole=f"sha256/{digest}" in json.loads(bytes(closed.record.body))["after"].split())


def steps_of(row: Closing) -> list[ToldStep]:
    """Everything that happened to the closing, in order."""
    steps = list(row.steps.select_related("by", "record"))
    journaled = JournaledAct.objects.in_bulk([step.record.record_id for step in steps])
    return [
        ToldStep(
            step=step,
            reason=bytes(step.record.reason)[SALT_BYTES:].decode() if step.record.reason else "",
            proof=proof_of(step.record, journaled.get(step.record.record_id)),
        )
        for step in steps
    ]
