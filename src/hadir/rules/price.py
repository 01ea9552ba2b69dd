"""What a day costs: its halves, its ceremonies and the credited minutes that were not worked; or, without any tap, the
absence for the part that nothing covers. Never more than the same day without any tap (docs/rules.md, section 3).

Every share is one of the minutes owed on the whole day: of a split shift, those of all its parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from hadir.rules.clocks import MS_PER_MINUTE
from hadir.rules.policy import DayCap, Halves, Policy
from hadir.rules.reasons import Reason, ReasonCode, because, plain
from hadir.rules.reckoning import NOTHING, Covers, Reckoning
from hadir.rules.verdict import CeremonyVerdict, PartVerdict

NO_DEDUCTION = because(ReasonCode.NO_DEDUCTION)


class Price(NamedTuple):
    """What a day costs, and the sentences that say so."""

    percent: Decimal
    told: tuple[Reason, ...]


def priced(
    halves: tuple[PartVerdict, PartVerdict],
    covers: Covers | None,
    missed: Sequence[CeremonyVerdict],
    policy: Policy,
) -> Price:
    """Of a day on which something was recorded, before its cap. `covers`: what is credited of it."""
    credited = price_of(covers) if covers is not None else NOTHING
    total = of_halves(halves, policy) + credited
    if not total and not missed:
        return Price(NOTHING, (NO_DEDUCTION,))
    total += sum((one.percent for one in missed), NOTHING)
    parts = [f"{half.class_code} {half.percent:.2f}" for half in halves if half.percent]
    parts += [f"{one.code} {one.percent:.2f}" for one in missed]
    told = priced_told(covers) if covers is not None and credited else ()
    parts += [f"{covers.priced_codes} {credited:.2f}"] if covers is not None and credited else []
    added = policy.article("halves") if all(half.percent for half in halves) else None
    return Price(total, (*told, because(ReasonCode.DEDUCTION, added, parts=" + ".join(parts), percent=plain(total))))


def capped(price: Price, most: Decimal, policy: Policy) -> Price:
    """Never more than the same day without any tap, unless the regulation itself says otherwise."""
    if policy.day_cap is not DayCap.ABSENCE or price.percent <= most:
        return price
    return Price(most, (*price.told, because(ReasonCode.CAPPED, policy.article("day_cap"), percent=plain(most))))


def of_halves(halves: tuple[PartVerdict, PartVerdict], policy: Policy) -> Decimal:
    """What the two halves cost, by the article's own operator."""
    one, other = (half.percent for half in halves)
    if policy.halves is Halves.SUM:
        return one + other
    return max(one, other) if policy.halves is Halves.GREATER else min(one, other)


def is_whole_absence(reckoning: Reckoning) -> bool:
    """Whether a day without any tap is an absence and nothing else: nothing is credited, and it has no other part."""
    return not reckoning.day.beside_ms and not (reckoning.credits and reckoning.covers_nobody.pieces)


def without_tap(reckoning: Reckoning) -> Price:
    """What the day costs without any tap: the absence, for the part of it that nothing covers."""
    absent = reckoning.policy.absent
    if is_whole_absence(reckoning):
        told = because(ReasonCode.ABSENT, absent.article, code=absent.code, percent=plain(absent.percent))
        return Price(absent.percent, (told,))
    covers = reckoning.covers_nobody
    percent = _rounded((absent.percent * covers.open_ms + covers.priced()) / covers.whole_ms)
    if percent == NOTHING:
        return Price(NOTHING, (NO_DEDUCTION,))
    owed, uncovered = (span_ms // MS_PER_MINUTE for span_ms in (covers.whole_ms, covers.open_ms))
    told = because(
        ReasonCode.ABSENT_PART, absent.article, code=absent.code, minutes=uncovered, owed=owed, percent=plain(percent)
    )
    return Price(percent, (told, *priced_told(covers)))


def priced_told(covers: Covers) -> tuple[Reason, ...]:
    """Each piece of credited time that costs something and was not worked."""
    owed = covers.whole_ms // MS_PER_MINUTE
    return tuple(
        because(
            ReasonCode.CREDIT_PRICED,
            one.article,
            code=str(one.code),
            excuse=", ".join(one.refs),
            minutes=span_ms // MS_PER_MINUTE,
            owed=owed,
            percent=plain(one.percent),
        )
        for one, span_ms in covers.prices()
    )


def price_of(covers: Covers) -> Decimal:
    """What credited minutes cost that were not worked."""
    total = covers.priced()
    return _rounded(total / covers.whole_ms) if total else NOTHING


def _rounded(percent: Decimal) -> Decimal:
    return percent.quantize(Decimal("0.01"), ROUND_HALF_UP)
