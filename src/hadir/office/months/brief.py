"""What is kept of a verdict for lists and months: all that a recap adds up, in about a hundred bytes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache

import msgspec

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


class Half(msgspec.Struct, frozen=True, array_like=True):
    """One half of a day; `percent` as text, so that a decimal stays one."""

    status: PartStatus
    class_code: str | None
    minutes: int
    percent: str
    counted_ms: int | None
    grade: Grade | None
    excuse_code: str | None


class Brief(msgspec.Struct, frozen=True, array_like=True):
    """A day: the letter of the recap, what it costs, its halves, and by what it is known.

    `missed` are codes of ceremonies missed, `sources` those of the counted taps, `excuses` references; `duty` is the
    week or shift that was owed, empty on a free day.
    """

    status: DayStatus
    code: str
    percent: str
    arrival: Half | None
    departure: Half | None
    missed: tuple[str, ...]
    flex_used: bool
    sources: tuple[Source, ...]
    excuses: tuple[str, ...]
    duty: str
    policy: str


_DECODER = msgspec.json.Decoder(Brief)
_NO_VERSION = PolicyVersion(name="", sha256="", rules="")


def brief_of(verdict: Verdict, *, sources: Iterable[Source], duty: str) -> bytes:
    """A verdict's brief as it is stored."""
    brief = Brief(
        status=verdict.status,
        code=verdict.code,
        percent=str(verdict.deduction_percent),
        arrival=_half(verdict.arrival),
        departure=_half(verdict.departure),
        missed=tuple(one.code for one in verdict.ceremonies if one.attendance is Attendance.MISSED),
        flex_used=verdict.flex_used,
        sources=tuple(sources),
        excuses=verdict.excuses,
        duty=duty,
        policy=verdict.version.name,
    )
    return msgspec.json.encode(brief)


def read_brief(raw: bytes | memoryview) -> Brief:
    return _DECODER.decode(raw)


def month_day(day: date, brief: Brief) -> MonthDay:
    """The day as `hadir.rules.months` folds it. Reasons, taps and the policy's hash are left to the verdict's body."""
    verdict = Verdict(
        status=brief.status,
        arrival=_part(Side.ARRIVAL, brief.arrival),
        departure=_part(Side.DEPARTURE, brief.departure),
        deduction_percent=Decimal(brief.percent),
        provisional=True,
        review=Review.NONE,
        identity=Identity.CONFIRMED,
        suggest=None,
        taps=(),
        reasons=(),
        version=_NO_VERSION,
        code=brief.code,
        excuses=brief.excuses,
        ceremonies=tuple(map(_missed, brief.missed)),
        flex_used=brief.flex_used,
    )
    return MonthDay(date=day, verdict=verdict, sources=brief.sources)


def _half(part: PartVerdict | None) -> Half | None:
    if part is None:
        return None
    return Half(
        status=part.status,
        class_code=part.class_code,
        minutes=part.minutes,
        percent=str(part.percent),
        counted_ms=part.counted_ms,
        grade=part.evidence.grade if part.evidence else None,
        excuse_code=part.excuse_code,
    )


def _part(side: Side, half: Half | None) -> PartVerdict | None:
    if half is None:
        return None
    return PartVerdict(
        side=side,
        status=half.status,
        class_code=half.class_code,
        minutes=half.minutes,
        percent=Decimal(half.percent),
        tap_ref=None,
        counted_ms=half.counted_ms,
        evidence=None if half.grade is None else _evidence(half.grade),
        review=Review.NONE,
        excuses=(),
        reasons=(),
        excuse_code=half.excuse_code,
    )


@cache
def _evidence(grade: Grade) -> Evidence:
    """Only its grade is counted in a month."""
    return Evidence(lo_ms=None, hi_ms=None, claimed_ms=0, judged_ms=0, error_ms=0, grade=grade, counts_as=grade)


@cache
def _missed(code: str) -> CeremonyVerdict:
    return CeremonyVerdict(name=code, code=code, attendance=Attendance.MISSED, percent=Decimal(0))
