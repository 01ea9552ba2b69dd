"""A split shift is one day: its parts are judged each by itself, and told together.

Each part knows what is owed beside it (`DutyDay.beside_ms`): its absence, its price and its cap are shares of the whole
day's. So what the parts cost is added, and that is all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import reduce

from msgspec.structs import replace

from hadir.rules.basis import with_basis
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import WeighedTap
from hadir.rules.plan import day_of_tap
from hadir.rules.policy import Policy
from hadir.rules.price import NO_DEDUCTION, Price, capped
from hadir.rules.reasons import Reason, ReasonCode, because, plain
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


_OF_PARTS = (ReasonCode.ABSENT_SHARE, ReasonCode.DEDUCTION)
"""What each part says of its share of an absence."""


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
    price = _price(parts, policy)
    order = sorted(zip(parts, days, strict=True), key=lambda pair: (_rank(pair[0]), -pair[1].hours.length_ms))
    return replace(
        reduce(_joined, parts),
        status=order[0][0].status,
        code=order[0][0].code,
        deduction_percent=price.percent,
        reasons=with_basis(_told(parts, price), policy),
    )


def _price(parts: Sequence[Verdict], policy: Policy) -> Price:
    """The sum; and that it is one, where several parts cost something."""
    absent = policy.absent
    if all(map(_is_absence, parts)):
        whole = because(ReasonCode.ABSENT, absent.article, code=absent.code, percent=plain(absent.percent))
        return Price(absent.percent, (whole,))  # Whatever the rounding of its parts.
    costs = [one.deduction_percent for one in parts if one.deduction_percent]
    total = sum(costs, Decimal(0))
    added = because(
        ReasonCode.DEDUCTION_TOGETHER, parts=" + ".join(f"{one:.2f}" for one in costs), percent=plain(total)
    )
    told = (added,) if len(costs) > 1 else () if costs else (NO_DEDUCTION,)
    return capped(Price(total, told), absent.percent, policy)


def _told(parts: Sequence[Verdict], price: Price) -> Iterator[Reason]:
    """What is said of each part, once; what they cost together; and what holds of the day. That credited time changes
    nothing of one part is not said where it does of another.
    """
    said = dict.fromkeys(reason for one in parts for reason in one.reasons)
    counted = {_excuse(one) for one in said if one.code is not ReasonCode.EXCUSE_CHANGES_NOTHING}
    provisional = [one for one in said if one.code is ReasonCode.PROVISIONAL]
    is_absence = any(one.code is ReasonCode.ABSENT for one in price.told)
    left_out = {ReasonCode.PROVISIONAL, ReasonCode.NO_DEDUCTION, *(_OF_PARTS if is_absence else ())}
    for one in said:
        idle = one.code is ReasonCode.EXCUSE_CHANGES_NOTHING and _excuse(one) in counted
        if one.code not in left_out and not idle:
            yield one
    yield from (*price.told, *provisional)


def _excuse(reason: Reason) -> object:
    return dict(reason.params).get("excuse")


def _is_absence(part: Verdict) -> bool:
    """Whether a part costs its share of an absence, and not what its halves do."""
    return part.status is DayStatus.ABSENT and any(one.code is ReasonCode.ABSENT_SHARE for one in part.reasons)


def _rank(part: Verdict) -> int:
    return _STRONGEST.index(part.status)


def _joined(one: Verdict, other: Verdict) -> Verdict:
    return replace(
        one,
        arrival=_dearest(one.arrival, other.arrival),
        departure=_dearest(one.departure, other.departure),
        review=max(one.review, other.review),
        identity=max(one.identity, other.identity, key=list(Identity).index),
        suggest=one.suggest or other.suggest,
        taps=tuple(sorted((*one.taps, *other.taps), key=lambda tap: (tap.judged_ms, tap.ref))),
        excuses=tuple(dict.fromkeys((*one.excuses, *other.excuses))),
        ceremonies=(*one.ceremonies, *other.ceremonies),
        flex_used=one.flex_used or other.flex_used,
    )


def _dearest(one: PartVerdict | None, other: PartVerdict | None) -> PartVerdict | None:
    """The half that costs more; of equal ones what is not decided, then one with a tap, then the earlier part's."""
    if one is None or other is None:
        return one or other
    return max((one, other), key=lambda half: (half.percent, half.status in _OPEN, half.tap_ref is not None))
