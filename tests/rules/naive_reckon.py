"""The second judge, second part: owed less credited time, flexible time, what credited time costs (section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from tests.rules.naive_law import MINUTE, Hours
from tests.rules.naive_taps import EVER, NONE, Day, Excused, after_last, first_of, span


@dataclass(frozen=True)
class Piece:
    """Credited time: its own seconds, and those of the half that it reaches, for letter and price."""

    own: int
    seconds: int
    percent: Decimal
    code: str | None
    begins: int
    morning: bool = False  # nobody is late
    evening: bool = False  # nobody is early


@dataclass(frozen=True)
class Times:
    """When somebody came and went, as far as is known; `proven`: not before that; `assumed`: nobody recorded it.

    `there`: the arrival is undecided, but by then he was there: that moves an end forward, and nothing else.
    """

    arrive: int | None = None
    depart: int | None = None
    proven: int | None = None
    assumed: bool = False
    there: int | None = None


def touches_morning(day: Day, hours: Hours, one: Excused) -> bool:
    return reaches_half(day, one) and one.first < hours.arrive[1] and one.last > hours.start


def touches_evening(day: Day, hours: Hours, one: Excused) -> bool:
    return reaches_half(day, one) and one.last > hours.leave[0] and one.first < hours.end


def reaches_half(day: Day, one: Excused) -> bool:
    rule = day.law.excuse(one.code) if one.code else None
    return rule is not None and rule["reach"] == "half"


def pieces(day: Day, hours: Hours, *, proven: int | None = None) -> list[Piece]:
    """What is credited; `proven`: less what an outage would cover of an arrival before that."""
    found = []
    stands = day.law.get("outage_proven") == "stands"
    for one in day.excuses:
        seconds = span(one.first, one.last)
        if one.code is None:
            seconds &= ~span(0, proven) if proven is not None and stands and not one.lifts else seconds
            found.append(Piece(seconds, seconds, NONE, None, one.first))
        elif day.law.excuse(one.code):
            morning, evening = touches_morning(day, hours, one), touches_evening(day, hours, one)
            half = span(0, hours.arrive[1]) if morning else 0
            half |= span(hours.leave[0], EVER) if evening else 0
            price = day.law.price(one.code, one.day_number)
            found.append(Piece(seconds, seconds | half, price, one.code, one.first, morning, evening))
    return [piece for piece in found if piece.seconds]


def owed(hours: Hours) -> int:
    return span(hours.start, hours.end) & ~(span(*hours.pause) if hours.pause else 0)


def union(found: Sequence[Piece], *, codes_only: bool = False) -> int:
    seconds = 0
    for piece in found:
        if piece.code is not None or not codes_only:
            seconds |= piece.seconds
    return seconds


def minutes_of(seconds: int, rule: str) -> int:
    return -(-seconds // MINUTE) if rule == "started_minutes" else seconds // MINUTE


@dataclass(frozen=True)
class Reckoned:
    late: int = 0
    early: int = 0
    made_up: int = 0  # minutes added at the end
    forward: int = 0  # seconds by which the end moves forward
    bare_late: int = 0  # and without any credited time
    bare_early: int = 0


def reckon(day: Day, hours: Hours, times: Times) -> Reckoned:
    """How many minutes late and early, by what nothing covers."""
    if hours.dynamic:
        return Reckoned()
    found = pieces(day, hours)
    before = bare = remains = owed(hours)
    for piece in found:
        bare &= ~piece.own
        remains &= ~piece.own if piece.code is not None else remains
    for piece in pieces(day, hours, proven=times.proven):
        before &= 0 if piece.morning else ~piece.own
    late, made_up, forward = moved(day, hours, times, before, remains)
    uncredited = owed(hours)
    if made_up:
        end = after_last(remains)
        bare |= span(end, end + made_up * MINUTE) & ~by_an_outage(found)
        uncredited |= span(hours.end, hours.end + made_up * MINUTE)
    if forward:
        bare &= span(0, after_last(remains) - forward)
        uncredited &= span(0, hours.end - forward)
    return Reckoned(
        late,
        0 if any(piece.evening for piece in found) else early_by(day, bare, times.depart),
        made_up,
        forward,
        moved(day, hours, times, owed(hours), owed(hours))[0],
        early_by(day, uncredited, times.depart),
    )


def by_an_outage(found: Sequence[Piece]) -> int:
    return union([piece for piece in found if piece.code is None])


def early_by(day: Day, bare: int, depart: int | None) -> int:
    seconds = 0 if depart is None else (bare & span(depart, EVER)).bit_count()
    return minutes_of(seconds, day.law.get("seconds", "departure"))


def moved(day: Day, hours: Hours, times: Times, bare: int, remains: int) -> tuple[int, int, int]:
    """Minutes late, minutes made up at the end, and seconds by which the end moves forward."""
    if times.arrive is None:
        return 0, 0, forward_by(hours, remains, times.there)
    seconds = (bare & span(0, times.arrive)).bit_count()
    late = minutes_of(seconds, day.law.get("seconds", "arrival"))
    if hours.flex is None or not remains:
        return late, 0, 0
    band = hours.flex["late_minutes"] if may_make_up(day, hours) else 0
    made_up = band if hours.flex.get("make_up") == "all" and seconds else min(late, band)
    came = None if times.assumed else times.arrive
    return max(0, late - made_up), made_up, forward_by(hours, remains, came)


def forward_by(hours: Hours, remains: int, came: int | None) -> int:
    """By how many seconds a coming before the first owed minute that leave or travel do not cover moves the end."""
    if hours.flex is None or came is None or not remains:
        return 0
    return min(max(0, first_of(remains) - came), int(hours.flex["early_minutes"]) * MINUTE)


def may_make_up(day: Day, hours: Hours) -> bool:
    limit = hours.flex["times_per_month"] if hours.flex else 0
    return hours.flex is not None and (limit == "unlimited" or day.flex_times < limit)


def price_of(day: Day, hours: Hours, presence: int) -> Fraction:
    """What the credited seconds that were not worked cost, each by the cheapest that covers it; not rounded."""
    left, cost = owed(hours) & ~presence, NONE
    for piece in sorted(pieces(day, hours), key=lambda piece: piece.percent):
        cost += piece.percent * (left & piece.seconds).bit_count()
        left &= ~piece.seconds
    return Fraction(cost) / of_the_day(day, hours)


def of_the_day(day: Day, hours: Hours) -> int:
    """The seconds owed by which what is priced by the minute is reckoned: those of all parts of the day."""
    return day.in_all or owed(hours).bit_count()


def cents(percent: Fraction) -> Decimal:
    """To 0.01, half up."""
    return Decimal(floor(percent * 100 + Fraction(1, 2))) / 100
