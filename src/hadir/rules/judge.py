"""The judge: what one person-day amounts to, and why.

Read from the top: a day has owed time, presence and credited time (`reckoning.py`), and two halves (`half.py`). The
arrival meets the table with the minutes before it that nothing covers; it may move the end of a flexible day; then the
departure meets the table. A half without a tap is excused, undecided, "not yet", or missing, in the words of `half.py`.
The day adds up what its halves, its ceremonies and its credited minutes cost, never more than the same day without any
tap, and has the letter of what covers it. What is uncertain never counts against the person without a person deciding
it. The function is pure and total: the same values give the same verdict, and all values give one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from hadir.rules.basis import with_basis
from hadir.rules.ceremony import Ceremony, RollCall
from hadir.rules.clocks import MS_PER_MINUTE, Moment, Period
from hadir.rules.day_said import held_told, reached_told, refused_of, unpaid_told, unsaid_of, worked_anyway
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import WeighedTap
from hadir.rules.excuse import ExcusePeriod
from hadir.rules.half import DarkSource, HalfJudge
from hadir.rules.pairing import NOBODY, Pairing, came_and_went, readings_of
from hadir.rules.policy import Policy
from hadir.rules.price import (
    NO_DEDUCTION,
    Price,
    capped,
    is_whole_absence,
    of_halves,
    price_of,
    priced,
    priced_told,
    without_tap,
)
from hadir.rules.reasons import Reason, ReasonCode, because, plain
from hadir.rules.reckoning import NOTHING, UNMOVED, Covers, Credit, Moves, Reckoning
from hadir.rules.spans import AFTER_ALL
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


_UNTAPPED = frozenset({DayStatus.ABSENT, DayStatus.EXCUSED})
"""What a day is on which no tap counts, once none can come."""
_TOLD_WHOLE = frozenset({DayStatus.PRESENT, DayStatus.UNDECIDED, DayStatus.EXCUSED})
"""Days of which all that is credited is told."""


class OffDuty(Struct, frozen=True):
    """Why nothing was owed, and the letter of the month's recap for it.

    `date` and `zone` are the work place's: a ceremony may be owed there all the same. None: nobody expects the person
    anywhere (no assignment, not yet obliged).
    """

    reason: Reason
    code: str
    date: date | None = None
    zone: str = ""

    @property
    def asks_ceremonies(self) -> bool:
        """Whether a ceremony may be owed all the same: not where nobody expects him, and not after a night."""
        return self.date is not None and self.reason.code is not ReasonCode.DUTY_NIGHT_BEFORE


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
    refused = [one for one in excuses if not policy.credits(one.code)]
    excuses = [one for one in excuses if one not in refused]
    if duty_day is None:
        why = off or OffDuty(because(ReasonCode.DUTY_OFF), policy.codes["free"])
        came, went = came_and_went(taps)
        on, all_dark = why.date or now_ms, tuple(dark)
        call = RollCall(on, why.zone, policy, tuple(taps), tuple(excuses), now_ms, all_dark, came, went, AFTER_ALL)
        owed = [one for one in ceremonies if one.on_day_off] if why.asks_ceremonies else ()
        return _day_off(why, call, owed, refused_of(refused, policy), month_closed=month_closed)
    half_judge = HalfJudge(
        Reckoning.of(duty_day, policy, excuses, flex_times=flex_times),
        duty_day,
        policy,
        over=now_ms >= duty_day.counts.until_ms,
        dark=tuple(sorted(dark, key=lambda one: (one.ref, one.period, one.due or date.max))),
        doubted=frozenset(doubted),
    )
    asked = [one for one in ceremonies if duty_day.asks(one.period)] if duty_day.unsure is None else []
    day, pairing = _read(half_judge, taps, asked, excuses, now_ms)

    def percent_without(credit: Credit) -> Decimal:
        others = [one for one in excuses if one.ref not in credit.refs]
        return _read(half_judge.without(credit), taps, asked, others, now_ms)[0].percent

    reasons, is_told = (*day.reasons, *day.costs), half_judge.over and day.status in _TOLD_WHOLE
    unsaid = unsaid_of(half_judge.reckoning, reasons, day.status, day.percent, percent_without) if is_told else ()
    refused_told = refused_of(refused, policy) if refused else ()
    day = replace(
        day, reasons=(*day.reasons, *unsaid, *refused_told), costs=(*unpaid_told(day.code, policy), *day.costs)
    )
    return _closed(day, half_judge, pairing, month_closed=month_closed)


def _read(
    half_judge: HalfJudge,
    taps: Sequence[WeighedTap],
    asked: Sequence[Ceremony],
    excuses: Sequence[ExcusePeriod],
    now_ms: int,
) -> tuple[_Day, Pairing]:
    """The day, and how its taps are read: where they may be read in two ways, in that which costs less."""
    duty_day = half_judge.duty_day
    days = [
        (_worked(half_judge, one, _call(half_judge, one, excuses, now_ms).of(asked) if asked else ()), one)
        for one in readings_of(taps, duty_day, half_judge.policy, half_judge.reckoning.due_ms)
    ]
    day, pairing = min(days, key=lambda one: one[0].percent)
    return (day if duty_day.unsure is None else _unpriced(day, duty_day.unsure)), pairing


def _call(half_judge: HalfJudge, pairing: Pairing, excuses: Sequence[ExcusePeriod], now_ms: int) -> RollCall:
    day, policy = half_judge.duty_day, half_judge.policy
    came, went = pairing.arrival.counted, pairing.departure.counted
    hidden, home_ms, pressed = _hidden(half_judge), day.depart.from_ms, pairing.arrival.there
    return RollCall(
        day.date, day.zone, policy, pairing.taps, tuple(excuses), now_ms, hidden, came, went, home_ms, pressed
    )


def _hidden(half_judge: HalfJudge) -> tuple[DarkSource, ...]:
    """What may hide an attendance at a ceremony: a record that is not proven may be any."""
    return (*half_judge.dark, DarkSource("", _ALWAYS)) if half_judge.doubted else half_judge.dark


# --- the day ---------------------------------------------------------------------------------------------------------


class _Day(Struct, frozen=True, kw_only=True):
    """A day as it is told: its halves, what it costs, its letter, and the reasons in order."""

    status: DayStatus
    arrival: PartVerdict
    departure: PartVerdict
    percent: Decimal
    code: str
    reasons: tuple[Reason, ...]
    costs: tuple[Reason, ...]
    flex_used: bool
    excuses: tuple[str, ...] = ()
    ceremonies: tuple[CeremonyVerdict, ...] = ()


def _halves(half_judge: HalfJudge, pairing: Pairing) -> tuple[PartVerdict, PartVerdict, Moves]:
    """The arrival first, since it may move the end; then the departure."""
    arrival = half_judge.judge(Side.ARRIVAL, pairing.arrival)
    moves = moves_of(half_judge.reckoning, arrival, pressed_ms=pairing.arrival.there_ms)
    return arrival, half_judge.moved(moves).judge(Side.DEPARTURE, pairing.departure), moves


def _worked(half_judge: HalfJudge, pairing: Pairing, held: Sequence[tuple[CeremonyVerdict, Reason]]) -> _Day:
    """The halves, and the sum."""
    reckoning = half_judge.reckoning
    arrival, departure, moves = _halves(half_judge, pairing)
    covers = None
    if reckoning.credits:
        covers = reckoning.covers(pairing.arrival.seen_ms, pairing.departure.seen_ms)
        if covers.by_codes and not (covers.worked and reckoning.covers_nobody.priced()):
            return _excused(half_judge, arrival, departure, covers, held)
    status = _status(arrival, departure, covers)
    is_empty = not (pairing.taps or half_judge.dark or half_judge.doubted or reckoning.day.unsure)
    if status is DayStatus.EXCUSED and covers is not None and is_empty:
        arrival, departure = _at_the_ends(arrival, departure, covers)
    told = (*arrival.reasons, *_flex_told(reckoning, arrival, moves), *departure.reasons, *worked_anyway(covers))
    by_halves = not is_empty and status in _UNTAPPED
    percent, costs = _cost(
        half_judge, None if by_halves else status, (arrival, departure), covers, tuple(one for one, _ in held)
    )
    return _Day(
        status=status,
        arrival=arrival,
        departure=departure,
        percent=percent,
        code=_code(status, half_judge, covers),
        reasons=(half_judge.owed(), *reckoning.day.basis, *pairing.notes, *told, *held_told(held, status)),
        costs=costs,
        flex_used=moves.later_ms > 0 and (by_halves or status is not DayStatus.EXCUSED),
        excuses=covers.refs if covers is not None and status is DayStatus.EXCUSED else (),
        ceremonies=tuple(one for one, _ in held),
    )


def moves_of(reckoning: Reckoning, arrival: PartVerdict, *, pressed_ms: int | None) -> Moves:
    """How the arrival moves the end of a flexible day; without a tap, as if an outage had kept it from being recorded.
    What nobody recorded moves nothing forward; what the person pressed for it that does not count (`pressed_ms`) shows
    him there, and moves nothing back; what nobody can decide moves nothing.
    """
    if reckoning.day.flex is None:
        return UNMOVED
    if arrival.evidence is not None:
        return reckoning.moves(arrival.evidence.judged_ms, arrival.evidence.proven_ms)
    if pressed_ms is not None:
        return Moves(earlier_ms=reckoning.moves(pressed_ms).earlier_ms)
    silent = arrival.status is not PartStatus.UNDECIDED and arrival.excuses and not reckoning.lifted(Side.ARRIVAL)
    came_ms = reckoning.as_if_came_ms() if silent else None
    return UNMOVED if came_ms is None else Moves(later_ms=reckoning.moves(came_ms).later_ms)


def _status(arrival: PartVerdict, departure: PartVerdict, covers: Covers | None) -> DayStatus:
    halves = {arrival.status, departure.status}
    if PartStatus.UNDECIDED in halves:
        return DayStatus.UNDECIDED
    worked = covers is not None and covers.by_codes and covers.worked is not None
    if worked or arrival.tap_ref is not None or departure.tap_ref is not None:
        return DayStatus.PRESENT
    if PartStatus.NOT_YET in halves:
        return DayStatus.NOT_YET
    return DayStatus.EXCUSED if covers is not None and covers.pieces else DayStatus.ABSENT


def _code(status: DayStatus, half_judge: HalfJudge, covers: Covers | None) -> str:
    """The letter of the month's recap."""
    codes = half_judge.policy.codes
    if status is DayStatus.EXCUSED and covers is not None:
        main = covers.main()
        return codes["outage"] if main is None or main.code is None else main.code
    return {
        DayStatus.PRESENT: half_judge.duty_day.code or codes["present"],
        DayStatus.NOT_YET: codes["not_yet"],
        DayStatus.UNDECIDED: codes["undecided"],
        DayStatus.ABSENT: half_judge.policy.absent.code,
    }[status]


def _flex_told(reckoning: Reckoning, arrival: PartVerdict, moves: Moves) -> tuple[Reason, ...]:
    """Whether and how the end has moved, or why it has not."""
    flex = reckoning.day.flex
    if flex is None:
        return ()
    minutes = (moves.later_ms or moves.earlier_ms) // MS_PER_MINUTE
    if minutes:
        code = ReasonCode.FLEX_MOVED if moves.later_ms else ReasonCode.FLEX_EARLIER
        end_ms = reckoning.last_ms + moves.later_ms - moves.earlier_ms
        end = Moment(end_ms, reckoning.day.zone, reckoning.day.date)
        return (because(code, flex.article, minutes=minutes, end=end),)
    if not reckoning.may_flex and arrival.minutes:
        return (because(ReasonCode.FLEX_USED_UP, flex.article, times=flex.times_per_month or 0),)
    return ()


# --- what it costs ---------------------------------------------------------------------------------------------------


def _cost(
    half_judge: HalfJudge,
    status: DayStatus | None,
    halves: tuple[PartVerdict, PartVerdict],
    covers: Covers | None,
    ceremonies: tuple[CeremonyVerdict, ...],
) -> Price:
    """What the day costs. `status` None: nothing counts, but something was recorded."""
    if status in _UNTAPPED:
        return without_tap(half_judge.reckoning)
    missed = [one for one in ceremonies if one.percent] if ceremonies and status is DayStatus.PRESENT else []
    price = priced(halves, covers if half_judge.over else None, missed, half_judge.policy)
    return capped(price, _most(half_judge), half_judge.policy) if price.percent else price


def _most(half_judge: HalfJudge) -> Decimal:
    """What the day would cost without any tap; where a source is silent, what its halves would, if they are decided."""
    reckoning = half_judge.reckoning
    most = half_judge.policy.absent.percent if is_whole_absence(reckoning) else without_tap(reckoning).percent
    if not (half_judge.dark or half_judge.doubted):
        return most
    arrival, departure, _ = _halves(half_judge, NOBODY)
    if _status(arrival, departure, reckoning.covers_nobody) not in _UNTAPPED:
        return most
    return min(most, of_halves((arrival, departure), half_judge.policy) + price_of(reckoning.covers_nobody))


# --- the day under excuses that cover all of it ----------------------------------------------------------------------


def _excused(
    half_judge: HalfJudge,
    arrival: PartVerdict,
    departure: PartVerdict,
    covers: Covers,
    held: Sequence[tuple[CeremonyVerdict, Reason]],
) -> _Day:
    """Excuses with a code cover all that is owed: the day is theirs, whoever tapped on it."""
    main = covers.main()
    assert main is not None
    assert main.code is not None
    percent = price_of(covers) if half_judge.over else NOTHING
    coded = [one for one, _ in covers.pieces if one.code is not None]
    codes = ", ".join(dict.fromkeys(str(one.code) for one in coded))
    refs = ", ".join(dict.fromkeys(ref for one in coded for ref in one.refs))
    told = because(ReasonCode.DAY_EXCUSED, main.article, code=codes, excuse=refs, percent=plain(percent))
    return _Day(
        status=DayStatus.EXCUSED,
        arrival=_settled(arrival, main.code, main.refs),
        departure=_settled(departure, main.code, main.refs),
        percent=percent,
        code=main.code,
        excuses=main.refs,
        reasons=(half_judge.owed(), *half_judge.duty_day.basis, *reached_told(half_judge.duty_day, covers)),
        costs=(told,) if percent in (NOTHING, main.percent) else (*priced_told(covers, percent), told),
        flex_used=False,
        ceremonies=tuple(replace(one, percent=NOTHING) for one, _ in held),
    )


def _at_the_ends(arrival: PartVerdict, departure: PartVerdict, covers: Covers) -> tuple[PartVerdict, PartVerdict]:
    """Of a day without any tap: a half is excused whose first, or last, owed minute is credited."""
    first, last = covers.at(covers.owed[0].from_ms), covers.at(covers.owed[-1].until_ms - 1)
    if first is not None and arrival.status is not PartStatus.EXCUSED:
        arrival = _settled(arrival, first.code, first.refs)
    if last is not None and departure.status is not PartStatus.EXCUSED:
        departure = _settled(departure, last.code, last.refs)
    return arrival, departure


def _settled(part: PartVerdict, code: str | None, refs: tuple[str, ...]) -> PartVerdict:
    return replace(
        part,
        status=PartStatus.EXCUSED,
        class_code=None,
        minutes=0,
        percent=NOTHING,
        review=Review.NONE,
        excuses=refs,
        excuse_code=code,
        reasons=(),
    )


def _unpriced(day: _Day, unsure: Reason) -> _Day:
    """Nobody knows whether the day is free: until that is known it costs nothing, and says so once."""
    told = tuple(one for one in day.reasons if one != unsure)
    return replace(
        day,
        percent=NOTHING,
        reasons=(told[0], unsure, *told[1:]),
        costs=(NO_DEDUCTION,) if day.percent else day.costs,
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
        reasons=with_basis(
            (*day.reasons, *_closing_reasons(day.costs, identities, month_closed=month_closed)), half_judge.policy
        ),
        version=half_judge.policy.version,
        code=day.code,
        excuses=day.excuses or tuple(dict.fromkeys((*day.arrival.excuses, *day.departure.excuses))),
        ceremonies=day.ceremonies,
        flex_used=day.flex_used,
    )


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


def _closing_reasons(
    costs: Sequence[Reason], identities: Sequence[Identity], *, month_closed: bool
) -> tuple[Reason, ...]:
    keys = tuple(because(_IDENTITY_REASONS[one]) for one in identities)
    provisional = () if month_closed else (because(ReasonCode.PROVISIONAL),)
    return (*keys, *costs, *provisional)


def _day_off(
    why: OffDuty, call: RollCall, owed: Sequence[Ceremony], refused: tuple[Reason, ...], *, month_closed: bool
) -> Verdict:
    """No hours are owed. A ceremony may be (17 August): missing it costs, being there makes no work day."""
    seen = sorted({(tap.judged_ms, tap.ref, tap.direction) for tap in call.taps})
    held = call.of(owed)
    verdicts, told = tuple(one for one, _ in held), (*(reason for _, reason in held), *refused)
    missed = [one for one in verdicts if one.percent]
    percent = sum((one.percent for one in missed), NOTHING)
    if held:
        parts = " + ".join(f"{one.code} {one.percent:.2f}" for one in missed)
        cost = because(ReasonCode.DEDUCTION, parts=parts, percent=plain(percent)) if missed else None
        told += _closing_reasons((cost or because(ReasonCode.NO_DEDUCTION),), (), month_closed=month_closed)
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
        reasons=with_basis((why.reason, *told), call.policy),
        version=call.policy.version,
        code=why.code,
        ceremonies=verdicts,
    )
