"""The program that makes files, one at a time, in four steps.

1. Alone: a lock in the folder. A second program of this kind waits until the first has ended.
2. Again: what a killed program left half done is taken up once more; the second time it has failed, and says so.
3. Clear: files older than a day go, and everything in the folder that no row knows.
4. Make: the oldest row that waits. A file is written whole, readable by its owner alone, then given its name.

Asked to stop, it puts the file that it is making back into the row. A defect ends the program. Whoever watches it
starts it again, and step 2 gives the row its last chance.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from hadir.clock import Clock
from hadir.office.exports.models import KEPT_MS, Export, ExportState, FileKind
from hadir.office.month_pages.columns import MonthFilter
from hadir.office.month_pages.paper import paper_of
from hadir.office.month_pages.pdf import pdf
from hadir.office.month_pages.recap import month_recap
from hadir.office.month_pages.xlsx import workbook
from hadir.office.months.letters import current_letters
from hadir.texts import Lang

MAKERS = {FileKind.XLSX.value: workbook, FileKind.PDF.value: pdf}
PAUSE_SECONDS = 0.5
TRIES_MAX = 2
_LOCK = "lock"
_DRAFT = ".draft"
_TOLD_EVERY_MS = 500


class StoppedError(Exception):
    """Somebody asked the program to stop while it was making a file."""


@dataclass
class Exporter:
    folder: Path
    policies: Path
    clock: Clock
    stop: Event = field(default_factory=Event)

    def run(self, *, once: bool = False) -> None:
        """Until asked to stop; with `once`, until nothing waits."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with self._alone() as is_mine:
            if is_mine:
                self.begin()
            while is_mine and not self.stop.is_set():
                if not self.step():
                    if once:
                        return
                    self.stop.wait(PAUSE_SECONDS)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether the lock was had before somebody asked to stop."""
        handle = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            while not self.stop.is_set():
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    self.stop.wait(PAUSE_SECONDS)
                else:
                    yield True
                    return
            yield False
        finally:
            os.close(handle)

    def begin(self) -> None:
        """Nobody else makes files: what is said to be in the making was left by a program that was killed."""
        left = Export.objects.filter(state=ExportState.RUNNING)
        left.filter(tries__lt=TRIES_MAX).update(state=ExportState.WAITING, done=0)
        left.update(state=ExportState.FAILED, ended_at_ms=self.clock.now_ms())

    def step(self) -> bool:
        """Make the next file. Whether there was one to make."""
        self.clear()
        row = Export.objects.filter(state=ExportState.WAITING).order_by("number").first()
        if row is None:
            return False
        row.state, row.tries, row.began_at_ms = ExportState.RUNNING, row.tries + 1, self.clock.now_ms()
        row.save(update_fields=["state", "tries", "began_at_ms"])
        try:
            told = _Teller(row, self.clock, self.stop)
            body = make_export(row, policies=self.policies, now_ms=row.began_at_ms, done=told.done)
        except StoppedError:
            row.state, row.tries, row.done = ExportState.WAITING, row.tries - 1, 0
            row.save(update_fields=["state", "tries", "done"])
            return False
        self._write(row.file_name, body)
        row.state, row.ended_at_ms, row.bytes, row.done = ExportState.DONE, self.clock.now_ms(), len(body), row.people
        row.save(update_fields=["state", "ended_at_ms", "bytes", "done", "people"])
        return True

    def _write(self, name: str, body: bytes) -> None:
        draft = self.folder / f"{name}{_DRAFT}"
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(handle)
        draft.replace(self.folder / name)

    def clear(self) -> None:
        """Files of yesterday, and what no row knows: drafts of a killed program, files of rows that failed."""
        old = Export.objects.filter(state=ExportState.DONE, ended_at_ms__lte=self.clock.now_ms() - KEPT_MS)
        for row in old:
            (self.folder / row.file_name).unlink(missing_ok=True)
        old.update(state=ExportState.GONE)
        kept = {row.file_name for row in Export.objects.filter(state=ExportState.DONE)} | {_LOCK}
        for path in self.folder.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)


@dataclass
class _Teller:
    """Says in the row how far the work is, a few times in a second at most."""

    row: Export
    clock: Clock
    stop: Event
    told_mono_ms: int = 0

    def done(self, people: int) -> None:
        if self.stop.is_set():
            raise StoppedError
        now = self.clock.mono_ms()
        if now - self.told_mono_ms >= _TOLD_EVERY_MS:
            self.told_mono_ms = now
            Export.objects.filter(pk=self.row.pk).update(done=min(people, self.row.people), people=self.row.people)


def make_export(row: Export, *, policies: Path, now_ms: int, done: Callable[[int], object]) -> bytes:
    """Sets `row.people`; `done` hears how many of them are in the file."""
    month = month_recap(policies, row.unit, row.first)
    rows = MonthFilter.read({"saring": row.which, "cari": row.search}).of(month.rows)
    row.people = len(rows)
    done(0)
    lang: Lang = "en" if row.lang == "en" else "id"
    letters = month.closings[0].letters if month.is_closed else current_letters()
    paper = paper_of(month, rows, letters=letters, policies=policies, lang=lang, now_ms=now_ms)
    return MAKERS[row.kind](paper, row.size, done=done)
