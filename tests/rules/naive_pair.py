"""The second judge, third part: which tap counts (docs/rules.md, section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.rules.naive_law import DAY, MINUTE, Hours, Law, clock
from tests.rules.naive_reckon import owed, pieces, union
from tests.rules.naive_taps import EVER, Day, Tap, span


@dataclass(frozen=True)
class Half:
    """`instead`: the Masuk that would have counted, had nobody pressed the wrong button before it.

    `there`: the tap that leaves the half undecided, and shows the person there all the same.
    """

    counted: Tap | None = None
    instead: Tap | None = None
    there: Tap | None = None
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
    return hours.shift and abs(tap.at - (hours.end if tap.way == "out" else hours.start)) <= DAY // 2


def with_way(taps: list[Tap], law: Law, hours: Hours) -> list[Tap]:
    """The direction that counts of taps in order: where a terminal without keys said none."""
    read = list(taps)
    unsaid = [
        at for at, tap in enumerate(taps) if tap.way == "unsaid" or law.get("pairing", tap.source) == "first_last"
    ]
    apart = law.get("pairing_minutes", "apart") * MINUTE
    for at in unsaid:
        first = taps[0]
        way = "in" if first.at < hours.leave[0] else "out"
        read[at] = replace(taps[at], way="out" if taps[at].at - first.at >= apart else way)
    return read


def after_noon(taps: list[Tap], day: Day, hours: Hours) -> list[Tap]:
    """Kemenag, in weeks with hours of their own: where the first Masuk is after noon, Masuk is going home.

    Where leave or travel covers all that is owed until noon it may be either (`judge` reads it in both ways).
    """
    said, came = day.law.get("late_first_after"), [tap for tap in taps if tap.way == "in"]
    if said == "off" or hours.shift or hours.dynamic or not came:
        return taps
    noon = clock(said)
    may_come = not owed(hours) & span(0, noon) & ~union(pieces(day, hours), codes_only=True)
    if came[0].at <= noon or (may_come and not day.homeward):
        return taps
    return [replace(tap, way="out") if tap.way == "in" else tap for tap in taps]


def half_of_outside(tap: Tap, hours: Hours) -> str:
    return ("in" if tap.at < hours.leave[0] else "out") if tap.way == "unsaid" else tap.way


def weakest_at(at: int, taps: Sequence[Tap], way: str) -> Tap:
    """Of several at one instant: the weakest evidence, of equally weak the one that may have been earlier (later)."""

    def weakness(tap: Tap) -> tuple[str, int, int]:
        if way == "in":
            lo, proven = (EVER if bound is None else -bound for bound in (tap.lo, tap.proven))
            return tap.grade, lo, proven
        return tap.grade, EVER if tap.hi is None else tap.hi, 0

    return max((tap for tap in taps if tap.at == at), key=weakness)


def pair(day: Day, hours: Hours) -> Paired:
    taps = sorted(dict.fromkeys(tap for tap in day.taps if stands_on(tap, hours)), key=lambda tap: tap.at)
    within = [tap for tap in taps if hours.counts[0] <= tap.at < hours.counts[1]]
    outside = [tap for tap in taps if tap not in within]
    within = after_noon(with_way(within, day.law, hours), day, hours)
    ins = [tap for tap in within if tap.way == "in"]
    wrong = [
        tap
        for tap in within
        if tap.way == "out" and hours.arrive[0] <= tap.at < hours.arrive[1] and not (ins and ins[0].at <= tap.at)
    ]
    outs = [tap for tap in within if tap.way == "out" and tap not in wrong]
    asked = wrong and day.law.get("wrong_button", "arrival") == "ask_superior"
    arrival = Half(others=tuple(ins))
    if ins:
        chosen = ins[0] if day.law.get("counts", "arrival") == "first" else ins[-1]
        arrival = replace(arrival, counted=weakest_at(chosen.at, ins, "in"))
        if asked:
            arrival = replace(arrival, instead=arrival.counted, counted=weakest_at(wrong[0].at, wrong, "in"))
    else:
        early = [tap for tap in outside if half_of_outside(tap, hours) == "in"] + (wrong if asked else [])
        arrival = replace(arrival, there=min(early, key=lambda tap: tap.at, default=None))
    departure = Half(others=tuple(outs))
    if outs:
        chosen = outs[-1] if day.law.get("counts", "departure") == "last" else outs[0]
        departure = replace(departure, counted=weakest_at(chosen.at, outs, "out"))
    else:
        late = [tap for tap in outside if half_of_outside(tap, hours) == "out"]
        departure = replace(departure, there=max(late, key=lambda tap: tap.at, default=None))
    return Paired(arrival, departure, bool(taps))
