"""What is said of a day beside its halves and its price: ceremonies, and excuses that the other sentences leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from hadir.rules.duty import DutyDay
from hadir.rules.excuse import ExcusePeriod
from hadir.rules.half_said import period_told
from hadir.rules.policy import Policy
from hadir.rules.reasons import Reason, ReasonCode, because, plain
from hadir.rules.reckoning import Covers, Credit, Reckoning
from hadir.rules.spans import minus
from hadir.rules.verdict import CeremonyVerdict, DayStatus


def held_told(held: Iterable[tuple[CeremonyVerdict, Reason]], status: DayStatus) -> Iterator[Reason]:
    """What became of the ceremonies. Missing one costs nothing by itself on a day that was not worked."""
    for one, reason in held:
        if reason.code is ReasonCode.CEREMONY_MISSED and one.percent and status is not DayStatus.PRESENT:
            told = {name: value for name, value in reason.params if name != "percent"}
            yield because(ReasonCode.CEREMONY_MISSED_FREE, reason.article, **told)
        else:
            yield reason


def unsaid_of(
    reckoning: Reckoning,
    reasons: Iterable[Reason],
    status: DayStatus,
    percent: Decimal,
    percent_without: Callable[[Credit], Decimal],
) -> Iterator[Reason]:
    """Credited time that none of these reasons speaks of: that it covers its time, else by how much it lowers what
    the day costs, or that it does not. An outage that changes nothing is nobody's question.
    """
    said = {value for reason in reasons for name, value in reason.params if name == "excuse"}
    for one in reckoning.credits:
        told = period_told(one, reckoning.day)
        if told["excuse"] in said:
            continue
        code, named = ReasonCode.OUTAGE_LOWERS, told
        if one.code is not None:
            code, named = ReasonCode.EXCUSE_LOWERS, {**told, "code": one.code}
        if one.code is not None and status is DayStatus.EXCUSED:
            yield because(ReasonCode.EXCUSE_COVERS, one.article, **named)
        elif (less := percent_without(one) - percent) > 0:
            yield because(code, one.article, **named, percent=plain(less))
        elif one.code is not None:
            yield because(ReasonCode.EXCUSE_CHANGES_NOTHING, one.article, **named)


def reached_told(day: DutyDay, covers: Covers) -> Iterator[Reason]:
    """What covers more than its own minutes, because its reach is the half that it touches."""
    for one, spans in covers.pieces:
        if one.code is not None and minus(spans, (one.period,)):
            yield because(ReasonCode.DAY_REACHED, one.article, **period_told(one, day), code=one.code)


def worked_anyway(covers: Covers | None) -> tuple[Reason, ...]:
    """That somebody came though excuses covered the whole day."""
    main = covers.main() if covers is not None and covers.by_codes else None
    if main is None or main.code is None:
        return ()
    return (because(ReasonCode.DAY_WORKED_ANYWAY, main.article, code=main.code, excuse=", ".join(main.refs)),)


def unpaid_told(code: str, policy: Policy) -> tuple[Reason, ...]:
    """A day that earns no allowance costs its share of the month, and nothing by itself."""
    if code not in policy.month.unpaid:
        return ()
    return (because(ReasonCode.DAY_UNPAID, policy.article("unpaid"), code=code),)


def refused_of(refused: Sequence[ExcusePeriod], policy: Policy) -> tuple[Reason, ...]:
    """An excuse that the government does not have changes nothing, but is not passed over in silence."""
    known = sorted({(one.code, one.ref) for one in refused if one.code is not None})
    return tuple(
        because(ReasonCode.EXCUSE_REFUSED, policy.refused.get(code), code=code, excuse=ref) for code, ref in known
    )
