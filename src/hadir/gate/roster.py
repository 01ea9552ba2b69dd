"""Who may record with which key: one signed, read-only SQLite file, swapped whole (record-format.md section 11)."""

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from hadir.gate.step import Keys
from hadir.ledger.lookup import rows_for
from hadir.records.encoding import b64url
from hadir.records.note import NoteError, VerifierKey, open_note
from hadir.records.office_notes import CURRENT_NOTE, RosterKey, RosterNote
from hadir.records.server_records import RosterLoaded

#: A roster older than this is still used, and said to be stale.
STALE_AFTER_MS = 36 * 3_600_000
#: A regency's roster stays in memory; of a nation's, its upper pages do.
_CACHE_KIB = 16_384

_SOME = "SELECT kid, key, person, from_ms, until_ms FROM device WHERE kid IN {keys}"


class Roster:
    """The newest roster that verified. One that does not verify is not used, and the one before stays."""

    def __init__(self, folder: Path, offices: dict[str, VerifierKey]) -> None:
        self.offices: Sequence[VerifierKey] = tuple(offices.values())
        self.note: RosterNote | None = None
        self.stale = False
        self.fault = ""
        self._folder = folder
        self._named_offices = offices
        self._seen: tuple[int, int] | None = None
        self._db: sqlite3.Connection | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="roster")
        self._opening: Future[tuple[sqlite3.Connection, RosterNote]] | None = None

    def some(self, kids: Iterable[bytes]) -> Keys:
        """The devices among these thumbprints, in one look."""
        if self._db is None:
            return Keys(offices=self.offices, devices={})
        rows = rows_for(self._db, _SOME, kids)
        devices = {row[0]: RosterKey(key=row[1], person=row[2], from_ms=row[3], until_ms=row[4]) for row in rows}
        return Keys(offices=self.offices, devices=devices)

    def refresh(self, now_ms: int) -> RosterLoaded | None:
        """Look for a newer roster; the record to journal when one was loaded or the present one has become stale."""
        loaded = self._load_if_changed()
        note = self.note
        if note is None:
            return None
        stale = now_ms - note.issued_ms > STALE_AFTER_MS
        if not loaded and stale == self.stale:
            return None
        self.stale = stale
        return RosterLoaded(
            v=1, version=note.version, sha256=b64url(note.sha256), issued_ms=note.issued_ms, stale=stale
        )

    def settle(self) -> None:
        """Wait until a roster that is being read has been read; the next `refresh` takes it."""
        wait([self._opening] if self._opening else [])

    def _load_if_changed(self) -> bool:
        """Whether a newer roster is in use from now on. Reading one of five million people takes most of a second, so a
        gate that has a roster goes on with it meanwhile.
        """
        if self._opening is None and self._changed():
            self._opening = self._worker.submit(_open, self._folder, self._named_offices, self.note)
        if self._opening is None or (self.note is not None and not self._opening.done()):
            return False
        opening, self._opening, self.fault = self._opening, None, ""
        try:
            fresh = opening.result()
        except (NoteError, OSError, sqlite3.Error, UnicodeDecodeError) as error:
            self.fault = str(error)
            return False
        if self._db is not None:
            self._db.close()
        self._db, self.note = fresh
        return True

    def _changed(self) -> bool:
        try:
            found = (self._folder / CURRENT_NOTE).stat()
        except FileNotFoundError:
            return False
        seen, self._seen = self._seen, (found.st_mtime_ns, found.st_ino)
        return seen != self._seen


def _open(
    folder: Path, offices: Mapping[str, VerifierKey], before: RosterNote | None
) -> tuple[sqlite3.Connection, RosterNote]:
    """Read, verify and open a roster, on a thread of its own."""
    body, _ = open_note((folder / CURRENT_NOTE).read_text(encoding="utf-8"), offices)
    note = RosterNote.parse(body)
    if before is not None and note.version < before.version:
        raise NoteError(f"roster {note.version} is older than {before.version}, which is in use")
    path = folder / note.file_name
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").digest() != note.sha256:
            raise NoteError(f"{path.name} is not the file that the office signed")
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    fresh = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
    fresh.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    fresh.execute("SELECT kid, key, person, from_ms, until_ms FROM device LIMIT 1").fetchone()
    return fresh, note
