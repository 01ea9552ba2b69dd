"""Drop the projection and build it again; the verdicts must come out the same, byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from hadir.office.excuses.covering import all_person_days
from hadir.office.follower.following import follow_all
from hadir.office.judging.installed import InstalledRules
from hadir.office.judging.judging import JudgeContext
from hadir.office.months.closed_row import rows_digest
from hadir.office.months.following import note_all_late
from hadir.office.months.lines import read_line
from hadir.office.months.models import Closing, DayLine, LateDay
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
from hadir.rules.verdict import PartVerdict

_PROJECTION = (
    VerdictRow, DirtyDay, DirtyPin, Place, Punch, MachineLine, Witness, MeasuredOutage, ServerFact, SeenKey,
    FaultyLeaf, JournaledAct, Position, SweptUnit, DayLine, LateDay,
)  # fmt: skip


def rebuild(context: JudgeContext, *, now_ms: int) -> str:
    """Empty every table of the projection, follow all journals from their start, and return the new digest."""
    with transaction.atomic():
        for model in _PROJECTION:
            model._default_manager.all().delete()  # noqa: SLF001 - Django's name for the manager of any model
        mark_dirty(all_person_days())
    follow_all(context, now_ms=now_ms)
    note_all_late(InstalledRules(context, now_ms))
    return verdict_digest()


def verdict_digest() -> str:
    """SHA-256 (hex) over all verdicts in order of person and day, as canonical JSON, and over the lines of months that
    are made of them: what a recap is summed from.
    """
    digest = hashlib.sha256()
    for row in VerdictRow.objects.order_by("person", "day").iterator():
        _put(digest, {"person": row.person, "day": row.day.isoformat(), "verdict": row.body})
    lines = DayLine.objects.order_by("person", "day", "unit").values_list("person", "day", "unit", "status", "line")
    for person, day, unit, status, told in lines.iterator():
        digest.update(json.dumps([person, day.isoformat(), unit, status, told], ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def meaning_digest() -> dict[str, Any]:
    """SHA-256 (hex) over (person, day, letters, classes, minutes, percent, reasons) of all verdicts and of their lines
    in months; how many days of closed months are late, and how many closings still have the digest that was signed.
    """
    verdicts, lines = hashlib.sha256(), hashlib.sha256()
    days, rows = 0, VerdictRow.objects.order_by("person", "day").values_list("person", "day", "unit", "body")
    for person, day, unit, body in rows.iterator():
        halves = [_stored_half(body["arrival"]), _stored_half(body["departure"])]
        reasons = [[one["code"], one["params"], one["article"]] for one in body["reasons"]]
        told = [body["status"], body["code"], _plain(body["deduction_percent"]), halves, reasons]
        _put(verdicts, [person, day.isoformat(), unit, told])
        days += 1
    found = DayLine.objects.order_by("person", "day").values_list("person", "day", "unit", "status", "line")
    for person, day, unit, status, line in found.iterator():
        read = read_line(line)
        verdict, sources = read.verdict, read.sources
        halves = [_read_half(verdict.arrival), _read_half(verdict.departure)]
        told = [status, read.letters, _plain(verdict.deduction_percent), halves, [one.value for one in sources]]
        _put(lines, [person, day.isoformat(), unit, told, verdict.flex_used, verdict.review.name])
    closings = Closing.objects.order_by("number")
    whole = [rows_digest(one.rows.values_list("person", "body", "lines")) == one.digest for one in closings]
    return {
        "days": days, "verdicts": verdicts.hexdigest(), "lines": lines.hexdigest(),
        "late_days": LateDay.objects.count(), "closings": len(whole), "closings_as_signed": sum(whole),
    }  # fmt: skip


def _put(digest: hashlib._Hash, told: object) -> None:
    digest.update(json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")


def _stored_half(half: Mapping[str, Any] | None) -> list[Any] | None:
    if half is None:
        return None
    return [half["status"], half["class"], half["minutes"], _plain(half["percent"]), half["grade"]]


def _read_half(half: PartVerdict | None) -> list[Any] | None:
    if half is None:
        return None
    grade = half.evidence.grade.value if half.evidence else None
    return [half.status.value, half.class_code, half.minutes, _plain(half.percent), grade, half.excuse_code]


def _plain(percent: Decimal | str) -> str:
    return f"{Decimal(percent).normalize():f}"
