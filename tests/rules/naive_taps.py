"""The second judge, first part: sets of seconds, what a day holds, and which tap counts (docs/rules.md, section 2).

A set of seconds is a whole number of which bit `n` says whether second `n` belongs to it. So "what is owed less what
is credited" is `owed & ~credited`, and "how many seconds" is how many bits are set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tests.rules.naive_law import DAY, MINUTE, Hours, Law, Off

EVER = 5 * DAY
NONE = Decimal(0)


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
        first = taps[0]
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


def weakest_at(at: int, taps: Sequence[Tap], way: str) -> Tap:
    """Of several at one instant: the weakest evidence, of equally weak the one that may have been earlier (later)."""

    def weakness(tap: Tap) -> tuple[str, int]:
        if way == "in":
            return tap.grade, EVER if tap.lo is None else -tap.lo
        return tap.grade, EVER if tap.hi is None else tap.hi

    return max((tap for tap in taps if tap.at == at), key=weakness)


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
        pressed = weakest_at(wrong[0].at, wrong, "in")
        arrival = replace(arrival, asked=True, undecided=not ins, counted=pressed if ins else None)
    elif ins:
        chosen = ins[0] if day.law.get("counts", "arrival") == "first" else ins[-1]
        arrival = replace(arrival, counted=weakest_at(chosen.at, ins, "in"))
    last = day.law.get("counts", "departure") == "last"
    departure = Half(
        counted=weakest_at((outs[-1] if last else outs[0]).at, outs, "out") if outs else None,
        outside="out" in outside,
        others=tuple(outs),
    )
    return Paired(replace(arrival, others=tuple(ins)), departure, bool(taps))
