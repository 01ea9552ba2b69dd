"""While the journal cannot be opened: the gate stays up, says why, takes nothing in, and tries again.

Every tap is answered 503 `cannot_store` with a time to come back, which costs no phone its tap. A journal that opens
again (there is room, the disk is well, a key is back) is served at once, by the same process.
"""

import errno
import os
import sqlite3
from enum import StrEnum
from pathlib import Path

from hadir.gate.refusing import json_response, refusal_response
from hadir.gate.wire import Answers, Request, Respond, Response
from hadir.ledger import JournalMissingError, JournalSealedError
from hadir.records.refusals import Refusal, Refused
from hadir.retry import spread_s
from hadir.site import SecretError
from hadir.texts import both

#: Less than this is a full disk: a gate that began on it would break within moments, again and again.
ROOM_BYTES_MIN = 1 << 20
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0
#: Phones that were refused come back over so many seconds, not all at once.
RETRY_SECONDS = range(15, 60)


class NotReadyReason(StrEnum):
    """Why the gate cannot take taps; also the code of its text."""

    DISK_FULL = "disk_full"
    DISK_ILL = "disk_ill"
    NOT_ALLOWED = "not_allowed"
    KEY_MISSING = "key_missing"
    JOURNAL_SEALED = "journal_sealed"
    JOURNAL_MISSING = "journal_missing"
    JOURNAL_DAMAGED = "journal_damaged"
    CANNOT_STORE = "cannot_store"
    STOPPING = "stopping"

    @property
    def members(self) -> dict[str, str]:
        texts = both(f"gate.reason.{self.value}")
        return {"code": self.value, "id": texts["id"], "en": texts["en"]}


class NoRoomError(OSError):
    """The disk is as good as full."""

    def __init__(self, folder: Path) -> None:
        super().__init__(errno.ENOSPC, f"less than {ROOM_BYTES_MIN >> 20} MiB is free", str(folder))


def require_room(folder: Path) -> None:
    """NoRoomError where nothing could be kept."""
    found = os.statvfs(folder)
    if found.f_bavail * found.f_frsize < ROOM_BYTES_MIN:
        raise NoRoomError(folder)


def reason_of(error: BaseException) -> NotReadyReason:
    """What an operator must mend, from what was raised and from what had caused it."""
    if isinstance(error, JournalSealedError):
        return NotReadyReason.JOURNAL_SEALED
    if isinstance(error, JournalMissingError):
        return NotReadyReason.JOURNAL_MISSING
    if isinstance(error, SecretError):
        return (
            NotReadyReason.NOT_ALLOWED if isinstance(error.__cause__, PermissionError) else NotReadyReason.KEY_MISSING
        )
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(getattr(error, "sqlite_errorname", ""))
    return NotReadyReason.JOURNAL_DAMAGED if error.__cause__ is None else reason_of(error.__cause__)


def _of_system(error: OSError) -> NotReadyReason:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NotReadyReason.DISK_FULL
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return NotReadyReason.NOT_ALLOWED
    return NotReadyReason.DISK_ILL


def _of_sqlite(name: str) -> NotReadyReason:
    reasons = {
        "SQLITE_FULL": NotReadyReason.DISK_FULL,
        "SQLITE_IOERR": NotReadyReason.DISK_ILL,
        "SQLITE_READONLY": NotReadyReason.NOT_ALLOWED,
        "SQLITE_CANTOPEN": NotReadyReason.NOT_ALLOWED,
        "SQLITE_PERM": NotReadyReason.NOT_ALLOWED,
    }
    return next((reason for begin, reason in reasons.items() if name.startswith(begin)), NotReadyReason.JOURNAL_DAMAGED)


class UnavailableGate(Answers):
    """Answers in the gate's place, and starts and stops as the writer does (`hadir.gate.asgi.Life`)."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.reason = NotReadyReason.CANNOT_STORE

    async def start(self) -> None:
        """Nothing is opened here."""

    async def stop(self, reason: str) -> None:
        """Nobody waits for an answer."""

    def handle(self, request: Request, respond: Respond) -> None:
        if request.path == "/readyz":
            respond(not_ready(self.reason))
        elif request.path == "/healthz":
            state = {"alive": True, "ready": False, "origin": self._origin, "reason": self.reason.members}
            respond(json_response(200, state))
        elif request.path == "/metrics":
            text = b"# TYPE hadir_gate_ready gauge\nhadir_gate_ready 0\n"
            respond(Response(200, b"content-type: text/plain; charset=utf-8\r\n", text))
        else:
            respond(self.refusal(request.fault or Refusal.CANNOT_STORE))

    def refusal(self, refusal: Refusal, place: str = "") -> Response:
        return refusal_response(Refused(refusal, place), lambda: spread_s(RETRY_SECONDS))


def not_ready(reason: NotReadyReason) -> Response:
    """`/readyz` of a gate that would give no receipt now: 503, and what is to be mended."""
    return json_response(503, {"ready": False, "reason": reason.members})
