"""Deterministic simulation: phones, gates, clocks, disks and networks from one seed, through the real writer with its
line and `step`, the real journal and the outbox's table; power cuts, and machines that are lost and come back as older
copies. After the healing every tap is in exactly once, every receipt verifies, and the verdicts are the oracle's: what
the rules say of the records that arrived, against what they say of the truth, which only the simulation knows (every
tap received at its own moment by a right clock). The same seed gives the same trace.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from hadir.ledger.audit import audit_journal
from hadir.ledger.sqlite import leaves_in
from hadir.records.encoding import un_b64url
from hadir.records.jws import parse_jws
from hadir.records.keys import KeyList
from hadir.records.kinds import PUNCH_KINDS, Kind
from hadir.records.note import Signer
from hadir.records.office_notes import RosterKey
from hadir.records.phone_records import PunchPayload, read_phone_record
from hadir.records.server_records import ClockRecord
from hadir.records.strict import decode
from hadir.records.times import open_time
from hadir.rules.evidence import ClockState, Direction, SignedTime, Source, TapFacts
from hadir.rules.verdict import PartVerdict, Review, Verdict
from rehearsal.bench.rules_crowd import PersonFacts, unit_day
from rehearsal.crowd import Crowd
from rehearsal.phones import Phone, Tap, voucher_for
from rehearsal.simulation.gate import Office, SimGate
from rehearsal.watch import say
from rehearsal.world import HOUR_MS, MINUTE_MS, Network, Trouble, World

DAY = date(2026, 11, 24)
_LAW, _ZONE, _DUTY = "permentan-68-2012", "Asia/Makassar", "office-5-day"
_SOON_MS = 500
_SOUND_ERROR_MS = 1_000

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


@dataclass(frozen=True)
class JournalPlace:
    """Where a record stands, when its gate took it, and how wrong that gate then knew its clock to be."""

    origin: str
    index: int
    at_ms: int
    error_ms: int


def read_journal(folder: Path) -> tuple[str, dict[str, JournalPlace]]:
    """(origin, record -> its place) of a journal. ValueError when a record stands twice."""
    found: dict[str, JournalPlace] = {}
    origin, error_ms = "", 0
    for leaf in leaves_in(folder):
        origin = leaf.origin
        if leaf.kind is Kind.CLOCK_STATE:
            said = decode(leaf.body, ClockRecord)
            error_ms = 0 if said.clock == "ok" else said.error_ms
        if leaf.kind is Kind.PUNCH:
            record = leaf.body.decode()
            if record in found:
                raise ValueError(f"{origin} holds a record twice")
            found[record] = JournalPlace(origin, leaf.index, leaf.received_at_ms, error_ms)
    return origin, found


def verdict_faults(
    phones: Sequence[Phone], journals: Sequence[Mapping[str, JournalPlace]], keys: KeyList
) -> Iterator[str]:
    """People whose verdict is not the oracle's, of those whose phone's clock was right. Milder is right only where
    somebody is asked to look, or a gate knew that its clock was in doubt.
    """
    for phone in phones:
        if phone.skew_ms:
            continue
        truth = _judged([_truly(tap.record, tap.tapped_ms) for tap in phone.taps])
        found = _judged([_as_recorded(tap.record, journals, keys) for tap in phone.taps])
        for said, true in ((found.arrival, truth.arrival), (found.departure, truth.departure)):
            if fault := _difference(said, true):
                yield f"person {phone.person}: {fault}"


def _difference(said: PartVerdict | None, true: PartVerdict | None) -> str:
    assert said is not None
    assert true is not None
    if (said.status, said.class_code) == (true.status, true.class_code):
        return ""
    in_doubt = said.evidence is not None and said.evidence.error_ms > _SOUND_ERROR_MS
    if (in_doubt or said.review is not Review.NONE) and said.percent <= true.percent:
        return ""
    return f"{said.side.value} is {said.status.value} {said.class_code}, in truth {true.status.value} {true.class_code}"


def _judged(taps: list[TapFacts]) -> Verdict:
    return unit_day(_LAW, _ZONE, _DUTY, DAY, outage=False).judge(PersonFacts(0, taps))


def _payload(record: str) -> PunchPayload:
    payload = read_phone_record(parse_jws(record), PUNCH_KINDS).payload
    assert isinstance(payload, PunchPayload)
    return payload


def _truly(record: str, at_ms: int) -> TapFacts:
    return TapFacts(
        ref=record,
        direction=Direction(_payload(record).direction),
        source=Source.PHONE,
        wall_ms=at_ms,
        received_at_ms=at_ms + _SOON_MS,
    )


def _as_recorded(record: str, journals: Sequence[Mapping[str, JournalPlace]], keys: KeyList) -> TapFacts:
    """As the follower reads it: the earliest receipt, and the signed time inside."""
    payload = _payload(record)
    place = min((one[record] for one in journals if record in one), key=lambda one: (one.at_ms, one.origin))
    return TapFacts(
        ref=record,
        direction=Direction(payload.direction),
        source=Source.PHONE,
        wall_ms=payload.wall_ms,
        mono_ms=payload.mono_ms,
        origin_ms=payload.origin_ms,
        anchor=_anchor(payload, keys),
        received_at_ms=place.at_ms,
        gate_error_ms=place.error_ms,
    )


def _anchor(payload: PunchPayload, keys: KeyList) -> SignedTime | None:
    held = payload.signed_time
    if held is None:
        return None
    time = open_time(held.token, keys.time_keys())
    return SignedTime(
        at_ms=time.at_ms,
        error_ms=time.error_ms,
        clock_state=ClockState.OK if time.clock == "ok" else ClockState.UNSURE,
        wall_ms=held.wall_ms,
        mono_ms=held.mono_ms,
        origin_ms=held.origin_ms,
    )


@dataclass
class SimulationReport:
    """What happened in `seeds` seeds, of which `failed` failed; `faults` says what went wrong, seed by seed."""

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
    trace: str = ""
    """Of the last seed."""

    def add(self, other: "SimulationReport") -> None:
        for name, value in vars(other).items():
            setattr(self, name, value if name == "trace" else getattr(self, name) + value)


def simulate(folder: Path, *, seeds: int, first: int) -> SimulationReport:
    """Run `seeds` seeds from `first` on, in `folder`."""
    report = SimulationReport()
    for seed in range(first, first + seeds):
        one = run_seed(folder, seed)
        if not one.failed and seed % TWICE_EVERY == 0 and run_seed(folder, seed).trace != one.trace:
            one.failed, one.faults = 1, [f"seed {seed}: the same seed went another way"]
        report.add(one)
        if report.seeds % 50 == 0:
            say(f"{report.seeds} seeds, {report.failed} failed, {report.taps} taps, {report.kills} deaths of gates")
    return report


def run_seed(folder: Path, seed: int) -> SimulationReport:
    shutil.rmtree(folder / "sim", ignore_errors=True)
    world = World(seed=seed, start_ms=START_MS, heal_ms=START_MS + FAULTY_HOURS * HOUR_MS)
    scene = _Scene(folder / "sim", world)
    scene.plan()
    world.run(START_MS + LIMIT_HOURS * HOUR_MS, scene.settled)
    fault = scene.what_is_wrong()
    return SimulationReport(
        seeds=1,
        failed=int(bool(fault)),
        faults=[f"seed {seed}: {fault}"] if fault else [],
        trace=world.trace,
        taps=len(scene.taps),
        tries=sum(tap.tries for tap in scene.taps),
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
        self.crowd = Crowd(world=world, network=Network(world), gates=self.gates, keys=lambda: self.office.keys)
        self.phones = [self._phone(person) for person in range(1, PHONES + 1)]
        self.world.after(self.world.dice.uniform(HOUR_MS, 5 * HOUR_MS), partial(self._enrol, self.phones[0]))

    def _signer(self, number: int, turn: str = "2026") -> Signer:
        return Signer.from_seed(f"rehearsal/sim/gate{number}/{turn}", self.world.dice.randbytes(32))

    def _phone(self, person: int) -> Phone:
        """Every second is in the roster, the others carry a voucher; the first has neither at first."""
        private = ec.derive_private_key(self.world.dice.getrandbits(250) + 1, ec.SECP256R1())
        phone = Phone(person, private=private, draw=self.world.dice, keys=self.office.keys)
        self.crowd.open(phone)
        if person % 2 == 0:
            self._enrol(phone)
        elif person > 1:
            phone.voucher = voucher_for(person, self.office.signer, now_ms=START_MS)
        return phone

    @property
    def taps(self) -> list[Tap]:
        return [tap for phone in self.phones for tap in phone.taps]

    def _enrol(self, phone: Phone) -> None:
        key = RosterKey(key=phone.key, person=phone.person, from_ms=0, until_ms=None)
        self.office.devices[un_b64url(phone.kid)] = key

    def plan(self) -> None:
        """Taps, most of them in the rush before half past seven, and every kind of trouble around them."""
        crowd, dice, end = self.crowd, self.world.dice, FAULTY_HOURS * HOUR_MS
        for phone in self.phones:
            for _ in range(dice.randint(1, TAPS_MAX)):
                rush = dice.random() < 0.6
                at = dice.gauss(HOUR_MS, 2 * MINUTE_MS) if rush else dice.uniform(0, end)
                self.world.after(
                    max(0.0, at), partial(crowd.press, phone, "in" if at < GOING_HOURS * HOUR_MS else "out")
                )
            for _ in range(dice.randint(0, 3)):
                self.world.after(dice.uniform(0, end), partial(crowd.restart, phone))
                self.world.after(dice.uniform(0, end), partial(crowd.lose_network, phone, dice.uniform(1, HOUR_MS)))
            for _ in range(dice.randint(0, 3)):
                self.world.after(dice.uniform(0, end), partial(crowd.ask_time, phone))
            if dice.random() < 0.3:
                skew_ms = dice.randint(-40 * 24 * HOUR_MS, 40 * 24 * HOUR_MS)
                self.world.after(dice.uniform(0, end), partial(crowd.move_clock, phone, skew_ms))
            # Once every network is back, the app is opened again.
            self.world.after(end + dice.uniform(HOUR_MS, 2 * HOUR_MS), partial(crowd.restart, phone))
        for number, gate in enumerate(self.gates, 1):
            self._trouble(gate, end)
            if dice.random() < RESTORED_SHARE:
                self.world.after(dice.uniform(0, end / 3), gate.back_up)
                fresh = self._signer(number, "2026-restored")
                self.world.after(dice.uniform(end / 3, end), partial(gate.restore, fresh))

    def _trouble(self, gate: SimGate, end: int) -> None:
        dice, after = self.world.dice, self.world.after
        for _ in range(dice.randint(0, 6)):
            after(dice.gauss(HOUR_MS, 5 * MINUTE_MS), gate.kill)
        for _ in range(dice.randint(0, 4)):
            mode: Trouble = dice.choice(("lost", "kept", "cut", "cut"))
            after(max(0.0, dice.gauss(HOUR_MS, 3 * MINUTE_MS)), partial(setattr, gate.disk, "fails_next", mode))
        if dice.random() < 0.3:
            after(dice.uniform(0, end), lambda: setattr(gate.clock, "skew_ms", dice.randint(-HOUR_MS, HOUR_MS)))
        after(end, gate.mend)

    def settled(self) -> bool:
        return all(map(self.crowd.is_settled, self.phones))

    def what_is_wrong(self) -> str:
        """The first promise that does not hold, or nothing."""
        for gate in self.gates:
            if gate.journal is not None:
                self.world.note(gate.journal.checkpoint())
                gate.journal.close()
        return next((fault for fault in self._faults() if fault), "")

    def _faults(self) -> Iterator[str]:
        waiting = sum(tap.entry.state != "recorded" for tap in self.taps)
        yield f"{waiting} taps never got a receipt" if waiting else ""
        yield "a receipt did not verify" if any(phone.mistrusted for phone in self.phones) else ""
        try:
            journals = dict(read_journal(folder) for gate in self.gates for folder in (gate.folder, *gate.ended))
        except ValueError as error:
            yield str(error)
            return
        taps = {tap.record for tap in self.taps}
        held = {record for records in journals.values() for record in records}
        yield f"{len(taps - held)} taps are in no journal" if taps - held else ""
        yield f"{len(held - taps)} records were never tapped" if held - taps else ""
        yield from (_receipt_fault(tap, journals) for tap in self.taps)
        yield from (self._audit_fault(gate.folder) for gate in self.gates)
        yield from (self._audit_fault(folder, whole=False) for gate in self.gates for folder in gate.ended)
        if not any(gate.blind for gate in self.gates):
            self.judged = sum(not phone.skew_ms for phone in self.phones)
            yield from verdict_faults(self.phones, list(journals.values()), self.office.keys)

    def _audit_fault(self, folder: Path, *, whole: bool = True) -> str:
        """A copy that came back is audited without heads: it lacks what the phones were promised, and they know."""
        origin = next(leaves_in(folder)).origin
        proven = [tap.receipt for tap in self.taps if tap.receipt is not None and whole]
        heads = [receipt.checkpoint for receipt in proven if receipt.leaf.origin == origin]
        result = audit_journal(folder, self.office.keys, heads or None)
        return "" if result.ok else f"{origin}: position {result.first_bad}: {result.reason}"


def _receipt_fault(tap: Tap, journals: dict[str, dict[str, JournalPlace]]) -> str:
    if tap.receipt is None:
        return ""
    leaf = tap.receipt.leaf
    place = journals[leaf.origin].get(tap.record)
    holds = place is not None and place.index == leaf.index
    return "" if holds else f"{leaf.origin} lost position {leaf.index}, for which there is a receipt"
