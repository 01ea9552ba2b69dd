"""A phone in the simulation: all that happens to phones, on simulated time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hadir.records.outbox import REQUEST_TIMEOUT_MS, Happened, OutboxState
from rehearsal.phones import Phone, Tap, proven
from rehearsal.simulation.gate import Office, SimAnswer, SimGate
from rehearsal.simulation.world import Network, World

_LATER_MS = 1


@dataclass(kw_only=True, eq=False)
class SimPhone(Phone):
    """One person's phone, and how it reaches the gates."""

    world: World
    network: Network
    gates: Sequence[SimGate]
    office: Office
    moved: bool = False
    online: bool = True
    mistrusted: int = 0
    patience_ms: int = REQUEST_TIMEOUT_MS

    def __post_init__(self) -> None:
        self.draw = self.world.dice
        self._life = 0
        self._request = 0
        self._keys = self.office.keys
        self._open_page()

    def _open_page(self) -> None:
        """A new life of the page, with a signed time if a gate can be asked for one."""
        self.open(self.world.now_ms, same_page=False)
        if self.online:
            self._fetch_time()

    def _fetch_time(self) -> bool:
        """Whether a gate told a time."""
        signed = self._gate().time()
        if signed is None:
            self.unanswered((), self.world.now_ms)
        else:
            self.hold(*signed, self.world.now_ms)
        return signed is not None

    def press(self, direction: str = "in") -> None:
        """The person taps: signed and kept, then sent when the table says so."""
        tap = self.tap(self.world.now_ms, direction)
        self.world.note("tap", self.person, tap.record[-8:])
        self._look()

    def restart(self) -> None:
        """The page was killed in the middle of whatever it did, and is opened again."""
        self._life += 1
        self._open_page()
        if self.online:
            self._keys = self.office.keys
            self._send_again_what_ended()
        self._look()

    def _send_again_what_ended(self) -> None:
        """What an ended journal holds goes to its successor, also when its receipt comes after that news."""
        ended = {key.key.name for key in self._keys.keys if key.until_ms is not None}
        for tap in self.taps:
            if tap.receipt is not None and tap.receipt.leaf.origin in ended:
                self.happens(tap, Happened.NEW_JOURNAL, self.world.now_ms)

    def ask_time(self) -> None:
        """The page asks for a signed time now and then; an answer says that the gate is there."""
        if self.online and self._fetch_time():
            self._happens_to_all(Happened.GATE_HEARD)

    def move_clock(self, skew_ms: int) -> None:
        self.skew_ms = skew_ms
        self.moved = True
        self._look()

    def lose_network(self, for_ms: float) -> None:
        self.online = False
        self.world.after(for_ms, self._network_back)

    def _network_back(self) -> None:
        self.online = True
        self._happens_to_all(Happened.NETWORK_BACK)

    @property
    def settled(self) -> bool:
        known = self._keys is self.office.keys
        return known and all(tap.entry.state is OutboxState.RECORDED for tap in self.taps)

    def _happens_to_all(self, event: Happened) -> None:
        for tap in self.taps:
            self.happens(tap, event, self.world.now_ms)
        self._look()

    def _look(self) -> None:
        """Send what is due, or come back when something will be."""
        if self.is_sending:
            return
        if batch := self.take_batch(self.world.now_ms):
            self._send(batch)
        elif (next_ms := self.next_try_ms()) is not None:
            self.world.after(max(_LATER_MS, next_ms - self.world.now_ms), self._unless_restarted(self._look))

    def _unless_restarted(self, act: Callable[[], None]) -> Callable[[], None]:
        life = self._life
        return lambda: act() if life == self._life else None

    def _send(self, batch: Sequence[Tap]) -> None:
        self._request += 1
        request, gate = self._request, self._gate()
        give_up = self._unless_restarted(lambda: self._give_up(request, batch))
        take = self._unless_restarted
        self.world.note("phone", self.person, "sends", len(batch), "to", gate.signer.name)
        self.world.after(self.patience_ms, give_up)

        def answered(answer: SimAnswer | None) -> None:
            """The answer may be lost, late, or meet a phone that was restarted."""
            if self.online:
                self.network.send(give_up if answer is None else take(lambda: self._take(batch, answer)))

        if self.online:
            records = [tap.record for tap in batch]
            self.network.send(lambda: gate.receive(records, answered), portal=give_up)

    def _gate(self) -> SimGate:
        """Its own, now and then another: behind a name there may be several."""
        own = self.person % len(self.gates)
        return self.world.dice.choice(self.gates) if self.world.chance(0.2) else self.gates[own]

    def _give_up(self, request: int, batch: Sequence[Tap]) -> None:
        """Time-out, broken connection, or somebody else's page."""
        if request == self._request and self.is_sending:
            self.unanswered(batch, self.world.now_ms)
            self._look()

    def _take(self, batch: Sequence[Tap], answer: SimAnswer) -> None:
        self.unheard_ms, now_ms = None, self.world.now_ms
        self._keys = self.office.keys
        if answer.retry_after_s is not None:
            for tap in batch:
                self.happens(tap, Happened.OVERLOADED, now_ms, retry_after_s=answer.retry_after_s)
        for tap, given in zip(batch, answer.receipts, strict=False):
            if isinstance(given, int):
                self.happens(tap, Happened.REFUSED, now_ms)
            else:
                receipt = proven(tap, given, self._keys)
                self.mistrusted += receipt is None
                self.believe(tap, receipt, now_ms)
        self._send_again_what_ended()
        self._look()
