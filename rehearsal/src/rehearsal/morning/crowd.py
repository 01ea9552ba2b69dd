"""A morning's crowd in step with a simulated clock, before a gate that is really there.

1. Everybody's openings and taps go into the agenda, and what is due by the clock happens.
2. Each request is a task of the event loop; a phone's network gives up after a time-out in wall time.
3. Who keeps the page open delivers statements for what was receipted.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec

from hadir.clock import Pace
from hadir.records.encoding import b64url, un_b64url
from hadir.records.keys import KeyList
from hadir.records.outbox import REQUEST_TIMEOUT_MS
from hadir.records.times import NONCE_RANDOM_BYTES, bound_nonce
from rehearsal.crowd import Crowd, GateAnswer, TellAnswer, TellTime
from rehearsal.morning.plan import DrillPlan, Scenario
from rehearsal.phones import Phone, Tap
from rehearsal.web import HttpClient, NoAnswerError, Reply
from rehearsal.world import DirectNetwork, World

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


@dataclass
class Observations:
    """What was noticed of the gate, for the report: simulated moments, and wall milliseconds of accepted requests."""

    accepted: list[tuple[int, float]] = field(default_factory=list)
    unanswered_ms: list[int] = field(default_factory=list)
    busy_ms: list[int] = field(default_factory=list)
    refused_ms: list[int] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    """How late the drill's own loop was each time it looked: a drill on a busy machine measures itself."""


@dataclass
class LiveMorning:
    """Everybody, the agenda, and the way to the gate."""

    plan: DrillPlan
    people: list[DrillPhone]
    clock: Pace
    client: HttpClient
    keys: KeyList
    lost_answer_share: float = LOST_ANSWER_SHARE
    seen: Observations = field(default_factory=Observations)
    name: str = "gate"

    def __post_init__(self) -> None:
        self._world = World(seed=self.plan.seed, start_ms=self.clock.now_ms(), heal_ms=0)
        self._tasks: set[asyncio.Task[object]] = set()
        self._crowd = Crowd(
            world=self._world,
            network=DirectNetwork(self._world),
            gates=[self],
            keys=lambda: self.keys,
            patience_ms=None,
            when_receipted=self._plan_statements,
        )

    async def evening(self) -> None:
        """Everybody had the app open before: a signed time is on each phone."""
        for at in range(0, len(self.people), EVENING_AT_ONCE):
            self._now()
            for person in self.people[at : at + EVENING_AT_ONCE]:
                person.skew_ms = person.scenario.clock_off_ms(turned=person.scenario.turned_overnight)
                self._crowd.open(person)
            await asyncio.wait(self._tasks)

    async def run(self, tell: Callable[[int], None]) -> None:
        """Until everybody has tapped and every tap has its receipt, or until `give_up_ms`."""
        began_ms, told_ms = self._now(), 0
        for person in self.people:
            scenario = person.scenario
            if scenario.breakfast_ms is not None:
                self._world.after(scenario.breakfast_ms - began_ms, partial(self._crowd.open, person))
            self._world.after(scenario.arrive_ms - OPEN_BEFORE_TAP_MS - began_ms, partial(self._arrive, person))
        while (self._world.next_ms is not None or self._tasks) and (now_ms := self._now()) <= self.plan.give_up_ms:
            if now_ms >= told_ms + self.plan.speed * TELL_EVERY_MS:
                told_ms = now_ms
                tell(now_ms)
            self._world.catch_up(now_ms)
            await self._nap(now_ms)
        for task in self._tasks:
            task.cancel()
        self.client.close()

    def word(self) -> str:
        """Where things stand, for the progress bar."""
        taps = [tap for person in self.people for tap in person.taps]
        return f"{len(taps)} taps, {sum(tap.receipt is not None for tap in taps)} receipts"

    def _now(self) -> int:
        self._world.now_ms = self.clock.now_ms()
        return self._world.now_ms

    async def _nap(self, now_ms: int) -> None:
        """Until the next entry is due; how much later we woke is how late all phones were."""
        next_ms = self._world.next_ms
        ahead_ms = 1_000 if next_ms is None else next_ms - now_ms
        seconds = min(_NAP_SECONDS_MAX, max(0.0, ahead_ms / 1000 / self.plan.speed))
        loop = asyncio.get_running_loop()
        wake_at = loop.time() + seconds
        await asyncio.sleep(seconds)
        self.seen.late_ms.append((loop.time() - wake_at) * 1000)

    def _arrive(self, person: DrillPhone) -> None:
        scenario = person.scenario
        person.skew_ms = scenario.clock_off_ms(turned=True)
        self._crowd.open(person, same_page=scenario.same_page)
        self._world.after(OPEN_BEFORE_TAP_MS, partial(self._crowd.press, person))
        if scenario.second_tap_ms is not None:
            self._world.after(scenario.second_tap_ms - self._world.now_ms, partial(self._tap_again, person))

    def _tap_again(self, person: DrillPhone) -> None:
        person.open(self._world.now_ms, same_page=True)
        self._crowd.press(person)

    def _plan_statements(self, phone: Phone, taps: Sequence[Tap]) -> None:
        mine = [tap for tap in taps if tap.page is phone.page]
        if mine and isinstance(phone, DrillPhone) and phone.scenario.kept_open:
            self._spawn(self._state(phone, mine))

    # The gate, as phones meet it.

    def receive(self, records: Sequence[str], tell: TellAnswer) -> None:
        """Send one request, and tell what became of it."""
        self._spawn(self._post(records, tell))

    def tell_time(self, phone: Phone, tell: TellTime) -> None:
        """Ask once for a signed time."""
        self._spawn(self._fetch_time(phone, tell))

    def _spawn(self, work: Coroutine[None, None, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, records: Sequence[str], tell: TellAnswer) -> None:
        body = msgspec.json.encode({"punches": [{"record": record} for record in records]})
        loop, answer = asyncio.get_running_loop(), None
        began = loop.time()
        cut_off = self._world.dice.random() < self.lost_answer_share
        with suppress(NoAnswerError):
            answer = self._read(await self.client.post("/v1/punches", body, cut_off=cut_off), len(records))
        now_ms = self._now()
        if answer is None:
            self.seen.unanswered_ms.append(now_ms)
        elif answer.retry_after_s is not None:
            self.seen.busy_ms.append(now_ms)
        elif answer == _refused(len(records)):
            self.seen.refused_ms.append(now_ms)
        else:
            self.seen.accepted.append((now_ms, (loop.time() - began) * 1000))
        tell(answer)

    def _read(self, reply: Reply, count: int) -> GateAnswer | None:
        """What the gate says of so many records; None when somebody else speaks."""
        said = _members(reply)
        records = said.get("answers", [])
        if reply.status == HTTPStatus.OK:
            return GateAnswer(records) if len(records) == count else None
        if reply.status == HTTPStatus.SERVICE_UNAVAILABLE and reply.retry_after_s:
            # The gate counts in the seconds in which it works, and those are not scaled.
            return GateAnswer(retry_after_s=round(reply.retry_after_s * self.plan.speed))
        is_ours = "refusal" in said or (records and all("refusal" in one for one in records))
        return _refused(count) if is_ours and reply.status < 500 else None

    async def _fetch_time(self, phone: Phone, tell: TellTime) -> None:
        try:
            signed = await self._signed_time(phone)
        except NoAnswerError:
            self._now()
            tell(None)
            return
        self._now()
        phone.unheard_ms = None
        if signed is not None:
            tell(signed)

    async def _signed_time(self, phone: Phone) -> tuple[str, int] | None:
        """Without an answer within a phone's time-out, in its own time, the older one stays: at speed 60 a slow answer
        would otherwise tell of a clock that runs away.
        """
        asked_ms = self._now()
        nonce = bound_nonce(phone.draw.randbytes(NONCE_RANDOM_BYTES), phone.kid)
        reply = await self.client.get(f"/v1/time?nonce={b64url(nonce)}")
        token = _members(reply).get("token") if reply.status == HTTPStatus.OK else None
        return None if token is None or self._now() - asked_ms > REQUEST_TIMEOUT_MS else (token, _signed_ms(token))

    async def _state(self, phone: Phone, taps: Sequence[Tap]) -> None:
        """Deliver the statements of this page's taps; a page that stays open tries a few times."""
        for _ in range(STATEMENT_TRIES_MAX):
            with suppress(NoAnswerError):
                if (signed := await self._signed_time(phone)) is not None:
                    now_ms = self._now()
                    phone.hold(*signed, now_ms)
                    sent = [{"record": phone.statement(tap, now_ms)} for tap in taps]
                    answer = await self.client.post("/v1/witnesses", msgspec.json.encode({"witnesses": sent}))
                    if answer.status < 500:
                        return
            await asyncio.sleep(STATEMENT_AGAIN_MS / 1000 / self.plan.speed)


def _refused(count: int) -> GateAnswer:
    return GateAnswer([{}] * count)


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
