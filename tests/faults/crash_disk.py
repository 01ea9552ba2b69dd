"""A disk whose power can be cut: it remembers every write and sync, and rebuilds what might be left of its files.

What was written since a file's last sync may be there or not, sector by sector, in any order; a file's name is there
for sure only after its folder was synced. SQLite runs on it through apsw; the files that are left are opened by the
real engine.
"""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import apsw

SECTOR = 512
_VOLATILE = "-shm"


@dataclass(frozen=True)
class Op:
    """One thing that a program did to its files, or the promise `acked` that it gave."""

    what: str
    name: str = ""
    at: int = 0
    data: bytes = b""
    acked: int = 0


@dataclass
class CrashDisk:
    """The log of a folder's files; `connect` is what a journal is opened with."""

    log: list[Op] = field(default_factory=list)
    checkpoint_pages: int = 24

    def __post_init__(self) -> None:
        self._vfs = _Vfs(f"crash-{id(self)}", self.log)

    def connect(self, path: Path) -> sqlite3.Connection:
        db = apsw.Connection(str(path), vfs=self._vfs.vfs_name)
        db.execute(f"PRAGMA wal_autocheckpoint = {self.checkpoint_pages}")  # often, so that cuts meet checkpoints
        return cast("sqlite3.Connection", _Connection(db))

    def sync_folder(self, _: Path) -> None:
        self.log.append(Op("folder"))

    def promise(self, acked: int) -> None:
        """From here on `acked` is what somebody was promised."""
        self.log.append(Op("promise", acked=acked))

    def close(self) -> None:
        self._vfs.unregister()


class _Connection:
    """The part of sqlite3's connection that the ledger uses, over apsw's."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        return self._run(self._db.execute, sql, values)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> Any:
        return self._run(self._db.executemany, sql, rows)

    def close(self) -> None:
        self._db.close()

    def _run(self, run: Any, sql: str, values: Any) -> Any:
        try:
            return run(sql, values)
        except apsw.Error as error:
            raise sqlite3.OperationalError(str(error)) from error


class _Vfs(apsw.VFS):
    def __init__(self, name: str, log: list[Op]) -> None:
        self.vfs_name = name
        self._log = log
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "_File":  # noqa: N802 - apsw's name
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        fresh = not Path(path).exists()
        opened = _File(self._log, path, name, flags)
        if fresh:
            self._log.append(Op("create", Path(path).name))
        return opened

    def xDelete(self, name: str, sync_folder: bool) -> None:  # noqa: N802, FBT001 - apsw's name and shape
        self._log.append(Op("delete", Path(name).name))
        if sync_folder:
            self._log.append(Op("folder"))
        super().xDelete(name, sync_folder)


class _File(apsw.VFSFile):
    def __init__(self, log: list[Op], path: str, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._log = log
        self._name = Path(path).name
        self._folder_too = "-wal" in self._name or "-journal" in self._name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - apsw's name
        self._log.append(Op("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - apsw's name
        self._log.append(Op("truncate", self._name, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802 - apsw's name
        self._log.append(Op("sync", self._name))
        if self._folder_too:  # the unix VFS syncs the folder with a new log's first sync
            self._log.append(Op("folder"))
            self._folder_too = False
        super().xSync(flags)


@dataclass
class _Kept:
    """A file: its content as the disk surely has it, and what was done to it since."""

    content: bytearray = field(default_factory=bytearray)
    since: list[Op] = field(default_factory=list)
    named: bool = False
    deleted: bool = False


@dataclass(frozen=True)
class Wreck:
    """What may be left after a cut, and what had been promised by then."""

    at: int
    acked: int
    files: dict[str, bytes]

    def write(self, folder: Path) -> None:
        for old in folder.iterdir():
            old.unlink()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


def wrecks(log: Sequence[Op], dice: random.Random, *, count: int) -> Iterator[Wreck]:
    """`count` states that cuts may leave, spread over all moments of the log."""
    files: dict[str, _Kept] = {}
    acked = made = 0
    for at, op in enumerate(log, start=1):
        if op.what == "promise":
            acked = op.acked
        elif not op.name.endswith(_VOLATILE):
            _apply(files, op)
        while made < count * at // len(log):
            made += 1
            yield Wreck(at=at, acked=acked, files=_left(files, dice))


def _apply(files: dict[str, _Kept], op: Op) -> None:
    if op.what == "folder":
        for name in [name for name, file in files.items() if file.deleted]:
            del files[name]
        for file in files.values():
            file.named = True
        return
    if op.what == "create":
        files[op.name] = _Kept(named=op.name in files)
        return
    file = files[op.name]
    if op.what == "delete":
        file.deleted = True
    elif op.what == "sync":
        for done in file.since:
            _do(file.content, done)
        file.since.clear()
    else:
        file.since.append(op)


def _left(files: dict[str, _Kept], dice: random.Random) -> dict[str, bytes]:
    """One of the many states in which the disk may be now."""
    share = dice.choice((0.0, 0.1, 0.5, 0.9, 1.0))
    left: dict[str, bytes] = {}
    for name, file in files.items():
        if (not file.named or file.deleted) and dice.random() < 0.5:
            continue
        content = bytearray(file.content)
        for op in file.since:
            for part in _parts(op):
                if dice.random() < share:
                    _do(content, part)
        left[name] = bytes(content)
    return left


def _parts(op: Op) -> Iterator[Op]:
    """A write reaches the disk sector by sector."""
    if op.what != "write":
        yield op
        return
    begin = op.at
    end = op.at + len(op.data)
    while begin < end:
        until = min(end, (begin // SECTOR + 1) * SECTOR)
        yield Op("write", op.name, begin, op.data[begin - op.at : until - op.at])
        begin = until


def _do(content: bytearray, op: Op) -> None:
    if op.what == "truncate":
        del content[op.at :]
        return
    end = op.at + len(op.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[op.at : end] = op.data
