"""What is shown of a day, on every page and paper alike: its letters, and what it costs.

One function of a verdict, whether it was judged just now or is read back from the line that the month keeps of it. The
calendar, the recap, the person's sheet, the day's page, the workbook and the PDF ask nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hadir.rules.verdict import Attendance, DayStatus, PartStatus, PartVerdict, Verdict

_IN_PARTS = frozenset({DayStatus.PRESENT, DayStatus.UNDECIDED})
"""Days that are told by their halves; of all others the letter of the day says everything."""
_WITH_CEREMONIES = frozenset({DayStatus.PRESENT, DayStatus.OFF_DUTY})
_MISSING = frozenset({PartStatus.SHORT, PartStatus.NO_PUNCH})


@dataclass(frozen=True, slots=True)
class ShownDay:
    """`letters`: the classes of what is missing, where something is, else the letter of the day.

    `percent`: what the day costs. `class_percent`: what of it is for minutes late or early, which some governments
    count over the whole month instead.
    """

    letters: tuple[str, ...]
    percent: Decimal
    class_percent: Decimal


def shown_day(verdict: Verdict) -> ShownDay:
    halves = [half for half in (verdict.arrival, verdict.departure) if half is not None]
    found: list[str] = []
    if verdict.status in _IN_PARTS:
        found += [half.class_code for half in halves if half.status in _MISSING and half.class_code]
    if verdict.status in _WITH_CEREMONIES:
        found += [one.code for one in verdict.ceremonies if one.attendance is Attendance.MISSED]
    if verdict.status is DayStatus.UNDECIDED or not found:
        found.append(verdict.code)
    return ShownDay(
        letters=tuple(dict.fromkeys(letter for letter in found if letter)),
        percent=verdict.deduction_percent,
        class_percent=sum((_for_minutes(half) for half in halves), Decimal(0)),
    )


def _for_minutes(half: PartVerdict) -> Decimal:
    return half.percent if half.status is PartStatus.SHORT and half.class_code is not None else Decimal(0)
