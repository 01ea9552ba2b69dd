"""WHAT IS KEPT: append only; synced before anyone is told.

The promise, in words: when `Journal.append` returns, the leaves are on disk and the signed checkpoint covers them,
through a crash of the process, of the machine, and a cut of its power. Nothing is ever changed or taken out. One
program writes a journal at a time; any number may read it while it grows. After the first error of a write or sync a
journal is *broken*: it gives no more promises, and its process must end and open it again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.receipt import receipt_of_lines


class JournalError(Exception):
    """A journal that cannot be used; the message says what was found and where."""


class JournalBusyError(JournalError):
    """Another program writes this journal."""


class JournalSealedError(JournalError):
    """The journal was ended for good; another one goes on."""


class JournalMissingError(JournalError):
    """A journal that was begun is gone: a new one in its place would give its positions to other records."""


class JournalBrokenError(JournalError):
    """A write or sync failed: this process may promise nothing more."""


class JournalDamagedError(JournalError):
    """What stands at one position is not what was written there. The rest goes on."""

    def __init__(self, record_id: bytes, why: str) -> None:
        super().__init__(f"a leaf was damaged or changed ({why}). Run hadir audit.")
        self.record_id = record_id


class Entry(msgspec.Struct, frozen=True):
    """What to append. `id` is the UUIDv7 (16 bytes) that a phone gave its record; records of servers have none."""

    kind: Kind
    body: bytes
    id: bytes | None = None


class Proof(msgspec.Struct, frozen=True):
    """A leaf, its audit path as the lines of a receipt, and the signed checkpoint that the path leads to."""

    leaf: Leaf
    path_lines: str
    checkpoint: str

    @property
    def receipt(self) -> str:
        """The tlog-proof that a phone keeps."""
        return receipt_of_lines(self.leaf, self.path_lines, self.checkpoint)


class Reader(Protocol):
    """What followers and auditors need; indices count from 0."""

    @property
    def origin(self) -> str:
        """The journal's name."""

    def size(self) -> int:
        """How many leaves are durable."""

    def read(self, start: int, limit: int) -> list[Leaf]:
        """Up to `limit` leaves from `start` on, in order; empty at the end."""

    def checkpoint(self) -> str:
        """The newest signed checkpoint."""

    def prove(self, indices: Sequence[int]) -> list[Proof]:
        """A proof against the newest checkpoint for each index. IndexError for one that it does not cover."""


class Journal(Reader, Protocol):
    """The one writer's view."""

    def append(self, entries: Sequence[Entry], *, now_ms: int) -> Sequence[Leaf]:
        """Append in order, as one batch with one sync and one signed checkpoint. Durable once it returns.

        JournalBrokenError when it could not be made durable; the journal is then unusable.
        """

    def stage(self, entries: Sequence[Entry], *, now_ms: int) -> None:
        """The first half of `append`, which does not wait for the disk: nothing is promised yet."""

    def commit(self) -> Sequence[Leaf]:
        """The second half, which waits; between the two nothing else may be asked than `size` and `checkpoint`."""

    def find(self, record_id: bytes) -> Sequence[Leaf]:
        """The leaves that carry this record id, oldest first."""

    def find_all(self, record_ids: Iterable[bytes]) -> Mapping[bytes, Sequence[Leaf]]:
        """As `find`, for many ids in one look; an id that no leaf carries is absent.

        JournalDamagedError names an id whose leaf cannot be read.
        """
