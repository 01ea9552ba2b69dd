"""Who may record with which key: one signed, read-only SQLite file, swapped whole (record-format.md section 11)."""

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hadir.ledger.lookup import rows_for
from hadir.records.encoding import b64url
from hadir.records.note import NoteError, VerifierKey, open_note
from hadir.records.roster import CURRENT_NOTE, RosterKey, RosterNote
from hadir.records.server_records import RosterLoaded

#: A roster older than this is still used, and said to be stale.
STALE_AFTER_MS = 36 * 3_600_000


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

    def _load_if_changed(self) -> bool:
        path = self._folder / CURRENT_NOTE
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        seen = (found.st_mtime_ns, found.st_ino)
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            self._load(path.read_text(encoding="utf-8"))
        except (NoteError, OSError, sqlite3.Error) as error:
            self.fault = str(error)
            return False
        self.fault = ""
        return True

    def _load(self, text: str) -> None:
        body, _ = open_note(text, self._named_offices)
        note = RosterNote.parse(body)
        if self.note is not None and note.version < self.note.version:
            raise NoteError(f"roster {note.version} is older than {self.note.version}, which is in use")
        path = self._folder / note.file_name
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").digest() != note.sha256:
                raise NoteError(f"{path.name} is not the file that the office signed")
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        fresh = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
        fresh.execute("SELECT kid, key, person, from_ms, until_ms FROM device LIMIT 1").fetchone()
        if self._db is not None:
            self._db.close()
        self._db, self.note = fresh, note
