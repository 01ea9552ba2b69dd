"""The outbox of a phone: a table, not a program (vectors/outbox.json; the phone's twin is phone/src/core/outbox.ts).

`step` says what an entry becomes; it reads no clock, draws no random number and sends nothing. The promises: nothing
without a verified receipt is ever forgotten, no refusal deletes a tap, and a crowd of phones never comes back at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

SPREAD_MS = 20_000
CROWD_SPREAD_MS = 120_000
BACKOFF_MS = (4_000, 600_000, 600_000, 900_000, 1_800_000)
AWAY_MS = 60_000
RETRY_AFTER_MAX_MS = 3_600_000
REFUSED_MS = 21_600_000
REFUSED_SPREAD_MS = 1_800_000
AGAIN_SPREAD_MS = 3_600_000
REQUEST_TIMEOUT_MS = 10_000
BATCH_MAX = 20
RETENTION_MS = 35 * 86_400_000
_DELAY_MAX_MS = REFUSED_MS + REFUSED_SPREAD_MS


class OutboxState(StrEnum):
    """Where a tap stands on its phone."""

    WAITING = "waiting"
    SENDING = "sending"
    REFUSED = "refused"
    RECORDED = "recorded"
    EXPIRED = "expired"


class Happened(StrEnum):
    """What can happen to an entry.

    `GATE_HEARD`: the gate was asked for the time and its signed answer holds: it is not away any more. `NO_ANSWER`: a
    time-out, a broken connection, 5xx, a stranger's page, a receipt that does not verify. `NEW_JOURNAL`: the key list
    ended the journal that gave the receipt; its successor may lack the tap.
    """

    OPENED = "opened"
    NETWORK_BACK = "network_back"
    GATE_HEARD = "gate_heard"
    SENT = "sent"
    NO_ANSWER = "no_answer"
    OVERLOADED = "overloaded"
    REFUSED = "refused"
    RECEIPTED = "receipted"
    SWEPT = "swept"
    NEW_JOURNAL = "new_journal"


@dataclass(frozen=True, slots=True)
class Outboxed:
    """One tap in the outbox. Times are the phone's wall clock in milliseconds; `next_try_ms` is None when nothing is
    left to send.
    """

    state: OutboxState
    failures: int
    next_try_ms: int | None
    not_before_ms: int
    receipted_ms: int | None


@dataclass(frozen=True, slots=True)
class Chance:
    """`u` is uniform in [0, 1); `now_ms` the phone's wall clock."""

    u: float
    now_ms: int


def new_entry(now_ms: int, *, unheard_ms: int | None = None) -> Outboxed:
    """A new tap: a person waits for it, so its first try is at once.

    `unheard_ms` is when this phone last asked the gate anything and heard nothing, None when it was answered since. A
    gate that was away a moment ago is no blip: the tap's count of failures begins behind the quick second try.
    """
    away = unheard_ms is not None and 0 <= now_ms - unheard_ms <= AWAY_MS
    return Outboxed(OutboxState.WAITING, failures=int(away), next_try_ms=now_ms, not_before_ms=0, receipted_ms=None)


def step(entry: Outboxed, event: Happened, chance: Chance, *, retry_after_s: int = 0) -> Outboxed:
    """What the entry becomes; what is not in the table changes nothing. `retry_after_s` belongs to `OVERLOADED`."""
    transition = _TABLE[entry.state].get(event)
    if transition is None or (event is Happened.SWEPT and not _retention_is_over(entry, chance.now_ms)):
        return entry
    state, delay = transition
    next_ms = delay(entry, chance, retry_after_s)
    return Outboxed(
        state=state,
        failures=_failures_after(entry, event),
        next_try_ms=next_ms,
        not_before_ms=(next_ms or 0) if event in _PUTS_OFF else entry.not_before_ms,
        receipted_ms=chance.now_ms if event is Happened.RECEIPTED else entry.receipted_ms,
    )


def is_due(entry: Outboxed, now_ms: int) -> bool:
    """Due now. A time further away than the policy ever sets means that the wall clock was moved: try."""
    if entry.state not in {OutboxState.WAITING, OutboxState.REFUSED} or entry.next_try_ms is None:
        return False
    return entry.next_try_ms <= now_ms or entry.next_try_ms > now_ms + _DELAY_MAX_MS


def may_join(entry: Outboxed, now_ms: int) -> bool:
    """May ride along in a batch that goes anyway, unless the gate asked this entry to wait or refused it."""
    return is_due(entry, now_ms) or (entry.state is OutboxState.WAITING and entry.not_before_ms <= now_ms)


def _retention_is_over(entry: Outboxed, now_ms: int) -> bool:
    return entry.receipted_ms is not None and now_ms - entry.receipted_ms >= RETENTION_MS


def _failures_after(entry: Outboxed, event: Happened) -> int:
    if event is Happened.NO_ANSWER:
        return entry.failures + 1
    return entry.failures if event in _KEEPS_FAILURES else 0


_KEEPS_FAILURES = frozenset({Happened.SENT, Happened.OPENED, Happened.NETWORK_BACK, Happened.GATE_HEARD})
_PUTS_OFF = frozenset({Happened.OVERLOADED, Happened.NEW_JOURNAL})

_Delay = Callable[[Outboxed, Chance, int], int | None]


def _keep(entry: Outboxed, _: Chance, __: int) -> int | None:
    return entry.next_try_ms


def _none(_: Outboxed, __: Chance, ___: int) -> None:
    return None


def _spread(entry: Outboxed, chance: Chance, _: int) -> int:
    return _spread_over(entry, chance, SPREAD_MS)


def _crowd(entry: Outboxed, chance: Chance, _: int) -> int:
    return _spread_over(entry, chance, CROWD_SPREAD_MS)


def _spread_over(entry: Outboxed, chance: Chance, span_ms: int) -> int:
    """Sooner of what was planned and a random moment of the span, but not before the gate allows."""
    drawn = chance.now_ms + int(chance.u * span_ms)
    is_ahead = entry.next_try_ms is not None and entry.next_try_ms > chance.now_ms
    planned = min(entry.next_try_ms or 0, drawn) if is_ahead else drawn
    return max(planned, min(entry.not_before_ms, chance.now_ms + RETRY_AFTER_MAX_MS + CROWD_SPREAD_MS))


def _backoff(entry: Outboxed, chance: Chance, _: int) -> int:
    """A quick second try for a blip, then waits that suit an outage: half of it certain, half by chance."""
    return chance.now_ms + int((1 + chance.u) / 2 * BACKOFF_MS[min(entry.failures, len(BACKOFF_MS) - 1)])


def _retry_after(_: Outboxed, chance: Chance, retry_after_s: int) -> int:
    return chance.now_ms + min(retry_after_s * 1000, RETRY_AFTER_MAX_MS) + int(chance.u * CROWD_SPREAD_MS)


def _slow(_: Outboxed, chance: Chance, __: int) -> int:
    return chance.now_ms + REFUSED_MS + int(chance.u * REFUSED_SPREAD_MS)


def _again(_: Outboxed, chance: Chance, __: int) -> int:
    """Nobody waits for it, and every phone begins at the same moment."""
    return chance.now_ms + int(chance.u * AGAIN_SPREAD_MS)


_TABLE: dict[OutboxState, dict[Happened, tuple[OutboxState, _Delay]]] = {
    OutboxState.WAITING: {
        Happened.OPENED: (OutboxState.WAITING, _spread),
        Happened.NETWORK_BACK: (OutboxState.WAITING, _crowd),
        Happened.GATE_HEARD: (OutboxState.WAITING, _spread),
        Happened.SENT: (OutboxState.SENDING, _keep),
        Happened.RECEIPTED: (OutboxState.RECORDED, _none),
    },
    OutboxState.SENDING: {
        Happened.OPENED: (OutboxState.WAITING, _spread),
        Happened.NO_ANSWER: (OutboxState.WAITING, _backoff),
        Happened.OVERLOADED: (OutboxState.WAITING, _retry_after),
        Happened.REFUSED: (OutboxState.REFUSED, _slow),
        Happened.RECEIPTED: (OutboxState.RECORDED, _none),
    },
    OutboxState.REFUSED: {
        Happened.OPENED: (OutboxState.REFUSED, _spread),
        Happened.SENT: (OutboxState.SENDING, _keep),
        Happened.RECEIPTED: (OutboxState.RECORDED, _none),
    },
    OutboxState.RECORDED: {
        Happened.SWEPT: (OutboxState.EXPIRED, _none),
        Happened.NEW_JOURNAL: (OutboxState.WAITING, _again),
    },
    OutboxState.EXPIRED: {},
}
