"""Which tap is the arrival, which the departure, and what the others are.

The person chose the direction, and it stays: a second *Masuk* never becomes a departure. The order in which taps reach
the system, and how often, does not matter; only their judged times do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hadir.rules.duty import DutyDay
from hadir.rules.evidence import Direction, WeighedTap
from hadir.rules.policy import Policy, Which
from hadir.rules.verdict import ListedTap, TapRole


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfTaps:
    """The taps of one half of the day.

    `counted` is the one that counts. `misplaced` is the first tap in the other direction at an hour when nobody goes
    that way: probably this half's tap with the wrong button. `outside` is a tap of this direction outside the hours
    that count. `repeated` are the others of this direction.
    """

    counted: WeighedTap | None
    misplaced: WeighedTap | None
    outside: WeighedTap | None
    repeated: tuple[WeighedTap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Both halves, and every tap of the day in order of its judged time."""

    arrival: HalfTaps
    departure: HalfTaps
    taps: tuple[WeighedTap, ...]

    def listed(self, duty_day: DutyDay) -> tuple[ListedTap, ...]:
        """Every tap of the day with what it was taken for."""
        return tuple(
            ListedTap(ref=tap.ref, direction=tap.direction, judged_ms=tap.judged_ms, role=self._role(tap, duty_day))
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
        return TapRole.REPEATED


def pair(taps: Iterable[WeighedTap], duty_day: DutyDay, policy: Policy) -> Pairing:
    """The pairing of a day. Taps of other days are left out; a tap that came twice is one tap."""
    of_day = _in_order(tap for tap in taps if tap.judged_ms in duty_day.day)
    counting = [tap for tap in of_day if tap.judged_ms in duty_day.counts]
    ins = [tap for tap in counting if tap.direction is Direction.IN]
    outs = [tap for tap in counting if tap.direction is Direction.OUT]

    arrival = _pick(ins, policy.arrival.counts)
    too_early = [tap for tap in outs if tap.judged_ms in duty_day.arrive and _is_before(tap, arrival)]
    departure = _pick([tap for tap in outs if tap not in too_early], policy.departure.counts)
    too_late = [tap for tap in ins if tap.judged_ms in duty_day.depart and departure is None and tap is not arrival]
    return Pairing(
        arrival=_half(Direction.IN, arrival, ins, misplaced=too_early, of_day=of_day, duty_day=duty_day),
        departure=_half(Direction.OUT, departure, outs, misplaced=too_late, of_day=of_day, duty_day=duty_day),
        taps=tuple(of_day),
    )


def _half(  # noqa: PLR0913 - what the pairing has found out by then
    direction: Direction,
    counted: WeighedTap | None,
    same: Sequence[WeighedTap],
    *,
    misplaced: Sequence[WeighedTap],
    of_day: Sequence[WeighedTap],
    duty_day: DutyDay,
) -> HalfTaps:
    outside = (tap for tap in of_day if tap.direction is direction and tap.judged_ms not in duty_day.counts)
    return HalfTaps(
        counted=counted,
        misplaced=misplaced[0] if misplaced else None,
        outside=next(outside, None),
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


def _pick(taps: Sequence[WeighedTap], which: Which) -> WeighedTap | None:
    if not taps:
        return None
    return taps[0] if which is Which.FIRST else taps[-1]


def _is_before(tap: WeighedTap, arrival: WeighedTap | None) -> bool:
    return arrival is None or tap.judged_ms < arrival.judged_ms
