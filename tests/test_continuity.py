"""Year end, key change and restore: one turn, and no receipt ever loses its proof."""

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hadir import continuity
from hadir.cli import main
from hadir.ledger import Entry, JournalError, JournalSealedError
from hadir.ledger.audit import audit_journal, open_heads
from hadir.ledger.sqlite import JOURNAL_FILE, JournalReader, SqliteJournal
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.note import NoteError
from hadir.records.receipt import verify_receipt
from hadir.records.server_records import JournalOpened, JournalSealed
from hadir.records.strict import decode
from hadir.site import Site, SiteError, open_site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.conftest import NOW_MS

LATER_MS = NOW_MS + 60_000


def receipt(gate: RunningGate, record: str) -> str:
    return str(gate.punch(record).json["answers"][0]["receipt"])


def leaves(folder: Path) -> list[Leaf]:
    reader = JournalReader(folder)
    found = reader.read(0, 10_000)
    reader.close()
    return found


def roll(data: Path, reason: str) -> int:
    return main(["journal", "roll", "--data", str(data), "--reason", reason, "--writer", "gate1"])


@pytest.mark.parametrize("reason", ["year", "key"])
def test_a_journal_turns_and_every_receipt_still_holds(gate: RunningGate, site: Site, sari: Phone, reason: str) -> None:
    before, old_folder = sari.punch(), site.journal_folder("gate1")
    old = receipt(gate, before)
    assert roll(site.data, reason) == 1, "while the gate writes, nobody else may"
    gate.stop()
    assert roll(site.data, reason) == 0
    turned = open_site(site.data)
    gate.start()
    after = sari.punch()
    new = receipt(gate, after)
    keys = turned.key_list()
    assert verify_receipt(before, old, keys).leaf.origin == site.gate_origin
    assert verify_receipt(after, new, keys).leaf.origin == turned.gate_origin != site.gate_origin
    seal, opened = leaves(old_folder)[-1], leaves(turned.journal_folder("gate1"))[0]
    assert decode(seal.body, JournalSealed) == JournalSealed(v=1, reason=reason, next=turned.gate_origin)
    assert decode(opened.body, JournalOpened).previous == site.gate_origin
    assert open_heads(decode(opened.body, JournalOpened).checkpoint, keys)[0].size == len(leaves(old_folder))
    assert audit_journal(old_folder, keys).ok
    assert audit_journal(turned.journal_folder("gate1"), keys).ok


def test_a_sealed_journal_is_written_by_nobody(gate: RunningGate, site: Site) -> None:
    signer = site.gate_signer()
    gate.stop()
    roll(site.data, "key")
    assert not (site.keys_folder / "gate1.key").exists(), "the old key is destroyed"
    (site.journal_folder("gate1") / JOURNAL_FILE).chmod(0o644)
    with pytest.raises(JournalSealedError):
        SqliteJournal(site.journal_folder("gate1"), signer)


STEPS: list[tuple[str, Callable[..., object]]] = [
    (name, getattr(continuity, name)) for name in ("new_secret", "_endorse", "_begin", "keep_site", "_put_away")
]


@pytest.mark.parametrize(("name", "step"), STEPS, ids=[name for name, _ in STEPS])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_turn_that_was_cut_off_is_mended_by_another(
    site: Site, name: str, step: Callable[..., object], when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteJournal(site.journal_folder("gate1"), site.gate_signer()).close()

    def cut_off(*args: object, **named: object) -> object:
        if when == "after":
            step(*args, **named)
        raise KeyboardInterrupt

    root = continuity.root_signer(site, None)
    with monkeypatch.context() as patched:
        patched.setattr(continuity, name, cut_off)
        with pytest.raises(KeyboardInterrupt):
            continuity.roll(site, "gate1", reason="key", root=root, now_ms=NOW_MS)
    mended = open_site(site.data)
    if "gate1" not in mended.turns:
        mended = continuity.roll(mended, "gate1", reason="key", root=root, now_ms=LATER_MS)
    journal = SqliteJournal(mended.journal_folder("gate1"), mended.gate_signer())
    assert [leaf.kind for leaf in journal.read(0, 9)] == [Kind.JOURNAL_OPENED]
    journal.close()
    seals = [decode(leaf.body, JournalSealed).next for leaf in leaves(site.journal_folder("gate1"))]
    assert seals == [mended.gate_origin]
    endless = [key.key.name for key in mended.key_list().keys if key.until_ms is None and key.use == "gate"]
    assert endless == [mended.gate_origin]


def test_a_restored_copy_forks_nothing_and_phones_bring_what_it_lacks(
    gate: RunningGate, site: Site, sari: Phone, tmp_path: Path
) -> None:
    kept = {record: receipt(gate, record) for record in (sari.punch() for _ in range(3))}
    assert main(["backup", "--data", str(site.data), str(tmp_path / "copy")]) == 0
    lost = {record: receipt(gate, record) for record in (sari.punch() for _ in range(4))}
    gate.kill()
    root = str(site.keys_folder / "root.key")
    command = ["restore", str(tmp_path / "copy"), "--data", str(tmp_path / "again"), "--root-key", root]
    assert main(command) == 0
    restored = open_site(tmp_path / "again")
    assert not list(restored.keys_folder.glob("gate1.key")), "nothing can be signed for the old journal any more"
    again = RunningGate(restored)
    again.start()
    resent = [again.punch(record).json["answers"][0] for record in (*kept, *lost)]
    again.stop()
    for record, answer in zip([*kept, *lost], resent, strict=True):
        proven = verify_receipt(record, answer["receipt"], restored.key_list())
        assert proven.leaf.origin == restored.gate_origin
    for record, proof in (kept | lost).items():
        verify_receipt(record, proof, restored.key_list())
    held = [
        leaf.body.decode()
        for folder in restored.journal_folders()
        if (folder / JOURNAL_FILE).exists()
        for leaf in leaves(folder)
        if leaf.kind is Kind.PUNCH
    ]
    assert set(held) == {*kept, *lost}
    heads = open_heads(list(lost.values())[-1].partition("\n\n")[2], restored.key_list())
    old = audit_journal(restored.journal_folders()[0], restored.key_list(), heads)
    assert "the journal holds" in old.reason, "a phone's later head tells that the copy is older"
    assert audit_journal(restored.journal_folder("gate1"), restored.key_list()).ok


def test_a_backup_is_taken_while_the_gate_goes_on_and_proves_itself(
    gate: RunningGate, site: Site, sari: Phone, tmp_path: Path
) -> None:
    for number in range(3):
        receipt(gate, sari.punch())
        continuity.backup(site, tmp_path / f"copy{number}", now_ms=NOW_MS)
        receipt(gate, sari.punch())
    for number in range(3):
        copy = tmp_path / f"copy{number}"
        heads = open_heads((copy / "heads.txt").read_text(), site.key_list())
        assert audit_journal(copy / "journals" / "gate1", site.key_list(), heads).ok
        assert audit_journal(site.journal_folder("gate1"), site.key_list(), heads).ok, "and what goes on holds it too"
        assert not list(copy.rglob("*.key")), "a backup holds no secret key"


def test_a_backup_says_on_which_day_it_is_destroyed(site: Site, tmp_path: Path) -> None:
    """It holds what was erased since. The day is the site's, and 90 days are what the operator's page says."""
    eve_ms = int(datetime(2026, 11, 29, 23, 59, tzinfo=ZoneInfo(site.zone)).timestamp() * 1000)
    for number, (made_ms, day) in enumerate(((eve_ms, "2027-02-27"), (eve_ms + 120_000, "2027-02-28"))):
        continuity.backup(site, tmp_path / f"copy{number}", now_ms=made_ms)
        assert json.loads((tmp_path / f"copy{number}" / "manifest.json").read_text())["lapses"] == day
    page = (Path(__file__).parents[1] / "docs" / "operating.md").read_text(encoding="utf-8")
    assert f"`manifest.json` (`lapses`, {continuity.BACKUP_KEPT_DAYS} days after it was made)" in page


@pytest.mark.parametrize("damage", ["changed", "missing", "no manifest", "older journal"])
def test_a_damaged_backup_is_not_restored(site: Site, tmp_path: Path, damage: str) -> None:
    SqliteJournal(site.journal_folder("gate1"), site.gate_signer()).close()
    copy, to = tmp_path / "copy", tmp_path / "again"
    continuity.backup(site, copy, now_ms=NOW_MS)
    file = copy / "journals" / "gate1" / JOURNAL_FILE
    if damage == "changed":
        file.write_bytes(file.read_bytes() + b"x")
    if damage == "missing":
        file.unlink()
    if damage == "no manifest":
        (copy / "manifest.json").unlink()
    if damage == "older journal":
        forge_head(copy, site)
    with pytest.raises(SiteError):
        continuity.restore(copy, to, root_key=site.keys_folder / "root.key", keys=None, now_ms=LATER_MS)
    assert not to.exists(), "half a restore is none"


@pytest.mark.parametrize(
    "fault", ["no root key", "a public key", "another root key", "a key list that is none", "a binary key list"]
)
def test_a_restore_that_fails_leaves_nothing_and_may_be_tried_again(site: Site, tmp_path: Path, fault: str) -> None:
    SqliteJournal(site.journal_folder("gate1"), site.gate_signer()).close()
    copy, to, root = tmp_path / "copy", tmp_path / "again", site.keys_folder / "root.key"
    continuity.backup(site, copy, now_ms=NOW_MS)
    (tmp_path / "other.key").write_text("11" * 32)
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    root_key, keys = {
        "no root key": (tmp_path / "nope", None),
        "a public key": (site.keys_folder / "root.vkey", None),
        "another root key": (tmp_path / "other.key", None),
        "a key list that is none": (root, tmp_path / "other.key"),
        "a binary key list": (root, tmp_path / "binary"),
    }[fault]
    for _ in "once", "twice":
        with pytest.raises((SiteError, NoteError)) as refused:
            continuity.restore(copy, to, root_key=root_key, keys=keys, now_ms=LATER_MS)
        assert "not empty" not in str(refused.value)
        assert not to.exists()
    to.mkdir()
    with pytest.raises((SiteError, NoteError)):
        continuity.restore(copy, to, root_key=root_key, keys=keys, now_ms=LATER_MS)
    assert list(to.iterdir()) == []
    continuity.restore(copy, to, root_key=root, keys=None, now_ms=LATER_MS)


def forge_head(copy: Path, site: Site) -> None:
    """A copy whose manifest fits, and whose journal is not the one that its head speaks of."""
    file = copy / "journals" / "gate1" / JOURNAL_FILE
    db = sqlite3.connect(file)
    db.execute("UPDATE head SET size = 7")
    db.commit()
    db.close()
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"][f"journals/gate1/{JOURNAL_FILE}"] = continuity._digest(file)
    (copy / "manifest.json").write_text(json.dumps(manifest))


def test_nothing_is_ever_overwritten(site: Site, tmp_path: Path) -> None:
    continuity.backup(site, tmp_path / "copy", now_ms=NOW_MS)
    with pytest.raises(SiteError, match="not empty"):
        continuity.backup(site, tmp_path / "copy", now_ms=NOW_MS)
    with pytest.raises(SiteError, match="not empty"):
        continuity.restore(
            tmp_path / "copy", site.data, root_key=site.keys_folder / "root.key", keys=None, now_ms=NOW_MS
        )


def test_a_strangers_root_key_endorses_nothing(site: Site, tmp_path: Path) -> None:
    (tmp_path / "root.key").write_text("00" * 32)
    with pytest.raises(SiteError, match="not the root key"):
        continuity.root_signer(site, tmp_path / "root.key")


def test_a_writer_that_never_wrote_has_no_turn(site: Site) -> None:
    assert continuity.writers(site) == []
    with pytest.raises(JournalError):
        continuity.roll(site, "gate1", reason="restore", root=continuity.root_signer(site, None), now_ms=NOW_MS)


def test_an_office_whose_database_is_gone_has_no_backup(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy would say that it is whole, and the next one would push the last good one out."""
    journal = SqliteJournal(site.journal_folder("office"), site.office_signer())
    journal.append([Entry(kind=Kind.DECISION, body=b"{}")], now_ms=NOW_MS)
    journal.close()
    command = ["backup", "--data", str(site.data), str(tmp_path / "copy")]
    for left in (False, True):
        if left:
            site.office_db.touch()
        assert main(command) == 1
        told = capsys.readouterr()
        assert (told.out, told.err.count("\n")) == ("", 1)
        assert f"{site.office_db} is missing or empty" in told.err
        assert not (tmp_path / "copy").exists()
        assert not (site.run_folder / "backup.json").exists(), "nobody is told that there is one"
    monkeypatch.setenv("HADIR_OFFICE_DB", "postgresql://hadir@127.0.0.1/hadir")
    site.office_db.unlink()
    assert main(command) == 0
    assert "the office's tables are not in it: dump PostgreSQL with pg_dump beside it" in capsys.readouterr().out


def test_a_site_without_an_office_says_that_its_backup_has_none(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", "--data", str(site.data), str(tmp_path / "copy")]) == 0
    assert "no office.sqlite is in it: this site has none yet" in capsys.readouterr().out


def test_a_damaged_journal_has_no_backup(site: Site, tmp_path: Path) -> None:
    """A copy of it would take the place of good ones, night after night."""
    journal = SqliteJournal(site.journal_folder("gate1"), site.gate_signer())
    journal.append([Entry(kind=Kind.GATE_STOP, body=b"x" * 900) for _ in range(200)], now_ms=NOW_MS)
    journal.close()
    file = site.journal_folder("gate1") / JOURNAL_FILE
    data = bytearray(file.read_bytes())
    data[-60_000:-40_000] = b"\xa5" * 20_000
    file.write_bytes(data)
    with pytest.raises(SiteError, match="damaged"):
        continuity.backup(site, tmp_path / "copy", now_ms=NOW_MS)
