"""What an audit says, and how exactly."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.pool import Pool
from pathlib import Path
from uuid import UUID

import pytest

from hadir.cli import main
from hadir.ledger import Entry, audit, audit_ids
from hadir.ledger.audit import audit_journal, open_heads
from hadir.ledger.audit_leaves import ranges
from hadir.ledger.sqlite import JOURNAL_FILE, SqliteJournal
from hadir.ledger.tree import split
from hadir.records.encoding import sha256, uuid8
from hadir.records.keys import DatedKey, KeyList
from hadir.records.kinds import Kind
from hadir.records.merkle import leaf_hash
from hadir.records.note import NoteError, Signer, sign_note
from hadir.records.server_records import Decision, FileLine, ManualEntry, ManualList
from hadir.records.strict import encode
from rehearsal.phones import EPOCH_MS, Phone

SIGNER = Signer.from_seed("rehearsal/tests/gate1/2026", bytes(32))
ROOT = Signer.from_seed("rehearsal/tests/root", bytes([1]) * 32)
KEYS = KeyList(site="rehearsal/tests", keys=(DatedKey(use="gate", key=SIGNER.verifier, from_ms=0, until_ms=None),))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(tmp_path / "gate1", SIGNER)
    yield opened
    opened.close()


def pulses(first: int, count: int) -> list[Entry]:
    return [Entry(kind=Kind.GATE_PULSE, body=b"%d" % number) for number in range(first, first + count)]


def fill(journal: SqliteJournal, *batches: int) -> list[str]:
    """Append; the head after each batch, as a phone would hold it."""
    notes = []
    for count in batches:
        journal.append(pulses(journal.size(), count), now_ms=EPOCH_MS)
        notes.append(journal.checkpoint())
    return notes


def change(folder: Path, statement: str, *values: object) -> None:
    db = sqlite3.connect(folder / JOURNAL_FILE)
    db.execute(statement, values)
    db.commit()
    db.close()


def edited(folder: Path, at: int) -> bytes:
    """Change one letter of the leaf at this position; its new bytes."""
    db = sqlite3.connect(folder / JOURNAL_FILE)
    data = bytearray(db.execute("SELECT data FROM leaf WHERE idx = ?", (at,)).fetchone()[0])
    db.close()
    data[-1] ^= 1
    change(folder, "UPDATE leaf SET data = ? WHERE idx = ?", bytes(data), at)
    return bytes(data)


@pytest.mark.parametrize("at", [0, 255, 256, 511])
def test_a_changed_leaf_under_a_tile_is_named_exactly(tmp_path: Path, journal: SqliteJournal, at: int) -> None:
    fill(journal, 600)
    edited(tmp_path / "gate1", at)
    assert audit_journal(tmp_path / "gate1", KEYS).first_bad == at


def test_heads_from_outside_narrow_what_no_tile_covers(tmp_path: Path, journal: SqliteJournal) -> None:
    notes = fill(journal, 520, 10, 10, 10)
    edited(tmp_path / "gate1", 535)
    alone = audit_journal(tmp_path / "gate1", KEYS)
    held = audit_journal(tmp_path / "gate1", KEYS, open_heads("".join(notes), KEYS))
    assert (alone.first_bad, held.first_bad, held.held) == (0, 530, 2)
    assert "most likely from 512 on" in alone.reason


def test_a_thief_of_the_key_is_convicted_by_one_head_on_a_phone(tmp_path: Path, journal: SqliteJournal) -> None:
    notes = fill(journal, 30, 30)
    other = SqliteJournal(tmp_path / "forged", SIGNER)
    fill(other, 30)
    other.append([Entry(kind=Kind.GATE_PULSE, body=b"forged"), *pulses(31, 29)], now_ms=EPOCH_MS)
    other.close()
    assert audit_journal(tmp_path / "forged", KEYS).ok
    held = audit_journal(tmp_path / "forged", KEYS, open_heads("\n".join(notes), KEYS))
    assert held.first_bad == 30
    last_only = audit_journal(tmp_path / "forged", KEYS, open_heads(notes[-1], KEYS))
    assert last_only.first_bad == 0


def test_the_journals_own_head_proves_nothing_against_a_head_from_outside(
    tmp_path: Path, journal: SqliteJournal
) -> None:
    fill(journal, 30)
    other = SqliteJournal(tmp_path / "forged", SIGNER)
    other.append([Entry(kind=Kind.GATE_PULSE, body=b"forged")] * 30, now_ms=EPOCH_MS)
    other.close()
    assert audit_journal(tmp_path / "forged", KEYS, open_heads(journal.checkpoint(), KEYS)).first_bad == 0


def test_a_journal_shorter_than_a_head_from_outside_is_named_at_its_end(tmp_path: Path, journal: SqliteJournal) -> None:
    fill(journal, 300)
    longer = SqliteJournal(tmp_path / "longer", SIGNER)
    notes = fill(longer, 300, 5)
    longer.close()
    assert audit_journal(tmp_path / "gate1", KEYS, open_heads(notes[-1], KEYS)).first_bad == 300


def test_a_forged_head_cannot_accuse_an_honest_journal(journal: SqliteJournal) -> None:
    fill(journal, 3)
    forged = sign_note(journal.checkpoint().partition("\n\n")[0] + "\n", Signer(SIGNER.name, ROOT.private))
    with pytest.raises(NoteError, match="does not hold"):
        open_heads(forged, KEYS)


def test_heads_of_other_journals_are_not_taken_for_a_comparison(tmp_path: Path, journal: SqliteJournal) -> None:
    fill(journal, 3)
    other = replace(open_heads(journal.checkpoint(), KEYS)[0], origin="rehearsal/tests/gate2/2026")
    result = audit_journal(tmp_path / "gate1", KEYS, [other])
    assert (result.ok, "nothing was compared" in result.reason) == (False, True)


def test_a_trigger_that_was_put_into_the_file_is_found(tmp_path: Path, journal: SqliteJournal) -> None:
    fill(journal, 3)
    change(tmp_path / "gate1", "CREATE TRIGGER lose AFTER INSERT ON leaf BEGIN DELETE FROM record_id; END")
    assert "tables" in audit_journal(tmp_path / "gate1", KEYS).reason


def test_an_index_of_ids_that_forgot_a_record_is_named_exactly(tmp_path: Path, journal: SqliteJournal) -> None:
    phone = Phone(7)
    for number in range(300):
        members = phone.payload()
        if number % 2:  # members in another order: read with care instead of quickly
            members = dict(reversed(members.items()))
        record = phone.sign(members).encode()
        entry = Entry(kind=Kind.PUNCH, body=record, id=bytes.fromhex(members["id"].replace("-", "")))
        journal.append([entry, *pulses(number, 1)], now_ms=EPOCH_MS)
    assert audit_journal(tmp_path / "gate1", KEYS).ok
    change(tmp_path / "gate1", "DELETE FROM record_id WHERE idx = 270")
    assert audit_journal(tmp_path / "gate1", KEYS).first_bad == 270


def test_processes_that_share_a_large_journal_see_what_one_sees(
    tmp_path: Path, journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = fill(journal, *([4_096] * 16), 700)
    monkeypatch.setattr(audit, "_ALONE_LEAVES_MAX", 0)
    folder, heads = tmp_path / "gate1", open_heads("".join(notes), KEYS)
    good = audit_journal(folder, KEYS, heads)
    assert (good.entries, good.ok, good.held) == (16 * 4_096 + 700, True, 17)
    data = edited(folder, 40_000)
    assert audit_journal(folder, KEYS, heads).first_bad == 40_000
    mend_tile(folder, 40_000, data)
    assert audit_journal(folder, KEYS).first_bad == 40_000 // 256 * 256, "the tile above the mended one tells"
    assert audit_journal(folder, KEYS, heads).first_bad == 9 * 4_096, "so does the first head after it"


def test_an_audit_that_ends_early_ends_its_processes_between_answers(
    tmp_path: Path, journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended in the middle of one, a process takes a lock along for which the audit would wait for ever."""
    fill(journal, *([4_096] * 16), 700)
    edited(tmp_path / "gate1", 10)
    monkeypatch.setattr(audit, "_ALONE_LEAVES_MAX", 0)
    monkeypatch.setattr(audit, "_RANGES_OUT", 3)
    asked: list[audit.Range] = []
    monkeypatch.setattr(audit, "ranges", lambda *told: (asked.append(one) or one for one in ranges(*told)))
    ended: list[Pool] = []
    monkeypatch.setattr(Pool, "terminate", ended.append)
    assert audit_journal(tmp_path / "gate1", KEYS).first_bad == 10
    assert not ended
    assert 1 <= len(asked) <= 4, "nobody reads on to the end of a journal that is bad at its beginning"


def mend_tile(folder: Path, at: int, data: bytes) -> None:
    """What a careful forger does next."""
    db = sqlite3.connect(folder / JOURNAL_FILE)
    hashes = split(db.execute("SELECT hashes FROM tile WHERE level = 0 AND number = ?", (at // 256,)).fetchone()[0])
    db.close()
    hashes[at % 256] = leaf_hash(data)
    change(folder, "UPDATE tile SET hashes = ? WHERE level = 0 AND number = ?", b"".join(hashes), at // 256)


def test_a_journal_is_audited_while_its_gate_goes_on(tmp_path: Path, journal: SqliteJournal) -> None:
    for size in (0, 1, 255, 256, 300):
        fill(journal, size)
        assert audit_journal(tmp_path / "gate1", KEYS).entries == journal.size()
        assert audit_journal(tmp_path / "gate1", KEYS).ok


def test_the_command_reads_heads_from_a_file(
    tmp_path: Path, journal: SqliteJournal, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = fill(journal, 40, 40)
    (tmp_path / "heads.txt").write_text("\n".join(notes))
    (tmp_path / "keys.note").write_text(KEYS.sign(ROOT))
    (tmp_path / "root.vkey").write_text(ROOT.verifier.text + "\n")
    command = ["audit", str(tmp_path / "gate1"), "--keys", str(tmp_path / "keys.note"), "--against"]
    assert main([*command, str(tmp_path / "heads.txt"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["entries"], told["ok"], told["first_bad"]) == (80, True, None)
    assert told["signatures"] == {"checked": 0, "bad": 0, "no_key": 0}
    assert main([*command, str(tmp_path / "heads.txt")]) == 0
    assert "2 heads from outside agree" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--root", "--keys", "--against", "--mark"])
def test_a_binary_file_is_refused_in_one_sentence(
    tmp_path: Path, journal: SqliteJournal, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    fill(journal, 3)
    (tmp_path / "keys.note").write_text(KEYS.sign(ROOT))
    (tmp_path / "root.vkey").write_text(f"{ROOT.verifier.text}\n")
    (tmp_path / "binary").write_bytes(b"\xff\x00\x81")
    files = {"--root": tmp_path / "root.vkey", "--keys": tmp_path / "keys.note", option: tmp_path / "binary"}
    words = [str(word) for pair in files.items() for word in pair]
    assert main(["audit", str(tmp_path / "gate1"), *words]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "it is not text" in said


def test_the_offices_acts_and_a_files_lines_stand_in_the_index_too(tmp_path: Path, journal: SqliteJournal) -> None:
    ids = [bytes([number]) * 16 for number in range(1, 5)]
    acts = [Decision(1, str(UUID(bytes=one)), 1005, EPOCH_MS, "a", "o", None, None, None, None) for one in ids[:2]]
    lines = [FileLine(1, "f", number, "MQ==", "Mesin-1", 1003) for number in (1, 2)]
    entries = [Entry(kind=Kind.DECISION, body=encode(act), id=one) for act, one in zip(acts, ids, strict=False)]
    entries += [Entry(kind=Kind.FILE_LINE, body=encode(line), id=one) for line, one in zip(lines, ids[2:], strict=True)]
    sheet = ManualList(1, 3, 1004, "x", [ManualEntry(1001, "in", EPOCH_MS)])
    entries.append(Entry(kind=Kind.MANUAL_LIST, body=encode(sheet), id=UUID(uuid8(sha256(encode(sheet)))).bytes))
    journal.append(entries, now_ms=EPOCH_MS)
    assert audit_journal(tmp_path / "gate1", KEYS).ok
    change(tmp_path / "gate1", "UPDATE record_id SET id = zeroblob(16) WHERE idx = 4")
    assert audit_journal(tmp_path / "gate1", KEYS).first_bad == 4
    change(tmp_path / "gate1", "UPDATE record_id SET id = ? WHERE idx = 4", entries[4].id)
    assert audit_journal(tmp_path / "gate1", KEYS).ok
    change(tmp_path / "gate1", "UPDATE record_id SET id = zeroblob(16) WHERE idx = 1")
    assert audit_journal(tmp_path / "gate1", KEYS).first_bad == 1
    change(tmp_path / "gate1", "UPDATE record_id SET id = ? WHERE idx = 1", ids[1])
    change(tmp_path / "gate1", "DELETE FROM record_id WHERE idx = 2")
    assert audit_journal(tmp_path / "gate1", KEYS).first_bad == 2


def test_of_every_kind_it_is_said_whether_its_records_have_an_id() -> None:
    """A kind that the audit takes for one without an id makes every journal that holds it look damaged."""
    of_programs = {
        Kind.GATE_START, Kind.GATE_STOP, Kind.GATE_PULSE, Kind.ROSTER_LOADED, Kind.FLAG, Kind.CLOCK_STATE,
        Kind.JOURNAL_OPENED, Kind.JOURNAL_SEALED, Kind.ERASURE_DONE, Kind.DETAIL_FINDING, Kind.DETAIL_ERASED,
    }  # fmt: skip
    without = {kind for kind in Kind if int(kind) not in audit_ids._WITH_ID}
    assert without - {Kind.TERMINAL_LINE} == of_programs, "no program writes a terminal's line of its own yet"
