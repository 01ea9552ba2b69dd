"""The journal's promise, on real files."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pymerkle
import pytest

from hadir.ledger import Entry, JournalBrokenError, JournalBusyError, JournalError, JournalMissingError, Proof, wal
from hadir.ledger.audit import audit_journal
from hadir.ledger.sqlite import BEGUN_FILE, JOURNAL_FILE, WAL_FILE, JournalReader, SqliteJournal, is_missing
from hadir.records.encoding import un_b64
from hadir.records.keys import DatedKey, KeyList
from hadir.records.kinds import Kind
from hadir.records.merkle import root_from_inclusion
from hadir.records.note import Checkpoint, Signer, open_note

SIGNER = Signer.from_seed("rehearsal/tests/gate1/2026", bytes(32))
KEYS = KeyList("rehearsal/tests", (DatedKey(use="gate", key=SIGNER.verifier, from_ms=0, until_ms=None),))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(tmp_path, SIGNER)
    yield opened
    opened.close()


def entries(first: int, count: int) -> list[Entry]:
    return [Entry(kind=Kind.GATE_PULSE, body=f"body {number}".encode()) for number in range(first, first + count)]


def fill(journal: SqliteJournal, *batches: int) -> None:
    for count in batches:
        journal.append(entries(journal.size(), count), now_ms=1_000)


def head_of(note: str) -> Checkpoint:
    return Checkpoint.parse(open_note(note, {SIGNER.name: SIGNER.verifier})[0])


def path_of(proof: Proof) -> list[bytes]:
    return [un_b64(line) for line in proof.path_lines.splitlines()]


def test_what_was_appended_is_there_after_reopening(tmp_path: Path, journal: SqliteJournal) -> None:
    fill(journal, 1, 2, 300, 1)
    before = journal.checkpoint()
    journal.close()
    again = SqliteJournal(tmp_path, SIGNER)
    assert (again.size(), again.checkpoint()) == (304, before)
    assert [leaf.body for leaf in again.read(302, 10)] == [b"body 302", b"body 303"]
    fill(again, 1)
    assert head_of(again.checkpoint()).size == 305
    again.close()


def test_every_proof_leads_to_the_signed_head_across_tiles(journal: SqliteJournal) -> None:
    for size in (1, 255, 1, 1, 300, 44):
        fill(journal, size)
        head = head_of(journal.checkpoint())
        for proof in journal.prove(range(0, journal.size(), 13)):
            found = root_from_inclusion(proof.leaf.index, head.size, proof.leaf.hash, path_of(proof))
            assert found == head.root


def test_entries_of_different_times_are_one_commit_and_each_keeps_its_time(journal: SqliteJournal) -> None:
    fill(journal, 3)
    one, two = entries(3, 2)
    leaves = journal.append_timed([(one, 2_000), (two, 61_000)])
    assert [(leaf.index, leaf.received_at_ms) for leaf in journal.read(2, 10)] == [(2, 1_000), (3, 2_000), (4, 61_000)]
    assert list(leaves) == journal.read(3, 2)
    assert head_of(journal.checkpoint()).size == 5


def test_an_independent_merkle_tree_agrees(journal: SqliteJournal) -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for _ in range(60):
        fill(journal, 7)
        for leaf in journal.read(journal.size() - 7, 7):
            other.append_entry(leaf.data)
        assert head_of(journal.checkpoint()).root == other.get_root()


def test_a_record_is_found_by_its_id_and_keeps_its_place(journal: SqliteJournal) -> None:
    fill(journal, 3)
    journal.append(
        [Entry(kind=Kind.PUNCH, body=b"a", id=b"i" * 16), Entry(kind=Kind.PUNCH, body=b"b", id=b"i" * 16)], now_ms=5
    )
    assert [(leaf.index, leaf.body) for leaf in journal.find(b"i" * 16)] == [(3, b"a"), (4, b"b")]
    assert list(journal.find(b"j" * 16)) == []


def test_a_second_writer_is_refused(tmp_path: Path, journal: SqliteJournal) -> None:
    fill(journal, 1)
    with pytest.raises(JournalBusyError):
        SqliteJournal(tmp_path, SIGNER)


def test_another_writers_journal_is_refused(tmp_path: Path, journal: SqliteJournal) -> None:
    fill(journal, 1)
    journal.close()
    with pytest.raises(JournalError):
        SqliteJournal(tmp_path, Signer.from_seed("rehearsal/tests/gate2/2026", bytes(32)))


def test_a_newer_journal_is_refused(tmp_path: Path, journal: SqliteJournal) -> None:
    journal.close()
    with sqlite3.connect(tmp_path / JOURNAL_FILE) as db:
        db.execute("PRAGMA user_version = 2")
    with pytest.raises(JournalError, match="version 2"):
        SqliteJournal(tmp_path, SIGNER)


def test_the_journal_syncs_each_commit_or_does_not_open(journal: SqliteJournal) -> None:
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_after_a_failed_write_the_journal_promises_nothing_more(tmp_path: Path, journal: SqliteJournal) -> None:
    fill(journal, 5)
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(JournalBrokenError, match="full"):
        journal.append([Entry(kind=Kind.PUNCH, body=bytes(60_000))], now_ms=1)
    with pytest.raises(JournalBrokenError):
        fill(journal, 1)
    journal.close()
    again = SqliteJournal(tmp_path, SIGNER)
    assert again.size() == 5
    fill(again, 1)
    again.close()


def test_the_log_begins_again_while_commits_go_on(tmp_path: Path) -> None:
    """Its header has another salt each time (SQLite's WAL format)."""
    journal = SqliteJournal(tmp_path, SIGNER, wal_bytes_max=1_000_000)
    salts = set()
    for _ in range(1_000):
        fill(journal, 20)
        with (tmp_path / WAL_FILE).open("rb") as log:
            salts.add(log.read(24)[16:])
        if len(salts) == 3:
            break
    assert len(salts) == 3
    assert head_of(journal.checkpoint()).size == journal.size()
    journal.close()
    assert audit_journal(tmp_path, KEYS).ok


def test_a_journal_that_is_closed_holds_no_file_and_leaves_an_empty_log(tmp_path: Path) -> None:
    """Of both its connections: what it wrote is in its file, which can be copied as it is."""
    journal = SqliteJournal(tmp_path, SIGNER, wal_bytes_max=1)
    fill(journal, *[1] * 100)
    journal.close()
    assert not [file for file in Path("/proc/self/fd").iterdir() if file.resolve().is_relative_to(tmp_path)]
    assert (tmp_path / WAL_FILE).stat().st_size == 0


def test_a_log_that_cannot_be_checkpointed_ends_the_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed sync may have cost what was written, and the system tells of it once."""
    journal = SqliteJournal(tmp_path, SIGNER, wal_bytes_max=1)
    monkeypatch.setattr(wal, "_CHECKPOINT", "PRAGMA wal_checkpoint(PASSIVE) FROM a disk that is ill")
    with pytest.raises(JournalBrokenError):
        fill(journal, *[1] * 1_000)
    with pytest.raises(JournalBrokenError):
        fill(journal, 1)
    journal.close()


def test_a_reader_sees_the_journal_grow_and_proves_it(tmp_path: Path, journal: SqliteJournal) -> None:
    fill(journal, 2)
    reader = JournalReader(tmp_path)
    assert reader.origin == SIGNER.name
    for grown in (2, 300, 700):
        fill(journal, grown)
        head = head_of(reader.checkpoint())
        assert (reader.size(), head.size) == (journal.size(), journal.size())
        proof = reader.prove([journal.size() - 1])[0]
        assert root_from_inclusion(proof.leaf.index, head.size, proof.leaf.hash, path_of(proof)) == head.root
    reader.close()


ATTACKS = {
    "edit": "UPDATE leaf SET data = CAST(substr(data, 1, length(data) - 1) || x'58' AS BLOB) WHERE idx = :at",
    "delete": "DELETE FROM leaf WHERE idx = :at",
    "truncate": "DELETE FROM leaf WHERE idx >= :at",
    "swap": "UPDATE leaf SET data = (SELECT data FROM leaf WHERE idx = :at + 1) WHERE idx = :at",
    "foreign": "UPDATE leaf SET data = x'00' WHERE idx = :at",
    "tile": "UPDATE tile SET hashes = zeroblob(8192) WHERE number = :at / 256",
    "head": "UPDATE head SET note = replace(note, char(10) || '600' || char(10), char(10) || '599' || char(10))",
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("at", [0, 1, 255, 256, 400, 511])
def test_an_audit_finds_what_was_done_to_the_files(
    tmp_path: Path, journal: SqliteJournal, attack: str, at: int
) -> None:
    fill(journal, 600)
    journal.close()
    assert audit_journal(tmp_path, KEYS).ok
    with sqlite3.connect(tmp_path / JOURNAL_FILE) as db:
        db.execute(ATTACKS[attack], {"at": at} if ":at" in ATTACKS[attack] else {})
    result = audit_journal(tmp_path, KEYS)
    assert not result.ok
    if attack in {"delete", "swap", "foreign"}:
        assert result.first_bad == at


def test_a_journal_that_does_not_lead_to_its_head_does_not_open(tmp_path: Path, journal: SqliteJournal) -> None:
    fill(journal, 20)
    journal.close()
    with sqlite3.connect(tmp_path / JOURNAL_FILE) as db:
        db.execute("DELETE FROM leaf WHERE idx = 19")
    with pytest.raises(JournalError, match="do not lead"):
        SqliteJournal(tmp_path, SIGNER)


def test_a_file_that_is_no_journal_is_one_line_and_lets_go_of_its_lock(tmp_path: Path) -> None:
    (tmp_path / JOURNAL_FILE).write_bytes(b"not SQLite at all, and longer than its header " * 100)
    for _ in range(2):
        with pytest.raises(JournalError, match="cannot be opened"):
            SqliteJournal(tmp_path, SIGNER)


def test_a_journal_that_was_begun_and_is_gone_is_not_begun_anew(tmp_path: Path) -> None:
    """Its positions stand in receipts already: a new one in its place would give them to other records."""
    folder = tmp_path / "gate1"
    SqliteJournal(folder, SIGNER).close()
    kept = (folder / JOURNAL_FILE).read_bytes()
    (folder / JOURNAL_FILE).unlink()
    for _ in range(2):
        with pytest.raises(JournalMissingError, match="was begun and is gone"):
            SqliteJournal(folder, SIGNER)
        assert is_missing(folder)
    (folder / JOURNAL_FILE).write_bytes(kept)
    SqliteJournal(folder, SIGNER).close()


def test_a_journal_begun_by_an_older_release_is_marked_when_it_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "gate1"
    SqliteJournal(folder, SIGNER).close()
    (folder / BEGUN_FILE).unlink()
    assert not is_missing(folder)
    SqliteJournal(folder, SIGNER).close()
    assert (folder / BEGUN_FILE).exists()
