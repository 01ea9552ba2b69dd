from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from hadir.office.acts.actions import write_decision
from hadir.office.duties.models import DutyAssignment
from hadir.office.follower.dirt import mark_unit_dirty

if TYPE_CHECKING:
    from datetime import date

    from hadir.office.units.models import Unit


@transaction.atomic
def set_unit_duty(*, unit: Unit, duty: str, policy: str, from_date: date, by: int, at_ms: int) -> DutyAssignment:  # noqa: PLR0913 - a fact has as many members
    """From `from_date` on, everybody of the unit's subtree without a nearer duty owes this one."""
    row = DutyAssignment.objects.create(unit=unit, duty=duty, policy=policy, from_date=from_date, recorded_at_ms=at_ms)
    write_decision(
        by=by,
        at_ms=at_ms,
        act="duty.set",
        about=f"unit/{unit.number}",
        after=f"{duty} {policy} {from_date.isoformat()}",
    )
    mark_unit_dirty(unit.path, from_date)
    return row
