"""The gate's log: one JSON object a line on standard error, for whoever keeps the machine.

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

Say = Callable[..., None]


class Log:
    """Writes events: `say("roster_loaded", version=3)`."""

    def __init__(self, now_ms: Callable[[], int], out: TextIO = sys.stderr) -> None:
        self._now_ms = now_ms
        self._out = out

    def say(self, event: str, **facts: float | str | None) -> None:
        line = json.dumps({"at_ms": self._now_ms(), "program": "gate", "event": event, **facts}, ensure_ascii=False)
        self._out.write(line + "\n")
        self._out.flush()

    def catch_libraries(self) -> None:
        """What libraries log, warnings and worse, becomes lines of ours."""
        logging.basicConfig(handlers=[_Library(self.say)], level=logging.WARNING, force=True)


class _Library(logging.Handler):
    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        self._say("library", name=record.name, level=record.levelname, text=self.format(record), error=kind)


def place_of(error: Exception) -> str:
    """The line of the program where `error` was raised; its message is left out, for it may quote what came in."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def silent(event: str, **facts: float | str | None) -> None:
    """For tests and simulations."""
