"""What a day costs: its halves, its ceremonies and the credited minutes that were not worked; or, without any tap, the
absence for the part that nothing covers. Never more than the same day without any tap (docs/rules.md, section 3).

Every share is one of the minutes owed on the whole day: of a split shift, those of all its parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from hadir.rules.clocks import MS_PER_MINUTE
from hadir.rules.policy import DayCap, Halves, Policy
from hadir.rules.reasons import Param, Reason, ReasonCode, because, plain
from hadir.rules.reckoning import NOTHING, Covers, Reckoning
from hadir.rules.verdict import CeremonyVerdict, PartVerdict

NO_DEDUCTION = because(ReasonCode.NO_DEDUCTION)
_MOST_PLACES = 9


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
    counted = counted_halves(halves, policy)
    total = sum((half.percent for half in counted), credited) + sum((one.percent for one in missed), NOTHING)
    if not total:
        return Price(NOTHING, (NO_DEDUCTION,))
    parts = [(str(half.class_code), _amount(half.percent)) for half in counted]
    parts += [(one.code, _amount(one.percent)) for one in missed]
    shares = _shares(covers) if covers is not None and credited else []
    amounts = amounts_of([share.exact for share in shares], credited)
    parts += [(share.code, amount) for share, amount in zip(shares, amounts, strict=True)]
    added = policy.article("halves") if all(half.percent for half in halves) else None
    return Price(total, (*_shares_told(shares, amounts), _total(parts, total, added)))


def _total(parts: Iterable[tuple[str, str]], total: Decimal, article: str | None = None) -> Reason:
    listed = " + ".join(f"{code} {amount}" for code, amount in parts)
    return because(ReasonCode.DEDUCTION, article, parts=listed, percent=plain(total))


def capped(price: Price, most: Decimal, policy: Policy) -> Price:
    """Never more than the same day without any tap, unless the regulation itself says otherwise."""
    if policy.day_cap is not DayCap.ABSENCE or price.percent <= most:
        return price
    return Price(most, (*price.told, because(ReasonCode.CAPPED, policy.article("day_cap"), percent=plain(most))))


def of_halves(halves: tuple[PartVerdict, PartVerdict], policy: Policy) -> Decimal:
    """What the two halves cost, by the article's own operator."""
    return sum((half.percent for half in counted_halves(halves, policy)), NOTHING)


def counted_halves(halves: tuple[PartVerdict, PartVerdict], policy: Policy) -> list[PartVerdict]:
    """The halves that cost something and count: both, or the dearer or cheaper of the two."""
    if policy.halves is not Halves.SUM:
        chosen = max if policy.halves is Halves.GREATER else min
        return [half for half in (chosen(halves, key=_percent),) if half.percent]
    return [half for half in halves if half.percent]


def _percent(half: PartVerdict) -> Decimal:
    return half.percent


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
    shares = _shares(covers)
    if covers.open_ms:
        shares.insert(0, _Share(absent.code, absent.article, None, absent.percent, covers.open_ms, covers.whole_ms))
    amounts = amounts_of([share.exact for share in shares], percent)
    parts = [(share.code, amount) for share, amount in zip(shares, amounts, strict=True)]
    return Price(percent, (*_shares_told(shares, amounts), _total(parts, percent)))


class _Share(NamedTuple):
    """A part of the day that costs its share of what a whole day would. `excuse` None: it is the absence's."""

    code: str
    article: str
    excuse: str | None
    percent: Decimal
    span_ms: int
    whole_ms: int

    @property
    def exact(self) -> Decimal:
        return self.percent * self.span_ms / self.whole_ms


def _shares(covers: Covers) -> list[_Share]:
    """Each piece of credited time that costs something and was not worked."""
    return [
        _Share(str(one.code), one.article, ", ".join(one.refs), one.percent, span_ms, covers.whole_ms)
        for one, span_ms in covers.prices()
    ]


def priced_told(covers: Covers, percent: Decimal) -> tuple[Reason, ...]:
    """What credited time costs, piece by piece: together `percent`."""
    shares = _shares(covers)
    return _shares_told(shares, amounts_of([share.exact for share in shares], percent))


def _shares_told(shares: Iterable[_Share], amounts: Iterable[str]) -> tuple[Reason, ...]:
    return tuple(_share_told(share, amount) for share, amount in zip(shares, amounts, strict=True))


def _share_told(share: _Share, amount: str) -> Reason:
    told: dict[str, Param] = {
        "code": share.code,
        "minutes": _minutes(share.span_ms),
        "owed": _minutes(share.whole_ms),
        "percent": plain(share.percent),
        "amount": amount,
    }
    if share.excuse is None:
        return because(ReasonCode.ABSENT_SHARE, share.article, **told)
    return because(ReasonCode.CREDIT_SHARE, share.article, **told, excuse=share.excuse)


def amounts_of(exact: Sequence[Decimal], total: Decimal) -> list[str]:
    """Amounts as they are printed: to the hundredth, and to more places where only so they add up to the total, which
    is rounded once.
    """
    for places in range(2, _MOST_PLACES):
        amounts = [one.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) for one in exact]
        if _rounded(sum(amounts, NOTHING)) == total:
            break
    return [f"{one:f}" for one in amounts]


def _amount(percent: Decimal) -> str:
    return f"{percent:.2f}" if percent == _rounded(percent) else plain(percent)


def _minutes(span_ms: int) -> int | str:
    """`240`; with seconds `240.5`, for they are paid for too."""
    whole, rest = divmod(span_ms, MS_PER_MINUTE)
    return plain(_rounded(Decimal(span_ms) / MS_PER_MINUTE)) if rest else whole


def price_of(covers: Covers) -> Decimal:
    """What credited minutes cost that were not worked."""
    total = covers.priced()
    return _rounded(total / covers.whole_ms) if total else NOTHING


def _rounded(percent: Decimal) -> Decimal:
    return percent.quantize(Decimal("0.01"), ROUND_HALF_UP)
