"""A herd in simulated time: thousands of phones with the outbox's own table before one gate that dies at the peak.

The gate is the real queue, the real `step` on real signatures, and the real journal; simulated are the wires, the
waiting and what a batch costs. A phone may be deaf: it ignores Retry-After and asks again each few seconds.
"""

import heapq
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from hadir.gate.admission import AdmissionQueue, PendingRequest
from hadir.gate.reading import Sent, read_sent
from hadir.gate.step import Recorded, step
from hadir.ledger.sqlite import SqliteJournal
from hadir.records.encoding import un_b64url
from hadir.records.keys import DatedKey, KeyList
from hadir.records.kinds import PUNCH_KINDS
from hadir.records.note import Signer, VerifierKey
from hadir.records.outbox import REQUEST_TIMEOUT_MS, Chance, Happened, Outboxed, OutboxState, is_due, new_entry
from hadir.records.outbox import step as outbox_step
from hadir.records.receipt import verify_receipt
from hadir.records.refusals import Refused
from hadir.records.roster import RosterKey
from rehearsal.bench.crowd import private_key
from rehearsal.phones import EPOCH_MS, Phone

DEAF_EVERY_MS = 2_000
OPEN_BEFORE_TAP_MS = 5_000
_WIRE_MS = 40


@dataclass(frozen=True)
class Herd:
    """Who comes, when the gate is away, and what it can do. Times are milliseconds after the first arrival."""

    phones: int = 20_000
    arrive_ms: int = 45 * 60_000
    away_from_ms: int = 25 * 60_000
    away_until_ms: int = 35 * 60_000
    deaf_share: float = 0.0
    batch_ms: float = 5.0
    record_ms: float = 0.85
    seed: int = 1

    @property
    def capacity_per_s(self) -> float:
        """In batches as large as they get."""
        return 1_000 / (self.record_ms + self.batch_ms / 256)

    def slower(self, times: float) -> "Herd":
        """The same herd before a gate that is so many times as slow."""
        return replace(self, batch_ms=self.batch_ms * times, record_ms=self.record_ms * times)

    def arrivals(self) -> list[int]:
        """When each taps: few at first, most in the second half."""
        dice = random.Random(self.seed)  # noqa: S311 - a model repeats from its seed
        return [int(dice.betavariate(3, 2) * self.arrive_ms) for _ in range(self.phones)]


@dataclass
class HerdPhone:
    """One phone with one tap."""

    number: int
    deaf: bool
    tap_ms: int
    record: str
    entry: Outboxed
    unheard_ms: int | None = None
    tries: int = 0
    heard: int = 0
    receipted_ms: int | None = None


@dataclass
class HerdOutcome:
    """What became of a herd. A try is a tap put into a request; `at_gate` are those that met a live gate."""

    herd: Herd
    phones: list[HerdPhone] = field(default_factory=list)
    receipts: int = 0
    refused: int = 0
    peak_per_s: int = 0

    def some(self, *, deaf: bool) -> list[HerdPhone]:
        return [phone for phone in self.phones if phone.deaf == deaf]

    def tries_per_tap(self) -> float:
        honest = self.some(deaf=False)
        return sum(phone.tries for phone in honest) / len(honest)

    def at_gate_per_tap(self) -> float:
        honest = self.some(deaf=False)
        return sum(phone.heard for phone in honest) / len(honest)

    def drained_s(self) -> float:
        """From the gate's return until the last honest tap made before it has its receipt; infinite without one."""
        back_ms = self.herd.away_until_ms
        waited = [phone for phone in self.some(deaf=False) if phone.tap_ms < back_ms]
        if any(phone.receipted_ms is None for phone in waited):
            return float("inf")
        return max((phone.receipted_ms or 0) - back_ms for phone in waited) / 1000

    def wait_s(self, share: float) -> float:
        """What this share of the honest taps waited at most for its receipt, of those made in the outage or after."""
        waits = sorted(
            (phone.receipted_ms or 1 << 60) - max(phone.tap_ms, self.herd.away_until_ms)
            for phone in self.some(deaf=False)
            if phone.tap_ms >= self.herd.away_from_ms
        )
        return waits[min(len(waits) - 1, int(share * len(waits)))] / 1000

    def ideal_s(self) -> float:
        """`ideal_s` of those who tapped since the gate was away."""
        back_ms = self.herd.away_until_ms
        taps_ms = (phone.tap_ms - back_ms for phone in self.phones if phone.tap_ms >= self.herd.away_from_ms)
        return ideal_s(taps_ms, self.herd.capacity_per_s)


def ideal_s(taps_ms: Iterable[int], capacity_per_s: float) -> float:
    """How long an all-knowing crowd would need after the gate's return (0 ms): the gate is never idle, nobody comes
    twice, and newcomers share it with those who waited, until nobody waits.
    """
    each_ms = 1_000 / capacity_per_s
    done_ms = last_ms = 0.0
    for at_ms in sorted(max(0, tap_ms) for tap_ms in taps_ms):
        if at_ms > done_ms:
            break
        last_ms = done_ms = done_ms + each_ms
    return last_ms / 1000


@dataclass
class _Roster:
    """Everybody is known."""

    devices: dict[bytes, RosterKey]
    offices: Sequence[VerifierKey] = ()

    def key(self, kid: bytes) -> RosterKey | None:
        return self.devices.get(kid)


class HerdModel:
    """One herd, one gate, one agenda."""

    def __init__(self, herd: Herd, folder: Path) -> None:
        self._herd = herd
        self._dice = random.Random(herd.seed + 1)  # noqa: S311 - a model repeats from its seed
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._now_ms = 0.0
        self._queue = AdmissionQueue()
        self._working = False
        self._signer = Signer.from_seed("rehearsal/herd/gate1/2026", bytes(32))
        self._journal = SqliteJournal(folder, self._signer)
        self._keys = KeyList("rehearsal/herd", (DatedKey("gate", self._signer.verifier, from_ms=0, until_ms=None),))
        self._roster = _Roster({})
        self._second, self._in_second = -1, 0
        self.outcome = HerdOutcome(herd)

    def run(self) -> HerdOutcome:
        """Until nobody has anything to do any more; no receipt counts that does not verify."""
        for number, tap_ms in enumerate(self._herd.arrivals(), 1):
            self._arrive(number, tap_ms)
        while self._agenda:
            self._now_ms, _, act = heapq.heappop(self._agenda)
            act()
        self._journal.close()
        return self.outcome

    @property
    def _away(self) -> bool:
        return self._herd.away_from_ms <= self._now_ms < self._herd.away_until_ms

    def _after(self, delay_ms: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self._now_ms + delay_ms, next(self._order), act))

    def _arrive(self, number: int, tap_ms: int) -> None:
        phone = Phone(number, private=private_key(number))
        self._roster.devices[un_b64url(phone.kid)] = RosterKey(phone.key, number, from_ms=0, until_ms=None)
        record = phone.punch(wall_ms=EPOCH_MS + tap_ms)
        one = HerdPhone(number, self._dice.random() < self._herd.deaf_share, tap_ms, record, new_entry(tap_ms))
        self.outcome.phones.append(one)
        self._after(max(0, tap_ms - OPEN_BEFORE_TAP_MS), lambda: self._open(one))
        self._after(tap_ms, lambda: self._tap(one))

    def _open(self, phone: HerdPhone) -> None:
        """The app asks for a signed time, and so learns whether the gate is there."""
        phone.unheard_ms = int(self._now_ms) if self._away else None

    def _tap(self, phone: HerdPhone) -> None:
        phone.entry = new_entry(int(self._now_ms), unheard_ms=phone.unheard_ms)
        self._look(phone)

    def _look(self, phone: HerdPhone) -> None:
        now_ms = int(self._now_ms)
        if is_due(phone.entry, now_ms):
            self._send(phone)
        elif phone.entry.next_try_ms is not None and phone.entry.state is OutboxState.WAITING:
            self._after(phone.entry.next_try_ms - now_ms, lambda: self._look(phone))

    def _happens(self, phone: HerdPhone, event: Happened, *, retry_after_s: int = 0) -> None:
        chance = Chance(self._dice.random(), int(self._now_ms))
        phone.entry = outbox_step(phone.entry, event, chance, retry_after_s=retry_after_s)
        if phone.deaf and event is not Happened.RECEIPTED:
            self._after(DEAF_EVERY_MS, lambda: self._send(phone))
        else:
            self._look(phone)

    def _send(self, phone: HerdPhone) -> None:
        phone.tries += 1
        phone.entry = outbox_step(phone.entry, Happened.SENT, Chance(0, int(self._now_ms)))
        if self._away:  # half the dead refuse the connection, half are silent
            wait_ms = REQUEST_TIMEOUT_MS if self._dice.random() < 0.5 else _WIRE_MS
            self._after(wait_ms, lambda: self._happens(phone, Happened.NO_ANSWER))
        else:
            self._after(_WIRE_MS, lambda: self._reach(phone))

    def _reach(self, phone: HerdPhone) -> None:
        phone.heard += 1
        self._count_second()
        sent = (Sent(phone.record),)
        request = PendingRequest(sent, None, lambda given: self._given(phone, given), since_ms=0, kinds=PUNCH_KINDS)
        try:
            self._queue.check_room()
            self._queue.join(request)
        except Refused:
            self.outcome.refused += 1
            retry_after_s = self._queue.retry_after_s(int(self._now_ms))
            self._after(_WIRE_MS, lambda: self._happens(phone, Happened.OVERLOADED, retry_after_s=retry_after_s))
            return
        if not self._working:
            self._work()

    def _count_second(self) -> None:
        second = int(self._now_ms) // 1000
        self._in_second = self._in_second + 1 if second == self._second else 1
        self._second = second
        self.outcome.peak_per_s = max(self.outcome.peak_per_s, self._in_second)

    def _work(self) -> None:
        """One batch: it takes its time, then it is on disk, and then everybody in it is told."""
        batch = self._queue.drain() if self._queue.waiting else []
        self._working = bool(batch)
        if batch:
            took_ms = self._herd.batch_ms + len(batch) * self._herd.record_ms
            self._after(took_ms, lambda: self._done(batch, took_ms))

    def _done(self, batch: Sequence[PendingRequest], took_ms: float) -> None:
        self._queue.observe(len(batch), took_ms)
        now_ms = EPOCH_MS + int(self._now_ms)
        inputs = [read_sent(one, request.kinds) for request in batch for one in request.sent]
        result = step(inputs, now_ms, keys=self._roster, known=self._journal)
        if result.appends:
            self._journal.append(result.appends, now_ms=now_ms)
        proofs = self._journal.prove([answer.index for answer in result.answers if isinstance(answer, Recorded)])
        for request, proof in zip(batch, proofs, strict=True):
            request.done(proof.receipt)
        self._work()

    def _given(self, phone: HerdPhone, receipt: str) -> None:
        verify_receipt(phone.record, receipt, self._keys)
        self._after(_WIRE_MS, lambda: self._receipted(phone))

    def _receipted(self, phone: HerdPhone) -> None:
        self._happens(phone, Happened.RECEIPTED)
        self.outcome.receipts += phone.receipted_ms is None
        phone.receipted_ms = phone.receipted_ms or int(self._now_ms)
