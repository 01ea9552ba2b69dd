"""Asking for a file. Nothing is worked out here: the row waits for the program that makes them (`worker.py`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction

from hadir.office.exports.models import OPEN, Export
from hadir.office.ground.act_error import ActError
from hadir.office.roles import ActBy

OPEN_OF_PERSON_MAX = 3
WAITING_MAX = 100
"""Of the whole site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which file: the members of a row that say what stands in it."""

    unit_id: int
    first: date
    kind: str
    size: str
    which: str
    search: str
    lang: str


@transaction.atomic
def ask_export(wanted: Wanted, *, by: ActBy) -> Export:
    """The row to wait for. Who asks twice for the same gets the one that is on its way."""
    waiting = Export.objects.filter(state__in=OPEN)
    own = waiting.filter(by=by.number)
    same = own.filter(**asdict(wanted)).first()
    if same is not None:
        return same
    if own.count() >= OPEN_OF_PERSON_MAX:
        raise ActError("exports.trouble.own")
    if waiting.count() >= WAITING_MAX:
        raise ActError("exports.trouble.site")
    return Export.objects.create(by_id=by.number, asked_at_ms=by.at_ms, **asdict(wanted))


def place_of(row: Export) -> int:
    """How many files are made before this one; 0 for one that is being made."""
    return Export.objects.filter(state__in=OPEN, number__lt=row.number).count()
