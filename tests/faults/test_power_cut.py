"""Power cut: whatever the disk kept, nothing that was acknowledged is lost, and nothing is corrupt.

The real journal and the real store of details run on a disk that remembers its writes and syncs; then thousands of
states that a cut may leave are opened by the real engine. The same harness must see what `synchronous=NORMAL` loses.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hadir.ledger import Entry, JournalError, sqlite, wal
from hadir.ledger.audit import audit_journal
from hadir.ledger.details import Detail, DetailStore
from hadir.ledger.sqlite import SqliteJournal
from hadir.records.encoding import sha256
from hadir.records.keys import DatedKey, KeyList
from hadir.records.kinds import Kind
from hadir.records.note import Signer
from tests.conftest import KeepFigures
from tests.faults.crash_disk import CrashDisk, Wreck, wrecks

SIGNER = Signer.from_seed("rehearsal/tests/gate1/2026", bytes(32))
KEYS = KeyList("rehearsal/tests", (DatedKey(use="gate", key=SIGNER.verifier, from_ms=0, until_ms=None),))
STATES = 5_000
STATES_LONG = 50_000
BATCHES = 40
BATCH_MAX = 12
#: So little that cuts meet a log that is being moved.
WAL_BYTES_MAX = 96 * 1024
REOPEN_EVERY = 13
LOOK_CLOSELY_EVERY = 20


@dataclass
class Run:
    """A journal's life on a disk that can be cut off: what was appended, in order, and its details."""

    disk: CrashDisk
    bodies: list[bytes]
    details: dict[int, bytes]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[CrashDisk]:
    made = CrashDisk()
    monkeypatch.setattr(sqlite, "sync_path", made.sync_folder)
    yield made
    made.close()


def live(disk: CrashDisk, folder: Path, dice: random.Random, wal_bytes_max: int = WAL_BYTES_MAX) -> Run:
    """Append in batches, details first, as the writer does; a promise after each."""
    run = Run(disk=disk, bodies=[], details={})
    journal, store = opened(disk, folder, wal_bytes_max)
    for batch in range(BATCHES):
        bodies = [dice.randbytes(dice.randint(40, 700)) for _ in range(dice.randint(1, BATCH_MAX))]
        if batch % 3 == 0:
            run.details[len(run.bodies)] = salted = dice.randbytes(300)
            store.put([Detail(digest=sha256(salted), record_hash=bytes(32), salted=salted)])
        journal.append(
            [
                Entry(kind=Kind.GATE_PULSE, body=body, id=body[:16] if at % 2 else None)
                for at, body in enumerate(bodies)
            ],
            now_ms=1_000 + batch,
        )
        run.bodies.extend(bodies)
        disk.promise(len(run.bodies))
        if batch % REOPEN_EVERY == REOPEN_EVERY - 1:
            journal.close()
            store.close()
            journal, store = opened(disk, folder, wal_bytes_max)
    journal.close()
    store.close()
    return run


def opened(disk: CrashDisk, folder: Path, wal_bytes_max: int) -> tuple[SqliteJournal, DetailStore]:
    journal = SqliteJournal(folder, SIGNER, connect=disk.connect, wal_bytes_max=wal_bytes_max)
    return journal, DetailStore(folder, connect=disk.connect)


def what_is_wrong(wreck: Wreck, run: Run, folder: Path, *, closely: bool) -> str:
    """`lost`, `corrupt`, or nothing: as a gate that starts on these files finds them."""
    wreck.write(folder)
    try:
        journal = SqliteJournal(folder, SIGNER)
    except (JournalError, sqlite.sqlite3.Error, TypeError):
        return "corrupt"
    found = [leaf.body for leaf in journal.read(0, len(run.bodies) + 1)]
    if closely:
        journal.append([Entry(kind=Kind.GATE_PULSE, body=b"goes on")], now_ms=9_999)
    journal.close()
    store = DetailStore(folder)
    details_there = all(store.get(sha256(salted)) == salted for at, salted in run.details.items() if at < wreck.acked)
    store.close()
    if len(found) < wreck.acked or not details_there:
        return "lost"
    if found != run.bodies[: len(found)] or (closely and not believed(folder)):
        return "corrupt"
    return ""


def believed(folder: Path) -> bool:
    """The ids of these made-up records are not in their bodies, which is all that the audit may say."""
    result = audit_journal(folder, KEYS)
    return result.ok or "index of record ids" in result.reason


def outcomes(run: Run, folder: Path, dice: random.Random, count: int) -> Counter[str]:
    folder.mkdir()
    seen = Counter({"lost": 0, "corrupt": 0})
    for number, wreck in enumerate(wrecks(run.disk.log, dice, count=count)):
        seen[what_is_wrong(wreck, run, folder, closely=number % LOOK_CLOSELY_EVERY == 0)] += 1
    return seen


@pytest.mark.timeout(5_400)
def test_no_power_cut_loses_what_was_acknowledged(
    disk: CrashDisk, tmp_path: Path, fast_folder: Path, pytestconfig: pytest.Config, keep_figures: KeepFigures
) -> None:
    dice = random.Random(20191001)
    run = live(disk, tmp_path / "gate1", dice)
    count = STATES_LONG if pytestconfig.getoption("--long") else STATES
    seen = outcomes(run, fast_folder / "wreck", dice, count)
    keep_figures("power", {"states": count, "lost": seen["lost"], "corrupt": seen["corrupt"]})
    assert seen == {"": count, "lost": 0, "corrupt": 0}


def test_the_harness_sees_what_a_journal_without_full_sync_loses(
    disk: CrashDisk, tmp_path: Path, fast_folder: Path, monkeypatch: pytest.MonkeyPatch, keep_figures: KeepFigures
) -> None:
    monkeypatch.setitem(sqlite._PRAGMAS, "synchronous", 1)
    dice = random.Random(20191001)
    run = live(disk, tmp_path / "gate1", dice, wal.WAL_BYTES_MAX)  # a checkpoint would sync the log after all
    seen = outcomes(run, fast_folder / "wreck", dice, 400)
    keep_figures("power without full sync", {"states": 400, "lost": seen["lost"], "corrupt": seen["corrupt"]})
    assert seen["lost"] > 150
