"""What makes a demo regency, as plain functions of the settings. Each may be the first to touch Django."""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

from __future__ import annotations

import gc
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from time import sleep
from typing import TYPE_CHECKING, Any

from hadir.ledger.sqlite import SqliteJournal
from hadir.office.ground import installation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from hadir.config import Settings
    from rehearsal.demo.cast import DemoLogin
    from rehearsal.demo.regency import PlannedTerminal, Regency
    from rehearsal.demo.story import Story


from hadir.office.programs.commands import PAUSE_SECONDS, hold_more_pages, judge_context_here, migrate, prepare

PAST_LEAVES_AT_ONCE = 14_000
"""What must be known to weigh leaves is asked once for all of them."""


PAST_ACTS_AT_ONCE = 5_000


PAST_LOG_PAGES = 20_000


USUAL_LOG_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class RegencyPast:
    """`days`: person -> date -> when his work begins and ends, in minutes after midnight."""

    days: Mapping[int, Mapping[date, tuple[int, int]]]
    silent: frozenset[int]
    """Who works at a place that is declared *tanpa sinyal*."""
    slips: frozenset[tuple[int, date, str]]
    outage: date | None


def follow_past(settings: Settings, *, is_growing: Callable[[], bool], when_read: Callable[[], object]) -> None:
    """Read all journals while one of them grows, and judge what they say, in two processes.

    For a folder in which nobody acts yet.
    """
    prepare(settings)
    from hadir.office.acts.writer import move_outbox
    from hadir.office.outages.measuring import propose_outages
    from rehearsal.demo.parallel_backfill import ParallelBackfill

    hold_more_pages()
    site, now_ms = installation.HERE.site, installation.HERE.clock.now_ms()
    with (
        ParallelBackfill(judge_context_here(), partial(_prepare_helper, settings), now_ms=now_ms) as together,
        _in_haste(),
    ):
        with closing(SqliteJournal(site.journal_folder("office"), site.office_signer())) as journal:
            move_outbox(journal, now_ms=now_ms, at_once=PAST_ACTS_AT_ONCE)
        grew = True
        while grew:
            grew = is_growing()
            if not together.read(PAST_LEAVES_AT_ONCE, is_growing) and grew:
                sleep(PAUSE_SECONDS)
        propose_outages(now_ms, ask_phones=False)
        when_read()
        together.judge()


def _prepare_helper(settings: Settings) -> None:
    gc.disable()  # rows of tables are no rings, and a helper ends soon
    prepare(settings)


@contextmanager
def _in_haste() -> Iterator[None]:
    """Writes that wait for the disk only in the end: a past that a power cut spoils is made anew."""
    from django.db import connection

    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        before = cursor.fetchone()[0]
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute(f"PRAGMA wal_autocheckpoint={PAST_LOG_PAGES}")
        yield
        cursor.execute(f"PRAGMA synchronous={before}")
        cursor.execute(f"PRAGMA wal_autocheckpoint={USUAL_LOG_PAGES}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def create_demo(settings: Settings) -> list[DemoLogin]:
    """Fill a rehearsal folder with the demo unit. SiteError in a production folder. A second call changes nothing."""
    migrate(settings)
    from rehearsal.demo import cast as demo

    site = installation.HERE.site
    return demo.create_demo(site, now_ms=installation.HERE.clock.now_ms())


def create_regency(
    settings: Settings, *, people: int, seed: int, keys: Mapping[int, bytes], now_ms: int
) -> list[DemoLogin]:
    """Fill the tables of `make_room` with a whole regency; `keys` are the public keys of confirmed phones by person.

    SiteError in a production folder or one in use; ValueError when there are fewer people than the cast has.
    """
    prepare(settings)
    from rehearsal.demo.bulk import create_regency as create

    return create(installation.HERE.site, _regency(people, seed), keys=keys, seed=seed, now_ms=now_ms)


def make_room(settings: Settings) -> None:
    """The tables that a regency will fill. SiteError in a production folder or one in use."""
    migrate(settings)
    from rehearsal.demo.bulk import refuse_used

    refuse_used(installation.HERE.site)


@cache
def _regency(people: int, seed: int) -> Regency:
    """Asked for by each step of making it."""
    from rehearsal.demo.regency import plan_regency

    return plan_regency(people=people, seed=seed)


@cache
def _story(people: int, dates: tuple[date, ...], seed: int) -> Story:
    from rehearsal.demo.story import plan_story

    return plan_story(_regency(people, seed), dates=dates, seed=seed)


def regency_people(settings: Settings, *, people: int, seed: int) -> list[int]:
    """The numbers of the people whom `create_regency` would register."""
    prepare(settings)
    return [row.number for row in _regency(people, seed).people]


def regency_machines(settings: Settings, *, people: int, seed: int) -> Sequence[PlannedTerminal]:
    """The fingerprint machines of that regency, and who has which PIN on them."""
    prepare(settings)
    return _regency(people, seed).terminals


def bring_machines(
    settings: Settings, machines: Sequence[PlannedTerminal], files: Mapping[str, bytes], *, now_ms: int
) -> None:
    """Place them, map their PINs and bring their files in, as a person would; `files` by serial number."""
    prepare(settings)
    from rehearsal.demo.machines import bring_machines as bring

    bring(installation.HERE.site, machines, files, now_ms=now_ms)


def regency_story(settings: Settings, *, people: int, dates: tuple[date, ...], seed: int) -> RegencyPast:
    """What that regency's people owe and what happens to them on these dates, in plain values."""
    prepare(settings)
    from rehearsal.demo import story as demo_story

    regency, story = _regency(people, seed), _story(people, dates, seed)
    silent = {unit.number for unit in regency.units if unit.without_signal}
    return RegencyPast(
        days=demo_story.days_of(story, regency),
        silent=frozenset(row.number for row in regency.people if row.unit in silent),
        slips=story.slips,
        outage=story.outage,
    )


def tell_story(settings: Settings, *, people: int, dates: tuple[date, ...], seed: int) -> None:
    """Make what `regency_story` plans true by acts of people."""
    prepare(settings)
    from rehearsal.demo.acts import tell_story as tell

    tell(installation.HERE.site, _story(people, dates, seed), seed=seed)


def publish_roster(settings: Settings, *, now_ms: int) -> None:
    """Issue the roster to the gates as the devices stand."""
    prepare(settings)
    from hadir.office.devices import roster

    site = installation.HERE.site
    roster.publish_roster(site.roster_folder, office=site.office_signer(), site=site.name, now_ms=now_ms)


def verdicts_on(settings: Settings, day: date) -> dict[int, dict[str, Any]]:
    """The stored verdicts of one day by person, as the office keeps them."""
    prepare(settings)
    from hadir.office.projection.models import VerdictRow

    return dict(VerdictRow.objects.filter(day=day).values_list("person", "body"))


def demo_slip() -> str:
    """The voucher of Sari's slip, to enrol a first phone with."""
    from hadir.office.devices.models import Slip
    from rehearsal.demo.cast import SARI

    return Slip.objects.filter(person__number=SARI).latest("number").voucher
