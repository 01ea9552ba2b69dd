"""Which verdict holds where an edition of the rules says something else than what was stored before it began.

1. While two people have not accepted the edition: the older one. Once they have: the new one, unless it is dearer. A
   month that was closed before keeps the older one.
2. Something came that changes what the edition says: it says the day with it. Where that makes the day no dearer, the
   day never costs more than it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hadir.office.ground.rows import listed
from hadir.office.months.lines import graded, is_same, month_verdict
from hadir.office.months.models import Closing, ClosingState, OlderVerdict, PriceChange
from hadir.rules.evidence import Grade
from hadir.rules.policy import PolicyVersion
from hadir.rules.reasons import Reason, ReasonCode
from hadir.rules.verdict import (
    Attendance,
    CeremonyVerdict,
    DayStatus,
    Identity,
    ListedTap,
    PartStatus,
    PartVerdict,
    Review,
    Side,
    Verdict,
)

Key = tuple[int, date]
_KNOWN_REASONS = frozenset(one.value for one in ReasonCode)


@dataclass(frozen=True, slots=True)
class Older:
    """An older verdict, and whether its edition was accepted while its month was open."""

    row: OlderVerdict
    is_accepted: bool

    def holds_against(self, line: str) -> bool:
        """Whether it holds, and not what the edition says by everything known now."""
        if is_same(line, self.row.line):
            return False  # only the reasons differ: those of now are told
        if is_same(line, self.row.said):
            return not self.is_accepted or is_dearer(line, self.row.line)
        return not is_dearer(line, self.row.said) and is_dearer(line, self.row.line)


def is_dearer(line: str, other: str) -> bool:
    """Whether a day of that line takes more than one of the other: percent, then a day of PP 94, then minutes."""
    return _price(line) > _price(other)


def _price(line: str) -> tuple[Decimal, bool, int]:
    month = month_verdict(line)
    halves = [half for half in (month.arrival, month.departure) if half is not None]
    return Decimal(month.deduction_percent), month.status is DayStatus.ABSENT, sum(half.minutes for half in halves)


def price_change(line: str, said: str) -> PriceChange:
    """What an edition that says `said` makes of a day of that line."""
    if is_same(line, said):
        return PriceChange.NONE
    if _price(said) == _price(line):
        return PriceChange.EQUAL
    return PriceChange.DEARER if is_dearer(said, line) else PriceChange.MILDER


def older_verdicts(days: Sequence[Key], known_at_ms: int | None = None) -> dict[Key, Older]:
    """Of those of these person-days that have one. One query where none has."""
    wanted = set(days)
    near = OlderVerdict.objects.filter(
        person__in=listed({person for person, _ in wanted}), day__in={day for _, day in wanted}
    )
    rows = [row for row in near.select_related("edition") if (row.person, row.day) in wanted]
    accepted = _accepted(rows, known_at_ms) if rows else frozenset()
    return {(row.person, row.day): Older(row, row.pk in accepted) for row in rows}


def _accepted(rows: Sequence[OlderVerdict], known_at_ms: int | None) -> frozenset[int]:
    at = {row.pk: row.edition.accepted_at_ms for row in rows if row.edition.accepted_at_ms is not None}
    if known_at_ms is not None:
        at = {pk: at_ms for pk, at_ms in at.items() if at_ms <= known_at_ms}
    closed = closed_at(row for row in rows if row.pk in at)
    return frozenset(row.pk for row in rows if row.pk in at and closed.get(_month(row), at[row.pk]) >= at[row.pk])


def closed_at(rows: Iterable[OlderVerdict]) -> Mapping[tuple[int, date], int]:
    """(unit, first day of the month) -> when it was closed, of the months of these that are. One query."""
    months = {_month(row) for row in rows}
    if not months:
        return {}
    closings = Closing.objects.filter(
        unit__in=listed({unit for unit, _ in months}), first__in={first for _, first in months},
        state=ClosingState.CLOSED,
    )  # fmt: skip
    return {(one.unit_id, one.first): one.closed_at_ms for one in closings}


def _month(row: OlderVerdict) -> tuple[int, date]:
    return row.unit, row.day.replace(day=1)


# --- a stored verdict read back --------------------------------------------------------------------------------------


def stored_verdict(body: Mapping[str, Any], taps: tuple[ListedTap, ...]) -> Verdict:
    """The verdict that was stored, by whatever release. `taps` are those of the day as they are known now.

    A reason for which no sentence is left in this release is left out.
    """
    version = body["version"]
    return Verdict(
        status=DayStatus(body["status"]),
        arrival=_half(Side.ARRIVAL, body["arrival"]),
        departure=_half(Side.DEPARTURE, body["departure"]),
        deduction_percent=Decimal(body["deduction_percent"]),
        provisional=body["provisional"],
        review=Review[body["review"].upper()],
        identity=Identity(body["identity"]),
        suggest=None,
        taps=taps,
        reasons=tuple(map(_reason, _said(body["reasons"]))),
        version=PolicyVersion(name=version["policy"], sha256=version["sha256"], rules=version["rules"]),
        code=body["code"],
        excuses=tuple(body["excuses"]),
        ceremonies=tuple(map(_ceremony, body["ceremonies"])),
        flex_used=body["flex_used"],
    )


def _half(side: Side, half: Mapping[str, Any] | None) -> PartVerdict | None:
    if half is None:
        return None
    return PartVerdict(
        side=side,
        status=PartStatus(half["status"]),
        class_code=half["class"],
        minutes=half["minutes"],
        percent=Decimal(half["percent"]),
        tap_ref=half["tap"],
        counted_ms=half["counted_ms"],
        evidence=graded(Grade(half["grade"])) if half["grade"] else None,
        review=Review[half["review"].upper()],
        excuses=tuple(half["excuses"]),
        reasons=(),
        excuse_code=half["excuse_code"],
    )


def _said(reasons: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    return (one for one in reasons if one["code"] in _KNOWN_REASONS)


def _reason(said: Mapping[str, Any]) -> Reason:
    return Reason(ReasonCode(said["code"]), tuple(sorted(said["params"].items())), said["article"])


def _ceremony(said: Mapping[str, Any]) -> CeremonyVerdict:
    return CeremonyVerdict(
        name=said["name"],
        code=said["code"],
        attendance=Attendance(said["attendance"]),
        percent=Decimal(said["percent"]),
    )
