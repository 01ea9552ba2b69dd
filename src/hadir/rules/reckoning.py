"""The algebra of a day: owed time, credited time, and what nothing covers.

    owed ── less what is credited ──► what remains ── flexible time moves it ──► before the arrival: minutes late
                                                                             └► after the departure: minutes early

docs/rules.md, section 3, says it for people; every word here is one of that page. Excuses are pieces of time and
nothing else: a new kind of credited time is a row of a policy and, if it reaches otherwise, a line in `Reach`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from hadir.rules.clocks import MS_PER_MINUTE, Period
from hadir.rules.duty import DutyDay, DutyKind, Flex
from hadir.rules.excuse import ExcusePeriod, Reach
from hadir.rules.policy import Policy
from hadir.rules.spans import AFTER_ALL, BEFORE_ALL, Spans, length_ms, minus, union
from hadir.rules.verdict import Side

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Credit:
    """A piece of credited time. `code` None is an outage. `percent`: what a whole day of it costs.

    `stands`: an outage that covers no minute before an arrival's hard lower bound.
    """

    period: Period
    refs: tuple[str, ...]
    article: str
    code: str | None
    percent: Decimal
    reach: Reach
    stands: bool = False

    def lifts(self, side: Side, day: DutyDay) -> bool:
        """Whether it reaches the whole of that half."""
        lifts = self.reach.lifts_arrival if side is Side.ARRIVAL else self.reach.lifts_departure
        return lifts(self.period, day)

    def reached(self, day: DutyDay) -> Iterator[Period]:
        """The minutes that it covers, whoever comes and goes when."""
        yield self.period
        if self.lifts(Side.ARRIVAL, day):
            yield Period(BEFORE_ALL, day.arrive.until_ms)
        if self.lifts(Side.DEPARTURE, day):
            yield Period(day.depart.from_ms, AFTER_ALL)


def credits_of(excuses: Iterable[ExcusePeriod], policy: Policy) -> tuple[Credit, ...]:
    """What is credited, in order of time; pieces of one kind that overlap or touch are one. A code that the policy
    does not have credits nothing.
    """
    kinds: dict[tuple[object, ...], list[Credit]] = {}
    heard = (excuse for excuse in excuses if policy.credits(excuse.code))
    for one in sorted({_credit(excuse, policy) for excuse in heard}, key=_in_order):
        same = kinds.setdefault((one.code, one.percent, one.stands), [])
        if same and same[-1].period.touches(one.period):
            same[-1] = _joined(same[-1], one)
        else:
            same.append(one)
    return tuple(sorted((one for same in kinds.values() for one in same), key=_in_order))


def _credit(excuse: ExcusePeriod, policy: Policy) -> Credit:
    rule = None if excuse.code is None else policy.excuses[excuse.code]
    stands = excuse.code is None and policy.outage_proven_stands and not excuse.lifts_proven
    return Credit(
        period=excuse.explains,
        refs=(excuse.ref,),
        article=excuse.article if rule is None else rule.article,
        code=excuse.code,
        percent=NOTHING if rule is None else rule.percent(excuse.day_number),
        reach=Reach.PERIOD if rule is None else rule.reach,
        stands=stands,
    )


def _in_order(one: Credit) -> tuple[object, ...]:
    return (one.period, one.code or "", one.refs, one.article, one.percent, one.stands)


def _joined(one: Credit, other: Credit) -> Credit:
    until_ms = max(one.period.until_ms, other.period.until_ms)
    refs = tuple(dict.fromkeys((*one.refs, *other.refs)))
    return Credit(Period(one.period.from_ms, until_ms), refs, one.article, one.code, one.percent, one.reach, one.stands)


class Moves(NamedTuple):
    """By how much flexible time moves the end of what remains: so much later, or so much earlier."""

    later_ms: int = 0
    earlier_ms: int = 0


UNMOVED = Moves()


@dataclass(frozen=True)
class Reckoning:
    """A day's owed and credited time, before anybody has tapped. `may_flex`: whether there is flexible time left."""

    day: DutyDay
    policy: Policy
    credits: tuple[Credit, ...]
    may_flex: bool

    @classmethod
    def of(cls, day: DutyDay, policy: Policy, excuses: Sequence[ExcusePeriod], *, flex_times: int) -> Reckoning:
        """`flex_times`: how often flexible time was used in the month before."""
        flex = day.flex
        may_flex = flex is not None and (flex.times_per_month is None or flex_times < flex.times_per_month)
        return cls(day, policy, credits_of(excuses, policy) if excuses else (), may_flex)

    # The sets.

    @cached_property
    def owed(self) -> Spans:
        """From the start of work to its end, less the breaks that the policy gives."""
        return minus((self.day.hours,), union(self.day.breaks))

    @cached_property
    def left(self) -> Spans:
        """What is owed, less the credited time that has a code."""
        return minus(self.owed, self._coded)

    @cached_property
    def outages(self) -> Spans:
        return union(one.period for one in self.credits if one.code is None)

    @cached_property
    def _coded(self) -> Spans:
        return union(one.period for one in self.credits if one.code is not None)

    @property
    def first_ms(self) -> int:
        """The first owed minute that nothing with a code covers; the start of work where all are covered."""
        return self.left[0].from_ms if self.left else self.day.start_ms

    @property
    def due_ms(self) -> int:
        """When somebody is first owed to be there; after all where nothing is left, or both halves are covered."""
        if all(map(self.lifted, Side)):
            return AFTER_ALL
        morning = (Period(0, self.day.arrive.until_ms),) if self.lifted(Side.ARRIVAL) else ()
        return next((one.from_ms for one in minus(self.left, morning)), AFTER_ALL)

    @property
    def last_ms(self) -> int:
        """The end of the last one."""
        return self.left[-1].until_ms if self.left else self.day.end_ms

    @property
    def _plain(self) -> bool:
        return not self.credits and not self.day.breaks

    @property
    def band_ms(self) -> int:
        """How many minutes are not late, for they are made up."""
        flex = self.day.flex
        return flex.late_minutes * MS_PER_MINUTE if flex is not None and self.may_flex else 0

    def lifted(self, side: Side) -> bool:
        """Whether a piece of reach `half` covers all of that half."""
        return bool(self.credits) and side in self._lifted

    @cached_property
    def _lifted(self) -> frozenset[Side]:
        return frozenset(side for side in Side if any(one.lifts(side, self.day) for one in self.credits))

    # Minutes that nothing covers.

    def late_ms(self, at_ms: int, proven_ms: int | None = None) -> int:
        """What lies before an arrival and nothing covers. `proven_ms` is its hard lower bound."""
        if self._plain:
            return max(0, min(at_ms, self.day.end_ms) - self.day.start_ms)
        if self.lifted(Side.ARRIVAL):
            return 0
        if proven_ms is None or not self.stands(proven_ms):
            return length_ms(self.uncovered, until_ms=at_ms)
        return length_ms(minus(self.left, self._outages_for(proven_ms)), until_ms=at_ms)

    @cached_property
    def uncovered(self) -> Spans:
        """What nothing covers, as long as flexible time moves nothing."""
        return minus(self.left, self.outages)

    def stands(self, proven_ms: int) -> bool:
        """Whether that hard lower bound takes something from an outage."""
        return self._stands_from_ms is not None and self._stands_from_ms < proven_ms

    @cached_property
    def _stands_from_ms(self) -> int | None:
        """When the first outage began in which what is proven stands."""
        return min((one.period.from_ms for one in self.credits if one.stands), default=None)

    def _outages_for(self, proven_ms: int) -> Spans:
        return union(
            Period(max(proven_ms, one.period.from_ms), one.period.until_ms) if one.stands else one.period
            for one in self.credits
            if one.code is None
        )

    def lifted_before(self, proven_ms: int) -> tuple[str, ...]:
        """Outages that cover owed time before that hard lower bound only because whoever approved them said so."""
        if not self.policy.outage_proven_stands:
            return ()
        owed_ms = length_ms(self.left, until_ms=proven_ms)
        lifted = (one for one in self.credits if one.code is None and not one.stands)
        reached = (one for one in lifted if length_ms(minus(self.left, (one.period,)), until_ms=proven_ms) < owed_ms)
        return tuple(dict.fromkeys(ref for one in reached for ref in one.refs))

    def early_ms(self, at_ms: int, moves: Moves = UNMOVED) -> int:
        """What lies after a departure and nothing covers, once flexible time has moved the end."""
        if self._plain:
            end_ms = self.day.end_ms + moves.later_ms - moves.earlier_ms
            return max(0, end_ms - max(at_ms, self.day.start_ms))
        if self.lifted(Side.DEPARTURE):
            return 0
        if moves == UNMOVED:
            return length_ms(self.uncovered, from_ms=at_ms)
        return length_ms(self._moved(self.left, moves, self.outages), from_ms=at_ms)

    def early_in_outages_ms(self, at_ms: int, moves: Moves) -> int:
        """As if no outage were credited: until the end that flexible time has moved."""
        return length_ms(self._moved(self.left, moves, ()), from_ms=at_ms)

    def _moved(self, spans: Spans, moves: Moves, outages: Spans) -> Spans:
        """What remains, once flexible time has moved its end. An outage covers added minutes as it does others; leave
        and travel do not, for they are taken from the hours of work.
        """
        if not spans:
            return spans
        last_ms = spans[-1].until_ms
        if moves.earlier_ms:
            spans = minus(spans, (Period(last_ms - moves.earlier_ms, AFTER_ALL),))
        if moves.later_ms:
            spans = (*spans, Period(last_ms, last_ms + moves.later_ms))
        return minus(spans, outages)

    def late_uncredited_ms(self, at_ms: int) -> int:
        """As if nothing were credited."""
        return length_ms(self.owed, until_ms=at_ms)

    def early_uncredited_ms(self, at_ms: int, moves: Moves) -> int:
        """As if nothing were credited."""
        return length_ms(self._moved(self.owed, moves, ()), from_ms=at_ms)

    # Flexible time.

    def moves(self, at_ms: int, proven_ms: int | None = None) -> Moves:
        """How an arrival moves the end of what remains."""
        flex = self.day.flex
        if flex is None or not self.left:
            return UNMOVED
        late_ms = self.late_ms(at_ms, proven_ms)
        if late_ms:
            return Moves(later_ms=self._made_up_ms(flex, late_ms)) if self.may_flex else UNMOVED
        return Moves(earlier_ms=min(max(0, self.first_ms - at_ms), flex.early_minutes * MS_PER_MINUTE))

    def _made_up_ms(self, flex: Flex, late_ms: int) -> int:
        minutes = flex.late_minutes if flex.whole else self.policy.arrival.minutes(late_ms)
        return min(minutes, flex.late_minutes) * MS_PER_MINUTE

    # Taps that are missing.

    def as_if_came_ms(self) -> int | None:
        """When somebody may have come whom an outage kept from recording it; None where none did."""
        row_ms = self.band_ms or self.policy.arrival.no_punch_minutes * MS_PER_MINUTE
        found = (one for one in self.outages if self.day.start_ms < one.until_ms)
        first = next(found, None)
        return first.from_ms if first is not None and first.from_ms < self.first_ms + row_ms else None

    def as_if_went_ms(self) -> int | None:
        """When somebody may have gone whom an outage kept from recording it; None where none did."""
        row_ms = self.policy.departure.no_punch_minutes * MS_PER_MINUTE
        found = [one for one in self.outages if one.from_ms < self.day.counts.until_ms]
        return found[-1].until_ms if found and self.last_ms - row_ms < found[-1].until_ms else None

    # What covers the day.

    def covers(self, came_ms: int | None, went_ms: int | None) -> Covers:
        """Credited time as it covers what is owed, for somebody who came and went then."""
        worked = None if came_ms is None or went_ms is None or went_ms <= came_ms else Period(came_ms, went_ms)
        return Covers(self.owed, self._pieces, worked, length_ms(self.owed) + self.day.beside_ms)

    @cached_property
    def _pieces(self) -> tuple[tuple[Credit, Spans], ...]:
        pieces = ((one, _cut(union(one.reached(self.day)), self.owed)) for one in self.credits)
        return tuple((one, spans) for one, spans in pieces if spans)

    @cached_property
    def covers_nobody(self) -> Covers:
        """For somebody who made no tap."""
        return self.covers(None, None)

    @property
    def is_dynamic(self) -> bool:
        return self.day.kind is DutyKind.DYNAMIC


def _cut(spans: Spans, owed: Spans) -> Spans:
    return minus(owed, minus(owed, spans))


@dataclass(frozen=True)
class Covers:
    """Owed time and the pieces that cover some of it. `worked`: the presence, which costs nothing; `whole_ms`: what is
    owed on the whole day, of a split shift in all its parts.
    """

    owed: Spans
    pieces: tuple[tuple[Credit, Spans], ...]
    worked: Period | None
    whole_ms: int

    @property
    def open_ms(self) -> int:
        """Owed time that nothing covers."""
        return self._open_ms(coded=False)

    @property
    def by_codes(self) -> bool:
        """Whether excuses with a code cover all that is owed."""
        return bool(self.pieces) and self._open_ms(coded=True) == 0

    def _open_ms(self, *, coded: bool) -> int:
        taken = (span for one, spans in self.pieces if one.code is not None or not coded for span in spans)
        return length_ms(minus(self.owed, union(taken)))

    def at(self, at_ms: int) -> Credit | None:
        """What covers that instant."""
        return next((one for one, spans in self.pieces if any(at_ms in span for span in spans)), None)

    @property
    def refs(self) -> tuple[str, ...]:
        """Every excuse that covers some of it."""
        return tuple(dict.fromkeys(ref for one, _ in self.pieces for ref in one.refs))

    @property
    def priced_codes(self) -> str:
        """The codes that cost something."""
        return ", ".join(dict.fromkeys(str(one.code) for one, _ in self.pieces if one.percent))

    def main(self) -> Credit | None:
        """What gives the day its letter: it covers most; of equal ones the cheaper, a code before an outage. Where
        codes cover all of the day, it is one of them.
        """
        coded, letters = self.by_codes, dict[str | None, list[tuple[Credit, Spans]]]()
        for one, spans in self.pieces:
            if one.code is None and coded:
                continue
            letters.setdefault(one.code, []).append((one, spans))

        def rank(same: list[tuple[Credit, Spans]]) -> tuple[object, ...]:
            most_ms = length_ms(union(span for _, spans in same for span in spans))
            first = same[0][0]
            return -most_ms, min(one.percent for one, _ in same), first.code is None, first.period.from_ms, first.code

        found = sorted(letters.values(), key=rank)
        return found[0][0][0] if found else None

    def priced(self) -> Decimal:
        """What the credited time that was not worked costs, times the owed time."""
        return sum((one.percent * span_ms for one, span_ms in self.prices()), NOTHING)

    def prices(self) -> Iterator[tuple[Credit, int]]:
        """Each piece that costs something, and how much of it was not worked: of each minute the cheapest."""
        taken: Spans = () if self.worked is None else (self.worked,)
        for one, spans in sorted(self.pieces, key=_dearness):
            span_ms = length_ms(minus(spans, taken)) if one.percent else 0
            if span_ms:
                yield one, span_ms
            taken = union((*taken, *spans))


def _dearness(piece: tuple[Credit, Spans]) -> Decimal:
    return piece[0].percent
