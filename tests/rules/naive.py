"""The law of a day, said a second time: slowly, by single seconds, from docs/rules.md alone and no line of the engine.

Nothing here is clever; where it and the engine differ, the page decides (tests/rules/test_naive.py). The files
`naive_law.py` (what was owed), `naive_taps.py`, `naive_reckon.py` and `naive_pair.py` belong to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from tests.rules.naive_law import MINUTE, Hours, Off
from tests.rules.naive_pair import Half, Paired, pair, stands_on
from tests.rules.naive_reckon import (
    Times,
    cents,
    may_make_up,
    of_the_day,
    owed,
    pieces,
    price_of,
    reckon,
    union,
)
from tests.rules.naive_taps import (
    ASKS,
    EVER,
    NOBODY,
    NONE,
    SAMPLE,
    SUPERIOR,
    Answer,
    Day,
    Excused,
    Parade,
    Part,
    Tap,
    after_last,
    first_of,
    runs,
    span,
)

__all__ = [
    "Answer",
    "Day",
    "Excused",
    "Parade",
    "Part",
    "Tap",
    "in_parts",
    "judge",
    "pair",
    "part_of",
    "stands_on",
    "taps_of",
]

# ── the two halves ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Reading:
    """The time of a tap that says the class (the judged one, or the milder end of an uncertain one), and who is asked.

    `own`: by the tap's own judged time, which says all else: the milder end says only the class.
    """

    times: Times
    own: Times
    review: int = NOBODY


def asks(day: Day, tap: Tap, code: Callable[[Tap, int], str | None]) -> int:
    """Whom a tap asks by itself: nobody where its whole interval lies in one class, else whom its grade asks."""
    lo, hi = 0 if tap.lo is None else tap.lo, EVER if tap.hi is None else tap.hi
    return NOBODY if code(tap, lo) == code(tap, hi) else ASKS[day.law.get("grades", tap.grade)]


def by_the_place(day: Day, tap: Tap) -> int:
    """A tap known to be made where the person has no place is looked at by sample (section 8)."""
    return SAMPLE if day.places and tap.site is not None and tap.site not in day.places else NOBODY


def class_of(day: Day, side: str, minutes: int) -> str | None:
    row = day.law.row(side, minutes)
    return row.code + str(row.cost(minutes)) if row else None


def read_arrival(day: Day, hours: Hours, half: Half) -> Reading:
    """The arrival that counts; where somebody pressed the wrong button first, beside the Masuk that followed."""
    if half.counted is None:
        return Reading(Times(), Times())
    found = read_arrival_of(day, hours, half.counted, half.others)
    if half.instead is not None:
        other = read_arrival_of(day, hours, half.instead, half.others)
        if moves(day, hours, found) != moves(day, hours, other):
            return replace(found, review=SUPERIOR)
    return found


def moves(day: Day, hours: Hours, one: Reading) -> tuple[int, int, int]:
    """The minutes late, and how the end of the day moves."""
    own = reckon(day, hours, one.own)
    return reckon(day, hours, one.times).late, own.made_up, own.forward


def read_arrival_of(day: Day, hours: Hours, tap: Tap, others: Sequence[Tap]) -> Reading:
    def code(by: Tap, at: int) -> str | None:
        return class_of(day, "late", reckon(day, hours, Times(at, proven=by.proven)).late)

    at, review = tap.at, asks(day, tap, code)
    lo = 0 if tap.lo is None else tap.lo
    if review == SUPERIOR:
        at = lo
    elif tap.error and code(tap, max(lo, tap.at - tap.error)) != code(tap, tap.at):
        at = max(lo, tap.at - tap.error)
    agreeing = [one for one in others if one != tap and code(one, one.at) == code(tap, at)]
    proven = tap.proven
    if code(tap, at) is None:
        proven = lowest([tap, *agreeing])
    review = max(min([review, *(asks(day, one, code) for one in agreeing)]), by_the_place(day, tap))
    return Reading(Times(at, proven=proven), Times(tap.at, proven=proven), review)


def lowest(taps: Sequence[Tap]) -> int | None:
    """The lowest of what is proven of them, and nothing where of one nothing is."""
    found = [tap.proven for tap in taps if tap.proven is not None]
    return min(found) if len(found) == len(taps) else None


def read_departure(day: Day, hours: Hours, half: Half, arrival: Times) -> Reading:
    tap = half.counted
    if tap is None:
        return Reading(Times(), Times())

    def code(_by: Tap, at: int) -> str | None:
        return class_of(day, "early", reckon(day, hours, replace(arrival, depart=at)).early)

    at, review = tap.at, asks(day, tap, code)
    hi = EVER if tap.hi is None else tap.hi
    if review == SUPERIOR:
        at = hi
    elif tap.error and code(tap, min(hi, tap.at + tap.error)) != code(tap, tap.at):
        at = min(hi, tap.at + tap.error)
    agreeing = [one for one in half.others if one != tap and code(one, one.at) == code(tap, at)]
    review = max(min([review, *(asks(day, one, code) for one in agreeing)]), by_the_place(day, tap))
    return Reading(replace(arrival, depart=at), replace(arrival, depart=tap.at), review)


def presence(paired: Paired) -> int:
    """From the arrival to the departure, each by the tap's own judged time, also where it leaves its half undecided."""
    came, went = (half.counted or half.there for half in (paired.arrival, paired.departure))
    return span(came.at, went.at) if came and went else 0


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


def halves_of(day: Day, hours: Hours, paired: Paired) -> Judged:
    over, found = day.now >= hours.counts[1], pieces(day, hours)
    real, there = read_arrival(day, hours, paired.arrival), paired.arrival.there
    covered = not owed(hours) & ~union(found)

    arrival, times = None, real.times
    if times.arrive is None and (over or there) and (at := assumed_arrival(day, hours)) is not None:
        times = replace(times, arrive=at, assumed=True)
    said = reckon(day, hours, times)
    if times.arrive is not None:
        arrival = decided(day, "late", said.late, bare_minutes=None if times.assumed else said.bare_late)
    if paired.arrival.counted is None:
        excused = covered or any(piece.morning for piece in found) or is_excused(arrival)
        assumed = arrival or missing_part(day, "late")
        arrival = missing_half(day, paired.arrival, hours.arrive, excused=excused, over=over) or assumed
    assert arrival is not None
    known = in_a_year_without_calendar(hours, replace(arrival, review=arrival.review or real.review))
    if not times.assumed:
        times = real.own
    if there:
        times = Times(there=there.at)
    if known.status == "undecided" and not there:  # then it moves no end
        times = Times()

    departure = None
    gone = read_departure(day, hours, paired.departure, times)
    times = replace(times, depart=gone.times.depart if paired.departure.counted else assumed_departure(day, hours))
    said = reckon(day, hours, times)
    if times.depart is not None:
        bare = said.bare_early if paired.departure.counted else None
        departure = decided(day, "early", said.early, bare_minutes=bare)
    if paired.departure.counted is None:
        excused = covered or any(piece.evening for piece in found) or is_excused(departure)
        assumed = departure or missing_part(day, "early")
        departure = missing_half(day, paired.departure, hours.leave, excused=excused, over=over) or assumed
    assert departure is not None
    departure = replace(departure, review=departure.review or gone.review)
    return Judged(known, in_a_year_without_calendar(hours, departure), said.made_up > 0)


def in_a_year_without_calendar(hours: Hours, part: Part) -> Part:
    """Nothing is counted against anybody: what would cost something, or nobody recorded, is the superior's to say."""
    against = part.percent or part.status == "no_punch"
    return Part("undecided", review=SUPERIOR) if hours.unsure and against else part


def is_excused(part: Part | None) -> bool:
    return part is not None and part.status == "excused"


def missing_half(day: Day, half: Half, around: tuple[int, int], *, excused: bool, over: bool) -> Part | None:
    """What a half without a counted tap is, where neither an outage nor the table is asked."""
    if not over and not half.there:
        return Part("not_yet")
    if excused:
        return Part("excused")
    if half.there:
        return Part("undecided", review=SUPERIOR)
    return Part("undecided") if is_dark(day, *around) else None


def is_dark(day: Day, first: int, last: int) -> bool:
    return any(begun < last and first < over for begun, over in day.dark)


# ── the day ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def judge(day: Day) -> Answer:
    """A first *Masuk* after noon that may be a coming or a going home: what costs less; of equal ones, he came."""
    came = judge_as_read(day)
    if day.law.get("late_first_after") == "off":
        return came
    return min(came, judge_as_read(replace(day, homeward=True)), key=lambda said: said.percent)


def judge_as_read(day: Day) -> Answer:
    if isinstance(day.hours, Off):
        return day_off(day, day.hours)
    hours = day.hours
    if hours.shift:
        day = replace(day, parades=[one for one in day.parades if hours.counts[0] <= one.first < hours.end])
    if hours.unsure:
        day = replace(day, parades=())
    paired = pair(day, hours)
    judged = halves_of(day, hours, paired)
    missed = tuple(one_parade(day, hours, paired, parade) for parade in day.parades)
    said = judged_day(day, hours, paired, judged, missed)
    reviews = [part.review for part in (said.arrival, said.departure) if part]
    return replace(said, attendance=missed, review=max(reviews))


def judged_day(day: Day, hours: Hours, paired: Paired, judged: Judged, missed: Sequence[str]) -> Answer:
    over = day.now >= hours.counts[1]
    if not owed(hours) & ~union(pieces(day, hours), codes_only=True):
        return covered_day(day, hours, paired, judged, over=over)
    if over and not paired.any_tap and not day.dark and not hours.unsure:
        return empty_day(day, hours, judged)
    counts = paired.arrival.counted or paired.departure.counted
    status, halves = "present" if counts else "not_yet", (judged.arrival.status, judged.departure.status)
    if "undecided" in halves:
        status = "undecided"
    letter = {"present": hours.letter or day.law.get("codes", "present")}.get(status) or day.law.get("codes", status)
    if status == "not_yet" and "not_yet" not in halves:
        status, letter = "absent", day.law.get("absent")["code"]
        if owed(hours) & union(pieces(day, hours)):
            status, letter = "excused", most_letter(day, hours)
    price = price_of(day, hours, presence(paired)) if over and not hours.unsure else Fraction(0)
    cost = together(day, judged.arrival.percent, judged.departure.percent) + cents(price)
    if status == "present":
        cost += sum(
            (exact_cost(day, one) for one, what in zip(day.parades, missed, strict=True) if what == "missed"), NONE
        )
    return Answer(status, letter, capped(day, hours, cost), judged.arrival, judged.departure, judged.flex_used)


def day_off(day: Day, off: Off) -> Answer:
    """Nothing was owed, but for the ceremonies that are owed on a day off."""
    asked = replace(day, parades=[one for one in day.parades if one.on_day_off])
    missed = tuple(one_parade(asked, None, None, one) for one in asked.parades)
    cost = sum(
        (exact_cost(day, one) for one, what in zip(asked.parades, missed, strict=True) if what == "missed"), NONE
    )
    return Answer("off_duty", off.letter, cost, attendance=missed)


def in_parts(day: Day, parts: Sequence[Hours]) -> Answer:
    """A split shift: each part judged by itself, what they cost added, the dearer arrival and departure shown.

    What is priced by the minute, the absence and the cap are reckoned by the minutes owed in all parts.
    """
    in_all = sum(owed(one).bit_count() for one in parts)
    mine = [replace(day, hours=part, taps=taps_of(day, part, parts), in_all=in_all) for part in parts]
    said = [judge(one) for one in mine]
    whole = Decimal(str(day.law.get("absent")["percent"]))
    cost = sum((one.percent for one in said), NONE)

    def weight(at: int) -> tuple[int, int]:
        order = ("absent", "excused", "present", "not_yet", "undecided")
        return order.index(said[at].status), owed(parts[at]).bit_count()

    first = said[max(range(len(said)), key=weight)]
    paired = [pair(one, part) for one, part in zip(mine, parts, strict=True)]
    return Answer(
        first.status,
        first.letter,
        min(cost, whole),
        shown([(one.arrival, two.arrival) for one, two in zip(said, paired, strict=True)]),
        shown([(one.departure, two.departure) for one, two in zip(said, paired, strict=True)]),
        any(one.flex_used for one in said),
        review=max(one.review for one in said),
    )


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
    """What the same day would cost without any tap; while a source is silent no more than its halves would.

    Where they are decided, that is: what is undecided says nothing of a price.
    """
    price = price_of(day, hours, 0)
    bare = owed(hours) & ~union(pieces(day, hours))
    share = Fraction(bare.bit_count(), of_the_day(day, hours))
    absent = cents(Fraction(str(day.law.get("absent")["percent"])) * share + price)
    if not day.dark:
        return absent
    silent = replace(day, taps=())
    halves = halves_of(silent, hours, pair(silent, hours))
    if {"undecided", "not_yet"} & {halves.arrival.status, halves.departure.status}:
        return absent
    return min(absent, together(day, halves.arrival.percent, halves.departure.percent) + cents(price))


def covered_day(day: Day, hours: Hours, paired: Paired, judged: Judged, *, over: bool) -> Answer:
    """Excuses with a code cover all that is owed."""
    full, there, charged = price_of(day, hours, 0), presence(paired), over and not hours.unsure
    if full and there:
        cost = cents(price_of(day, hours, there)) if charged else NONE
        letter = hours.letter or day.law.get("codes", "present")
        return Answer("present", letter, capped(day, hours, cost), judged.arrival, judged.departure)
    return Answer(
        "excused", most_letter(day, hours), cents(full) if charged else NONE, Part("excused"), Part("excused")
    )


def empty_day(day: Day, hours: Hours, judged: Judged) -> Answer:
    """No tap at all, and none can come."""
    credited = owed(hours) & union(pieces(day, hours))
    arrival, departure = judged.arrival, judged.departure
    cost = without_taps(day, hours)
    if not credited:
        return Answer("absent", day.law.get("absent")["code"], cost, arrival, departure)
    if credited & span(0, first_of(owed(hours)) + 1):
        arrival = Part("excused")
    if credited >> (after_last(owed(hours)) - 1):
        departure = Part("excused")
    return Answer("excused", most_letter(day, hours), cost, arrival, departure)


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


def one_parade(day: Day, hours: Hours | None, paired: Paired | None, parade: Parade) -> str:
    """What became of a ceremony. Credited time touches it by its own minutes, whatever its reach."""
    there = [tap for tap in day.taps if parade.first <= tap.at < parade.last]
    if hours and paired and day.now >= parade.last:
        there += shown_by_halves(hours, paired, parade)
    if any(parade.site is None or tap.site in (None, parade.site) for tap in there):
        return "attended"
    credited = [one for one in day.excuses if one.code is None or day.law.excuse(one.code)]
    if any(one.first < parade.last and parade.first < one.last for one in credited):
        return "excused"
    return "not_yet" if day.now < parade.last or is_dark(day, parade.first, parade.last) else "missed"


def shown_by_halves(hours: Hours, paired: Paired, parade: Parade) -> list[Tap]:
    """Whoever came before its end and did not go before it began was there; without an arrival, who went later.

    Where no arrival counts he came with the press that shows him there all the same.
    """
    came, went = paired.arrival.counted or paired.arrival.there, paired.departure.counted
    if went and went.at < parade.first:
        return []
    there = [came] if came and came.at < parade.last else []
    if went and not paired.arrival.counted and parade.last > hours.leave[0]:
        there.append(went)
    return there
