from __future__ import annotations

from typing import TYPE_CHECKING

from hadir.office.dated import in_force
from hadir.office.duties.models import DutyAssignment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date


def unit_duty(path: str, day: date) -> DutyAssignment | None:
    """What holds on `day` for everybody of a unit without a duty of his own."""
    numbers = [int(part) for part in path.strip("/").split("/")]
    by_unit: dict[int, list[DutyAssignment]] = {}
    for row in DutyAssignment.objects.current().filter(unit__in=numbers).order_by("from_date"):
        by_unit.setdefault(row.unit_id or 0, []).append(row)
    return nearest_duty(by_unit, path, day)


def nearest_duty(by_unit: Mapping[int, Sequence[DutyAssignment]], path: str, day: date) -> DutyAssignment | None:
    """The duty of the nearest unit on the path, from its end upwards."""
    numbers = (int(part) for part in reversed(path.strip("/").split("/")))
    return next((found for number in numbers if (found := in_force(by_unit.get(number, []), day))), None)
