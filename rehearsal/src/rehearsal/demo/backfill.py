"""A new folder's backlog: read here, judged in two processes that only read tables, and written here.

That is safe only where nobody acts meanwhile, as while the past of a rehearsal is made.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from multiprocessing.pool import Pool

from django.db import connection, transaction

from hadir.config import Settings
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.acts.writer import move_outbox
from hadir.office.follower.absence_scan import mark_unrecorded_days
from hadir.office.follower.assign_lines import assign_lines
from hadir.office.follower.following import read_steps
from hadir.office.follower.keeping import Found, find_days, keep
from hadir.office.ground.installation import HERE
from hadir.office.judging.facts import gather_standing
from hadir.office.judging.judging import JudgeContext, PersonDayKey
from hadir.office.outages.measuring import propose_outages
from hadir.office.programs.commands import hold_more_pages, judge_context_here
from hadir.office.projection.models import DirtyDay
from rehearsal.demo.history import prepare_in_haste

_JUDGES = 2
_DAYS_AT_ONCE = 2_500
_ACTS_AT_ONCE, _LEAVES_AT_ONCE = 5_000, 14_000
"""What must be known to weigh leaves is asked once for all of them."""
_LOG_PAGES, _USUAL_LOG_PAGES = 20_000, 1_000


def follow_past(settings: Settings, *, when_read: Callable[[], object]) -> None:
    """Read all journals, and judge what they say. For a folder in which nobody acts yet."""
    hold_more_pages()
    site, now_ms = HERE.site, HERE.clock.now_ms()
    context = multiprocessing.get_context("spawn")
    with context.Pool(_JUDGES, initializer=prepare_in_haste, initargs=(settings,)) as judges, _in_haste():
        with closing(SqliteJournal(site.journal_folder("office"), site.office_signer())) as journal:
            move_outbox(journal, now_ms=now_ms, at_once=_ACTS_AT_ONCE)
        for _ in read_steps(_context(), site.journal_folders(), _LEAVES_AT_ONCE):
            pass
        assign_lines(_context())
        propose_outages(now_ms, ask_phones=False)
        when_read()
        _judge_marked(judges, now_ms)
        while mark_unrecorded_days(now_ms):
            _judge_marked(judges, now_ms)


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


def _judge_marked(judges: Pool, now_ms: int) -> None:
    """Person by person, until what is kept marks no other day."""
    while marked := list(DirtyDay.objects.order_by("person", "day").values_list("person", "day")):
        DirtyDay.objects.all().delete()
        batches = [(marked[at : at + _DAYS_AT_ONCE], now_ms) for at in range(0, len(marked), _DAYS_AT_ONCE)]
        for found in judges.imap(_find, batches):
            with transaction.atomic():
                keep(found)


def _find(asked: tuple[list[PersonDayKey], int]) -> Found:
    days, now_ms = asked
    return find_days(_context(), days, now_ms)


@cache
def _context() -> JudgeContext:
    """With what nobody changes meanwhile, asked once in each process."""
    context = judge_context_here()
    return replace(context, standing=gather_standing(context.policies))
