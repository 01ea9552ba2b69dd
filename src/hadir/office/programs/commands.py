"""What `hadir office …` does, as plain functions of the settings. Each may be the first to touch Django."""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

from __future__ import annotations

import gc
import os
import signal
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from threading import Event, current_thread, main_thread
from time import sleep
from typing import TYPE_CHECKING, Any

from hadir.ledger.sqlite import SqliteJournal
from hadir.office.ground import installation
from hadir.office.programs.conditions import require_law, require_named_law
from hadir.office.programs.upgrading import check_journals, refuse_old_tables, upgrade_tables
from hadir.site import open_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from hadir.config import Settings
    from hadir.office.comparing.differing import Compared
    from rehearsal.demo.cast import DemoLogin
    from rehearsal.demo.regency import PlannedTerminal, Regency
    from rehearsal.demo.story import Story
    from hadir.office.judging.judging import Court
    from hadir.office.programs.upgrading import Upgraded


PAUSE_SECONDS = 0.2
FOLLOWER_PAGES_KIB = 65_536
PAST_LEAVES_AT_ONCE = 14_000
"""What must be known to weigh leaves is asked once for all of them."""
PAST_ACTS_AT_ONCE = 5_000
PAST_LOG_PAGES, USUAL_LOG_PAGES = 20_000, 1_000


@dataclass(frozen=True, slots=True)
class RegencyPast:
    """`days`: person -> date -> when his work begins and ends, in minutes after midnight."""

    days: Mapping[int, Mapping[date, tuple[int, int]]]
    silent: frozenset[int]
    """Who works at a place that is declared *tanpa sinyal*."""
    slips: frozenset[tuple[int, date, str]]
    outage: date | None


def prepare(settings: Settings) -> None:
    """Set Django up for this data folder. The first call of a process decides. ConditionError without a law."""
    import django
    from django.apps import apps

    require_law(settings)
    open_site(settings.data)  # or a database would be begun in a folder that is no site
    if not apps.ready:
        installation.HERE.use(settings)
        os.environ["DJANGO_SETTINGS_MODULE"] = "hadir.office.settings"  # noqa: TID251 - how Django is told its settings
        django.setup()


def migrate(settings: Settings) -> None:
    """Bring the office's tables to this release. UpgradeError for data of a newer one, with everything as it was."""
    prepare(settings)
    upgrade_tables()
    with suppress(PermissionError):  # whoever may not write keys is not who upgrades
        installation.HERE.site.make_factor_key()
    _tell_what_stood()
    require_named_law()


def _tell_what_stood() -> None:
    """The journal learns what no act told it before this release."""
    from hadir.office.comparing.baseline import write_baseline

    write_baseline(installation.HERE.clock.now_ms())


def upgrade(settings: Settings) -> Upgraded:
    """Bring a data folder to this release. UpgradeError, JournalBusyError while a follower runs."""
    prepare(settings)
    site = installation.HERE.site
    check_journals(site)
    site.make_factor_key()
    with closing(SqliteJournal(site.journal_folder("office"), site.office_signer())):
        done = upgrade_tables()
        _tell_what_stood()
    require_named_law()
    return done


def compare(settings: Settings, say: Callable[[str], object]) -> Compared:
    """Hold the office's tables against what its journals say; `say` is told how far it is. UpgradeError for tables of
    another release.
    """
    prepare(settings)
    refuse_old_tables()
    from hadir.office.comparing.actions import keep
    from hadir.office.comparing.differing import compare as hold

    found = hold(installation.HERE.site, say)
    keep(found, at_ms=installation.HERE.clock.now_ms())
    return found


def _hold_more_pages() -> None:
    """A follower that catches up writes all over its tables: SQLite's own 2 MB would be read and written anew."""
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size=-{FOLLOWER_PAGES_KIB}")


def follow(settings: Settings, *, once: bool = False, stop: Event | None = None) -> None:
    """Run the office's worker until SIGTERM or SIGINT, or one pass of it. JournalBusyError when another one runs."""
    prepare(settings)
    from hadir.office.worker import Worker

    _hold_more_pages()
    site = installation.HERE.site
    office = site.office_signer()
    with closing(SqliteJournal(site.journal_folder("office"), office)) as journal:
        worker = Worker(court=_court(), clock=installation.HERE.clock, journal=journal, office=office)
        if once:
            worker.step()
        else:
            worker.run(stop or _stopped_by_signals())


def make_exports(settings: Settings, *, once: bool = False, stop: Event | None = None) -> None:
    """Make the large files that people ask for until SIGTERM or SIGINT; with `once`, those that wait."""
    prepare(settings)
    from hadir.office.exports.worker import Exporter

    here = installation.HERE
    stop = stop or _stopped_by_signals()
    while not _has_table("exports_export") and not stop.wait(PAUSE_SECONDS):
        pass  # the follower brings the tables to this release
    worker = Exporter(folder=here.site.exports_folder, policies=here.settings.policies, clock=here.clock, stop=stop)
    worker.run(once=once)


def _has_table(name: str) -> bool:
    from django.db import connection

    return name in connection.introspection.table_names()


def follow_past(settings: Settings, *, is_growing: Callable[[], bool], when_read: Callable[[], object]) -> None:
    """Read all journals while one of them grows, and judge what they say, in two processes.

    For a folder in which nobody acts yet.
    """
    prepare(settings)
    from hadir.office.acts.writer import move_outbox
    from rehearsal.demo.together import Together
    from hadir.office.outages.measuring import propose_outages

    _hold_more_pages()
    site, now_ms = installation.HERE.site, installation.HERE.clock.now_ms()
    with Together(_court(), partial(_prepare_helper, settings), now_ms=now_ms) as together, _in_haste():
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


def rebuild(settings: Settings) -> tuple[str, str]:
    """Follow to the end, then drop the projection and build it again: the digests of all verdicts before and after."""
    prepare(settings)
    from hadir.office.follower import apart, following, rebuilding

    require_named_law()
    _hold_more_pages()
    now_ms = installation.HERE.clock.now_ms()
    while apart.look_back(_court()):
        pass
    following.follow_all(_court(), now_ms=now_ms)
    before = rebuilding.verdict_digest()
    return before, rebuilding.rebuild(_court(), now_ms=now_ms)


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
    from rehearsal.demo.cast import SARI
    from hadir.office.devices.models import Slip

    return Slip.objects.filter(person__number=SARI).latest("number").voucher


def _court() -> Court:
    from hadir.office.judging.judging import Court

    return Court(site=installation.HERE.site, policies=installation.HERE.settings.policies)


def _stopped_by_signals() -> Event:
    stop = Event()
    if current_thread() is main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    return stop
