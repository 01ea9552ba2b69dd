"""Which days a terminal's facts touch."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Q

from hadir.office.intake.models import PinHolder
from hadir.office.projection.invalidation import mark_known_dirty, mark_pins_dirty
from hadir.office.projection.models import MachineLine


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
