"""The law of a day, said a second time: slowly, by single seconds, from docs/rules.md alone and no line of the engine.

Nothing here is clever; where it and the engine differ, the page decides (tests/rules/test_naive.py). The files
`naive_law.py` (what was owed), `naive_taps.py` and `naive_reckon.py` belong to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from tests.rules.naive_law import MINUTE, Hours, Off
from tests.rules.naive_reckon import (
    Times,
    cents,
    may_make_up,
    owed,
    pieces,
    price_of,
    reckon,
    union,
)
from tests.rules.naive_taps import (
    EVER,
    NONE,
    Answer,
    Day,
    Excused,
    Half,
    Paired,
    Parade,
    Part,
    Tap,
    after_last,
    first_of,
    pair,
    runs,
    span,
    stands_on,
)

__all__ = ["Answer", "Day", "Excused", "Parade", "Part", "Tap", "in_parts", "judge", "pair", "stands_on", "taps_of"]

ASKS_LESS = ("accept", "sample", "ask_superior")

# ── the two halves ────────────────────────────────────────────────────────────────────────────────────────────────────


def asks(day: Day, grade: str) -> int:
    return ASKS_LESS.index(day.law.get("grades", grade))


def counted_arrival(day: Day, hours: Hours, half: Half) -> Times:
    """The time of the arrival that counts: the judged one, or the milder end of an uncertain one.

    A tap that agrees changes who is asked, never the reading (law 4): no matter here.
    """
    tap = half.counted
    if tap is None:
        return Times()

    def code(at: int) -> str | None:
        row = day.law.row("late", reckon(day, hours, Times(at, proven=tap.proven)).late)
        return row.code + str(row.cost(reckon(day, hours, Times(at, proven=tap.proven)).late)) if row else None

    at, grade = tap.at, asks(day, tap.grade)
    lo, hi = 0 if tap.lo is None else tap.lo, EVER if tap.hi is None else tap.hi
    if grade == ASKS_LESS.index("ask_superior") and code(lo) != code(hi):
        at = lo
    elif tap.error and code(max(lo, tap.at - tap.error)) != code(tap.at):
        at = max(lo, tap.at - tap.error)
    return Times(at, proven=tap.proven)


def counted_departure(day: Day, hours: Hours, half: Half, arrival: Times) -> int | None:
    tap = half.counted
    if tap is None:
        return None

    def code(at: int) -> str | None:
        early = reckon(day, hours, replace(arrival, depart=at)).early
        row = day.law.row("early", early)
        return row.code + str(row.cost(early)) if row else None

    grade = asks(day, tap.grade)
    lo, hi = 0 if tap.lo is None else tap.lo, EVER if tap.hi is None else tap.hi
    if grade == ASKS_LESS.index("ask_superior") and code(lo) != code(hi):
        return hi
    if tap.error and code(min(hi, tap.at + tap.error)) != code(tap.at):
        return min(hi, tap.at + tap.error)
    return tap.at


def outages(day: Day) -> list[tuple[int, int]]:
    seconds = 0
    for one in day.excuses:
        if one.code is None:
            seconds |= span(one.first, one.last)
    return runs(seconds)


def assumed_arrival(day: Day, hours: Hours) -> int | None:
    ending = [one for one in outages(day) if one[1] > hours.start]
    remains = owed(hours) & ~union(pieces(day, hours), codes_only=True)
    if not ending or not remains:
        return None
    minutes = day.law.missing("late")[1]
    if hours.flex and may_make_up(day, hours):
        minutes = hours.flex["late_minutes"]
    return ending[0][0] if ending[0][0] < first_of(remains) + minutes * MINUTE else None


def assumed_departure(day: Day, hours: Hours) -> int | None:
    begun = [one for one in outages(day) if one[0] < hours.counts[1]]
    remains = owed(hours) & ~union(pieces(day, hours), codes_only=True)
    if not begun or not remains:
        return None
    gone = begun[-1][1]
    return gone if after_last(remains) - gone < day.law.missing("early")[1] * MINUTE else None


def decided(day: Day, side: str, minutes: int, *, bare_minutes: int | None) -> Part:
    """`bare_minutes`: without any credited time; None where then the tap would be missing."""
    row = day.law.row(side, minutes)
    if row:
        return Part("short", row.code, minutes, row.cost(minutes))
    return Part("excused" if bare_minutes is None or day.law.row(side, bare_minutes) else "on_time")


def missing_part(day: Day, side: str) -> Part:
    row, minutes = day.law.missing(side)
    return Part("no_punch", row.code, 0, row.cost(minutes))


@dataclass(frozen=True)
class Judged:
    arrival: Part
    departure: Part
    flex_used: bool
    times: Times


def halves_of(day: Day, hours: Hours, paired: Paired) -> Judged:
    over, found = day.now >= hours.counts[1], pieces(day, hours)
    real = counted_arrival(day, hours, paired.arrival)
    covered = not owed(hours) & ~union(found)

    arrival, times = None, real
    pressed = real.arrive is None and (paired.arrival.undecided or paired.arrival.outside)
    if real.arrive is None and (over or pressed) and (at := assumed_arrival(day, hours)) is not None:
        times = replace(times, arrive=at, assumed=True)
    said = reckon(day, hours, times)
    if times.arrive is not None:
        arrival = decided(day, "late", said.late, bare_minutes=None if times.assumed else said.bare_late)
    if real.arrive is None:
        excused = covered or any(piece.morning for piece in found) or is_excused(arrival)
        assumed = arrival or missing_part(day, "late")
        arrival = missing_half(day, paired.arrival, hours.arrive, excused=excused, over=over) or assumed
    assert arrival is not None
    arrival = in_a_year_without_calendar(hours, arrival)
    if pressed or arrival.status == "undecided":  # then it moves no end
        times = replace(times, arrive=None)

    departure = None
    real = replace(real, depart=counted_departure(day, hours, paired.departure, times))
    times = replace(times, depart=assumed_departure(day, hours) if real.depart is None else real.depart)
    said = reckon(day, hours, times)
    if times.depart is not None:
        bare = None if real.depart is None else said.bare_early
        departure = decided(day, "early", said.early, bare_minutes=bare)
    if real.depart is None:
        excused = covered or any(piece.evening for piece in found) or is_excused(departure)
        assumed = departure or missing_part(day, "early")
        departure = missing_half(day, paired.departure, hours.leave, excused=excused, over=over) or assumed
    assert departure is not None
    return Judged(arrival, in_a_year_without_calendar(hours, departure), said.flex_used, real)


def in_a_year_without_calendar(hours: Hours, part: Part) -> Part:
    """Nothing is counted against anybody: a half that would cost something, or that nobody recorded, is undecided."""
    against = part.percent or part.status == "no_punch"
    return Part("undecided") if hours.unsure and against else part


def is_excused(part: Part | None) -> bool:
    return part is not None and part.status == "excused"


def missing_half(day: Day, half: Half, around: tuple[int, int], *, excused: bool, over: bool) -> Part | None:
    """What a half without a counted tap is, where neither an outage nor the table is asked."""
    misplaced = half.undecided or half.outside
    if not over and not misplaced:
        return Part("not_yet")
    if excused:
        return Part("excused")
    return Part("undecided") if misplaced or is_dark(day, *around) else None


def is_dark(day: Day, first: int, last: int) -> bool:
    return any(begun < last and first < over for begun, over in day.dark)


# ── the day ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def judge(day: Day) -> Answer:
    if isinstance(day.hours, Off):
        return day_off(day, day.hours)
    hours = day.hours
    if hours.shift:
        day = replace(day, parades=[one for one in day.parades if hours.counts[0] <= one.first < hours.end])
    paired = pair(day, hours)
    judged = halves_of(day, hours, paired)
    over = day.now >= hours.counts[1]
    counts = judged.times.arrive is not None or judged.times.depart is not None
    price = price_of(day, hours, judged.times) if over else Fraction(0)
    if not owed(hours) & ~union(pieces(day, hours), codes_only=True):
        return covered_day(day, hours, judged, over=over)
    if over and not paired.any_tap and not day.dark and not hours.unsure:
        return empty_day(day, hours, judged)
    absent = False
    status, halves = "present" if counts else "not_yet", (judged.arrival.status, judged.departure.status)
    if "undecided" in halves:
        status = "undecided"
    letter = {"present": hours.letter or day.law.get("codes", "present")}.get(status) or day.law.get("codes", status)
    if status == "not_yet" and "not_yet" not in halves:
        status, letter, absent = "absent", day.law.get("absent")["code"], True
        if owed(hours) & union(pieces(day, hours)):
            status, letter, absent = "excused", most_letter(day, hours), False
    missed = attendance(day)
    cost = together(day, judged.arrival.percent, judged.departure.percent) + cents(price)
    if absent:
        cost = without_taps(day, hours)
    if status == "present":
        cost += sum(
            (exact_cost(day, one) for one, what in zip(day.parades, missed, strict=True) if what == "missed"), NONE
        )
    return Answer(status, letter, capped(day, hours, cost), judged.arrival, judged.departure, judged.flex_used, missed)


def day_off(day: Day, off: Off) -> Answer:
    """Nothing was owed, but for the ceremonies that are owed on a day off."""
    asked = replace(day, parades=[one for one in day.parades if one.on_day_off])
    missed = attendance(asked)
    cost = sum(
        (exact_cost(day, one) for one, what in zip(asked.parades, missed, strict=True) if what == "missed"), NONE
    )
    return Answer("off_duty", off.letter, cost, attendance=missed)


def in_parts(day: Day, parts: Sequence[Hours]) -> Answer:
    """A split shift: each part judged by itself, what they cost added, the dearer arrival and departure shown."""
    shares = [Fraction(owed(part).bit_count(), sum(owed(one).bit_count() for one in parts)) for part in parts]
    mine = [replace(day, hours=part, taps=taps_of(day, part, parts)) for part in parts]
    said = [judge(one) for one in mine]
    whole = Decimal(str(day.law.get("absent")["percent"]))
    cost = sum(
        (
            cents(Fraction(one.percent) * share) if one.status == "absent" else one.percent
            for one, share in zip(said, shares, strict=True)
        ),
        NONE,
    )
    worst = max(said, key=lambda one: ("absent", "excused", "present", "not_yet", "undecided").index(one.status))
    paired = [pair(one, part) for one, part in zip(mine, parts, strict=True)]
    arrival = shown([(one.arrival, two.arrival) for one, two in zip(said, paired, strict=True)])
    departure = shown([(one.departure, two.departure) for one, two in zip(said, paired, strict=True)])
    return Answer(worst.status, worst.letter, min(cost, whole), arrival, departure, any(one.flex_used for one in said))


def shown(halves: Sequence[tuple[Part | None, Half]]) -> Part | None:
    """The dearer half; of equal ones what is not decided, then the one that was recorded, then the earlier."""

    def rank(one: tuple[Part | None, Half]) -> tuple[Decimal, bool, bool]:
        part, half = one
        assert part is not None
        return part.percent, part.status in ("undecided", "not_yet"), half.counted is not None

    return max(halves, key=rank)[0]


def taps_of(day: Day, part: Hours, parts: Sequence[Hours]) -> list[Tap]:
    return [tap for tap in day.taps if part_of(tap, parts) is part]


def part_of(tap: Tap, parts: Sequence[Hours]) -> Hours:
    counting = [part for part in parts if part.counts[0] <= tap.at < part.counts[1]] or parts
    return min(counting, key=lambda part: abs(tap.at - (part.end if tap.way == "out" else part.start)))


def exact_cost(day: Day, parade: Parade) -> Decimal:
    return Decimal(str(day.law.get("ceremonies", parade.code)))


def together(day: Day, late: Decimal, early: Decimal) -> Decimal:
    rule = day.law.get("halves")
    return {"sum": late + early, "greater": max(late, early), "lesser": min(late, early)}[rule]


def capped(day: Day, hours: Hours, cost: Decimal) -> Decimal:
    return min(cost, without_taps(day, hours)) if day.law.get("day_cap") == "absence" else cost


def without_taps(day: Day, hours: Hours) -> Decimal:
    """What the same day would cost without any tap."""
    bare = owed(hours) & ~union(pieces(day, hours))
    share = Fraction(bare.bit_count(), owed(hours).bit_count())
    return cents(Fraction(str(day.law.get("absent")["percent"])) * share + price_of(day, hours, Times()))


def covered_day(day: Day, hours: Hours, judged: Judged, *, over: bool) -> Answer:
    """Excuses with a code cover all that is owed."""
    times, excused = judged.times, Part("excused")
    missed = attendance(day)
    full = price_of(day, hours, times, worked=False)
    if full and times.arrive is not None and times.depart is not None and times.arrive < times.depart:
        cost = cents(price_of(day, hours, times)) if over else NONE
        letter = hours.letter or day.law.get("codes", "present")
        return Answer("present", letter, capped(day, hours, cost), judged.arrival, judged.departure, attendance=missed)
    letter = most_letter(day, hours)
    cost = cents(full) if over else NONE
    return Answer("excused", letter, cost, excused, excused, attendance=missed)


def empty_day(day: Day, hours: Hours, judged: Judged) -> Answer:
    """No tap at all, and none can come."""
    found = pieces(day, hours)
    credited = owed(hours) & union(found)
    arrival, departure = judged.arrival, judged.departure
    missed = attendance(day)
    if not credited:
        letter = day.law.get("absent")["code"]
        return Answer("absent", letter, without_taps(day, hours), arrival, departure, attendance=missed)
    if credited & span(0, first_of(owed(hours)) + 1):
        arrival = Part("excused")
    if credited >> (after_last(owed(hours)) - 1):
        departure = Part("excused")
    return Answer("excused", most_letter(day, hours), without_taps(day, hours), arrival, departure, attendance=missed)


def most_letter(day: Day, hours: Hours) -> str:
    """The letter of what covers most of the day: of equal ones the cheaper, a code, the earlier, the alphabet."""
    found = [piece for piece in pieces(day, hours) if owed(hours) & piece.seconds]
    codes = {piece.code for piece in found}
    if not owed(hours) & ~union(found, codes_only=True):
        codes.discard(None)

    def rank(code: str | None) -> tuple[int, Decimal, bool, int, str]:
        mine = [piece for piece in found if piece.code == code]
        seconds = owed(hours) & union(mine)
        cheapest = min(piece.percent for piece in mine)
        return -seconds.bit_count(), cheapest, code is None, min(piece.begins for piece in mine), code or ""

    best = min(codes, key=rank)
    return best if best is not None else str(day.law.get("codes", "outage"))


def attendance(day: Day) -> tuple[str, ...]:
    """What became of each ceremony. A piece of credited time touches it by its own minutes, whatever its reach."""
    return tuple(one_parade(day, parade) for parade in day.parades)


def one_parade(day: Day, parade: Parade) -> str:
    there = [tap for tap in day.taps if parade.first <= tap.at < parade.last]
    if any(parade.site is None or tap.site in (None, parade.site) for tap in there):
        return "attended"
    credited = [one for one in day.excuses if one.code is None or day.law.excuse(one.code)]
    if any(one.first < parade.last and parade.first < one.last for one in credited):
        return "excused"
    return "not_yet" if day.now < parade.last or is_dark(day, parade.first, parade.last) else "missed"
