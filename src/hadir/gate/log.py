"""The gate's log, and the door's: one JSON object a line on standard error, for operators.

It says what happened to the gate, never who tapped or where: no person, key, record, address or token is ever given to
it. What happened to people is in the journal.
"""

import json
import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

LogEvent = Callable[..., None]


class Log:
    """Writes events: `write("roster_loaded", version=3)`."""

    def __init__(self, now_ms: Callable[[], int], out: TextIO = sys.stderr, *, program: str = "gate") -> None:
        self._now_ms = now_ms
        self._out = out
        self._program = program

    def write(self, event: str, **facts: float | str | None) -> None:
        line = json.dumps(
            {"at_ms": self._now_ms(), "program": self._program, "event": event, **facts}, ensure_ascii=False
        )
        self._out.write(line + "\n")
        self._out.flush()

    def catch_libraries(self) -> None:
        """What libraries log, warnings and worse, becomes lines of ours."""
        logging.basicConfig(handlers=[Library(self.write)], level=logging.WARNING, force=True)


class Library(logging.Handler):
    def __init__(self, log: LogEvent) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Of a defect only what and where: a library may quote what it was given, in the message too."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Exception):
            self._log(
                "library", name=record.name, level=record.levelname, error=type(error).__name__, place=place_of(error)
            )
        else:
            self._log("library", name=record.name, level=record.levelname, text=record.getMessage())


def place_of(error: Exception) -> str:
    """The line of the program where `error` was raised; its message is left out, for it may quote what came in."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def silent(event: str, **facts: float | str | None) -> None:
    """For tests and simulations."""
