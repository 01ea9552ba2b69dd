"""Deterministic simulation: phones, gates, clocks, disks and networks from one seed, through the real writer with its
line and `step`, the real journal and the outbox's table; power cuts, and machines that are lost and come back as older
copies. After the healing every tap is in exactly once, every receipt verifies, and the verdicts are the oracle's; the
same seed gives the same trace.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from hadir.ledger.audit import audit_journal
from hadir.ledger.sqlite import JournalReader
from hadir.records.days import day_number, local_date
from hadir.records.encoding import un_b64url
from hadir.records.note import Signer
from hadir.records.roster import RosterKey
from hadir.records.voucher import Voucher
from rehearsal.phones import Phone
from rehearsal.simulation.gate import Office, SimGate
from rehearsal.simulation.oracle import Receipted, read_journal, verdict_faults
from rehearsal.simulation.phone import SimPhone
from rehearsal.simulation.world import HOUR_MS, MINUTE_MS, Network, Trouble, World

#: 2026-11-24 06:28 in Makassar.
START_MS = 1_795_472_880_000
GATES = 2
PHONES = 8
TAPS_MAX = 6
FAULTY_HOURS = 10
#: From then on people tap to go.
GOING_HOURS = 5
#: A refused tap is tried again after six hours and a half at most; nothing takes longer than some of those.
LIMIT_HOURS = 48
#: Of the gates, how many lose their machine and come back from an older copy.
RESTORED_SHARE = 0.25
#: One seed in this many is run twice, to see the same trace.
TWICE_EVERY = 5

Progress = Callable[[str], None]


@dataclass
class SimulationReport:
    """`failed` seeds of `seeds`; `faults` says what went wrong, seed by seed."""

    seeds: int = 0
    failed: int = 0
    taps: int = 0
    tries: int = 0
    kills: int = 0
    refused: int = 0
    disk_faults: int = 0
    cuts: int = 0
    judged: int = 0
    restores: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """One seed's run: what went wrong (nothing: empty), and its trace."""

    fault: str
    trace: str
    taps: int
    tries: int
    kills: int
    refused: int
    disk_faults: int
    cuts: int
    judged: int
    restores: int


def simulate(folder: Path, *, seeds: int, first: int, progress: Progress) -> SimulationReport:
    """Run `seeds` seeds from `first` on, in `folder`."""
    report = SimulationReport()
    for seed in range(first, first + seeds):
        outcome = run_seed(folder, seed)
        fault = outcome.fault
        if not fault and seed % TWICE_EVERY == 0 and run_seed(folder, seed).trace != outcome.trace:
            fault = "the same seed went another way"
        report.seeds += 1
        report.taps, report.tries = report.taps + outcome.taps, report.tries + outcome.tries
        report.kills += outcome.kills
        report.restores += outcome.restores
        report.cuts, report.judged = report.cuts + outcome.cuts, report.judged + outcome.judged
        report.refused, report.disk_faults = report.refused + outcome.refused, report.disk_faults + outcome.disk_faults
        if fault:
            report.failed += 1
            report.faults.append(f"seed {seed}: {fault}")
        if report.seeds % 50 == 0:
            progress(
                f"{report.seeds} seeds, {report.failed} failed, {report.taps} taps, {report.kills} deaths of gates"
            )
    return report


def run_seed(folder: Path, seed: int) -> Outcome:
    """One simulated day."""
    shutil.rmtree(folder / "sim", ignore_errors=True)
    world = World(seed=seed, start_ms=START_MS, heal_ms=START_MS + FAULTY_HOURS * HOUR_MS)
    scene = _Scene(folder / "sim", world)
    scene.plan()
    world.run(START_MS + LIMIT_HOURS * HOUR_MS, scene.settled)
    fault = scene.what_is_wrong()
    return Outcome(
        fault=fault,
        trace=world.trace,
        taps=sum(len(phone.outbox) for phone in scene.phones),
        tries=sum(phone.tries for phone in scene.phones),
        kills=sum(gate.kills for gate in scene.gates),
        refused=sum(gate.busy for gate in scene.gates),
        disk_faults=sum(gate.disk.failures for gate in scene.gates),
        cuts=sum(gate.disk.cuts for gate in scene.gates),
        judged=scene.judged,
        restores=sum(gate.restores for gate in scene.gates),
    )


class _Scene:
    """Who lives in the world, what will happen to them, and what must hold in the end."""

    def __init__(self, folder: Path, world: World) -> None:
        self.world = world
        self.judged = 0
        self.office = Office(Signer.from_seed("rehearsal/sim/office/2026", world.dice.randbytes(32)))
        signers = [self._signer(number) for number in range(1, GATES + 1)]
        for signer in signers:
            self.office.publish(signer)
        self.gates = [SimGate(world, self.office, folder / f"gate{at}", one) for at, one in enumerate(signers, 1)]
        network = Network(world)
        self.phones = [
            SimPhone(world, network, self._phone(person), self.gates, self.office) for person in range(1, PHONES + 1)
        ]
        self._enrol_later(self.phones[0].phone)

    def _signer(self, number: int, turn: str = "2026") -> Signer:
        return Signer.from_seed(f"rehearsal/sim/gate{number}/{turn}", self.world.dice.randbytes(32))

    def _phone(self, person: int) -> Phone:
        """Every second is in the roster, the others carry a voucher; the first has neither at first."""
        private = ec.derive_private_key(self.world.dice.getrandbits(250) + 1, ec.SECP256R1())
        phone = Phone(person, private=private)
        if person % 2 == 0:
            self._enrol(phone)
        elif person > 1:
            last_day = day_number(local_date(START_MS, "UTC")) + 30
            phone.voucher = Voucher(person=person, slip=person, last_day=last_day).issue(self.office.signer)
        return phone

    def _enrol(self, phone: Phone) -> None:
        key = RosterKey(key=phone.key, person=phone.person, from_ms=0, until_ms=None)
        self.office.devices[un_b64url(phone.kid)] = key

    def _enrol_later(self, phone: Phone) -> None:
        self.world.after(self.world.dice.uniform(HOUR_MS, 5 * HOUR_MS), lambda: self._enrol(phone))

    def plan(self) -> None:
        """Taps, most of them in the rush before half past seven, and every kind of trouble around them."""
        dice, end = self.world.dice, FAULTY_HOURS * HOUR_MS
        for phone in self.phones:
            for _ in range(dice.randint(1, TAPS_MAX)):
                rush = dice.random() < 0.6
                at = dice.gauss(HOUR_MS, 2 * MINUTE_MS) if rush else dice.uniform(0, end)
                self.world.after(max(0.0, at), partial(phone.tap, "in" if at < GOING_HOURS * HOUR_MS else "out"))
            for _ in range(dice.randint(0, 3)):
                self.world.after(dice.uniform(0, end), phone.restart)
                self.world.after(dice.uniform(0, end), partial(phone.lose_network, dice.uniform(1, HOUR_MS)))
            for _ in range(dice.randint(0, 3)):
                self.world.after(dice.uniform(0, end), phone.ask_time)
            if dice.random() < 0.3:
                skew_ms = dice.randint(-40 * 24 * HOUR_MS, 40 * 24 * HOUR_MS)
                self.world.after(dice.uniform(0, end), partial(phone.move_clock, skew_ms))
            # Once every network is back, the app is opened again.
            self.world.after(end + dice.uniform(HOUR_MS, 2 * HOUR_MS), phone.restart)
        for number, gate in enumerate(self.gates, 1):
            self._trouble(gate, end)
            if dice.random() < RESTORED_SHARE:
                self.world.after(dice.uniform(0, end / 3), gate.back_up)
                fresh = self._signer(number, "2026-restored")
                self.world.after(dice.uniform(end / 3, end), partial(gate.restore, fresh))

    def _trouble(self, gate: SimGate, end: int) -> None:
        dice = self.world.dice
        for _ in range(dice.randint(0, 6)):
            self.world.after(dice.gauss(HOUR_MS, 5 * MINUTE_MS), gate.kill)
        for _ in range(dice.randint(0, 4)):
            mode: Trouble = dice.choice(("lost", "kept", "cut", "cut"))
            self.world.after(max(0.0, dice.gauss(HOUR_MS, 3 * MINUTE_MS)), partial(_fail, gate, mode))
        if dice.random() < 0.3:
            self.world.after(dice.uniform(0, end), lambda: _skew(gate, dice.randint(-HOUR_MS, HOUR_MS)))
        self.world.after(end, lambda: _mend(gate))

    def settled(self) -> bool:
        return all(phone.settled for phone in self.phones)

    def what_is_wrong(self) -> str:
        """The first promise that does not hold, or nothing."""
        for gate in self.gates:
            if gate.journal is not None:
                self.world.note(gate.journal.checkpoint())
                gate.journal.close()
        return next((fault for fault in self._faults() if fault), "")

    def _faults(self) -> Iterator[str]:
        waiting = sum(entry.state != "recorded" for phone in self.phones for entry in phone.outbox.values())
        yield f"{waiting} taps never got a receipt" if waiting else ""
        yield "a receipt did not verify" if any(phone.mistrusted for phone in self.phones) else ""
        try:
            journals = dict(read_journal(folder) for gate in self.gates for folder in (gate.folder, *gate.ended))
        except ValueError as error:
            yield str(error)
            return
        taps = {record for phone in self.phones for record in phone.outbox}
        held = {record for records in journals.values() for record in records}
        yield f"{len(taps - held)} taps are in no journal" if taps - held else ""
        yield f"{len(held - taps)} records were never tapped" if held - taps else ""
        yield from (self._receipt_fault(phone, journals) for phone in self.phones)
        yield from (self._audit_fault(gate.folder) for gate in self.gates)
        yield from (self._audit_fault(folder, whole=False) for gate in self.gates for folder in gate.ended)
        if not any(gate.blind for gate in self.gates):
            self.judged = sum(not phone.moved for phone in self.phones)
            yield from verdict_faults(self.phones, list(journals.values()), self.office.keys)

    def _receipt_fault(self, phone: SimPhone, journals: dict[str, dict[str, Receipted]]) -> str:
        for record, receipt in phone.receipts.items():
            leaf = receipt.leaf
            place = journals[leaf.origin].get(record)
            if place is None or place.index != leaf.index:
                return f"{leaf.origin} lost position {leaf.index}, for which there is a receipt"
        return ""

    def _audit_fault(self, folder: Path, *, whole: bool = True) -> str:
        """A copy that came back is audited without heads: it lacks what the phones were promised, and they know."""
        reader = JournalReader(folder)
        origin = reader.origin
        reader.close()
        heads = [
            receipt.checkpoint
            for phone in self.phones
            for receipt in phone.receipts.values()
            if receipt.leaf.origin == origin and whole
        ]
        result = audit_journal(folder, self.office.keys, heads or None)
        return "" if result.ok else f"{origin}: position {result.first_bad}: {result.reason}"


def _fail(gate: SimGate, mode: Trouble) -> None:
    gate.disk.fails_next = mode


def _skew(gate: SimGate, by_ms: int) -> None:
    gate.clock.skew_ms = by_ms


def _mend(gate: SimGate) -> None:
    gate.disk.fails_next = ""
    gate.clock.skew_ms = 0
