"""The follower: every journal, from where it was left, into the projection.

0. Where the stored verdicts were judged by another edition of the rules, hold them against the installed one
   (`editions`): before anything new is read.
1. Take the next leaves of a journal after the position noted for its origin.
2. Put those that devices signed into the projection, and weigh again every punch they speak of; set apart the others.
3. Mark the person-days that this touches; note the position. Steps 2 and 3 are one transaction.
4. Give a terminal's marked lines to whoever holds their PIN.
5. Judge the marked days again, fresh marks first, each batch in a transaction that first takes the marks away; between
   batches read on, so that a long backlog keeps no fresh tap waiting. A backlog is judged person by person: a month of
   one person costs far less than a day of everybody.
6. Judge again the days that have ended since they were last judged, and those of which nothing was recorded.

A crash between any two steps repeats work and changes nothing. A late record is no special case.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.db import transaction

from hadir.ledger import JournalError
from hadir.ledger.sqlite import JOURNAL_FILE, JournalReader
from hadir.office.follower.absence_scan import mark_unrecorded_days
from hadir.office.follower.apart import set_apart
from hadir.office.follower.editions import begin_edition
from hadir.office.follower.keeping import OnPlaced, judge_days, place_punches
from hadir.office.follower.machine_lines import assign_lines
from hadir.office.follower.proving import late_leaves, mark_for, move_mark
from hadir.office.follower.reading import read_leaves
from hadir.office.ground.rows import listed
from hadir.office.judging.judging import JudgeContext, PersonDayKey
from hadir.office.projection.invalidation import mark_dirty
from hadir.office.projection.models import DirtyDay, FaultyLeaf, Position, Punch, VerdictRow
from hadir.records.leaf import Leaf
from hadir.records.office_notes import ProvenMark

BATCH_LEAVES_MAX = 5_000
BATCH_DAYS_MAX = 2_500
FRESH_DAYS_MAX = 500
PLACED_AT_ONCE_MAX = 5_000


@dataclass
class Marks:
    """The marked days, in the order in which they are to be judged. Marks above `seen` came since the last batch."""

    seen: int = 0

    def take(self) -> list[PersonDayKey]:
        """Take the next batch's marks away. Fresh ones first, the newest foremost; then the others by person."""
        marks = DirtyDay.objects.values_list("pk", "person", "day")
        found = list(marks.filter(pk__gt=self.seen).order_by("-pk")[:FRESH_DAYS_MAX])
        newest = found[0][0] if found else self.seen
        known = {pk for pk, _, _ in found}
        older = marks.exclude(pk__gt=self.seen) if len(found) < FRESH_DAYS_MAX else marks
        room = BATCH_DAYS_MAX - len(found)
        found += [row for row in older.order_by("person", "day")[:BATCH_DAYS_MAX] if row[0] not in known][:room]
        self.seen = newest
        DirtyDay.objects.filter(pk__in=[pk for pk, _, _ in found]).delete()
        return [(person, day) for _, person, day in found]


def follow_all(context: JudgeContext, *, now_ms: int, batches_max: int | None = None) -> int:
    """One pass over all journals of the data folder, until nothing is marked. Returns how many leaves were new.

    As long as taps keep coming something is marked: who has other work too says after how many batches he wants to
    have his turn. What is marked then stays marked.
    """
    begin_edition(context, now_ms=now_ms)
    read, marks, batches = read_all(context), Marks(), 0
    # A day that ended since it was judged has no "not yet" any more.
    mark_dirty(VerdictRow.objects.filter(open_until_ms__lte=now_ms).values_list("person", "day"))
    while True:
        while judge_batch(context, marks, now_ms=now_ms):
            read, batches = read + read_all(context), batches + 1
            if batches == batches_max:
                return read
        if not mark_unrecorded_days(now_ms):
            return read


def read_all(context: JudgeContext) -> int:
    """Read every journal to its end and give terminals' lines to their people. Returns how many leaves were new."""
    read = sum(read_steps(context, context.site.journal_folders(), BATCH_LEAVES_MAX))
    with transaction.atomic():  # what was set apart for want of a key that is known by now
        if leaves := late_leaves():
            _put(context, leaves)
    assign_lines(context)
    return read


def read_steps(
    context: JudgeContext, folders: Iterable[Path], at_once: int, on_placed: OnPlaced | None = None
) -> Iterator[int]:
    """Read journals to their ends, so many leaves in each transaction: how many were new, after each."""
    for folder in folders:
        try:
            reader = JournalReader(folder)
        except JournalError as error:
            if (folder / JOURNAL_FILE).exists():  # else its writer has not begun yet
                _say_once(str(error))
            continue
        with closing(reader):
            mark = mark_for(reader, context.time_tokens.keys, _next_index(reader.origin))
            while leaves := reader.read(_next_index(reader.origin), at_once):
                take(context, reader.origin, leaves, on_placed, mark)
                yield len(leaves)


@lru_cache(64)
def _say_once(why: str) -> None:
    """A journal that is passed over is looked at again in each pass, and told of once."""
    sys.stderr.write(f"hadir follower: {why}\n")


@transaction.atomic
def take(
    context: JudgeContext,
    origin: str,
    leaves: Sequence[Leaf],
    on_placed: OnPlaced | None = None,
    mark: ProvenMark | None = None,
) -> None:
    """Put consecutive leaves of one journal into the projection, together with the position after them and the mark of
    what was proven.
    """
    Position.objects.get_or_create(origin=origin)
    position = Position.objects.select_for_update().get(origin=origin)
    if leaves[0].index != position.next_index:
        return  # A rebuild began, or another follower was here: what to read next has changed.
    faulty = _put(context, leaves, on_placed, mark)
    move_mark(context, origin, leaves=leaves, faulty=faulty)
    if position.proven_index == leaves[0].index:
        position.proven_index = leaves[-1].index + 1
    position.next_index = leaves[-1].index + 1
    position.save(update_fields=["next_index", "proven_index"])


def _put(
    context: JudgeContext, leaves: Sequence[Leaf], on_placed: OnPlaced | None = None, mark: ProvenMark | None = None
) -> Sequence[FaultyLeaf]:
    """Put leaves into the projection, and mark the person-days that they touch. Returns those that nobody signed."""
    new, named, faulty = read_leaves(leaves, context.time_tokens.keys, mark)
    if faulty:
        mark_dirty(set_apart(context, faulty))
    mark_dirty(place_punches(context, new, on_placed))
    again = sorted(named)
    for begin in range(0, len(again), PLACED_AT_ONCE_MAX):
        some = Punch.objects.filter(record_hash__in=listed(again[begin : begin + PLACED_AT_ONCE_MAX]))
        mark_dirty(place_punches(context, list(some), on_placed))
    return faulty


def judge_batch(context: JudgeContext, marks: Marks, *, now_ms: int) -> int:
    """Judge the next marks, as many as fit. Returns how many; 0 when nothing is marked."""
    with transaction.atomic():
        batch = marks.take()
        if batch:
            judge_days(context, batch, now_ms)
    return len(batch)


def _next_index(origin: str) -> int:
    return Position.objects.filter(origin=origin).values_list("next_index", flat=True).first() or 0
