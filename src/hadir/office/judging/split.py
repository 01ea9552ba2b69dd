"""A split shift is one day: its parts are judged each by itself, and told together."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce

from msgspec.structs import replace

from hadir.rules.verdict import DayStatus, Identity, PartVerdict, Verdict

_STRONGEST = (
    DayStatus.UNDECIDED,
    DayStatus.NOT_YET,
    DayStatus.PRESENT,
    DayStatus.EXCUSED,
    DayStatus.ABSENT,
    DayStatus.OFF_DUTY,
)
"""What a day is called whose parts differ: undecided before all, absent only if no part was worked."""


def joined_verdict(parts: Sequence[Verdict]) -> Verdict:
    """The verdict of a day. Of several parts: what they cost together, and of arrivals and departures the dearest."""
    return reduce(_joined, parts)


def _joined(one: Verdict, other: Verdict) -> Verdict:
    first = min((one, other), key=lambda verdict: _STRONGEST.index(verdict.status))
    return replace(
        one,
        status=first.status,
        code=first.code,
        arrival=_dearest(one.arrival, other.arrival),
        departure=_dearest(one.departure, other.departure),
        deduction_percent=one.deduction_percent + other.deduction_percent,
        review=max(one.review, other.review),
        identity=max(one.identity, other.identity, key=list(Identity).index),
        suggest=one.suggest or other.suggest,
        taps=tuple(sorted((*one.taps, *other.taps), key=lambda tap: (tap.judged_ms, tap.ref))),
        reasons=(*one.reasons, *other.reasons),
        excuses=tuple(dict.fromkeys((*one.excuses, *other.excuses))),
        ceremonies=(*one.ceremonies, *other.ceremonies),
        flex_used=one.flex_used or other.flex_used,
    )


def _dearest(one: PartVerdict | None, other: PartVerdict | None) -> PartVerdict | None:
    """The half that costs more; of equal ones the earlier part's."""
    if one is None or other is None:
        return one or other
    return max((one, other), key=lambda half: (half.percent, half.percent == Decimal(0) and half.tap_ref is not None))
