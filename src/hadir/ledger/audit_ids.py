"""Does a journal's index by record id hold exactly its records?

The index is ordered by id, the leaves by position, and neither fits into memory. So both sides are added up as keyed
64-bit sums, which agree only when the same pairs (id, position) were added; only a journal whose sums differ is walked
again to find where. Python's hash of bytes is SipHash with a key that no attacker knows: it is new in each run of a
program, and its forked processes share it.
"""

import binascii
import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hadir.records.encoding import un_b64url
from hadir.records.kinds import PUNCH_KINDS, WITNESS_KINDS
from hadir.records.leaf import parse_leaf

_PAGE = 4_096
_ID_BYTES = 16
_MASK = 2**64 - 1
_WITH_ID = frozenset(int(kind) for kind in PUNCH_KINDS | WITNESS_KINDS)
#: How a record of Hadir's own phone begins; others may order their members otherwise.
_BEGIN = b'{"v":1,"id":"'
_END = len(_BEGIN) + 36
#: base64 of 51 bytes, which hold the beginning and the id.
_BEGIN_LETTERS = 68
#: Bytes of a leaf's header without its origin, whose length is the third.
_HEADER_BYTES = 23
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class IdFault(ValueError):  # noqa: N818 - a finding, not an error of ours
    """A leaf that should carry a record id and does not."""

    def __init__(self, position: int) -> None:
        super().__init__(f"position {position} holds no record with an id")
        self.position = position


@dataclass
class IdSums:
    """A keyed sum over pairs (id, position), and how many there were."""

    total: int = 0
    count: int = 0

    def add_leaves(self, leaves: Sequence[bytes], kinds: Sequence[int], first: int) -> None:
        """Add the ids of these leaves, the first of which stands at `first`. IdFault for a record without one."""
        chosen = [at for at, kind in enumerate(kinds) if kind in _WITH_ID]
        if chosen:
            ids = _ids_of([leaves[at] for at in chosen]) or [_read_id(leaves[at], first + at) for at in chosen]
            self._add(ids, [first + at for at in chosen])

    def add(self, other: "IdSums") -> None:
        self.total = (self.total + other.total) & _MASK
        self.count += other.count

    def _add(self, ids: Sequence[bytes], positions: Sequence[int]) -> None:
        spelt = [found + at.to_bytes(8, "big") for found, at in zip(ids, positions, strict=True)]
        self.total = (self.total + sum(map(hash, spelt))) & _MASK
        self.count += len(spelt)


def stored_ids(db: sqlite3.Connection) -> IdSums:
    """The sums over the stored index."""
    sums = IdSums()
    cursor = db.execute("SELECT id, idx FROM record_id")
    while rows := cursor.fetchmany(_PAGE):
        sums._add([found for found, _ in rows], [at for _, at in rows])  # noqa: SLF001 - its own kind
    return sums


def first_bad_id(db: sqlite3.Connection, size: int) -> int:
    """The first position whose record the index lacks, holds twice, or holds under another id; `size` when an entry
    points behind the end. One byte of memory for each position.
    """
    seen = bytearray(size)
    for found, at in _pages(db.execute("SELECT id, idx FROM record_id")):
        if 0 <= at < size:
            seen[at] += 1 if found == _stored_id(db, at) else 2
    bad = (at for at, data in _pages(db.execute("SELECT idx, data FROM leaf ORDER BY idx")) if seen[at] != _owed(data))
    return next(bad, size)


def _owed(data: bytes) -> int:
    """How many entries of the index a leaf must have."""
    return int(parse_leaf(data).kind in _WITH_ID)


def _stored_id(db: sqlite3.Connection, at: int) -> bytes | None:
    data = bytes(db.execute("SELECT data FROM leaf WHERE idx = ?", (at,)).fetchone()[0])
    return _read_id(data, at) if _owed(data) else None


def _pages(cursor: sqlite3.Cursor) -> Iterable[tuple[Any, Any]]:
    while rows := cursor.fetchmany(_PAGE):
        yield from rows


def _ids_of(leaves: list[bytes]) -> list[bytes]:
    """The ids of records that are written as Hadir's own phone writes them; none if one of them is not."""
    decode = binascii.a2b_base64
    begins = [data.find(b".", _HEADER_BYTES + data[2]) + 1 for data in leaves]
    try:
        texts = [decode(data[begin : begin + _BEGIN_LETTERS]) for data, begin in zip(leaves, begins, strict=True)]
        if [text[: len(_BEGIN)] for text in texts].count(_BEGIN) != len(texts):
            return []
        ids = bytes.fromhex(b"".join([text[len(_BEGIN) : _END] for text in texts]).replace(b"-", b"").decode("ascii"))
    except ValueError:
        return []
    if len(ids) != _ID_BYTES * len(texts):
        return []
    return [ids[at : at + _ID_BYTES] for at in range(0, len(ids), _ID_BYTES)]


def _read_id(data: bytes, position: int) -> bytes:
    try:
        payload = un_b64url(parse_leaf(data).body.split(b".")[1].decode("ascii"))
        text = str(json.loads(payload)["id"]).encode("ascii")
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise IdFault(position) from error
    if not _UUID.fullmatch(text):
        raise IdFault(position)
    return bytes.fromhex(text.replace(b"-", b"").decode("ascii"))
