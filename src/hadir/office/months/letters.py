"""What is shown of a day, on every page and paper alike: its letters, what it costs, and what the letters mean.

`shown_day` is one function of a verdict, whether it was judged just now or is read back from the line that the month
keeps of it. The calendar, the recap, the person's sheet, the day's page, the workbook and the PDF ask nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hadir.office.ground.laws import EXCUSE_KIND
from hadir.office.months.models import Letters
from hadir.rules.policy import Policy
from hadir.rules.verdict import Attendance, DayStatus, PartStatus, PartVerdict, Verdict
from hadir.texts import catalogue


def current_letters() -> dict[str, str]:
    """{code: letter}, only for those that differ."""
    newest = Letters.objects.order_by("-pk").values_list("letters", flat=True).first()
    return dict(newest or {})


def printed(code: str, letters: Mapping[str, str]) -> str:
    return letters.get(code, code)


_NAMED = ("present", "remote", "outage", "free", "night_before", "undecided", "not_yet")


def meanings_of(policies: Iterable[Policy]) -> dict[str, str]:
    """Code -> the code of its text. Codes that nobody names are left out: they stand alone."""
    found: dict[str, str] = {}
    for policy in policies:
        for name in _NAMED:
            found.setdefault(policy.codes[name], f"months.code.{name}")
        found.setdefault(policy.absent.code, "months.code.absent")
        for code, rule in policy.excuses.items():
            # The name of the office's kind with that code, or of the policies' own.
            named = [text for text in (f"excuse.kind.{code}", f"law.word.{code}") if text in catalogue()]
            if named or rule.name:
                found.setdefault(code, [*named, f"{EXCUSE_KIND}{code}"][0])
        for code in policy.ceremonies:
            found.setdefault(code, "months.code.ceremony")
        for classes, name in ((policy.arrival.classes, "late"), (policy.departure.classes, "early")):
            for row in classes:
                found.setdefault(row.code, f"months.code.{name}")
    return found


def legend_of(letters: Iterable[str], meanings: Mapping[str, str], printed: Mapping[str, str]) -> list[tuple[str, str]]:
    """(letter as it is printed, code of its text) of those that occur."""
    return [(printed.get(code, code), meanings[code]) for code in dict.fromkeys(letters) if code in meanings]


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
        class_percent=sum((half.percent for half in halves if _is_for_minutes(half)), Decimal(0)),
    )


def _is_for_minutes(half: PartVerdict) -> bool:
    return half.status is PartStatus.SHORT and half.class_code is not None
