"""The one writer between the outbox table and the office journal.

1. Read the oldest rows that have no position yet, in order.
2. Ask the journal for their record ids: after a crash between step 3 and 4 it is already there.
3. Append the rest as one batch (the journal's commit point).
4. Note the positions in the table.

A record id decides, so the steps may be repeated at any time and each record stands in the journal once.
"""

from collections.abc import Sequence

from hadir.ledger import Entry, Journal
from hadir.office.acts.models import OutboxRow
from hadir.office.ground.rows import change_values
from hadir.records.kinds import Kind

BATCH_ROWS_MAX = 500


def move_outbox(journal: Journal, *, now_ms: int, at_once: int = BATCH_ROWS_MAX) -> int:
    """Move all waiting records into `journal`, oldest first. Returns how many got a position."""
    moved = 0
    while batch := _oldest(at_once):
        _move(journal, batch, now_ms)
        moved += len(batch)
    return moved


def _oldest(at_once: int) -> list[tuple[int, bytes, Entry]]:
    """Each row, its id, and what the journal is told of it."""
    rows = OutboxRow.objects.filter(index=None).order_by("seq").values_list("seq", "record_id", "kind", "body")
    return [
        (seq, ref, Entry(kind=Kind(kind), body=bytes(body), id=ref))
        for seq, record_id, kind, body in rows[:at_once]
        for ref in [bytes.fromhex(record_id.replace("-", ""))]
    ]


def _move(journal: Journal, batch: Sequence[tuple[int, bytes, Entry]], now_ms: int) -> None:
    found = journal.find_all(ref for _, ref, _ in batch)
    there = {seq: leaf for seq, ref, entry in batch for leaf in found.get(ref, ()) if leaf.body == entry.body}
    if missing := [(seq, entry) for seq, _, entry in batch if seq not in there]:
        leaves = journal.append([entry for _, entry in missing], now_ms=now_ms)
        there |= {seq: leaf for (seq, _), leaf in zip(missing, leaves, strict=True)}
    placed = [(leaf.origin, leaf.index, seq) for seq, leaf in there.items()]
    change_values(OutboxRow, ("origin", "index"), placed, key="seq")
