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

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from hadir.rules.clocks import MS_PER_SECOND, clock
from hadir.rules.excuse import explains, joined
from hadir.rules.pairing import HalfTaps, Pairing, pair
from hadir.rules.policy import Response, WrongButton
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hadir.rules.duty import DutyDay
    from hadir.rules.evidence import WeighedTap
    from hadir.rules.excuse import Excuse, Explained
    from hadir.rules.policy import ClassRow, Policy, SideRules

NOTHING = Decimal(0)

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
    bench = _Bench(duty_day, policy, joined(excuses), over=now_ms >= duty_day.counts.until_ms)
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


# --- one half of the day ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wording:
    on_time: ReasonCode
    short: ReasonCode
    none: ReasonCode
    not_yet: ReasonCode
    wrong_button: ReasonCode
    outside: ReasonCode
    excused: ReasonCode
    excused_part: ReasonCode


_WORDING = {
    Side.ARRIVAL: _Wording(
        on_time=ReasonCode.ARRIVAL_ON_TIME,
        short=ReasonCode.ARRIVAL_LATE,
        none=ReasonCode.ARRIVAL_NONE,
        not_yet=ReasonCode.ARRIVAL_NOT_YET,
        wrong_button=ReasonCode.ARRIVAL_WRONG_BUTTON,
        outside=ReasonCode.ARRIVAL_OUTSIDE_WINDOW,
        excused=ReasonCode.ARRIVAL_EXCUSED,
        excused_part=ReasonCode.ARRIVAL_EXCUSED_PART,
    ),
    Side.DEPARTURE: _Wording(
        on_time=ReasonCode.DEPARTURE_ON_TIME,
        short=ReasonCode.DEPARTURE_EARLY,
        none=ReasonCode.DEPARTURE_NONE,
        not_yet=ReasonCode.DEPARTURE_NOT_YET,
        wrong_button=ReasonCode.DEPARTURE_WRONG_BUTTON,
        outside=ReasonCode.DEPARTURE_OUTSIDE_WINDOW,
        excused=ReasonCode.DEPARTURE_EXCUSED,
        excused_part=ReasonCode.DEPARTURE_EXCUSED_PART,
    ),
}


@dataclass(frozen=True, slots=True)
class _Counted:
    """The time that a half is reckoned from, and whether a person should look at it."""

    at_ms: int
    review: Review
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Bench:
    """Everything the two halves of one day are judged with."""

    duty_day: DutyDay
    policy: Policy
    excuses: tuple[Explained, ...]
    over: bool

    def owed(self) -> Reason:
        start, end = (self._clock(at_ms) for at_ms in (self.duty_day.start_ms, self.duty_day.end_ms))
        return because(ReasonCode.DUTY_OWED, self.duty_day.article, start=start, end=end)

    def judge(self, side: Side, taps: HalfTaps) -> PartVerdict:
        """The four questions of the module's docstring, then the excuses."""
        return self._excused(self._recorded(side, taps))

    def _recorded(self, side: Side, taps: HalfTaps) -> PartVerdict:
        say = _WORDING[side]
        rules = self._rules(side)
        asks = rules.wrong_button is WrongButton.ASK_SUPERIOR
        if taps.counted is not None:
            return self._timed(side, taps)
        if taps.misplaced is not None and asks:
            at = self._clock(taps.misplaced.judged_ms)
            return _undecided(side, because(say.wrong_button, rules.wrong_button_article, at=at))
        if taps.outside is not None:
            return _undecided(side, because(say.outside, self.duty_day.article, at=self._clock(taps.outside.judged_ms)))
        if not self.over:
            return _part(side, PartStatus.NOT_YET, reasons=(because(say.not_yet),))
        row = rules.no_punch
        reason = because(say.none, rules.no_punch_article, code=row.code)
        return _part(side, PartStatus.NO_PUNCH, row=row, reasons=(reason,))

    # The tap that counts, and the time it counts with.

    def _timed(self, side: Side, taps: HalfTaps) -> PartVerdict:
        tap = taps.counted
        assert tap is not None
        counted = self._counted(side, taps)
        minutes = self._minutes(side, counted.at_ms)
        row = self._rules(side).class_of(minutes)
        return replace(
            _part(side, PartStatus.SHORT if row else PartStatus.ON_TIME, row=row, minutes=minutes if row else 0),
            tap_ref=tap.ref,
            counted_ms=counted.at_ms,
            evidence=tap.evidence,
            review=counted.review,
            reasons=(
                *tap.evidence.steps,
                *tap.evidence.contradictions,
                *self._repeated(taps),
                *counted.reasons,
                self._result(side, tap, row, minutes),
            ),
        )

    def _counted(self, side: Side, taps: HalfTaps) -> _Counted:
        tap = taps.counted
        assert tap is not None
        by_evidence = self._by_evidence(side, tap)
        pressed = taps.misplaced
        if side is Side.DEPARTURE or pressed is None or pressed.judged_ms >= by_evidence.at_ms:
            return by_evidence
        on_time = self._class(side, by_evidence.at_ms) is None
        if on_time or self._rules(side).wrong_button is WrongButton.BY_TABLE:
            return by_evidence
        # Pulang at 07:28, noticed, Masuk at 07:32: the first tap shows the person there as well as the second does.
        at, recorded = self._clock(pressed.judged_ms), self._clock(tap.judged_ms)
        reason = because(
            ReasonCode.ARRIVAL_BY_WRONG_BUTTON, self._rules(side).wrong_button_article, at=at, recorded=recorded
        )
        return _Counted(pressed.judged_ms, Review.ASK_SUPERIOR, (*by_evidence.reasons, reason))

    def _by_evidence(self, side: Side, tap: WeighedTap) -> _Counted:
        """The judged time, unless its uncertainty crosses a boundary and the milder class must count."""
        lo_ms, hi_ms = self._interval(tap)
        mildest_ms, severest_ms = (lo_ms, hi_ms) if side is Side.ARRIVAL else (hi_ms, lo_ms)
        if self._class(side, mildest_ms) == self._class(side, severest_ms):
            return _Counted(tap.judged_ms, Review.NONE, ())
        response = self.policy.grades[tap.evidence.counts_as]
        span = {"lo": self._clock(lo_ms), "hi": self._clock(hi_ms)}
        article = self.policy.grades_article
        if response is Response.ASK_SUPERIOR:
            return _Counted(mildest_ms, Review.ASK_SUPERIOR, (because(ReasonCode.UNCERTAIN_ASK, article, **span),))
        at_ms, clock_reasons = self._within_clock_error(side, tap)
        if response is Response.SAMPLE:
            sampled = because(ReasonCode.UNCERTAIN_SAMPLE, article, **span)
            return _Counted(at_ms, Review.SAMPLE, (*clock_reasons, sampled))
        return _Counted(at_ms, Review.NONE, clock_reasons)

    def _within_clock_error(self, side: Side, tap: WeighedTap) -> tuple[int, tuple[Reason, ...]]:
        """Nobody is late because a clock of ours may be wrong: inside its error bound the milder class counts."""
        lo_ms, hi_ms = self._interval(tap)
        error_ms = tap.evidence.error_ms
        milder_ms = (
            max(lo_ms, tap.judged_ms - error_ms) if side is Side.ARRIVAL else min(hi_ms, tap.judged_ms + error_ms)
        )
        if self._class(side, milder_ms) == self._class(side, tap.judged_ms):
            return tap.judged_ms, ()
        seconds = -(-error_ms // MS_PER_SECOND)
        return milder_ms, (because(ReasonCode.UNCERTAIN_CLOCK, self.policy.grades_article, seconds=seconds),)

    def _interval(self, tap: WeighedTap) -> tuple[int, int]:
        """`[lo, hi]` within this day: the judged time has already decided which day it is."""
        day = self.duty_day.counts
        lo_ms = day.from_ms if tap.evidence.lo_ms is None else max(day.from_ms, tap.evidence.lo_ms)
        hi_ms = day.until_ms if tap.evidence.hi_ms is None else min(day.until_ms, tap.evidence.hi_ms)
        return lo_ms, hi_ms

    def _result(self, side: Side, tap: WeighedTap, row: ClassRow | None, minutes: int) -> Reason:
        say, at = _WORDING[side], self._clock(tap.judged_ms)
        if row is None:
            return because(say.on_time, self._rules(side).seconds_article, at=at)
        return because(say.short, row.article, at=at, code=row.code, minutes=minutes)

    def _repeated(self, taps: HalfTaps) -> tuple[Reason, ...]:
        assert taps.counted is not None
        counted = self._clock(taps.counted.judged_ms)
        return tuple(
            because(ReasonCode.TAP_REPEATED, at=self._clock(tap.judged_ms), counted=counted) for tap in taps.repeated
        )

    # What an excuse lifts.

    def _excused(self, part: PartVerdict) -> PartVerdict:
        """The half after the excuse that lifts most of it; unchanged where none makes it milder."""
        if part.status in {PartStatus.ON_TIME, PartStatus.NOT_YET}:
            return part
        lifted = [self._lifted(part, span) for span in self.excuses if explains(span, part.counted_ms, self.duty_day)]
        return min((part, *lifted), key=_severity)

    def _lifted(self, part: PartVerdict, span: Explained) -> PartVerdict:
        """The half as if it had been recorded at the mildest moment that the excuse explains."""
        say = _WORDING[part.side]
        as_if_ms = span.period.from_ms if part.side is Side.ARRIVAL else span.period.until_ms
        minutes = self._minutes(part.side, as_if_ms)
        row = self._rules(part.side).class_of(minutes)
        told = {
            "excuse": ", ".join(span.refs),
            "from_": self._clock(span.period.from_ms),
            "until": self._clock(span.period.until_ms),
        }
        if row is None:
            reason = because(say.excused, span.article, **told)
            status, minutes = PartStatus.EXCUSED, 0
        else:
            reason = because(say.excused_part, span.article, minutes=minutes, **told)
            status = PartStatus.SHORT
        lifted = _part(part.side, status, row=row, minutes=minutes, reasons=(*part.reasons, reason))
        return replace(
            lifted,
            tap_ref=part.tap_ref,
            counted_ms=part.counted_ms,
            evidence=part.evidence,
            review=Review.NONE if row is None else part.review,
            excuses=span.refs,
        )

    # Reading the table.

    def _rules(self, side: Side) -> SideRules:
        return self.policy.arrival if side is Side.ARRIVAL else self.policy.departure

    def _class(self, side: Side, at_ms: int) -> ClassRow | None:
        return self._rules(side).class_of(self._minutes(side, at_ms))

    def _minutes(self, side: Side, at_ms: int) -> int:
        late = side is Side.ARRIVAL
        short_by_ms = at_ms - self.duty_day.start_ms if late else self.duty_day.end_ms - at_ms
        return self._rules(side).minutes(short_by_ms)

    def _clock(self, at_ms: int) -> str:
        return clock(at_ms, self.duty_day.zone, on=self.duty_day.date)


def _part(
    side: Side,
    status: PartStatus,
    *,
    row: ClassRow | None = None,
    minutes: int = 0,
    reasons: tuple[Reason, ...] = (),
) -> PartVerdict:
    return PartVerdict(
        side=side,
        status=status,
        class_code=row.code if row else None,
        minutes=minutes,
        percent=row.percent if row else NOTHING,
        tap_ref=None,
        counted_ms=None,
        evidence=None,
        review=Review.NONE,
        excuses=(),
        reasons=reasons,
    )


def _undecided(side: Side, reason: Reason) -> PartVerdict:
    return replace(_part(side, PartStatus.UNDECIDED, reasons=(reason,)), review=Review.ASK_SUPERIOR)


def _severity(part: PartVerdict) -> tuple[Decimal, bool, int]:
    """For comparing a half with itself under an excuse; the first of equals wins, so an excuse must be milder."""
    settled = part.status is PartStatus.EXCUSED
    return part.percent, not settled, part.minutes if part.status is PartStatus.SHORT else 0


def plain(percent: Decimal) -> str:
    """`2`, `0.5`: a percentage without trailing zeros."""
    return f"{percent.normalize():f}"
