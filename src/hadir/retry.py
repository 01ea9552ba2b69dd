"""When to come back: what gate, door and office answer to requests that they refuse because they are busy."""

import random
from collections.abc import Callable

#: An integer between two, both included: it spreads load and guards nothing.
Draw = Callable[[int, int], int]

RETRY_SECONDS_MIN = 3
RETRY_SECONDS_MAX = 180
_SPREAD_SECONDS = 2


class RetrySchedule:
    """Each retry is booked behind all before it, as fast as the program works: a crowd comes back one by one, and each
    of it once. For one program, not for several threads at once.
    """

    def __init__(
        self,
        *,
        seconds_min: int = RETRY_SECONDS_MIN,
        seconds_max: int = RETRY_SECONDS_MAX,
        spread_seconds: int = _SPREAD_SECONDS,
        draw: Draw = random.randint,
    ) -> None:
        self._min_s, self._spread_s, self._draw = seconds_min, spread_seconds, draw
        self._ahead_ms_max = (seconds_max - seconds_min - spread_seconds) * 1_000
        self._booked_ms = 0.0

    def retry_after_s(self, now_ms: int, turn_ms: float) -> int:
        """In how many seconds, when each retry takes `turn_ms`."""
        self._booked_ms = min(max(self._booked_ms, now_ms) + turn_ms, now_ms + self._ahead_ms_max)
        chance_s = self._draw(self._min_s, self._min_s + self._spread_s)
        return chance_s + int(self._booked_ms - now_ms) // 1_000


def spread_s(seconds: range) -> int:
    """Some of these seconds, so that not all come back at once: for a fault that ends whenever it ends."""
    return random.choice(seconds)  # noqa: S311 - it spreads load and guards nothing
