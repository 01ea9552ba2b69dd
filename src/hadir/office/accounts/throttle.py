"""How long a log-in waits after failures. Nobody is locked out: each wait is short, and no stranger makes it for ever.

Four counts, each of which forgets one failure after another (docs/threats.md, "Who waits at the log-in"):

1. A browser that the account knows: its own count alone. Nothing that others do at other places slows it.
2. The account from this address: a few are free, then one try after a growing wait.
3. The account from everywhere: over its limit, each address is told to wait once before a try of its is looked at.
4. The address, for all accounts: an office shares one, so its limit is wide; over it, one try every few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

_FIRST_WAIT_MS = 1_000
WAIT_MS_MAX = 30_000
_DOUBLINGS_MAX = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures are free, and each is forgotten after so long."""

    free: int
    forget_ms: int

    def level(self, forgotten_ms: int, now_ms: int) -> int:
        """Failures that count now."""
        return max(0, -(-(forgotten_ms - now_ms) // self.forget_ms))

    def add(self, forgotten_ms: int, now_ms: int) -> int:
        """When all will be forgotten, with one more. It has an end: a long attack is not remembered for days."""
        most = now_ms + self.forget_ms * self.free * 4
        return min(max(forgotten_ms, now_ms) + self.forget_ms, most)

    def is_over(self, forgotten_ms: int, now_ms: int) -> bool:
        return self.level(forgotten_ms, now_ms) >= self.free


BROWSER = Limit(free=10, forget_ms=6 * 60_000)
PAIR = Limit(free=5, forget_ms=12 * 60_000)
ACCOUNT = Limit(free=30, forget_ms=2 * 60_000)
ADDRESS = Limit(free=60, forget_ms=30_000)
CODE = Limit(free=20, forget_ms=3 * 60_000)
"""Wrong codes after a right password, from browsers that the account does not know."""
CONFIRM = Limit(free=10, forget_ms=6 * 60_000)
"""Wrong confirmations of a session; then it ends."""

SLOW_LANE_MS = 20_000
"""What a browser that is new to an attacked account waits, once."""
SLOW_LANE_KEPT_MS = 600_000
ADDRESS_PAUSE_MS = 2_000
CODE_PAUSE_MS = 30_000


def wait_ms(level: int, last_ms: int, now_ms: int) -> int:
    """Milliseconds until the next try of an account from an address: from one second up to thirty."""
    if level < PAIR.free or now_ms < last_ms:
        return 0
    full_ms = min(_FIRST_WAIT_MS << min(level - PAIR.free, _DOUBLINGS_MAX), WAIT_MS_MAX)
    return max(0, last_ms + full_ms - now_ms)
