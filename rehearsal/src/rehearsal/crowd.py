"""The crowd: everybody's phones in one world of events, on their way to gates that are simulated, or really there.

An answer counts only if its receipts verify here, with the key list alone; what the outbox wants to try again goes back
into the world's agenda.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from hadir.records.keys import KeyList
from hadir.records.outbox import REQUEST_TIMEOUT_MS, Happened, OutboxState
from rehearsal.phones import Phone, Tap, proven
from rehearsal.world import Network, World

_LATER_MS = 1


@dataclass(frozen=True)
class GateAnswer:
    """What a gate answers to one request: what it says of each record, or 503 for all and when to come again."""

    records: Sequence[Mapping[str, Any]] = ()
    retry_after_s: int | None = None


TellAnswer = Callable[[GateAnswer | None], None]
TellTime = Callable[[tuple[str, int] | None], None]
"""A token and the time that it says."""


class GateInReach(Protocol):
    """What phones meet. It tells each request's answer once or never; None when nobody answered, or somebody else."""

    @property
    def name(self) -> str:
        """For the trace."""

    def receive(self, records: Sequence[str], tell: TellAnswer) -> None:
        """A request arrives."""

    def tell_time(self, phone: Phone, tell: TellTime) -> None:
        """A phone asks for a signed time."""


@dataclass(kw_only=True)
class Crowd:
    """All that happens to phones. `keys` is the key list as it is published now: phones take it when they meet a gate.
    `patience_ms`: without an answer for so long a phone gives up; None where the network itself does.
    """

    world: World
    network: Network
    gates: Sequence[GateInReach]
    keys: Callable[[], KeyList]
    patience_ms: int | None = REQUEST_TIMEOUT_MS
    when_receipted: Callable[[Phone, Sequence[Tap]], object] = lambda *_: None

    # What people do.

    def open(self, phone: Phone, *, same_page: bool = False) -> None:
        """Somebody looks at the app, which asks for a signed time if a gate can be asked for one."""
        phone.open(self.world.now_ms, same_page=same_page)
        self.fetch_time(phone)

    def press(self, phone: Phone, direction: str = "in") -> None:
        """A tap: signed and kept, then sent when the table says so."""
        tap = phone.tap(self.world.now_ms, direction)
        self.world.note("tap", phone.person, tap.record[-8:])
        self._look(phone)

    def restart(self, phone: Phone) -> None:
        """The page was killed in the middle of whatever it did, and is opened again."""
        phone.life += 1
        self.open(phone)
        if phone.online:
            phone.keys = self.keys()
            self._send_again_what_ended(phone)
        self._look(phone)

    def move_clock(self, phone: Phone, skew_ms: int) -> None:
        phone.skew_ms = skew_ms
        self._look(phone)

    def lose_network(self, phone: Phone, for_ms: float) -> None:
        phone.online = False
        self.world.after(for_ms, partial(self._network_back, phone))

    def ask_time(self, phone: Phone) -> None:
        """The page asks for a signed time now and then; an answer says that the gate is there."""
        self.fetch_time(phone, lambda: self._happens_to_all(phone, Happened.GATE_HEARD))

    def is_settled(self, phone: Phone) -> bool:
        recorded = all(tap.entry.state is OutboxState.RECORDED for tap in phone.taps)
        return recorded and phone.keys is self.keys()

    # What its page does.

    def fetch_time(self, phone: Phone, then: Callable[[], object] = lambda: None) -> None:
        """`then`: once the phone holds it."""

        def told(signed: tuple[str, int] | None) -> None:
            if signed is None:
                phone.unanswered((), self.world.now_ms)
            else:
                phone.hold(*signed, self.world.now_ms)
                then()

        if phone.online:
            self._gate(phone).tell_time(phone, told)

    def _network_back(self, phone: Phone) -> None:
        phone.online = True
        self._happens_to_all(phone, Happened.NETWORK_BACK)

    def _happens_to_all(self, phone: Phone, event: Happened) -> None:
        for tap in phone.taps:
            phone.happens(tap, event, self.world.now_ms)
        self._look(phone)

    def _look(self, phone: Phone) -> None:
        """Send what is due, or come back when something will be."""
        now_ms = self.world.now_ms
        if phone.is_sending:
            return
        if batch := phone.take_batch(now_ms):
            self._send(phone, batch)
        elif (next_ms := phone.next_try_ms()) is not None:
            self.world.after(max(_LATER_MS, next_ms - now_ms), self._in_this_life(phone, partial(self._look, phone)))

    def _in_this_life(self, phone: Phone, act: Callable[[], None]) -> Callable[[], None]:
        life = phone.life
        return lambda: act() if life == phone.life else None

    def _send(self, phone: Phone, batch: Sequence[Tap]) -> None:
        phone.requests += 1
        gate = self._gate(phone)
        give_up = self._in_this_life(phone, partial(self._give_up, phone, phone.requests, batch))
        self.world.note("phone", phone.person, "sends", len(batch), "to", gate.name)
        if self.patience_ms is not None:
            self.world.after(self.patience_ms, give_up)

        def answered(answer: GateAnswer | None) -> None:
            """The answer may be lost, late, or meet a phone that was restarted."""
            if phone.online and answer is None:
                self.network.send(give_up)
            elif phone.online and answer is not None:
                self.network.send(self._in_this_life(phone, partial(self._take, phone, batch, answer)))

        if phone.online:
            self.network.send(partial(gate.receive, [tap.record for tap in batch], answered), portal=give_up)

    def _gate(self, phone: Phone) -> GateInReach:
        """Its own, now and then another: behind a name there may be several."""
        own = phone.person % len(self.gates)
        return self.world.dice.choice(self.gates) if self.world.chance(0.2) else self.gates[own]

    def _give_up(self, phone: Phone, request: int, batch: Sequence[Tap]) -> None:
        """Time-out, broken connection, or somebody else's page."""
        if request == phone.requests and phone.is_sending:
            phone.unanswered(batch, self.world.now_ms)
            self._look(phone)

    def _take(self, phone: Phone, batch: Sequence[Tap], answer: GateAnswer) -> None:
        phone.unheard_ms, now_ms = None, self.world.now_ms
        phone.keys = self.keys()
        for tap in batch:
            tap.answered += 1
            if answer.retry_after_s is not None:
                phone.happens(tap, Happened.OVERLOADED, now_ms, retry_after_s=answer.retry_after_s)
        for tap, said in zip(batch, answer.records, strict=False):
            if "receipt" in said:
                receipt = proven(tap, said, phone.keys)
                phone.mistrusted += receipt is None
                phone.believe(tap, receipt, now_ms)
            else:
                phone.happens(tap, Happened.REFUSED, now_ms)
        self.when_receipted(phone, [tap for tap in batch if tap.receipt is not None])
        self._send_again_what_ended(phone)
        self._look(phone)

    def _send_again_what_ended(self, phone: Phone) -> None:
        """What an ended journal holds goes to its successor, also when its receipt comes after that news."""
        ended = {key.key.name for key in self.keys().keys if key.until_ms is not None}
        for tap in phone.taps:
            if tap.receipt is not None and tap.receipt.leaf.origin in ended:
                phone.happens(tap, Happened.NEW_JOURNAL, self.world.now_ms)
