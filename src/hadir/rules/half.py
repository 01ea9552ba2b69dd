"""One half of a day, arrival or departure: the tap that counts, the time it counts with, its class, its excuse.

Both halves are judged by the same words; only the direction differs. An arrival is milder the earlier it is, a
departure the later.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from hadir.rules.clocks import MS_PER_SECOND, Moment, Period
from hadir.rules.duty import DutyDay, DutyKind
from hadir.rules.evidence import WeighedTap
from hadir.rules.excuse import Excuses, Explained, Lift
from hadir.rules.pairing import HalfTaps
from hadir.rules.policy import ClassRow, Policy, Response, SideRules, WrongButton
from hadir.rules.reasons import Param, Reason, ReasonCode, because
from hadir.rules.verdict import PartStatus, PartVerdict, Review, Side

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Wording:
    on_time: ReasonCode
    short: ReasonCode
    milder: ReasonCode
    none: ReasonCode
    not_yet: ReasonCode
    wrong_button: ReasonCode
    outside: ReasonCode
    excused: ReasonCode
    excused_part: ReasonCode
    covered: ReasonCode
    covered_part: ReasonCode
    dark: ReasonCode
    doubted: ReasonCode


_WORDING = {
    Side.ARRIVAL: _Wording(
        on_time=ReasonCode.ARRIVAL_ON_TIME,
        short=ReasonCode.ARRIVAL_LATE,
        milder=ReasonCode.ARRIVAL_MILDER,
        none=ReasonCode.ARRIVAL_NONE,
        not_yet=ReasonCode.ARRIVAL_NOT_YET,
        wrong_button=ReasonCode.ARRIVAL_WRONG_BUTTON,
        outside=ReasonCode.ARRIVAL_OUTSIDE_WINDOW,
        excused=ReasonCode.ARRIVAL_EXCUSED,
        excused_part=ReasonCode.ARRIVAL_EXCUSED_PART,
        covered=ReasonCode.ARRIVAL_COVERED,
        covered_part=ReasonCode.ARRIVAL_COVERED_PART,
        dark=ReasonCode.ARRIVAL_DARK,
        doubted=ReasonCode.ARRIVAL_DOUBTED,
    ),
    Side.DEPARTURE: _Wording(
        on_time=ReasonCode.DEPARTURE_ON_TIME,
        short=ReasonCode.DEPARTURE_EARLY,
        milder=ReasonCode.DEPARTURE_MILDER,
        none=ReasonCode.DEPARTURE_NONE,
        not_yet=ReasonCode.DEPARTURE_NOT_YET,
        wrong_button=ReasonCode.DEPARTURE_WRONG_BUTTON,
        outside=ReasonCode.DEPARTURE_OUTSIDE_WINDOW,
        excused=ReasonCode.DEPARTURE_EXCUSED,
        excused_part=ReasonCode.DEPARTURE_EXCUSED_PART,
        covered=ReasonCode.DEPARTURE_COVERED,
        covered_part=ReasonCode.DEPARTURE_COVERED_PART,
        dark=ReasonCode.DEPARTURE_DARK,
        doubted=ReasonCode.DEPARTURE_DOUBTED,
    ),
}


class _Counted(NamedTuple):
    """The time that a half is reckoned from, and whether a person should look at it."""

    at_ms: int
    review: Review
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class DarkSource:
    """A source that has not reported: a terminal, or the phones of a unit; and the person has no other that works.

    `period`: what it may be hiding, UTC milliseconds. `due`: until when it is to be read or a person decides; None: by
    the policy's day.
    """

    ref: str
    period: Period
    due: date | None = None

    def hides(self, window: Period) -> bool:
        """Whether a tap in that window may be among what it has not reported."""
        return self.period.from_ms < window.until_ms and window.from_ms < self.period.until_ms


@dataclass(frozen=True, slots=True)
class HalfJudge:
    """Everything the two halves of one day are judged with."""

    duty_day: DutyDay
    policy: Policy
    excuses: Excuses
    over: bool
    dark: tuple[DarkSource, ...] = ()
    doubted: frozenset[Side] = frozenset()
    """Of which halves there are records that nobody can prove to be the person's."""

    def of(self, duty_day: DutyDay) -> HalfJudge:
        """The same with the hours of `duty_day`."""
        return self if duty_day is self.duty_day else replaced(self, duty_day=duty_day)

    def owed(self) -> Reason:
        """What was to be worked, in a sentence."""
        if self.duty_day.dynamic is not None:
            hours = plain(Decimal(self.duty_day.dynamic.weekly_minutes) / 60)
            return because(ReasonCode.DUTY_DYNAMIC, self.duty_day.dynamic.article, hours=hours)
        start, end = (self._clock(at_ms) for at_ms in (self.duty_day.start_ms, self.duty_day.end_ms))
        return because(ReasonCode.DUTY_OWED, self.duty_day.article, start=start, end=end)

    def judge(self, side: Side, taps: HalfTaps) -> PartVerdict:
        """The four questions of the module's docstring, whether the answer may stand, then the excuses."""
        part = self._recorded(side, taps)
        if self._is_doubted(part):
            part = _undecided(side, because(_WORDING[side].doubted))
        return self._excused(part)

    def _is_doubted(self, part: PartVerdict) -> bool:
        """Where a record of the day is not proven, it may be a forged one, or the true one spoilt: nothing is counted
        against the person, and a half of which there is such a record is not called missing either.
        """
        if not self.doubted:
            return False
        costs = part.status in {PartStatus.SHORT, PartStatus.NO_PUNCH}
        return costs or (part.status is PartStatus.NOT_YET and part.side in self.doubted)

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
        silent = next((source for source in self.dark if source.hides(self._window(side))), None)
        if silent is not None:
            due = silent.due or self.policy.due_on(self.duty_day.date)
            told = {"source": silent.ref, "due": f"{due:%Y-%m-%d}"}
            return _part(side, PartStatus.UNDECIDED, reasons=(because(say.dark, **told),))
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
        elsewhere = self._elsewhere(tap)
        return PartVerdict(
            side=side,
            status=PartStatus.SHORT if row else PartStatus.ON_TIME,
            class_code=row.code if row else None,
            minutes=minutes if row else 0,
            percent=row.percent if row else NOTHING,
            tap_ref=tap.ref,
            counted_ms=counted.at_ms,
            evidence=tap.evidence,
            review=counted.review if elsewhere is None else max(counted.review, Review.SAMPLE),
            excuses=(),
            reasons=(
                *tap.evidence.steps,
                *tap.evidence.contradictions,
                *self._repeated(taps),
                *counted.reasons,
                *(() if elsewhere is None else (elsewhere,)),
                self._result(side, tap, row, minutes, counted.at_ms),
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
        if lo_ms == hi_ms or self._class(side, lo_ms) == self._class(side, hi_ms):
            return _Counted(tap.judged_ms, Review.NONE, ())
        response = self.policy.grades[tap.evidence.counts_as]
        if response is Response.ACCEPT:
            return self._within_clock_error(side, tap, lo_ms, hi_ms)
        span = {"lo": self._clock(lo_ms), "hi": self._clock(hi_ms)}
        article = self.policy.grades_article
        if response is Response.ASK_SUPERIOR:
            mildest_ms = lo_ms if side is Side.ARRIVAL else hi_ms
            return _Counted(mildest_ms, Review.ASK_SUPERIOR, (because(ReasonCode.UNCERTAIN_ASK, article, **span),))
        at_ms, _, clock_reasons = self._within_clock_error(side, tap, lo_ms, hi_ms)
        sampled = because(ReasonCode.UNCERTAIN_SAMPLE, article, **span)
        return _Counted(at_ms, Review.SAMPLE, (*clock_reasons, sampled))

    def _within_clock_error(self, side: Side, tap: WeighedTap, lo_ms: int, hi_ms: int) -> _Counted:
        """Nobody is late because a clock of ours may be wrong: inside its error bound the milder class counts."""
        error_ms = tap.evidence.error_ms
        milder_ms = (
            max(lo_ms, tap.judged_ms - error_ms) if side is Side.ARRIVAL else min(hi_ms, tap.judged_ms + error_ms)
        )
        if self._class(side, milder_ms) == self._class(side, tap.judged_ms):
            return _Counted(tap.judged_ms, Review.NONE, ())
        seconds = -(-error_ms // MS_PER_SECOND)
        told = because(ReasonCode.UNCERTAIN_CLOCK, self.policy.grades_article, seconds=seconds)
        return _Counted(milder_ms, Review.NONE, (told,))

    def _interval(self, tap: WeighedTap) -> tuple[int, int]:
        """`[lo, hi]` within this day: the judged time has already decided which day it is."""
        day = self.duty_day.counts
        lo_ms = day.from_ms if tap.evidence.lo_ms is None else max(day.from_ms, tap.evidence.lo_ms)
        hi_ms = day.until_ms if tap.evidence.hi_ms is None else min(day.until_ms, tap.evidence.hi_ms)
        return lo_ms, hi_ms

    def _result(self, side: Side, tap: WeighedTap, row: ClassRow | None, minutes: int, counted_ms: int) -> Reason:
        say, rules = _WORDING[side], self._rules(side)
        if row is not None:
            return because(say.short, row.article, at=self._clock(counted_ms), code=row.code, minutes=minutes)
        shown = say.on_time if self._class(side, tap.judged_ms) is None else say.milder
        return because(shown, rules.seconds_article, at=self._clock(tap.judged_ms))

    def _elsewhere(self, tap: WeighedTap) -> Reason | None:
        """A tap at a place that is none of the person's counts all the same, and somebody may look at it."""
        if tap.site is None or not self.duty_day.sites or tap.site in self.duty_day.sites:
            return None
        return because(ReasonCode.TAP_OTHER_SITE, at=self._clock(tap.judged_ms), site=tap.site)

    def _repeated(self, taps: HalfTaps) -> tuple[Reason, ...]:
        if not taps.repeated:
            return ()
        assert taps.counted is not None
        counted = self._clock(taps.counted.judged_ms)
        return tuple(
            because(
                ReasonCode.TAP_WITNESS if tap in taps.witnesses else ReasonCode.TAP_REPEATED,
                at=self._clock(tap.judged_ms),
                counted=counted,
            )
            for tap in taps.repeated
        )

    # What an excuse lifts.

    def _excused(self, part: PartVerdict) -> PartVerdict:
        """The half after the excuse that lifts most of it; unchanged where none makes it milder."""
        if not self.excuses.any or part.status in {PartStatus.ON_TIME, PartStatus.NOT_YET}:
            return part
        ways = self.excuses.arrival if part.side is Side.ARRIVAL else self.excuses.departure
        lifted = [self._lifted(part, lift) for lift in ways(part.counted_ms, self.duty_day)]
        return min((part, *lifted), key=_severity)

    def _lifted(self, part: PartVerdict, lift: Lift) -> PartVerdict:
        """The half as if it had been recorded at the mildest moment that the excuse explains."""
        minutes = self._minutes(part.side, lift.as_if_ms)
        row = self._rules(part.side).class_of(minutes)
        reasons = tuple(self._because_of(part.side, span, minutes if row else 0) for span in lift.spans)
        return replace(
            part,
            status=PartStatus.SHORT if row else PartStatus.EXCUSED,
            class_code=row.code if row else None,
            minutes=minutes if row else 0,
            percent=row.percent if row else NOTHING,
            review=part.review if row else Review.NONE,
            excuses=tuple(ref for span in lift.spans for ref in span.refs),
            excuse_code=lift.spans[-1].code,
            reasons=(*part.reasons, *reasons),
        )

    def _because_of(self, side: Side, span: Explained, minutes: int) -> Reason:
        say = _WORDING[side]
        told: dict[str, Param] = {
            "excuse": ", ".join(span.refs),
            "from_": self._clock(span.period.from_ms),
            "until": self._clock(span.period.until_ms),
        }
        if minutes:
            told["minutes"] = minutes
        if span.code is None:
            return because(say.excused_part if minutes else say.excused, span.article, **told)
        return because(say.covered_part if minutes else say.covered, span.article, code=span.code, **told)

    # Reading the table.

    def _rules(self, side: Side) -> SideRules:
        return self.policy.arrival if side is Side.ARRIVAL else self.policy.departure

    def _class(self, side: Side, at_ms: int) -> ClassRow | None:
        return self._rules(side).class_of(self._minutes(side, at_ms))

    def _minutes(self, side: Side, at_ms: int) -> int:
        if self.duty_day.kind is DutyKind.DYNAMIC:
            return 0
        late = side is Side.ARRIVAL
        short_by_ms = at_ms - self.duty_day.start_ms if late else self.duty_day.end_ms - at_ms
        return self._rules(side).minutes(short_by_ms)

    def _window(self, side: Side) -> Period:
        return self.duty_day.arrive if side is Side.ARRIVAL else self.duty_day.depart

    def _clock(self, at_ms: int) -> Moment:
        return Moment(at_ms, self.duty_day.zone, self.duty_day.date)


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


def plain(percent: Decimal) -> str:
    """`2`, `0.5`: a number without trailing zeros."""
    return f"{percent.normalize():f}"


def _severity(part: PartVerdict) -> tuple[Decimal, bool, int]:
    """For comparing a half with itself under an excuse; the first of equals wins, so an excuse must be milder."""
    settled = part.status is PartStatus.EXCUSED
    return part.percent, not settled, part.minutes if part.status is PartStatus.SHORT else 0
