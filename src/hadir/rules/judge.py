"""The judge: what one person-day amounts to, and why.

Read from the top: a day has two halves. For each half the judge asks, in this order,

1. Is there a tap that counts?           Then its minutes and class are read from the table.
2. Was it only the wrong button?         Then the half stays undecided and goes to the superior; nothing is deducted.
3. Is the day still running?             Then it is "not yet recorded", never more.
4. Otherwise there is no tap,            and the table's row for a missing tap applies.

Before the last stands one more where a source is dark: who has no other source is undecided, not missing. And where
a record of the day is not proven to be the person's, whatever would count against the person is undecided.

Then an excuse may lift a half, as far as it can explain it, or the whole day. Ceremonies come on top. What is
uncertain never counts against the person without a person deciding it. The function is pure and total: the same values
give the same verdict, and all values give one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from hadir.rules.ceremony import Ceremony, RollCall
from hadir.rules.clocks import Period
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import WeighedTap
from hadir.rules.excuse import ExcusePeriod, by_reach
from hadir.rules.flex import moved_hours
from hadir.rules.half import NOTHING, DarkSource, HalfJudge, plain
from hadir.rules.pairing import Pairing, pair
from hadir.rules.policy import Policy
from hadir.rules.reasons import Reason, ReasonCode, because
from hadir.rules.verdict import (
    CeremonyVerdict,
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

_ALWAYS = Period(0, 2**62)
_REVOKED = "revoked_key"
_FLAGS_OF_IDENTITY = frozenset({"unconfirmed", "unknown_key", _REVOKED})
"""Flags of a tap whose key a person has yet to look at. It counts meanwhile."""
_IDENTITY_REASONS = {
    Identity.AWAITS_CONFIRMATION: ReasonCode.IDENTITY_AWAITS,
    Identity.REVOKED_KEY: ReasonCode.IDENTITY_REVOKED,
}


class OffDuty(Struct, frozen=True):
    """Why nothing was owed, and the letter of the month's recap for it.

    `date` and `zone` are the work place's: a ceremony may be owed there all the same. None: nobody expects the person
    anywhere (no assignment, not yet obliged).
    """

    reason: Reason
    code: str
    date: date | None = None
    zone: str = ""


def judge_day(  # noqa: PLR0913 - the things a verdict depends on, each by name
    *,
    duty_day: DutyDay | None,
    taps: Sequence[WeighedTap],
    policy: Policy,
    excuses: Sequence[ExcusePeriod] = (),
    now_ms: int,
    month_closed: bool = False,
    off: OffDuty | None = None,
    ceremonies: Sequence[Ceremony] = (),
    dark: Sequence[DarkSource] = (),
    flex_times: int = 0,
    doubted: Collection[Side] = (),
) -> Verdict:
    """The verdict on one person-day.

    `duty_day` is what was owed (None: nothing, and `off` says why), `taps` all taps that may concern it in any order,
    `policy` the one in force on that date, `excuses` those approved, `now_ms` when the question is asked (UTC
    milliseconds). `ceremonies` are those that the person owes, `dark` the sources that have not reported where he has
    no other, `flex_times` how often flexible time was used in the month before this day, `doubted` the halves of which
    there are records that nobody can prove to be the person's.
    """
    if duty_day is None:
        why = off or OffDuty(because(ReasonCode.DUTY_OFF), policy.codes["free"])
        call = RollCall(why.date or now_ms, why.zone, policy, tuple(taps), tuple(excuses), now_ms, tuple(dark))
        owed = [one for one in ceremonies if one.on_day_off] if why.date else ()
        return _day_off(why, call, owed, month_closed=month_closed)
    refused = [one for one in excuses if one.code in policy.refused]
    excuses = [one for one in excuses if one not in refused]
    pairing = pair(taps, duty_day, policy)
    half_judge = HalfJudge(
        duty_day,
        policy,
        by_reach([one for one in excuses if not _is_whole(one, duty_day, policy)], policy.excuses),
        over=now_ms >= duty_day.counts.until_ms,
        dark=tuple(sorted(dark, key=lambda one: (one.ref, one.period, one.due or date.max))),
        doubted=frozenset(doubted),
    )
    worked = _worked(half_judge, pairing, flex_times=flex_times)
    call = RollCall(duty_day.date, duty_day.zone, policy, pairing.taps, tuple(excuses), now_ms, _hidden(half_judge))
    day = _with_ceremonies(worked, call.of(ceremonies))
    day = _under_excuse(_told(day, refused, policy), excuses, half_judge)
    return _closed(day, half_judge, pairing, month_closed=month_closed)


def _hidden(half_judge: HalfJudge) -> tuple[DarkSource, ...]:
    """What may hide an attendance at a ceremony: a record that is not proven may be any."""
    return (*half_judge.dark, DarkSource("", _ALWAYS)) if half_judge.doubted else half_judge.dark


# --- the day as it was worked ----------------------------------------------------------------------------------------


class _Day(Struct, frozen=True, kw_only=True):
    """A day on its way to a verdict: what is settled so far, and the reasons in order."""

    status: DayStatus
    arrival: PartVerdict
    departure: PartVerdict
    percent: Decimal
    code: str
    reasons: tuple[Reason, ...]
    cost: Reason
    flex_used: bool
    excuses: tuple[str, ...] = ()
    ceremonies: tuple[CeremonyVerdict, ...] = ()


def _worked(half_judge: HalfJudge, pairing: Pairing, *, flex_times: int) -> _Day:
    """Both halves by the table. The departure is held against an end that flexible time may have moved."""
    moved = moved_hours(half_judge, pairing, flex_times=flex_times)
    arrival = half_judge.of(moved.for_arrival).judge(Side.ARRIVAL, pairing.arrival)
    end_day = half_judge.duty_day if arrival.status is PartStatus.EXCUSED else moved.for_departure
    departure = half_judge.of(end_day).judge(Side.DEPARTURE, pairing.departure)
    policy = half_judge.policy
    status = _status(arrival, departure)
    percent, cost = _cost(status, arrival, departure, policy)
    return _Day(
        status=status,
        arrival=arrival,
        departure=departure,
        percent=percent,
        code=_code(status, half_judge),
        reasons=(
            half_judge.owed(),
            *half_judge.duty_day.basis,
            *pairing.notes,
            *arrival.reasons,
            *moved.reasons,
            *departure.reasons,
        ),
        cost=cost,
        flex_used=moved.used,
    )


def _code(status: DayStatus, half_judge: HalfJudge) -> str:
    """The letter of the month's recap."""
    codes = half_judge.policy.codes
    return {
        DayStatus.PRESENT: half_judge.duty_day.code or codes["present"],
        DayStatus.NOT_YET: codes["not_yet"],
        DayStatus.UNDECIDED: codes["undecided"],
        DayStatus.EXCUSED: codes["outage"],
        DayStatus.ABSENT: half_judge.policy.absent.code,
        DayStatus.OFF_DUTY: codes["free"],
    }[status]


def _with_ceremonies(day: _Day, held: tuple[tuple[CeremonyVerdict, Reason], ...]) -> _Day:
    """Missed ceremonies cost on top of a day that was worked; an absence costs what an absence costs."""
    if not held:
        return day
    verdicts, reasons = zip(*held, strict=True)
    missed = [one for one in verdicts if one.percent]
    day = replace(day, ceremonies=verdicts, reasons=(*day.reasons, *reasons))
    if day.status is not DayStatus.PRESENT or not missed:
        return day
    total = day.percent + sum((one.percent for one in missed), NOTHING)
    parts = [*_parts(day.arrival, day.departure), *(f"{one.code} {plain(one.percent)}" for one in missed)]
    return replace(
        day, percent=total, cost=because(ReasonCode.DEDUCTION, parts=" + ".join(parts), percent=plain(total))
    )


def _told(day: _Day, refused: Sequence[ExcusePeriod], policy: Policy) -> _Day:
    """An excuse that the government does not have changes nothing, but is not passed over in silence."""
    known = sorted({(one.code, one.ref) for one in refused if one.code is not None})
    told = (because(ReasonCode.EXCUSE_REFUSED, policy.refused[code], code=code, excuse=ref) for code, ref in known)
    return replace(day, reasons=(*day.reasons, *told)) if known else day


# --- the day under an excuse -----------------------------------------------------------------------------------------


def _under_excuse(day: _Day, excuses: Sequence[ExcusePeriod], half_judge: HalfJudge) -> _Day:
    """An excuse over all of the hours excuses the day, unless the day was worked and costs less as it was worked."""
    whole = [
        (half_judge.policy.excuses[code].percent(excuse.day_number), code, excuse.ref)
        for excuse in excuses
        if (code := excuse.code) is not None and _is_whole(excuse, half_judge.duty_day, half_judge.policy)
    ]
    if not whole:
        return day
    percent, code, ref = min(whole)
    if day.status is DayStatus.PRESENT and day.percent < percent:
        return replace(day, reasons=(*day.reasons, because(ReasonCode.DAY_WORKED_ANYWAY, code=code, excuse=ref)))
    percent = min(percent, day.percent)
    article = half_judge.policy.excuses[code].article
    return replace(
        day,
        status=DayStatus.EXCUSED,
        arrival=_settled(day.arrival, code, ref),
        departure=_settled(day.departure, code, ref),
        percent=percent,
        code=code,
        excuses=(ref,),
        reasons=(half_judge.owed(), *half_judge.duty_day.basis),
        cost=because(ReasonCode.DAY_EXCUSED, article, code=code, excuse=ref, percent=plain(percent)),
        flex_used=False,
        ceremonies=tuple(replace(one, percent=NOTHING) for one in day.ceremonies),
    )


def _is_whole(excuse: ExcusePeriod, duty_day: DutyDay, policy: Policy) -> bool:
    """Whether it is an excuse for the day, which has a price, and not for a part of it. An outage never is."""
    covers = excuse.period.from_ms <= duty_day.start_ms and duty_day.end_ms <= excuse.period.until_ms
    return covers and excuse.code in policy.excuses


def _settled(part: PartVerdict, code: str, ref: str) -> PartVerdict:
    return replace(
        part,
        status=PartStatus.EXCUSED,
        class_code=None,
        minutes=0,
        percent=NOTHING,
        review=Review.NONE,
        excuses=(ref,),
        excuse_code=code,
        reasons=(),
    )


def _closed(day: _Day, half_judge: HalfJudge, pairing: Pairing, *, month_closed: bool) -> Verdict:
    identities = _identities(pairing)
    return Verdict(
        status=day.status,
        arrival=day.arrival,
        departure=day.departure,
        deduction_percent=day.percent,
        provisional=not month_closed,
        review=max(day.arrival.review, day.departure.review),
        identity=identities[-1] if identities else Identity.CONFIRMED,
        suggest=None if day.status is DayStatus.EXCUSED else _suggestion(pairing),
        taps=pairing.listed(half_judge.duty_day),
        reasons=(*day.reasons, *_closing_reasons(day.cost, identities, month_closed=month_closed)),
        version=half_judge.policy.version,
        code=day.code,
        excuses=day.excuses or tuple(dict.fromkeys((*day.arrival.excuses, *day.departure.excuses))),
        ceremonies=day.ceremonies,
        flex_used=day.flex_used,
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
    parts = " + ".join(_parts(arrival, departure))
    return total, because(ReasonCode.DEDUCTION, parts=parts, percent=plain(total))


def _parts(arrival: PartVerdict, departure: PartVerdict) -> list[str]:
    return [f"{half.class_code} {plain(half.percent)}" for half in (arrival, departure) if half.percent]


def identity_of(flags: Collection[str]) -> Identity:
    """What the flags of one tap say of the key that signed it."""
    if _REVOKED in flags:
        return Identity.REVOKED_KEY
    return Identity.CONFIRMED if _FLAGS_OF_IDENTITY.isdisjoint(flags) else Identity.AWAITS_CONFIRMATION


def _identities(pairing: Pairing) -> tuple[Identity, ...]:
    """What is open about the keys of the taps that count, in the order of `Identity`."""
    counted = (pairing.arrival.counted, pairing.departure.counted)
    found = {identity_of(tap.flags) for tap in counted if tap is not None}
    return tuple(one for one in _IDENTITY_REASONS if one in found)


def _suggestion(pairing: Pairing) -> Suggestion | None:
    if pairing.arrival.counted is None and pairing.arrival.misplaced is not None:
        return Suggestion.RECORD_IN
    if pairing.departure.counted is None and pairing.departure.misplaced is not None:
        return Suggestion.RECORD_OUT
    return None


def _closing_reasons(cost: Reason, identities: Sequence[Identity], *, month_closed: bool) -> tuple[Reason, ...]:
    keys = tuple(because(_IDENTITY_REASONS[one]) for one in identities)
    provisional = () if month_closed else (because(ReasonCode.PROVISIONAL),)
    return (*keys, cost, *provisional)


def _day_off(why: OffDuty, call: RollCall, owed: Sequence[Ceremony], *, month_closed: bool) -> Verdict:
    """No hours are owed. A ceremony may be (17 August): missing it costs, being there makes no work day."""
    seen = sorted({(tap.judged_ms, tap.ref, tap.direction) for tap in call.taps})
    held = call.of(owed)
    verdicts, told = tuple(one for one, _ in held), tuple(reason for _, reason in held)
    missed = [one for one in verdicts if one.percent]
    percent = sum((one.percent for one in missed), NOTHING)
    if held:
        parts = " + ".join(f"{one.code} {plain(one.percent)}" for one in missed)
        cost = because(ReasonCode.DEDUCTION, parts=parts, percent=plain(percent)) if missed else None
        told += _closing_reasons(cost or because(ReasonCode.NO_DEDUCTION), (), month_closed=month_closed)
    return Verdict(
        status=DayStatus.OFF_DUTY,
        arrival=None,
        departure=None,
        deduction_percent=percent,
        provisional=not month_closed,
        review=Review.NONE,
        identity=Identity.CONFIRMED,
        suggest=None,
        taps=tuple(
            ListedTap(ref=ref, direction=direction, judged_ms=judged_ms, role=TapRole.OUTSIDE_WINDOW)
            for judged_ms, ref, direction in seen
        ),
        reasons=(why.reason, *told),
        version=call.policy.version,
        code=why.code,
        ceremonies=verdicts,
    )
