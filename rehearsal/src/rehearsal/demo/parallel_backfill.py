"""A new folder's backlog followed by two processes: this one, and a helper that reads tables, judges, and sends what it
found.

Only this one writes. That is safe only where nobody acts meanwhile, as while the past of a rehearsal is made. Marks go
before their days are judged: a day that is marked again meanwhile is judged again. While this one still reads, the
helper judges days that are long over; then both judge, person by person, each of whom one process has at a time.
"""

import multiprocessing
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache, partial
from multiprocessing.pool import ApplyResult, AsyncResult, Pool
from pathlib import Path
from time import sleep
from typing import Self

import msgspec
from django.db import connection, transaction

from hadir.config import Settings
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.acts.writer import move_outbox
from hadir.office.follower.absence_scan import (
    Unrecorded,
    find_unrecorded_days,
    keep_unrecorded_days,
    mark_unrecorded_days,
)
from hadir.office.follower.following import BATCH_DAYS_MAX, read_steps
from hadir.office.follower.keeping import Found, KeptDay, find_days, keep
from hadir.office.follower.machine_lines import AssignedLines, find_assigned, keep_assigned, take_pins
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.ground.rows import Json
from hadir.office.judging.facts import Facts, counts, gather_standing
from hadir.office.judging.judging import Counted, JudgeContext, PersonDayKey
from hadir.office.months.lines import LineRow
from hadir.office.outages.measuring import propose_outages
from hadir.office.programs.commands import PAUSE_SECONDS, hold_more_pages, judge_context_here
from hadir.office.projection.invalidation import PinDay
from hadir.office.projection.models import DirtyDay, Punch, ServerFact
from hadir.records.kinds import Kind
from hadir.rules.evidence import WeighedTap
from hadir.site import Site
from rehearsal.demo.history import prepare_in_haste

DAYS_AT_ONCE = 2_500
"""Enough that asking for what was recorded of them costs little; few enough that neither process waits long in the end
for the other's last."""
PINS_AT_ONCE = 2_000
"""Nobody else wants to write meanwhile."""
AHEAD, AHEAD_AT_THE_END = 8, 2
"""So many batches wait for the helper, that it never does; fewer when this process takes its share of them."""
_NONE: Mapping[str, Counted] = {}
_PLAIN = msgspec.msgpack.Encoder(enc_hook=str)
_Key = tuple[int, date]
_DAYS = msgspec.msgpack.Decoder(list[tuple[_Key, list[tuple[WeighedTap, bool]]]])
_FOUND = msgspec.msgpack.Decoder(
    tuple[
        list[tuple[int, date, int, str, str, int, str, int | None]],
        list[tuple[int, date, int, str, str, int | None, str]],
        list[_Key],
        list[_Key],
    ]
)
"""How taps go to the helper, and what it found comes back: Python's own way takes ten times as long."""
_OVER = timedelta(days=1)
"""Of a day that has been over for so long, few records still come."""
_FREE_DAYS_AT_ONCE = timedelta(days=2)
"""So many dates are looked through at once for days of which nothing was recorded."""


_ACTS_AT_ONCE, _LEAVES_AT_ONCE = 5_000, 14_000
"""What must be known to weigh leaves is asked once for all of them."""
_LOG_PAGES, _USUAL_LOG_PAGES = 20_000, 1_000


def follow_past(settings: Settings, *, is_growing: Callable[[], bool], when_read: Callable[[], object]) -> None:
    """Read all journals while one of them grows, and judge what they say, in two processes.

    For a folder in which nobody acts yet.
    """
    hold_more_pages()
    site, now_ms = HERE.site, HERE.clock.now_ms()
    with (
        ParallelBackfill(judge_context_here(), partial(prepare_in_haste, settings), now_ms=now_ms) as together,
        _in_haste(),
    ):
        with closing(SqliteJournal(site.journal_folder("office"), site.office_signer())) as journal:
            move_outbox(journal, now_ms=now_ms, at_once=_ACTS_AT_ONCE)
        grew = True
        while grew:
            grew = is_growing()
            if not together.read(_LEAVES_AT_ONCE, is_growing) and grew:
                sleep(PAUSE_SECONDS)
        propose_outages(now_ms, ask_phones=False)
        when_read()
        together.judge()


@contextmanager
def _in_haste() -> Iterator[None]:
    """Writes that wait for the disk only in the end: a past that a power cut spoils is made anew."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        before = cursor.fetchone()[0]
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
        yield
        cursor.execute(f"PRAGMA synchronous={before}")
        cursor.execute(f"PRAGMA wal_autocheckpoint={_USUAL_LOG_PAGES}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@dataclass
class ParallelBackfill:
    """`prepare` sets the helper's Django up; it starts at once, while there is other work."""

    context: JudgeContext
    prepare: Callable[[], object]
    now_ms: int
    _pool: Pool = field(init=False)
    _sent: deque[tuple[Sequence[PersonDayKey], ApplyResult[bytes]]] = field(default_factory=deque, init=False)
    """The days of each batch that is out, and what the helper will have found: judged perhaps, and not kept yet."""
    _taps: dict[PersonDayKey, dict[str, Counted]] = field(default_factory=lambda: defaultdict(dict), init=False)
    """Every tap on its day, as it was weighed when it was put there. Judging asks no table for it."""
    _days: dict[str, PersonDayKey] = field(default_factory=dict, init=False)
    """Where each of them is."""
    _last: int = 0
    """The last person sent: the people of batches that are out differ."""
    _assigning: AsyncResult[AssignedLines] | None = None
    """Lines that the helper gives to their people."""
    _swept: date = date.min
    """Up to this date days of which nothing was recorded were looked for while reading."""
    _sweeping: AsyncResult[Unrecorded] | None = None
    """The helper looks for some."""
    _out_since_asked: set[PersonDayKey] = field(default_factory=set, init=False)
    """Those that were out at any moment since the helper was asked to look: it may find them, too, like days with a tap
    that still wait to be judged."""

    def __post_init__(self) -> None:
        self.context = _standing(self.context)

    def __enter__(self) -> Self:
        self._pool = multiprocessing.get_context("spawn").Pool(1, initializer=self.prepare)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.terminate()

    def read(self, at_once: int, is_growing: Callable[[], bool]) -> int:
        """Read every journal to its end. Once none grows, the helper is free. Returns how many leaves were new."""
        office = self.context.site.journal_folder("office")
        gates = [folder for folder in self.context.site.journal_folders() if folder != office]
        read = 0
        for new in read_steps(self.context, [office], at_once, self._on_placed):
            read += new
            if self._has_assigned():
                self._assign_there(take_pins(PINS_AT_ONCE))
        self._assign()
        for new in read_steps(self.context, gates, at_once, self._on_placed):
            read += new
            self._keep_ready()
            if not is_growing():
                self._send_what_is_over()
        return read

    def _assign(self) -> None:
        """Give terminals' lines to their people, first of all: the helper has no days to judge yet."""
        while pins := take_pins(PINS_AT_ONCE):
            if self._has_assigned():
                self._assign_there(pins)
            else:
                self._keep_assigned(find_assigned(self.context, pins))
        if self._assigning is not None:
            self._assigning.wait()
            self._has_assigned()

    def _assign_there(self, pins: list[PinDay]) -> None:
        if pins:
            self._assigning = self._pool.apply_async(_find_assigned, (self.context.site, self.context.policies, pins))

    def _has_assigned(self) -> bool:
        """Whether the helper waits for lines to give; what it gave is kept."""
        if self._assigning is not None and self._assigning.ready():
            self._keep_assigned(self._assigning.get())
            self._assigning = None
        return self._assigning is None

    def _keep_assigned(self, given: AssignedLines) -> None:
        with transaction.atomic():
            keep_assigned(given)
        for punch in given.punches:
            self._note(punch, counts=True)

    def _on_placed(self, punches: Sequence[Punch], facts: Facts) -> None:
        for punch in punches:
            self._note(punch, counts=counts(punch, facts))

    def _note(self, punch: Punch, *, counts: bool) -> None:
        if punch.day is None or punch.weighed is None:
            return
        key, ref = (punch.person, punch.day), punch.record_hash
        before = self._days.get(ref, key)
        if before != key:
            del self._taps[before][ref]
        self._days[ref] = key
        self._taps[key][ref] = Counted(punch.weighed, counts).without_steps

    def judge(self) -> None:
        """Judge all marked days, then those of which nothing was recorded. A small rest is left to `follow_all`."""
        self._keep_swept()
        self._judge_marked()
        mark_unrecorded_days(self.now_ms)
        self._judge_marked()

    def _judge_marked(self) -> None:
        while self._sent or DirtyDay.objects.count() > BATCH_DAYS_MAX:
            self._send(None, AHEAD_AT_THE_END)
            if mine := self._take(None):
                with transaction.atomic():
                    keep(find_days(self.context, self._of(mine), self.now_ms))
                self._keep_ready()
            else:
                self._wait()

    def _send_what_is_over(self) -> None:
        pulses = ServerFact.objects.filter(kind=Kind.GATE_PULSE).order_by("-index")
        at_ms = pulses.values_list("received_at_ms", flat=True).first()
        if at_ms is None:
            return
        over = day_at(at_ms, self.context.site.zone) - _OVER
        if self._sweeping is not None and self._sweeping.ready():
            self._keep_swept()
        if self._sweeping is None and over - self._swept >= _FREE_DAYS_AT_ONCE:
            until_ms = at_ms - _OVER // timedelta(milliseconds=1)
            self._sweeping = self._pool.apply_async(find_unrecorded_days, (until_ms,))
            self._swept, self._out_since_asked = over, {key for days, _ in self._sent for key in days}
        self._send(over, AHEAD)

    def _keep_swept(self) -> None:
        if self._sweeping is not None:
            found, self._sweeping = self._sweeping.get(), None
            coming = self._out_since_asked | self._taps.keys()
            keep_unrecorded_days(found._replace(days=[key for key in found.days if key not in coming]))

    def _send(self, before: date | None, ahead: int) -> None:
        while len(self._sent) < ahead and (batch := self._take(before)):
            asked = (
                self.context.site,
                self.context.policies,
                _PLAIN.encode(list(self._of(batch).items())),
                self.now_ms,
            )
            self._sent.append((batch, self._pool.apply_async(_find, asked)))
            self._out_since_asked.update(batch if self._sweeping is not None else ())

    def _of(self, days: Sequence[PersonDayKey]) -> dict[PersonDayKey, list[Counted]]:
        """These days with their taps, in order of judged time."""
        return {key: sorted(self._taps.get(key, _NONE).values(), key=_by_time) for key in days}

    def _take(self, before: date | None) -> list[PersonDayKey]:
        """Take the marks of the next people away; before a date, if one is given."""
        marks = DirtyDay.objects.filter(person__gt=self._last).order_by("person", "day")
        if before is not None:
            marks = marks.filter(day__lt=before)
        found = list(marks.values_list("person", "day")[:DAYS_AT_ONCE])
        if not found:
            return []
        if len(found) == DAYS_AT_ONCE and found[0][0] != found[-1][0]:  # the last one's days may go on
            found = [row for row in found if row[0] != found[-1][0]]
        self._last = found[-1][0]
        marks.filter(person__lte=self._last, day__lte=max(day for _, day in found)).delete()
        return found

    def _keep_ready(self) -> None:
        while self._sent and self._sent[0][1].ready():
            self._keep_next()
        if not self._sent:
            self._last = 0

    def _wait(self) -> None:
        while self._sent:
            self._keep_next()
        self._last = 0

    def _keep_next(self) -> None:
        _, found = self._sent.popleft()
        with transaction.atomic():
            keep(_read_found(found.get()))


def _by_time(counted: Counted) -> tuple[int, str]:
    return counted.tap.evidence.judged_ms, counted.tap.ref


def _find_assigned(site: Site, policies: Path, pins: list[PinDay]) -> AssignedLines:
    return find_assigned(_context_of(site, policies), pins)


def _find(site: Site, policies: Path, days: bytes, now_ms: int) -> bytes:
    taps = {key: [Counted(*one) for one in found] for key, found in _DAYS.decode(days)}
    found = find_days(_context_of(site, policies), taps, now_ms)
    return _PLAIN.encode((found.rows, found.lines, found.without, found.flex_changed))


def _read_found(told: bytes) -> Found:
    """What `_find` told."""
    rows, lines, without, flex_changed = _FOUND.decode(told)
    return Found(
        rows=[KeptDay(*row[:6], Json(row[6]), row[7]) for row in rows],
        lines=[LineRow(*row) for row in lines],
        without=without,
        flex_changed=flex_changed,
    )


@cache
def _context_of(site: Site, policies: Path) -> JudgeContext:
    return _standing(JudgeContext(site, policies))


def _standing(context: JudgeContext) -> JudgeContext:
    return replace(context, standing=gather_standing(context.policies))
