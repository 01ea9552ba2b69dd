"""Whether a closed month is what its record says: its rows are digested again and held against it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hadir.office.acts.queries import ToldStep, told_steps
from hadir.office.months.closed_row import rows_digest
from hadir.office.months.models import Act, Closing, Step


@dataclass(frozen=True, slots=True)
class ProvenClosing:
    """`is_whole`: the rows give the digest that stands in the record of closing."""

    row: Closing
    is_whole: bool


def whole(row: Closing) -> ProvenClosing:
    kept = row.rows.values_list("person", "body", "lines")
    digest = rows_digest(kept)
    closed = row.steps.filter(act=Act.CLOSE).select_related("record").get()
    return ProvenClosing(row, is_whole=f"sha256/{digest}" in json.loads(bytes(closed.record.body))["after"].split())


def steps_of(row: Closing) -> list[ToldStep[Step]]:
    """Everything that happened to the closing, in order."""
    return told_steps(list(row.steps.select_related("by", "record")))
