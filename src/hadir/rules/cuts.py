"""Where the law cuts a day: which instants it cannot tell apart, and so which days of people are one case.

A table in whole minutes reads 07:31:02 and 07:31:40 alike, and everybody who came before the start of work and went
after its end is one case. The cuts are the edges of everything that has some, and the minutes that the day's reckoning
leaves uncovered: what credited time does is asked of `reckoning.py` and said nowhere here. Where a day has more to it
than that (excuses that cost something or have several letters, taps at one instant, flexible time with more than a
coming and a going), it is no case. `tests/rules/test_precedents.py` holds every case against the judge on every
boundary.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced

from msgspec import Struct
from msgspec.structs import replace

from hadir.rules.ceremony import Ceremony
from hadir.rules.clocks import MS_PER_MINUTE, Period, instant_ms
from hadir.rules.duty import DutyDay, DutyKind
from hadir.rules.evidence import Direction, Evidence, Grade, Source, WeighedTap
from hadir.rules.excuse import ExcusePeriod
from hadir.rules.half import DarkSource
from hadir.rules.judge import identity_of, judge_day
from hadir.rules.pairing import directed, is_sent_home, may_come_late, stands_on
from hadir.rules.policy import ClassRow, PairingMode, Policy, Response, Which
from hadir.rules.reckoning import UNMOVED, Credit, Moves, Reckoning
from hadir.rules.spans import AFTER_ALL
from hadir.rules.verdict import Identity, Side, Verdict

TAPS_MAX = 8
"""A day with more taps than this is judged by itself."""

Case = tuple[object, ...]


# --- what a day is, but for its taps ---------------------------------------------------------------------------------


class Day(Struct, frozen=True):
    """Everything that a verdict depends on, but the taps."""

    duty_day: DutyDay
    policy: Policy
    excuses: tuple[ExcusePeriod, ...]
    now_ms: int
    month_closed: bool
    ceremonies: tuple[Ceremony, ...]
    dark: tuple[DarkSource, ...]

    def judge(self, taps: Sequence[WeighedTap], flex_times: int) -> Verdict:
        """The judge's verdict, but not how each tap was weighed: nobody reads that here."""
        return judge_day(
            duty_day=self.duty_day,
            taps=[replace(tap, evidence=replace(tap.evidence, weighed_from=None)) for tap in taps],
            policy=self.policy,
            excuses=self.excuses,
            now_ms=self.now_ms,
            month_closed=self.month_closed,
            ceremonies=self.ceremonies,
            dark=self.dark,
            flex_times=flex_times,
        )

    def shape(self) -> Case | None:
        """What two days must have in common to share their cases, with times from the start of work on; None where
        work does not last whole minutes.
        """
        duty = self.duty_day
        length_ms = duty.end_ms - duty.start_ms
        if length_ms % MS_PER_MINUTE:
            return None
        return (
            *(id(self.policy), duty.kind, duty.flex, duty.dynamic, duty.code, bool(duty.sites), length_ms),
            *(duty.unsure is not None, duty.beside_ms),
            *map(self.since_start, (duty.day, duty.arrive, duty.depart)),
            *(self.now_ms >= duty.counts.until_ms, self.month_closed, self.noon_ms()),
            tuple([(one.code, *self.since_start(one.explains), one.day_number, one.lifts_proven)
                   for one in self.excuses]),
            tuple([(*self.since_start(one.period), one.name, one.code, one.site, self.now_ms < one.period.until_ms)
                   for one in self.ceremonies]),
            tuple([self.since_start(one.period) for one in self.dark]),
            duty.sites if self.ceremonies else (),
            tuple([self.since_start(one) for one in duty.breaks]),
        )  # fmt: skip

    def reckoning(self) -> Reckoning:
        """The day's reckoning, as long as there is flexible time left."""
        return Reckoning.of(self.duty_day, self.policy, self.excuses, flex_times=0)

    def used_up(self, flex_times: int) -> bool:
        """Whether a month's flexible times were used before this day."""
        flex = self.duty_day.flex
        return flex is not None and flex.times_per_month is not None and flex_times >= flex.times_per_month

    def is_plain(self) -> bool:
        """Whether the cuts below are all there are: what is credited has one letter, and covers the whole day where it
        costs something or meets flexible time.
        """
        if not self.excuses and not self.duty_day.breaks:
            return True
        pieces = self.reckoning().credits
        coded = [one for one in pieces if one.code is not None]
        if len(coded) > 1:
            return False
        covers = bool(coded) and all(map(self._covers, coded))
        return covers or (not any(one.percent for one in coded) and self.duty_day.flex is None)

    def _covers(self, piece: Credit) -> bool:
        period = piece.period
        return period.from_ms <= self.duty_day.start_ms and self.duty_day.end_ms <= period.until_ms

    def noon_ms(self) -> int | None:
        """From when on a first coming is a going home; None where a policy does not say so."""
        duty, noon = self.duty_day, self.policy.pairing.late_first_after
        if noon is None or duty.kind is not DutyKind.FIXED:
            return None
        return instant_ms(duty.date, noon, duty.zone) - duty.start_ms

    def edges(self) -> Iterator[int]:
        """The first and last instants of everything that has some, and the millisecond after each."""
        duty = self.duty_day
        periods = [duty.day, duty.arrive, duty.depart, duty.hours, *(one.period for one in self.ceremonies)]
        periods += [one.explains for one in self.excuses]
        for period in periods:
            for at_ms in self.since_start(period):
                yield from (at_ms, at_ms + 1)

    def since_start(self, period: Period) -> tuple[int, int]:
        return period.from_ms - self.duty_day.start_ms, period.until_ms - self.duty_day.start_ms


# --- where the law cuts the day --------------------------------------------------------------------------------------


Measure = Callable[[int, int | None, Moves], int]
"""Minutes that nothing covers, before a coming or after a going, in milliseconds; by a coming's hard lower bound, and
by how flexible time has moved the end.
"""
Moving = Callable[[int, int | None, bool], Moves]
"""How a coming moves the end of a flexible day: by its hard lower bound, and by whether flexible time is used up."""


class HalfClock(Struct, frozen=True):
    """A coming's or a going's clock, from the start of work on: the edges at which something may change, the span in
    which whole minutes are told apart, the class that the table has at each instant, and what nothing covers, where
    that is not the clock's own minutes. `even`: all instants within a minute are alike.

    Between a minute and the millisecond after it lies where whole minutes and started minutes change.
    """

    edges: list[int]
    from_ms: int
    until_ms: int
    class_at: Callable[[int, int | None, Moves], ClassRow | None]
    measure: Measure | None
    even: bool

    @classmethod
    def of(cls, day: Day, side: Side, span: Period, measure: Measure, *, measured: bool) -> HalfClock:
        """`measured`: what nothing covers is not the clock's own minutes."""
        edges = sorted(set(day.edges()))
        even = not measured and all(edge % MS_PER_MINUTE <= 1 for edge in edges)
        table, found = _table(day, side, measure), measure if measured else None
        return cls(edges, span.from_ms, span.until_ms, table, found, even)

    def cell(self, at_ms: int, proven_ms: int | None = None, moves: Moves = UNMOVED) -> int:
        """A number for everything the law cannot tell from this instant."""
        cell = bisect_right(self.edges, at_ms) * _CELLS
        if at_ms >= self.from_ms:
            minute, rest = divmod(min(at_ms, self.until_ms) - self.from_ms, MS_PER_MINUTE)
            cell += 2 * minute + (rest > 0) + 1
        if self.measure is None:
            return cell
        minute, rest = divmod(self.measure(at_ms, proven_ms, moves), MS_PER_MINUTE)
        return cell * _CELLS + 2 * minute + (rest > 0)


_CELLS = 100_000
"""More than twice the minutes of any day."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """How the law cuts a day. `stands`: the hard lower bound of a coming bears on what is credited. `priced`: what is
    credited costs something, less what was worked. `late`: a first coming after noon may be one.
    """

    coming: HalfClock
    going: HalfClock
    moves: Moving | None
    chosen: frozenset[Source]
    accepted: frozenset[Grade]
    noon: bool
    usual: bool
    stands: bool
    priced: bool
    late: bool

    @classmethod
    def of(cls, day: Day) -> Cuts:
        duty, policy, reckoning = day.duty_day, day.policy, day.reckoning()
        start_ms, flexible, credited = duty.start_ms, duty.flex is not None, bool(reckoning.credits or duty.breaks)
        from_ms, until_ms = day.since_start(duty.counts)
        last_ms = max(duty.end_ms, min(duty.arrive.until_ms, duty.counts.until_ms)) - start_ms + 1
        came, went = Period(0, until_ms + MS_PER_MINUTE), Period(from_ms - from_ms % MS_PER_MINUTE, last_ms)
        late, early, moves = _measures(reckoning)
        return cls(
            coming=HalfClock.of(day, Side.ARRIVAL, came, late, measured=credited),
            going=HalfClock.of(day, Side.DEPARTURE, _NEVER if flexible else went, early, measured=credited or flexible),
            moves=moves if flexible else None,
            chosen=frozenset(source for source, mode in policy.pairing.modes.items() if mode is PairingMode.CHOSEN),
            accepted=frozenset(grade for grade in Grade if policy.grades[grade] is Response.ACCEPT),
            noon=day.noon_ms() is not None,
            usual=(policy.arrival.counts, policy.departure.counts) == (Which.FIRST, Which.LAST),
            stands=any(one.stands for one in reckoning.credits),
            priced=any(one.percent for one in reckoning.credits),
            late=may_come_late(duty, policy.pairing, reckoning.due_ms),
        )

    def proven(self, day: Day, evidence: Evidence) -> int | None:
        """A tap's hard lower bound from the start of work on, where it bears on anything."""
        proven_ms = evidence.proven_ms if self.stands else None
        return None if proven_ms is None else proven_ms - day.duty_day.start_ms

    def case(self, day: Day, taps: Sequence[WeighedTap], flex_times: int) -> Case | None:
        """Which case these taps are; None when they are none. Not one of `Usual`."""
        mine = [tap for tap in taps if stands_on(tap, day.duty_day)]
        loose = self.noon or any(tap.direction is _UNSAID or tap.source not in self.chosen for tap in mine)
        if len(mine) > 1 and (self.priced or not _apart(mine)):
            return None
        if loose:
            mine, notes = directed(mine, day.duty_day, day.policy.pairing)
            if self.late and is_sent_home(notes):
                return None  # It is read in two ways.
        came, went = self._that_count(day, mine)
        if any(self._is_pressed_for(day, tap) for tap in mine[: max(came, 0)]):
            return None
        several = came >= 0 and sum(tap.direction is _IN for tap in mine) > 1
        if several and self.proven(day, mine[came].evidence) is not None:
            return None  # Perhaps less is proven of another that agrees.
        if self.moves is None:
            return self._of(day, mine, (came, went), UNMOVED)
        return self._flexible(day, mine, (came, went), self.moves, used_up=day.used_up(flex_times))

    def _flexible(
        self, day: Day, taps: Sequence[WeighedTap], counted: tuple[int, int], moves: Moving, *, used_up: bool
    ) -> Case | None:
        """The case of a day whose end the coming moves; None where something else may move it, or decide whether."""
        came = counted[0]
        if day.duty_day.unsure is not None or (len(taps) > 1 and (came < 0 or not self.usual)):
            return None
        if came < 0:
            return used_up, *self._of(day, taps, counted, UNMOVED)
        first = taps[came].evidence
        if used_up and self.place(day, first, coming=True)[1] is not None:
            return None  # The table of comings is that with flexible time.
        moved = moves(first.judged_ms - day.duty_day.start_ms, self.proven(day, first), used_up)
        return used_up, *self._of(day, taps, counted, moved)

    def _of(self, day: Day, taps: Sequence[WeighedTap], counted: tuple[int, int], moves: Moves) -> Case:
        """The case of taps whose directions are settled; `counted` as `_that_count` finds them. Others of one direction
        may confirm what is uncertain.
        """
        if not taps:
            return ()
        came, places, unsure, case = counted[0], dict[int, tuple[int, object]](), set[Direction](), list[object]()
        for at in counted:
            if at >= 0:
                way = taps[at].direction
                places[at] = _, uncertain = self.place(day, taps[at].evidence, moves, coming=way is _IN)
                unsure |= {way} if uncertain is not None else set()
        for at, tap in enumerate(taps):
            coming = tap.direction is _IN
            if at in places:
                case += (coming, tap.evidence.grade, *places[at])
            elif self.usual and (coming or at > came) and tap.direction not in unsure:
                case += (coming, bisect_right(self.coming.edges, tap.evidence.judged_ms - day.duty_day.start_ms))
            else:
                case += (coming, tap.evidence.grade, *self.place(day, tap.evidence, moves, coming=coming))
            if tap.flags or tap.site is not None:
                case += self._odd(day, tap)
        return tuple(case)

    def _that_count(self, day: Day, taps: Sequence[WeighedTap]) -> tuple[int, int]:
        """Where the first coming stands and the last going, of those within the hours that count; -1 for none.

        Of the others the law reads no minute, but of a going before the first coming, which may be its wrong button; or
        it reads some where a government counts the last coming or the first going (not `usual`).
        """
        from_ms, until_ms = day.duty_day.arrive.from_ms, day.duty_day.depart.until_ms
        came = went = -1
        for at, tap in enumerate(taps):
            if from_ms <= tap.evidence.judged_ms < until_ms:
                if tap.direction is not _IN:
                    went = at
                elif came < 0:
                    came = at
        return came, went

    def _is_pressed_for(self, day: Day, tap: WeighedTap) -> bool:
        """Whether a going before the first coming may be that coming, with the wrong button."""
        return tap.direction is _OUT and tap.judged_ms in day.duty_day.arrive

    def place(self, day: Day, evidence: Evidence, moves: Moves = UNMOVED, *, coming: bool) -> tuple[int, object]:
        """The cell of a tap's time; and what the policy for the grade may read of its interval, or None: its milder
        end, or the clock's error.
        """
        clock, duty, start_ms = self.coming if coming else self.going, day.duty_day, day.duty_day.start_ms
        at_ms, error_ms = evidence.judged_ms - start_ms, evidence.error_ms
        proven_ms = self.proven(day, evidence) if self.stands else None
        cell, accepted = clock.cell(at_ms, proven_ms, moves), evidence.counts_as in self.accepted
        if accepted and clock.even and error_ms < at_ms % MS_PER_MINUTE < MS_PER_MINUTE - error_ms:
            return cell, None
        lo_ms, hi_ms = evidence.lo_ms, evidence.hi_ms
        lo_ms = (duty.arrive.from_ms if lo_ms is None else max(lo_ms, duty.arrive.from_ms)) - start_ms
        hi_ms = (duty.depart.until_ms if hi_ms is None else min(hi_ms, duty.depart.until_ms)) - start_ms
        milder_ms = max(lo_ms, at_ms - error_ms) if coming else min(hi_ms, at_ms + error_ms)
        milder = clock.cell(milder_ms, proven_ms, moves)
        if accepted:
            return cell, None if milder == cell else milder
        response = day.policy.grades[evidence.counts_as]
        if clock.class_at(lo_ms, proven_ms, moves) == clock.class_at(hi_ms, proven_ms, moves):
            return cell, response  # it reads the judged time, and asks for a look all the same
        if response is Response.ASK_SUPERIOR:
            return cell, (response, clock.cell(lo_ms if coming else hi_ms, proven_ms, moves))
        return cell, (response, milder)

    def _odd(self, day: Day, tap: WeighedTap) -> Case:
        """What few taps have: a key that awaits a person, a place that is none of the person's."""
        duty, odd = day.duty_day, []
        if tap.flags and (identity := identity_of(tap.flags)) is not Identity.CONFIRMED:
            odd.append(identity.value)
        if tap.site is not None and (day.ceremonies or (duty.sites and tap.site not in duty.sites)):
            odd.append(f"at {tap.site}" if day.ceremonies else "elsewhere")
        return tuple(odd)


_NEVER = Period(AFTER_ALL, AFTER_ALL)


def _measures(reckoning: Reckoning) -> tuple[Measure, Measure, Moving]:
    """What nothing covers before a coming and after a going, and how a coming moves the end, with instants from the
    start of work on.
    """
    start_ms, used_up = reckoning.day.start_ms, replaced(reckoning, may_flex=False)

    def late(at_ms: int, proven_ms: int | None, _: Moves) -> int:
        return reckoning.late_ms(at_ms + start_ms, None if proven_ms is None else proven_ms + start_ms)

    def early(at_ms: int, _: int | None, moves: Moves) -> int:
        return reckoning.early_ms(at_ms + start_ms, moves)

    def moves(at_ms: int, proven_ms: int | None, is_used_up: bool) -> Moves:  # noqa: FBT001 - one of three values
        reckoned = used_up if is_used_up else reckoning
        return reckoned.moves(at_ms + start_ms, None if proven_ms is None else proven_ms + start_ms)

    return late, early, moves


def _table(day: Day, side: Side, measure: Measure) -> Callable[[int, int | None, Moves], ClassRow | None]:
    """The table of a half, read at an instant."""
    if day.duty_day.kind is DutyKind.DYNAMIC:
        return lambda *_: None
    rules = day.policy.arrival if side is Side.ARRIVAL else day.policy.departure
    flex = day.duty_day.flex
    later_ms = 0 if flex is None or side is Side.DEPARTURE else flex.late_minutes * MS_PER_MINUTE
    return lambda *at: rules.class_of(rules.minutes(measure(*at) - later_ms))


# --- a day like most -------------------------------------------------------------------------------------------------


class Usual(Struct, frozen=True):
    """A day like most, read without looking around: the person came and went, by word of his own.

    All its times are from the start of work on.
    """

    cuts: Cuts
    from_ms: int
    until_ms: int
    came_until_ms: int
    chosen: frozenset[Source]

    @classmethod
    def of(cls, day: Day, cuts: Cuts) -> Usual | None:
        """None where the hours are flexible: there a going is read by its coming."""
        duty = day.duty_day
        if duty.flex is not None or cuts.priced:
            return None
        until_ms = min(duty.day.until_ms, duty.depart.until_ms) - duty.start_ms
        noon_ms = day.noon_ms()
        return cls(
            cuts,
            max(duty.day.from_ms, duty.arrive.from_ms) - duty.start_ms,
            until_ms,
            until_ms if noon_ms is None else noon_ms,
            cuts.chosen,
        )

    def case(self, day: Day, coming: WeighedTap, going: WeighedTap) -> Case | None:
        """Which case they are; None where they are not so, and `Cuts.case` has to look closer."""
        if coming.direction is not _IN or going.direction is not _OUT or coming.ref == going.ref:
            return None
        if coming.source not in self.chosen or coming.flags or coming.site is not None:
            return None
        if going.source not in self.chosen or going.flags or going.site is not None:
            return None
        first, last, start_ms = coming.evidence, going.evidence, day.duty_day.start_ms
        came_ms, went_ms = first.judged_ms - start_ms, last.judged_ms - start_ms
        if not self.from_ms <= came_ms < went_ms < self.until_ms or came_ms > self.came_until_ms:
            return None
        place = self.cuts.place
        return first.grade, *place(day, first, coming=True), last.grade, *place(day, last, coming=False)


_IN, _OUT, _UNSAID = Direction.IN, Direction.OUT, Direction.UNSAID


def _judged(tap: WeighedTap) -> int:
    return tap.evidence.judged_ms


def _apart(taps: list[WeighedTap]) -> bool:
    """Puts several taps in order of time; whether no two of them are of one instant or one name."""
    if len(taps) > 2 or taps[0].evidence.judged_ms > taps[1].evidence.judged_ms:
        taps.sort(key=_judged)
    if len(taps) > TAPS_MAX or len({tap.ref for tap in taps}) < len(taps):
        return False
    before_ms = -1
    for tap in taps:
        if tap.evidence.judged_ms == before_ms:
            return False
        before_ms = tap.evidence.judged_ms
    return True
