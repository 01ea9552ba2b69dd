"""Drop the projection and build it again; the verdicts must come out the same, byte for byte."""

from __future__ import annotations

import hashlib
import json

from django.db import transaction

from hadir.office.excuses.covering import all_person_days
from hadir.office.follower.following import follow_all
from hadir.office.judging.changes_since import facts_since
from hadir.office.judging.judging import JudgeContext
from hadir.office.months.following import note_all_late
from hadir.office.months.models import DayLine, LateDay
from hadir.office.projection.invalidation import mark_dirty
from hadir.office.projection.models import (
    DirtyDay,
    DirtyPin,
    FaultyLeaf,
    JournaledAct,
    MachineLine,
    MeasuredOutage,
    Place,
    Position,
    Punch,
    SeenKey,
    ServerFact,
    SweptUnit,
    VerdictRow,
    Witness,
)

_PROJECTION = (
    VerdictRow, DirtyDay, DirtyPin, Place, Punch, MachineLine, Witness, MeasuredOutage, ServerFact, SeenKey,
    FaultyLeaf, JournaledAct, Position, SweptUnit, DayLine, LateDay,
)  # fmt: skip


def rebuild(context: JudgeContext, *, now_ms: int) -> str:
    """Empty every table of the projection, follow all journals from their start, and return the new digest."""
    with transaction.atomic():
        for model in _PROJECTION:
            model._default_manager.all().delete()  # noqa: SLF001 - Django's name for the manager of any model
        mark_dirty(all_person_days(context.site.zone))
    follow_all(context, now_ms=now_ms)
    note_all_late(facts_since)
    return verdict_digest()


def verdict_digest() -> str:
    """SHA-256 (hex) over all verdicts in order of person and day, as canonical JSON, and over the lines of months that
    are made of them: what a recap is summed from.
    """
    digest = hashlib.sha256()
    for row in VerdictRow.objects.order_by("person", "day").iterator():
        line = {"person": row.person, "day": row.day.isoformat(), "verdict": row.body}
        digest.update(json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
    lines = DayLine.objects.order_by("person", "day", "unit").values_list("person", "day", "unit", "status", "line")
    for person, day, unit, status, told in lines.iterator():
        digest.update(json.dumps([person, day.isoformat(), unit, status, told], ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()
