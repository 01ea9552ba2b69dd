"""Which tap is the arrival, which the departure, and what the others are.

The person chose the direction, and it stays: a second *Masuk* never becomes a departure. Only where a government's
policy says so is it otherwise: "first is in, last is out" for a source, or a first tap after noon that counts as going
home. A terminal without keys leaves the direction unsaid, and is read as first and last.

The order in which taps reach the system, and how often, does not matter; only their judged times do. Several sources
that saw the same presence are one presence with several witnesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from hadir.rules.clocks import MS_PER_MINUTE, Moment, Period, instant_ms, local_day
from hadir.rules.duty import SHIFT_REACH_MS, DutyDay, DutyKind
from hadir.rules.evidence import Direction, Grade, WeighedTap
from hadir.rules.policy import PairingMode, PairingRules, Policy, Which, WrongButton
from hadir.rules.reasons import Reason, ReasonCode, because
from hadir.rules.verdict import ListedTap, TapRole


class HalfTaps(Struct, frozen=True, kw_only=True):
    """The taps of one half of the day.

    `counted` is the one that counts. `misplaced` is the first tap in the other direction at an hour when nobody goes
    that way: probably this half's tap with the wrong button. Where it counts as the arrival, `corrected` is the one
    that the person made after it. `there`: where none counts, the one that leaves the half undecided and shows the
    person there all the same, outside the hours that count or with the wrong button. `repeated` are the others of this
    direction, `witnesses` those among them that another source made of the same presence.
    """

    counted: WeighedTap | None
    corrected: WeighedTap | None
    misplaced: WeighedTap | None
    there: WeighedTap | None
    repeated: tuple[WeighedTap, ...]
    witnesses: tuple[WeighedTap, ...] = ()

    @property
    def seen_ms(self) -> int | None:
        """When a tap shows the person there, by its own time."""
        seen = self.counted or self.there
        return None if seen is None else seen.judged_ms

    @property
    def there_ms(self) -> int | None:
        """When he was there by a tap that does not count."""
        return None if self.there is None else self.there.judged_ms


class Pairing(Struct, frozen=True, kw_only=True):
    """Both halves, and every tap of the day in order of its judged time.

    `chosen` has the direction that the person chose, by reference, for taps that the policy reads otherwise; `notes`
    say so.
    """

    arrival: HalfTaps
    departure: HalfTaps
    taps: tuple[WeighedTap, ...]
    chosen: Mapping[str, Direction] = {}
    notes: tuple[Reason, ...] = ()

    def listed(self, duty_day: DutyDay) -> tuple[ListedTap, ...]:
        """Every tap of the day with what it was taken for."""
        return tuple(
            ListedTap(
                ref=tap.ref,
                direction=self.chosen.get(tap.ref, tap.direction),
                judged_ms=tap.judged_ms,
                role=self._role(tap, duty_day),
            )
            for tap in self.taps
        )

    def _role(self, tap: WeighedTap, duty_day: DutyDay) -> TapRole:
        if tap is self.arrival.counted:
            return TapRole.ARRIVAL
        if tap is self.departure.counted:
            return TapRole.DEPARTURE
        if tap.judged_ms not in duty_day.counts:
            return TapRole.OUTSIDE_WINDOW
        if tap is self.arrival.misplaced or tap is self.departure.misplaced:
            return TapRole.WRONG_BUTTON
        if tap in self.arrival.witnesses or tap in self.departure.witnesses:
            return TapRole.WITNESS
        return TapRole.REPEATED


_NO_TAP = HalfTaps(counted=None, corrected=None, misplaced=None, there=None, repeated=())
NOBODY = Pairing(arrival=_NO_TAP, departure=_NO_TAP, taps=())
"""Of whoever made no tap."""


def readings_of(taps: Sequence[WeighedTap], duty_day: DutyDay, policy: Policy, due_ms: int) -> tuple[Pairing, ...]:
    """How a day's taps may be read: in two ways where the first *Masuk* is after noon and nobody was owed there until
    then, as a coming, and as the going home that it is otherwise. `due_ms`: when the first owed minute begins that no
    leave or travel covers.
    """
    home = pair(taps, duty_day, policy)
    if not is_sent_home(home.notes) or not may_come_late(duty_day, policy.pairing, due_ms):
        return (home,)
    return pair(taps, duty_day, policy, noon_divides=False), home


def pair(taps: Iterable[WeighedTap], duty_day: DutyDay, policy: Policy, *, noon_divides: bool = True) -> Pairing:
    """The pairing of a day. Taps of other days are left out; a tap that came twice is one tap. `noon_divides`: a first
    *Masuk* after noon is a going home, where the policy says so.
    """
    recorded = _in_order(tap for tap in taps if stands_on(tap, duty_day))
    of_day, notes = directed(recorded, duty_day, policy.pairing, noon_divides=noon_divides)
    counts = duty_day.counts
    counting = [tap for tap in of_day if tap.judged_ms in counts]
    outside = [tap for tap in of_day if tap.judged_ms not in counts]
    ins = [tap for tap in counting if tap.direction is Direction.IN]
    outs = [tap for tap in counting if tap.direction is Direction.OUT]

    corrected, arrival = None, _pick(Direction.IN, ins, policy.arrival.counts)
    too_early = [tap for tap in outs if tap.judged_ms in duty_day.arrive and _is_before(tap, ins)]
    if arrival is not None and too_early and policy.arrival.wrong_button is WrongButton.ASK_SUPERIOR:
        corrected, arrival = arrival, _pick(Direction.IN, too_early, Which.FIRST)
    outs = [tap for tap in outs if tap not in too_early]
    departure = _pick(Direction.OUT, outs, policy.departure.counts)
    too_late = [tap for tap in ins if tap.judged_ms in duty_day.depart and departure is None and tap is not arrival]
    return Pairing(
        arrival=_witnessed(
            _half(Direction.IN, arrival, ins, corrected=corrected, misplaced=too_early, outside=outside, policy=policy),
            policy.pairing,
        ),
        departure=_witnessed(
            _half(Direction.OUT, departure, outs, misplaced=too_late, outside=outside, policy=policy), policy.pairing
        ),
        taps=tuple(of_day),
        chosen={
            was.ref: was.direction for was, now in zip(recorded, of_day, strict=True) if was.direction != now.direction
        },
        notes=notes,
    )


def came_and_went(taps: Iterable[WeighedTap]) -> tuple[WeighedTap | None, WeighedTap | None]:
    """The first arrival and the last departure of a day on which no hours are owed."""
    recorded = _in_order(taps)
    came = next((tap for tap in recorded if tap.direction is Direction.IN), None)
    return came, next((tap for tap in reversed(recorded) if tap.direction is Direction.OUT), None)


# --- on which day a tap stands ---------------------------------------------------------------------------------------


def away_ms(tap: WeighedTap, day: DutyDay) -> int:
    """How far a departure is from the end of work, any other tap from its start."""
    return abs(tap.judged_ms - (day.end_ms if tap.direction is Direction.OUT else day.start_ms))


def is_near(tap: WeighedTap, day: DutyDay) -> bool:
    """Whether a tap that counts for no shift may stand on this one; without a direction, at either end of it."""
    marks = {Direction.IN: (day.start_ms,), Direction.OUT: (day.end_ms,)}.get(tap.direction, (day.start_ms, day.end_ms))
    near = any(abs(tap.judged_ms - at_ms) <= SHIFT_REACH_MS for at_ms in marks)
    return day.kind is DutyKind.SHIFT and near


def stands_on(tap: WeighedTap, day: DutyDay) -> bool:
    """Whether the tap is the day's, if it is no other's: it counts, is near its shift, or is of its date."""
    if tap.judged_ms not in day.day:
        return False
    at_ms = tap.judged_ms
    return day.kind is not DutyKind.SHIFT or at_ms in day.counts or at_ms in _date(day) or is_near(tap, day)


def _date(day: DutyDay) -> Period:
    return local_day(day.date, day.zone)


# --- whose word the direction is -------------------------------------------------------------------------------------


def directed(
    recorded: Sequence[WeighedTap], duty_day: DutyDay, rules: PairingRules, *, noon_divides: bool = True
) -> tuple[list[WeighedTap], tuple[Reason, ...]]:
    """The taps of a day with the direction that counts, and a note for each that the policy reads otherwise."""
    loose = [
        tap
        for tap in recorded
        if tap.direction is Direction.UNSAID or rules.modes[tap.source] is not PairingMode.CHOSEN
    ]
    of_day, notes = _first_and_last(recorded, duty_day, rules) if loose else (list(recorded), [])
    noon_ms = _goes_home_from(duty_day, rules) if noon_divides else None
    if noon_ms is None:
        return of_day, tuple(notes)
    return _after_noon(of_day, notes, duty_day, rules, noon_ms)


def _first_and_last(
    recorded: Sequence[WeighedTap], duty_day: DutyDay, rules: PairingRules
) -> tuple[list[WeighedTap], list[Reason]]:
    """Taps whose direction is nobody's choice: the first is in, unless people go home by then; what is apart is out."""
    counting = [tap for tap in recorded if tap.judged_ms in duty_day.counts]
    home_ms = duty_day.depart.from_ms
    of_day: list[WeighedTap] = []
    notes: list[tuple[bool, Reason]] = []
    for tap in recorded:
        if tap.direction is not Direction.UNSAID and rules.modes[tap.source] is PairingMode.CHOSEN:
            of_day.append(tap)
            continue
        if tap.judged_ms not in duty_day.counts:  # by the hour, since nothing else says which half it is of
            of_day.append(replace(tap, direction=Direction.IN if tap.judged_ms < home_ms else Direction.OUT))
            continue
        first_ms = counting[0].judged_ms
        begins = first_ms if first_ms < home_ms else None
        near = begins is not None and tap.judged_ms < begins + rules.apart_minutes * MS_PER_MINUTE
        of_day.append(replace(tap, direction=Direction.IN if near else Direction.OUT))
        code = ReasonCode.TAP_TAKEN_AS_IN if near else ReasonCode.TAP_TAKEN_AS_OUT
        unsaid = rules.modes[tap.source] is PairingMode.CHOSEN
        article = rules.apart_article if unsaid else rules.articles[tap.source]
        notes.append((near, because(code, article, at=Moment(tap.judged_ms, duty_day.zone, duty_day.date))))
    firsts = [note for near, note in notes if near][:1]
    lasts = [note for near, note in notes if not near][-1:]
    return of_day, firsts + lasts


def may_come_late(duty_day: DutyDay, rules: PairingRules, due_ms: int) -> bool:
    """Whether a first arrival after noon may be one: whoever is on leave until noon comes after it."""
    noon_ms = _goes_home_from(duty_day, rules)
    return noon_ms is not None and due_ms >= noon_ms


def is_sent_home(notes: Iterable[Reason]) -> bool:
    """Whether a first arrival was read as a going home."""
    return any(note.code is ReasonCode.TAP_AFTER_NOON for note in notes)


def _goes_home_from(duty_day: DutyDay, rules: PairingRules) -> int | None:
    """From when on a first arrival is none: only in weeks with hours of their own."""
    if rules.late_first_after is None or duty_day.kind is not DutyKind.FIXED:
        return None
    return instant_ms(duty_day.date, rules.late_first_after, duty_day.zone)


def _after_noon(
    of_day: list[WeighedTap], notes: list[Reason], duty_day: DutyDay, rules: PairingRules, noon_ms: int
) -> tuple[list[WeighedTap], tuple[Reason, ...]]:
    """Kemenag: who first taps after noon has not arrived; the tap is a going home."""
    ins = [tap for tap in of_day if tap.direction is Direction.IN and tap.judged_ms in duty_day.counts]
    if not ins or ins[0].judged_ms <= noon_ms:
        return of_day, tuple(notes)
    told = because(
        ReasonCode.TAP_AFTER_NOON,
        rules.late_first_article,
        after=f"{rules.late_first_after:%H:%M}",
        at=Moment(ins[0].judged_ms, duty_day.zone, duty_day.date),
    )
    gone = {tap.ref for tap in ins}
    return [replace(tap, direction=Direction.OUT) if tap.ref in gone else tap for tap in of_day], (*notes, told)


# --- the halves ------------------------------------------------------------------------------------------------------


def _witnessed(half: HalfTaps, rules: PairingRules) -> HalfTaps:
    counted = half.counted
    if counted is None or not half.repeated:
        return half
    within_ms = rules.same_presence_minutes * MS_PER_MINUTE
    witnesses = tuple(
        tap
        for tap in half.repeated
        if tap.source is not counted.source and abs(tap.judged_ms - counted.judged_ms) <= within_ms
    )
    return replace(half, witnesses=witnesses)


def _half(  # noqa: PLR0913 - what the pairing has found out by then
    direction: Direction,
    counted: WeighedTap | None,
    same: Sequence[WeighedTap],
    *,
    misplaced: Sequence[WeighedTap],
    corrected: WeighedTap | None = None,
    outside: Sequence[WeighedTap],
    policy: Policy,
) -> HalfTaps:
    """Of several that do not count the first shows when the person came, the last when he went."""
    first, rules = (min, policy.arrival) if direction is Direction.IN else (max, policy.departure)
    there = [tap for tap in outside if tap.direction is direction]
    if rules.wrong_button is WrongButton.ASK_SUPERIOR:
        there += misplaced
    return HalfTaps(
        counted=counted,
        corrected=corrected,
        misplaced=misplaced[0] if misplaced else None,
        there=first(there, key=_judged) if there and counted is None else None,
        repeated=tuple(tap for tap in same if counted is not None and tap is not counted),
    )


def _in_order(taps: Iterable[WeighedTap]) -> list[WeighedTap]:
    """By judged time, then by all that tells two taps apart, so that no order of arrival shows; each reference once."""
    each: dict[str, WeighedTap] = {}
    for tap in sorted(taps, key=_standing):
        each.setdefault(tap.ref, tap)
    return list(each.values())


def _standing(tap: WeighedTap) -> tuple[object, ...]:
    evidence = tap.evidence
    bounds = (evidence.lo_ms or 0, evidence.hi_ms or 0, evidence.claimed_ms, evidence.error_ms)
    return (tap.judged_ms, tap.ref, evidence.grade, evidence.counts_as, *bounds, tap.direction, tap.source, tap.flags)


def _pick(side: Direction, taps: Sequence[WeighedTap], which: Which) -> WeighedTap | None:
    """The first or the last; of several at one instant the one with the weakest evidence, since others only help it,
    and of equally weak ones the one that may have been earlier (a departure: later), or of which less is proven."""
    if not taps:
        return None
    at_ms = taps[0 if which is Which.FIRST else -1].judged_ms
    alike = [tap for tap in taps if tap.judged_ms == at_ms]
    return alike[0] if len(alike) == 1 else min(alike, key=lambda tap: _certainty(side, tap))


def _certainty(side: Direction, tap: WeighedTap) -> tuple[int, float, float]:
    evidence = tap.evidence
    lo_ms = -inf if evidence.lo_ms is None else evidence.lo_ms
    hi_ms = inf if evidence.hi_ms is None else evidence.hi_ms
    proven_ms = -inf if evidence.proven_ms is None else evidence.proven_ms
    return -list(Grade).index(evidence.counts_as), lo_ms if side is Direction.IN else -hi_ms, proven_ms


def _judged(tap: WeighedTap) -> int:
    return tap.judged_ms


def _is_before(tap: WeighedTap, ins: Sequence[WeighedTap]) -> bool:
    return not ins or tap.judged_ms < ins[0].judged_ms
