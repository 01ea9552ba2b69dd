"""Who may record with which key: one signed, read-only SQLite file, swapped whole (record-format.md section 11)."""

import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(slots=True)
class SomeKeys:
    """What a batch needs of the roster (`hadir.gate.step.Keys`)."""

    offices: Sequence[VerifierKey]
    devices: Mapping[bytes, RosterKey]

    def key(self, kid: bytes) -> RosterKey | None:
        return self.devices.get(kid)


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
        self._opening: _Opening | None = None

    def some(self, kids: Iterable[bytes]) -> "SomeKeys":
        """The devices among these thumbprints, in one look."""
        if self._db is None:
            return SomeKeys(offices=self.offices, devices={})
        rows = rows_for(self._db, _SOME, kids)
        devices = {row[0]: RosterKey(key=row[1], person=row[2], from_ms=row[3], until_ms=row[4]) for row in rows}
        return SomeKeys(offices=self.offices, devices=devices)

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
        if self._opening is not None:
            self._opening.wait()

    def _load_if_changed(self) -> bool:
        """Whether a newer roster is in use from now on. Reading one of five million people takes most of a second, so a
        gate that has a roster goes on with it meanwhile.
        """
        if self._opening is None and self._changed():
            self._opening = _Opening(self._folder, self._named_offices, self.note)
        if self._opening is None or (self.note is not None and not self._opening.done):
            return False
        opening, self._opening = self._opening, None
        opening.wait()
        self.fault = opening.fault
        if opening.opened is None:
            return False
        if self._db is not None:
            self._db.close()
        self._db, self.note = opening.opened
        return True

    def _changed(self) -> bool:
        try:
            found = (self._folder / CURRENT_NOTE).stat()
        except FileNotFoundError:
            return False
        seen, self._seen = self._seen, (found.st_mtime_ns, found.st_ino)
        return seen != self._seen


class _Opening:
    """A roster being read, verified and opened on a thread of its own."""

    def __init__(self, folder: Path, offices: dict[str, VerifierKey], before: RosterNote | None) -> None:
        self.opened: tuple[sqlite3.Connection, RosterNote] | None = None
        self.fault = ""
        self._folder, self._offices, self._before = folder, offices, before
        self._thread = threading.Thread(target=self._run, name="roster", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def wait(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        try:
            self.opened = self._open((self._folder / CURRENT_NOTE).read_text(encoding="utf-8"))
        except (NoteError, OSError, sqlite3.Error, UnicodeDecodeError) as error:
            self.fault = str(error)

    def _open(self, text: str) -> tuple[sqlite3.Connection, RosterNote]:
        body, _ = open_note(text, self._offices)
        note = RosterNote.parse(body)
        if self._before is not None and note.version < self._before.version:
            raise NoteError(f"roster {note.version} is older than {self._before.version}, which is in use")
        path = self._folder / note.file_name
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").digest() != note.sha256:
                raise NoteError(f"{path.name} is not the file that the office signed")
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        fresh = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
        fresh.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        fresh.execute("SELECT kid, key, person, from_ms, until_ms FROM device LIMIT 1").fetchone()
        return fresh, note
