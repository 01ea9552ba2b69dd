"""What is said of each half of a day: the same sentences, of an arrival and of a departure."""

from __future__ import annotations

from dataclasses import dataclass

from hadir.rules.reasons import ReasonCode
from hadir.rules.verdict import Side


@dataclass(frozen=True, slots=True)
class HalfSaid:
    """The code of each sentence of one half."""

    on_time: ReasonCode
    short: ReasonCode
    below: ReasonCode
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


SAID_OF = {
    Side.ARRIVAL: HalfSaid(
        on_time=ReasonCode.ARRIVAL_ON_TIME,
        short=ReasonCode.ARRIVAL_LATE,
        below=ReasonCode.ARRIVAL_BELOW,
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
    Side.DEPARTURE: HalfSaid(
        on_time=ReasonCode.DEPARTURE_ON_TIME,
        short=ReasonCode.DEPARTURE_EARLY,
        below=ReasonCode.DEPARTURE_BELOW,
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
