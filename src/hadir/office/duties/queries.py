from __future__ import annotations

from typing import TYPE_CHECKING

from hadir.office.duties.models import DutyAssignment

if TYPE_CHECKING:
    from datetime import date


def duty_of(person: int, unit_path: str, day: date) -> DutyAssignment | None:
    """The person's own duty on `day`, else that of the nearest unit from his own upwards."""
    own = DutyAssignment.objects.on(day).filter(person=person).order_by("-from_date").first()
    if own is not None:
        return own
    numbers = [int(part) for part in unit_path.strip("/").split("/")]
    rows = DutyAssignment.objects.on(day).filter(unit__in=numbers).order_by("from_date")
    by_unit = {row.unit_id: row for row in rows}
    return next((by_unit[number] for number in reversed(numbers) if number in by_unit), None)
