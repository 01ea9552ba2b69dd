"""The crowd: everybody's morning in one event loop, by simulated time, against a gate that is really there.

1. Take from the agenda what is due by the simulated clock.
2. Opening and tapping happen at once; sending is a task for each phone.
3. An answer counts only if its receipt verifies here, with the key list alone.
4. What the outbox wants to try again goes back into the agenda.
"""

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import TypeVar

import msgspec

from hadir.clock import Pace
from hadir.records.encoding import b64url, un_b64url
from hadir.records.keys import KeyList
from hadir.records.outbox import REQUEST_TIMEOUT_MS, Happened
from hadir.records.receipt import Receipt, ReceiptError, verify_receipt
from hadir.records.times import NONCE_RANDOM_BYTES, bound_nonce
from rehearsal.morning.phones import Person, Tap
from rehearsal.morning.plan import DrillPlan
from rehearsal.morning.wire import Answer, NoAnswerError, Wire

EVENING_AT_ONCE = 64
OPEN_BEFORE_TAP_MS = 5_000
LOST_ANSWER_SHARE = 0.02
"""One answer in fifty is lost after the gate has given it: the phone must send again, and nothing may double."""
STATEMENT_TRIES_MAX = 3
STATEMENT_AGAIN_MS = 60_000
TELL_EVERY_MS = 500
_NAP_SECONDS_MAX = 0.02
_PUNCH_KIND = 1


class Todo(Enum):
    """What the agenda holds."""

    BREAKFAST = "breakfast"
    ARRIVE = "arrive"
    TAP = "tap"
    SEND = "send"


class Told(msgspec.Struct):
    """What an answer says of one record."""

    record_hash: str = ""
    index: int = -1
    received_at_ms: int = -1
    receipt: str = ""


class _Answers(msgspec.Struct):
    answers: list[Told]


class _Refusal(msgspec.Struct):
    code: str


class _Refused(msgspec.Struct):
    """The whole request is refused, or each of its records."""

    refusal: _Refusal | None = None
    answers: list["_Refused"] = []

    def __post_init__(self) -> None:
        if self.refusal is None and not self.answers:
            raise ValueError("no refusal")


class _Time(msgspec.Struct):
    token: str


class _SignedTime(msgspec.Struct):
    at_ms: int


@dataclass
class Seen:
    """What the crowd noticed, for the report: simulated moments, and wall milliseconds of accepted requests."""

    accepted: list[tuple[int, float]] = field(default_factory=list)
    unanswered_ms: list[int] = field(default_factory=list)
    busy_ms: list[int] = field(default_factory=list)
    refused_ms: list[int] = field(default_factory=list)
    unproven_receipts: int = 0
    late_ms: list[float] = field(default_factory=list)
    """How late the drill's own loop was each time it looked: a drill on a busy machine measures itself."""


@dataclass
class Crowd:
    """Everybody, the agenda, and the way to the gate."""

    plan: DrillPlan
    people: list[Person]
    clock: Pace
    wire: Wire
    keys: KeyList
    lost_answer_share: float = LOST_ANSWER_SHARE
    seen: Seen = field(default_factory=Seen)

    def __post_init__(self) -> None:
        self._agenda: list[tuple[int, int, Todo, Person]] = []
        self._order = count()
        self._tasks: set[asyncio.Task[object]] = set()

    async def evening(self) -> None:
        """Everybody had the app open before: a signed time is on each phone."""
        queue = iter(self.people)

        async def some() -> None:
            for person in queue:
                person.turned = person.fate.turned_overnight
                person.open(self.clock.now_ms(), same_page=False)
                await self._fetch_time(person)

        await asyncio.gather(*(some() for _ in range(EVENING_AT_ONCE)))

    async def morning(self, tell: Callable[[int], None]) -> None:
        """Until everybody has tapped and every tap has its receipt, or until `give_up_ms`."""
        for person in self.people:
            fate = person.fate
            if fate.breakfast_ms is not None:
                self._put(fate.breakfast_ms, Todo.BREAKFAST, person)
            self._put(fate.arrive_ms - OPEN_BEFORE_TAP_MS, Todo.ARRIVE, person)
        told_ms = 0
        while self._agenda or self._tasks:
            now_ms = self.clock.now_ms()
            if now_ms > self.plan.give_up_ms:
                break
            if now_ms >= told_ms + self.plan.speed * TELL_EVERY_MS:
                told_ms = now_ms
                tell(now_ms)
            while self._agenda and self._agenda[0][0] <= now_ms:
                _, _, todo, person = heapq.heappop(self._agenda)
                self._do(todo, person)
            await self._nap(now_ms)
        for task in self._tasks:
            task.cancel()
        self.wire.close()

    def word(self) -> str:
        """Where things stand, for the progress bar."""
        tapped = sum(len(person.taps) for person in self.people)
        receipted = sum(tap.is_receipted for person in self.people for tap in person.taps)
        return f"{tapped} taps, {receipted} receipts"

    async def _nap(self, now_ms: int) -> None:
        """Until the next entry is due; how much later we woke is how late all phones were."""
        ahead_ms = self._agenda[0][0] - now_ms if self._agenda else 1_000
        seconds = min(_NAP_SECONDS_MAX, max(0.0, ahead_ms / 1000 / self.plan.speed))
        loop = asyncio.get_running_loop()
        wake_at = loop.time() + seconds
        await asyncio.sleep(seconds)
        self.seen.late_ms.append((loop.time() - wake_at) * 1000)

    def _put(self, at_ms: int, todo: Todo, person: Person) -> None:
        heapq.heappush(self._agenda, (at_ms, next(self._order), todo, person))

    def _do(self, todo: Todo, person: Person) -> None:
        now_ms, fate = self.clock.now_ms(), person.fate
        if todo is Todo.BREAKFAST:
            person.open(now_ms, same_page=False)
            self._spawn(self._fetch_time(person))
        elif todo is Todo.ARRIVE:
            person.turned = bool(fate.turned_back_ms)
            person.open(now_ms, same_page=fate.same_page)
            self._spawn(self._fetch_time(person))
            self._put(now_ms + OPEN_BEFORE_TAP_MS, Todo.TAP, person)
        elif todo is Todo.TAP:
            self._tap(person, now_ms)
        elif not person.is_sending:
            self._spawn(self._send(person))

    def _tap(self, person: Person, now_ms: int) -> None:
        again_ms = person.fate.second_tap_ms
        if person.taps:
            person.open(now_ms, same_page=True)
        elif again_ms is not None:
            self._put(again_ms, Todo.TAP, person)
        person.tap(now_ms)
        self._plan_send(person)

    def _spawn(self, work: Coroutine[None, None, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _plan_send(self, person: Person) -> None:
        next_ms = person.next_try_ms()
        if next_ms is not None:
            self._put(next_ms, Todo.SEND, person)

    # What a phone does on the network.

    async def _fetch_time(self, person: Person) -> bool:
        """Ask once for a signed time; without an answer within a phone's time-out, in its own time, the older one
        stays: at speed 60 a slow answer would otherwise tell of a clock that runs away.
        """
        asked_ms = self.clock.now_ms()
        try:
            nonce = bound_nonce(person.draw.randbytes(NONCE_RANDOM_BYTES), person.phone.kid)
            answer = await self.wire.get(f"/v1/time?nonce={b64url(nonce)}")
        except NoAnswerError:
            person.unheard_ms = self.clock.now_ms()
            return False
        person.unheard_ms = None
        if answer.status != 200 or self.clock.now_ms() - asked_ms > REQUEST_TIMEOUT_MS:
            return False
        read = _read(answer, _Time)
        if read is None:
            return False
        token = read.token
        signed_ms = msgspec.json.decode(_payload(token), type=_SignedTime).at_ms
        person.hold(token, signed_ms, self.clock.now_ms())
        return True

    async def _send(self, person: Person) -> None:
        person.is_sending = True
        receipted: list[Tap] = []
        try:
            while batch := person.take_batch(self.clock.now_ms()):
                receipted += await self._post(person, batch)
        finally:
            person.is_sending = False
        self._plan_send(person)
        if receipted and person.fate.kept_open:
            await self._state(person, receipted)

    async def _post(self, person: Person, batch: list[Tap]) -> list[Tap]:
        """Send one batch and tell the outbox what became of it; the taps that have a receipt now."""
        body = msgspec.json.encode({"punches": [{"record": tap.record} for tap in batch]})
        loop = asyncio.get_running_loop()
        began = loop.time()
        cut_off = person.draw.random() < self.lost_answer_share
        try:
            answer = await self.wire.post("/v1/punches", body, cut_off=cut_off)
        except NoAnswerError:
            self._unanswered(person, batch)
            return []
        person.unheard_ms = None
        read = _read(answer, _Answers) if answer.status == 200 else None
        if read is not None and len(read.answers) == len(batch):
            self.seen.accepted.append((self.clock.now_ms(), (loop.time() - began) * 1000))
            return self._believe(person, batch, read.answers)
        if answer.status == 200 or (answer.status < 500 and _read(answer, _Refused) is None):
            self._unanswered(person, batch)  # somebody else's page
        else:
            self._turned_away(person, batch, answer)
        return []

    def _unanswered(self, person: Person, batch: list[Tap]) -> None:
        now_ms = person.unheard_ms = self.clock.now_ms()
        self.seen.unanswered_ms.append(now_ms)
        for tap in batch:
            person.move(tap, Happened.NO_ANSWER, now_ms)

    def _turned_away(self, person: Person, batch: list[Tap], answer: Answer) -> None:
        now_ms = self.clock.now_ms()
        is_busy = answer.status == 503 and answer.retry_after_s > 0
        event = Happened.OVERLOADED if is_busy else Happened.REFUSED if answer.status < 500 else Happened.NO_ANSWER
        (self.seen.busy_ms if answer.status >= 500 else self.seen.refused_ms).append(now_ms)
        # The gate counts in the seconds in which it works, and those are not scaled.
        retry_after_s = round(answer.retry_after_s * self.plan.speed)
        for tap in batch:
            person.move(tap, event, now_ms, retry_after_s=retry_after_s)

    def _believe(self, person: Person, batch: list[Tap], answers: list[Told]) -> list[Tap]:
        """Only a receipt that verifies is one; everything the answer says must be what the proof says."""
        now_ms = self.clock.now_ms()
        for tap, recorded in zip(batch, answers, strict=True):
            receipt = self._check(tap, recorded)
            if receipt is None:
                self.seen.unproven_receipts += 1
                person.move(tap, Happened.NO_ANSWER if recorded.receipt else Happened.REFUSED, now_ms)
                continue
            tap.index, tap.received_ms = receipt.leaf.index, receipt.leaf.received_at_ms
            person.move(tap, Happened.RECEIPTED, now_ms)
        return [tap for tap in batch if tap.is_receipted]

    def _check(self, tap: Tap, recorded: Told) -> Receipt | None:
        try:
            receipt = verify_receipt(tap.record, recorded.receipt, self.keys)
        except ReceiptError:
            return None
        told = (recorded.record_hash, recorded.index, recorded.received_at_ms)
        proven = (tap.hash, receipt.leaf.index, receipt.leaf.received_at_ms)
        return receipt if told == proven and receipt.leaf.kind == _PUNCH_KIND else None

    async def _state(self, person: Person, taps: list[Tap]) -> None:
        """Deliver the statements of this page's taps; a page that stays open tries a few times."""
        mine = [tap for tap in taps if tap.page is person.page]
        for _ in range(STATEMENT_TRIES_MAX if mine else 0):
            if await self._fetch_time(person) and person.held is not None:
                now_ms = self.clock.now_ms()
                sent = [{"record": person.statement(tap, person.held, now_ms)} for tap in mine]
                try:
                    answer = await self.wire.post("/v1/witnesses", msgspec.json.encode({"witnesses": sent}))
                except NoAnswerError:
                    answer = Answer(503, 0, b"")
                if answer.status < 500:
                    return
            await asyncio.sleep(STATEMENT_AGAIN_MS / 1000 / self.plan.speed)


_Shape = TypeVar("_Shape")


def _read(answer: Answer, shape: type[_Shape]) -> _Shape | None:
    """What the gate says, or nothing when this is not the gate's way of speaking."""
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _payload(token: str) -> bytes:
    return un_b64url(token.split(".")[1])
