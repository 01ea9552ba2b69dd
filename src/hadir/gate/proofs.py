"""Proofs over HTTP for whoever holds a head (docs/record-format.md section 9.1).

They are computed in one thread of their own, beside the desk; who would wait behind too many others is refused.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hadir.ledger.proofs import Prover
from hadir.records.encoding import b64
from hadir.records.note import NoteError, read_decimal
from hadir.records.refusals import Refusal, Refused

PROOFS_WAITING_MAX = 32


class Proofs:
    """Answers `/v1/proof/…` for one journal."""

    def __init__(self, folder: Path) -> None:
        self._prover = Prover(folder)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="proofs")
        self._waiting = 0

    async def consistency(self, query: bytes) -> bytes:
        """`old=<size>&new=<size>`: the proof's hashes, one line of base64 each."""
        old, new = _numbers(query, "old", "new")
        return await self._prove(self._prover.consistency, old, new)

    async def inclusion(self, query: bytes) -> bytes:
        """`index=<position>&size=<size>`: the proof's hashes, one line of base64 each."""
        index, size = _numbers(query, "index", "size")
        return await self._prove(self._prover.inclusion, index, size)

    async def _prove(self, prove: Callable[[int, int], list[bytes]], first: int, second: int) -> bytes:
        if self._waiting >= PROOFS_WAITING_MAX:
            raise Refused(Refusal.BUSY)
        self._waiting += 1
        try:
            hashes = await asyncio.get_running_loop().run_in_executor(self._worker, prove, first, second)
        except ValueError as error:
            raise Refused(Refusal.BAD_RANGE, str(error)) from error
        finally:
            self._waiting -= 1
        return "".join(f"{b64(value)}\n" for value in hashes).encode()


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
