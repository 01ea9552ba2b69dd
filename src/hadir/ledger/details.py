"""Details: what a leaf names by a salted digest only, kept beside the journal and erasable (docs/record-format.md
section 4).
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hadir.ledger import JournalBrokenError, JournalError
from hadir.ledger.sqlite import Connect, connect_file

DETAILS_FILE = "details.sqlite"
SALT_BYTES = 16
MAX_DETAIL_BYTES = 307_200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS detail (digest BLOB PRIMARY KEY, record_hash BLOB NOT NULL, salted BLOB NOT NULL)
STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS erasure (number INTEGER PRIMARY KEY, before_ms INTEGER NOT NULL,
    next_index INTEGER NOT NULL DEFAULT 0, told_from INTEGER NOT NULL DEFAULT 0,
    is_searched INTEGER NOT NULL DEFAULT 0, is_done INTEGER NOT NULL DEFAULT 0)
STRICT;
CREATE TABLE IF NOT EXISTS erased (digest BLOB PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""
_PUT = """
INSERT OR IGNORE INTO detail SELECT :digest, :record_hash, :salted
WHERE NOT EXISTS (SELECT 1 FROM erased WHERE digest = :digest)
AND (:taken_ms IS NULL OR :taken_ms >= coalesce((SELECT max(before_ms) FROM erasure), :taken_ms))
"""


@dataclass(frozen=True, slots=True)
class Detail:
    """`salted` is salt || content, whose SHA-256 is `digest`; `record_hash` is the record that names it.

    `taken_ms`: when that was made or received, whichever is earlier (UTC); None for what no erasure reaches.
    """

    digest: bytes
    record_hash: bytes
    salted: bytes
    taken_ms: int | None = None


@dataclass(frozen=True, slots=True)
class OpenErasure:
    """An erasure that is being carried out: details of records before `before_ms`.

    The journal was looked through up to `next_index`, or as a whole (`is_searched`); what it says of details that are
    being erased, and that all are, stands at `told_from` or after it.
    """

    number: int
    before_ms: int
    next_index: int
    told_from: int
    is_searched: bool


class DetailStore:
    """Durable once `put` returns; erased for good (`secure_delete`) once `drop` returns.

    An erasure goes in four steps, each of which may be repeated after a crash: `learn` that it was decided, from when
    on nothing that it reaches is kept any more; `mark` what of it is here, as being erased; say so in the journal, for
    each; `drop` what is marked. When everything was looked through, `end` it.
    """

    def __init__(self, folder: Path, *, connect: Connect = connect_file) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            if connect is connect_file:  # a disk of a test's own makes its files itself
                (folder / DETAILS_FILE).touch(mode=0o600)  # locations: for nobody who may read the journal
            self._db = connect(folder / DETAILS_FILE)
            for pragma in ("journal_mode = wal", "synchronous = 2", "secure_delete = 1", "trusted_schema = 0"):
                self._db.execute(f"PRAGMA {pragma}")
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"{folder / DETAILS_FILE} cannot be opened ({error}). Disk full or ill?") from error

    def close(self) -> None:
        self._db.close()

    def put(self, details: Sequence[Detail]) -> None:
        """Keep them; one that is there already is left as it is, one that was erased is not kept again.

        JournalBrokenError when they could not be made durable.
        """
        self._change([(_PUT, asdict(detail)) for detail in details])

    def get(self, digest: bytes) -> bytes | None:
        """salt || content, or None when it never came or was erased."""
        row = self._db.execute("SELECT salted FROM detail WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else bytes(row[0])

    def learn(self, number: int, before_ms: int) -> None:
        """From now on no detail from before `before_ms` is kept. Again is harmless."""
        self._change([("INSERT OR IGNORE INTO erasure (number, before_ms) VALUES (?, ?)", (number, before_ms))])

    def open_erasure(self) -> OpenErasure | None:
        """The first erasure that is not carried out yet."""
        row = self._db.execute(
            "SELECT number, before_ms, next_index, told_from, is_searched FROM erasure WHERE NOT is_done"
            " ORDER BY number LIMIT 1"
        ).fetchone()
        return None if row is None else OpenErasure(*row)

    def is_empty(self) -> bool:
        return self._db.execute("SELECT 1 FROM detail LIMIT 1").fetchone() is None

    def mark(self, number: int, digests: Sequence[bytes], *, next_index: int, told_from: int) -> None:
        """Those of `digests` that are here are being erased, and the journal was looked through up to `next_index`."""
        here = "INSERT OR IGNORE INTO erased SELECT digest, ? FROM detail WHERE digest = ?"
        on = "UPDATE erasure SET next_index = ?, told_from = ? WHERE number = ?"
        self._change([*((here, (number, digest)) for digest in digests), (on, (next_index, told_from, number))])

    def searched(self, number: int, *, told_from: int) -> None:
        """The whole journal was looked through, and nothing of the erasure is here any more."""
        self._change([("UPDATE erasure SET is_searched = 1, told_from = ? WHERE number = ?", (told_from, number))])

    def marked(self) -> list[bytes]:
        """What is being erased, and still here."""
        rows = self._db.execute("SELECT digest FROM erased JOIN detail USING (digest) ORDER BY digest")
        return [bytes(digest) for (digest,) in rows]

    def drop(self, digests: Sequence[bytes]) -> None:
        """Overwrite and remove. The caller has written the findings and the erasures as records first."""
        self._change([("DELETE FROM detail WHERE digest = ?", (digest,)) for digest in digests])
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def end(self, number: int) -> None:
        self._change([("UPDATE erasure SET is_done = 1 WHERE number = ?", (number,))])

    def erased_by(self, number: int) -> int:
        """How many details this erasure took."""
        return int(self._db.execute("SELECT count(*) FROM erased WHERE number = ?", (number,)).fetchone()[0])

    def _change(self, statements: Sequence[tuple[str, tuple[object, ...] | dict[str, object]]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                self._db.execute(statement, values)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise JournalBrokenError(f"details: {error}") from error
