"""Taking the time, waiting for what will be, and saying how far it is."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException

from hadir.clock import SystemClock

_PAUSE_SECONDS = 0.02


class Stopwatch:
    """Wall time since it was made."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._began_ms = self._clock.mono_ms()

    @property
    def ms(self) -> int:
        return self._clock.mono_ms() - self._began_ms

    @property
    def seconds(self) -> float:
        return self.ms / 1000


def until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until it holds; nobody there yet is no answer. AssertionError with `what` after so many seconds."""
    watch = Stopwatch()
    while watch.seconds < seconds:
        with suppress(OSError, HTTPException):
            if holds():
                return
        time.sleep(_PAUSE_SECONDS)
    raise AssertionError(what)


def say(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
