"""Keeps the write-ahead log of a journal short, beside the work.

SQLite would do it within a commit, every thousand pages: tens of milliseconds in which nobody is answered. Here another
thread moves the log into the file while commits go on. Once the log is long, the writer itself moves the little that
came during such a move, which costs it about two syncs, and the log begins again from its start.
"""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

#: As the log's bytes are counted here; it is a little longer.
LOG_BYTES_MAX = 64 * 1024 * 1024
#: Small moves: whoever comes during one waits for the disk that it keeps busy.
_MOVES = 64
#: What a batch writes besides its leaves: the last pages of each table, and the head.
_BATCH_BYTES = 5 * 4_096
#: Moves what it can without waiting for readers or the writer.
_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"


class Tidier:
    """For one writer. `connect` opens another connection to its file, which is kept; `log` is what a crash may have
    left.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], log: Path, log_bytes_max: int) -> None:
        self._connect = connect
        self._log_bytes_max = log_bytes_max
        self._log_bytes = log.stat().st_size if log.exists() else 0
        self._fresh_bytes = 0
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tidier")
        self._db: sqlite3.Connection | None = None
        self._moving: Future[None] | None = None

    def look(self, db: sqlite3.Connection, leaf_bytes: int) -> None:
        """After a commit on `db` of so many bytes of leaves. sqlite3.Error when the log could not be moved."""
        self._fresh_bytes += leaf_bytes + _BATCH_BYTES
        if self._moving is None:
            if self._fresh_bytes > self._log_bytes_max // _MOVES:
                self._log_bytes += self._fresh_bytes
                self._fresh_bytes = 0
                self._moving = self._worker.submit(self._move)
        elif self._moving.done():
            moved, self._moving = self._moving, None
            moved.result()
            if self._log_bytes > self._log_bytes_max:
                db.execute(_CHECKPOINT)
                self._log_bytes = 0

    def close(self) -> None:
        """Wait until a log that is being moved has been moved."""
        self._worker.shutdown()
        if self._db is not None:
            self._db.close()

    def _move(self) -> None:
        if self._db is None:
            self._db = self._connect()
        self._db.execute(_CHECKPOINT).fetchall()
