"""How long a caller must wait after failed log-ins. Nobody is ever locked out: the wait is short and has a ceiling."""

from __future__ import annotations

FREE_FAILURES = 5
WAIT_MS_MAX = 30_000
FORGET_AFTER_MS = 3_600_000
_FIRST_WAIT_MS = 1_000
_DOUBLINGS_MAX = 10


def wait_ms(failures: int, last_ms: int, now_ms: int) -> int:
    """Milliseconds until the next try is looked at: none up to five failures, then from one second up to thirty."""
    if failures < FREE_FAILURES or now_ms < last_ms or now_ms - last_ms >= FORGET_AFTER_MS:
        return 0
    full_ms = min(_FIRST_WAIT_MS << min(failures - FREE_FAILURES, _DOUBLINGS_MAX), WAIT_MS_MAX)
    return max(0, last_ms + full_ms - now_ms)
