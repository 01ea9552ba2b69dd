"""One simulated person with a phone: pages that live and end, clocks that lie, and the real outbox.

Only what a real phone would send leaves this file; what truly happened stays in `Tap.tapped_ms`.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from hadir.records.outbox import BATCH_MAX, Chance, Happened, Outboxed, OutboxState, is_due, may_join, new_entry, step
from rehearsal.morning.plan import Fate
from rehearsal.phones import Phone, record_hash

APP = "rehearsal"


@dataclass
class Page:
    """One life of the app's page: its own clock counts from the start and stands still while the phone sleeps."""

    origin_ms: int
    seen_ms: int
    mono_ms: int = 0

    def look(self, now_ms: int, *, slept: bool = False) -> int:
        """Milliseconds of this life so far."""
        if not slept:
            self.mono_ms += now_ms - self.seen_ms
        self.seen_ms = now_ms
        return self.mono_ms


@dataclass
class Tap:
    """One tap as the drill knows it. `signed_ms` is the gate's time that the record carries, `page` the life it was
    made in.
    """

    record: str
    hash: str
    tapped_ms: int
    signed_ms: int | None
    page: Page
    entry: Outboxed
    tries: int = 0
    first_try_ms: int | None = None
    index: int | None = None
    received_ms: int | None = None

    @property
    def is_receipted(self) -> bool:
        return self.index is not None


@dataclass
class Person:
    """A person, his phone, and what he did this morning."""

    fate: Fate
    phone: Phone
    draw: Random
    taps: list[Tap] = field(default_factory=list)
    page: Page | None = None
    held: dict[str, Any] | None = None
    held_signed_ms: int | None = None
    turned: bool = False
    is_sending: bool = False
    unheard_ms: int | None = None
    """When the gate was last asked and not heard; None when it was heard since."""

    def wall_ms(self, now_ms: int) -> int:
        """What his phone's clock shows at the true time `now_ms`."""
        return now_ms + self.fate.skew_ms - (self.fate.turned_back_ms if self.turned else 0)

    def open(self, now_ms: int, *, same_page: bool) -> None:
        """Look at the app: the page of before wakes up, or a new one begins."""
        if self.page is None or not same_page:
            self.page = Page(origin_ms=self.wall_ms(now_ms), seen_ms=now_ms)
        self.page.look(now_ms, slept=True)
        self._tell(Happened.OPENED, now_ms)

    def clocks(self, now_ms: int) -> dict[str, int]:
        """The three readings that a phone signs."""
        assert self.page is not None
        return {
            "wall_ms": self.wall_ms(now_ms),
            "mono_ms": self.page.look(now_ms),
            "origin_ms": self.page.origin_ms,
        }

    def hold(self, token: str, signed_ms: int, now_ms: int) -> dict[str, Any]:
        """Keep a signed time with the readings of the moment at which it came in."""
        self.held, self.held_signed_ms = {"token": token, **self.clocks(now_ms)}, signed_ms
        return self.held

    def tap(self, now_ms: int) -> Tap:
        """Press *Absen Masuk*: signed and kept; sending is the outbox's business."""
        assert self.page is not None
        clocks = self.clocks(now_ms)
        record = self.phone.punch("in", app=APP, signed_time=self.held, **clocks)
        tap = Tap(
            record=record,
            hash=record_hash(record),
            tapped_ms=now_ms,
            signed_ms=self.held_signed_ms,
            page=self.page,
            entry=new_entry(now_ms, unheard_ms=self.unheard_ms),
        )
        self.taps.append(tap)
        return tap

    def statement(self, tap: Tap, held: dict[str, Any], now_ms: int) -> str:
        """The delivery statement that ties a tap to a second signed time."""
        return self.phone.delivery(
            tap.record, held, first_try_ms=tap.first_try_ms, tries=max(1, tap.tries), **self.clocks(now_ms)
        )

    # The outbox: the table decides, here it is only asked.

    def take_batch(self, now_ms: int) -> list[Tap]:
        """What goes out now, marked as sent; empty when nothing is due."""
        due = [tap for tap in self.taps if is_due(tap.entry, now_ms)]
        if not due:
            return []
        riders = [tap for tap in self.taps if tap not in due and may_join(tap.entry, now_ms)]
        batch = [*due, *riders][:BATCH_MAX]
        for tap in batch:
            self.move(tap, Happened.SENT, now_ms)
            tap.tries += 1
            tap.first_try_ms = tap.first_try_ms or self.wall_ms(now_ms)
        return batch

    def move(self, tap: Tap, event: Happened, now_ms: int, *, retry_after_s: int = 0) -> None:
        tap.entry = step(tap.entry, event, Chance(self.draw.random(), now_ms), retry_after_s=retry_after_s)

    def next_try_ms(self) -> int | None:
        """When the outbox wants to be asked again."""
        waiting = (tap.entry for tap in self.taps if tap.entry.state in {OutboxState.WAITING, OutboxState.REFUSED})
        return min((entry.next_try_ms for entry in waiting if entry.next_try_ms is not None), default=None)

    def _tell(self, event: Happened, now_ms: int) -> None:
        for tap in self.taps:
            if tap.entry.state is not OutboxState.SENDING:
                self.move(tap, event, now_ms)
