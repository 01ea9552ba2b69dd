"""Proofs over HTTP against a head that somebody holds (docs/record-format.md section 9.1).

They are computed in one thread of their own, beside the writer; a request behind too many others is refused.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hadir.ledger import JournalError
from hadir.ledger.proofs import Prover
from hadir.records.encoding import b64
from hadir.records.note import NoteError, read_decimal
from hadir.records.refusals import Refusal, Refused

PROOFS_WAITING_MAX = 32
Done = Callable[[bytes | Refused], None]


class Proofs:
    """Answers `/v1/proof/…` for one journal."""

    def __init__(self, folder: Path) -> None:
        self._prover = Prover(folder)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="proofs")
        self._waiting = 0

    def consistency(self, query: bytes, done: Done) -> None:
        """`old=<size>&new=<size>`: the proof's hashes, one line of base64 each."""
        self._prove(self._prover.consistency, _numbers(query, "old", "new"), done)

    def inclusion(self, query: bytes, done: Done) -> None:
        """`index=<position>&size=<size>`: the proof's hashes, one line of base64 each."""
        self._prove(self._prover.inclusion, _numbers(query, "index", "size"), done)

    def _prove(self, prove: Callable[[int, int], list[bytes]], numbers: tuple[int, int], done: Done) -> None:
        """`done` is told in the event loop. Refused at once when too many wait."""
        if self._waiting >= PROOFS_WAITING_MAX:
            raise Refused(Refusal.BUSY)
        self._waiting += 1
        loop = asyncio.get_running_loop()
        self._worker.submit(lambda: loop.call_soon_threadsafe(self._tell, done, _outcome(prove, numbers)))

    def _tell(self, done: Done, outcome: bytes | Refused) -> None:
        self._waiting -= 1
        done(outcome)


def _outcome(prove: Callable[[int, int], list[bytes]], numbers: tuple[int, int]) -> bytes | Refused:
    try:
        return "".join(f"{b64(value)}\n" for value in prove(*numbers)).encode()
    except ValueError as error:
        return Refused(Refusal.BAD_RANGE, str(error))
    except (JournalError, sqlite3.Error):
        return Refused(Refusal.CANNOT_STORE)


def _numbers(query: bytes, *names: str) -> tuple[int, int]:
    """Exactly the two numbers, in this order."""
    parts = [part.partition("=") for part in query.decode("latin-1").split("&")]
    if tuple(name for name, _, _ in parts) != names:
        raise Refused(Refusal.BAD_RANGE, "?" + "&".join(f"{name}=" for name in names))
    try:
        first, second = (read_decimal(value) for _, _, value in parts)
    except NoteError as error:
        raise Refused(Refusal.BAD_RANGE, str(error)) from error
    return first, second
