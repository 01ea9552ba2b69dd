"""What `hadir import …` does, as plain functions of the settings. Each may be the first to touch Django."""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hadir.ledger import JournalBusyError
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.ground import installation
from hadir.office.ground.act_error import ActError
from hadir.office.programs.commands import migrate
from hadir.office.programs.conditions import require_journals
from hadir.office.roles import ActBy
from hadir.terminals.reading import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hadir.config import Settings
    from hadir.office.intake.plans import Imported
    from hadir.office.register.plan import Plan
    from hadir.office.roles import Actor
    from hadir.office.tables.faults import RowFault
    from hadir.terminals.reading import DateOrder


class ImportCommandError(Exception):
    """Expected trouble of an import; `code` is its text's, `row` where in the file it is, 0 for the whole, and under
    which heading, where that is known.
    """

    def __init__(self, code: str, row: int = 0, column: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.row = row
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class AttlogOrder:
    """What the command line asks for."""

    data: bytes
    name: str
    serial: str
    pin_list: bytes | None
    by: int | None
    dates: DateOrder | None


def import_attlog(settings: Settings, order: AttlogOrder) -> tuple[Imported, Sequence[RowFault]]:
    """Take the list of PINs over, then the file. The result, and bad rows of the list.

    ImportCommandError when nothing could be taken: both are read whole before anything is written.
    """
    migrate(settings)
    from django.core.exceptions import PermissionDenied

    from hadir.office.intake.pin_list import ListRefusedError

    now_ms = installation.HERE.clock.now_ms()
    by = actor_for(order.by, now_ms)
    try:
        done = _take_attlog(order, by, now_ms)
    except FileRefusedError as error:
        raise ImportCommandError(f"intake.file.{error.fault}") from error
    except ListRefusedError as error:
        raise ImportCommandError(error.fault.code, error.fault.row) from error
    except ActError as error:
        raise ImportCommandError(error.code) from error
    except PermissionDenied as error:
        raise ImportCommandError("intake.trouble.not_yours") from error
    move_waiting_records(now_ms)
    return done


def _take_attlog(order: AttlogOrder, by: Actor, now_ms: int) -> tuple[Imported, Sequence[RowFault]]:
    from hadir.office.ground.moments import day_at
    from hadir.office.intake.actions import import_file, map_pins, plan_import
    from hadir.office.intake.pin_list import read_pin_list

    zone = installation.HERE.site.zone
    rows, bad = read_pin_list(order.pin_list) if order.pin_list is not None else ([], [])
    plan = plan_import(data=order.data, serial=order.serial, by=ActBy(by, now_ms), dates=order.dates)
    _, refused = map_pins(rows=rows, by=ActBy(by, now_ms), day=day_at(now_ms, zone))
    return import_file(plan, order.name), sorted([*bad, *refused])


def actor_for(person: int | None, now_ms: int) -> Actor:
    """Whoever answers for an import at the command line: the person named, else the first of the personnel agency.

    ImportCommandError when there is no such account.
    """
    from hadir.office.accounts.models import RoleGrant, User
    from hadir.office.accounts.queries import actor_of
    from hadir.office.ground.moments import day_at
    from hadir.office.people.models import Person
    from hadir.office.roles import Role

    day = day_at(now_ms, installation.HERE.site.zone)
    if person is None:
        grants = RoleGrant.objects.on(day).filter(role=Role.PERSONNEL, user__is_active=True)
        person = grants.order_by("unit__path", "user__person").values_list("user__person", flat=True).first()
    if person is None:
        raise ImportCommandError("intake.trouble.nobody")
    named = Person.objects.filter(number=person)  # of a number that no database holds Django knows: nobody
    user = User.objects.filter(person__in=named, is_active=True).first()
    if user is None:
        raise ImportCommandError("intake.trouble.nobody")
    return actor_of(user, day)


def move_waiting_records(now_ms: int) -> None:
    """Put what was written into the office journal now; where a follower runs, it does so within a second."""
    from hadir.office.acts.writer import move_outbox

    site = installation.HERE.site
    try:
        require_journals([site.journal_folder("office")])
        journal = SqliteJournal(site.journal_folder("office"), site.office_signer())
    except JournalBusyError:
        return
    with closing(journal):
        move_outbox(journal, now_ms=now_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffOrder:
    """What the command line asks for."""

    data: bytes
    by: int | None
    dry_run: bool
    skip_bad: bool


def import_staff_list(settings: Settings, order: StaffOrder) -> tuple[Plan, bool]:
    """Compare a staff list with the register, and carry it out if that was asked and nothing is wrong with it.

    The plan, and whether it was carried out. ImportCommandError when the file as a whole cannot be read.
    """
    migrate(settings)
    from django.core.exceptions import PermissionDenied

    from hadir.office.ground.moments import day_at
    from hadir.office.register.actions import import_staff, look_at_staff
    from hadir.office.tables.table import TableRefusedError

    now_ms = installation.HERE.clock.now_ms()
    by, today = actor_for(order.by, now_ms), day_at(now_ms, installation.HERE.site.zone)
    try:
        plan = look_at_staff(data=order.data, by=by, today=today)
        if order.dry_run or (plan.bad and not order.skip_bad):
            return plan, False
        plan = import_staff(data=order.data, skip_bad=order.skip_bad, by=ActBy(by, now_ms), today=today)
    except TableRefusedError as error:
        raise ImportCommandError(f"register.file.{error.fault}", error.row, error.column) from error
    except PermissionDenied as error:
        raise ImportCommandError("intake.trouble.not_yours") from error
    move_waiting_records(now_ms)
    return plan, True
