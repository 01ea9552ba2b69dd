"""The ledger's engine for one machine: SQLite in WAL mode with `synchronous=FULL`.

Measured reasons: WAL + FULL lost no acknowledged record at any simulated power cut, while `synchronous=NORMAL` and the
default rollback journal did (docs/decisions/0003-sqlite-journal.md).
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from hadir.ledger import (
    Entry,
    JournalBrokenError,
    JournalBusyError,
    JournalDamagedError,
    JournalError,
    JournalMissingError,
    JournalSealedError,
    Proof,
)
from hadir.ledger.lookup import rows_for
from hadir.ledger.tree import TILE_WIDTH, Tree
from hadir.ledger.wal import WAL_BYTES_MAX, WalCheckpointer
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf, parse_leaf
from hadir.records.merkle import EMPTY_ROOT, inclusion_lines, leaf_hash
from hadir.records.note import Checkpoint, NoteError, Signer, open_note, sign_note
from hadir.records.receipt import path_line

T = TypeVar("T")
JOURNAL_FILE = "journal.sqlite"
WAL_FILE = f"{JOURNAL_FILE}-wal"
#: Stands beside a journal as soon as it is durable. Where it stands alone, the journal is gone.
BEGUN_FILE = "journal.begun"
SCHEMA_VERSION = 1
_CACHED_TILES_MAX = 64
_LEAVES_AT_ONCE = 4_096
_SCHEMA = """
CREATE TABLE journal (origin TEXT NOT NULL) STRICT;
CREATE TABLE leaf (idx INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE record_id (id BLOB NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (id, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE tile (level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL,
                   PRIMARY KEY (level, number)) STRICT, WITHOUT ROWID;
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
"""
SCHEMA_STATEMENTS = tuple(statement.strip() for statement in _SCHEMA.split(";") if statement.strip())
_FIND_ALL = "SELECT id, data FROM record_id JOIN leaf USING (idx) WHERE id IN {keys} ORDER BY idx"
#: pragma -> the value that must be read back, or the journal does not open.
_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "wal_autocheckpoint": 0,  # `hadir.ledger.wal` does it, beside the work
    "foreign_keys": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
}


_WHY_NOT_READ = "Who may only read it needs the files that its writer leaves beside it: start the writer once."

#: How a writer opens its file; a power-cut test gives a connection over a disk that it can cut off.
Connect = Callable[[Path], sqlite3.Connection]


def connect_file(path: Path) -> sqlite3.Connection:
    """Autocommit; one thread at a time, whichever it is."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def connect_reader(path: Path) -> sqlite3.Connection:
    """Reads the file and never writes in its folder: permission to read file, log and `-shm` is enough."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def close_readable(db: sqlite3.Connection, path: Path) -> None:
    """Close a writer's connection, and leave `-wal` (empty) and `-shm` where they are: who may read this folder but not
    write in it cannot read a file in WAL mode without them. SQLite removes them, unless the last to let go could only
    read (docs/decisions/0050-who-reads-a-journal-cannot-write-it.md).
    """
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with closing(connect_reader(path)) as last:
            last.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            db.close()
    except sqlite3.Error:  # nothing of a file that cannot be read is lost by closing it
        db.close()


class _Stored:
    """What a reader and the writer ask of the file in the same way."""

    _db: sqlite3.Connection

    def read(self, start: int, limit: int) -> list[Leaf]:
        rows = self._db.execute("SELECT data FROM leaf WHERE idx >= ? ORDER BY idx LIMIT ?", (start, limit))
        return [parse_leaf(data) for (data,) in rows]

    def _read_tile(self, level: int, number: int) -> bytes:
        row = self._db.execute("SELECT hashes FROM tile WHERE level = ? AND number = ?", (level, number)).fetchone()
        if row is None:
            raise JournalError(f"tile {number} of level {level} is missing. Run hadir audit.")
        return bytes(row[0])


class JournalReader(_Stored):
    """Reads a journal while its writer goes on. Safe to open and close at any time; each read is a transaction of its
    own, so that the writer's log can begin again in between.

    JournalError when there is none yet, or this user cannot read it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL_FILE
        if not self._path.exists():
            raise JournalError(f"there is no journal in {folder}")
        try:
            self._db = connect_reader(self._path)
            self.origin = _read_origin(self._db, self._path)
        except sqlite3.DatabaseError as error:
            raise JournalError(f"{self._path} cannot be read ({error}). {_WHY_NOT_READ}") from error
        self._tree = Tree(lru_cache(_CACHED_TILES_MAX)(self._read_tile))

    def close(self) -> None:
        self._db.close()

    def size(self) -> int:
        return _size(self._db)

    def checkpoint(self) -> str:
        return str(self._db.execute("SELECT note FROM head").fetchone()[0])

    def prove(self, indices: Sequence[int]) -> list[Proof]:
        self._db.execute("BEGIN")  # one state for head, leaves and tiles
        try:
            note, size = self.checkpoint(), self.size()
            if size != self._tree.size:
                self._tree.resume(size, _last_leaf_hashes(self._db, size))
            return _prove(self._tree, [_leaf(self._db, index) for index in indices], note)
        finally:
            self._db.execute("COMMIT")


def leaves_in(folder: Path, *, newest: int | None = None) -> Iterator[Leaf]:
    """Every leaf of the journal in `folder`, in order, or so many of the newest. JournalError as `JournalReader`."""
    with closing(JournalReader(folder)) as reader:
        start = 0 if newest is None else max(0, reader.size() - newest)
        while page := reader.read(start, _LEAVES_AT_ONCE):
            start += len(page)
            yield from page


def readers(folders: Iterable[Path]) -> Iterator[JournalReader]:
    """Those of these journals that can be read, each until the next is asked for."""
    for folder in folders:
        try:
            reader = JournalReader(folder)
        except JournalError:
            continue
        with closing(reader):
            yield reader


class SqliteJournal(_Stored):
    """The one writer of a journal (`hadir.ledger.Journal`). Opening it is recovery: there is no other way to start."""

    def __init__(
        self, folder: Path, signer: Signer, *, connect: Connect = connect_file, wal_bytes_max: int = WAL_BYTES_MAX
    ) -> None:
        """Open the journal in `folder`, or begin it.

        JournalBusyError if another program writes it; JournalSealedError if it was ended; JournalMissingError if it was
        begun and is gone; JournalError if it is another's, of a newer version, does not agree with its own signed head,
        or cannot be read or written.
        """
        self._signer = signer
        self.origin = signer.name
        self._broken: BaseException | None = None
        self._newest: Sequence[Leaf] = ()
        self._staged: tuple[str, Sequence[Leaf], int] = ("", (), 0)
        folder.mkdir(parents=True, exist_ok=True)
        self._lock: int | None = _lock(folder / "journal.lock")
        self._path = path = folder / JOURNAL_FILE
        self._checkpointer = WalCheckpointer(lambda: connect(path), folder / WAL_FILE, wal_bytes_max)
        had_file = path.exists()
        try:
            with ExitStack() as opening:
                opening.callback(self.close)
                self._db = connect(path)
                self._open(folder, path)
                opening.pop_all()
        except JournalMissingError:
            if not had_file:
                path.unlink(missing_ok=True)  # the empty file that looking for it made
            raise
        except sqlite3.Error as error:
            raise JournalError(f"{path} cannot be opened ({error}). Is the disk full or ill?") from error
        except (ValueError, TypeError, IndexError) as error:  # what the parsers of leaves and tiles say of other bytes
            raise JournalError(f"{path} was damaged or changed ({error}). Run hadir audit.") from None

    def _open(self, folder: Path, path: Path) -> None:
        _set_pragmas(self._db, path)
        if not self._db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'head'").fetchone()[0]:
            if (folder / BEGUN_FILE).exists():
                raise JournalMissingError(f"{path} was begun and is gone. Bring it back, or hadir restore a backup.")
            self._begin(folder)
        if not (folder / BEGUN_FILE).exists():  # a mark that a crash or a power cut took is made now
            os.close(os.open(folder / BEGUN_FILE, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        if _read_origin(self._db, path) != self.origin:
            raise JournalError(f"{path} is the journal of another writer")
        self._tree = Tree(lru_cache(_CACHED_TILES_MAX)(self._read_tile))
        self._recover(path)
        if self._size and self._leaf(self._size - 1).kind is Kind.JOURNAL_SEALED:
            raise JournalSealedError(f"{path} is sealed: another journal goes on. Run hadir journal roll again.")

    def close(self) -> None:
        """Let go of the files; again is harmless."""
        self._checkpointer.close()
        with suppress(AttributeError):  # it never came to a connection
            close_readable(self._db, self._path)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def size(self) -> int:
        return self._size

    def append(self, entries: Sequence[Entry], *, now_ms: int) -> Sequence[Leaf]:
        return self.append_timed([(entry, now_ms) for entry in entries])

    def append_timed(self, timed: Sequence[tuple[Entry, int]]) -> Sequence[Leaf]:
        """`append` of entries that were taken in at different times (UTC milliseconds): one commit, one signed head."""
        self._write(lambda: self._stage(timed))
        return self.commit()

    def stage(self, entries: Sequence[Entry], *, now_ms: int) -> None:
        self._write(lambda: self._stage([(entry, now_ms) for entry in entries]))

    def commit(self) -> Sequence[Leaf]:
        return self._write(self._commit)

    def _write(self, work: Callable[[], T]) -> T:
        if self._broken is not None:
            raise JournalBrokenError(str(self._broken))
        try:
            return work()
        except (sqlite3.Error, OSError) as error:
            self._broken = error
            raise JournalBrokenError(f"{self.origin}: {error}") from error

    def _stage(self, timed: Sequence[tuple[Entry, int]]) -> None:
        first = self._tree.size
        leaves = [
            Leaf(kind=entry.kind, origin=self.origin, index=first + place, received_at_ms=at_ms, body=entry.body)
            for place, (entry, at_ms) in enumerate(timed)
        ]
        rows = [(leaf.index, leaf.data) for leaf in leaves]
        tiles = [tile for _, data in rows for tile in self._tree.append(leaf_hash(data))]
        note = sign_note(Checkpoint(self.origin, self._tree.size, self._tree.root()).body, self._signer)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT INTO leaf VALUES (?, ?)", rows)
        self._db.executemany(
            "INSERT INTO record_id VALUES (?, ?)",
            [(entry.id, leaf.index) for (entry, _), leaf in zip(timed, leaves, strict=True) if entry.id is not None],
        )
        self._db.executemany("INSERT INTO tile VALUES (?, ?, ?)", tiles)
        self._db.execute("UPDATE head SET size = ?, note = ?", (self._tree.size, note))
        self._staged = (note, leaves, sum(len(data) for _, data in rows))

    def _commit(self) -> Sequence[Leaf]:
        self._db.execute("COMMIT")  # the commit point: SQLite has synced its log when this returns
        self._note, self._newest, leaf_bytes = self._staged
        self._size = self._tree.size
        self._checkpointer.committed(self._db, leaf_bytes)
        return self._newest

    def find(self, record_id: bytes) -> list[Leaf]:
        rows = self._db.execute(
            "SELECT data FROM record_id JOIN leaf USING (idx) WHERE id = ? ORDER BY idx", (record_id,)
        )
        return [parse_leaf(data) for (data,) in rows]

    def checkpoint(self) -> str:
        return self._note

    def find_all(self, record_ids: Iterable[bytes]) -> Mapping[bytes, list[Leaf]]:
        found: dict[bytes, list[Leaf]] = {}
        for record_id, data in rows_for(self._db, _FIND_ALL, record_ids):
            try:
                leaf = parse_leaf(data)
            except ValueError as error:
                raise JournalDamagedError(record_id, str(error)) from None
            found.setdefault(record_id, []).append(leaf)
        return found

    def prove(self, indices: Sequence[int]) -> list[Proof]:
        return _prove(self._tree, [self._leaf(index) for index in indices], self._note)

    def _leaf(self, index: int) -> Leaf:
        """A leaf of the newest batch is at hand; an older one is read."""
        place = index - (self._tree.size - len(self._newest))
        return self._newest[place] if 0 <= place < len(self._newest) else _leaf(self._db, index)

    def _begin(self, folder: Path) -> None:
        head = sign_note(Checkpoint(origin=self.origin, size=0, root=EMPTY_ROOT).body, self._signer)
        self._db.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA_STATEMENTS:
            self._db.execute(statement)
        self._db.execute("INSERT INTO journal VALUES (?)", (self.origin,))
        self._db.execute("INSERT INTO head VALUES (1, 0, ?)", (head,))
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._db.execute("COMMIT")
        sync_path(folder)

    def _recover(self, path: Path) -> None:
        """Stand where the last commit stood, and believe it only if the leaves lead to the head that was signed over
        them.
        """
        self._note = str(self._db.execute("SELECT note FROM head").fetchone()[0])
        try:
            body, _ = open_note(self._note, {self.origin: self._signer.verifier})
            head = Checkpoint.parse(body)
        except NoteError as error:
            raise JournalError(f"{path}: the signed head does not hold: {error}") from error
        self._size = size = _size(self._db)
        self._tree.resume(size, _last_leaf_hashes(self._db, size))
        if size != head.size or self._tree.root() != head.root:
            raise JournalError(f"{path}: {size} leaves do not lead to the signed head of {head.size}. Run hadir audit.")


def _prove(tree: Tree, leaves: Sequence[Leaf], note: str) -> list[Proof]:
    paths = inclusion_lines((leaf.index for leaf in leaves), tree.size, tree.node, path_line)
    return [Proof(leaf=leaf, path_lines=paths[leaf.index], checkpoint=note) for leaf in leaves]


def _leaf(db: sqlite3.Connection, index: int) -> Leaf:
    row = db.execute("SELECT data FROM leaf WHERE idx = ?", (index,)).fetchone()
    if row is None:
        raise IndexError(index)
    return parse_leaf(row[0])


def _last_leaf_hashes(db: sqlite3.Connection, size: int) -> list[bytes]:
    """Hashes of the leaves that no full tile holds yet."""
    begin = size - size % TILE_WIDTH
    return [
        parse_leaf(data).hash for (data,) in db.execute("SELECT data FROM leaf WHERE idx >= ? ORDER BY idx", (begin,))
    ]


def _size(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(idx) + 1, 0) FROM leaf").fetchone()[0])


def _read_origin(db: sqlite3.Connection, path: Path) -> str:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        raise JournalError(f"{path} has version {version}; this Hadir reads version {SCHEMA_VERSION}")
    return str(db.execute("SELECT origin FROM journal").fetchone()[0])


def _set_pragmas(db: sqlite3.Connection, path: Path) -> None:
    for name, value in _PRAGMAS.items():
        db.execute(f"PRAGMA {name} = {value}")
        found = db.execute(f"PRAGMA {name}").fetchone()[0]
        if found != value:
            raise JournalError(f"{path}: SQLite keeps {name} at {found}, and a receipt needs {value}")


def _lock(path: Path) -> int:
    """Hold the journal for this process; the kernel lets go when it ends, however it ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise JournalBusyError(f"another program writes the journal in {path.parent}") from error
    return handle


def is_missing(folder: Path) -> bool:
    """Whether a journal was begun in the folder, or the folder itself made, and is not there any more."""
    return not folder.is_dir() or ((folder / BEGUN_FILE).exists() and not (folder / JOURNAL_FILE).exists())


def sync_path(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
