"""Saying whose PIN is whose, where a terminal stands and what its clock is wrong by. Each act with its record."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from hadir.office.acts.actions import decision, write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.ground.rows import put_rows
from hadir.office.intake.models import (
    SERIAL_LENGTH_MAX,
    Directions,
    PinHolder,
    Terminal,
    TerminalPlace,
    TerminalSkew,
)
from hadir.office.intake.permissions import MAP_BY_LIST, MAP_PIN, PLACE_TERMINAL
from hadir.office.intake.pin_list import FIRST_DAY, PinRow
from hadir.office.intake.queries import PinHolders, thing_of_terminal
from hadir.office.people.models import Person
from hadir.office.projection.invalidation import mark_known_dirty, mark_pins_dirty
from hadir.office.projection.models import MachineLine
from hadir.office.roles import ActBy, Rule, Thing, may
from hadir.office.tables.faults import RowFault
from hadir.office.units.models import Unit

_SERIAL = re.compile(rf"[A-Za-z0-9_-]{{1,{SERIAL_LENGTH_MAX}}}")
ROWS_AT_ONCE_MAX = 1_000
"""In one transaction, as of a file's lines."""
_INSERTED_ROWS_MAX = 500


@transaction.atomic
def map_pin(  # noqa: PLR0913 - what an act of this kind is made of
    *, serial: str, pin: str, person: Person, from_date: date, until_date: date | None, by: ActBy, day: date
) -> PinHolder:
    """Say who holds a PIN. Nobody says it of himself. ActError when somebody else holds it in that time."""
    terminal = Terminal.objects.get(serial=serial)
    thing = thing_of_terminal(terminal, day)
    if not may(by.actor, MAP_PIN, thing) or by.number == person.number:
        raise PermissionDenied
    if until_date is not None and until_date <= from_date:
        raise ActError("intake.trouble.backward", field="until_date")
    holders = PinHolders.of(terminal)
    if holders.overlapping(pin, from_date, until_date):
        raise ActError("intake.trouble.taken")
    held, decided = _held(terminal, pin, person.number, from_date=from_date, until_date=until_date, by=by)
    held.save(force_insert=True)
    put_rows([decided])
    write_rows(decided, held)
    mark_terminal_dirty(serial, pins=[pin], from_date=from_date, until_date=until_date)
    return held


def map_pins(*, rows: Sequence[PinRow], by: ActBy, day: date) -> tuple[int, list[RowFault]]:
    """Take a whole list over. Returns how many rows were new, and those that cannot be used with why.

    A row that is already so is no change; a PIN that two people claim for the same time is refused until settled. Rows
    are taken over some hundreds at a time, each lot in a transaction of its own.
    """
    for serial in {row.serial for row in rows if _SERIAL.fullmatch(row.serial)}:
        if not may(by.actor, MAP_BY_LIST, thing_of_terminal(known_or_new(serial, by.at_ms), day)):
            raise PermissionDenied
    people = _people_named(rows)
    new, bad = 0, list[RowFault]()
    for start in range(0, len(rows), ROWS_AT_ONCE_MAX):
        added, refused = _map_some(rows[start : start + ROWS_AT_ONCE_MAX], people, by=by, day=day)
        new += added
        bad += refused
    return new, bad


@transaction.atomic
def _map_some(rows: Sequence[PinRow], people: Mapping[str, int], *, by: ActBy, day: date) -> tuple[int, list[RowFault]]:
    holders: dict[str, PinHolders] = {}
    taken: dict[tuple[str, date, date | None], list[str]] = {}
    bad: list[RowFault] = []
    new: list[tuple[PinHolder, OutboxRow]] = []
    for row in rows:
        if _SERIAL.fullmatch(row.serial) is None:
            bad.append(RowFault(row.line_number, "", "intake.list.no_serial"))
            continue
        if row.serial not in holders:
            terminal = allowed_or_new(row.serial, by=by, rule=MAP_BY_LIST, day=day)
            holders[row.serial] = PinHolders.of(terminal)
        found = _take_row(row, people.get(row.person), holders[row.serial], by=by)
        if isinstance(found, str):
            bad.append(RowFault(row.line_number, "", found))
        elif found is not None:
            new.append(found)
            taken.setdefault((row.serial, row.from_date, row.until_date), []).append(row.pin)
    written = PinHolder.objects.bulk_create([held for held, _ in new], batch_size=_INSERTED_ROWS_MAX)
    put_rows([decided for _, decided in new])
    if new:
        write_rows(new[0][1], *written, *(one.terminal for one in holders.values()))
    for (serial, from_date, until_date), pins in taken.items():
        mark_terminal_dirty(serial, pins=pins, from_date=from_date, until_date=until_date)
    return len(new), bad


def _take_row(
    row: PinRow, person: int | None, holders: PinHolders, *, by: ActBy
) -> tuple[PinHolder, OutboxRow] | str | None:
    """What a new row comes to, not written yet; None for one that is already so, or why it cannot be used."""
    if person is None:
        return "intake.list.unknown_person"
    overlapping = holders.overlapping(row.pin, row.from_date, row.until_date)
    wanted = (person, row.from_date, row.until_date)
    if any((one.person_id, one.from_date, one.until_date) == wanted for one in overlapping):
        return None
    if overlapping:
        return "intake.list.taken"
    held, decided = _held(holders.terminal, row.pin, person, from_date=row.from_date, until_date=row.until_date, by=by)
    holders.add(held)
    return held, decided


def _held(  # noqa: PLR0913 - a fact has as many members
    terminal: Terminal, pin: str, person: int, *, from_date: date, until_date: date | None, by: ActBy
) -> tuple[PinHolder, OutboxRow]:
    """A holder and the record of it, not written yet."""
    row = PinHolder(
        terminal=terminal,
        pin=pin,
        person_id=person,
        from_date=from_date,
        until_date=until_date,
        recorded_at_ms=by.at_ms,
    )
    until = until_date.isoformat() if until_date else "…"
    decided = decision(
        by=by,
        act="intake.map",
        about=f"terminal/{terminal.serial}/pin/{pin}",
        person=person,
        after=f"person/{person} {from_date.isoformat()} → {until}",
    )
    return row, decided


@transaction.atomic
def end_pin(*, holder: int, until_date: date, by: ActBy, day: date) -> PinHolder | None:
    """From `until_date` on, nobody holds the PIN any more: its later lines wait again. Nobody ends his own.

    None when it had held for no day at all: a mapping that was wrong from its beginning is only withdrawn.
    """
    row = PinHolder.objects.current().select_for_update(of=("self",)).select_related("terminal").get(pk=holder)
    if not may(by.actor, MAP_PIN, thing_of_terminal(row.terminal, day)) or by.number == row.person_id:
        raise PermissionDenied
    by = by.reasoned("intake.trouble.reason_needed")
    if row.until_date is not None and until_date >= row.until_date:
        raise ActError("intake.trouble.ended")
    row.withdrawn_at_ms = by.at_ms
    row.save(update_fields=["withdrawn_at_ms"])
    kept = None
    if until_date > row.from_date:
        kept = PinHolder.objects.create(
            terminal=row.terminal, pin=row.pin, person_id=row.person_id, from_date=row.from_date,
            until_date=until_date, recorded_at_ms=by.at_ms,
        )  # fmt: skip
    before = row.until_date.isoformat() if row.until_date else "…"
    record = write_decision(
        by=by,
        act="intake.unmap",
        about=f"terminal/{row.terminal_id}/pin/{row.pin}",
        person=row.person_id,
        before=f"person/{row.person_id} {row.from_date.isoformat()} → {before}",
        after=f"person/{row.person_id} {row.from_date.isoformat()} → {max(until_date, row.from_date).isoformat()}",
    )
    write_rows(record, row, kept)
    mark_terminal_dirty(
        row.terminal_id, pins=[row.pin], from_date=max(until_date, row.from_date), until_date=row.until_date
    )
    return kept


def _people_named(rows: Sequence[PinRow]) -> dict[str, int]:
    """What a list writes of a person, Hadir's number or a NIP -> the number."""
    numbers = {row.person for row in rows if not row.is_nip}
    nips = {row.person for row in rows if row.is_nip}
    known = Person.objects.values_list("number", flat=True)
    by_number = {str(number): number for number in known if str(number) in numbers}
    by_nip = dict(Person.objects.filter(nip__isnull=False).values_list("nip", "number"))
    return by_number | {nip: by_nip[nip] for nip in nips if nip in by_nip}


# --- terminals --------------------------------------------------------------------------------------------------------


@transaction.atomic
def place_terminal(  # noqa: PLR0913 - what an act of this kind is made of
    *, serial: str, unit: Unit, directions: Directions, from_date: date, by: ActBy, day: date
) -> TerminalPlace:
    """From `from_date` on, the terminal stands in `unit`: its clock is read in that unit's zone."""
    if not may(by.actor, PLACE_TERMINAL, Thing(paths=(unit.path,))):
        raise PermissionDenied
    terminal = allowed_or_new(serial, by=by, rule=PLACE_TERMINAL, day=day)
    # Days before its first place are read as if it had always stood there.
    first = not TerminalPlace.objects.current().filter(terminal=terminal).exists()
    row = TerminalPlace.objects.create(
        terminal=terminal, unit=unit, directions=directions, from_date=from_date, recorded_at_ms=by.at_ms
    )
    record = write_decision(
        by=by,
        act="intake.place",
        about=f"terminal/{serial}",
        after=f"unit/{unit.number} {directions.value} {from_date.isoformat()}",
    )
    write_rows(record, terminal, row)
    mark_terminal_dirty(serial, from_date=min(from_date, FIRST_DAY) if first else from_date, until_date=None)
    return row


@transaction.atomic
def measure_skew(  # noqa: PLR0913 - what an act of this kind is made of
    *, serial: str, skew_ms: int, from_date: date, until_date: date | None, by: ActBy, day: date
) -> TerminalSkew:
    """In that time, `skew_ms` must be added to what the terminal's clock shows."""
    terminal = allowed_or_new(serial, by=by, rule=PLACE_TERMINAL, day=day)
    if until_date is not None and until_date <= from_date:
        raise ActError("intake.trouble.backward", field="until_date")
    row = TerminalSkew.objects.create(
        terminal=terminal, skew_ms=skew_ms, from_date=from_date, until_date=until_date, recorded_at_ms=by.at_ms
    )
    record = write_decision(by=by, act="intake.skew", about=f"terminal/{serial}", after=f"{skew_ms} ms {from_date}")
    write_rows(record, terminal, row)
    mark_terminal_dirty(serial, from_date=from_date, until_date=until_date)
    return row


def allowed_or_new(serial: str, *, by: ActBy, rule: Rule, day: date) -> Terminal:
    """The terminal, which a first file or list makes known; only for whom `rule` lets come to where it stands."""
    terminal = known_or_new(serial, by.at_ms)
    if not may(by.actor, rule, thing_of_terminal(terminal, day)):
        raise PermissionDenied
    if terminal._state.adding:  # noqa: SLF001 - Django's own name for "not in the database yet"
        terminal.save(force_insert=True)
    return terminal


def known_or_new(serial: str, at_ms: int) -> Terminal:
    """The terminal, perhaps not in the database yet. ActError for a serial number that is none."""
    if _SERIAL.fullmatch(serial) is None:
        raise ActError("intake.trouble.bad_serial", field="serial")
    return Terminal.objects.filter(serial=serial).first() or Terminal(serial=serial, first_seen_ms=at_ms)


def mark_terminal_dirty(
    terminal: str, *, pins: Collection[str] | None = None, from_date: date, until_date: date | None
) -> None:
    """A mapping, a place or a measured skew of a terminal touches its recorded lines of that time, or of these PINs."""
    lines = MachineLine.objects.filter(terminal=terminal, day__gte=from_date)
    if pins is not None:
        lines = lines.filter(pin__in=pins)
    if until_date is not None:
        lines = lines.filter(day__lt=until_date)
    mark_pins_dirty(lines.values_list("terminal", "pin", "day").distinct())
    holders = PinHolder.objects.filter(terminal=terminal, **({} if pins is None else {"pin__in": pins}))
    mark_known_dirty(Q(person__in=holders.values("person")), from_date=from_date, until_date=until_date)
