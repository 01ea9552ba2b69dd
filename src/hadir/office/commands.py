"""What `hadir office …` does, as plain functions of the settings. Each may be the first to touch Django."""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

from __future__ import annotations

import os
import signal
from contextlib import closing
from threading import Event, current_thread, main_thread
from typing import TYPE_CHECKING

from hadir.ledger.sqlite import SqliteJournal
from hadir.office import installation
from hadir.office.upgrading import check_journals, upgrade_tables

if TYPE_CHECKING:
    from hadir.config import Settings
    from hadir.office.demo import DemoLogin
    from hadir.office.follower.judging import Court
    from hadir.office.upgrading import Upgraded


def prepare(settings: Settings) -> None:
    """Set Django up for this data folder. The first call of a process decides."""
    import django
    from django.apps import apps

    if not apps.ready:
        installation.HERE.use(settings)
        os.environ["DJANGO_SETTINGS_MODULE"] = "hadir.office.settings"  # noqa: TID251 - how Django is told its settings
        django.setup()


def migrate(settings: Settings) -> None:
    """Bring the office's tables to this release. UpgradeError for data of a newer one, with everything as it was."""
    prepare(settings)
    upgrade_tables()


def upgrade(settings: Settings) -> Upgraded:
    """Bring a data folder to this release. UpgradeError, JournalBusyError while a follower runs."""
    prepare(settings)
    site = installation.HERE.site
    check_journals(site)
    with closing(SqliteJournal(site.journal_folder("office"), site.office_signer())):
        return upgrade_tables()


def follow(settings: Settings, *, once: bool = False, stop: Event | None = None) -> None:
    """Run the office's worker until SIGTERM or SIGINT, or one pass of it. JournalBusyError when another one runs."""
    prepare(settings)
    from hadir.office.follower.worker import Worker

    site = installation.HERE.site
    office = site.office_signer()
    with closing(SqliteJournal(site.journal_folder("office"), office)) as journal:
        worker = Worker(court=_court(), clock=installation.HERE.clock, journal=journal, office=office)
        if once:
            worker.step()
        else:
            worker.run(stop or _stopped_by_signals())


def rebuild(settings: Settings) -> tuple[str, str]:
    """Follow to the end, then drop the projection and build it again: the digests of all verdicts before and after."""
    prepare(settings)
    from hadir.office.follower import following, rebuilding

    now_ms = installation.HERE.clock.now_ms()
    following.follow_all(_court(), now_ms=now_ms)
    before = rebuilding.verdict_digest()
    return before, rebuilding.rebuild(_court(), now_ms=now_ms)


def create_demo(settings: Settings) -> list[DemoLogin]:
    """Fill a rehearsal folder with the demo unit. SiteError in a production folder. A second call changes nothing."""
    migrate(settings)
    from hadir.office import demo

    site = installation.HERE.site
    return demo.create_demo(site, now_ms=installation.HERE.clock.now_ms())


def demo_slip() -> str:
    """The voucher of Sari's slip, to enrol a first phone with."""
    from hadir.office.demo import SARI
    from hadir.office.devices.models import Slip

    return Slip.objects.filter(person__number=SARI).latest("number").voucher


def _court() -> Court:
    from hadir.office.follower.judging import Court

    return Court(site=installation.HERE.site, policies=installation.HERE.settings.policies)


def _stopped_by_signals() -> Event:
    stop = Event()
    if current_thread() is main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    return stop
