"""The world: one queue of events, one pair of dice, one trace, simulated or in step with a real clock; its networks and
disks. Nothing here knows what a gate is.
"""

import hashlib
import heapq
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal, cast

from hadir.ledger.sqlite import connect_file

_SECTOR = 512
#: SQLite's `PRAGMA synchronous`.
_FULL = 2
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

#: What became of a request or an answer on its way.
Delivery = Literal["arrives", "lost", "twice", "portal"]


@dataclass
class World:
    """Simulated time and chance. Faults happen until `heal_ms`, and none after."""

    seed: int
    start_ms: int
    heal_ms: int
    now_ms: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - a simulation repeats from its seed
        self.now_ms = self.start_ms
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._trace = hashlib.sha256()

    @property
    def faulty(self) -> bool:
        return self.now_ms < self.heal_ms

    def after(self, delay_ms: float, act: Callable[[], None]) -> None:
        """Do it then; acts of one moment keep their order."""
        heapq.heappush(self._agenda, (self.now_ms + int(delay_ms), next(self._order), act))

    def run(self, until_ms: int, done: Callable[[], bool]) -> None:
        """Let time pass until `done` after the healing, or until nothing more may happen."""
        for at_ms, act in self._due(until_ms):
            self.now_ms = at_ms
            act()
            if not self.faulty and done():
                return

    @property
    def next_ms(self) -> int | None:
        return self._agenda[0][0] if self._agenda else None

    def catch_up(self, now_ms: int) -> None:
        """It is `now_ms` by a real clock: everything that is due happens now."""
        self.now_ms = now_ms
        for _, act in self._due(now_ms):
            act()

    def _due(self, until_ms: int) -> Iterator[tuple[int, Callable[[], None]]]:
        """Taken from the agenda, one by one, with what comes into it meanwhile."""
        while self._agenda and self._agenda[0][0] <= until_ms:
            at_ms, _, act = heapq.heappop(self._agenda)
            yield at_ms, act

    def note(self, *words: object) -> None:
        self._trace.update(f"{self.now_ms} {' '.join(map(str, words))}\n".encode())

    @property
    def trace(self) -> str:
        return self._trace.hexdigest()

    def chance(self, share: float) -> bool:
        """Whether a fault of this share happens now."""
        return self.faulty and self.dice.random() < share


@dataclass
class Network:
    """Delays, losses, duplicates, answers that never come, and captive portals."""

    world: World
    lost: float = 0.05
    twice: float = 0.03
    portal: float = 0.03
    slow: float = 0.03

    def send(self, arrive: Callable[[], None], portal: Callable[[], None] | None = None) -> None:
        """Carry one message; `portal` is what happens when a captive portal answers in the gate's place."""
        delivery = self._draw_delivery(portal is not None)
        self.world.note("network", delivery)
        if delivery == "portal" and portal is not None:
            self.world.after(self._delay_ms(), portal)
        if delivery in {"arrives", "twice"}:
            self.world.after(self._delay_ms(), arrive)
        if delivery == "twice":
            self.world.after(self._delay_ms(), arrive)

    def _draw_delivery(self, portal_possible: bool) -> Delivery:  # noqa: FBT001 - one question, one answer
        if self.world.chance(self.lost):
            return "lost"
        if portal_possible and self.world.chance(self.portal):
            return "portal"
        return "twice" if self.world.chance(self.twice) else "arrives"

    def _delay_ms(self) -> float:
        return 5_000 if self.world.chance(self.slow) else self.world.dice.uniform(20, 300)


class DirectNetwork(Network):
    """Nothing happens on the way: what is between is really there."""

    def send(self, arrive: Callable[[], None], portal: Callable[[], None] | None = None) -> None:  # noqa: ARG002 - none
        arrive()


Trouble = Literal["", "lost", "kept", "cut"]


@dataclass
class FaultyDisk:
    """Opens journals. Its next commit may fail, with the bytes lost or kept all the same, or meet a power cut: then of
    all that SQLite's log was not yet synced for, any sectors may be left.
    """

    world: World
    fails_next: Trouble = ""
    failures: int = 0
    cuts: int = 0

    def __post_init__(self) -> None:
        self._path = Path()
        self._synced = b""
        self._left: dict[Path, bytes] = {}

    @property
    def is_dark(self) -> bool:
        """The power is cut, and nobody has switched it on again."""
        return bool(self._left)

    def connect(self, path: Path) -> sqlite3.Connection:
        self._path = path
        self._synced = self._read_log()
        db = connect_file(path)
        db.execute("PRAGMA wal_autocheckpoint = 0")  # so that all which may be torn lies in the log
        return cast("sqlite3.Connection", _FailingConnection(db, self))

    def power_back(self) -> None:
        """The files are what the cut left; the program that held them is gone."""
        if not self._left:
            return
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink()
        for path, content in self._left.items():
            path.write_bytes(content)
        self._left = {}

    def synced(self, db: sqlite3.Connection) -> None:
        """A commit returned: with `synchronous=FULL` the log is on the disk."""
        if db.execute("PRAGMA synchronous").fetchone()[0] >= _FULL:
            self._synced = self._read_log()

    def cut(self) -> None:
        """In the middle of a commit."""
        self.cuts += 1
        log, old = self._read_log(), self._synced
        share = self.world.dice.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        left = bytearray()
        for begin in range(0, len(log), _SECTOR):
            part = log[begin : begin + _SECTOR]
            before = old[begin : begin + _SECTOR].ljust(len(part), b"\0")
            left += part if self.world.dice.random() < share else before
        self._left = {self._path: self._path.read_bytes(), self._log: bytes(left)}

    def _read_log(self) -> bytes:
        return self._log.read_bytes() if self._log.exists() else b""

    @property
    def _log(self) -> Path:
        return self._path.with_name(f"{self._path.name}-wal")


class _FailingConnection:
    """The part of a connection that the ledger uses."""

    def __init__(self, db: sqlite3.Connection, disk: FaultyDisk) -> None:
        self._db = db
        self._disk = disk

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        if sql != "COMMIT":
            return self._db.execute(sql, values)
        trouble, self._disk.fails_next = self._disk.fails_next, ""
        done = self._db.execute("ROLLBACK" if trouble == "lost" else "COMMIT")
        if trouble == "cut":
            self._disk.cut()
        if trouble:
            self._disk.failures += 1
            raise sqlite3.OperationalError("disk I/O error")
        self._disk.synced(self._db)
        return done

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> sqlite3.Cursor:
        return self._db.executemany(sql, rows)

    def close(self) -> None:
        self._db.close()
