"""The crowd: everybody's morning in one event loop, by simulated time, against a gate that is really there.

1. Take from the agenda what is due by the simulated clock.
2. Opening and tapping happen at once; sending is a task for each phone.
3. An answer counts only if its receipt verifies here, with the key list alone.
4. What the outbox wants to try again goes back into the agenda.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec

from hadir.clock import Pace
from hadir.records.encoding import b64url, un_b64url
from hadir.records.keys import KeyList
from hadir.records.kinds import Kind
from hadir.records.outbox import REQUEST_TIMEOUT_MS, Happened
from hadir.records.receipt import Receipt
from hadir.records.times import NONCE_RANDOM_BYTES, bound_nonce
from rehearsal.morning.plan import DrillPlan, Scenario
from rehearsal.phones import Phone, Tap, proven
from rehearsal.simulation.world import Agenda
from rehearsal.web import HttpClient, NoAnswerError, Reply

EVENING_AT_ONCE = 64
OPEN_BEFORE_TAP_MS = 5_000
LOST_ANSWER_SHARE = 0.02
"""One answer in fifty is lost after the gate has given it: the phone must send again, and nothing may double."""
STATEMENT_TRIES_MAX = 3
STATEMENT_AGAIN_MS = 60_000
TELL_EVERY_MS = 500
_NAP_SECONDS_MAX = 0.02


@dataclass(kw_only=True, eq=False)
class DrillPhone(Phone):
    """A person's phone, and what the person will do this morning."""

    scenario: Scenario


Answers = list[dict[str, Any]]
"""What an answer says of each record."""


@dataclass
class Observations:
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
    people: list[DrillPhone]
    clock: Pace
    client: HttpClient
    keys: KeyList
    lost_answer_share: float = LOST_ANSWER_SHARE
    seen: Observations = field(default_factory=Observations)

    def __post_init__(self) -> None:
        self._agenda = Agenda()
        self._tasks: set[asyncio.Task[object]] = set()

    async def evening(self) -> None:
        """Everybody had the app open before: a signed time is on each phone."""
        queue = iter(self.people)

        async def some() -> None:
            for person in queue:
                person.skew_ms = person.scenario.clock_off_ms(turned=person.scenario.turned_overnight)
                person.open(self.clock.now_ms(), same_page=False)
                await self._fetch_time(person)

        await asyncio.gather(*(some() for _ in range(EVENING_AT_ONCE)))

    async def morning(self, tell: Callable[[int], None]) -> None:
        """Until everybody has tapped and every tap has its receipt, or until `give_up_ms`."""
        for person in self.people:
            scenario = person.scenario
            if scenario.breakfast_ms is not None:
                self._agenda.put(scenario.breakfast_ms, partial(self._open, person, same_page=False))
            self._agenda.put(scenario.arrive_ms - OPEN_BEFORE_TAP_MS, partial(self._arrive, person))
        told_ms = 0
        while self._agenda.next_ms is not None or self._tasks:
            now_ms = self.clock.now_ms()
            if now_ms > self.plan.give_up_ms:
                break
            if now_ms >= told_ms + self.plan.speed * TELL_EVERY_MS:
                told_ms = now_ms
                tell(now_ms)
            for _, act in self._agenda.due(now_ms):
                act()
            await self._nap(now_ms)
        for task in self._tasks:
            task.cancel()
        self.client.close()

    def word(self) -> str:
        """Where things stand, for the progress bar."""
        tapped = sum(len(person.taps) for person in self.people)
        receipted = sum(tap.receipt is not None for person in self.people for tap in person.taps)
        return f"{tapped} taps, {receipted} receipts"

    async def _nap(self, now_ms: int) -> None:
        """Until the next entry is due; how much later we woke is how late all phones were."""
        next_ms = self._agenda.next_ms
        ahead_ms = 1_000 if next_ms is None else next_ms - now_ms
        seconds = min(_NAP_SECONDS_MAX, max(0.0, ahead_ms / 1000 / self.plan.speed))
        loop = asyncio.get_running_loop()
        wake_at = loop.time() + seconds
        await asyncio.sleep(seconds)
        self.seen.late_ms.append((loop.time() - wake_at) * 1000)

    def _open(self, person: DrillPhone, *, same_page: bool) -> None:
        person.open(self.clock.now_ms(), same_page=same_page)
        self._spawn(self._fetch_time(person))

    def _arrive(self, person: DrillPhone) -> None:
        person.skew_ms = person.scenario.clock_off_ms(turned=True)
        self._open(person, same_page=person.scenario.same_page)
        self._agenda.put(self.clock.now_ms() + OPEN_BEFORE_TAP_MS, partial(self._tap, person))

    def _tap(self, person: DrillPhone) -> None:
        now_ms, again_ms = self.clock.now_ms(), person.scenario.second_tap_ms
        if person.taps:
            person.open(now_ms, same_page=True)
        elif again_ms is not None:
            self._agenda.put(again_ms, partial(self._tap, person))
        person.tap(now_ms)
        self._plan_send(person)

    def _spawn(self, work: Coroutine[None, None, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _plan_send(self, person: DrillPhone) -> None:
        next_ms = person.next_try_ms()
        if next_ms is not None:
            self._agenda.put(next_ms, partial(self._send_unless_sending, person))

    def _send_unless_sending(self, person: DrillPhone) -> None:
        if not person.is_sending:
            self._spawn(self._send(person))

    # What a phone does on the network.

    async def _fetch_time(self, person: DrillPhone) -> bool:
        """Ask once for a signed time; without an answer within a phone's time-out, in its own time, the older one
        stays: at speed 60 a slow answer would otherwise tell of a clock that runs away.
        """
        asked_ms = self.clock.now_ms()
        try:
            nonce = bound_nonce(person.draw.randbytes(NONCE_RANDOM_BYTES), person.kid)
            answer = await self.client.get(f"/v1/time?nonce={b64url(nonce)}")
        except NoAnswerError:
            person.unanswered((), self.clock.now_ms())
            return False
        person.unheard_ms = None
        if answer.status != 200 or self.clock.now_ms() - asked_ms > REQUEST_TIMEOUT_MS:
            return False
        token = _members(answer).get("token")
        if token is not None:
            person.hold(token, _signed_ms(token), self.clock.now_ms())
        return token is not None

    async def _send(self, person: DrillPhone) -> None:
        receipted: list[Tap] = []
        while batch := person.take_batch(self.clock.now_ms()):
            receipted += await self._post(person, batch)
        self._plan_send(person)
        if receipted and person.scenario.kept_open:
            await self._state(person, receipted)

    async def _post(self, person: DrillPhone, batch: list[Tap]) -> list[Tap]:
        """Send one batch and tell the outbox what became of it; the taps that have a receipt now."""
        body = msgspec.json.encode({"punches": [{"record": tap.record} for tap in batch]})
        loop = asyncio.get_running_loop()
        began = loop.time()
        cut_off = person.draw.random() < self.lost_answer_share
        try:
            answer = await self.client.post("/v1/punches", body, cut_off=cut_off)
        except NoAnswerError:
            self._unanswered(person, batch)
            return []
        person.unheard_ms = None
        said = _members(answer)
        answers = said.get("answers", [])
        if answer.status == HTTPStatus.OK and len(answers) == len(batch):
            self.seen.accepted.append((self.clock.now_ms(), (loop.time() - began) * 1000))
            return self._believe(person, batch, answers)
        is_ours = "refusal" in said or (answers and all("refusal" in one for one in answers))
        if answer.status == HTTPStatus.OK or (answer.status < 500 and not is_ours):
            self._unanswered(person, batch)  # somebody else's page
        else:
            self._turned_away(person, batch, answer)
        return []

    def _unanswered(self, person: DrillPhone, batch: list[Tap]) -> None:
        now_ms = self.clock.now_ms()
        self.seen.unanswered_ms.append(now_ms)
        person.unanswered(batch, now_ms)

    def _turned_away(self, person: DrillPhone, batch: list[Tap], answer: Reply) -> None:
        now_ms = self.clock.now_ms()
        is_busy = answer.status == 503 and answer.retry_after_s > 0
        event = Happened.OVERLOADED if is_busy else Happened.REFUSED if answer.status < 500 else Happened.NO_ANSWER
        (self.seen.busy_ms if answer.status >= 500 else self.seen.refused_ms).append(now_ms)
        # The gate counts in the seconds in which it works, and those are not scaled.
        retry_after_s = round(answer.retry_after_s * self.plan.speed)
        for tap in batch:
            person.happens(tap, event, now_ms, retry_after_s=retry_after_s)

    def _believe(self, person: DrillPhone, batch: list[Tap], answers: Answers) -> list[Tap]:
        """Only a receipt that verifies is one; everything the answer says must be what the proof says."""
        now_ms = self.clock.now_ms()
        for tap, recorded in zip(batch, answers, strict=True):
            receipt = proven(tap, recorded.get("receipt", ""), self.keys)
            told = (*(recorded.get(name) for name in ("record_hash", "index", "received_at_ms")), Kind.PUNCH)
            if receipt is not None and told != _told_by(receipt, tap):
                receipt = None
            self.seen.unproven_receipts += receipt is None
            if recorded.get("receipt"):
                person.believe(tap, receipt, now_ms)
            else:
                person.happens(tap, Happened.REFUSED, now_ms)
        return [tap for tap in batch if tap.receipt is not None]

    async def _state(self, person: DrillPhone, taps: list[Tap]) -> None:
        """Deliver the statements of this page's taps; a page that stays open tries a few times."""
        mine = [tap for tap in taps if tap.page is person.page]
        for _ in range(STATEMENT_TRIES_MAX if mine else 0):
            if await self._fetch_time(person):
                now_ms = self.clock.now_ms()
                sent = [{"record": person.statement(tap, now_ms)} for tap in mine]
                with suppress(NoAnswerError):
                    answer = await self.client.post("/v1/witnesses", msgspec.json.encode({"witnesses": sent}))
                    if answer.status < 500:
                        return
            await asyncio.sleep(STATEMENT_AGAIN_MS / 1000 / self.plan.speed)


def _told_by(receipt: Receipt, tap: Tap) -> tuple[str, int, int, int]:
    """What the gate's answer has to say beside this receipt."""
    leaf = receipt.leaf
    return tap.hash, leaf.index, leaf.received_at_ms, leaf.kind


def _members(answer: Reply) -> dict[str, Any]:
    """What the gate says, or nothing when this is not the gate's way of speaking."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    answers = said.get("answers", []) if isinstance(said, dict) else None
    return said if isinstance(answers, list) and all(isinstance(one, dict) for one in answers) else {}


def _signed_ms(token: str) -> int:
    return int(json.loads(un_b64url(token.split(".")[1]))["at_ms"])
