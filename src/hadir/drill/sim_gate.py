"""A gate in the simulation: the real `step`, the real journal, simulated waiting, killing and disk."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hadir.drill.sim_world import HOUR_MS, Disk, World
from hadir.gate.step import Recorded, Submission, step
from hadir.ledger import JournalBrokenError, JournalError
from hadir.ledger.sqlite import SqliteJournal
from hadir.records.jws import parse_jws
from hadir.records.keys import DatedKey, KeyList
from hadir.records.kinds import PUNCH_KINDS
from hadir.records.note import Signer, VerifierKey
from hadir.records.phone_records import read_phone_record
from hadir.records.refusals import Refused
from hadir.records.roster import RosterKey

#: Small, with a slow disk: two phones at once are a crowd here.
WAITING_REQUESTS_MAX = 1
BATCH_MS_MIN = 20
BATCH_MS_MAX = 2_000
DOWN_MS_MIN = 200
DOWN_MS_MAX = 60_000
RETRY_AFTER_S_MAX = 60


@dataclass
class Office:
    """Who may record: what every gate's roster says."""

    signer: Signer
    #: The key list as it is published now: phones meet it whenever they meet a gate.
    keys: KeyList = field(default_factory=lambda: KeyList("rehearsal/sim", ()))
    devices: dict[bytes, RosterKey] = field(default_factory=dict)
    offices: Sequence[VerifierKey] = field(init=False)

    def __post_init__(self) -> None:
        self.offices = (self.signer.verifier,)

    def publish(self, signer: Signer, *, ends: str = "", until_ms: int = 0) -> None:
        """Name a journal's key, and end the one before it."""
        kept = tuple(replace(one, until_ms=until_ms) if one.key.name == ends else one for one in self.keys.keys)
        fresh = DatedKey(use="gate", key=signer.verifier, from_ms=0, until_ms=None)
        self.keys = replace(self.keys, keys=(*kept, fresh))

    def key(self, kid: bytes) -> RosterKey | None:
        return self.devices.get(kid)


@dataclass(frozen=True)
class Answer:
    """What a gate answers to one request: a receipt or a refusal's status for each record, or 503 for all."""

    receipts: tuple[str | int, ...] = ()
    retry_after_s: int | None = None


Reply = Callable[[Answer], None]


@dataclass
class SimGate:
    """One gate and its journal. `kills` and `busy` count what it went through."""

    world: World
    office: Office
    folder: Path
    signer: Signer
    disk: Disk = field(default_factory=Disk)
    skew_ms: int = 0
    kills: int = 0
    busy: int = 0
    restores: int = 0
    #: Journals that came back as older copies: nothing is ever signed for them again.
    ended: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting: list[tuple[Sequence[str], Reply]] = []
        self._life = 0
        self.journal: SqliteJournal | None = None
        self._open()

    def receive(self, records: Sequence[str], reply: Reply) -> None:
        """A request arrives; a gate that is down never answers."""
        if self.journal is None:
            return
        if len(self._waiting) >= WAITING_REQUESTS_MAX:
            self.busy += 1
            reply(Answer(retry_after_s=self.world.dice.randint(2, RETRY_AFTER_S_MAX)))
            return
        self._waiting.append((records, reply))
        if len(self._waiting) == 1:
            life = self._life
            self.world.after(self.world.dice.uniform(BATCH_MS_MIN, BATCH_MS_MAX), lambda: self._work(life))

    def kill(self) -> None:
        """As kill -9 does: what waits is never answered; later the gate starts again."""
        if self.journal is None:
            return
        self.kills += 1
        self.world.note(self.signer.name, "dies at", self.journal.size())
        self.journal.close()
        self.journal = None
        self._life += 1
        self._waiting.clear()
        self.world.after(self.world.dice.uniform(DOWN_MS_MIN, DOWN_MS_MAX), self._open)

    def back_up(self) -> None:
        """An operator copies the journal's folder as it is now."""
        if self.journal is None:
            return
        self.journal.close()
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self.folder, self._copy)
        self.journal = None
        self._open()

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

    @property
    def _copy(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}-copy")

    def _open(self) -> None:
        if self.journal is not None:
            return
        try:
            self.journal = SqliteJournal(self.folder, self.signer, connect=self.disk.connect)
        except JournalError:  # a disk that is ill at the start: whoever started us starts us again
            self.world.after(self.world.dice.uniform(DOWN_MS_MIN, DOWN_MS_MAX), self._open)
            return
        self.world.note(self.signer.name, "opens at", self.journal.size())

    def _work(self, life: int) -> None:
        """One batch: decide, append, and only then answer; death may come before, between and after."""
        if self.journal is None or life != self._life:
            return
        batch, self._waiting = self._waiting, []
        if self.world.chance(0.02):
            self.kill()
            return
        try:
            answers = self._commit(self.journal, batch)
        except JournalBrokenError:
            self.kill()
            return
        if self.world.chance(0.02):
            self.kill()
            return
        for (_, reply), answer in zip(batch, answers, strict=True):
            reply(answer)

    def _commit(self, journal: SqliteJournal, batch: Sequence[tuple[Sequence[str], Reply]]) -> list[Answer]:
        now_ms = self.world.now_ms + self.skew_ms
        inputs = [
            Submission(read_phone_record(parse_jws(text), PUNCH_KINDS)) for records, _ in batch for text in records
        ]
        result = step(inputs, now_ms, keys=self.office, known=journal)
        if result.appends:
            journal.append(result.appends, now_ms=now_ms)
        self.world.note(self.signer.name, "appends", len(result.appends), "of", len(inputs))
        recorded = [answer.index for answer in result.answers if isinstance(answer, Recorded)]
        proofs: Iterator[str] = (proof.receipt for proof in journal.prove(recorded))
        given = [self._given(answer, proofs) for answer in result.answers]
        answers = []
        for records, _ in batch:
            answers.append(Answer(receipts=tuple(given[: len(records)])))
            del given[: len(records)]
        return answers

    def _given(self, answer: Recorded | Refused, receipts: Iterator[str]) -> str | int:
        return answer.refusal.status if isinstance(answer, Refused) else next(receipts)
