"""Details: what a leaf names by a salted digest only, kept beside the journal and erasable (docs/record-format.md
section 4).
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hadir.ledger import JournalBrokenError, JournalError
from hadir.ledger.sqlite import Connect, connect_file

DETAILS_FILE = "details.sqlite"
SALT_BYTES = 16
MAX_DETAIL_BYTES = 307_200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS detail (digest BLOB PRIMARY KEY, record_hash BLOB NOT NULL, salted BLOB NOT NULL)
STRICT, WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Detail:
    """`salted` is salt || content, whose SHA-256 is `digest`; `record_hash` is the record that names it."""

    digest: bytes
    record_hash: bytes
    salted: bytes


class DetailStore:
    """Durable once `put` returns; erased for good (`secure_delete`) once `erase` returns."""

    def __init__(self, folder: Path, *, connect: Connect = connect_file) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            (folder / DETAILS_FILE).touch(mode=0o600)  # locations: for nobody who may read the journal
            self._db = connect(folder / DETAILS_FILE)
            for pragma in ("journal_mode = wal", "synchronous = 2", "secure_delete = 1", "trusted_schema = 0"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.execute(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"{folder / DETAILS_FILE} cannot be opened ({error}). Disk full or ill?") from error

    def close(self) -> None:
        self._db.close()

    def put(self, details: Sequence[Detail]) -> None:
        """Keep them; one that is there already is left as it is.

        JournalBrokenError when they could not be made durable.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT OR IGNORE INTO detail VALUES (?, ?, ?)",
                [(detail.digest, detail.record_hash, detail.salted) for detail in details],
            )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise JournalBrokenError(f"details: {error}") from error

    def get(self, digest: bytes) -> bytes | None:
        """salt || content, or None when it never came or was erased."""
        row = self._db.execute("SELECT salted FROM detail WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else bytes(row[0])

    def erase(self, digest: bytes) -> None:
        """Overwrite and remove. The caller has written the finding and the erasure as records first."""
        self._db.execute("DELETE FROM detail WHERE digest = ?", (digest,))
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
