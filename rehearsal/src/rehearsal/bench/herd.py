"""`hadir bench herd`: thousands of phones whose gate is away for ten minutes at the peak, and what its return is like.

Three mornings, the same people. *life*: simulated time, a cheap server (about a thousand records a second); what phones
cost and how long they wait. *crowd*: the same before a gate so slow that those who wait fill it for ten minutes, with
and without clients that do not comply with Retry-After and ask again each few seconds. *real*: a real gate on loopback,
killed and started again, as crowded as that one, while time runs `speed` times as fast. A slower time costs minutes and
lets one event loop play more phones without being late itself. What no policy chose is wall time there: how long an
answer takes.

In simulated time the gate is the real writer on real signatures with the real journal; simulated are the network, the
waiting and what a batch costs.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from hadir.clock import set_rehearsal_clock
from hadir.gate.admission import AdmissionQueue
from hadir.ledger.sqlite import SqliteJournal
from hadir.records.encoding import un_b64url
from hadir.records.note import Signer
from hadir.records.office_notes import RosterKey
from hadir.records.outbox import REQUEST_TIMEOUT_MS
from hadir.site import Site, found_site
from rehearsal.bench.crowd import publish, write_roster
from rehearsal.bench.tools import fresh_folder, running_gates
from rehearsal.crowd import Crowd, GateAnswer, TellAnswer
from rehearsal.gates import RunningGate
from rehearsal.morning.count import quantile
from rehearsal.morning.crowd import DrillPhone, LiveMorning
from rehearsal.morning.plan import DAY, ZONE, Arrival, DrillPlan, Scenario
from rehearsal.morning.run import REQUEST_SECONDS_MAX, seeded_person, through_outage
from rehearsal.phones import EPOCH_MS, Phone, Tap, private_key
from rehearsal.simulation.gate import Office, SimGate
from rehearsal.slow_gate import SlowJournal
from rehearsal.watch import say
from rehearsal.web import HttpClient
from rehearsal.world import Network, World

T = TypeVar("T")

ASKS_AGAIN_MS = 2_000
OPEN_BEFORE_TAP_MS = 5_000
_NEVER_MS = 1 << 52

NON_COMPLIANT_SHARE = 0.05
#: How many times slower than a cheap server the crowded gate is: twenty thousand fill it for seventeen minutes.
CROWDED = 60
ARRIVE_FROM = time(6, 50)


@dataclass(frozen=True)
class ThunderingHerd:
    """Who comes, when the gate is away, and what it can do. Times are milliseconds after the first arrival."""

    phones: int = 20_000
    arrive_ms: int = 45 * 60_000
    away_from_ms: int = 25 * 60_000
    away_until_ms: int = 35 * 60_000
    non_compliant_share: float = 0.0
    batch_ms: float = 5.0
    record_ms: float = 0.85
    seed: int = 1

    @property
    def capacity_per_s(self) -> float:
        """In batches as large as they get."""
        return 1_000 / (self.record_ms + self.batch_ms / 256)

    def slower(self, times: float) -> "ThunderingHerd":
        """The same herd before a gate that is so many times as slow."""
        return replace(self, batch_ms=self.batch_ms * times, record_ms=self.record_ms * times)

    def arrivals(self) -> list[int]:
        """When each taps: few at first, most in the second half."""
        dice = random.Random(self.seed)  # noqa: S311 - a model repeats from its seed
        return [int(dice.betavariate(3, 2) * self.arrive_ms) for _ in range(self.phones)]

    def non_compliant(self) -> frozenset[int]:
        dice = random.Random(self.seed)  # noqa: S311 - as above
        return frozenset(dice.sample(range(1, self.phones + 1), round(self.non_compliant_share * self.phones)))


@dataclass
class HerdOutcome:
    """What became of a herd whose gate died at `died_ms` and was back at `back_ms`. A try is a tap in a request."""

    herd: ThunderingHerd
    phones: Sequence[Phone]
    died_ms: int
    back_ms: int
    refused: int = 0
    peak_per_s: int = 0

    def taps(self, *, compliant: bool = True) -> list[Tap]:
        return [tap for phone in self.phones if (phone.asks_again_ms is None) == compliant for tap in phone.taps]

    @property
    def receipts(self) -> int:
        return sum(tap.receipt is not None for phone in self.phones for tap in phone.taps)

    def tries_per_tap(self) -> float:
        taps = self.taps()
        return sum(tap.tries for tap in taps) / len(taps)

    def at_gate_per_tap(self) -> float:
        """Tries of compliant phones that a gate answered."""
        taps = self.taps()
        return sum(tap.answered for tap in taps) / len(taps)

    def drained_s(self) -> float:
        """From the gate's return until the last compliant tap made before it has its receipt."""
        before = (tap for tap in self.taps() if tap.tapped_ms < self.back_ms)
        return max((tap.received_ms or _NEVER_MS) - self.back_ms for tap in before) / 1000

    def wait_s(self, share: float) -> float:
        """What this share of compliant taps waited at most for a receipt, of those made in the outage or after."""
        since = (tap for tap in self.taps() if tap.tapped_ms >= self.died_ms)
        waits = sorted((tap.received_ms or _NEVER_MS) - max(tap.tapped_ms, self.back_ms) for tap in since)
        return quantile(waits, share) / 1000

    def ideal_s(self) -> float:
        """How long an all-knowing crowd of those who tapped since the gate was away would need after its return: the
        gate is never idle, nobody comes twice, and newcomers share it with those who waited, until nobody waits.
        """
        since = (tap.tapped_ms for phone in self.phones for tap in phone.taps if tap.tapped_ms >= self.died_ms)
        each_ms, done_ms = 1_000 / self.herd.capacity_per_s, 0.0
        for at_ms in sorted(max(0, tap_ms - self.back_ms) for tap_ms in since):
            if at_ms > done_ms:
                break
            done_ms += each_ms
        return done_ms / 1000

    def figures(self) -> dict[str, float]:
        return {
            "receipts": self.receipts,
            "without_receipt": self.herd.phones - self.receipts,
            "attempts_per_tap": round(self.tries_per_tap(), 2),
            "attempts_at_gate": round(self.at_gate_per_tap(), 2),
            "drained_s": round(self.drained_s()),
            "ideal_s": round(self.ideal_s()),
            "drained_of_ideal": round(self.drained_s() / self.ideal_s(), 2),
            "waited_p99_s": round(self.wait_s(0.99)),
        }


@dataclass
class _Gate(SimGate):
    """A gate of which every batch costs what the herd says, and nothing else."""

    herd: ThunderingHerd = field(kw_only=True)
    by_second: Counter[int] = field(default_factory=Counter)
    #: Whom it owes an answer, by the number of the request.
    owed: dict[int, TellAnswer] = field(default_factory=dict)
    requests: int = 0
    _pause_ms = 0.0

    def receive(self, records: Sequence[str], tell: TellAnswer) -> None:
        """Half of the requests to a dead gate are refused, and half time out; none to a living one does."""
        if self.writer is None:
            waits_ms = self.world.dice.choice((0, REQUEST_TIMEOUT_MS))
            self.world.after(waits_ms, lambda: tell(None))
            return
        self.by_second[self.world.now_ms // 1_000] += 1
        self.requests += 1
        number = self.requests
        self.owed[number] = tell

        def answered(answer: GateAnswer | None) -> None:
            self.owed.pop(number)(answer)

        super().receive(records, answered)

    def kill(self, down_ms: float | None = None) -> None:
        super().kill(down_ms)
        while self.owed:
            self.owed.popitem()[1](None)

    def _open_journal(self) -> SqliteJournal:
        costs = {"batch_ms": self.herd.batch_ms, "record_us": 1_000 * self.herd.record_ms}
        return SlowJournal(self.folder, self.signer, **costs, sleep=lambda _: None)

    def _queue(self) -> AdmissionQueue:
        return AdmissionQueue(draw=self.world.dice.randint)

    def _gather_ms(self) -> float:
        return 0

    def _wait_ms(self) -> float:
        pause_ms, self._pause_ms = self._pause_ms, 0
        return pause_ms

    async def _on_disk(self, work: Callable[[], T]) -> T:
        assert isinstance(self.journal, SlowJournal)
        self._pause_ms = self.journal.waits_s * 1_000
        return await super()._on_disk(work)


def run_herd(herd: ThunderingHerd, folder: Path) -> HerdOutcome:
    """Until nobody has anything to do any more; no receipt counts that does not verify."""
    world = World(seed=herd.seed + 1, start_ms=EPOCH_MS, heal_ms=EPOCH_MS)
    signer, office = (Signer.from_seed(f"rehearsal/sim/{name}/2026", bytes(32)) for name in ("gate1", "office"))
    phones: list[Phone] = []
    offices = Office(office)
    offices.publish(signer)
    gate = _Gate(world, offices, folder, signer, herd=herd)
    crowd = Crowd(world=world, network=Network(world), gates=[gate], keys=lambda: offices.keys, patience_ms=None)
    non_compliant = herd.non_compliant()

    def come(number: int, before_ms: int) -> None:
        """The app is opened, and so learns whether the gate is there; a moment later somebody taps."""
        private = private_key(f"rehearsal {herd.seed}", number)
        asks_again_ms = ASKS_AGAIN_MS if number in non_compliant else None
        phone = Phone(number, private=private, draw=world.dice, asks_again_ms=asks_again_ms)
        crowd.open(phone)
        offices.devices[un_b64url(phone.kid)] = RosterKey(phone.key, number, from_ms=0, until_ms=None)
        phones.append(phone)
        world.after(before_ms, partial(crowd.press, phone))

    for number, tap_ms in enumerate(herd.arrivals(), 1):
        before_ms = min(tap_ms, OPEN_BEFORE_TAP_MS)
        world.after(tap_ms - before_ms, partial(come, number, before_ms))
    world.after(herd.away_from_ms, lambda: gate.kill(herd.away_until_ms - herd.away_from_ms))
    world.run(_NEVER_MS, lambda: False)
    assert gate.journal is not None
    gate.journal.close()
    assert not any(phone.mistrusted for phone in phones), "a receipt did not verify"
    return HerdOutcome(
        herd,
        phones,
        died_ms=EPOCH_MS + herd.away_from_ms,
        back_ms=EPOCH_MS + herd.away_until_ms,
        refused=gate.busy,
        peak_per_s=max(gate.by_second.values()),
    )


def bench_herd(work: Path, *, phones: int, speed: float, model_only: bool) -> dict[str, Any]:
    herd = ThunderingHerd(phones=phones)
    herd = herd.slower(ThunderingHerd().phones / phones)  # fewer phones, a slower gate: as crowded
    crowded = herd.slower(CROWDED)
    non_compliant = replace(crowded, non_compliant_share=NON_COMPLIANT_SHARE)
    life = _model(work, "life", herd)
    figures = {
        "phones": phones,
        "receipts": life.receipts,
        "without_receipt": phones - life.receipts,
        "attempts_per_tap": round(life.tries_per_tap(), 2),
        "attempts_at_gate": round(life.at_gate_per_tap(), 2),
        "waited_p50_s": round(life.wait_s(0.5)),
        "waited_p99_s": round(life.wait_s(0.99)),
        "peak_of_capacity": round(life.peak_per_s / herd.capacity_per_s, 2),
        "crowd": _model(work, "crowd", crowded).figures(),
        "crowd_non_compliant": _model(work, "crowd with clients that do not comply", non_compliant).figures(),
    }
    if not model_only:
        with fresh_folder(work / "herd") as folder:
            for name, one in (("real", crowded), ("real_non_compliant", non_compliant)):
                figures[name] = _real(folder / name, one, speed)
                say(f"{name}: {figures[name]}")
    return figures


def _model(work: Path, name: str, herd: ThunderingHerd) -> HerdOutcome:
    with fresh_folder(work / "herd-model") as folder:
        outcome = run_herd(herd, folder)
    say(f"{name}: {outcome.receipts} receipts, {outcome.tries_per_tap():.2f} attempts, {outcome.drained_s():.0f} s")
    return outcome


# The real gate.


def _real(folder: Path, herd: ThunderingHerd, speed: float) -> dict[str, float]:
    folder.mkdir()
    at = datetime.combine(DAY, ARRIVE_FROM)
    away = [(at + timedelta(milliseconds=ms)).time() for ms in (herd.away_from_ms, herd.away_until_ms)]
    plan = DrillPlan(
        people=herd.phones,
        arrive_from=ARRIVE_FROM,
        arrive_until=(at + timedelta(milliseconds=herd.arrive_ms)).time(),
        late_share=0,
        outage_from=away[0],
        outage_until=away[1],
        speed=speed,
        seed=herd.seed,
    )
    site, people = _found(folder / "data", plan, herd)
    set_rehearsal_clock(site.clock_file, simulated_ms=plan.begin_ms)
    slow = ("--slow-batch-ms", str(herd.batch_ms / speed), "--slow-record-us", str(1_000 * herd.record_ms / speed))
    with (
        running_gates([site], {0, 1}, *slow) as (gate,),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        crowd, died_ms, back_ms = runner.run(_conduct(plan, site, gate, people))
    return HerdOutcome(herd, people, died_ms, back_ms).figures() | {
        "away_s": round((back_ms - died_ms) / 1000),
        "answer_p99_ms": round(quantile(sorted(ms for _, ms in crowd.seen.accepted), 0.99)),
        "busy_answers": len(crowd.seen.busy_ms),
        "loop_late_p99_ms": round(quantile(sorted(crowd.seen.late_ms), 0.99)),
    }


def _found(data: Path, plan: DrillPlan, herd: ThunderingHerd) -> tuple[Site, list[DrillPhone]]:
    site = found_site(data, name="rehearsal/herd", zone=ZONE, now_ms=plan.begin_ms)
    from_ms = plan.at_ms(plan.arrive_from)
    people = [
        seeded_person(Scenario(number, Arrival.ON_TIME, from_ms + tap_ms, skew_ms=0), herd.seed)
        for number, tap_ms in enumerate(herd.arrivals(), 1)
    ]
    for number in herd.non_compliant():
        people[number - 1].asks_again_ms = round(ASKS_AGAIN_MS * plan.speed)
    rows = sorted((un_b64url(person.kid), person.key, person.person) for person in people)
    write_roster(data / "herd.sqlite", rows)
    publish(data / "herd.sqlite", site, version=1, now_ms=plan.begin_ms)
    return site, people


async def _conduct(
    plan: DrillPlan, site: Site, gate: RunningGate, people: list[DrillPhone]
) -> tuple[LiveMorning, int, int]:
    """The morning, from the first arrival on; the crowd, when the gate was killed, and when it was back."""
    client = HttpClient(gate.port, seconds_max=REQUEST_SECONDS_MAX)
    clock = set_rehearsal_clock(site.clock_file, simulated_ms=plan.at_ms(plan.arrive_from), speed=plan.speed)
    crowd = LiveMorning(plan=plan, people=people, clock=clock, client=client, keys=site.key_list(), lost_answer_share=0)
    return crowd, *await through_outage(gate, crowd, lambda _: say(crowd.word()))
