"""What is said of each half of a day: the same sentences, of an arrival and of a departure; and of what is credited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hadir.rules.clocks import Moment
from hadir.rules.duty import DutyDay
from hadir.rules.policy import ClassRow
from hadir.rules.reasons import Param, Reason, ReasonCode, because
from hadir.rules.reckoning import Credit
from hadir.rules.verdict import Side


@dataclass(frozen=True, slots=True)
class HalfSaid:
    """The code of each sentence of one half."""

    on_time: ReasonCode
    short: ReasonCode
    below: ReasonCode
    milder: ReasonCode
    none: ReasonCode
    seen: ReasonCode
    uncredited: ReasonCode
    as_if: ReasonCode
    applied: ReasonCode
    not_yet: ReasonCode
    wrong_button: ReasonCode
    outside: ReasonCode
    excused: ReasonCode
    excused_part: ReasonCode
    covered: ReasonCode
    covered_part: ReasonCode
    dark: ReasonCode
    doubted: ReasonCode


SAID_OF = {
    Side.ARRIVAL: HalfSaid(
        on_time=ReasonCode.ARRIVAL_ON_TIME,
        short=ReasonCode.ARRIVAL_LATE,
        below=ReasonCode.ARRIVAL_BELOW,
        milder=ReasonCode.ARRIVAL_MILDER,
        none=ReasonCode.ARRIVAL_NONE,
        seen=ReasonCode.ARRIVAL_SEEN,
        uncredited=ReasonCode.ARRIVAL_UNCREDITED,
        as_if=ReasonCode.ARRIVAL_AS_IF,
        applied=ReasonCode.ARRIVAL_APPLIED,
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
    Side.DEPARTURE: HalfSaid(
        on_time=ReasonCode.DEPARTURE_ON_TIME,
        short=ReasonCode.DEPARTURE_EARLY,
        below=ReasonCode.DEPARTURE_BELOW,
        milder=ReasonCode.DEPARTURE_MILDER,
        none=ReasonCode.DEPARTURE_NONE,
        seen=ReasonCode.DEPARTURE_SEEN,
        uncredited=ReasonCode.DEPARTURE_UNCREDITED,
        as_if=ReasonCode.DEPARTURE_AS_IF,
        applied=ReasonCode.DEPARTURE_APPLIED,
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


def credit_told(side: Side, credit: Credit, minutes: int, day: DutyDay) -> Reason:
    """What a piece of credited time does to a half of which so many minutes remain."""
    say, told = SAID_OF[side], period_told(credit, day)
    if minutes:
        told["minutes"] = minutes
    if credit.code is None:
        return because(say.excused_part if minutes else say.excused, credit.article, **told)
    return because(say.covered_part if minutes else say.covered, credit.article, code=credit.code, **told)


def as_if_told(side: Side, used: Sequence[Credit], at_ms: int, day: DutyDay) -> Reason:
    """What a missing tap stands for, and the outage for whose sake it does."""
    outages = [one for one in used if one.code is None and at_ms in {one.period.from_ms, one.period.until_ms}]
    at = Moment(at_ms, day.zone, day.date)
    return because(SAID_OF[side].as_if, outages[0].article, at=at, excuse=", ".join(refs_of(outages)))


def applied_told(side: Side, row: ClassRow | None, minutes: int) -> tuple[Reason, ...]:
    """The row that a half meets once credited time is subtracted."""
    return () if row is None else (because(SAID_OF[side].applied, row.article, code=row.code, minutes=minutes),)


def period_told(credit: Credit, day: DutyDay) -> dict[str, Param]:
    """Of a piece of credited time: its records, and from when to when."""
    from_, until = (Moment(at_ms, day.zone, day.date) for at_ms in (credit.period.from_ms, credit.period.until_ms))
    return {"excuse": ", ".join(credit.refs), "from_": from_, "until": until}


def refs_of(used: Sequence[Credit]) -> tuple[str, ...]:
    """The records of several pieces, each once."""
    return tuple(dict.fromkeys(ref for one in used for ref in one.refs))
