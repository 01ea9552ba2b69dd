from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from hadir.office.acts.actions import write_decision
from hadir.office.units.models import Unit

if TYPE_CHECKING:
    from hadir.office.units.models import Zone


@transaction.atomic
def open_unit(*, number: int, name: str, parent: Unit | None, zone: Zone, by: int, at_ms: int) -> Unit:
    path = f"{parent.path if parent else '/'}{number}/"
    unit = Unit.objects.create(number=number, parent=parent, name=name, path=path, zone=zone)
    write_decision(by=by, at_ms=at_ms, act="unit.open", about=f"unit/{number}", after=f"{path} {zone.value}")
    return unit
