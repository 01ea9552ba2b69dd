"""A gate in the simulation: the real writer, queue, `step` and journal; simulated time, disk, death and power."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from hadir.clock import ClockQuality
from hadir.gate.admission import AdmissionQueue
from hadir.gate.app import answer_of
from hadir.gate.batch_writer import BatchWriter, Reply
from hadir.gate.reading import Sent
from hadir.gate.roster import Roster
from hadir.gate.step import Keys, SentDetail
from hadir.ledger import JournalBrokenError, JournalError
from hadir.ledger.details import DetailStore
from hadir.ledger.sqlite import JOURNAL_FILE, SqliteJournal
from hadir.records.keys import DatedKey, KeyList
from hadir.records.kinds import PUNCH_KINDS
from hadir.records.note import Signer, VerifierKey
from hadir.records.office_notes import RosterKey
from hadir.records.refusals import Refused
from hadir.records.times import TimeToken, issue_time
from rehearsal.crowd import GateAnswer, TellAnswer, TellTime
from rehearsal.phones import Phone
from rehearsal.world import HOUR_MS, FaultyDisk, World

T = TypeVar("T")

#: A line that one phone's largest batch fits into, and two do not.
QUEUE_RECORDS = 24
BATCH_MS_MIN = 20
BATCH_MS_MAX = 2_000
WAIT_MS_MAX = 40
DOWN_MS_MIN = 200
DOWN_MS_MAX = 60_000
_NONCE = "A" * 22


@dataclass
class Office:
    """Who may record: what every gate's roster says."""

    signer: Signer
    #: The key list as it is published now: phones meet it whenever they meet a gate.
    keys: KeyList = field(default_factory=lambda: KeyList("rehearsal/sim", ()))
    devices: dict[bytes, RosterKey] = field(default_factory=dict)
    offices: Sequence[VerifierKey] = field(init=False)
    fault: str = ""

    def __post_init__(self) -> None:
        self.offices = (self.signer.verifier,)

    def publish(self, signer: Signer, *, ends: str = "", until_ms: int = 0) -> None:
        """Name a journal's key, and end the one before it."""
        kept = tuple(replace(one, until_ms=until_ms) if one.key.name == ends else one for one in self.keys.keys)
        fresh = DatedKey(use="gate", key=signer.verifier, from_ms=0, until_ms=None)
        self.keys = replace(self.keys, keys=(*kept, fresh))

    def some(self, _: Iterable[bytes]) -> Keys:
        return Keys(self.offices, self.devices)

    def refresh(self, _: int) -> None:
        """Always the newest."""


@dataclass
class SimClock:
    """A machine's clock; its kernel knows of no error."""

    world: World
    skew_ms: int = 0

    def now_ms(self) -> int:
        return self.world.now_ms + self.skew_ms

    def mono_ms(self) -> int:
        return self.world.now_ms

    def quality(self) -> ClockQuality:
        return ClockQuality("ok", 20)


@dataclass
class SimGate:
    """One gate and its journal. `kills` and `busy` count what it went through; `blind`: it once started with a wrong
    clock, which nobody could tell it.
    """

    world: World
    office: Office
    folder: Path
    signer: Signer
    kills: int = 0
    busy: int = 0
    restores: int = 0
    blind: bool = False
    #: Journals that came back as older copies: nothing is ever signed for them again.
    ended: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.disk, self.clock = FaultyDisk(self.world), SimClock(self.world)
        self._life = 0
        self._is_working = False
        self._told: list[Callable[[], None]] = []
        self.journal: SqliteJournal | None = None
        self.writer: BatchWriter | None = None
        self._open()

    def receive(self, records: Sequence[str], tell: TellAnswer) -> None:
        """A request arrives; a gate that is down refuses the connection or never answers."""
        if self.writer is None:
            if self.world.dice.random() < 0.5:
                tell(None)
            return
        if self.world.chance(0.05):
            self._crowd(self.writer)
        writer = self.writer
        try:
            writer.submit([Sent(text) for text in records], PUNCH_KINDS, lambda outcome: tell(_answer(writer, outcome)))
        except Refused as refused:
            self.busy += 1
            tell(_answer(writer, refused))
            return
        self._work_soon()

    def tell_time(self, _: Phone, tell: TellTime) -> None:
        """What it signs at once; None while it is down."""
        if self.writer is None:
            tell(None)
            return
        now_ms, quality = self.writer.moment()
        said = TimeToken(v=1, nonce=_NONCE, at_ms=now_ms, clock=quality.word, error_ms=quality.error_ms)
        tell((issue_time(said, self.signer), now_ms))

    def kill(self, down_ms: float | None = None) -> None:
        """As kill -9 or a power cut does: what waits is never answered; later the gate starts again."""
        if self.journal is None:
            return
        self.kills += 1
        self.world.note(self.signer.name, "dies at", self.journal.size())
        self.journal.close()
        self.disk.power_back()
        self.journal = self.writer = None
        self._life += 1
        self._is_working = False
        self._told.clear()
        self.world.after(self.world.dice.uniform(DOWN_MS_MIN, DOWN_MS_MAX) if down_ms is None else down_ms, self._open)

    def back_up(self) -> None:
        """An operator copies the journal as it is now, with SQLite's backup."""
        if self.journal is None:
            return
        shutil.rmtree(self._copy, ignore_errors=True)
        self._copy.mkdir()
        source, copy = sqlite3.connect(self.folder / JOURNAL_FILE), sqlite3.connect(self._copy / JOURNAL_FILE)
        source.backup(copy)
        source.close()
        copy.close()

    def restore(self, signer: Signer) -> None:
        """The machine is lost and the copy comes back: a journal of a new name goes on, and phones will notice."""
        if not self._copy.exists():
            return
        self.kill()
        self.restores += 1
        shutil.rmtree(self.folder)
        self._copy.rename(self.folder)
        self.ended.append(self.folder)
        self.office.publish(signer, ends=self.signer.name, until_ms=self.world.now_ms + 2 * HOUR_MS)
        self.folder, self.signer = self.folder.with_name(f"{self.folder.name}-{self.restores}"), signer
        self.world.note(signer.name, "goes on")

    def mend(self) -> None:
        """No fault of its disk and clock outlives this."""
        self.disk.fails_next, self.clock.skew_ms = "", 0

    @property
    def name(self) -> str:
        return self.signer.name

    @property
    def _copy(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}-copy")

    def _open(self) -> None:
        if self.journal is not None:
            return
        try:
            self.journal = self._open_journal()
            self._begin(self.journal)
        except JournalError:  # a disk that is ill at the start: a supervisor starts it again
            self._close()
            self.world.after(self.world.dice.uniform(DOWN_MS_MIN, DOWN_MS_MAX), self._open)
            return
        self.blind |= self.clock.skew_ms != 0
        self.world.note(self.signer.name, "opens at", self.journal.size())

    def _begin(self, journal: SqliteJournal) -> None:
        writer = BatchWriter(
            journal=journal,
            details=DetailStore(self.folder, connect=lambda _: sqlite3.connect(":memory:", isolation_level=None)),
            roster=cast("Roster", self.office),
            clock=self.clock,
            app_version="sim",
            on_broken=lambda: None,
            on_disk=self._on_disk,
            call_soon=self._told.append,
        )
        writer.queue = self._queue()
        at_once(writer.begin())
        self.writer = writer

    # What a cheap gate has otherwise.

    def _open_journal(self) -> SqliteJournal:
        return SqliteJournal(self.folder, self.signer, connect=self.disk.connect)

    def _queue(self) -> AdmissionQueue:
        return AdmissionQueue(records_max=QUEUE_RECORDS, draw=self.world.dice.randint)

    def _gather_ms(self) -> float:
        """From the first of a batch until the writer takes it."""
        return self.world.dice.uniform(BATCH_MS_MIN, BATCH_MS_MAX)

    def _wait_ms(self) -> float:
        """How long the writer waits for the disk, or for others, within a turn."""
        return self.world.dice.uniform(0, WAIT_MS_MAX)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        """The disk takes a while, and then it has done it."""
        await asyncio.sleep(0)
        return work()

    def _close(self) -> None:
        if self.journal is not None:
            self.journal.close()
        self.disk.power_back()
        self.journal = self.writer = None

    def _crowd(self, writer: BatchWriter) -> None:
        """Strangers fill the line to its end."""
        while True:
            try:
                writer.keep_detail(SentDetail(bytes(16), "", b""), lambda _: None)
            except Refused:
                self._work_soon()
                return

    def _work_soon(self) -> None:
        if self._is_working:
            return
        self._is_working, life = True, self._life
        self.world.after(self._gather_ms(), lambda: self._work(life))

    def _work(self, life: int) -> None:
        """One turn of the writer: decide, append, and only then answer; death may come before, between and after."""
        if self.writer is None or life != self._life:
            return
        if self.world.chance(0.02):
            self.kill()
            return
        self._go_on(self.writer, self.writer.turn(), life)

    def _go_on(self, writer: BatchWriter, turn: Coroutine[Any, Any, bool], life: int) -> None:
        """The turn until it waits for the disk or lets others go first."""
        if life != self._life:
            turn.close()
            return
        try:
            turn.send(None)
        except StopIteration:
            self._is_working = False
            self._after_turn(writer)
        except JournalBrokenError:
            writer.abort()
            if not self.disk.is_dark:
                self._tell()
            self.kill()
        else:
            if self.world.chance(0.01):
                self.kill()
            self._tell()
            self.world.after(self._wait_ms(), lambda: self._go_on(writer, turn, life))

    def _after_turn(self, writer: BatchWriter) -> None:
        self.world.note(self.signer.name, "stands at", writer.journal.size())
        if self.world.chance(0.02):
            self.kill()
            return
        self._tell()
        if writer.queue.waiting:
            self._work_soon()

    def _tell(self) -> None:
        while self._told:
            self._told.pop(0)()


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives: run to its end in one go, as if nobody else were there."""
    while True:
        try:
            work.send(None)
        except StopIteration as ended:
            return cast("T", ended.value)


def _answer(writer: BatchWriter, outcome: list[Reply] | Refused) -> GateAnswer:
    if isinstance(outcome, Refused):
        return GateAnswer(retry_after_s=writer.queue.retry_after_s(writer.clock.mono_ms()))
    return GateAnswer([msgspec.to_builtins(answer_of(one)) for one in outcome])
