"""Log-ins come one at a time: comparing a password takes a core, and the morning needs the other.

1. Whoever sends a name and a password takes the last place of a short row, in the order they came.
2. Who stands in front has his password compared; nobody waits longer than the row is long.
3. When the row is full, a person is asked to come back in so many seconds: behind everybody who was asked before.
4. The page with the form is not handed out while the row is half full, or people would type for nothing.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hadir.retry import RetrySchedule

#: Of the office's sixteen threads (serve.py, deploy/): the others answer those who are in.
PLACES = 8
_TURN_MS_GUESS = 50.0
_MEMORY = 0.8


class BusyError(Exception):
    """Nobody may join now. `seconds` later there will be a place."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"come back in {seconds} seconds")
        self.seconds = seconds


class Turns:
    """The row of one worker process; `mono_ms` is its clock."""

    def __init__(self, mono_ms: Callable[[], int], *, places: int = PLACES) -> None:
        self._mono_ms, self._places = mono_ms, places
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._retries = RetrySchedule()
        self._turn_ms = _TURN_MS_GUESS

    def check_room(self) -> None:
        """BusyError when somebody who asks for the form now would hardly find a place."""
        with self._lock:
            self._check(self._places // 2)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The block runs when everybody who came before is done. BusyError when too many wait."""
        with self._lock:
            self._check(self._places)
            mine = threading.Event()
            self._waiting.append(mine)
            if self._waiting[0] is mine:
                mine.set()
        mine.wait()
        began_ms = self._mono_ms()
        try:
            yield
        finally:
            with self._lock:
                self._turn_ms = _MEMORY * self._turn_ms + (1 - _MEMORY) * (self._mono_ms() - began_ms)
                self._waiting.popleft()
                if self._waiting:
                    self._waiting[0].set()

    def _check(self, places: int) -> None:
        if len(self._waiting) >= places:
            raise BusyError(self._retries.retry_after_s(self._mono_ms(), self._turn_ms))
