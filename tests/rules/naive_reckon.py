"""The second judge, second part: owed less credited time, flexible time, what credited time costs (section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from tests.rules.naive_law import MINUTE, Hours
from tests.rules.naive_taps import EVER, NONE, Day, Excused, after_last, first_of, runs, span


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
    """When somebody came and went, as far as is known; `proven`: not before that; `assumed`: nobody recorded it."""

    arrive: int | None = None
    depart: int | None = None
    proven: int | None = None
    assumed: bool = False


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
    flex_used: bool = False
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
        bare |= span(end, end + made_up * MINUTE) & ~covers_what_is_added(found, end, made_up)
        uncredited |= span(end, end + made_up * MINUTE)
    if forward:
        bare &= span(0, after_last(remains) - forward)
        uncredited &= span(0, after_last(remains) - forward)
    return Reckoned(
        late,
        0 if any(piece.evening for piece in found) else early_by(day, bare, times.depart),
        made_up > 0,
        moved(day, hours, times, owed(hours), owed(hours))[0],
        early_by(day, uncredited, times.depart),
    )


def early_by(day: Day, bare: int, depart: int | None) -> int:
    seconds = 0 if depart is None else (bare & span(depart, EVER)).bit_count()
    return minutes_of(seconds, day.law.get("seconds", "departure"))


def moved(day: Day, hours: Hours, times: Times, bare: int, remains: int) -> tuple[int, int, int]:
    """Minutes late, minutes made up at the end, and seconds by which the end moves forward."""
    if times.arrive is None:
        return 0, 0, 0
    seconds = (bare & span(0, times.arrive)).bit_count()
    late = minutes_of(seconds, day.law.get("seconds", "arrival"))
    if hours.flex is None or not remains:
        return late, 0, 0
    band = hours.flex["late_minutes"] if may_make_up(day, hours) else 0
    made_up = band if hours.flex.get("make_up") == "all" and seconds else min(late, band)
    early = 0 if times.assumed else max(0, first_of(remains) - times.arrive)
    return max(0, late - made_up), made_up, min(early, hours.flex["early_minutes"] * MINUTE)


def may_make_up(day: Day, hours: Hours) -> bool:
    limit = hours.flex["times_per_month"] if hours.flex else 0
    return hours.flex is not None and (limit == "unlimited" or day.flex_times < limit)


def covers_what_is_added(found: Sequence[Piece], end: int, made_up: int) -> int:
    """What covers minutes added at the end: an outage, and what begins in them."""
    covers = codes = 0
    for piece in found:
        covers |= piece.own if piece.code is None else 0
        codes |= piece.own if piece.code is not None else 0
    for first, last in runs(codes):
        if end < first < end + made_up * MINUTE:
            covers |= span(first, last)
    return covers


def price_of(day: Day, hours: Hours, times: Times, *, worked: bool = True) -> Fraction:
    """What the credited seconds that were not worked cost, each by the cheapest that covers it; not rounded."""
    left, cost = owed(hours), NONE
    if worked and times.arrive is not None and times.depart is not None and not times.assumed:
        left &= ~span(times.arrive, times.depart)
    for piece in sorted(pieces(day, hours), key=lambda piece: piece.percent):
        cost += piece.percent * (left & piece.seconds).bit_count()
        left &= ~piece.seconds
    return Fraction(cost) / owed(hours).bit_count()


def cents(percent: Fraction) -> Decimal:
    """To 0.01, half up."""
    return Decimal(floor(percent * 100 + Fraction(1, 2))) / 100
