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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

from hadir.ledger.lookup import pages
from hadir.records.encoding import sha256, un_b64url, uuid8
from hadir.records.kinds import PUNCH_KINDS, WITNESS_KINDS, Kind
from hadir.records.leaf import parse_leaf

_ID_BYTES = 16
_MASK = 2**64 - 1
_OF_PHONES = PUNCH_KINDS | WITNESS_KINDS
_OF_OFFICE = frozenset({Kind.DECISION, Kind.STAFF_FACT, Kind.OFFICE_ROWS})
#: A file's line is found by an id that stands for what it says, and the leaf does not spell it: the audit can only see
#: that there is one.
_UNSPELT = frozenset({Kind.FILE_LINE})
#: A manual list has no member for its id, which stands for what it says.
_OF_CONTENT = frozenset({Kind.MANUAL_LIST})
_WITH_ID = _OF_PHONES | _OF_OFFICE | _OF_CONTENT | _UNSPELT
#: How a record of Hadir's own phone or office begins; other phones may order their members otherwise.
_BEGIN = b'{"v":1,"id":"'
_END = len(_BEGIN) + 36
#: base64 of 51 bytes, which hold the beginning and the id.
_BEGIN_LETTERS = 68
#: Bytes of a leaf's header without its origin, whose length is the third.
HEADER_BYTES = 23
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class AuditFault(Exception):  # noqa: N818 - a finding, not an error of ours
    """The first position that cannot be believed, and why."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(position, reason)
        self.position, self.reason = position, reason


@dataclass
class IdSums:
    """A keyed sum over pairs (id, position), and how many there were."""

    total: int = 0
    count: int = 0
    unspelt: int = 0

    def add_leaves(self, leaves: Sequence[bytes], kinds: Sequence[int], first: int) -> None:
        """Add the ids of these leaves, the first of which stands at `first`. AuditFault for a record without one."""
        for group, beginnings in ((_OF_PHONES, _phone_beginnings), (_OF_OFFICE, _office_beginnings)):
            chosen = [at for at, kind in enumerate(kinds) if kind in group]
            if chosen:
                quick = _ids_of(beginnings, [leaves[at] for at in chosen])
                ids = quick or [_read_id(leaves[at], first + at) for at in chosen]
                self.add_pairs(ids, [first + at for at in chosen])
        lists = [at for at, kind in enumerate(kinds) if kind in _OF_CONTENT]
        self.add_pairs([_read_id(leaves[at], first + at) for at in lists], [first + at for at in lists])
        self.unspelt += sum(kind in _UNSPELT for kind in kinds)

    def add(self, other: "IdSums") -> None:
        """Add all that `other` added."""
        self.total = (self.total + other.total) & _MASK
        self.count += other.count
        self.unspelt += other.unspelt

    def add_pairs(self, ids: Sequence[bytes], positions: Sequence[int]) -> None:
        spelt = [found + at.to_bytes(8, "big") for found, at in zip(ids, positions, strict=True)]
        self.total = (self.total + sum(map(hash, spelt))) & _MASK
        self.count += len(spelt)


def stored_ids(db: sqlite3.Connection, *, unspelt: bool) -> IdSums:
    """The sums over the stored index; `unspelt` when the journal holds leaves that do not spell their id."""
    sums = IdSums()
    spelt = "SELECT id, idx FROM record_id"
    if unspelt:
        kind = "(SELECT substr(data, 2, 1) FROM leaf WHERE leaf.idx = record_id.idx)"
        spelt = f"{spelt} WHERE {kind} IS NOT x'{Kind.FILE_LINE:02x}'"
        count = f"SELECT count(*), count(DISTINCT idx) FROM record_id WHERE {kind} = x'{Kind.FILE_LINE:02x}'"  # noqa: S608 - our own words
        entries, lines = db.execute(count).fetchone()
        sums.unspelt = lines if entries == lines else -1
    for rows in pages(db.execute(spelt)):
        sums.add_pairs([found for found, _ in rows], [at for _, at in rows])
    return sums


def first_bad_id(db: sqlite3.Connection, size: int) -> int:
    """The first position whose record the index lacks, holds twice, or holds under another id; `size` when an entry
    points behind the end. One byte of memory for each position.
    """
    seen = bytearray(size)
    for found, at in _each(db, "SELECT id, idx FROM record_id"):
        if 0 <= at < size:
            seen[at] += 1 if _stored_id(db, at) in (found, _ANY) else 2
    bad = (
        at
        for at, data in _each(db, "SELECT idx, data FROM leaf ORDER BY idx")
        if seen[at] != (parse_leaf(data).kind in _WITH_ID)
    )
    return next(bad, size)


_ANY = b""


def _stored_id(db: sqlite3.Connection, at: int) -> bytes | None:
    """The id that the leaf spells; `_ANY` when it does not spell the one that it has, None when it has none."""
    data = bytes(db.execute("SELECT data FROM leaf WHERE idx = ?", (at,)).fetchone()[0])
    kind = parse_leaf(data).kind
    if kind in _UNSPELT:
        return _ANY
    return _read_id(data, at) if kind in _WITH_ID else None


def _each(db: sqlite3.Connection, query: str) -> Iterable[tuple[Any, ...]]:
    return chain.from_iterable(pages(db.execute(query)))


def _phone_beginnings(leaves: list[bytes]) -> list[bytes]:
    """How the payloads begin, out of their base64."""
    decode = binascii.a2b_base64
    begins = [data.find(b".", HEADER_BYTES + data[2]) + 1 for data in leaves]
    return [decode(data[begin : begin + _BEGIN_LETTERS]) for data, begin in zip(leaves, begins, strict=True)]


def _office_beginnings(leaves: list[bytes]) -> list[bytes]:
    return [data[HEADER_BYTES + data[2] : HEADER_BYTES + data[2] + _END] for data in leaves]


def _ids_of(beginnings: Callable[[list[bytes]], list[bytes]], leaves: list[bytes]) -> list[bytes]:
    """The ids of records that are written as Hadir's own programs write them; none if one of them is not."""
    try:
        texts = beginnings(leaves)
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
        leaf = parse_leaf(data)
        if leaf.kind in _OF_CONTENT:
            return UUID(uuid8(sha256(leaf.body))).bytes
        payload = leaf.body if leaf.kind in _OF_OFFICE else un_b64url(leaf.body.split(b".")[1].decode("ascii"))
        text = str(json.loads(payload)["id"]).encode("ascii")
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        text = b""
    if not _UUID.fullmatch(text):
        raise AuditFault(position, f"position {position} holds no record with an id")
    return bytes.fromhex(text.replace(b"-", b"").decode("ascii"))
