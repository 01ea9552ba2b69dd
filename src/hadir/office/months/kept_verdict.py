"""A live verdict as it is stored: one struct, encoded once, as JSON. Sentences are made where they are shown.

`KeptVerdict` is for whoever opens the day. `MonthVerdict` is the part of it that a month reads; everything else is
passed over. A `DayLine` holds that part by itself, so that equal days are equal texts. There False, 0 and None are left
out: most days are short. (Texts have no default: msgspec leaves out what is the same object, not what is equal.)

    {"code":"H","status":"off_duty","version":{"policy":"permentan-68-2012"},"deduction_percent":"0","review":"none"}
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field, json

from hadir.rules.duty import DutyDay, Dynamic
from hadir.rules.evidence import Grade
from hadir.rules.months import worked_minutes
from hadir.rules.reasons import Reason
from hadir.rules.verdict import Attendance, DayStatus, PartStatus, PartVerdict, Verdict

NO_SOURCES: Mapping[str, str] = MappingProxyType({})


class MonthHalf(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One half of a day; `percent` as text, so that a decimal stays one."""

    status: PartStatus
    class_code: str | None = field(default=None, name="class")
    minutes: int = 0
    percent: str
    grade: Grade | None = None
    excuse_code: str | None = None


class MonthVersion(Struct, frozen=True, kw_only=True):
    policy: str


class Week(Struct, frozen=True, kw_only=True):
    """What a dynamic week asks, and how many minutes lay between arrival and departure of the day."""

    minutes: int
    pause: int
    days: int
    between: int


class MonthVerdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the fold of a month reads: equal ones are the same to the month.

    `missed` are the codes of ceremonies missed; `manual`: a tap that counts stands on a manual list.
    """

    code: str
    status: DayStatus
    version: MonthVersion
    deduction_percent: str
    review: str
    arrival: MonthHalf | None = None
    departure: MonthHalf | None = None
    missed: tuple[str, ...] = ()
    manual: bool = False
    flex_used: bool = False
    week: Week | None = None


class KeptHalf(MonthHalf, frozen=True, kw_only=True, omit_defaults=False):
    tap: str | None
    counted_ms: int | None
    review: str
    excuses: tuple[str, ...]
    headline: dict[str, Any]


class KeptDuty(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From the first part's start to the last one's end; `parts` for a split shift."""

    name: str
    kind: str
    start_ms: int
    end_ms: int
    parts: tuple[dict[str, int], ...] = ()


class KeptAct(Struct, frozen=True, kw_only=True):
    number: int
    kind: str
    ref: str


class KeptCeremony(Struct, frozen=True, kw_only=True):
    name: str
    code: str
    attendance: Attendance
    percent: str


class KeptTap(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`source` says where a tap was recorded that no phone made."""

    ref: str
    direction: str
    judged_ms: int
    role: str
    source: str | None = None


class KeptVersion(MonthVersion, frozen=True, kw_only=True):
    sha256: str
    rules: str


class KeptVerdict(MonthVerdict, frozen=True, kw_only=True, omit_defaults=False):
    """All that is stored of a person-day. `dark` is the silent source that left it undecided."""

    version: KeptVersion
    arrival: KeptHalf | None
    departure: KeptHalf | None
    unit: int = 0
    zone: str = ""
    duty: KeptDuty | None = None
    law: tuple[KeptAct, ...] = ()
    provisional: bool
    identity: str
    suggest: str | None
    excuses: tuple[str, ...]
    ceremonies: tuple[KeptCeremony, ...]
    dark: str | None
    taps: tuple[KeptTap, ...]
    reasons: tuple[dict[str, Any], ...]


encode_verdict = json.Encoder().encode
read_month = json.Decoder(MonthVerdict).decode
"""What a month reads, of a whole verdict or of a line alike."""


def month_part(raw: bytes) -> str:
    """The line of a stored verdict: it says nothing that does not stand there."""
    return encode_verdict(read_month(raw)).decode()


def kept_verdict(  # noqa: PLR0913 - what is known of a day beside its verdict
    verdict: Verdict,
    *,
    unit: int = 0,
    zone: str = "",
    duty: KeptDuty | None = None,
    law: tuple[KeptAct, ...] = (),
    sources: Mapping[str, str] = NO_SOURCES,
    dynamic: Dynamic | None = None,
    dark: str = "",
    manual: bool = False,
) -> KeptVerdict:
    """`sources` names where each tap that no phone made was recorded."""
    return KeptVerdict(
        code=verdict.code,
        status=verdict.status,
        version=KeptVersion(
            policy=verdict.version.name, sha256=verdict.version.sha256, rules=verdict.version.rules
        ),
        arrival=_half(verdict.arrival, provisional=verdict.provisional),
        departure=_half(verdict.departure, provisional=verdict.provisional),
        deduction_percent=_plain(verdict.deduction_percent),
        review=verdict.review.name.lower(),
        missed=tuple(one.code for one in verdict.ceremonies if one.attendance is Attendance.MISSED),
        manual=manual,
        flex_used=verdict.flex_used,
        week=_week(verdict, dynamic),
        unit=unit,
        zone=zone,
        duty=duty,
        law=law,
        provisional=verdict.provisional,
        identity=verdict.identity.value,
        suggest=verdict.suggest.value if verdict.suggest else None,
        excuses=verdict.excuses,
        ceremonies=tuple(
            KeptCeremony(name=one.name, code=one.code, attendance=one.attendance, percent=_plain(one.percent))
            for one in verdict.ceremonies
        ),
        dark=dark or None,
        taps=tuple(
            KeptTap(
                ref=tap.ref, direction=tap.direction.value, judged_ms=tap.judged_ms, role=tap.role.value,
                source=sources.get(tap.ref),
            )
            for tap in verdict.taps
        ),
        reasons=tuple(map(reason_body, verdict.reasons)),
    )  # fmt: skip


def kept_duty(days: tuple[DutyDay, ...]) -> KeptDuty | None:
    if not days:
        return None
    parts = tuple({"start_ms": day.start_ms, "end_ms": day.end_ms} for day in days)
    return KeptDuty(
        name=", ".join(day.duty for day in days), kind=days[0].kind.value, start_ms=days[0].start_ms,
        end_ms=days[-1].end_ms, parts=parts if len(days) > 1 else (),
    )  # fmt: skip


def reason_body(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code.value, "params": reason.mapping, "article": reason.article}


def _half(part: PartVerdict | None, *, provisional: bool) -> KeptHalf | None:
    if part is None:
        return None
    return KeptHalf(
        status=part.status,
        class_code=part.class_code,
        minutes=part.minutes,
        percent=_plain(part.percent),
        grade=part.evidence.grade if part.evidence else None,
        excuse_code=part.excuse_code,
        tap=part.tap_ref,
        counted_ms=part.counted_ms,
        review=part.review.name.lower(),
        excuses=part.excuses,
        headline=reason_body(part.headline(provisional=provisional)),
    )


def _week(verdict: Verdict, dynamic: Dynamic | None) -> Week | None:
    if dynamic is None:
        return None
    return Week(
        minutes=dynamic.weekly_minutes, pause=dynamic.break_minutes, days=dynamic.week_days,
        between=worked_minutes(verdict, break_minutes=0),
    )  # fmt: skip


def _plain(percent: Decimal) -> str:
    """Equal numbers are equal texts."""
    return f"{percent.normalize():f}" if percent else "0"
