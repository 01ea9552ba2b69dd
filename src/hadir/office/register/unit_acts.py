from __future__ import annotations

from datetime import date

from django.db import transaction

from hadir.office.acts.actions import write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.ground.zones import Zone
from hadir.office.projection.invalidation import mark_unit_dirty
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit, WithoutSignal


@transaction.atomic
def open_unit(*, number: int, name: str, parent: Unit | None, zone: Zone, by: ActBy) -> Unit:
    path = f"{parent.path if parent else '/'}{number}/"
    unit = Unit.objects.create(number=number, parent=parent, name=name, path=path, zone=zone)
    record = write_decision(by=by, act="unit.open", about=f"unit/{number}", after=f"{path} {zone.value}")
    write_rows(record, unit)
    return unit


@transaction.atomic
def declare_without_signal(*, unit: Unit, from_date: date, by: ActBy) -> WithoutSignal:
    """From `from_date` on, the unit is out of telecommunication reach: weaker time evidence is enough there."""
    row = WithoutSignal.objects.create(unit=unit, from_date=from_date, recorded_at_ms=by.at_ms)
    record = write_decision(
        by=by,
        act="unit.without_signal",
        about=f"unit/{unit.number}",
        after=from_date.isoformat(),
    )
    write_rows(record, row)
    mark_unit_dirty(unit.path, from_date)
    return row
