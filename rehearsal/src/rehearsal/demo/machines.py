"""The demo's fingerprint machines: placed, mapped, measured and their files brought in, by the acts that people use."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

from hadir.office.ground.moments import day_at
from hadir.office.intake.actions import import_file, map_pins, measure_skew, place_terminal, plan_import
from hadir.office.intake.models import Directions
from hadir.office.intake.pin_list import PinRow
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from hadir.rules.clocks import MS_PER_MINUTE
from rehearsal.demo.cast import REGENCY, RINA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hadir.site import Site
    from rehearsal.demo.regency import PlannedTerminal

UNKNOWN_PINS = 2
"""So many people of the first machine are on no list yet: their presses wait, visible, until somebody maps them."""


@transaction.atomic
def bring_machines(site: Site, machines: Sequence[PlannedTerminal], files: Mapping[str, bytes], *, now_ms: int) -> None:
    """Rina places every machine, takes the list of PINs over and brings the files in."""
    rina = Actor(person=RINA, grants=(Grant(role=Role.PERSONNEL, path=f"/{REGENCY}/"),))
    first, today = date(site.year, 1, 1), day_at(now_ms, site.zone)
    units = Unit.objects.in_bulk([machine.unit for machine in machines])
    for machine in machines:
        directions = Directions.KEYS if machine.by_keys else Directions.FIRST_AND_LAST
        place_terminal(
            serial=machine.serial,
            unit=units[machine.unit],
            directions=directions,
            from_date=first,
            by=ActBy(rina, now_ms),
            day=today,
        )
        if machine.skew_minutes:
            measure_skew(
                serial=machine.serial,
                skew_ms=machine.skew_minutes * MS_PER_MINUTE,
                from_date=first,
                until_date=None,
                by=ActBy(rina, now_ms),
                day=today,
            )
    map_pins(rows=_pin_list(machines, first), by=ActBy(rina, now_ms), day=today)
    for machine in machines:
        if files[machine.serial]:
            plan = plan_import(data=files[machine.serial], serial=machine.serial, by=ActBy(rina, now_ms))
            import_file(plan, f"{machine.serial}_attlog.dat")


def _pin_list(machines: Sequence[PlannedTerminal], first: date) -> list[PinRow]:
    held = [
        (machine.serial, pin, person)
        for place, machine in enumerate(machines)
        for person, pin in list(machine.pins.items())[UNKNOWN_PINS if place == 0 else 0 :]
    ]
    return [
        PinRow(line_number=number, serial=serial, pin=pin, person=str(person), from_date=first, until_date=None)
        for number, (serial, pin, person) in enumerate(held, start=1)
    ]
