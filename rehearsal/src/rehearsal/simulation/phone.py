"""A phone in the simulation: real signed records, the real outbox table, and all that happens to phones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hadir.records.outbox import (
    BATCH_MAX,
    REQUEST_TIMEOUT_MS,
    Chance,
    Happened,
    Outboxed,
    OutboxState,
    is_due,
    new_entry,
    step,
)
from hadir.records.receipt import Receipt, ReceiptError, verify_receipt
from rehearsal.phones import Phone
from rehearsal.simulation.gate import Answer, Office, SimGate
from rehearsal.simulation.world import Network, World

_LATER_MS = 1


@dataclass
class SimPhone:
    """One person's phone: `outbox` holds every tap, `taps` when it was truly made, `receipts` what was proven last."""

    world: World
    network: Network
    phone: Phone
    gates: Sequence[SimGate]
    office: Office
    outbox: dict[str, Outboxed] = field(default_factory=dict)
    taps: dict[str, int] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    moved: bool = False
    online: bool = True
    skew_ms: int = 0
    tries: int = 0
    mistrusted: int = 0

    def __post_init__(self) -> None:
        self._life = 0
        self._request = 0
        self._in_flight: Sequence[str] = ()
        self._unheard_ms: int | None = None
        self._keys = self.office.keys
        self._open_page()

    def _open_page(self) -> None:
        """A new life of the page, with a signed time if a gate can be asked for one."""
        self._origin_ms, self._opened_ms = self._wall_ms, self.world.now_ms
        self._held: dict[str, object] | None = None
        token = self._gate().time() if self.online else None
        if token is not None:
            self._held = {"token": token, **self._clocks()}

    def _clocks(self) -> dict[str, int]:
        mono_ms = self.world.now_ms - self._opened_ms
        return {"wall_ms": self._wall_ms, "mono_ms": mono_ms, "origin_ms": self._origin_ms}

    def tap(self, direction: str = "in") -> None:
        """The person taps: signed and kept, then sent when the table says so."""
        record = self.phone.punch(direction, signed_time=self._held, **self._clocks())
        self.taps[record] = self.world.now_ms
        self.outbox[record] = new_entry(self._wall_ms, unheard_ms=self._unheard_ms)
        self.world.note("tap", self.phone.person, record[-8:])
        self._look()

    def restart(self) -> None:
        """The page was killed in the middle of whatever it did, and is opened again."""
        self._life += 1
        self._in_flight = ()
        self._open_page()
        for record in self.outbox:
            self._happens(record, Happened.OPENED)
        if self.online:
            self._keys = self.office.keys
            self._send_again_what_ended()
        self._look()

    def _send_again_what_ended(self) -> None:
        """What an ended journal holds goes to its successor, also when its receipt comes after that news."""
        ended = {key.key.name for key in self._keys.keys if key.until_ms is not None}
        for record, receipt in self.receipts.items():
            if receipt.leaf.origin in ended:
                self._happens(record, Happened.NEW_JOURNAL)

    def ask_time(self) -> None:
        """The page asks for a signed time now and then; an answer says that the gate is there."""
        if not self.online or (token := self._gate().time()) is None:
            return
        self._held = {"token": token, **self._clocks()}
        for record in self.outbox:
            self._happens(record, Happened.GATE_HEARD)
        self._look()

    def move_clock(self, skew_ms: int) -> None:
        self.skew_ms = skew_ms
        self.moved = True
        self._look()

    def lose_network(self, for_ms: float) -> None:
        self.online = False
        self.world.after(for_ms, self._network_back)

    def _network_back(self) -> None:
        self.online = True
        for record in self.outbox:
            self._happens(record, Happened.NETWORK_BACK)
        self._look()

    @property
    def settled(self) -> bool:
        known = self._keys is self.office.keys
        return known and all(entry.state is OutboxState.RECORDED for entry in self.outbox.values())

    @property
    def _wall_ms(self) -> int:
        return self.world.now_ms + self.skew_ms

    def _happens(self, record: str, event: Happened, *, retry_after_s: int = 0) -> None:
        chance = Chance(u=self.world.dice.random(), now_ms=self._wall_ms)
        self.outbox[record] = step(self.outbox[record], event, chance, retry_after_s=retry_after_s)

    def _look(self) -> None:
        """Send what is due, or come back when something will be."""
        if self._in_flight:
            return
        due = [record for record, entry in self.outbox.items() if is_due(entry, self._wall_ms)][:BATCH_MAX]
        if due:
            self._send(due)
            return
        times = [entry.next_try_ms for entry in self.outbox.values() if entry.next_try_ms is not None]
        if times:
            life = self._life
            self.world.after(max(_LATER_MS, min(times) - self._wall_ms), self._unless_restarted(life, self._look))

    def _unless_restarted(self, life: int, act: Callable[[], None]) -> Callable[[], None]:
        return lambda: act() if life == self._life else None

    def _send(self, records: Sequence[str]) -> None:
        self.tries += len(records)
        self._request += 1
        self._in_flight = records
        for record in records:
            self._happens(record, Happened.SENT)
        life, request, gate = self._life, self._request, self._gate()
        self.world.note("phone", self.phone.person, "sends", len(records), "to", gate.signer.name)
        self.world.after(REQUEST_TIMEOUT_MS, self._unless_restarted(life, lambda: self._give_up(request)))
        if self.online:
            self.network.send(
                lambda: gate.receive(records, lambda answer: self._answered(life, request, records, answer)),
                portal=self._unless_restarted(life, lambda: self._give_up(request)),
            )

    def _gate(self) -> SimGate:
        """Its own, now and then another: behind a name there may be several."""
        own = self.phone.person % len(self.gates)
        return self.world.dice.choice(self.gates) if self.world.chance(0.2) else self.gates[own]

    def _give_up(self, request: int) -> None:
        """Time-out, broken connection, or somebody else's page."""
        if request != self._request or not self._in_flight:
            return
        records, self._in_flight = self._in_flight, ()
        self._unheard_ms = self._wall_ms
        for record in records:
            self._happens(record, Happened.NO_ANSWER)
        self._look()

    def _answered(self, life: int, request: int, records: Sequence[str], answer: Answer) -> None:
        """The gate answers; the answer may be lost, late, or meet a phone that was restarted."""
        if self.online:
            self.network.send(self._unless_restarted(life, lambda: self._take(request, records, answer)))

    def _take(self, request: int, records: Sequence[str], answer: Answer) -> None:
        self._unheard_ms = None
        self._keys = self.office.keys
        if answer.retry_after_s is not None:
            for record in records:
                self._happens(record, Happened.OVERLOADED, retry_after_s=answer.retry_after_s)
        for record, given in zip(records, answer.receipts, strict=False):
            self._take_one(record, given)
        self._send_again_what_ended()
        if request == self._request:
            self._in_flight = ()
        self._look()

    def _take_one(self, record: str, given: str | int) -> None:
        if isinstance(given, int):
            self._happens(record, Happened.REFUSED)
            return
        try:
            proven = verify_receipt(record, given, self._keys)
        except ReceiptError:
            self.mistrusted += 1
            self._happens(record, Happened.NO_ANSWER)
            return
        self.receipts[record] = proven
        self._happens(record, Happened.RECEIPTED)
