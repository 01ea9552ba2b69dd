"""kill -9 under load: for every receipt the record stands in the journal, once (docs/operating.md, drills).

Phones tap as fast as they get receipts while the gate's process group is killed at random moments, also while it
starts. Then every receipt is verified and looked up, and the journal is audited.
"""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

from hadir.clock import SystemClock
from hadir.ledger.audit import audit_journal
from hadir.ledger.sqlite import SqliteJournal
from hadir.records.receipt import ReceiptError, verify_receipt
from hadir.site import Site, found_site
from rehearsal.bench.audit import BATCH, signed_punches
from rehearsal.bench.crowd import publish, write_roster
from rehearsal.gates import RunningGate, punches_in
from rehearsal.phones import Phone, record_hash, voucher_for
from rehearsal.watch import say

PHONES = 4
KILL_AFTER_S_MIN = 0.005
KILL_AFTER_S_MAX = 0.5
#: One kill in this many hits the gate while it starts: recovery is interrupted too.
KILL_AT_START_EVERY = 8
RECORDS_MAX = 5
PATIENCE_S = 30
#: The roster of a gate whose journal was long before the first kill.
ROSTER_PEOPLE = 4_800
_PAUSE_S = 0.02


@dataclass(frozen=True)
class KillReport:
    """`missing`: receipts that do not verify or whose record is not at its position; `duplicates`: records that stand
    twice; `fault`: what the audit or the drill itself found wrong, empty when nothing.
    """

    kills: int
    receipts: int
    missing: int
    duplicates: int
    ready_s_max: float
    fault: str

    @property
    def members(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if name != "fault"}

    @property
    def ok(self) -> bool:
        return not (self.missing or self.duplicates or self.fault)


@dataclass
class TappingPhones:
    """Phones that tap at once, each with the same bytes again until it holds a receipt; `pause_s` after each."""

    gate: RunningGate
    phones: list[Phone]
    pause_s: float = 0.0
    receipts: dict[str, str] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    stopping: bool = False
    fault: str = ""

    def __post_init__(self) -> None:
        self._threads = [threading.Thread(target=self._tap_on, args=(phone,), daemon=True) for phone in self.phones]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every phone get the receipt it still waits for."""
        self.stopping = True
        for thread in self._threads:
            thread.join(PATIENCE_S)
            if thread.is_alive():
                self.fault = self.fault or f"a phone got no receipt within {PATIENCE_S} s of the last start"

    def _tap_on(self, phone: Phone) -> None:
        dice = random.Random(phone.person)  # noqa: S311 - it varies a load and guards nothing
        held: list[str] = []
        while not self.stopping:
            records = [phone.punch() for _ in range(dice.randint(1, RECORDS_MAX))]
            if held and not dice.randrange(4):
                records.append(dice.choice(held))  # a retry of what was answered long ago
            while not self._send(records):
                time.sleep(_PAUSE_S)
            held.extend(records[:1])
            time.sleep(self.pause_s)

    def _send(self, records: list[str]) -> bool:
        try:
            reply = self.gate.punch(*records)
        except (OSError, http.client.HTTPException):
            self.unanswered += 1
            return False
        if reply.status != 200:
            self.refusals[reply.code] += 1
            return False
        answers = reply.json["answers"]
        self.receipts.update({record: answer["receipt"] for record, answer in zip(records, answers, strict=True)})
        return True


def kill_drill(folder: Path, *, times: int, seed: int, entries: int = 0, arguments: Sequence[str] = ()) -> KillReport:
    """Kill a real gate on a fresh rehearsal site under `folder` `times` times; what the phones' receipts say then.

    With `entries`, its journal holds so many records before, and its roster a regency.
    """
    site = found_for_drill(folder)
    if entries:
        say(f"writing a journal of {entries} records")
        _grow(site, entries)
    gate, dice = RunningGate(site, arguments=arguments), random.Random(seed)  # noqa: S311 - a drill repeats from its seed
    ready_s = [gate.start()]
    crowd = TappingPhones(gate, [phone_for(site, number) for number in range(1, PHONES + 1)])
    crowd.start()
    try:
        for kill in range(1, times + 1):
            _kill_once(gate, dice, at_start=kill % KILL_AT_START_EVERY == 0)
            ready_s.append(gate.start())
            if kill % 10 == 0:
                say(f"{kill} kills, {len(crowd.receipts)} receipts, ready again in {max(ready_s):.2f} s at most")
        crowd.stop()
    finally:
        crowd.stopping = True
        gate.stop()
    if times and not crowd.unanswered:
        crowd.fault = crowd.fault or "no kill met a request: the drill proves nothing"
    return report_on(site, crowd, times, max(ready_s))


def _grow(site: Site, entries: int) -> None:
    """A year's journal, and a roster of people who are not of the crowd."""
    now_ms = SystemClock().now_ms()
    journal = SqliteJournal(site.journal_folder(site.gate), site.gate_signer())
    made = signed_punches(entries)
    while batch := list(islice(made, BATCH)):
        journal.append(batch, now_ms=now_ms)
    journal.close()
    roster, dice = site.data / "roster.sqlite", random.Random(entries)  # noqa: S311 - filling
    rows = ((dice.randbytes(32), dice.randbytes(64), 1_000 + number) for number in range(ROSTER_PEOPLE))
    write_roster(roster, rows)
    publish(roster, site, version=1, now_ms=now_ms)


def found_for_drill(folder: Path) -> Site:
    return found_site(folder, name="rehearsal/kill", zone="Asia/Makassar", now_ms=SystemClock().now_ms())


def phone_for(site: Site, person: int) -> Phone:
    return Phone(person, voucher_for(person, site.office_signer(), now_ms=SystemClock().now_ms()))


def _kill_once(gate: RunningGate, dice: random.Random, *, at_start: bool) -> None:
    time.sleep(dice.uniform(KILL_AFTER_S_MIN, KILL_AFTER_S_MAX))
    gate.kill()
    if at_start:
        gate.spawn()
        time.sleep(dice.uniform(KILL_AFTER_S_MIN, KILL_AFTER_S_MAX))
        gate.kill()


def report_on(site: Site, crowd: TappingPhones, kills: int, ready_s_max: float) -> KillReport:
    """What the phones hold, against what the journal holds."""
    folder = site.journal_folder(site.gate)
    held = list(punches_in(folder))
    place = {record: leaf.index for leaf, record in reversed(held)}
    keys = site.key_list()
    missing = 0
    for record, receipt in crowd.receipts.items():
        try:
            missing += place.get(record) != verify_receipt(record, receipt, keys).leaf.index
        except ReceiptError:
            missing += 1
    audit = audit_journal(folder, keys)
    return KillReport(
        kills=kills,
        receipts=len(crowd.receipts),
        missing=missing,
        duplicates=len(held) - len({record_hash(record) for _, record in held}),
        ready_s_max=round(ready_s_max, 3),
        fault=crowd.fault or ("" if audit.ok else f"audit: position {audit.first_bad}: {audit.reason}"),
    )
