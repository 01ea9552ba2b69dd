"""The one writer: takes all that waits, decides, appends with one sync, and answers each waiter with its proof.

The event loop only admits. Nobody is answered before `Journal.append` has returned: that is the promise.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import msgspec

from hadir.clock import Clock, ClockQuality
from hadir.gate.roster import Roster
from hadir.gate.step import Recorded, SentDetail, Step, Submission, check_sent_detail, step
from hadir.ledger import Entry, Journal, JournalBrokenError, Proof
from hadir.ledger.details import Detail, DetailStore
from hadir.records.kinds import Kind
from hadir.records.refusals import Refusal, Refused
from hadir.records.server_records import ClockState, GatePulse, GateStart, GateStop
from hadir.records.strict import encode

BATCH_RECORDS_MAX = 512
QUEUE_RECORDS_MAX = 8_192
#: Longer than this nobody waits: the queue is bounded in time, and who would wait longer is refused at once.
QUEUE_MS_MAX = 1_000
PULSE_EVERY_MS = 60_000
LOOK_AROUND_EVERY_MS = 1_000
CLOCK_STEP_MS = 2_000
_RATE_MEMORY = 0.8


@dataclass(frozen=True, slots=True)
class Receipted:
    """An answer that is a promise: the record is on disk, and here is the proof."""

    recorded: Recorded
    proof: Proof


Reply = Receipted | Refused


@dataclass(slots=True)
class _Waiter:
    submissions: Sequence[Submission]
    future: "Future[list[Reply]]"
    since_ms: int


@dataclass(slots=True)
class _DetailWaiter:
    sent: SentDetail
    future: "Future[None]"


@dataclass
class Counts:
    """What the gate has done since it started."""

    answered: int = 0
    refused: int = 0
    batches: int = 0


@dataclass
class Desk:
    """Owns the journal, the details and the roster; everything about them happens on its one thread."""

    journal: Journal
    details: DetailStore
    roster: Roster
    clock: Clock
    app_version: str
    on_broken: Callable[[], None]
    counts: Counts = field(default_factory=Counts)
    quality: ClockQuality = field(init=False)

    def __post_init__(self) -> None:
        self.quality = self.clock.quality()
        self._queue: deque[_Waiter | _DetailWaiter] = deque()
        self._waiting = 0
        self._wake = threading.Condition()
        self._stopping = self._broken = False
        self._records_per_ms = 1.0
        self._pulse_ms = self._look_ms = self.clock.mono_ms()
        self._pulsed = Counts()
        self._offset_ms = self.clock.now_ms() - self.clock.mono_ms()
        self._thread = threading.Thread(target=self._run, name="desk")

    def start(self) -> None:
        """Say in the journal that the gate is open, and begin to work."""
        self._write(
            Kind.GATE_START, GateStart(v=1, program="gate", app=self.app_version, previous_size=self.journal.size())
        )
        self._write(Kind.CLOCK_STATE, self._clock_state(step_ms=0))
        self._look_around()
        self._thread.start()

    def stop(self, reason: str) -> None:
        """Answer everyone who was admitted, say so in the journal, and end."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()
        if not self._broken:
            self._write(Kind.GATE_STOP, GateStop(v=1, reason=reason))

    @property
    def ready(self) -> bool:
        """Whether a record that comes now would get its receipt."""
        return not (self._broken or self._stopping) and self._thread.is_alive()

    @property
    def waiting(self) -> int:
        return self._waiting

    def submit(self, submissions: Sequence[Submission]) -> "Future[list[Reply]]":
        """Queue records; the future gives a reply for each.

        Refused BUSY at once when the queue is full in number or in time.
        """
        waiter = _Waiter(submissions=submissions, future=Future(), since_ms=self.clock.mono_ms())
        with self._wake:
            self._admit(len(submissions))
            self._queue.append(waiter)
            self._waiting += len(submissions)
            self._wake.notify()
        return waiter.future

    def keep_detail(self, sent: SentDetail) -> "Future[None]":
        """Queue a detail that came by itself; done when it is durable, Refused when no record here names it."""
        waiter = _DetailWaiter(sent=sent, future=Future())
        with self._wake:
            self._admit(1)
            self._queue.append(waiter)
            self._waiting += 1
            self._wake.notify()
        return waiter.future

    def retry_after_ms(self) -> int:
        """How long the queue would take to empty: what a refused phone is told to stay away at least."""
        return int(self._waiting / self._records_per_ms)

    def _admit(self, count: int) -> None:
        if self._broken:
            raise Refused(Refusal.CANNOT_STORE)
        if self._stopping:
            raise Refused(Refusal.STOPPING)
        if self._waiting + count > QUEUE_RECORDS_MAX or self._waiting / self._records_per_ms > QUEUE_MS_MAX:
            raise Refused(Refusal.BUSY)

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        except JournalBrokenError:
            self._break()
            self.on_broken()

    def _turn(self) -> bool:
        """One round of work; False when everyone is answered and the gate is stopping."""
        with self._wake:
            if not self._queue and not self._stopping:
                self._wake.wait(timeout=LOOK_AROUND_EVERY_MS / 1000)
            batch = self._take()
            if not batch and self._stopping:
                return False
        if batch:
            self._serve(batch)
        if self.clock.mono_ms() - self._look_ms >= LOOK_AROUND_EVERY_MS:
            self._look_around()
        return True

    def _take(self) -> list[_Waiter | _DetailWaiter]:
        batch: list[_Waiter | _DetailWaiter] = []
        count = 0
        while self._queue and count < BATCH_RECORDS_MAX:
            waiter = self._queue.popleft()
            count += len(waiter.submissions) if isinstance(waiter, _Waiter) else 1
            batch.append(waiter)
        self._waiting -= count
        return batch

    def _serve(self, batch: list[_Waiter | _DetailWaiter]) -> None:
        begun_ms = self.clock.mono_ms()
        try:
            self._keep([waiter for waiter in batch if isinstance(waiter, _DetailWaiter)])
            self._record([waiter for waiter in batch if isinstance(waiter, _Waiter)])
        except JournalBrokenError:
            self._refuse(batch, Refusal.CANNOT_STORE)
            raise
        self._learn_rate(len(batch), self.clock.mono_ms() - begun_ms)

    def _record(self, waiters: Sequence[_Waiter]) -> None:
        replies = self._commit([one for waiter in waiters for one in waiter.submissions])
        for waiter in waiters:
            count = len(waiter.submissions)
            waiter.future.set_result(replies[:count])
            del replies[:count]

    def _keep(self, waiters: Sequence[_DetailWaiter]) -> None:
        kept: list[tuple[_DetailWaiter, Detail]] = []
        for waiter in waiters:
            try:
                kept.append((waiter, check_sent_detail(waiter.sent, self.journal)))
            except Refused as refused:
                waiter.future.set_exception(refused)
        self.details.put([detail for _, detail in kept])
        for waiter, _ in kept:
            waiter.future.set_result(None)

    def _commit(self, submissions: Sequence[Submission]) -> list[Reply]:
        now_ms = self.clock.now_ms()
        self._watch_clock(now_ms)
        result = step(submissions, now_ms, keys=self.roster, known=self.journal)
        self.details.put(result.details)
        if result.appends:
            self.journal.append(
                result.appends, now_ms=now_ms
            )  # the commit point: nobody is answered before this returns
        proofs = iter(self.journal.prove([answer.index for answer in result.answers if isinstance(answer, Recorded)]))
        self._count(result)
        return [
            Receipted(recorded=answer, proof=next(proofs)) if isinstance(answer, Recorded) else answer
            for answer in result.answers
        ]

    def _count(self, result: Step) -> None:
        self.counts.batches += 1
        self.counts.answered += len(result.answers)
        self.counts.refused += sum(isinstance(answer, Refused) for answer in result.answers)

    def _learn_rate(self, waiters: int, took_ms: int) -> None:
        rate = waiters / max(took_ms, 1)
        self._records_per_ms = max(0.01, _RATE_MEMORY * self._records_per_ms + (1 - _RATE_MEMORY) * rate)

    def _look_around(self) -> None:
        """Once a second: a newer roster, the clock, and each minute a pulse, so that a silence is provable."""
        now_ms, mono_ms = self.clock.now_ms(), self.clock.mono_ms()
        self._look_ms = mono_ms
        loaded = self.roster.refresh(now_ms)
        if loaded is not None:
            self._write(Kind.ROSTER_LOADED, loaded)
        self._watch_clock(now_ms)
        if mono_ms - self._pulse_ms >= PULSE_EVERY_MS:
            self._pulse_ms = mono_ms
            answered, refused = self.counts.answered - self._pulsed.answered, self.counts.refused - self._pulsed.refused
            self._pulsed = Counts(answered=self.counts.answered, refused=self.counts.refused)
            self._write(Kind.GATE_PULSE, GatePulse(v=1, answered=answered, refused=refused))

    def _watch_clock(self, now_ms: int) -> None:
        """Record a jump of the wall clock against the monotonic one, and a change of what the machine knows about its
        clock.
        """
        offset_ms = now_ms - self.clock.mono_ms()
        jump_ms, self._offset_ms = offset_ms - self._offset_ms, offset_ms
        before, quality = self.quality, self.clock.quality()
        jumped = abs(jump_ms) > CLOCK_STEP_MS
        if quality.word == "simulated":
            self.quality = quality
        elif jumped:
            self.quality = ClockQuality(word="stepped", error_ms=max(abs(jump_ms), quality.error_ms))
        elif before.word != "stepped":
            self.quality = quality
        if jumped or self.quality.word != before.word:
            self._write(Kind.CLOCK_STATE, self._clock_state(step_ms=jump_ms if jumped else 0))

    def _clock_state(self, *, step_ms: int) -> ClockState:
        return ClockState(v=1, clock=self.quality.word, error_ms=self.quality.error_ms, step_ms=step_ms)

    def _write(self, kind: Kind, body: msgspec.Struct) -> None:
        self.journal.append([Entry(kind=kind, body=encode(body))], now_ms=self.clock.now_ms())

    def _break(self) -> None:
        with self._wake:
            self._broken = True
            left = list(self._queue)
            self._queue.clear()
            self._waiting = 0
        self._refuse(left, Refusal.CANNOT_STORE)

    def _refuse(self, waiters: Sequence[_Waiter | _DetailWaiter], refusal: Refusal) -> None:
        for waiter in waiters:
            if not waiter.future.done():
                waiter.future.set_exception(Refused(refusal))
