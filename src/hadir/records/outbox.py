"""The phone's outbox as a table: what an entry becomes, and when it is tried next (`vectors/outbox.json`).

The phone itself runs the same table in TypeScript; both must pass the vectors. Nothing without a receipt is ever
forgotten, no refusal deletes a tap, and a crowd of phones never comes back at once. No clock, no dice: the moment and
one uniform number in [0, 1) are arguments.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

SPREAD_MS = 20_000
CROWD_SPREAD_MS = 120_000
BACKOFF_BASE_MS = 2_000
BACKOFF_CAP_MS = 300_000
#: A longer Retry-After is some broken proxy's; believe this much of it.
RETRY_AFTER_MAX_MS = 3_600_000
REFUSED_MS = 21_600_000
REFUSED_SPREAD_MS = 1_800_000
REQUEST_TIMEOUT_MS = 10_000
BATCH_MAX = 20
#: Counted from the receipt.
RETENTION_MS = 35 * 86_400_000
_DELAY_MAX_MS = REFUSED_MS + REFUSED_SPREAD_MS
_BACKOFF_DOUBLINGS_MAX = 30


class State(StrEnum):
    """Where a tap is."""

    WAITING = "waiting"
    SENDING = "sending"
    REFUSED = "refused"
    RECORDED = "recorded"
    EXPIRED = "expired"


class Event(StrEnum):
    """What happens to a tap. `NO_ANSWER` is also a captive portal's page and a receipt that does not verify."""

    OPENED = "opened"
    NETWORK_BACK = "network_back"
    SENT = "sent"
    NO_ANSWER = "no_answer"
    OVERLOADED = "overloaded"
    REFUSED = "refused"
    RECEIPTED = "receipted"
    SWEPT = "swept"


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A tap in the outbox. `failures` count since the last answer; before `not_before_ms` the gate asked not to be
    disturbed; `next_try_ms` is None when there is nothing left to send.
    """

    state: State
    failures: int
    next_try_ms: int | None
    not_before_ms: int
    receipted_ms: int | None

    def due(self, now_ms: int) -> bool:
        """To be tried now. A time further away than the policy ever sets means that the wall clock was moved: try."""
        return (
            self.state in (State.WAITING, State.REFUSED)
            and self.next_try_ms is not None
            and not now_ms < self.next_try_ms <= now_ms + _DELAY_MAX_MS
        )


@dataclass(frozen=True, slots=True)
class _Chance:
    u: float
    now_ms: int
    retry_after_s: int

    def within(self, span_ms: int) -> int:
        return int(self.u * span_ms)


def new_entry(now_ms: int) -> OutboxEntry:
    """A new tap: a person waits for it, so its first try is at once."""
    return OutboxEntry(state=State.WAITING, failures=0, next_try_ms=now_ms, not_before_ms=0, receipted_ms=None)


def advance(entry: OutboxEntry, event: Event, *, u: float, now_ms: int, retry_after_s: int = 0) -> OutboxEntry:
    """What `entry` becomes. A pair of state and event that is not in the table changes nothing."""
    row = _TABLE[entry.state].get(event)
    if row is None or (event is Event.SWEPT and not _retention_is_over(entry, now_ms)):
        return entry
    state, delay = row
    next_try_ms = delay(entry, _Chance(u=u, now_ms=now_ms, retry_after_s=retry_after_s))
    return replace(
        entry,
        state=state,
        failures=_failures_after(entry, event),
        next_try_ms=next_try_ms,
        not_before_ms=(next_try_ms or 0) if event is Event.OVERLOADED else entry.not_before_ms,
        receipted_ms=now_ms if event is Event.RECEIPTED else entry.receipted_ms,
    )


def _retention_is_over(entry: OutboxEntry, now_ms: int) -> bool:
    return entry.receipted_ms is not None and now_ms - entry.receipted_ms >= RETENTION_MS


def _failures_after(entry: OutboxEntry, event: Event) -> int:
    if event is Event.NO_ANSWER:
        return entry.failures + 1
    return entry.failures if event in (Event.SENT, Event.OPENED, Event.NETWORK_BACK) else 0


_Delay = Callable[[OutboxEntry, _Chance], int | None]


def _keep(entry: OutboxEntry, _: _Chance) -> int | None:
    return entry.next_try_ms


def _none(_: OutboxEntry, __: _Chance) -> int | None:
    return None


def _spread(entry: OutboxEntry, chance: _Chance) -> int:
    return _spread_over(entry, chance, SPREAD_MS)


def _crowd(entry: OutboxEntry, chance: _Chance) -> int:
    return _spread_over(entry, chance, CROWD_SPREAD_MS)


def _spread_over(entry: OutboxEntry, chance: _Chance, span_ms: int) -> int:
    """The sooner of what was planned and a random moment of the span, but not before the gate allows."""
    planned = chance.now_ms + chance.within(span_ms)
    if entry.next_try_ms is not None and entry.next_try_ms > chance.now_ms:
        planned = min(planned, entry.next_try_ms)
    return max(planned, min(entry.not_before_ms, chance.now_ms + RETRY_AFTER_MAX_MS + CROWD_SPREAD_MS))


def _backoff(entry: OutboxEntry, chance: _Chance) -> int:
    span_ms = min(BACKOFF_CAP_MS, BACKOFF_BASE_MS << min(entry.failures, _BACKOFF_DOUBLINGS_MAX))
    return chance.now_ms + chance.within(span_ms)


def _retry_after(_: OutboxEntry, chance: _Chance) -> int:
    told_ms = min(chance.retry_after_s * 1000, RETRY_AFTER_MAX_MS)
    return chance.now_ms + told_ms + chance.within(CROWD_SPREAD_MS)


def _slow(_: OutboxEntry, chance: _Chance) -> int:
    return chance.now_ms + REFUSED_MS + chance.within(REFUSED_SPREAD_MS)


_TABLE: Mapping[State, Mapping[Event, tuple[State, _Delay]]] = {
    State.WAITING: {
        Event.OPENED: (State.WAITING, _spread),
        Event.NETWORK_BACK: (State.WAITING, _crowd),
        Event.SENT: (State.SENDING, _keep),
        Event.RECEIPTED: (State.RECORDED, _none),
    },
    State.SENDING: {
        Event.OPENED: (State.WAITING, _spread),
        Event.NO_ANSWER: (State.WAITING, _backoff),
        Event.OVERLOADED: (State.WAITING, _retry_after),
        Event.REFUSED: (State.REFUSED, _slow),
        Event.RECEIPTED: (State.RECORDED, _none),
    },
    State.REFUSED: {
        Event.OPENED: (State.REFUSED, _spread),
        Event.SENT: (State.SENDING, _keep),
        Event.RECEIPTED: (State.RECORDED, _none),
    },
    State.RECORDED: {Event.SWEPT: (State.EXPIRED, _none)},
    State.EXPIRED: {},
}
#: (state, event) -> (state, name of the delay), as `vectors/outbox.json` writes them.
TABLE_NAMES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    state.value: {event.value: (to.value, delay.__name__.removeprefix("_")) for event, (to, delay) in row.items()}
    for state, row in _TABLE.items()
}
