"""A regency and its month, made in an empty rehearsal folder. Imported once Django is set up.

Its journals are read here, judged in two processes that only read tables, and the verdicts written here. That is safe
only where nobody acts meanwhile, as while the past of a rehearsal is made.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, time, timedelta
from functools import cache, partial
from multiprocessing.pool import Pool
from typing import Any

from django.db import connection, transaction

from hadir.config import Settings
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.acts.writer import move_outbox
from hadir.office.devices.roster import publish_roster
from hadir.office.follower.absence_scan import mark_unrecorded_days
from hadir.office.follower.editions import begin_edition
from hadir.office.follower.following import read_steps
from hadir.office.follower.keeping import Found, find_days, keep
from hadir.office.follower.machine_lines import assign_lines
from hadir.office.ground.installation import HERE
from hadir.office.judging.facts import gather_standing
from hadir.office.judging.judging import JudgeContext, PersonDayKey, judge_context
from hadir.office.outages.measuring import propose_outages
from hadir.office.programs.commands import follow, hold_more_pages
from hadir.office.projection.models import DirtyDay, VerdictRow
from hadir.records.days import local_date
from hadir.site import Site
from rehearsal.demo.acts import bring_machines, tell_story
from rehearsal.demo.history import (
    Past,
    last_working_day,
    machine_files,
    make_gate_past,
    moment,
    month_until,
    prepare_in_haste,
    tokens,
)
from rehearsal.demo.regency import Regency, plan_regency
from rehearsal.demo.register import create_regency, make_room
from rehearsal.demo.story import Story, days_of, plan_story
from rehearsal.morning.plan import ZONE
from rehearsal.phones import Phone, private_key
from rehearsal.watch import Stopwatch, say

_OUTAGE = (time(7, 5), time(8, 5))
"""On the morning on which the gate was dead."""
_OFFICE_HOURS = (450, 960)
_JUDGES = 2
_DAYS_AT_ONCE = 2_500
_ACTS_AT_ONCE, _LEAVES_AT_ONCE = 5_000, 14_000
"""What must be known to weigh leaves is asked once for all of them."""
_LOG_PAGES, _USUAL_LOG_PAGES = 20_000, 1_000


def make_regency(settings: Settings, *, people: int, seed: int, whole_month: bool) -> None:
    """`rehearsal.demo.filling.fill_regency`, once Django is set up."""
    site, now_ms = HERE.site, HERE.clock.now_ms()
    watch = Stopwatch()

    def said(step: str) -> None:
        """When it began, and what is done."""
        say(f"{watch.seconds:6.1f} s  {step}")

    today = local_date(now_ms, ZONE)
    dates = month_until(today) if whole_month else (last_working_day(today),)
    regency = plan_regency(people=people, seed=seed)
    story = plan_story(regency, dates=dates, seed=seed)
    past = _past(site, regency, story, seed=seed, now_ms=now_ms)
    at_machines = {person for machine in regency.terminals for person in machine.pins}
    with_phone = [row.number for row in regency.people if row.number not in at_machines]
    make_room(settings)
    said(f"registering {people:,} people, while {len(dates)} days of their phones are signed")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as gate:
        gate_past = gate.submit(make_gate_past, site.data, past, with_phone)
        keys = {number: Phone(number, private=private_key(f"rehearsal {seed}", number)).key for number in with_phone}
        register(site, regency, keys=keys, seed=seed, now_ms=now_ms)
        if whole_month:
            said("making the month's law, rosters and excuses")
            tell_story(site, story, seed=seed)
        files = machine_files(past, regency.terminals)
        said(f"bringing the files of {len(files)} fingerprint machines")
        bring_machines(site, regency.terminals, files, now_ms=now_ms)
        gate_past.result()
    said("reading the journals")
    follow_past(settings, when_read=partial(said, "judging every day of everybody"))
    follow(settings, once=True)
    said("done")


def register(site: Site, regency: Regency, *, keys: dict[int, bytes], seed: int, now_ms: int) -> None:
    """Everybody, with these public keys of confirmed phones by person; and the roster, issued to the gates."""
    create_regency(site, regency, keys=keys, seed=seed, now_ms=now_ms)
    publish_roster(site.roster_folder, office=site.office_signer(), site=site.name, now_ms=now_ms)


def verdicts_on(day: date) -> dict[int, dict[str, Any]]:
    """The stored verdicts of one day by person, as the office keeps them."""
    return dict(VerdictRow.objects.filter(day=day).values_list("person", "body"))


def _past(site: Site, regency: Regency, story: Story, *, seed: int, now_ms: int) -> Past:
    dates, days = story.dates, days_of(story, regency)
    plain = len(dates) == 1
    dead = None if plain else story.outage
    silent = {unit.number for unit in regency.units if unit.without_signal}
    return Past(
        seed=seed,
        days={person: {dates[0]: _OFFICE_HOURS} for person in days} if plain else days,
        silent=frozenset(row.number for row in regency.people if row.unit in silent),
        tokens=tokens(site, (*dates, dates[-1] + timedelta(days=1))),
        now_ms=now_ms,
        outage=(moment(dead, _OUTAGE[0]), moment(dead, _OUTAGE[1])) if dead else (0, 0),
        slips=frozenset() if plain else story.slips,
    )


# --- the backlog ------------------------------------------------------------------------------------------------------


def follow_past(settings: Settings, *, when_read: Callable[[], object]) -> None:
    """Read all journals, and judge what they say. For a folder in which nobody acts yet."""
    hold_more_pages()
    site, now_ms = HERE.site, HERE.clock.now_ms()
    context = multiprocessing.get_context("spawn")
    with context.Pool(_JUDGES, initializer=prepare_in_haste, initargs=(settings,)) as judges, _in_haste():
        with closing(SqliteJournal(site.journal_folder("office"), site.office_signer())) as journal:
            move_outbox(journal, now_ms=now_ms, at_once=_ACTS_AT_ONCE)
        begin_edition(_context(), now_ms=now_ms)
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
    context = judge_context()
    return replace(context, standing=gather_standing(context.policies))
