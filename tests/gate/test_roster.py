"""The roster: signed, swapped whole, used when stale, and never believed unsigned."""

import sqlite3
from pathlib import Path

import pytest

from hadir.gate.roster import STALE_AFTER_MS, Roster
from hadir.ledger.sqlite import JournalReader
from hadir.records.encoding import b64url, sha256, un_b64url
from hadir.records.kinds import Kind
from hadir.records.note import Signer
from hadir.records.office_notes import CURRENT_NOTE, SCHEMA, RosterNote
from hadir.records.server_records import RosterLoaded
from hadir.site import Site
from rehearsal.gates import RunningGate
from rehearsal.phones import EPOCH_MS, Phone
from tests.conftest import NOW_MS

OFFICE = Signer.from_seed("rehearsal/tests/office/2026", bytes(32))
STRANGER = Signer.from_seed("rehearsal/tests/office/2026", bytes([1]) * 32)


def publish(folder: Path, *phones: Phone, version: int = 1, by: Signer = OFFICE, issued_ms: int = EPOCH_MS) -> Path:
    """What the office's roster writer does, written from the format's page."""
    folder.mkdir(exist_ok=True)
    file = folder / f"roster-{version}.sqlite"
    file.unlink(missing_ok=True)
    with sqlite3.connect(file) as db:
        db.executescript(SCHEMA)
        for phone in phones:
            db.execute("INSERT INTO device VALUES (?, ?, ?, 0, NULL)", (un_b64url(phone.kid), phone.key, phone.person))
    db.close()
    note = RosterNote(version=version, issued_ms=issued_ms, sha256=sha256(file.read_bytes()))
    draft = folder / "draft"
    draft.write_text(note.sign(by), encoding="utf-8")
    draft.replace(folder / CURRENT_NOTE)
    return file


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    return Roster(tmp_path, {OFFICE.name: OFFICE.verifier})


def person_of(roster: Roster, phone: Phone) -> int | None:
    kid = un_b64url(phone.kid)
    found = roster.some([kid]).devices.get(kid)
    return None if found is None else found.person


def look(roster: Roster) -> RosterLoaded | None:
    """What the gate finds when a roster that has just come has been read."""
    found = roster.refresh(EPOCH_MS)
    roster.settle()
    return found or roster.refresh(EPOCH_MS)


def test_without_a_roster_every_key_is_unknown(roster: Roster) -> None:
    assert roster.refresh(EPOCH_MS) is None
    assert person_of(roster, Phone(7)) is None


def test_a_signed_roster_is_loaded_and_the_record_of_it_made_once(roster: Roster, tmp_path: Path) -> None:
    sari = Phone(7)
    publish(tmp_path, sari)
    loaded = roster.refresh(EPOCH_MS)
    assert loaded is not None
    assert (loaded.version, loaded.stale) == (1, False)
    assert person_of(roster, sari) == 7
    assert roster.refresh(EPOCH_MS + 1) is None


def test_many_keys_are_found_in_one_look_and_strangers_are_not(roster: Roster, tmp_path: Path) -> None:
    phones, strangers = [Phone(number) for number in range(1, 70)], [Phone(99) for _ in range(5)]
    publish(tmp_path, *phones)
    look(roster)
    kids = [un_b64url(phone.kid) for phone in [*phones, *strangers]]
    keys = [roster.some(kids).devices.get(kid) for kid in kids]
    assert [None if key is None else (key.key, key.person) for key in keys] == [
        *((phone.key, phone.person) for phone in phones),
        *([None] * len(strangers)),
    ]


def test_a_newer_roster_replaces_the_older_whole(roster: Roster, tmp_path: Path) -> None:
    sari, budi = Phone(7), Phone(8)
    publish(tmp_path, sari)
    look(roster)
    publish(tmp_path, budi, version=2)
    assert look(roster) is not None
    assert (person_of(roster, sari), person_of(roster, budi)) == (None, 8)


def test_an_unsigned_changed_or_older_roster_is_not_believed_and_the_last_stays(roster: Roster, tmp_path: Path) -> None:
    sari, tono = Phone(7), Phone(99)
    publish(tmp_path, sari, version=5)
    look(roster)
    publish(tmp_path, tono, version=6, by=STRANGER)
    assert look(roster) is None
    assert "does not hold" in roster.fault
    publish(tmp_path, tono, version=7).write_bytes(b"something else")
    assert look(roster) is None
    assert "not the file" in roster.fault
    publish(tmp_path, tono, version=4)
    assert look(roster) is None
    assert "older" in roster.fault
    assert (person_of(roster, sari), person_of(roster, tono)) == (7, None)


def test_a_stale_roster_is_used_and_said_to_be_stale_once(roster: Roster, tmp_path: Path) -> None:
    sari = Phone(7)
    publish(tmp_path, sari)
    look(roster)
    stale = roster.refresh(EPOCH_MS + STALE_AFTER_MS + 1)
    assert stale is not None
    assert stale.stale
    assert roster.refresh(EPOCH_MS + STALE_AFTER_MS + 2) is None
    assert person_of(roster, sari) == 7


def test_a_running_gate_takes_a_new_roster_and_writes_it_down(gate: RunningGate, site: Site) -> None:
    sari = Phone(7)
    assert gate.punch(sari.punch()).code == "unknown_key"
    file = publish(site.roster_folder, sari, by=site.office_signer(), issued_ms=NOW_MS)
    digest = sha256(file.read_bytes())
    gate.wait_for_roster(1)
    assert gate.punch(sari.punch()).json["answers"][0]["flags"] == []
    gate.stop()
    reader = JournalReader(site.journal_folder("gate1"))
    loaded = [leaf.body for leaf in reader.read(0, 100) if leaf.kind is Kind.ROSTER_LOADED]
    assert len(loaded) == 1
    assert b64url(digest).encode() in loaded[0]
