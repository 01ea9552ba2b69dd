"""A new folder's backlog judged by two processes: this one, and a helper that reads, judges and sends what it found.

Only this one writes. That is safe only where nobody acts meanwhile and nothing was judged before, as while the past of
a rehearsal is made: what the helper read would else be old when it is written.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from functools import cache
from typing import TYPE_CHECKING

from django.db import transaction

from hadir.office.follower.following import BATCH_DAYS_MAX
from hadir.office.follower.judging import Court
from hadir.office.follower.keeping import find_days, judge_days, keep
from hadir.office.follower.models import DirtyDay
from hadir.office.follower.sweeping import mark_unrecorded_days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from multiprocessing.pool import ApplyResult, Pool
    from pathlib import Path

    from hadir.office.follower.keeping import Found
    from hadir.site import Site

    Mark = tuple[int, int, date]

AHEAD = 2
"""So many batches wait for the helper, that it never does."""


def judge_together(court: Court, prepare: Callable[[], object], *, now_ms: int) -> None:
    """Judge all marked days, then those of which nothing was recorded. `prepare` sets the helper's Django up.

    A small backlog is left to `follow_all`: it is done before a helper has started.
    """
    if DirtyDay.objects.count() <= 2 * BATCH_DAYS_MAX:
        return
    with multiprocessing.get_context("spawn").Pool(1, initializer=prepare) as helper:
        _judge_marked(court, helper, now_ms)
        mark_unrecorded_days(now_ms)
        _judge_marked(court, helper, now_ms)


def _judge_marked(court: Court, helper: Pool, now_ms: int) -> None:
    batches = _batches()
    sent: deque[tuple[list[Mark], ApplyResult[Found]]] = deque()
    while True:
        while len(sent) < AHEAD and (batch := next(batches, None)):
            sent.append((batch, helper.apply_async(_find, (court.site, court.policies, _days(batch), now_ms))))
        if mine := next(batches, None):
            with transaction.atomic():
                _unmark(mine)
                judge_days(court, _days(mine), now_ms)
        if not sent:
            return
        while sent and (sent[0][1].ready() or mine is None):
            batch, answer = sent.popleft()
            found = answer.get()
            with transaction.atomic():
                _unmark(batch)
                keep(found)


def _find(site: Site, policies: Path, days: list[tuple[int, date]], now_ms: int) -> Found:
    return find_days(_court_of(site, policies), days, now_ms)


@cache
def _court_of(site: Site, policies: Path) -> Court:
    return Court(site, policies)


def _batches() -> Iterator[list[Mark]]:
    marks = list(DirtyDay.objects.order_by("person", "day").values_list("pk", "person", "day"))
    return (marks[begin : begin + BATCH_DAYS_MAX] for begin in range(0, len(marks), BATCH_DAYS_MAX))


def _days(batch: list[Mark]) -> list[tuple[int, date]]:
    return [(person, day) for _, person, day in batch]


def _unmark(batch: list[Mark]) -> None:
    DirtyDay.objects.filter(pk__in=[pk for pk, _, _ in batch]).delete()
