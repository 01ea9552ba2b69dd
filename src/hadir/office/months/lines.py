"""A verdict as one short line: what the fold of a month reads of it, and nothing else.

    policy|code|status|percent|review|marks|arrival|departure|ceremonies missed
    permentan-68-2012|H|present|0.5|none||short,TL1,12,0.5,A,|on_time,,0,0,A,|

Equal lines are equal to the month, so a month has few different ones, and each is read once.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from hadir.office.months.models import DayLine
from hadir.rules.evidence import Evidence, Grade, Source
from hadir.rules.months import MonthDay
from hadir.rules.policy import PolicyVersion
from hadir.rules.verdict import (
    Attendance,
    CeremonyVerdict,
    DayStatus,
    Identity,
    PartStatus,
    PartVerdict,
    Review,
    Side,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hadir.office.follower.judging import Judged

_KEPT_LINES = 65_536
_MANUAL, _FLEX = "m", "f"
ASKED = f"|{Review.ASK_SUPERIOR.name.lower()}|"
_SHORT = f"|{PartStatus.SHORT.value},"
_NONE = Decimal(0)


def day_line(judged: Judged) -> DayLine:
    """The row of a judged day."""
    verdict, where = judged.verdict, judged.where
    sources = [judged.weighed[ref].source for ref in _counted(verdict) if ref in judged.weighed]
    return DayLine(
        person=where.person,
        day=where.day,
        unit=where.unit.number,
        status=verdict.status.value,
        line=line_of(verdict, sources),
        arrival_ms=verdict.arrival.counted_ms if verdict.arrival else None,
        version=version_text(verdict.version),
    )


def _counted(verdict: Verdict) -> list[str]:
    parts = (verdict.arrival, verdict.departure)
    return [part.tap_ref for part in parts if part is not None and part.tap_ref is not None]


def line_of(verdict: Verdict, sources: Iterable[Source] = ()) -> str:
    """`sources` are those of the counted taps."""
    missed = (one.code for one in verdict.ceremonies if one.attendance is Attendance.MISSED)
    marks = (_MANUAL if Source.MANUAL_LIST in set(sources) else "") + (_FLEX if verdict.flex_used else "")
    return "|".join((
        verdict.version.name,
        verdict.code,
        verdict.status.value,
        f"{verdict.deduction_percent.normalize():f}",
        verdict.review.name.lower(),
        marks,
        _part(verdict.arrival),
        _part(verdict.departure),
        ",".join(missed),
    ))  # fmt: skip


def _part(part: PartVerdict | None) -> str:
    if part is None:
        return ""
    grade = part.evidence.grade.value if part.evidence else ""
    code, excuse = part.class_code or "", part.excuse_code or ""
    return f"{part.status.value},{code},{part.minutes},{part.percent.normalize():f},{grade},{excuse}"


def month_day(day: date, line: str) -> MonthDay:
    """The day as the rules fold it: the verdict has only what stands in the line."""
    verdict, sources = _read(line)
    return MonthDay(date=day, verdict=verdict, sources=sources)


def policy_of(line: str) -> str:
    return line[: line.index("|")]


def is_unproven(line: str) -> bool:
    """Whether the day stands on soft evidence and waits for the superior's word."""
    return ASKED in line


def short_classes(line: str) -> str:
    """`TL1`, `PSW2` or both; empty for a day on which no time is missing."""
    if _SHORT not in line:
        return ""
    verdict, _ = _read(line)
    parts = (verdict.arrival, verdict.departure)
    return " ".join(part.class_code for part in parts if part and part.status is PartStatus.SHORT and part.class_code)


@lru_cache(_KEPT_LINES)
def _read(line: str) -> tuple[Verdict, tuple[Source, ...]]:
    policy, code, status, percent, review, marks, arrival, departure, missed = line.split("|")
    verdict = Verdict(
        status=DayStatus(status),
        arrival=_read_part(Side.ARRIVAL, arrival),
        departure=_read_part(Side.DEPARTURE, departure),
        deduction_percent=Decimal(percent),
        provisional=False,
        review=Review[review.upper()],
        identity=Identity.CONFIRMED,
        suggest=None,
        taps=(),
        reasons=(),
        version=PolicyVersion(name=policy, sha256="", rules=""),
        code=code,
        ceremonies=tuple(
            CeremonyVerdict(name="", code=one, attendance=Attendance.MISSED, percent=_NONE)
            for one in missed.split(",")
            if one
        ),
        flex_used=_FLEX in marks,
    )
    return verdict, (Source.MANUAL_LIST,) if _MANUAL in marks else ()


def _read_part(side: Side, text: str) -> PartVerdict | None:
    if not text:
        return None
    status, code, minutes, percent, grade, excuse = text.split(",")
    return PartVerdict(
        side=side,
        status=PartStatus(status),
        class_code=code or None,
        minutes=int(minutes),
        percent=Decimal(percent),
        tap_ref=None,
        counted_ms=None,
        evidence=_graded(Grade(grade)) if grade else None,
        review=Review.NONE,
        excuses=(),
        reasons=(),
        excuse_code=excuse or None,
    )


def _graded(grade: Grade) -> Evidence:
    return Evidence(lo_ms=None, hi_ms=None, claimed_ms=0, judged_ms=0, error_ms=0, grade=grade, counts_as=grade)


def version_text(version: PolicyVersion) -> str:
    return f"{version.name} {version.sha256} {version.rules}"


def version_of(text: str) -> PolicyVersion:
    name, sha256, rules = text.split(" ", 2)
    return PolicyVersion(name=name, sha256=sha256, rules=rules)
