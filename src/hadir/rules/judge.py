"""The judge: what one person-day amounts to, and why.

Read from the top: a day has two halves. For each half the judge asks, in this order,

1. Is there a tap that counts?           Then its minutes and class are read from the table.
2. Was it only the wrong button?         Then the half stays undecided and goes to the superior; nothing is deducted.
3. Is the day still running?             Then it is "not yet recorded", never more.
4. Otherwise there is no tap,            and the table's row for a missing tap applies.

Last, an excuse may lift a half, as far as it can explain it. What is uncertain never counts against the person without
a person deciding it. The function is pure and total: the same values give the same verdict, and all values give one.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hadir.rules.duty import DutyDay
from hadir.rules.evidence import WeighedTap
from hadir.rules.excuse import Excuse, joined
from hadir.rules.half import NOTHING, Bench
from hadir.rules.pairing import Pairing, pair
from hadir.rules.policy import Policy
from hadir.rules.reasons import Reason, ReasonCode, because
from hadir.rules.verdict import (
    DayStatus,
    Identity,
    ListedTap,
    PartStatus,
    PartVerdict,
    Review,
    Side,
    Suggestion,
    TapRole,
    Verdict,
)

FLAGS_OF_IDENTITY = frozenset({"unconfirmed", "unknown_key", "revoked_key"})
"""Flags of a tap whose key a person has yet to confirm. It counts meanwhile."""


def judge_day(  # noqa: PLR0913 - the six things a verdict depends on, each by name
    *,
    duty_day: DutyDay | None,
    taps: Sequence[WeighedTap],
    policy: Policy,
    excuses: Sequence[Excuse] = (),
    now_ms: int,
    month_closed: bool = False,
) -> Verdict:
    """The verdict on one person-day.

    `duty_day` is what was owed (None: a day off), `taps` all taps that may concern it in any order, `policy` the one in
    force on that date, `excuses` those approved, `now_ms` when the question is asked (UTC milliseconds).
    """
    if duty_day is None:
        return _day_off(taps, policy, month_closed=month_closed)
    pairing = pair(taps, duty_day, policy)
    bench = Bench(duty_day, policy, joined(excuses), over=now_ms >= duty_day.counts.until_ms)
    arrival = bench.judge(Side.ARRIVAL, pairing.arrival)
    departure = bench.judge(Side.DEPARTURE, pairing.departure)
    status = _status(arrival, departure)
    percent, cost = _cost(status, arrival, departure, policy)
    identity = _identity(pairing)
    return Verdict(
        status=status,
        arrival=arrival,
        departure=departure,
        deduction_percent=percent,
        provisional=not month_closed,
        review=max(arrival.review, departure.review),
        identity=identity,
        suggest=_suggestion(pairing),
        taps=pairing.listed(duty_day),
        reasons=(
            bench.owed(),
            *arrival.reasons,
            *departure.reasons,
            *_closing_reasons(cost, identity, month_closed=month_closed),
        ),
        version=policy.version,
    )


# --- the day as a whole ----------------------------------------------------------------------------------------------


def _status(arrival: PartVerdict, departure: PartVerdict) -> DayStatus:
    halves = {arrival.status, departure.status}
    if PartStatus.UNDECIDED in halves:
        return DayStatus.UNDECIDED
    if arrival.tap_ref is not None or departure.tap_ref is not None:
        return DayStatus.PRESENT
    if PartStatus.NOT_YET in halves:
        return DayStatus.NOT_YET
    return DayStatus.ABSENT if halves == {PartStatus.NO_PUNCH} else DayStatus.EXCUSED


def _cost(status: DayStatus, arrival: PartVerdict, departure: PartVerdict, policy: Policy) -> tuple[Decimal, Reason]:
    """What the day costs. A day without any tap never costs more than absence, however its halves add up."""
    absent = policy.absent
    if status is DayStatus.ABSENT:
        reason = because(ReasonCode.ABSENT, absent.article, code=absent.code, percent=plain(absent.percent))
        return absent.percent, reason
    total = arrival.percent + departure.percent
    if status is DayStatus.EXCUSED:
        total = min(total, absent.percent)
    if total == NOTHING:
        return NOTHING, because(ReasonCode.NO_DEDUCTION)
    parts = " + ".join(f"{half.class_code} {plain(half.percent)}" for half in (arrival, departure) if half.percent)
    return total, because(ReasonCode.DEDUCTION, parts=parts, percent=plain(total))


def _identity(pairing: Pairing) -> Identity:
    counted = (pairing.arrival.counted, pairing.departure.counted)
    awaits = any(tap is not None and FLAGS_OF_IDENTITY & set(tap.flags) for tap in counted)
    return Identity.AWAITS_CONFIRMATION if awaits else Identity.CONFIRMED


def _suggestion(pairing: Pairing) -> Suggestion | None:
    if pairing.arrival.counted is None and pairing.arrival.misplaced is not None:
        return Suggestion.RECORD_IN
    if pairing.departure.counted is None and pairing.departure.misplaced is not None:
        return Suggestion.RECORD_OUT
    return None


def _closing_reasons(cost: Reason, identity: Identity, *, month_closed: bool) -> tuple[Reason, ...]:
    awaits = (because(ReasonCode.IDENTITY_AWAITS),) if identity is Identity.AWAITS_CONFIRMATION else ()
    provisional = () if month_closed else (because(ReasonCode.PROVISIONAL),)
    return (*awaits, cost, *provisional)


def _day_off(taps: Sequence[WeighedTap], policy: Policy, *, month_closed: bool) -> Verdict:
    seen = sorted({(tap.judged_ms, tap.ref, tap.direction) for tap in taps})
    return Verdict(
        status=DayStatus.OFF_DUTY,
        arrival=None,
        departure=None,
        deduction_percent=NOTHING,
        provisional=not month_closed,
        review=Review.NONE,
        identity=Identity.CONFIRMED,
        suggest=None,
        taps=tuple(
            ListedTap(ref=ref, direction=direction, judged_ms=judged_ms, role=TapRole.OUTSIDE_WINDOW)
            for judged_ms, ref, direction in seen
        ),
        reasons=(because(ReasonCode.DUTY_OFF),),
        version=policy.version,
    )


def plain(percent: Decimal) -> str:
    """`2`, `0.5`: a percentage without trailing zeros."""
    return f"{percent.normalize():f}"
