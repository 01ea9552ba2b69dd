"""What `hadir office …` does, as plain functions of the settings. Each may be the first to touch Django."""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

import os
import signal
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from threading import Event, current_thread, main_thread
from typing import TYPE_CHECKING, Any

import django
from django.apps import apps
from django.db import connection

from hadir.config import Settings
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.ground.installation import HERE
from hadir.office.programs.conditions import require_journals, require_law, require_named_law
from hadir.office.programs.upgrading import (
    Upgraded,
    check_journals,
    refuse_missing_database,
    refuse_old_tables,
    upgrade_tables,
)
from hadir.site import open_site

if TYPE_CHECKING:
    from hadir.office.comparing.differing import Compared


PAUSE_SECONDS = 0.2
FOLLOWER_PAGES_KIB = 65_536


def prepare(settings: Settings) -> None:
    """Set Django up for this data folder. The first call of a process decides. ConditionError without a law,
    DatabaseMissingError where its database is lost: Django would begin an empty one.
    """
    require_law(settings)
    site = open_site(settings.data)  # or a database would be begun in a folder that is no site
    if not apps.ready:
        refuse_missing_database(site, settings.office_db)
        HERE.use(settings)
        os.environ["DJANGO_SETTINGS_MODULE"] = "hadir.office.settings"  # noqa: TID251 - how Django is told its settings
        django.setup()


def migrate(settings: Settings) -> None:
    """Bring the office's tables to this release. UpgradeError for data of a newer one, with everything as it was."""
    prepare(settings)
    upgrade_tables()
    with suppress(PermissionError):  # whoever may not write keys is not who upgrades
        HERE.site.make_factor_key()
    _tell_what_stood()
    require_named_law()


def _tell_what_stood() -> None:
    """The journal learns what no act told it before this release."""
    from hadir.office.comparing.actions import write_baseline

    write_baseline(HERE.clock.now_ms())


def upgrade(settings: Settings, say: Callable[[str], object] = lambda _: None) -> Upgraded:
    """Bring a data folder to this release; `say` is told how far it is. UpgradeError, JournalBusyError while a follower
    runs.
    """
    prepare(settings)
    check_journals(HERE.site)
    HERE.site.make_factor_key()
    folder = HERE.site.journal_folder("office")
    require_journals([folder])
    with closing(SqliteJournal(folder, HERE.site.office_signer())):
        done = upgrade_tables()
        _tell_what_stood()
        require_named_law()
        return replace(done, differences=_begin_edition(say))


def _begin_edition(say: Callable[[str], object]) -> dict[str, int]:
    """Hold the stored verdicts against the installed rules, if others judged them: what waits for personnel."""
    from hadir.office.follower.editions import begin_edition
    from hadir.office.judging.judging import judge_context
    from hadir.office.months.editions import counted, kept_closed, newest_edition

    hold_more_pages()
    begin_edition(judge_context(), now_ms=HERE.clock.now_ms(), say=say)
    edition = newest_edition()
    if edition is None or edition.accepted_at_ms is not None:
        return {}
    return {**counted(edition), "closed": kept_closed(edition).count()}


def compare(settings: Settings, say: Callable[[str], object]) -> "Compared":
    """Hold the office's tables against what its journals say; `say` is told how far it is. UpgradeError for tables of
    another release.
    """
    prepare(settings)
    refuse_old_tables()
    from hadir.office.comparing.actions import keep
    from hadir.office.comparing.differing import compare as hold

    found = hold(HERE.site, say)
    keep(found, at_ms=HERE.clock.now_ms())
    return found


def hold_more_pages() -> None:
    """A follower that catches up writes all over its tables: SQLite's own 2 MB would be read and written anew."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size=-{FOLLOWER_PAGES_KIB}")


def follow(settings: Settings, *, once: bool = False, stop: Event | None = None) -> None:
    """Run the office's worker until SIGTERM or SIGINT, or one pass of it. JournalBusyError when another one runs."""
    prepare(settings)
    from hadir.office.judging.judging import judge_context
    from hadir.office.worker import Worker

    hold_more_pages()
    folder, office = HERE.site.journal_folder("office"), HERE.site.office_signer()
    require_journals([folder])
    with closing(SqliteJournal(folder, office)) as journal:
        worker = Worker(context=judge_context(), clock=HERE.clock, journal=journal, office=office)
        if once:
            worker.step()
        else:
            worker.run(stop or _stopped_by_signals())


def make_exports(settings: Settings, *, once: bool = False, stop: Event | None = None) -> None:
    """Make the large files that people ask for until SIGTERM or SIGINT; with `once`, those that wait."""
    prepare(settings)
    from hadir.office.exports.worker import Exporter

    stop = stop or _stopped_by_signals()
    while "exports_export" not in connection.introspection.table_names() and not stop.wait(PAUSE_SECONDS):
        pass  # the follower brings the tables to this release
    worker = Exporter(folder=HERE.site.exports_folder, policies=HERE.settings.policies, clock=HERE.clock, stop=stop)
    worker.run(once=once)


def rebuild(settings: Settings) -> tuple[str, str]:
    """Follow to the end, then drop the projection and build it again: the digests of all verdicts before and after."""
    prepare(settings)
    from hadir.office.follower import apart, following, rebuilding
    from hadir.office.judging.judging import judge_context

    require_named_law()
    require_journals(HERE.site.expected_journal_folders())
    hold_more_pages()
    context, now_ms = judge_context(), HERE.clock.now_ms()
    while apart.look_back(context):
        pass
    following.follow_all(context, now_ms=now_ms)
    before = rebuilding.verdict_digest()
    return before, rebuilding.rebuild(context, now_ms=now_ms)


def digest(settings: Settings) -> dict[str, Any]:
    """What all kept verdicts and lines say, as digests that hang on no encoding; with what closings still prove."""
    prepare(settings)
    from hadir.office.follower.rebuilding import meaning_digest

    return meaning_digest()


def _stopped_by_signals() -> Event:
    stop = Event()
    if current_thread() is main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    return stop
