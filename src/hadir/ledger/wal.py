"""Keeps the write-ahead log of a journal short, beside the work.

SQLite would checkpoint within a commit, every thousand pages: tens of milliseconds in which nobody is answered. Here
another thread checkpoints while commits go on. Once the log is long, the writer itself checkpoints the little that was
written during such a pass, which costs it about two syncs, and the log begins again from its start.
"""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

#: As bytes are counted here; the file is a little longer.
WAL_BYTES_MAX = 64 * 1024 * 1024
#: Small passes: each keeps the disk busy, and requests that come then wait for it.
_PASSES = 64
#: What a batch writes besides its leaves: the last pages of each table, and the head.
_BATCH_BYTES = 5 * 4_096
#: Checkpoints what it can without waiting for readers or the writer.
_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"


class WalCheckpointer:
    """For one writer. `connect` opens another connection to its file, which stays open; a crash may have left `wal`."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], wal: Path, wal_bytes_max: int) -> None:
        self._connect = connect
        self._wal_bytes_max = wal_bytes_max
        self._wal_bytes = wal.stat().st_size if wal.exists() else 0
        self._fresh_bytes = 0
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpointer")
        self._db: sqlite3.Connection | None = None
        self._running: Future[None] | None = None

    def committed(self, db: sqlite3.Connection, leaf_bytes: int) -> None:
        """After a commit on `db` of so many bytes of leaves. sqlite3.Error when a checkpoint failed."""
        self._fresh_bytes += leaf_bytes + _BATCH_BYTES
        if self._running is None:
            if self._fresh_bytes > self._wal_bytes_max // _PASSES:
                self._wal_bytes += self._fresh_bytes
                self._fresh_bytes = 0
                self._running = self._worker.submit(self._checkpoint)
        elif self._running.done():
            done, self._running = self._running, None
            done.result()
            if self._wal_bytes > self._wal_bytes_max:
                db.execute(_CHECKPOINT)
                self._wal_bytes = 0

    def close(self) -> None:
        """Wait for a checkpoint that is running."""
        self._worker.shutdown()
        if self._db is not None:
            self._db.close()

    def _checkpoint(self) -> None:
        if self._db is None:
            self._db = self._connect()
        self._db.execute(_CHECKPOINT).fetchall()
