"""A database that somebody else held for longer than a request waits for it.

Every transaction takes the write lock when it begins, so a request that never got it has changed nothing. One that had
written something before is told what everybody is told when we do not know: look again.
"""

import sqlite3

from django.db import connection
from django.http import HttpRequest

from hadir.office.page.requests import OfficeRequest

_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRIMARY = 0xFF
"""Of SQLite's extended codes, the part that says which kind of error it is."""


def note_written(request: OfficeRequest) -> None:
    """From here on the person's own act begins."""
    request.written_before = _written_rows()


def came_too_late(request: HttpRequest, error: BaseException | None) -> bool:
    """Whether the lock was the trouble, and the request had changed nothing."""
    return _is_locked(error) and getattr(request, "written_before", _written_rows()) == _written_rows()


def _is_locked(error: BaseException | None) -> bool:
    """Whoever writes for somebody else, as the sessions do, may have raised an error of his own on top."""
    while error is not None:
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & _PRIMARY in _LOCKED:
            return True
        error = error.__cause__ or error.__context__
    return False


def _written_rows() -> int:
    """That this connection wrote since it was opened; 0 of a database that is not SQLite."""
    return getattr(connection.connection, "total_changes", 0)
