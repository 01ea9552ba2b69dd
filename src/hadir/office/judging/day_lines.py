"""The line of a judged day, as months keep it."""

from __future__ import annotations

from hadir.office.judging.judging import Judged
from hadir.office.months.lines import LineRow, line_of, version_text
from hadir.rules.duty import DutyDay, Dynamic
from hadir.rules.verdict import (
    Verdict,
)


def day_line(judged: Judged) -> LineRow:
    """The row of a judged day."""
    verdict, where = judged.verdict, judged.where
    sources = [judged.weighed[ref].source for ref in _counted(verdict) if ref in judged.weighed]
    return LineRow(
        person=where.person,
        day=where.day,
        unit=where.unit.number,
        status=verdict.status.value,
        line=line_of(verdict, sources, _dynamic(where.duty_day)),
        arrival_ms=verdict.arrival.counted_ms if verdict.arrival else None,
        version=version_text(verdict.version),
    )


def _counted(verdict: Verdict) -> list[str]:
    parts = (verdict.arrival, verdict.departure)
    return [part.tap_ref for part in parts if part is not None and part.tap_ref is not None]


def _dynamic(duty_day: DutyDay | None) -> Dynamic | None:
    return duty_day.dynamic if duty_day is not None else None
