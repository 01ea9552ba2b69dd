"""Acts from the command line, of whoever sits at the machine: imports, an erasure, a reset factor. Recorded like any.

Each may be the first to touch Django.
"""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.config import Settings
from hadir.ledger import JournalBusyError
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.intake.pin_list import ListRefusedError, read_pin_list
from hadir.office.programs.commands import migrate, prepare
from hadir.office.programs.conditions import require_journals
from hadir.office.roles import ActBy, Role
from hadir.office.tables.faults import RowFault
from hadir.office.tables.table import TableRefusedError
from hadir.site import SiteError
from hadir.terminals.reading import DateOrder, FileRefusedError
from hadir.texts import render

if TYPE_CHECKING:
    from hadir.office.intake.importing import Imported
    from hadir.office.register.plan import StaffPlan


class ImportCommandError(Exception):
    """Expected trouble of an import; `code` is its text's, `row` where in the file it is, 0 for the whole, and under
    which heading, where that is known.
    """

    def __init__(self, code: str, row: int = 0, column: str = "") -> None:
        super().__init__(code)
        self.code, self.row, self.column = code, row, column


@contextmanager
def _refusals() -> Iterator[None]:
    """What is wrong with a file, a list or an act, as an ImportCommandError."""
    try:
        yield
    except FileRefusedError as error:
        raise ImportCommandError(f"intake.file.{error.fault}") from error
    except ListRefusedError as error:
        raise ImportCommandError(error.fault.code, error.fault.row) from error
    except TableRefusedError as error:
        raise ImportCommandError(f"register.file.{error.fault}", error.row, error.column) from error
    except ActError as error:
        raise ImportCommandError(error.code) from error
    except PermissionDenied as error:
        raise ImportCommandError("intake.trouble.not_yours") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class AttlogOrder:
    data: bytes
    name: str
    serial: str
    pin_list: bytes | None
    by: int | None
    dates: DateOrder | None


def import_attlog(settings: Settings, order: AttlogOrder) -> "tuple[Imported, Sequence[RowFault]]":
    """Take the list of PINs over, then the file. The result, and bad rows of the list.

    ImportCommandError when nothing could be taken: both are read whole before anything is written.
    """
    migrate(settings)
    from hadir.office.intake.actions import map_pins
    from hadir.office.intake.importing import import_file, plan_import

    by = _by(order.by)
    with _refusals():
        rows, bad = read_pin_list(order.pin_list) if order.pin_list is not None else ([], [])
        plan = plan_import(data=order.data, serial=order.serial, by=by, dates=order.dates)
        _, refused = map_pins(rows=rows, by=by, day=HERE.day_at(by.at_ms))
        done = import_file(plan, order.name)
    _move_waiting_records(by.at_ms)
    return done, sorted([*bad, *refused])


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffOrder:
    data: bytes
    by: int | None
    dry_run: bool
    skip_bad: bool


def import_staff_list(settings: Settings, order: StaffOrder) -> "tuple[StaffPlan, bool]":
    """Compare a staff list with the register, and carry it out if that was asked and nothing is wrong with it.

    The plan, and whether it was carried out. ImportCommandError when the file as a whole cannot be read.
    """
    migrate(settings)
    from hadir.office.register.actions import import_staff, look_at_staff

    by = _by(order.by)
    today = HERE.day_at(by.at_ms)
    with _refusals():
        plan = look_at_staff(data=order.data, by=by.actor, today=today)
        if order.dry_run or (plan.bad and not order.skip_bad):
            return plan, False
        plan = import_staff(data=order.data, skip_bad=order.skip_bad, by=by, today=today)
    _move_waiting_records(by.at_ms)
    return plan, True


def decide_erasure(
    settings: Settings, *, before: date, by: int | None, agreed_by: int | None, reason: str
) -> list[int]:
    """The numbers of all erasures that hold and reach that day, published to the gates; none where nobody decided any.

    With `by` and `agreed_by`, two people of the personnel agency, their two acts are recorded first. SiteError with
    nothing written when they may not.
    """
    migrate(settings)
    from hadir.office.erasing.actions import agree_to_erasure, ask_erasure, publish_erasures
    from hadir.office.erasing.models import Erasure, ErasureState

    if by is not None and agreed_by is not None:
        try:
            with transaction.atomic():
                row = ask_erasure(before=before, by=_by(by, reason))
                agree_to_erasure(number=row.number, by=_by(agreed_by, reason))
        except ActError as error:
            raise SiteError(render(error.code, "en")) from error
        except (PermissionDenied, ImportCommandError) as error:
            raise SiteError("both must be people of the personnel agency who answer for the whole site") from error
        _move_waiting_records(HERE.clock.now_ms())
    publish_erasures(HERE.site.roster_folder, HERE.site.office_signer())
    rows = Erasure.objects.filter(state=ErasureState.AGREED, before__gte=before).order_by("number")
    return list(rows.values_list("number", flat=True))


def reset_factor(settings: Settings, *, login: str, by: int, reason: str) -> str:
    """The code to hand over, told once. SiteError for an account or a person that is not there, or without a reason."""
    prepare(settings)
    from hadir.office.accounts.factors import reset_at_machine
    from hadir.office.accounts.models import User
    from hadir.office.people.models import Person

    user = User.objects.filter(login=login).first()
    if user is None:
        raise SiteError(f"there is no account {login!r}")
    if not Person.objects.filter(number=by).exists():
        raise SiteError(f"nobody in the register has the number {by}: --by is your own")
    if not reason.strip():
        raise SiteError("--reason is empty: say why; it stays with the act")
    if not user.asks_factor:
        raise SiteError(f"{login} has no second factor: the password alone logs in")
    return reset_at_machine(user=user, by=ActBy.of(by, HERE.clock.now_ms(), reason))


def _by(person: int | None, reason: str = "") -> ActBy:
    """Whoever answers for an act at the command line: the person named, else the first of the personnel agency.

    ImportCommandError when there is no such account.
    """
    from hadir.office.accounts.models import RoleGrant, User
    from hadir.office.accounts.queries import actor_of
    from hadir.office.people.models import Person

    now_ms = HERE.clock.now_ms()
    day = HERE.day_at(now_ms)
    if person is None:
        grants = RoleGrant.objects.on(day).filter(role=Role.PERSONNEL, user__is_active=True)
        person = grants.order_by("unit__path", "user__person").values_list("user__person", flat=True).first()
    named = Person.objects.filter(number=person or 0)  # of a number that no database holds Django knows: nobody
    user = User.objects.filter(person__in=named, is_active=True).first()
    if user is None:
        raise ImportCommandError("intake.trouble.nobody")
    return ActBy(actor_of(user, day), now_ms, reason)


def _move_waiting_records(now_ms: int) -> None:
    """Put what was written into the office journal now; where a follower runs, it does so within a second."""
    from hadir.office.acts.writer import move_outbox

    folder = HERE.site.journal_folder("office")
    require_journals([folder])
    try:
        journal = SqliteJournal(folder, HERE.site.office_signer())
    except JournalBusyError:
        return
    with closing(journal):
        move_outbox(journal, now_ms=now_ms)
