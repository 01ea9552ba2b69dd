"""The day lines of months that were closed before a verdict had one encoding: read as they were signed, for ever.

    policy|code|status|percent|review|marks|arrival|departure|ceremonies missed
    permentan-68-2012|H|present|0.5|none||short,TL1,12,0.5,A,|on_time,,0,0,A,|

Of a dynamic week there is one part more: what the week asks, and how many minutes lay between arrival and departure.

    …|2250,60,5,540
"""

from __future__ import annotations

from hadir.office.months.kept_verdict import MonthHalf, MonthVerdict, MonthVersion, Week
from hadir.rules.evidence import Grade
from hadir.rules.verdict import DayStatus, PartStatus

_MANUAL, _FLEX = "m", "f"


def read_closed_line(line: str) -> MonthVerdict:
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
        manual=_MANUAL in marks,
        flex_used=_FLEX in marks,
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
