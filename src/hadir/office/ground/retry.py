"""A row of people who were asked to come back: each behind all who were asked before him, so nobody comes in vain."""

import random
from collections.abc import Callable

COME_BACK_S_MIN = 3
COME_BACK_S_MAX = 180
_SPREAD_S = 2

#: An integer between two, both included: it spreads load and guards nothing.
Draw = Callable[[int, int], int]


class Row:
    """Of one program; not for several threads at once."""

    def __init__(self, draw: Draw = random.randint) -> None:
        self._draw = draw
        self._booked_ms = 0.0

    def come_back_s(self, now_ms: int, turn_ms: float) -> int:
        """In how many seconds, when everybody in the row takes `turn_ms`."""
        latest_ms = now_ms + (COME_BACK_S_MAX - COME_BACK_S_MIN - _SPREAD_S) * 1_000
        self._booked_ms = min(max(self._booked_ms, now_ms) + turn_ms, latest_ms)
        chance_s = self._draw(COME_BACK_S_MIN, COME_BACK_S_MIN + _SPREAD_S)
        return chance_s + int(self._booked_ms - now_ms) // 1_000
