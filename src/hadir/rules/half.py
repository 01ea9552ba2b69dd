"""One half of a day, arrival or departure: the tap that counts, the time it counts with, and the row it meets.

Both halves are judged by the same words; only the direction differs. An arrival is milder the earlier it is, a
departure the later. How many minutes nothing covers is the reckoning's to say (`reckoning.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from hadir.rules.clocks import MS_PER_SECOND, Moment, Period
from hadir.rules.duty import DutyDay, DutyKind, Weekday
from hadir.rules.evidence import WeighedTap
from hadir.rules.half_said import SAID_OF, applied_told, as_if_told, credit_told, refs_of
from hadir.rules.pairing import HalfTaps
from hadir.rules.policy import ClassRow, Policy, Response, SideRules
from hadir.rules.reasons import Reason, ReasonCode, because, plain
from hadir.rules.reckoning import NOTHING, UNMOVED, Credit, Moves, Reckoning
from hadir.rules.verdict import PartStatus, PartVerdict, Review, Side


class _Counted(NamedTuple):
    """The time that a half is reckoned from, and whether a person should look at it."""

    at_ms: int
    review: Review
    reasons: tuple[Reason, ...]


class _Credited(NamedTuple):
    """Credited time that changed the row, and that which changed the minutes; and what is said before it: the row and
    the minutes as if nothing were credited.
    """

    used: tuple[Credit, ...]
    told: tuple[Credit, ...]
    row: ClassRow | None
    minutes: int


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
    """Everything the two halves of one day are judged with. `moves`: how flexible time moves the day's end."""

    reckoning: Reckoning
    duty_day: DutyDay
    policy: Policy
    over: bool
    dark: tuple[DarkSource, ...] = ()
    doubted: frozenset[Side] = frozenset()
    """Of which halves there are records that nobody can prove to be the person's."""
    moves: Moves = UNMOVED

    def moved(self, moves: Moves) -> HalfJudge:
        """The same once flexible time has moved the day's end."""
        return self if moves == self.moves else replaced(self, moves=moves)

    def without(self, credit: Credit) -> HalfJudge:
        """The same as if that were not credited."""
        others = tuple(one for one in self.reckoning.credits if one is not credit)
        return replaced(self, reckoning=replaced(self.reckoning, credits=others))

    def owed(self) -> Reason:
        """What was to be worked, in a sentence."""
        if self.duty_day.dynamic is not None:
            hours = plain(Decimal(self.duty_day.dynamic.weekly_minutes) / 60)
            return because(ReasonCode.DUTY_DYNAMIC, self.duty_day.dynamic.article, hours=hours)
        start, end = (self._clock(at_ms) for at_ms in (self.duty_day.start_ms, self.duty_day.end_ms))
        return because(ReasonCode.DUTY_OWED, self.duty_day.article, start=start, end=end)

    def judge(self, side: Side, taps: HalfTaps) -> PartVerdict:
        """A half by the tap that counts; without one, by what explains that there is none. Whoever tapped in a half
        that nobody can decide was there all the same.
        """
        part = self._missing(side, taps) if taps.counted is None else self._timed(side, taps)
        if self.duty_day.unsure is not None and part.status in _COSTLY:
            return self._undecided_of(part, self.duty_day.unsure)
        if self._is_doubted(part):
            doubted = because(SAID_OF[side].doubted, self.policy.article("grades.E"))
            return self._undecided_of(part, doubted)
        return part

    def _undecided_of(self, part: PartVerdict, why: Reason) -> PartVerdict:
        """The half as nobody can decide it; when the person was there is said all the same."""
        if part.counted_ms is None:
            return _undecided(part.side, why)
        seen = because(SAID_OF[part.side].seen, at=self._clock(part.counted_ms))
        return replace(_undecided(part.side, why), counted_ms=part.counted_ms, reasons=(seen, why))

    def _is_doubted(self, part: PartVerdict) -> bool:
        """Where a record of the day is not proven, it may be a forged one, or the true one spoilt: nothing is counted
        against the person, and a half of which there is such a record is not called missing either.
        """
        if not self.doubted:
            return False
        return part.status in _COSTLY or (part.status is PartStatus.NOT_YET and part.side in self.doubted)

    # Without a tap that counts.

    def _missing(self, side: Side, taps: HalfTaps) -> PartVerdict:
        """In this order: not yet, excused, undecided, short as an outage explains it, and then as the table says."""
        say, rules = SAID_OF[side], self._rules(side)
        undecided = self._unplaced(side, taps)
        if undecided is None and not self.over:
            return _part(side, PartStatus.NOT_YET, reasons=(because(say.not_yet),))
        explained = self._excused(side) or self._in_an_outage(side)
        if explained is not None and explained.status is PartStatus.EXCUSED:
            return explained
        found = undecided or self._in_the_dark(side) or explained
        if found is not None:
            return found
        reason = because(say.none, rules.no_punch_article, code=rules.no_punch.code)
        return _part(side, PartStatus.NO_PUNCH, row=rules.no_punch, reasons=(reason,))

    def _unplaced(self, side: Side, taps: HalfTaps) -> PartVerdict | None:
        """Undecided, where a tap of that half was made with the wrong button or outside the hours that count."""
        if taps.there is None:
            return None
        say, at_ms = SAID_OF[side], taps.there.judged_ms
        if at_ms in self.duty_day.counts:
            code, article = say.wrong_button, self.policy.article(f"wrong_button.{side}")
        else:
            code, article = say.outside, self._window_article(at_ms)
        return _undecided(side, because(code, article, at=self._clock(at_ms)))

    def _in_the_dark(self, side: Side) -> PartVerdict | None:
        silent = next((source for source in self.dark if source.hides(self._window(side))), None)
        if silent is None:
            return None
        due = silent.due or self.policy.due_on(self.duty_day.date)
        told = {"source": silent.ref, "due": f"{due:%Y-%m-%d}"}
        reason = because(SAID_OF[side].dark, self.policy.article("silent_due_day"), **told)
        return _part(side, PartStatus.UNDECIDED, reasons=(reason,))

    def _excused(self, side: Side) -> PartVerdict | None:
        """A half without a tap that credited time covers."""
        reckoning = self.reckoning
        covered = reckoning.credits and (reckoning.lifted(side) or reckoning.covers_nobody.open_ms == 0)
        return self._without_a_tap(side, None) if covered else None

    def _in_an_outage(self, side: Side) -> PartVerdict | None:
        """A half without a tap, as if it had been made where an outage kept it from being recorded."""
        reckoning = self.reckoning
        if not reckoning.credits:
            return None
        at_ms = reckoning.as_if_came_ms() if side is Side.ARRIVAL else reckoning.as_if_went_ms()
        return None if at_ms is None else self._without_a_tap(side, at_ms)

    def _without_a_tap(self, side: Side, at_ms: int | None) -> PartVerdict:
        """`at_ms`: as if the tap had been made then."""
        minutes = 0 if at_ms is None else self._minutes(side, at_ms)
        row = self._rules(side).class_of(minutes)
        used = self._used(side, at_ms)
        return replace(
            _part(side, PartStatus.SHORT if row else PartStatus.EXCUSED, row=row, minutes=minutes if row else 0),
            excuses=refs_of(used),
            excuse_code=_most(used),
            reasons=(
                *(() if at_ms is None else (as_if_told(side, used, at_ms, self.duty_day),)),
                *(credit_told(side, one, minutes if row else 0, self.duty_day) for one in used),
                *applied_told(side, row, minutes),
            ),
        )

    # The tap that counts, and the time it counts with.

    def _timed(self, side: Side, taps: HalfTaps) -> PartVerdict:
        tap = taps.counted
        assert tap is not None
        counted = self._by_evidence(side, tap)
        if taps.repeated:
            tap, counted = self._agreed(side, tap, counted, taps.repeated)
        counted = self._with_correction(side, taps, tap, counted)
        proven_ms = tap.evidence.proven_ms
        minutes = self._minutes(side, counted.at_ms, proven_ms)
        row = self._rules(side).class_of(minutes)
        used, told, shown, shown_minutes = self._credited(side, counted.at_ms, row, minutes)
        excused = bool(used) and row is None
        is_credited = bool(told) and shown_minutes != minutes
        elsewhere = self._elsewhere(tap)
        return PartVerdict(
            side=side,
            status=PartStatus.SHORT if row else PartStatus.EXCUSED if excused else PartStatus.ON_TIME,
            class_code=row.code if row else None,
            minutes=minutes if row else 0,
            percent=row.percent if row else NOTHING,
            tap_ref=tap.ref,
            counted_ms=counted.at_ms,
            evidence=tap.evidence,
            review=counted.review if elsewhere is None else max(counted.review, Review.SAMPLE),
            excuses=refs_of(used),
            excuse_code=_most(used),
            reasons=(
                *tap.evidence.steps,
                *tap.evidence.contradictions,
                *self._repeated(side, taps),
                *counted.reasons,
                *(() if elsewhere is None else (elsewhere,)),
                *self._proven(side, proven_ms),
                self._result(side, tap, shown, shown_minutes, counted.at_ms, is_credited=is_credited),
                *(credit_told(side, one, minutes if row else 0, self.duty_day) for one in told),
                *(applied_told(side, row, minutes) if is_credited else ()),
            ),
        )

    def _with_correction(self, side: Side, taps: HalfTaps, tap: WeighedTap, counted: _Counted) -> _Counted:
        """Pulang at 07:28, noticed, Masuk at 07:32: the first press shows the person there as well as the second does.
        The superior is asked where it matters which of them counts.
        """
        corrected = taps.corrected
        if corrected is None or self._effect(tap, counted) == self._effect(
            corrected, self._by_evidence(side, corrected)
        ):
            return counted
        at, recorded = self._clock(tap.judged_ms), self._clock(corrected.judged_ms)
        reason = because(
            ReasonCode.ARRIVAL_BY_WRONG_BUTTON, self.policy.article("wrong_button.arrival"), at=at, recorded=recorded
        )
        return _Counted(counted.at_ms, Review.ASK_SUPERIOR, (*counted.reasons, reason))

    def _effect(self, tap: WeighedTap, counted: _Counted) -> tuple[int, Moves]:
        """What an arrival makes of the day: minutes late, and how far the end moves."""
        proven_ms = tap.evidence.proven_ms
        return self._minutes(Side.ARRIVAL, counted.at_ms, proven_ms), self.reckoning.moves(tap.judged_ms, proven_ms)

    def _agreed(
        self, side: Side, tap: WeighedTap, counted: _Counted, others: Sequence[WeighedTap]
    ) -> tuple[WeighedTap, _Counted]:
        """The tap as others leave it that fall, by their own time, in the class that was counted. Of arrivals on time
        the least is proven that is proven of any; and whoever asks least is who is asked. The time that counts stays.
        """
        proven_ms = tap.evidence.proven_ms
        stands = side is Side.ARRIVAL and proven_ms is not None and self.reckoning.stands(proven_ms)
        if counted.review is Review.NONE and not stands:
            return tap, counted
        row = self._class(side, counted.at_ms, tap)
        agreeing = [one for one in others if self._class(side, one.judged_ms, one) == row]
        if stands and row is None:
            tap = _bounded(tap, [one.evidence.proven_ms for one in (tap, *agreeing)])
            counted = self._by_evidence(side, tap)
        most = _ASKS[self._asked(side, tap)]
        agreeing = [one for one in agreeing if _ASKS[self._asked(side, one)] < most]
        if counted.review is Review.NONE or not agreeing:
            return tap, counted
        response = min((self._asked(side, one) for one in agreeing), key=_ASKS.__getitem__)
        review, told = Review.NONE, tuple(one for one in counted.reasons if one.code not in _UNCERTAIN)
        if response is not Response.ACCEPT:
            review, told = Review.SAMPLE, (*told, self._uncertain(tap, ReasonCode.UNCERTAIN_SAMPLE))
        best = min(one.evidence.counts_as for one in (tap, *agreeing))
        return replace(tap, evidence=replace(tap.evidence, counts_as=best)), _Counted(counted.at_ms, review, told)

    def _asked(self, side: Side, tap: WeighedTap) -> Response:
        """What a tap's uncertainty asks of people; nothing where all of it is of one class."""
        return self.policy.grades[tap.evidence.counts_as] if self._is_uncertain(side, tap) else Response.ACCEPT

    def _is_uncertain(self, side: Side, tap: WeighedTap) -> bool:
        lo_ms, hi_ms = self._interval(tap)
        return lo_ms != hi_ms and self._class(side, lo_ms, tap) != self._class(side, hi_ms, tap)

    def _uncertain(self, tap: WeighedTap, code: ReasonCode) -> Reason:
        lo, hi = (self._clock(at_ms) for at_ms in self._interval(tap))
        return because(code, self._grade_article(tap), lo=lo, hi=hi)

    def _by_evidence(self, side: Side, tap: WeighedTap) -> _Counted:
        """The judged time, unless its uncertainty crosses a boundary and the milder class must count."""
        if not self._is_uncertain(side, tap):
            return _Counted(tap.judged_ms, Review.NONE, ())
        response, (lo_ms, hi_ms) = self.policy.grades[tap.evidence.counts_as], self._interval(tap)
        if response is Response.ASK_SUPERIOR:
            mildest_ms = lo_ms if side is Side.ARRIVAL else hi_ms
            return _Counted(mildest_ms, Review.ASK_SUPERIOR, (self._uncertain(tap, ReasonCode.UNCERTAIN_ASK),))
        at_ms, review, reasons = self._within_clock_error(side, tap, lo_ms, hi_ms)
        if response is Response.SAMPLE:
            review, reasons = Review.SAMPLE, (*reasons, self._uncertain(tap, ReasonCode.UNCERTAIN_SAMPLE))
        return _Counted(at_ms, review, reasons)

    def _within_clock_error(self, side: Side, tap: WeighedTap, lo_ms: int, hi_ms: int) -> _Counted:
        """Nobody is late because a clock of ours may be wrong: inside its error bound the milder class counts."""
        error_ms = tap.evidence.error_ms
        milder_ms = (
            max(lo_ms, tap.judged_ms - error_ms) if side is Side.ARRIVAL else min(hi_ms, tap.judged_ms + error_ms)
        )
        if self._class(side, milder_ms, tap) == self._class(side, tap.judged_ms, tap):
            return _Counted(tap.judged_ms, Review.NONE, ())
        seconds = -(-error_ms // MS_PER_SECOND)
        told = because(ReasonCode.UNCERTAIN_CLOCK, self._grade_article(tap), seconds=seconds)
        return _Counted(milder_ms, Review.NONE, (told,))

    def _interval(self, tap: WeighedTap) -> tuple[int, int]:
        """`[lo, hi]` within this day: the judged time has already decided which day it is."""
        day = self.duty_day.counts
        lo_ms = day.from_ms if tap.evidence.lo_ms is None else max(day.from_ms, tap.evidence.lo_ms)
        hi_ms = day.until_ms if tap.evidence.hi_ms is None else min(day.until_ms, tap.evidence.hi_ms)
        return lo_ms, hi_ms

    def _result(  # noqa: PLR0913 - what is said of one tap
        self, side: Side, tap: WeighedTap, row: ClassRow | None, minutes: int, counted_ms: int, *, is_credited: bool
    ) -> Reason:
        """What the tap would be if nothing were credited; what is credited, and the row then, is said after it."""
        say = SAID_OF[side]
        if row is not None:
            at = self._clock(counted_ms)
            if is_credited:
                return because(say.uncredited, self.duty_day.article, at=at, minutes=minutes)
            return because(say.short, row.article, at=at, code=row.code, minutes=minutes)
        at = self._clock(tap.judged_ms)
        if self._class(side, tap.judged_ms, tap) is not None:
            return because(say.milder, self._grade_article(tap), at=at)
        if minutes:
            return because(say.below, self._rules(side).classes[0].article, at=at, minutes=minutes)
        return because(say.on_time, self._on_time_article(side, tap), at=at)

    def _on_time_article(self, side: Side, tap: WeighedTap) -> str | None:
        """The hours; or what lets seconds, or minutes of flexible time, go uncounted."""
        reckoning, flex = self.reckoning, self.duty_day.flex
        if side is Side.ARRIVAL:
            short_ms, band_ms = reckoning.late_ms(tap.judged_ms, tap.evidence.proven_ms), reckoning.band_ms
        else:
            short_ms, band_ms = reckoning.early_ms(tap.judged_ms, self.moves), 0
        if reckoning.is_dynamic or short_ms == 0:
            return self.duty_day.article
        return flex.article if flex is not None and short_ms <= band_ms else self.policy.article(f"seconds.{side}")

    def _grade_article(self, tap: WeighedTap) -> str | None:
        return self.policy.article(f"grades.{tap.evidence.counts_as}")

    def _window_article(self, at_ms: int) -> str | None:
        """What says until when, or from when on, a tap counts."""
        day = self.duty_day
        if day.kind is DutyKind.SHIFT:
            return self.policy.article("shift_window")
        windows, name = f"duties.{day.duty}.windows", "arrive" if at_ms < day.counts.from_ms else "depart"
        weekday = Weekday(day.date.weekday()).key
        return self.policy.article(f"{windows}.{weekday}.{name}", f"{windows}.every_day.{name}")

    def _proven(self, side: Side, proven_ms: int | None) -> tuple[Reason, ...]:
        """That an outage does not cover what lies before the hard lower bound, or that its approver said it does."""
        if side is Side.DEPARTURE or proven_ms is None or not self.reckoning.credits:
            return ()
        article = self.policy.article("outage_proven")
        if self.reckoning.late_ms(proven_ms, proven_ms) == self.reckoning.late_ms(proven_ms):
            refs = self.reckoning.lifted_before(proven_ms)
            told = because(ReasonCode.ARRIVAL_PROVEN_LIFTED, article, at=self._clock(proven_ms), excuse=", ".join(refs))
            return (told,) if refs else ()
        return (because(ReasonCode.ARRIVAL_PROVEN, article, at=self._clock(proven_ms)),)

    def _elsewhere(self, tap: WeighedTap) -> Reason | None:
        """A tap at a place that is none of the person's counts all the same, and somebody may look at it."""
        if tap.site is None or not self.duty_day.sites or tap.site in self.duty_day.sites:
            return None
        return because(ReasonCode.TAP_OTHER_SITE, at=self._clock(tap.judged_ms), site=tap.site)

    def _repeated(self, side: Side, taps: HalfTaps) -> tuple[Reason, ...]:
        if not taps.repeated:
            return ()
        assert taps.counted is not None
        counted = self._clock(taps.counted.judged_ms)
        witness = ReasonCode.TAP_WITNESS, self.policy.article("pairing_minutes.same_presence")
        repeated = ReasonCode.TAP_REPEATED, self.policy.article(f"counts.{side}")
        return tuple(
            because(*(witness if tap in taps.witnesses else repeated), at=self._clock(tap.judged_ms), counted=counted)
            for tap in taps.repeated
        )

    # What credited time did to a half.

    def _credited(self, side: Side, at_ms: int, row: ClassRow | None, minutes: int) -> _Credited:
        if not self.reckoning.credits:
            return _Credited((), (), row, minutes)
        rules, said_minutes = self._rules(side), self._uncredited_minutes(side, at_ms)
        said = rules.class_of(said_minutes)
        told = self._used(side, at_ms) if said is not None and said_minutes != minutes else ()
        used = told if said != row else ()
        if not told and said is not None:
            return _Credited((), (), row, minutes)
        if side is Side.DEPARTURE and self.moves != UNMOVED:
            # Flexible time has moved the end of what leave and travel leave, and that end was said.
            said_minutes = rules.minutes(self.reckoning.early_in_outages_ms(at_ms, self.moves))
            said = rules.class_of(said_minutes)
        return _Credited(used, told, said, said_minutes)

    def _used(self, side: Side, at_ms: int | None) -> tuple[Credit, ...]:
        """The credited pieces that cover something of what the person was not there for, in order of time."""
        day = self.duty_day
        if side is Side.ARRIVAL:
            gap = Period(day.start_ms, max(day.start_ms + 1, day.end_ms if at_ms is None else at_ms))
        else:
            end_ms = day.end_ms + self.moves.later_ms
            gap = Period(min(end_ms - 1, self.reckoning.last_ms, day.start_ms if at_ms is None else at_ms), end_ms)
        if at_ms is None:
            lifting = tuple(one for one in self.reckoning.credits if one.lifts(side, day))
            return lifting or tuple(one for one, _ in self.reckoning.covers_nobody.pieces)
        return tuple(
            one
            for one in self.reckoning.credits
            if one.lifts(side, day)
            or one.period.overlaps(gap)
            or (one.code is None and at_ms in {one.period.from_ms, one.period.until_ms})
        )

    # Reading the table.

    def _rules(self, side: Side) -> SideRules:
        return self.policy.arrival if side is Side.ARRIVAL else self.policy.departure

    def _class(self, side: Side, at_ms: int, tap: WeighedTap) -> ClassRow | None:
        return self._rules(side).class_of(self._minutes(side, at_ms, tap.evidence.proven_ms))

    def _minutes(self, side: Side, at_ms: int, proven_ms: int | None = None) -> int:
        """Minutes late or early at that time: those that nothing covers, and flexible time does not make up."""
        reckoning = self.reckoning
        if reckoning.is_dynamic:
            return 0
        if side is Side.ARRIVAL:
            return self.policy.arrival.minutes(reckoning.late_ms(at_ms, proven_ms) - reckoning.band_ms)
        return self.policy.departure.minutes(reckoning.early_ms(at_ms, self.moves))

    def _uncredited_minutes(self, side: Side, at_ms: int) -> int:
        """As if nothing were credited."""
        reckoning = self.reckoning
        if reckoning.is_dynamic:
            return 0
        if side is Side.ARRIVAL:
            return self.policy.arrival.minutes(reckoning.late_uncredited_ms(at_ms) - reckoning.band_ms)
        return self.policy.departure.minutes(reckoning.early_uncredited_ms(at_ms, self.moves))

    def _window(self, side: Side) -> Period:
        return self.duty_day.arrive if side is Side.ARRIVAL else self.duty_day.depart

    def _clock(self, at_ms: int) -> Moment:
        return Moment(at_ms, self.duty_day.zone, self.duty_day.date)


_ASKS = {Response.ACCEPT: 0, Response.SAMPLE: 1, Response.ASK_SUPERIOR: 2}
_UNCERTAIN = frozenset({ReasonCode.UNCERTAIN_ASK, ReasonCode.UNCERTAIN_SAMPLE})
_COSTLY = frozenset({PartStatus.SHORT, PartStatus.NO_PUNCH})


def _bounded(tap: WeighedTap, bounds: Sequence[int | None]) -> WeighedTap:
    known = [one for one in bounds if one is not None]
    proven_ms = min(known) if len(known) == len(bounds) else None
    return replace(tap, evidence=replace(tap.evidence, proven_ms=proven_ms))


def _most(used: tuple[Credit, ...]) -> str | None:
    """The code that stands for them: of the longest one."""
    return max(used, key=lambda one: one.period.until_ms - one.period.from_ms).code if used else None


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
