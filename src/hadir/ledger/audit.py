"""Re-hash a whole journal and say whether it is what its signed head committed to."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hadir.ledger.sqlite import JOURNAL_FILE
from hadir.ledger.tree import Tree
from hadir.records.keys import KeyList
from hadir.records.leaf import parse_leaf
from hadir.records.note import Checkpoint, NoteError, VerifierKey, open_note

_PAGE = 4_096


@dataclass(frozen=True)
class AuditResult:
    """`entries` leaves were read; `first_bad` is the first position that cannot be believed, None when all can;
    `reason` says why.
    """

    entries: int
    first_bad: int | None
    reason: str

    @property
    def ok(self) -> bool:
        return self.first_bad is None


def audit_journal(folder: Path, keys: KeyList | None = None) -> AuditResult:
    """Read every leaf, re-hash, compare each stored tile, and hold the root against the signed head.

    With `keys`, the head must be signed by the journal's key in that list; without, only the arithmetic is checked.
    """
    path = folder / JOURNAL_FILE if folder.is_dir() else folder
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            db.execute("BEGIN")
            return _audit(db, keys)
        finally:
            db.close()
    except sqlite3.Error as error:
        return AuditResult(entries=0, first_bad=0, reason=f"{path} cannot be read: {error}")


def _audit(db: sqlite3.Connection, keys: KeyList | None) -> AuditResult:
    origin = str(db.execute("SELECT origin FROM journal").fetchone()[0])
    tiles = {(level, number): hashes for level, number, hashes in db.execute("SELECT level, number, hashes FROM tile")}
    tree = Tree(lambda level, number: bytes(tiles[level, number]))
    seen = 0
    for seen, data in enumerate(_leaves(db), start=1):
        fault = _add(tree, tiles, origin, data)
        if fault:
            return AuditResult(entries=seen, first_bad=seen - 1, reason=fault)
    fault = _check_head(db, keys, origin, tree)
    return AuditResult(entries=seen, first_bad=max(seen - 1, 0) if fault else None, reason=fault or "ok")


def _leaves(db: sqlite3.Connection) -> Iterator[bytes]:
    cursor = db.execute("SELECT data FROM leaf ORDER BY idx")
    while rows := cursor.fetchmany(_PAGE):
        yield from (bytes(data) for (data,) in rows)


def _add(tree: Tree, tiles: dict[tuple[int, int], bytes], origin: str, data: bytes) -> str:
    """Add a leaf; what is wrong with it, or nothing."""
    try:
        leaf = parse_leaf(data)
    except ValueError as error:
        return f"not a leaf: {error}"
    if leaf.index != tree.size or leaf.origin != origin:
        return f"position {tree.size} holds the leaf of position {leaf.index} of {leaf.origin}"
    for level, number, hashes in tree.append(leaf.hash):
        if tiles.get((level, number)) != hashes:
            return f"tile {number} of level {level}, which ends here, holds other hashes than its leaves"
    return ""


def _check_head(db: sqlite3.Connection, keys: KeyList | None, origin: str, tree: Tree) -> str:
    note = str(db.execute("SELECT note FROM head").fetchone()[0])
    try:
        head = Checkpoint.parse(_head_body(note, keys, origin))
    except NoteError as error:
        return f"signed head: {error}"
    if head.origin != origin or head.size != tree.size:
        return f"the signed head is over {head.size} leaves of {head.origin}; the journal holds {tree.size}"
    if head.root != tree.root():
        return "the leaves do not lead to the root that was signed"
    return ""


def _head_body(note: str, keys: KeyList | None, origin: str) -> str:
    if keys is None:
        return note.partition("\n\n")[0] + "\n"
    dated = keys.named(origin, ("gate", "office"))
    known: dict[str, VerifierKey] = {} if dated is None else {origin: dated.key}
    return open_note(note, known)[0]
