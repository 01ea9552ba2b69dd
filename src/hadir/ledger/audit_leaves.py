"""The audit's heavy part: read a range of leaves, check each, hash them into tiles. Ranges are independent, so several
processes share a large journal.

Receive times may run backwards: a clock may be set back, and then its gate says so in a record of its own. A record of
somebody's that stands before its neighbours without such a word was written later than it says.
"""

import hashlib
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from hadir.ledger.audit_devices import SignatureCheck, SignatureSums
from hadir.ledger.audit_ids import AuditFault, IdSums
from hadir.ledger.sqlite import connect_reader
from hadir.ledger.tree import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, fold
from hadir.records.kinds import Kind
from hadir.records.leaf import parse_leaf

#: Whole tiles of the lowest level in one range.
RANGE_LEAVES = 64 * TILE_WIDTH
_KINDS = frozenset(Kind)
#: A gate records a jump of its clock by more than this; smaller ones are its machine's daily corrections.
BACK_MS_MAX = 2_000
LISTED_MAX = 100
#: What a program writes about itself: it carries the new time first.
_EXPLAINS = frozenset({
    Kind.GATE_START, Kind.GATE_STOP, Kind.ROSTER_LOADED, Kind.CLOCK_STATE, Kind.JOURNAL_OPENED, Kind.JOURNAL_SEALED,
})  # fmt: skip


@dataclass(frozen=True)
class Range:
    """Leaves [begin, end) of a journal of `size` leaves; `begin` is the start of a tile."""

    file: Path
    origin: str
    begin: int
    end: int
    size: int


@dataclass(frozen=True, slots=True)
class ClockBack:
    """The leaf at `index` was received, as it says, `ms` before the one ahead of it; `explained` by a gate's word."""

    index: int
    ms: int
    explained: bool


@dataclass
class ClockSums:
    """Where times run backwards in a part of a journal: the first `LISTED_MAX` places, and how many there are."""

    listed: list[ClockBack] = field(default_factory=list)
    count: int = 0
    unexplained: ClockBack | None = None
    #: Whether the writer tells of its clock at all: a gate does, the office does not.
    speaks: bool = False
    last_ms: int | None = None
    begins: tuple[int, int, int] | None = None

    def add(self, kinds: Sequence[int], received: Sequence[int], first: int) -> None:
        """Add leaves that stand behind those that were added, from position `first` on."""
        if self.begins is None:
            self.begins = (first, kinds[0], received[0])
        self.speaks = self.speaks or Kind.GATE_START in kinds
        times = received if self.last_ms is None else (self.last_ms, *received)
        begin = first + len(received) - len(times) + 1
        self.last_ms = received[-1]
        if list(times) != sorted(times):
            for at, (before_ms, now_ms) in enumerate(pairwise(times), begin):
                self._look(at, kinds[at - first], before_ms, now_ms)

    def join(self, behind: "ClockSums") -> None:
        """Add the part of the journal that comes next."""
        if behind.begins is None:
            return
        if self.last_ms is not None:
            at, kind, received = behind.begins
            self._look(at, kind, self.last_ms, received)
        else:
            self.begins = behind.begins
        self.last_ms = behind.last_ms
        self.listed = [*self.listed, *behind.listed][:LISTED_MAX]
        self.count += behind.count
        self.unexplained = self.unexplained or behind.unexplained
        self.speaks = self.speaks or behind.speaks

    def _look(self, index: int, kind: int, before_ms: int, now_ms: int) -> None:
        if before_ms - now_ms <= BACK_MS_MAX:
            return
        back = ClockBack(index=index, ms=before_ms - now_ms, explained=kind in _EXPLAINS)
        self.count += 1
        if len(self.listed) < LISTED_MAX:
            self.listed.append(back)
        if not back.explained and self.unexplained is None:
            self.unexplained = back


@dataclass
class Read:
    """What a range holds: the root of each full tile, the hashes of the leaves after the last one, the sums of its
    record ids and signatures, where its receive times run backwards; and, if it could not be read to its end, why.
    """

    roots: list[bytes] = field(default_factory=list)
    edge: list[bytes] = field(default_factory=list)
    ids: IdSums = field(default_factory=IdSums)
    signatures: SignatureSums = field(default_factory=SignatureSums)
    clock: ClockSums = field(default_factory=ClockSums)
    fault: AuditFault | None = None


class _Looking:
    """How this process looks at signatures; None: not at all. Processes that share a journal are forked with it."""

    look: SignatureCheck | None = None


def begin_looking(look: SignatureCheck | None) -> None:
    """Look at signatures in `read_range` from now on, in this process."""
    _Looking.look = look
    if look is not None:
        look.begin()


def read_range(wanted: Range) -> Read:
    """Read `wanted`. Never raises for what a damaged file may hold: that is a fault, in the result."""
    read = Read()
    try:
        with closing(connect_reader(wanted.file)) as db:
            for first in range(wanted.begin, wanted.end, TILE_WIDTH):
                _read_tile(db, wanted, first, read)
    except AuditFault as fault:
        read.fault = fault
    except (sqlite3.Error, struct.error, ValueError, TypeError, AttributeError) as error:
        position = wanted.begin + TILE_WIDTH * len(read.roots)
        read.fault = AuditFault(position, f"the file cannot be read from here on: {error}")
    return read


def compare_tile(db: sqlite3.Connection, level: int, number: int, hashes: Sequence[bytes]) -> None:
    """The stored tile must hold `hashes`, to which the leaves lead. AuditFault at the first that differs."""
    rows = db.execute("SELECT hashes FROM tile WHERE level = ? AND number = ?", (level, number)).fetchall()
    stored = rows[0][0] if rows else b""
    if stored == b"".join(hashes):
        return
    width = 1 << TILE_HEIGHT * level
    if len(stored) != TILE_WIDTH * HASH_BYTES:
        raise AuditFault(number * TILE_WIDTH * width, f"tile {number} of level {level} is missing or of another length")
    place = next(at for at, value in enumerate(hashes) if stored[at * HASH_BYTES : (at + 1) * HASH_BYTES] != value)
    position = (number * TILE_WIDTH + place) * width
    raise AuditFault(position, f"position {position} and the tile over it (level {level}) do not agree")


def _read_tile(db: sqlite3.Connection, wanted: Range, first: int, read: Read) -> None:
    """Up to 256 leaves: a whole tile, except at the journal's end."""
    end = min(first + TILE_WIDTH, wanted.end)
    rows = db.execute("SELECT idx, data FROM leaf WHERE idx >= ? AND idx < ? ORDER BY idx", (first, end)).fetchall()
    if len(rows) != end - first:
        raise AuditFault(_gap(rows, first), f"position {_gap(rows, first)} is missing")
    leaves = [data for _, data in rows]
    kinds, received = _check_headers(leaves, first, wanted)
    read.ids.add_leaves(leaves, kinds, first)
    read.clock.add(kinds, received, first)
    if _Looking.look is not None:
        _Looking.look.at(leaves, kinds, first, read.signatures)
    digest = hashlib.sha256
    hashes = [digest(b"\x00" + data).digest() for data in leaves]
    if len(hashes) < TILE_WIDTH:
        read.edge = hashes
        return
    compare_tile(db, 0, first >> TILE_HEIGHT, hashes)
    read.roots.append(fold(hashes))


def _gap(rows: list[tuple[int, bytes]], first: int) -> int:
    return next((first + at for at, (index, _) in enumerate(rows) if index != first + at), first + len(rows))


def _check_headers(leaves: list[bytes], first: int, wanted: Range) -> tuple[Sequence[int], Sequence[int]]:
    """The leaves' kinds and receive times. Each must be a leaf of this journal at its own position.

    Column by column, for speed.
    """
    name = wanted.origin.encode("ascii")
    header = struct.Struct(f">BBB{len(name)}sQQI")
    count = len(leaves)
    try:
        columns = list(zip(*[header.unpack_from(data) for data in leaves], strict=True))
    except (struct.error, TypeError):
        raise _first_wrong(leaves, first, wanted) from None
    version, kinds, length, origin, at, received, body = columns
    good = (
        version.count(1) == count
        and length.count(len(name)) == count
        and origin.count(name) == count
        and at == tuple(range(first, first + count))
        and list(body) == [len(data) - header.size for data in leaves]
        and _KINDS.issuperset(kinds)
        and not _turns_at_wrong_place(kinds, first, wanted.size)
    )
    if not good:
        raise _first_wrong(leaves, first, wanted)
    return kinds, received


def _turns_at_wrong_place(kinds: Sequence[int], first: int, size: int) -> bool:
    """A journal is opened by its first leaf and sealed by its last, or by none."""
    opened = kinds[1:] if first == 0 else kinds
    sealed = kinds[:-1] if first + len(kinds) == size else kinds
    return Kind.JOURNAL_OPENED in opened or Kind.JOURNAL_SEALED in sealed


def _first_wrong(leaves: list[bytes], first: int, wanted: Range) -> AuditFault:
    faults = (_what_is_wrong(data, first + at, wanted) for at, data in enumerate(leaves))
    return next((fault for fault in faults if fault is not None), AuditFault(first, "a leaf is misspelt"))


def _what_is_wrong(data: bytes, index: int, wanted: Range) -> AuditFault | None:
    try:
        leaf = parse_leaf(data)
    except (ValueError, TypeError) as error:
        return AuditFault(index, f"position {index} holds no leaf: {error}")
    if (leaf.index, leaf.origin) != (index, wanted.origin):
        return AuditFault(index, f"position {index} holds the leaf of position {leaf.index} of {leaf.origin}")
    if leaf.kind is Kind.JOURNAL_OPENED and index:
        return AuditFault(index, f"position {index} opens a journal that is open")
    if leaf.kind is Kind.JOURNAL_SEALED and index != wanted.size - 1:
        return AuditFault(index + 1, f"position {index} sealed the journal, and more stands after it")
    return None


def ranges(file: Path, origin: str, size: int) -> Iterator[Range]:
    """A journal of `size` leaves, in pieces for `read_range`."""
    for begin in range(0, size, RANGE_LEAVES):
        yield Range(file=file, origin=origin, begin=begin, end=min(begin + RANGE_LEAVES, size), size=size)
