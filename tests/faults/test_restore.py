"""The machine burns at 07:25 and an older copy comes back: phones send again what it lacks, and the morning goes on.

Real gates, a real backup and restore; the phones are Python's, with the outbox's own table. They learn from the key
list that their receipts' journal has ended, as the real phone does.
"""

import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hadir import continuity
from hadir.clock import SystemClock
from hadir.ledger.audit import audit_journal, open_heads
from hadir.records.keys import KeyList, open_key_list
from hadir.records.outbox import AGAIN_SPREAD_MS, Chance, Happened, Outboxed, OutboxState, is_due, new_entry, step
from hadir.records.receipt import Receipt, verify_receipt
from hadir.site import Site, open_site
from rehearsal.gates import RunningGate
from rehearsal.morning.run import leaves_of
from rehearsal.phones import Phone, record_hash
from tests.conftest import voucher_for

PHONES = 12


@dataclass
class Keeper:
    """A phone that keeps its taps, each with its place in the outbox and every receipt that it was given."""

    phone: Phone
    dice: random.Random
    outbox: dict[str, Outboxed] = field(default_factory=dict)
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)
    texts: list[tuple[str, str]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    def tap(self, now_ms: int) -> str:
        record = self.phone.punch(wall_ms=now_ms)
        self.outbox[record] = new_entry(now_ms)
        return record

    def meet(self, gate: RunningGate, now_ms: int) -> int:
        """The app is open: look at the key list, send what is due; how many receipts came."""
        root = gate.site.root_key()  # pinned at enrolment; a restore does not change it
        keys = open_key_list(gate.call("GET", "/v1/keys").body.decode(), root)
        ended = {key.key.name for key in keys.keys if key.until_ms is not None}
        for record, given in self.receipts.items():
            if given[-1].leaf.origin in ended:
                self.happens(record, Happened.NEW_JOURNAL, now_ms)
        due = [record for record, entry in self.outbox.items() if is_due(entry, now_ms)]
        for record in due:
            self.send(gate, record, keys, now_ms)
        self.heads.append(gate.call("GET", "/v1/checkpoint").body.decode())
        return len(due)

    def send(self, gate: RunningGate, record: str, keys: KeyList, now_ms: int) -> None:
        self.happens(record, Happened.SENT, now_ms)
        answer = gate.punch(record).json["answers"][0]
        self.receipts.setdefault(record, []).append(verify_receipt(record, answer["receipt"], keys))
        self.texts.append((record, answer["receipt"]))
        self.happens(record, Happened.RECEIPTED, now_ms)

    def happens(self, record: str, event: Happened, now_ms: int) -> None:
        self.outbox[record] = step(self.outbox[record], event, Chance(self.dice.random(), now_ms))


def test_what_an_older_copy_lacks_comes_again_from_the_phones(site: Site, tmp_path: Path) -> None:
    now_ms = SystemClock().now_ms()
    keepers = [Keeper(Phone(n, voucher_for(site, n)), random.Random(n)) for n in range(1, PHONES + 1)]
    gate = RunningGate(site)
    gate.start()
    everybody_taps(keepers, gate, now_ms)
    continuity.backup(site, tmp_path / "copy", now_ms=now_ms)
    in_copy = {record for keeper in keepers for record in keeper.outbox}
    everybody_taps(keepers, gate, now_ms + 60_000)
    gate.kill()
    root_key = shutil.copy(site.keys_folder / "root.key", tmp_path / "root.key")
    shutil.rmtree(site.data)

    again = continuity.restore(tmp_path / "copy", tmp_path / "again", root_key=Path(root_key), keys=None, now_ms=None)
    gate = RunningGate(again, port=gate.port)
    gate.start()
    fresh = keepers[0].tap(now_ms + 120_000)
    keepers[0].meet(gate, now_ms + 120_000)
    assert keepers[0].receipts[fresh][0].leaf.origin == again.gate_origin, "the morning is not blocked"
    come_again_within_the_hour(keepers, gate, now_ms + 120_000)
    gate.stop()

    every = {record for keeper in keepers for record in keeper.outbox}
    assert all(entry.state is OutboxState.RECORDED for keeper in keepers for entry in keeper.outbox.values())
    held = Counter(leaves_of(folder for folder in again.journal_folders() if "gate1" in folder.name))
    assert held.keys() == {record_hash(record) for record in every}, "nothing is lost, nothing invented"
    assert all(held[record_hash(record)] == (2 if record in in_copy else 1) for record in every)
    nothing_was_forked(keepers, again)


def everybody_taps(keepers: list[Keeper], gate: RunningGate, now_ms: int) -> None:
    for keeper in keepers:
        keeper.tap(now_ms)
        keeper.meet(gate, now_ms)


def come_again_within_the_hour(keepers: list[Keeper], gate: RunningGate, now_ms: int) -> None:
    """Spread over the hour, not all at once, and then never again."""
    for keeper in keepers:
        keeper.meet(gate, now_ms)
    after = [
        sum(keeper.meet(gate, now_ms + share * AGAIN_SPREAD_MS // 4) for keeper in keepers) for share in range(1, 5)
    ]
    assert all(after), f"all came in one part of the hour: {after}"
    assert sum(keeper.meet(gate, now_ms + 2 * AGAIN_SPREAD_MS) for keeper in keepers) == 0


def nothing_was_forked(keepers: list[Keeper], site: Site) -> None:
    """Every receipt ever given still verifies; of what a phone holds no two contradict each other. The old journal
    lacks what came after the copy, and the heads that phones hold say so.
    """
    keys = open_site(site.data).key_list()
    places: dict[tuple[str, int], bytes] = {}
    for keeper in keepers:
        for record, text in keeper.texts:
            receipt = verify_receipt(record, text, keys)
            place = (receipt.leaf.origin, receipt.leaf.index)
            assert places.setdefault(place, receipt.record_hash) == receipt.record_hash
    heads = open_heads("\n".join(head for keeper in keepers for head in keeper.heads), keys)
    old, new = site.data / "journals" / "gate1", site.journal_folder("gate1")
    assert audit_journal(new, keys, heads).ok
    assert audit_journal(old, keys).ok, "the copy is whole"
    assert not audit_journal(old, keys, heads).ok, "and shorter than what the phones were promised"
