"""What two people decided to erase is gone for good: the gate says so in its journal, once, and keeps no resend."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from hadir import continuity
from hadir.clock import SystemClock
from hadir.gate.erasing import carry_out, earlier_folders, open_eraser
from hadir.ledger import Entry
from hadir.ledger.audit import audit_journal
from hadir.ledger.details import DETAILS_FILE, Detail, DetailStore
from hadir.ledger.sqlite import JOURNAL_FILE, JournalReader, SqliteJournal
from hadir.records.encoding import b64url, sha256
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.note import NoteError, Signer
from hadir.records.office_notes import ERASURES_NOTE, ErasureList, ListedErasure
from hadir.records.server_records import DetailErased, ErasureDone
from hadir.records.strict import decode
from hadir.site import Site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.conftest import voucher_for

WHERE = b'{"samples":[{"lat":-3.002513}]}'


def now_ms() -> int:
    return SystemClock().now_ms()


def salted_of(number: int) -> bytes:
    return number.to_bytes(16, "big") + WHERE


def tap(gate: RunningGate, phone: Phone, number: int, *, wall_ms: int | None = None) -> str:
    """A tap that names a location and a photo, and brings the location along; its path for details."""
    salted = salted_of(number)
    payload = phone.payload(
        wall_ms=now_ms() if wall_ms is None else wall_ms,
        details=[
            {"kind": "location", "digest": b64url(sha256(salted))},
            {"kind": "photo", "digest": b64url(sha256(b"p" + salted))},
        ],
    )
    assert gate.punch(phone.sign_next(payload), details=[b64url(salted)]).status == 200
    return f"/v1/details/{payload['id']}/"


def publish(site: Site, *erasures: tuple[int, int], signer: Signer | None = None) -> None:
    listed = ErasureList(tuple(ListedErasure(number, before_ms) for number, before_ms in erasures))
    site.roster_folder.mkdir(exist_ok=True)
    (site.roster_folder / ERASURES_NOTE).write_text(listed.sign(signer or site.office_signer()), encoding="utf-8")


def leaves(site: Site, kind: Kind) -> list[Leaf]:
    with closing(JournalReader(site.journal_folder("gate1"))) as reader:
        return [leaf for leaf in reader.read(0, 10_000) if leaf.kind is kind]


def erased(site: Site) -> list[str]:
    return [decode(leaf.body, DetailErased).digest for leaf in leaves(site, Kind.DETAIL_ERASED)]


def done(site: Site) -> list[tuple[int, int]]:
    told = [decode(leaf.body, ErasureDone) for leaf in leaves(site, Kind.ERASURE_DONE)]
    return [(one.number, one.erased) for one in told]


def wait_until_done(site: Site, number: int) -> None:
    until_ms = SystemClock().mono_ms() + 60_000
    while number not in dict(done(site)):
        assert SystemClock().mono_ms() < until_ms, "the gate did not erase"
        time.sleep(0.1)


def kept(site: Site) -> list[bytes]:
    with closing(DetailStore(site.journal_folder("gate1"))) as store:
        return [bytes(row[0]) for row in store._db.execute("SELECT salted FROM detail ORDER BY digest")]


def test_the_gate_erases_says_so_and_keeps_no_resend(gate: RunningGate, site: Site, sari: Phone) -> None:
    path = tap(gate, sari, 1)
    assert kept(site) == [salted_of(1)]
    time.sleep(0.01)
    before_ms = now_ms()
    publish(site, (1, before_ms))
    wait_until_done(site, 1)
    assert (kept(site), erased(site), done(site)) == ([], [b64url(sha256(salted_of(1)))], [(1, 1)])
    left = b"".join(file.read_bytes() for file in site.journal_folder("gate1").glob(f"{DETAILS_FILE}*"))
    assert WHERE not in left
    # The phone sends again: the location that was there, and the photo that never came. It is told that all is well.
    assert gate.call("PUT", path + b64url(sha256(salted_of(1))), salted_of(1)).status == 204
    assert gate.call("PUT", path + b64url(sha256(b"p" + salted_of(1))), b"p" + salted_of(1)).status == 204
    assert kept(site) == []
    # What comes from now on is kept.
    tap(gate, sari, 2)
    assert kept(site) == [salted_of(2)]
    gate.stop()
    result = audit_journal(site.journal_folder("gate1"), site.key_list())
    assert result.ok, result.reason


def test_a_tap_of_before_that_comes_only_now_brings_nothing_back(gate: RunningGate, site: Site, sari: Phone) -> None:
    """After a restore its journal does not know it; the tap itself says when it was made."""
    before_ms = now_ms()
    publish(site, (1, before_ms))
    wait_until_done(site, 1)
    tap(gate, sari, 1, wall_ms=before_ms - 60_000)
    assert kept(site) == []


def test_a_gate_that_is_killed_in_the_middle_erases_all_and_says_it_once(
    gate: RunningGate, site: Site, sari: Phone
) -> None:
    for number in range(240):
        tap(gate, sari, number)
    time.sleep(0.01)
    publish(site, (1, now_ms()))
    until_ms = SystemClock().mono_ms() + 30_000
    while not erased(site):
        assert SystemClock().mono_ms() < until_ms
        time.sleep(0.01)
    gate.kill()
    assert kept(site), "it was killed in the middle"
    gate.start()
    wait_until_done(site, 1)
    assert kept(site) == []
    assert sorted(erased(site)) == sorted(b64url(sha256(salted_of(number))) for number in range(240))
    assert done(site) == [(1, 240)]


def test_a_list_that_the_office_did_not_sign_or_of_a_day_to_come_erases_nothing(
    gate: RunningGate, site: Site, sari: Phone
) -> None:
    tap(gate, sari, 1)
    stranger = Signer.from_seed(site.origin("office"), bytes(32))
    publish(site, (1, now_ms()), signer=stranger)
    time.sleep(2.5)
    publish(site, (1, now_ms() + 3_600_000))
    time.sleep(2.5)
    tap(gate, sari, 2)
    assert sorted(kept(site)) == sorted([salted_of(1), salted_of(2)])
    assert done(site) == []


@pytest.mark.parametrize("crash", ["after the mark", "after the records", "after the erasing", "before the end"])
def test_each_step_may_be_repeated_after_a_crash(site: Site, crash: str) -> None:
    """The same result wherever it stopped: each detail gone and told once."""
    folder, phone = site.journal_folder("gate1"), Phone(7, voucher_for(site, 7))
    _tapped(site, phone, 130)
    publish(site, (1, now_ms()))
    with closing(SqliteJournal(folder, site.gate_signer())) as journal, closing(DetailStore(folder)) as store:
        eraser = open_eraser(site, journal, store)
        eraser.look(now_ms())
        while (errand := eraser.next()) is not None:
            if crash == "after the mark" and store.marked():
                break
            if errand.entries:
                journal.append(errand.entries, now_ms=now_ms())
                if crash == "after the records" or (crash == "before the end" and _is_done(errand.entries)):
                    break
            errand.then()
            if crash == "after the erasing" and errand.entries:
                break
    carry_out(site, now_ms=now_ms())
    assert kept(site) == []
    assert sorted(erased(site)) == sorted(b64url(sha256(salted_of(number))) for number in range(130))
    assert done(site) == [(1, 130)]


def _is_done(entries: list[Entry]) -> bool:
    return any(entry.kind is Kind.ERASURE_DONE for entry in entries)


def _tapped(site: Site, phone: Phone, count: int) -> None:
    """Taps with their locations, as a gate would have kept them."""
    folder = site.journal_folder("gate1")
    entries, details = [], []
    for number in range(count):
        salted = salted_of(number)
        payload = phone.payload(details=[{"kind": "location", "digest": b64url(sha256(salted))}])
        entries.append(Entry(kind=Kind.PUNCH, body=phone.sign_next(payload).encode()))
        details.append(Detail(digest=sha256(salted), record_hash=bytes(32), salted=salted))
    with closing(DetailStore(folder)) as store:
        store.put(details)
    with closing(SqliteJournal(folder, site.gate_signer())) as journal:
        journal.append(entries, now_ms=now_ms() - 1_000)


def test_a_restored_older_backup_has_nothing_of_what_was_erased_since(
    gate: RunningGate, site: Site, sari: Phone, tmp_path: Path
) -> None:
    path = tap(gate, sari, 1)
    continuity.backup(site, tmp_path / "backup", now_ms=now_ms())
    assert json.loads((tmp_path / "backup" / "manifest.json").read_text())["lapses"] > "2026-11-29"
    time.sleep(0.01)
    publish(site, (1, now_ms()))
    wait_until_done(site, 1)
    gate.stop()
    restored = continuity.restore(
        tmp_path / "backup", tmp_path / "restored", root_key=site.keys_folder / "root.key", keys=None, now_ms=None,
        erasures=site.roster_folder / ERASURES_NOTE,
    )  # fmt: skip
    assert not any(WHERE in file.read_bytes() for file in (tmp_path / "restored").rglob("details.sqlite*"))
    assert done(restored) == [(1, 1)]
    again = RunningGate(restored)
    again.start()
    try:
        # The phone brings its tap into the new journal, and the location with it.
        tap(again, Phone(7, voucher_for(site, 7)), 1, wall_ms=now_ms() - 86_400_000)
        assert again.call("PUT", path + b64url(sha256(salted_of(1))), salted_of(1)).status in {204, 404}
        assert kept(restored) == []
    finally:
        again.stop()


def test_details_of_a_journal_that_ended_are_erased_too(site: Site) -> None:
    _tapped(site, Phone(7, voucher_for(site, 7)), 3)
    root = continuity.root_signer(site, None)
    turned = continuity.roll(site, "gate1", reason="key", root=root, now_ms=now_ms())
    publish(turned, (1, now_ms()))
    carry_out(turned, now_ms=now_ms())
    assert len(erased(turned)) == 3
    with closing(DetailStore(site.journal_folder("gate1"))) as store:
        assert store.is_empty()


def test_an_earlier_journal_that_is_damaged_keeps_no_tap_out_and_is_never_said_to_be_done(site: Site) -> None:
    folder = site.data / "journals" / "gate1-2025"
    folder.mkdir()
    for name in ("journal.sqlite", "details.sqlite"):
        (folder / name).write_bytes(b"no database at all" * 500)
    publish(site, (1, now_ms()))
    gate = RunningGate(site)
    gate.start()  # it waits until the gate is ready
    time.sleep(1.5)
    gate.stop()
    assert not done(site)


def test_folders_of_another_gate_are_not_this_ones(tmp_path: Path) -> None:
    for name in ("gate1", "gate1-2027", "gate10", "gate2", "office"):
        (tmp_path / name).mkdir()
        (tmp_path / name / DETAILS_FILE).touch()
        (tmp_path / name / JOURNAL_FILE).touch()
    assert [one.name for one in earlier_folders(tmp_path, "gate1", tmp_path / "gate1-2027")] == ["gate1"]


@pytest.mark.parametrize(
    "body", ["hadir-erasures/v1", "hadir-erasures/v1\n1\n", "hadir-erasures/v1\n2 5\n1 5\n", "x\n"]
)
def test_a_list_that_is_misspelt_is_refused(body: str) -> None:
    with pytest.raises(NoteError):
        ErasureList.parse(body)
