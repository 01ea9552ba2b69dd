"""Flexible time: whoever comes later, within bounds, leaves later on the same day; whoever comes earlier, earlier.

Lateness then begins where the flexible time ends (PMK 221/2021: from 09:01 on, for 07:30 and 90 minutes), and what is
not made up on the same day is missing at its end. A policy may limit how often in a month (PANRB 6/2018: five times).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hadir.rules.clocks import MS_PER_MINUTE, Moment
from hadir.rules.duty import DutyDay, Flex
from hadir.rules.half import HalfJudge
from hadir.rules.pairing import Pairing
from hadir.rules.reasons import Reason, ReasonCode, because
from hadir.rules.verdict import Side


@dataclass(frozen=True, slots=True)
class Moved:
    """The day's hours as each half is held against them, and whether a later arrival used the flexible time."""

    for_arrival: DutyDay
    for_departure: DutyDay
    used: bool = False
    reasons: tuple[Reason, ...] = ()


def moved_hours(half_judge: HalfJudge, pairing: Pairing, *, flex_times: int) -> Moved:
    """The hours of a day once its arrival is known. Without flexible time they stay what they are."""
    day = half_judge.duty_day
    flex = day.flex
    if flex is None:
        return Moved(day, day)
    later = replace(day, start_ms=day.start_ms + flex.late_minutes * MS_PER_MINUTE)
    arrived_ms = None
    if pairing.arrival.counted is not None:
        arrived_ms = half_judge.of(later).judge(Side.ARRIVAL, pairing.arrival).counted_ms
    if arrived_ms is None:
        return Moved(later, day)
    if flex.times_per_month is not None and flex_times >= flex.times_per_month and arrived_ms > day.start_ms:
        return Moved(day, day, reasons=(because(ReasonCode.FLEX_USED_UP, flex.article, times=flex_times),))
    return _moved(half_judge, flex, arrived_ms, later)


def _moved(half_judge: HalfJudge, flex: Flex, arrived_ms: int, later: DutyDay) -> Moved:
    """The end follows the arrival: whole minutes later by the rule for seconds, and to the moment when earlier."""
    day = half_judge.duty_day
    late = min(half_judge.policy.arrival.minutes(arrived_ms - day.start_ms), flex.late_minutes)
    early_ms = min(max(0, day.start_ms - arrived_ms), flex.early_minutes * MS_PER_MINUTE)
    end_ms = day.end_ms + late * MS_PER_MINUTE - early_ms
    if end_ms == day.end_ms:
        return Moved(later, day)
    minutes = late or -(early_ms // MS_PER_MINUTE)
    end = Moment(end_ms, day.zone, day.date)
    told = because(ReasonCode.FLEX_MOVED, flex.article, minutes=minutes, end=end)
    return Moved(later, replace(day, end_ms=end_ms), used=late > 0, reasons=(told,))
