"""A split shift is one day: its parts are judged each by itself, and told together.

What its parts cost is added; a part without any tap costs its share, by owed minutes, of the absence that a whole day
would be, and the day never more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce

from msgspec.structs import replace

from hadir.rules.basis import with_basis
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import WeighedTap
from hadir.rules.plan import day_of_tap
from hadir.rules.policy import DayCap, Policy
from hadir.rules.verdict import DayStatus, Identity, PartStatus, PartVerdict, Verdict

_STRONGEST = (
    DayStatus.UNDECIDED,
    DayStatus.NOT_YET,
    DayStatus.PRESENT,
    DayStatus.EXCUSED,
    DayStatus.ABSENT,
    DayStatus.OFF_DUTY,
)
"""What a day is called whose parts differ: undecided before all, absent only if no part was worked."""
_OPEN = frozenset({PartStatus.UNDECIDED, PartStatus.NOT_YET})


def parts_of(days: Sequence[DutyDay], taps: Sequence[WeighedTap]) -> list[tuple[DutyDay | None, list[WeighedTap]]]:
    """The parts of a day with the taps that belong to each; one part with all of them, unless the shift is split."""
    if len(days) < 2:
        return [(next(iter(days), None), list(taps))]
    owners = {tap.ref: day_of_tap(tap, days) or days[0] for tap in taps}
    return [(day, [tap for tap in taps if owners[tap.ref] is day]) for day in days]


def joined_verdict(parts: Sequence[Verdict], days: Sequence[DutyDay], policy: Policy) -> Verdict:
    """The verdict of a day. Of several parts: what they cost together, and of arrivals and departures the dearest."""
    if len(parts) < 2:
        return parts[0]
    lengths = [day.end_ms - day.start_ms for day in days]
    absent_ms = sum(span for span, part in zip(lengths, parts, strict=True) if part.status is DayStatus.ABSENT)
    percent = (policy.absent.percent * absent_ms / sum(lengths)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    percent += sum((one.deduction_percent for one in parts if one.status is not DayStatus.ABSENT), Decimal(0))
    if policy.day_cap is DayCap.ABSENCE:
        percent = min(percent, policy.absent.percent)
    joined = reduce(_joined, parts)
    return replace(joined, deduction_percent=percent, reasons=with_basis(joined.reasons, policy))


def _joined(one: Verdict, other: Verdict) -> Verdict:
    first = min((one, other), key=lambda verdict: _STRONGEST.index(verdict.status))
    return replace(
        one,
        status=first.status,
        code=first.code,
        arrival=_dearest(one.arrival, other.arrival),
        departure=_dearest(one.departure, other.departure),
        review=max(one.review, other.review),
        identity=max(one.identity, other.identity, key=list(Identity).index),
        suggest=one.suggest or other.suggest,
        taps=tuple(sorted((*one.taps, *other.taps), key=lambda tap: (tap.judged_ms, tap.ref))),
        reasons=(*(told for told in one.reasons if told not in other.reasons), *other.reasons),
        excuses=tuple(dict.fromkeys((*one.excuses, *other.excuses))),
        ceremonies=(*one.ceremonies, *other.ceremonies),
        flex_used=one.flex_used or other.flex_used,
    )


def _dearest(one: PartVerdict | None, other: PartVerdict | None) -> PartVerdict | None:
    """The half that costs more; of equal ones what is not decided, then one with a tap, then the earlier part's."""
    if one is None or other is None:
        return one or other
    return max((one, other), key=lambda half: (half.percent, half.status in _OPEN, half.tap_ref is not None))
