"""The law of a day, said a second time: slowly, by single seconds, from docs/rules.md alone and with no line of the engine.

A set of seconds is a whole number of which bit `n` says whether second `n` belongs to it. So "what is owed less what
is credited" is `owed & ~credited`, and "how many seconds" is how many bits are set. Nothing here is clever; where it
and the engine differ, the page decides (tests/rules/test_naive.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from tests.rules.naive_law import DAY, MINUTE, Class, Hours, Law, Off

EVER = 5 * DAY
NONE = Decimal(0)
ASKS_LESS = ("accept", "sample", "ask_superior")


def span(first: int, last: int) -> int:
    """The seconds from `first` until before `last`."""
    first, last = min(max(first, 0), EVER), min(max(last, 0), EVER)
    return (1 << last) - (1 << first) if first < last else 0


def first_of(seconds: int) -> int:
    return (seconds & -seconds).bit_length() - 1


def after_last(seconds: int) -> int:
    return seconds.bit_length()


def runs(seconds: int) -> list[tuple[int, int]]:
    """The unbroken stretches of a set: pieces that overlap or touch are one."""
    found = []
    while seconds:
        first = first_of(seconds)
        last = first + first_of(~(seconds >> first))
        found.append((first, last))
        seconds &= ~span(first, last)
    return found


@dataclass(frozen=True)
class Tap:
    at: int
    way: str  # in, out, unsaid
    source: str = "phone"
    grade: str = "A"
    lo: int | None = None
    hi: int | None = None
    proven: int | None = None
    error: int = 0
    site: str | None = None


@dataclass(frozen=True)
class Excused:
    """An approved excuse, its tail in it. `code` None: an outage."""

    code: str | None
    first: int
    last: int
    day_number: int = 1
    lifts: bool = False


@dataclass(frozen=True)
class Parade:
    """A ceremony."""

    code: str
    first: int
    last: int
    site: str | None = None
    on_day_off: bool = False


@dataclass(frozen=True)
class Day:
    law: Law
    hours: Hours | Off
    taps: Sequence[Tap] = ()
    excuses: Sequence[Excused] = ()
    now: int = 3 * DAY
    flex_times: int = 0
    dark: Sequence[tuple[int, int]] = ()
    parades: Sequence[Parade] = ()


@dataclass(frozen=True)
class Part:
    status: str
    code: str | None = None
    minutes: int = 0
    percent: Decimal = NONE


@dataclass(frozen=True)
class Answer:
    status: str
    letter: str
    percent: Decimal
    arrival: Part | None = None
    departure: Part | None = None
    flex_used: bool = False
    attendance: tuple[str, ...] = ()


# ── which tap counts ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Half:
    counted: Tap | None = None
    asked: bool = False  # the superior is asked: a wrong button came before
    undecided: bool = False  # a wrong button alone
    outside: bool = False  # a tap outside the hours that count
    others: tuple[Tap, ...] = ()  # of the same direction


@dataclass(frozen=True)
class Paired:
    arrival: Half
    departure: Half
    any_tap: bool


def stands_on(tap: Tap, hours: Hours) -> bool:
    first, last = hours.counts
    if first <= tap.at < last or DAY <= tap.at < 2 * DAY:
        return True
    near = {"in": (hours.start,), "out": (hours.end,)}.get(tap.way, (hours.start, hours.end))
    return hours.shift and any(abs(tap.at - at) <= DAY // 2 for at in near)


def with_way(taps: list[Tap], law: Law, hours: Hours) -> list[Tap]:
    """The direction that counts of taps in order: terminals without keys, and a first arrival after noon."""
    read = list(taps)
    unsaid = [
        at for at, tap in enumerate(taps) if tap.way == "unsaid" or law.get("pairing", tap.source) == "first_last"
    ]
    apart = law.get("pairing_minutes", "apart") * MINUTE
    for at in unsaid:
        first = taps[unsaid[0]]
        way = "in" if first.at < hours.leave[0] else "out"
        read[at] = replace(taps[at], way="out" if taps[at].at - first.at >= apart else way)
    return after_noon(read, law, hours)


def after_noon(taps: list[Tap], law: Law, hours: Hours) -> list[Tap]:
    """Kemenag, in weeks with hours of their own: where the first Masuk is after noon, Masuk is going home."""
    noon, came = law.get("late_first_after"), [tap for tap in taps if tap.way == "in"]
    if noon == "off" or hours.shift or hours.dynamic or not came:
        return taps
    hour, minute = (int(part) for part in noon.split(":"))
    if came[0].at <= DAY + (hour * 60 + minute) * MINUTE:
        return taps
    return [replace(tap, way="out") if tap.way == "in" else tap for tap in taps]


def half_of_outside(tap: Tap, hours: Hours) -> str:
    return ("in" if tap.at < hours.leave[0] else "out") if tap.way == "unsaid" else tap.way


def pair(day: Day, hours: Hours) -> Paired:
    taps = sorted({tap for tap in day.taps if stands_on(tap, hours)}, key=lambda tap: tap.at)
    within = [tap for tap in taps if hours.counts[0] <= tap.at < hours.counts[1]]
    outside = {half_of_outside(tap, hours) for tap in taps if tap not in within}
    within = with_way(within, day.law, hours)
    ins = [tap for tap in within if tap.way == "in"]
    wrong = [
        tap
        for tap in within
        if tap.way == "out" and hours.arrive[0] <= tap.at < hours.arrive[1] and not (ins and ins[0].at <= tap.at)
    ]
    outs = [tap for tap in within if tap.way == "out" and tap not in wrong]
    arrival = Half(outside="in" in outside)
    if wrong and day.law.get("wrong_button", "arrival") == "ask_superior":
        arrival = replace(arrival, asked=True, undecided=not ins, counted=wrong[0] if ins else None)
    elif ins:
        arrival = replace(arrival, counted=ins[0] if day.law.get("counts", "arrival") == "first" else ins[-1])
    last = day.law.get("counts", "departure") == "last"
    departure = Half(
        counted=(outs[-1] if last else outs[0]) if outs else None,
        outside="out" in outside,
        others=tuple(outs),
    )
    return Paired(replace(arrival, others=tuple(ins)), departure, bool(taps))


# ── owed, credited, uncovered ─────────────────────────────────────────────────────────────────────────────────────────


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
    """When somebody came and went, as far as a tap says it; `proven`: not before that; `assumed`: nobody recorded it."""

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


def price_of(day: Day, hours: Hours, times: Times, *, worked: bool = True) -> Decimal:
    """What the credited seconds that were not worked cost, each by the cheapest that covers it; not rounded."""
    left, cost = owed(hours), NONE
    if worked and times.arrive is not None and times.depart is not None and not times.assumed:
        left &= ~span(times.arrive, times.depart)
    for piece in sorted(pieces(day, hours), key=lambda piece: piece.percent):
        cost += piece.percent * (left & piece.seconds).bit_count()
        left &= ~piece.seconds
    return cost / owed(hours).bit_count()


def cents(percent: Decimal) -> Decimal:
    return percent.quantize(Decimal("0.01"), ROUND_HALF_UP)


# ── the two halves ────────────────────────────────────────────────────────────────────────────────────────────────────


def asks(day: Day, grade: str) -> int:
    return ASKS_LESS.index(day.law.get("grades", grade))


def counted_arrival(day: Day, hours: Hours, half: Half) -> Times:
    """The time of the arrival that counts: the judged one, or the milder end of an uncertain one."""
    tap = half.counted
    if tap is None:
        return Times()

    def code(at: int) -> str | None:
        row = day.law.row("late", reckon(day, hours, Times(at, proven=tap.proven)).late)
        return row.code + str(row.cost(reckon(day, hours, Times(at, proven=tap.proven)).late)) if row else None

    at, grade = tap.at, best_grade(day, half, code)
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

    grade = best_grade(day, half, code)
    lo, hi = 0 if tap.lo is None else tap.lo, EVER if tap.hi is None else tap.hi
    if grade == ASKS_LESS.index("ask_superior") and code(lo) != code(hi):
        return hi
    if tap.error and code(min(hi, tap.at + tap.error)) != code(tap.at):
        return min(hi, tap.at + tap.error)
    return tap.at


def best_grade(day: Day, half: Half, code: object) -> int:
    """How much the counted tap's grade asks, or the least that an agreeing tap of its direction asks."""
    assert half.counted is not None and callable(code)
    mine = code(half.counted.at)
    agreeing = [tap for tap in half.others if code(tap.at) == mine]
    return min(asks(day, tap.grade) for tap in [half.counted, *agreeing])


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
    real = replace(real, depart=counted_departure(day, hours, paired.departure, real))
    times = real
    ready = over or paired.arrival.undecided or paired.arrival.outside
    if real.arrive is None and ready and (at := assumed_arrival(day, hours)) is not None:
        times = replace(times, arrive=at, assumed=True)
    if real.depart is None:
        times = replace(times, depart=assumed_departure(day, hours))
    said = reckon(day, hours, times)
    arrival = departure = None
    if times.arrive is not None:
        arrival = decided(day, "late", said.late, bare_minutes=None if times.assumed else said.bare_late)
    if times.depart is not None:
        bare = None if real.depart is None else said.bare_early
        departure = decided(day, "early", said.early, bare_minutes=bare)
    if hours.unsure and arrival is not None and arrival.percent and real.depart is not None:
        said = reckon(day, hours, replace(times, arrive=None))  # an arrival that nobody decides moves no end
        departure = decided(day, "early", said.early, bare_minutes=said.bare_early)
    covered = not owed(hours) & ~union(found)
    if real.arrive is None:
        excused = covered or any(piece.morning for piece in found) or is_excused(arrival)
        assumed = arrival or missing_part(day, "late")
        arrival = missing_half(day, paired.arrival, hours.arrive, excused=excused, over=over) or assumed
    if real.depart is None:
        excused = covered or any(piece.evening for piece in found) or is_excused(departure)
        assumed = departure or missing_part(day, "early")
        departure = missing_half(day, paired.departure, hours.leave, excused=excused, over=over) or assumed
    assert arrival and departure
    if hours.unsure:  # then nothing is counted against anybody
        arrival, departure = (Part("undecided") if part.percent else part for part in (arrival, departure))
    return Judged(arrival, departure, said.flex_used and arrival.status != "undecided", real)


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
    price = price_of(day, hours, judged.times) if over else NONE
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
    shares = [Decimal(owed(part).bit_count()) / sum(owed(one).bit_count() for one in parts) for part in parts]
    mine = [replace(day, hours=part, taps=[tap for tap in day.taps if part_of(tap, parts) is part]) for part in parts]
    said = [judge(one) for one in mine]
    whole = Decimal(str(day.law.get("absent")["percent"]))
    cost = sum(
        (
            cents(one.percent * share) if one.status == "absent" else one.percent
            for one, share in zip(said, shares, strict=True)
        ),
        NONE,
    )
    worst = max(said, key=lambda one: ("absent", "excused", "present", "not_yet", "undecided").index(one.status))
    arrival = max((one.arrival for one in said if one.arrival), key=lambda part: part.percent)
    departure = max((one.departure for one in said if one.departure), key=lambda part: part.percent)
    return Answer(worst.status, worst.letter, min(cost, whole), arrival, departure, any(one.flex_used for one in said))


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
    share = Decimal(bare.bit_count()) / owed(hours).bit_count()
    return cents(Decimal(str(day.law.get("absent")["percent"])) * share + price_of(day, hours, Times()))


def covered_day(day: Day, hours: Hours, judged: Judged, *, over: bool) -> Answer:
    """Excuses with a code cover all that is owed."""
    times, excused = judged.times, Part("excused")
    missed = attendance(day)
    full = price_of(day, hours, times, worked=False)
    if full and times.arrive is not None and times.depart is not None and times.arrive < times.depart:
        cost = cents(price_of(day, hours, times)) if over else NONE
        letter = hours.letter or day.law.get("codes", "present")
        return Answer("present", letter, capped(day, hours, cost), judged.arrival, judged.departure, False, missed)
    letter = most_letter(day, hours)
    cost = cents(full) if over else NONE
    return Answer("excused", letter, cost, excused, excused, False, missed)


def empty_day(day: Day, hours: Hours, judged: Judged) -> Answer:
    """No tap at all, and none can come."""
    found = pieces(day, hours)
    credited = owed(hours) & union(found)
    arrival, departure = judged.arrival, judged.departure
    missed = attendance(day)
    if not credited:
        return Answer(
            "absent", day.law.get("absent")["code"], without_taps(day, hours), arrival, departure, False, missed
        )
    if credited & span(0, first_of(owed(hours)) + 1):
        arrival = Part("excused")
    if credited >> (after_last(owed(hours)) - 1):
        departure = Part("excused")
    return Answer("excused", most_letter(day, hours), without_taps(day, hours), arrival, departure, False, missed)


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
    credits = [one for one in day.excuses if one.code is None or day.law.excuse(one.code)]
    if any(one.first < parade.last and parade.first < one.last for one in credits):
        return "excused"
    return "not_yet" if day.now < parade.last or is_dark(day, parade.first, parade.last) else "missed"


def known(row: Class | None) -> str | None:
    return row.code if row else None
