"""A verdict as one short line: what the fold of a month reads of it, and nothing else.

    policy|code|status|percent|review|marks|arrival|departure|ceremonies missed
    permentan-68-2012|H|present|0.5|none||short,TL1,12,0.5,A,|on_time,,0,0,A,|

Of a dynamic week there is one part more: what the week asks, and how many minutes lay between arrival and departure.

    …|2250,60,5,540

Equal lines are equal to the month, so a month has few different ones, and each is read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from hadir.office.months.shown import ShownDay, shown_day
from hadir.rules.duty import Dynamic
from hadir.rules.evidence import Evidence, Grade, Source
from hadir.rules.months import MonthDay, dynamic_short_minutes, worked_minutes
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

_KEPT_LINES = 65_536
_MANUAL, _FLEX = "m", "f"
ASKED = f"|{Review.ASK_SUPERIOR.name.lower()}|"
_SHORT = f"|{PartStatus.SHORT.value},"
_NONE = Decimal(0)
_PARTS = 9
"""Strokes in the line of a dynamic day."""
_MINUTE_MS = 60_000
_OPEN = frozenset({PartStatus.NOT_YET, PartStatus.UNDECIDED})


class LineRow(NamedTuple):
    """A row of `DayLine` as it is written."""

    person: int
    day: date
    unit: int
    status: str
    line: str
    arrival_ms: int | None
    version: str


def line_of(verdict: Verdict, sources: Iterable[Source] = (), dynamic: Dynamic | None = None) -> str:
    """`sources` are those of the counted taps; `dynamic` is what the day's week asks, where it is counted by weeks."""
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
        *_week(verdict, dynamic),
    ))  # fmt: skip


def _week(verdict: Verdict, dynamic: Dynamic | None) -> list[str]:
    if dynamic is None:
        return []
    between = worked_minutes(verdict, break_minutes=0)
    return [f"{dynamic.weekly_minutes},{dynamic.break_minutes},{dynamic.week_days},{between}"]


def _part(part: PartVerdict | None) -> str:
    if part is None:
        return ""
    grade = part.evidence.grade.value if part.evidence else ""
    code, excuse = part.class_code or "", part.excuse_code or ""
    return f"{part.status.value},{code},{part.minutes},{part.percent.normalize():f},{grade},{excuse}"


def month_day(day: date, line: str) -> MonthDay:
    """The day as the rules fold it: the verdict has only what stands in the line."""
    verdict, sources = read_line(line)
    return MonthDay(date=day, verdict=verdict, sources=sources)


def policy_of(line: str) -> str:
    return line[: line.index("|")]


def is_unproven(line: str) -> bool:
    """Whether the day stands on soft evidence and waits for the superior's word."""
    return ASKED in line


def weekly_short(lines: Mapping[str, Sequence[date]]) -> int | None:
    """Minutes that the weeks of a dynamic duty lack; None for whoever has none. What is not known yet lacks nowhere."""
    by_week: dict[Dynamic, list[MonthDay]] = {}
    for line, dates in lines.items():
        if line.count("|") == _PARTS:
            minutes, pause, days, _ = map(int, line.rpartition("|")[2].split(","))
            asked = Dynamic(weekly_minutes=minutes, break_minutes=pause, week_days=days, article="")
            verdict, _ = read_line(line)
            if not _OPEN & {half.status for half in (verdict.arrival, verdict.departure) if half}:
                by_week.setdefault(asked, []).extend(month_day(day, line) for day in dates)
    return sum(dynamic_short_minutes(days, asked) for asked, days in by_week.items()) if by_week else None


def short_classes(line: str) -> str:
    """`TL1`, `PSW2` or both; empty for a day on which no time is missing."""
    if _SHORT not in line:
        return ""
    verdict, _ = read_line(line)
    parts = (verdict.arrival, verdict.departure)
    return " ".join(part.class_code for part in parts if part and part.status is PartStatus.SHORT and part.class_code)


@lru_cache(_KEPT_LINES)
def shown_of(line: str) -> ShownDay:
    """What is shown of the day."""
    return shown_day(read_line(line)[0])


def letters_of(line: str) -> str:
    """`H`, `TL1 PSW4`."""
    return " ".join(shown_of(line).letters)


@lru_cache(_KEPT_LINES)
def read_line(line: str) -> tuple[Verdict, tuple[Source, ...]]:
    """The verdict, with only what stands in the line, and from what sources its counted taps came."""
    policy, code, status, percent, review, marks, arrival, departure, missed, *week = line.split("|")
    between = int(week[0].rpartition(",")[2]) if week else 0
    verdict = Verdict(
        status=DayStatus(status),
        arrival=_read_part(Side.ARRIVAL, arrival, counted_ms=0 if between else None),
        departure=_read_part(Side.DEPARTURE, departure, counted_ms=between * _MINUTE_MS if between else None),
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


def _read_part(side: Side, text: str, *, counted_ms: int | None) -> PartVerdict | None:
    """`counted_ms` is told only of dynamic days, as minutes since the arrival."""
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
        counted_ms=counted_ms,
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
