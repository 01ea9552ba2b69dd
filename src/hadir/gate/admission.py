"""The queue before the writer: requests that wait, bounded in number and in **time**.

A request that would wait longer than `WAIT_MS_MAX` is refused at once, which costs little; none is served after its
phone has stopped waiting. Why these bounds: docs/decisions/0014-the-queue-is-bounded-in-time.md.

Records by one slip before the office has looked have limits of their own: a photographed slip must not fill the
journal. Only keys that nobody has confirmed are counted, and only records that would be new: what is there is answered
as ever. A phone over a limit is told to come back later, as in the rush, and loses nothing; the limits are far above
what a person sends. A slip's first key is never refused for being new.
"""

import asyncio
import random
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hadir.gate.reading import Sent
from hadir.gate.step import SentDetail
from hadir.records.kinds import Kind
from hadir.records.refusals import Refusal, Refused
from hadir.retry import Draw, RetrySchedule

BATCH_RECORDS_MAX = 256
RECORDS_MAX = 8_192
WAIT_MS_MAX = 1_000
#: Batches smaller than this say little about how fast the writer is when it is busy, and so many are always let in.
LESSON_RECORDS = 32
#: When requests come in crowds, the writer waits so long for so many: a batch has its price, however few are in it, and
#: the verifier takes eight records for the price of one.
GATHER_RECORDS = 8
GATHER_SECONDS = 0.002
#: What a record is taken to cost until a lesson says better.
RECORD_MS_GUESS = 0.5
_MEMORY = 0.6
RETRY_SECONDS_MIN = 2
RETRY_SECONDS_MAX = 300
_RETRY_SPREAD_SECONDS = 3
#: Of the time to come, how much is promised to requests that were refused; the rest is for new ones.
_BOOKED_SHARE = 0.8

WINDOW_MS = 60_000
KEY_RECORDS_MAX = 240
SLIP_NEW_KEYS_MAX = 20
SLIP_RECORDS_MAX = 600
#: Slips that are remembered, and keys of each; the one that was quiet for longest is forgotten first.
SLIPS_MAX = 10_000
SLIP_KEYS_MAX = 1_000

#: Takes the outcome: a refusal, or what `BatchWriter.submit` and `BatchWriter.keep_detail` promise.
Done = Callable[[Any], None]


class PendingRequest(msgspec.Struct, frozen=True):
    """One request: its records and what to call with the outcome. Never both records and a detail."""

    sent: Sequence[Sent]
    detail: SentDetail | None
    done: Done
    since_ms: int
    kinds: frozenset[Kind] = frozenset()

    @property
    def count(self) -> int:
        return len(self.sent) or 1


class AdmissionQueue:
    """Joined by the routes and emptied by the writer, in one thread."""

    def __init__(
        self, wait_ms_max: int = WAIT_MS_MAX, *, records_max: int = RECORDS_MAX, draw: Draw = random.randint
    ) -> None:
        self._wait_ms_max, self._records_max = wait_ms_max, records_max
        self._retries = RetrySchedule(
            seconds_min=RETRY_SECONDS_MIN,
            seconds_max=RETRY_SECONDS_MAX,
            spread_seconds=_RETRY_SPREAD_SECONDS,
            draw=draw,
        )
        self.waiting = 0
        self._requests: deque[PendingRequest] = deque()
        self._taker: asyncio.Future[None] | None = None
        self._wanted, self._crowded = 1, False
        self._closed: Refusal | None = None
        self._record_ms = RECORD_MS_GUESS

    @property
    def wait_ms(self) -> float:
        """How long a record that joined now would wait."""
        return self.waiting * self._record_ms

    def check_room(self, count: int = 1) -> None:
        """Refused when closed, or when `count` more would be too many or wait too long."""
        if self._closed is not None:
            raise Refused(self._closed)
        after = self.waiting + count
        if after > self._records_max or (self.waiting >= LESSON_RECORDS and self.wait_ms > self._wait_ms_max):
            raise Refused(Refusal.BUSY)

    def retry_after_s(self, now_ms: int) -> int:
        """In how many seconds a request that is refused at `now_ms` may come again (`RetrySchedule`)."""
        return self._retries.retry_after_s(now_ms, self._record_ms / _BOOKED_SHARE)

    def join(self, request: PendingRequest) -> None:
        """Join the queue. Refused as `check_room` says."""
        self.check_room(request.count)
        self._requests.append(request)
        self.waiting += request.count
        if self.waiting >= self._wanted:
            self._wake()

    async def wait_for_work(self, patience_s: float) -> None:
        """Until `drain` is worth it: a request came, and more if more are likely; or the queue is closed; or
        `patience_s` have passed.
        """
        if not self._requests:
            await self._wait(1, patience_s)
        if self._crowded and self.waiting < GATHER_RECORDS:
            await self._wait(GATHER_RECORDS, GATHER_SECONDS)

    async def _wait(self, records: int, seconds: float) -> None:
        if self._closed is not None:
            return
        loop = asyncio.get_running_loop()
        self._wanted, self._taker = records, loop.create_future()
        timer = loop.call_later(seconds, self._wake)
        await self._taker
        timer.cancel()
        self._taker = None

    def _wake(self) -> None:
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

    def drain(self) -> list[PendingRequest]:
        """The oldest requests, as many as fit into a batch."""
        batch: list[PendingRequest] = []
        count = 0
        while self._requests and count < BATCH_RECORDS_MAX:
            request = self._requests.popleft()
            count += request.count
            batch.append(request)
        self.waiting -= count
        self._crowded = count > 1
        return batch

    def observe(self, records: int, took_ms: float) -> None:
        """A batch of `records` took so long: the busy writer's pace, from which waits are foretold."""
        if records >= LESSON_RECORDS:
            self._record_ms = _MEMORY * self._record_ms + (1 - _MEMORY) * took_ms / records

    def close(self, why: Refusal) -> None:
        """Admit nothing more; what is queued is still served."""
        self._closed = why
        self._wake()

    def empty(self) -> list[PendingRequest]:
        """All that is still queued, taken out."""
        left = list(self._requests)
        self._requests.clear()
        self.waiting = 0
        return left


@dataclass
class _Slip:
    begun_ms: int
    records: int = 0
    new_keys: int = 0
    #: Key -> its records in this window; keys of before stay known.
    keys: OrderedDict[bytes, int] = field(default_factory=OrderedDict)


@dataclass
class Quotas:
    """What unconfirmed keys have sent in this minute. One gate's memory: a restart forgets it."""

    _slips: OrderedDict[int, _Slip] = field(default_factory=OrderedDict)

    def admit(self, now_ms: int, slip: int, kid: bytes) -> None:
        """Count one new record of an unconfirmed key that came by this slip. Refused BUSY when it is one too many."""
        seen = self._seen(slip, now_ms)
        is_new = kid not in seen.keys
        if seen.records >= SLIP_RECORDS_MAX or seen.keys.get(kid, 0) >= KEY_RECORDS_MAX:
            raise Refused(Refusal.BUSY)
        if is_new and seen.new_keys >= SLIP_NEW_KEYS_MAX:
            raise Refused(Refusal.BUSY)
        seen.records += 1
        seen.new_keys += is_new
        seen.keys[kid] = seen.keys.get(kid, 0) + 1
        seen.keys.move_to_end(kid)
        if len(seen.keys) > SLIP_KEYS_MAX:
            seen.keys.popitem(last=False)

    def _seen(self, slip: int, now_ms: int) -> _Slip:
        seen = self._slips.get(slip)
        if seen is None:
            seen = self._slips[slip] = _Slip(now_ms)
            if len(self._slips) > SLIPS_MAX:
                self._slips.popitem(last=False)
        elif not 0 <= now_ms - seen.begun_ms < WINDOW_MS:
            known: OrderedDict[bytes, int] = OrderedDict((kid, 0) for kid in seen.keys)
            seen = self._slips[slip] = _Slip(now_ms, keys=known)
        self._slips.move_to_end(slip)
        return seen
