"""`hadir bench audit`: how long the whole audit of a journal of a million taps takes, with heads kept outside: first
without the phones' signatures, then with them, then after the mark that the second left.

The records are as large and as well formed as real ones, and signed by a crowd of phones whose keys the office's
journal tells. Every batch of the journal is as small as a morning's.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hadir.ledger import Entry
from hadir.ledger.audit import Asked, AuditResult, audit_journal, open_heads
from hadir.ledger.fast_verify import quickest_verify
from hadir.ledger.sqlite import JOURNAL_FILE, SqliteJournal
from hadir.records.keys import DatedKey, KeyList
from hadir.records.kinds import Kind
from hadir.records.note import Checkpoint, Signer
from hadir.records.server_records import Decision, DeviceSaid
from hadir.records.strict import encode
from rehearsal.bench.crowd import public_keys, record_of
from rehearsal.bench.tools import fresh_folder, median, own_cpu_s
from rehearsal.phones import EPOCH_MS, uuid7
from rehearsal.watch import Stopwatch, say

BATCH = 5_000
HEADS_EVERY = 10
ROUNDS = 3
PHONES = 5_000
#: What a million records with their signatures may take on two plain processors.
LIMIT_S = 120
TELL_EVERY = 250_000


def bench_audit(work: Path, *, entries: int) -> dict[str, Any]:
    gate, office = (Signer.from_seed(f"rehearsal/audit/{writer}/2026", bytes(32)) for writer in ("gate1", "office"))
    keys = KeyList(
        "rehearsal/audit",
        (
            DatedKey("gate", gate.verifier, from_ms=0, until_ms=None),
            DatedKey("office", office.verifier, from_ms=0, until_ms=None),
        ),
    )
    with fresh_folder(work / "audit") as folder:
        _confirm(folder / "office", office)
        heads = open_heads("\n".join(_fill(folder / "gate1", gate, entries)), keys)
        rounds = [_timed(folder / "gate1", keys, heads, Asked()) for _ in range(ROUNDS)]
        before_s = own_cpu_s()
        signed, signed_s = _timed(folder / "gate1", keys, heads, Asked(signatures=True))
        signed_cpu_s = own_cpu_s() - before_s
        _, marked_s = _timed(folder / "gate1", keys, heads, Asked(signatures=True, after=signed.head))
        audit_s = median([seconds for _, seconds in rounds])
        sums = signed.signatures
        return {
            "entries": signed.entries,
            "ok": signed.ok,
            "heads_agreed": signed.held,
            "audit_s": audit_s,
            "entries_per_s": round(entries / audit_s),
            "signatures": 0 if sums is None else sums.checked,
            "signed_audit_s": round(signed_s, 2),
            "signed_of_limit": round(signed_s / (LIMIT_S * entries / 1_000_000), 2),
            "signed_audit_cpu_s": round(signed_cpu_s, 2),
            "marked_audit_s": round(marked_s, 2),
            "fast_verifier": not quickest_verify()[1],
            "journal_mib": round((folder / "gate1" / JOURNAL_FILE).stat().st_size / 2**20),
        }


def _timed(folder: Path, keys: KeyList, heads: Sequence[Checkpoint], asked: Asked) -> tuple[AuditResult, float]:
    watch = Stopwatch()
    result = audit_journal(folder, keys, heads, asked)
    seconds = watch.seconds
    say(f"{'with' if asked.signatures else 'without'} signatures: {seconds:.2f} s, {result.reason}")
    return result, seconds


def _confirm(folder: Path, office: Signer) -> None:
    """The office's acts on every phone of the crowd."""
    journal = SqliteJournal(folder, office)
    acts = []
    for _, key, person in public_keys(1, PHONES):
        said = DeviceSaid(state="active", person=person, slip=None, from_ms=0, until_ms=None, key=key)
        record_id = uuid7(EPOCH_MS, person)
        act = Decision(
            1, record_id, 1, EPOCH_MS, "device.enrol", f"device/{said.kid}", "pending", said.text, None, None
        )
        acts.append(Entry(kind=Kind.DECISION, body=encode(act), id=bytes.fromhex(record_id.replace("-", ""))))
    journal.append(acts, now_ms=EPOCH_MS)
    journal.close()


def _fill(folder: Path, signer: Signer, entries: int) -> list[str]:
    """Append so many punches; some of the heads on the way."""
    journal = SqliteJournal(folder, signer)
    notes = []
    made = signed_punches(entries)
    for number, at in enumerate(range(0, entries, BATCH)):
        journal.append([next(made) for _ in range(min(BATCH, entries - at))], now_ms=EPOCH_MS + at)
        if number % HEADS_EVERY == 0:
            notes.append(journal.checkpoint())
        if at and at % TELL_EVERY == 0:
            say(f"{at} of {entries} written")
    journal.close()
    return notes


def signed_punches(count: int) -> Iterator[Entry]:
    """Punches of the crowd's phones, one after the other."""
    for number in range(1, count + 1):
        record_id = bytes.fromhex(uuid7(EPOCH_MS, number).replace("-", ""))
        yield Entry(kind=Kind.PUNCH, body=record_of(1 + number % PHONES, number=number).encode(), id=record_id)
