"""Closed months that somebody asks to open again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hadir.office.months.models import ClosedRow, Closing, State
from hadir.office.months.permissions import GRANT_REOPEN, MonthThing, may_grant

if TYPE_CHECKING:
    from hadir.office.accounts.permissions import Actor


def reopenings_waiting(actor: Actor) -> list[Closing]:
    """Those that this person may grant or refuse, the oldest first. Two queries at most."""
    if not actor.paths(GRANT_REOPEN.roles):
        return []
    asked = Closing.objects.filter(state=State.CLOSED, asked_by__isnull=False).select_related("unit", "asked_by")
    rows = list(asked.order_by("number"))
    own = ClosedRow.objects.filter(closing__in=rows, person=actor.person).values_list("closing", flat=True)
    mine = set(own) if rows else set()
    return [row for row in rows if may_grant(actor, _thing(row, actor, is_in=row.number in mine))]


def _thing(row: Closing, actor: Actor, *, is_in: bool) -> MonthThing:
    people = frozenset({actor.person}) if is_in and actor.person is not None else frozenset()
    return MonthThing(path=row.unit.path, people=people, asked_by=row.asked_by_id)
