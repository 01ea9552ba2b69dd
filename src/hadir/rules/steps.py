"""A day reckoned by hand, in the order of docs/rules.md, section 3: owed time, credited time, presence, what nothing
covers, the row that it meets, prices, sum and cap. Each step with its numbers.

Nothing here decides anything: the numbers are those of the reckoning and of the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hadir.rules.clocks import MS_PER_MINUTE, Moment, Period
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import Direction
from hadir.rules.excuse import ExcusePeriod, Reach
from hadir.rules.judge import moves_of
from hadir.rules.policy import DayCap, Policy, WrongButton
from hadir.rules.reasons import Param, Reason, ReasonCode, because, plain
from hadir.rules.reckoning import UNMOVED, Credit, Reckoning
from hadir.rules.spans import length_ms
from hadir.rules.verdict import PartStatus, PartVerdict, Side, TapRole, Verdict

_SIDES = {
    (Side.ARRIVAL, PartStatus.NO_PUNCH): ReasonCode.STEP_NO_ARRIVAL,
    (Side.DEPARTURE, PartStatus.NO_PUNCH): ReasonCode.STEP_NO_DEPARTURE,
    (Side.ARRIVAL, PartStatus.SHORT): ReasonCode.STEP_LATE,
    (Side.DEPARTURE, PartStatus.SHORT): ReasonCode.STEP_EARLY,
}
_OPEN = {
    PartStatus.UNDECIDED: (ReasonCode.STEP_ARRIVAL_UNDECIDED, ReasonCode.STEP_DEPARTURE_UNDECIDED),
    PartStatus.NOT_YET: (ReasonCode.ARRIVAL_NOT_YET, ReasonCode.DEPARTURE_NOT_YET),
}


def steps_of(
    day: DutyDay, policy: Policy, excuses: Sequence[ExcusePeriod], verdict: Verdict, *, flex_times: int = 0
) -> tuple[Reason, ...]:
    """The steps of one duty day, as `judge_day` was asked about it; of a split shift one part, with its own verdict."""
    known = [one for one in excuses if one.code is None or one.code in policy.excuses]
    return tuple(_Steps(Reckoning.of(day, policy, known, flex_times=flex_times), verdict).all())


class _Steps:
    def __init__(self, reckoning: Reckoning, verdict: Verdict) -> None:
        self.reckoning, self.verdict = reckoning, verdict
        self.day, self.policy = reckoning.day, reckoning.policy
        arrival, departure = verdict.arrival, verdict.departure
        assert arrival is not None
        assert departure is not None
        self.arrival, self.departure = arrival, departure
        self.moves = moves_of(reckoning, arrival, pressed_ms=self._there_ms(arrival))

    def all(self) -> Iterator[Reason]:
        yield from self._owed()
        yield from self._credited()
        yield from self._presence()
        yield from self._uncovered()
        yield from (self._half(self.arrival), self._half(self.departure))
        yield from self._sum()

    def _owed(self) -> Iterator[Reason]:
        hours = self._span(self.day.hours)
        minutes = _minutes(length_ms(self.reckoning.owed))
        yield because(ReasonCode.STEP_OWED, self.day.article, **hours, minutes=minutes)
        yield from (because(ReasonCode.STEP_BREAK, self.day.article, **self._span(one)) for one in self.day.breaks)

    def _credited(self) -> Iterator[Reason]:
        if not self.reckoning.credits:
            yield because(ReasonCode.STEP_NOTHING_CREDITED)
        yield from map(self._credit, self.reckoning.credits)

    def _credit(self, one: Credit) -> Reason:
        told: dict[str, Param] = {**self._span(one.period), "excuse": ", ".join(one.refs)}
        if one.code is None:
            return because(ReasonCode.STEP_CREDITED_OUTAGE, one.article, **told)
        by_half = one.reach is Reach.HALF
        code = ReasonCode.STEP_CREDITED_HALF if by_half else ReasonCode.STEP_CREDITED
        return because(code, one.article, **told, code=one.code, percent=plain(one.percent))

    def _presence(self) -> Iterator[Reason]:
        came, went = self._seen_ms(self.arrival), self._seen_ms(self.departure)
        if came is not None and went is not None:
            yield because(ReasonCode.STEP_PRESENCE, from_=self._clock(came), until=self._clock(went))
        elif came is not None:
            yield because(ReasonCode.STEP_ONLY_ARRIVAL, at=self._clock(came))
        elif went is not None:
            yield because(ReasonCode.STEP_ONLY_DEPARTURE, at=self._clock(went))
        else:
            yield because(ReasonCode.STEP_NO_PRESENCE)

    def _seen_ms(self, part: PartVerdict) -> int | None:
        """When a tap shows the person there, by its own time."""
        if part.evidence is not None:
            return part.evidence.judged_ms
        return self._there_ms(part) if part.counted_ms is None else part.counted_ms

    def _there_ms(self, part: PartVerdict) -> int | None:
        """When a tap was made that does not count and leaves a half undecided: outside the hours, or with the other
        button.
        """
        if part.counted_ms is not None:
            return None
        if part.side is Side.ARRIVAL:
            way, other, first, rules = Direction.IN, Direction.OUT, min, self.policy.arrival
        else:
            way, other, first, rules = Direction.OUT, Direction.IN, max, self.policy.departure
        kinds = {(TapRole.OUTSIDE_WINDOW, way)}
        if rules.wrong_button is WrongButton.ASK_SUPERIOR:
            kinds.add((TapRole.WRONG_BUTTON, other))
        return first((tap.judged_ms for tap in self.verdict.taps if (tap.role, tap.direction) in kinds), default=None)

    def _uncovered(self) -> Iterator[Reason]:
        """What credited time leaves of the day, and where flexible time moves its end."""
        if self.reckoning.credits:
            left = self.reckoning.uncovered
            yield from (
                because(ReasonCode.STEP_LEFT, **self._span(one), minutes=_minutes(length_ms((one,)))) for one in left
            )
            if not left:
                yield because(ReasonCode.STEP_NOTHING_LEFT)
        flex = self.day.flex
        if flex is not None and self.moves != UNMOVED:
            end_ms = self.reckoning.last_ms + self.moves.later_ms - self.moves.earlier_ms
            minutes = _minutes(self.moves.later_ms or self.moves.earlier_ms)
            code = ReasonCode.FLEX_MOVED if self.moves.later_ms else ReasonCode.FLEX_EARLIER
            yield because(code, flex.article, minutes=minutes, end=self._clock(end_ms))

    def _half(self, part: PartVerdict) -> Reason:
        is_arrival = part.side is Side.ARRIVAL
        if part.status in _OPEN:
            return because(_OPEN[part.status][not is_arrival])
        rules = self.policy.arrival if is_arrival else self.policy.departure
        if part.status is PartStatus.NO_PUNCH:
            told = {"code": str(part.class_code), "percent": plain(part.percent)}
            return because(_SIDES[part.side, part.status], rules.no_punch_article, **told)
        if part.status is PartStatus.SHORT:
            row = next((one for one in rules.classes if one.code == part.class_code), rules.no_punch)
            told = {"code": row.code, "percent": plain(part.percent)}
            return because(_SIDES[part.side, part.status], row.article, **told, minutes=part.minutes)
        return because(ReasonCode.STEP_NOT_LATE if is_arrival else ReasonCode.STEP_NOT_EARLY)

    def _sum(self) -> Iterator[Reason]:
        """What the reasons say of the price, with the cap beside it where it did not come to bear."""
        told = [one for one in self.verdict.reasons if one.code in _PRICES]
        yield from told
        is_capped = any(one.code is ReasonCode.CAPPED for one in told)
        if self.policy.day_cap is DayCap.ABSENCE and not self.reckoning.credits and not is_capped:
            percent = plain(self.policy.absent.percent)
            yield because(ReasonCode.STEP_CAP, self.policy.article("day_cap"), percent=percent)
        yield because(ReasonCode.STEP_RESULT, code=self.verdict.code, percent=plain(self.verdict.deduction_percent))

    def _span(self, period: Period) -> dict[str, Param]:
        return {"from_": self._clock(period.from_ms), "until": self._clock(period.until_ms)}

    def _clock(self, at_ms: int) -> Moment:
        return Moment(at_ms, self.day.zone, self.day.date)


_PRICES = frozenset(
    {
        ReasonCode.ABSENT,
        ReasonCode.ABSENT_SHARE,
        ReasonCode.CREDIT_SHARE,
        ReasonCode.DAY_EXCUSED,
        ReasonCode.CEREMONY_MISSED,
        ReasonCode.DAY_UNPAID,
        ReasonCode.DEDUCTION,
        ReasonCode.NO_DEDUCTION,
        ReasonCode.CAPPED,
    }
)


def _minutes(span_ms: int) -> int:
    return span_ms // MS_PER_MINUTE
