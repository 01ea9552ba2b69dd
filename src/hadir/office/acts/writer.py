"""The one writer between the outbox table and the office journal.

1. Read the oldest rows that have no position yet, in order.
2. Ask the journal for their record ids: after a crash between step 3 and 4 it is already there.
3. Append the rest as one batch (the journal's commit point).
4. Note the positions in the table.

A record id decides, so the steps may be repeated at any time and each record stands in the journal once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hadir.ledger import Entry, Journal
from hadir.office.acts.models import OutboxRow
from hadir.office.ground.rows import change_values
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf

BATCH_ROWS_MAX = 500


class _Waiting(NamedTuple):
    """What the journal is told of a row."""

    seq: int
    id: bytes
    kind: int
    body: bytes


def move_outbox(journal: Journal, *, now_ms: int, at_once: int = BATCH_ROWS_MAX) -> int:
    """Move all waiting records into `journal`, oldest first. Returns how many got a position."""
    moved = 0
    while batch := _oldest(at_once):
        _move(journal, batch, now_ms)
        moved += len(batch)
    return moved


def _oldest(at_once: int) -> list[_Waiting]:
    rows = OutboxRow.objects.filter(index=None).order_by("seq").values_list("seq", "record_id", "kind", "body")
    return [
        _Waiting(seq, bytes.fromhex(record_id.replace("-", "")), kind, bytes(body))
        for seq, record_id, kind, body in rows[:at_once]
    ]


def _move(journal: Journal, batch: Sequence[_Waiting], now_ms: int) -> None:
    found = journal.find_all(row.id for row in batch)
    there = {row.seq: leaf for row in batch if (leaf := _same(found.get(row.id, ()), row)) is not None}
    missing = [row for row in batch if row.seq not in there]
    if missing:
        leaves = journal.append([_entry(row) for row in missing], now_ms=now_ms)
        there |= {row.seq: leaf for row, leaf in zip(missing, leaves, strict=True)}
    placed = [(leaf.origin, leaf.index, seq) for seq, leaf in there.items()]
    change_values(OutboxRow, ("origin", "index"), placed, key="seq")


def _same(found: Sequence[Leaf], row: _Waiting) -> Leaf | None:
    return next((leaf for leaf in found if leaf.body == row.body), None)


def _entry(row: _Waiting) -> Entry:
    return Entry(kind=Kind(row.kind), body=row.body, id=row.id)
