"""The line of a day: what the fold of a month reads of its verdict (`kept_verdict.MonthVerdict`), and nothing else.

Equal lines are equal to the month, so a month has few different ones, and each is read once. Lines of months that were
closed before are spelt otherwise (`read_closed_line`), and mean the same: lines are compared by what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from hadir.office.months.kept_verdict import (
    MonthHalf,
    MonthVerdict,
    MonthVersion,
    Week,
    encode_verdict,
    kept_verdict,
    month_part,
    read_month,
)
from hadir.office.months.letters import ShownDay, shown_day
from hadir.rules.duty import Dynamic
from hadir.rules.evidence import Evidence, Grade, Source
from hadir.rules.months import MonthDay, dynamic_short_minutes
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
ASKED = Review.ASK_SUPERIOR.name.lower()
"""Stands in every line of a day that waits for the superior's word, whenever it was written."""
_NONE = Decimal(0)
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
    kept = kept_verdict(verdict, dynamic=dynamic, manual=Source.MANUAL_LIST in set(sources))
    return month_part(encode_verdict(kept))


@lru_cache(_KEPT_LINES)
def month_verdict(line: str) -> MonthVerdict:
    """What a line means, whenever it was written."""
    return read_month(line) if line.startswith("{") else read_closed_line(line)


def is_same(one: str | None, other: str | None) -> bool:
    """Whether two lines mean the same to the month; None is a day without a verdict."""
    return one == other or (one is not None and other is not None and month_verdict(one) == month_verdict(other))


def month_day(day: date, line: str) -> MonthDay:
    """The day as the rules fold it: the verdict has only what stands in the line."""
    read = read_line(line)
    return MonthDay(date=day, verdict=read.verdict, sources=read.sources)


def weekly_short(lines: Mapping[str, Sequence[date]]) -> int | None:
    """Minutes that the weeks of a dynamic duty lack; None for whoever has none. What is not known yet lacks nowhere."""
    by_week: dict[Dynamic, list[MonthDay]] = {}
    for line, dates in lines.items():
        asked = read_line(line).asked
        if asked is not None:
            by_week.setdefault(asked, []).extend(month_day(day, line) for day in dates)
    return sum(dynamic_short_minutes(days, asked) for asked, days in by_week.items()) if by_week else None


class ReadLine(NamedTuple):
    """A line in every form in which a month asks for it."""

    verdict: Verdict
    """Only what stands in the line."""
    sources: tuple[Source, ...]
    """From where its counted taps came."""
    shown: ShownDay
    letters: str
    """`H`, `TL1 PSW4`."""
    short: str
    """`TL1`, `PSW2` or both; empty for a day on which no time is missing."""
    is_unproven: bool
    """Whether the day stands on soft evidence and waits for the superior's word."""
    asked: Dynamic | None
    """What the day's week asks, where weeks are counted and the day is known."""


@lru_cache(_KEPT_LINES)
def read_line(line: str) -> ReadLine:
    month = month_verdict(line)
    verdict = _verdict(month)
    shown = shown_day(verdict)
    parts = [part for part in (month.arrival, month.departure) if part and part.status is PartStatus.SHORT]
    return ReadLine(
        verdict=verdict,
        sources=(Source.MANUAL_LIST,) if month.manual else (),
        shown=shown,
        letters=" ".join(shown.letters),
        short=" ".join(part.class_code for part in parts if part.class_code),
        is_unproven=month.review == ASKED,
        asked=_asked(month),
    )


def _asked(month: MonthVerdict) -> Dynamic | None:
    week = month.week
    if week is None or _OPEN & {half.status for half in (month.arrival, month.departure) if half}:
        return None
    return Dynamic(weekly_minutes=week.minutes, break_minutes=week.pause, week_days=week.days, article="")


def _verdict(month: MonthVerdict) -> Verdict:
    between = month.week.between if month.week else 0
    return Verdict(
        status=month.status,
        arrival=_part(Side.ARRIVAL, month.arrival, counted_ms=0 if between else None),
        departure=_part(Side.DEPARTURE, month.departure, counted_ms=between * _MINUTE_MS if between else None),
        deduction_percent=Decimal(month.deduction_percent),
        provisional=False,
        review=Review[month.review.upper()],
        identity=Identity.CONFIRMED,
        suggest=None,
        taps=(),
        reasons=(),
        version=PolicyVersion(name=month.version.policy, sha256="", rules=""),
        code=month.code,
        ceremonies=tuple(
            CeremonyVerdict(name="", code=one, attendance=Attendance.MISSED, percent=_NONE) for one in month.missed
        ),
        flex_used=month.flex_used,
    )


def _part(side: Side, half: MonthHalf | None, *, counted_ms: int | None) -> PartVerdict | None:
    """`counted_ms` is told only of dynamic days, as minutes since the arrival."""
    if half is None:
        return None
    grade = half.grade
    return PartVerdict(
        side=side,
        status=half.status,
        class_code=half.class_code,
        minutes=half.minutes,
        percent=Decimal(half.percent),
        tap_ref=None,
        counted_ms=counted_ms,
        evidence=graded(grade) if grade else None,
        review=Review.NONE,
        excuses=(),
        reasons=(),
        excuse_code=half.excuse_code,
    )


def graded(grade: Grade) -> Evidence:
    """Evidence of which nothing is kept but its grade."""
    return Evidence(lo_ms=None, hi_ms=None, claimed_ms=0, judged_ms=0, error_ms=0, grade=grade, counts_as=grade)


def version_text(version: PolicyVersion) -> str:
    return f"{version.name} {version.sha256} {version.rules}"


def read_closed_line(line: str) -> MonthVerdict:
    """A line of a month that was closed before a verdict had one encoding: read as it was signed, for ever.

        policy|code|status|percent|review|marks|arrival|departure|ceremonies missed
        permentan-68-2012|H|present|0.5|none||short,TL1,12,0.5,A,|on_time,,0,0,A,|

    Of a dynamic week there is one part more: what the week asks, and how many minutes lay between arrival and
    departure: `…|2250,60,5,540`.
    """
    policy, code, status, percent, review, marks, arrival, departure, missed, *week = line.split("|")
    return MonthVerdict(
        code=code,
        status=DayStatus(status),
        version=MonthVersion(policy=policy),
        arrival=_half(arrival),
        departure=_half(departure),
        deduction_percent=percent,
        review=review,
        missed=tuple(one for one in missed.split(",") if one),
        manual="m" in marks,
        flex_used="f" in marks,
        week=_week(week[0]) if week else None,
    )


def _week(text: str) -> Week:
    minutes, pause, days, between = map(int, text.split(","))
    return Week(minutes=minutes, pause=pause, days=days, between=between)


def _half(text: str) -> MonthHalf | None:
    if not text:
        return None
    status, code, minutes, percent, grade, excuse = text.split(",")
    return MonthHalf(
        status=PartStatus(status),
        class_code=code or None,
        minutes=int(minutes),
        percent=percent,
        grade=Grade(grade) if grade else None,
        excuse_code=excuse or None,
    )
