"""While the journal cannot be opened: the gate stays up, says why, takes nothing in, and tries again.

Every tap is answered 503 `cannot_store` with a time to come back, which costs no phone its tap. A journal that opens
again (there is room, the disk is well, a key is back) is served at once, by the same process.
"""

import errno
import os
import sqlite3
from enum import StrEnum
from pathlib import Path

from hadir.gate.log import LogEvent
from hadir.gate.refusing import json_response, refusal_response
from hadir.gate.wire import Answers, Request, Respond, WireResponse
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
        return {"code": self.value, **both(f"gate.reason.{self.value}")}


_OF_SYSTEM = {
    errno.ENOSPC: NotReadyReason.DISK_FULL,
    errno.EDQUOT: NotReadyReason.DISK_FULL,
    errno.EACCES: NotReadyReason.NOT_ALLOWED,
    errno.EPERM: NotReadyReason.NOT_ALLOWED,
    errno.EROFS: NotReadyReason.NOT_ALLOWED,
}
_OF_SQLITE = {
    "SQLITE_FULL": NotReadyReason.DISK_FULL,
    "SQLITE_IOERR": NotReadyReason.DISK_ILL,
    "SQLITE_READONLY": NotReadyReason.NOT_ALLOWED,
    "SQLITE_CANTOPEN": NotReadyReason.NOT_ALLOWED,
    "SQLITE_PERM": NotReadyReason.NOT_ALLOWED,
}


def require_room(folder: Path) -> None:
    """OSError (ENOSPC) where the disk is as good as full: nothing could be kept."""
    found = os.statvfs(folder)
    if found.f_bavail * found.f_frsize < ROOM_BYTES_MIN:
        raise OSError(errno.ENOSPC, f"less than {ROOM_BYTES_MIN >> 20} MiB is free", str(folder))


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
        return _OF_SYSTEM.get(error.errno or 0, NotReadyReason.DISK_ILL)
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", "")
        found = (reason for begin, reason in _OF_SQLITE.items() if name.startswith(begin))
        return next(found, NotReadyReason.JOURNAL_DAMAGED)
    return NotReadyReason.JOURNAL_DAMAGED if error.__cause__ is None else reason_of(error.__cause__)


class UnavailableGate(Answers):
    """Answers in the gate's place, and starts and stops as the writer does (`hadir.gate.asgi.Life`)."""

    def __init__(self, origin: str, log: LogEvent) -> None:
        self._origin, self._log = origin, log
        self.reason = NotReadyReason.CANNOT_STORE

    def look_into(self, error: Exception) -> None:
        """What could not be opened, and why: logged when it is another reason than before."""
        reason = reason_of(error)
        if reason is not self.reason:
            self.reason = reason
            self._log("waiting", reason=reason.value, why=str(error))

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
            respond(WireResponse(200, b"content-type: text/plain; charset=utf-8\r\n", text))
        else:
            respond(self.refusal(request.fault or Refusal.CANNOT_STORE))

    def refusal(self, refusal: Refusal, place: str = "") -> WireResponse:
        return refusal_response(Refused(refusal, place), lambda: spread_s(RETRY_SECONDS))


def not_ready(reason: NotReadyReason) -> WireResponse:
    """`/readyz` of a gate that would give no receipt now: 503, and what is to be mended."""
    return json_response(503, {"ready": False, "reason": reason.members})
