"""`hadir bench audit`: how long the whole audit of a journal of a million taps takes, with heads kept outside.

The records are as large and as well formed as real ones; their signatures are random bytes, since an audit hashes and
compares, and does not ask phones' keys. Every batch of the journal is as small as a morning's.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hadir.clock import SystemClock
from hadir.drill.bench_crowd import taps
from hadir.drill.bench_tools import fresh_folder, median, say
from hadir.drill.phones import EPOCH_MS, uuid7
from hadir.ledger import Entry
from hadir.ledger.audit import audit_journal, open_heads
from hadir.ledger.sqlite import JOURNAL_FILE, SqliteJournal
from hadir.records.encoding import b64url, un_b64url
from hadir.records.keys import DatedKey, KeyList
from hadir.records.kinds import Kind
from hadir.records.note import Signer

BATCH = 5_000
HEADS_EVERY = 10
ROUNDS = 3
TELL_EVERY = 250_000


def bench_audit(work: Path, *, entries: int) -> dict[str, Any]:
    """The figures of `hadir bench audit --json`; progress goes to standard error."""
    signer = Signer.from_seed("rehearsal/audit/gate1/2026", bytes(32))
    keys = KeyList("rehearsal/audit", (DatedKey("gate", signer.verifier, from_ms=0, until_ms=None),))
    clock = SystemClock()
    with fresh_folder(work / "audit") as folder:
        notes = _fill(folder, signer, entries)
        heads = open_heads("\n".join(notes), keys)
        times = []
        for number in range(ROUNDS):
            begun_ms = clock.mono_ms()
            result = audit_journal(folder, keys, heads)
            times.append((clock.mono_ms() - begun_ms) / 1000)
            say(f"round {number + 1}: {times[-1]:.2f} s, {result.reason}")
        return {
            "entries": result.entries,
            "ok": result.ok,
            "heads_agreed": result.held,
            "audit_s": median(times),
            "entries_per_s": round(entries / median(times, 4)),
            "journal_mib": round((folder / JOURNAL_FILE).stat().st_size / 2**20),
        }


def _fill(folder: Path, signer: Signer, entries: int) -> list[str]:
    """Append so many punches; some of the heads on the way."""
    journal = SqliteJournal(folder, signer)
    notes = []
    made = entries_like_punches(entries)
    for number, at in enumerate(range(0, entries, BATCH)):
        journal.append([next(made) for _ in range(min(BATCH, entries - at))], now_ms=EPOCH_MS + at)
        if number % HEADS_EVERY == 0:
            notes.append(journal.checkpoint())
        if at and at % TELL_EVERY == 0:
            say(f"{at} of {entries} written")
    journal.close()
    return notes


def entries_like_punches(count: int) -> Iterator[Entry]:
    """Punches of the bench's crowd: one real, and its like with other ids."""
    dice = random.Random(count)  # noqa: S311 - filling
    model = next(taps(1, 1))
    record = model.request.split(b'"record":"')[1].split(b'"')[0].decode()
    header, payload, _ = record.split(".")
    members = un_b64url(payload).decode()
    own_id = uuid7(EPOCH_MS, 1)
    assert own_id in members
    for number in range(1, count + 1):
        record_id = uuid7(EPOCH_MS, number)
        body = f"{header}.{b64url(members.replace(own_id, record_id, 1).encode())}.{b64url(dice.randbytes(64))}"
        yield Entry(kind=Kind.PUNCH, body=body.encode(), id=bytes.fromhex(record_id.replace("-", "")))
