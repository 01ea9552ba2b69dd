"""The one clock. Everything else is given the time.

A rehearsal folder may hold a simulated clock; a production folder never reads one (`hadir.site` decides which clock a
folder has).
"""

import ctypes
import json
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Protocol

ClockWord = Literal["ok", "unsynchronised", "stepped", "wrong", "simulated"]

#: What an unsynchronised machine's clock may be off by, when the kernel does not say.
UNKNOWN_ERROR_MS = 16_000


@dataclass(frozen=True)
class ClockQuality:
    """How far the wall clock may be trusted: true time lies within ± `error_ms`, as far as the machine knows."""

    word: ClockWord
    error_ms: int


class Clock(Protocol):
    """Wall time for records, monotonic time for durations."""

    def now_ms(self) -> int:
        """Unix time."""

    def mono_ms(self) -> int:
        """Never jumps; counts from an arbitrary start."""

    def quality(self) -> ClockQuality:
        """What the machine knows about its wall clock."""


class SystemClock:
    """The machine's clock, with the kernel's own estimate of its error (adjtimex(2))."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def quality(self) -> ClockQuality:
        return _kernel_quality()


_SIMULATED = ClockQuality(word="simulated", error_ms=0)


@dataclass(frozen=True)
class Pace:
    """Simulated time: it runs on from a moment, `speed` times as fast. `RehearsalClock` reads it from a file; code that
    sets it itself may ask it a million times.
    """

    mono_ms: int
    simulated_ms: int
    speed: float

    def now_ms(self) -> int:
        return self.simulated_ms + int((time.monotonic_ns() // 1_000_000 - self.mono_ms) * self.speed)


class RehearsalClock(SystemClock):
    """Simulated time from a small file that a rehearsal's tests and drill rewrite. It is "simulated" and right, unless
    the file says that it plays a machine's clock in doubt.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._pace = Pace(mono_ms=0, simulated_ms=0, speed=1.0)
        self._quality = _SIMULATED

    def now_ms(self) -> int:
        self._refresh()
        return self._pace.now_ms()

    def quality(self) -> ClockQuality:
        self._refresh()
        return self._quality

    def _refresh(self) -> None:
        found = self._path.stat()
        seen = (found.st_mtime_ns, found.st_ino)
        if seen != self._seen:
            fields = json.loads(self._path.read_text())
            self._pace, self._seen = Pace(fields["mono_ms"], fields["simulated_ms"], fields["speed"]), seen
            self._quality = ClockQuality(fields.get("word", _SIMULATED.word), fields.get("error_ms", 0))


def set_rehearsal_clock(
    path: Path, *, simulated_ms: int, speed: float = 1.0, quality: ClockQuality = _SIMULATED
) -> Pace:
    """From this moment a `RehearsalClock` on `path` shows `simulated_ms` and runs on (until the machine restarts)."""
    pace = Pace(mono_ms=time.monotonic_ns() // 1_000_000, simulated_ms=simulated_ms, speed=speed)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({**asdict(pace), **asdict(quality)}))
    draft.replace(path)
    return pace


class _Timex(ctypes.Structure):
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


_STA_UNSYNC = 0x40


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _kernel_quality() -> ClockQuality:
    timex = _Timex()
    try:
        answer = _libc().adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        answer = -1
    if answer < 0:
        return ClockQuality(word="unsynchronised", error_ms=UNKNOWN_ERROR_MS)
    error_ms = max(1, timex.maxerror // 1000)
    if timex.status & _STA_UNSYNC:
        return ClockQuality(word="unsynchronised", error_ms=min(error_ms, UNKNOWN_ERROR_MS))
    return ClockQuality(word="ok", error_ms=error_ms)
