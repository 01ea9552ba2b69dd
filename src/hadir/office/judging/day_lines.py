"""The line of a judged day, as months keep it."""

from __future__ import annotations

from hadir.office.judging.judging import Judged
from hadir.office.months.kept_verdict import encode_verdict, month_part
from hadir.office.months.lines import LineRow, version_text


def day_line(judged: Judged, stored: bytes | None = None) -> LineRow:
    """The row of a judged day. `stored` is its encoded verdict, where it is at hand."""
    verdict, where = judged.verdict, judged.where
    return LineRow(
        person=where.person,
        day=where.day,
        unit=where.unit.number,
        status=verdict.status.value,
        line=month_part(stored or encode_verdict(judged.kept)),
        arrival_ms=verdict.arrival.counted_ms if verdict.arrival else None,
        version=version_text(verdict.version),
    )
