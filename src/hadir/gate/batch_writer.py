"""The one writer: takes all that waits, decides, appends with one sync, and answers each request with its proof.

Nobody is answered before `Journal.commit` has returned: that is the promise.

It works in the event loop, and lets it serve others every few milliseconds; only for the disk it waits elsewhere
(`on_disk`). Two threads that both compute pass the interpreter's lock to and fro, at the cost of every request
(docs/decisions/0036-the-batch-writer-runs-in-the-event-loop.md).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import msgspec

from hadir.clock import Clock, ClockQuality
from hadir.gate.admission import WAIT_MS_MAX, AdmissionQueue, PendingRequest, Quotas
from hadir.gate.erasing import Eraser
from hadir.gate.log import LogEvent, place_of, silent
from hadir.gate.metrics import Counts
from hadir.gate.reading import Sent, Submission, read_sent
from hadir.gate.roster import Roster
from hadir.gate.step import KnownLeaves, Read, Recorded, SentDetail, StepResult, check_sent_detail, step
from hadir.gate.waiting import NotReadyReason
from hadir.gate.witnesses import CONFIRM_EVERY_MS, PhonesWord, Witnesses
from hadir.ledger import Entry, Journal, JournalBrokenError, JournalDamagedError, Proof
from hadir.ledger.details import Detail, DetailStore
from hadir.records.jws import Verify, verify_each
from hadir.records.kinds import Kind
from hadir.records.refusals import Refusal, Refused
from hadir.records.server_records import ClockRecord, GatePulse, GateStart, GateStop
from hadir.records.strict import encode

PULSE_EVERY_MS = 60_000
LOOK_AROUND_EVERY_MS = 1_000
CLOCK_STEP_MS = 2_000
ANSWERS_AT_ONCE_MAX = 32
#: Records that are looked up, verified and decided about together.
STEP_RECORDS_MAX = 32
#: After so long the writer lets the event loop serve others. Oftener, early requests would wait for later ones.
YIELD_EVERY_MS = 3


class Receipted(msgspec.Struct, frozen=True):
    """An answer that is a promise: the record is on disk, and here is the proof."""

    recorded: Recorded
    proof: Proof


Reply = Receipted | Refused
#: Runs what it is given after what the writer does now: the event loop's `call_soon`.
CallSoon = Callable[[Callable[[], None]], object]


#: Runs what waits for the disk; others are served meanwhile.
DiskExecutor = Callable[[Callable[[], object]], Awaitable[object]]


async def _inline(work: Callable[[], object]) -> None:
    work()


def _call_now(tell: Callable[[], None]) -> None:
    tell()


@dataclass
class BatchWriter:
    """Owns the journal, the details and the roster: nobody else touches them while it works."""

    journal: Journal
    details: DetailStore
    roster: Roster
    clock: Clock
    app_version: str
    on_broken: Callable[[], None]
    log: LogEvent = silent
    wait_ms_max: int = WAIT_MS_MAX
    verify: Verify = verify_each
    on_disk: DiskExecutor = _inline
    eraser: Eraser | None = None
    call_soon: CallSoon = _call_now
    counts: Counts = field(default_factory=Counts)
    quality: ClockQuality = field(init=False)

    def __post_init__(self) -> None:
        self.quality = self.clock.quality()
        self.queue = AdmissionQueue(self.wait_ms_max)
        self._stopping = self._broken = self._working = self._begun = False
        self._in_flight: list[PendingRequest] = []
        self._pulse_ms = self._look_ms = self._yielded_ms = self.clock.mono_ms()
        self._pulsed = Counts()
        self._quotas = Quotas()
        self._busy, self._crowded = 0, False
        self._offset_ms = self.clock.now_ms() - self.clock.mono_ms()
        self._witnesses, self._confirmed_ms = Witnesses(self.journal.origin), -CONFIRM_EVERY_MS
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, unless that was done, and work from now on."""
        if not self._begun:
            await self.begin()
        self._working = True
        self.call_soon = asyncio.get_running_loop().call_soon
        self._task = asyncio.create_task(self._work())

    async def begin(self) -> None:
        """Write in the journal that the gate is open."""
        await self._write(
            Kind.GATE_START, GateStart(v=1, program="gate", app=self.app_version, previous_size=self.journal.size())
        )
        await self._write(Kind.CLOCK_STATE, self._clock_state(step_ms=0))
        await self._look_around()
        self._begun = True
        self.log("started", entries=self.journal.size(), clock=self.quality.word, app=self.app_version)

    async def stop(self, reason: str) -> None:
        """Answer every admitted request, say so in the journal, and end."""
        self._stopping = True
        self.queue.close(Refusal.STOPPING)
        if self._task is not None:
            await self._task
        if not self._broken:
            await self._write(Kind.GATE_STOP, GateStop(v=1, reason=reason))
            self.log("stopped", reason=reason, entries=self.journal.size(), answered=self.counts.answered)

    @property
    def verifies_fast(self) -> bool:
        return self.verify is not verify_each

    @property
    def reason(self) -> NotReadyReason:
        """Why it is not ready."""
        return NotReadyReason.CANNOT_STORE if self._broken else NotReadyReason.STOPPING

    @property
    def ready(self) -> bool:
        """Whether a record that comes now would get its receipt."""
        return self._working and not (self._broken or self._stopping)

    def moment(self) -> tuple[int, ClockQuality]:
        """Now, and how far that may be trusted. A jump of the clock is doubted before the writer has seen it: a time
        that is signed at once would outlive the doubt.
        """
        now_ms = self.clock.now_ms()
        jump_ms = self._jump_ms(now_ms)
        return now_ms, self.quality if abs(jump_ms) <= CLOCK_STEP_MS else self._stepped(jump_ms)

    def submit(
        self, sent: Sequence[Sent], kinds: frozenset[Kind], done: Callable[[list[Reply] | Refused], None]
    ) -> None:
        """Queue records, which must be of `kinds`; `done` is given a reply for each. Refused at once when the queue is
        full in number or time.
        """
        self.queue.join(PendingRequest(sent, detail=None, done=done, since_ms=self.clock.mono_ms(), kinds=kinds))

    def keep_detail(self, sent: SentDetail, done: Callable[[Refused | None], None]) -> None:
        """Queue a detail that came by itself; done when it is durable, Refused when no record here names it."""
        self.queue.join(PendingRequest((), detail=sent, done=done, since_ms=self.clock.mono_ms()))

    async def _work(self) -> None:
        try:
            await self.queue.wait_for_work(LOOK_AROUND_EVERY_MS / 1000)
            while await self.turn():
                await self.queue.wait_for_work(LOOK_AROUND_EVERY_MS / 1000)
        except JournalBrokenError as error:
            self.log("cannot_store", why=str(error))
            self.abort()
            self.on_broken()
        except Exception as error:  # noqa: BLE001 - the task's outermost: a defect of ours, and nobody waits for ever
            self.log("defect", what=type(error).__name__, place=place_of(error))
            self.abort()
            self.on_broken()
        finally:
            self._working = False

    async def turn(self) -> bool:
        """One batch; False when every request is answered and the gate is stopping."""
        batch = self.queue.drain()
        if batch:
            await self._serve(batch)
        elif self._stopping:
            return False
        if self.clock.mono_ms() - self._look_ms >= LOOK_AROUND_EVERY_MS:
            await self._look_around()
        return True

    async def _serve(self, batch: list[PendingRequest]) -> None:
        begun_ms, self._in_flight = self.clock.mono_ms(), batch
        outcomes = [*await self._keep(batch), *await self._record(batch)]
        self._in_flight = []
        for begin in range(0, len(outcomes), ANSWERS_AT_ONCE_MAX):
            for request, outcome in outcomes[begin : begin + ANSWERS_AT_ONCE_MAX]:
                self.call_soon(partial(request.done, outcome))
            await asyncio.sleep(0)  # newcomers are not kept waiting by the answers
        ended_ms = self.clock.mono_ms()
        self.queue.observe(sum(request.count for request in batch), ended_ms - begun_ms)
        self.counts.batch.add(ended_ms - begun_ms)
        for request in batch:
            self.counts.wait.add(ended_ms - request.since_ms)

    async def _yield_to_loop(self) -> None:
        """Let the event loop serve others, if this has taken long."""
        if self.clock.mono_ms() - self._yielded_ms >= YIELD_EVERY_MS:
            await asyncio.sleep(0)
            self._yielded_ms = self.clock.mono_ms()

    async def _record(self, batch: Sequence[PendingRequest]) -> list[tuple[PendingRequest, object]]:
        outcomes: list[tuple[PendingRequest, object]] = []
        requests: list[PendingRequest] = []
        read: list[Read] = []
        for request in (one for one in batch if one.sent):
            try:
                read += [read_sent(one, request.kinds) for one in request.sent]
                requests.append(request)
            except Exception as error:  # noqa: BLE001 - this request's outermost: a defect of ours costs nobody else
                outcomes.append((request, self._defect(error)))
            await self._yield_to_loop()
        replies = iter(await self._commit(read) if read else ())
        outcomes += [(request, list(islice(replies, len(request.sent)))) for request in requests]
        return outcomes

    def _defect(self, error: Exception) -> Refused:
        """Log where it is; the refusal for the request that it hit."""
        self.log("defect", what=type(error).__name__, place=place_of(error))
        return Refused(Refusal.CANNOT_STORE)

    async def _keep(self, batch: Sequence[PendingRequest]) -> list[tuple[PendingRequest, object]]:
        """Details that came by themselves: on disk, or refused."""
        outcomes: list[tuple[PendingRequest, object]] = []
        kept: list[Detail] = []
        for request in batch:
            if request.detail is None:
                continue
            await self._yield_to_loop()
            try:
                kept.append(check_sent_detail(request.detail, self.journal.find(request.detail.record_id)))
                outcomes.append((request, None))
            except Refused as refused:
                outcomes.append((request, refused.as_answer()))
            except Exception as error:  # noqa: BLE001 - this request's outermost, as above
                outcomes.append((request, self._defect(error)))
        if kept:
            await self.on_disk(partial(self.details.put, kept))
        return outcomes

    async def _commit(self, read: Sequence[Read]) -> list[Reply]:
        now_ms = self.clock.now_ms()
        await self._watch_jump(now_ms)
        result = await self._decide(read, now_ms)
        if result.details:
            await self.on_disk(partial(self.details.put, result.details))
        if result.appends:
            self.journal.stage(result.appends, now_ms=now_ms)
            await self.on_disk(self.journal.commit)  # the commit point: nobody is answered before this returns
        self._witnesses.hear(zip(read, result.answers, strict=True), now_ms)
        recorded = [answer for answer in result.answers if isinstance(answer, Recorded)]
        self._count(len(result.answers), recorded)
        proofs = iter(self.journal.prove([answer.index for answer in recorded]))
        return [
            Receipted(recorded=answer, proof=next(proofs)) if isinstance(answer, Recorded) else answer
            for answer in result.answers
        ]

    async def _decide(self, read: Sequence[Read], now_ms: int) -> StepResult:
        """The step of all that was read, in parts, so that others are served in between."""
        batch, admit = StepResult(first=self.journal.size()), partial(self._quotas.admit, now_ms)
        for begin in range(0, len(read), STEP_RECORDS_MAX):
            part = read[begin : begin + STEP_RECORDS_MAX]
            records = [one.record for one in part if isinstance(one, Submission)]
            keys = self.roster.some(record.jws.kid for record in records)
            known = self._look_up([record.id_bytes for record in records])
            batch = step(part, now_ms, keys=keys, known=known, verify=self.verify, admit=admit, before=batch)
            await self._yield_to_loop()
        return batch

    def _look_up(self, ids: Sequence[bytes]) -> KnownLeaves:
        damaged: set[bytes] = set()
        while True:
            try:
                leaves = self.journal.find_all(one for one in ids if one not in damaged)
                return KnownLeaves(self.journal.size(), leaves, damaged)
            except JournalDamagedError as error:
                damaged.add(error.record_id)
                self.log("journal_damaged", why=str(error))

    def _count(self, answers: int, recorded: Sequence[Recorded]) -> None:
        self.counts.batches += 1
        self.counts.answered += answers
        self.counts.refused += answers - len(recorded)
        self.counts.repeats += sum(answer.repeat for answer in recorded)

    async def _look_around(self) -> None:
        """Once a second: a newer roster, the clock, and each minute a pulse, so that a silence is provable."""
        now_ms, mono_ms = self.clock.now_ms(), self.clock.mono_ms()
        self._look_ms = mono_ms
        fault = self.roster.fault
        loaded = self.roster.refresh(now_ms)
        if self.roster.fault and self.roster.fault != fault:
            self.log("roster_not_used", why=self.roster.fault)
        self._watch_refusals()
        if loaded is not None:
            self.log("roster_loaded", version=loaded.version, stale=loaded.stale)
            await self._write(Kind.ROSTER_LOADED, loaded)
        await self._watch_jump(now_ms)
        await self._watch_quality(self._witnesses.testimony(now_ms))
        if mono_ms - self._pulse_ms >= PULSE_EVERY_MS:
            self._pulse_ms = mono_ms
            answered, refused = self.counts.answered - self._pulsed.answered, self.counts.refused - self._pulsed.refused
            self._pulsed = Counts(answered=self.counts.answered, refused=self.counts.refused)
            await self._write(Kind.GATE_PULSE, GatePulse(v=1, answered=answered, refused=refused))

        await self._erase(now_ms)

    async def _erase(self, now_ms: int) -> None:
        """One step of what is to be erased, while nobody waits."""
        if self.eraser is None or self.queue.waiting:
            return
        fault = self.eraser.fault
        self.eraser.look(now_ms)
        if self.eraser.fault and self.eraser.fault != fault:
            self.log("erasures_not_used", why=self.eraser.fault)
        errand = self.eraser.next()
        if errand is None:
            return
        if errand.entries:
            self.journal.stage(errand.entries, now_ms=now_ms)
            await self.on_disk(self.journal.commit)
        errand.then()

    def _watch_refusals(self) -> None:
        """Log once when the gate begins to refuse because it is busy, and once when it stops."""
        busy = self.counts.refusals[Refusal.BUSY]
        if (busy > self._busy) != self._crowded:
            self._crowded = not self._crowded
            self.log("crowded" if self._crowded else "calm_again", refused=busy, waiting=self.queue.waiting)
        self._busy = busy

    async def _watch_jump(self, now_ms: int) -> None:
        """Record a jump of the wall clock against the monotonic one, before anything carries the new time."""
        jump_ms = self._jump_ms(now_ms)
        self._offset_ms += jump_ms
        if abs(jump_ms) <= CLOCK_STEP_MS:
            return
        self._witnesses.forget()
        self.quality = self._stepped(jump_ms)
        await self._write(Kind.CLOCK_STATE, self._clock_state(step_ms=jump_ms))

    def _jump_ms(self, now_ms: int) -> int:
        return now_ms - self.clock.mono_ms() - self._offset_ms

    def _stepped(self, jump_ms: int) -> ClockQuality:
        quality = self.clock.quality()
        before_ms = self.quality.error_ms if self.quality.word == "stepped" else 0
        error_ms = max(before_ms + abs(jump_ms), quality.error_ms)
        return quality if quality.word == "simulated" else ClockQuality(word="stepped", error_ms=error_ms)

    async def _watch_quality(self, told: PhonesWord | None) -> None:
        """Record a change of what is known about the clock, by the machine or by the phones, and now and then that the
        phones agree with it. After a jump, and once it was found wrong, it is trusted again only when they do.
        """
        before, quality = self.quality, self.clock.quality()
        if quality.word != "simulated":
            if told is not None and told.word == "wrong":
                quality = told.quality
            elif told is None and before.word in {"stepped", "wrong"}:
                quality = before
        outgrown = told is not None and told.word == "wrong" and abs(told.ahead_ms) > before.error_ms
        is_news = quality.word != before.word or (quality.word == "wrong" and outgrown)
        mono_ms = self.clock.mono_ms()
        is_confirmed = told is not None and told.word == "right" and mono_ms - self._confirmed_ms >= CONFIRM_EVERY_MS
        if quality.word != "wrong" or is_news:
            self.quality = quality
        if is_confirmed:
            self._confirmed_ms = mono_ms
        if is_news or is_confirmed:
            await self._write(Kind.CLOCK_STATE, self._clock_state(step_ms=0))

    def _clock_state(self, *, step_ms: int) -> ClockRecord:
        self.log("clock", state=self.quality.word, error_ms=self.quality.error_ms, step_ms=step_ms)
        return ClockRecord(v=1, clock=self.quality.word, error_ms=self.quality.error_ms, step_ms=step_ms)

    async def _write(self, kind: Kind, body: msgspec.Struct) -> None:
        self.journal.stage([Entry(kind=kind, body=encode(body))], now_ms=self.clock.now_ms())
        await self.on_disk(self.journal.commit)

    def abort(self) -> None:
        """Promise nothing more: requests in flight, in the queue and to come are refused."""
        self._broken = True
        self.queue.close(Refusal.CANNOT_STORE)
        left, self._in_flight = [*self._in_flight, *self.queue.empty()], []
        for request in left:
            self.call_soon(partial(request.done, Refused(Refusal.CANNOT_STORE)))
