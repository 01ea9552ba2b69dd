"""Seven laws for every set, every duty and every shift (docs/rules.md, section 3), and the search for a break.

Each law is a function of a scene: it makes a day, changes it, and says what it found if the law is broken. `search`
asks a law for one place and some seeds; whoever has more time asks for more seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, time

from msgspec.structs import replace as replaced

from hadir.rules.calendars import Calendar
from hadir.rules.clocks import MS_PER_MINUTE, Period, local_day
from hadir.rules.duty import SHIFT_REACH_MS, DutyDay, ShiftRow
from hadir.rules.evidence import Direction, Evidence, Grade, WeighedTap
from hadir.rules.excuse import ExcusePeriod
from hadir.rules.pairing import is_sent_home
from hadir.rules.plan import AssignmentPeriod, Plan, owed_on
from hadir.rules.policy import DayCap, Policy, WrongButton
from hadir.rules.precedents import impersonal
from hadir.rules.search import Draw, LawPlace, Scene, certain, is_shift, next_day, spread, tap
from hadir.rules.spans import length_ms, minus, union
from hadir.rules.verdict import DayStatus, PartStatus, PartVerdict, Verdict

IN, OUT = Direction.IN, Direction.OUT
Found = str | None
"""What a law found broken; None where it holds."""
NOT_ASKED = ""
"""Found where the draw made a day of which the law says nothing."""


@dataclass(frozen=True)
class Broken:
    """A law that does not hold: where, for which seed, and what was found."""

    law: str
    set_name: str
    duty: str
    seed: int
    found: str


@dataclass(frozen=True)
class Searched:
    """How many days a law was held against, and where it broke."""

    tried: int
    broken: tuple[Broken, ...]


def search(name: str, place: LawPlace, seeds: Iterable[int], *, enough: int | None = None) -> Searched:
    """The law held against one scene for each seed, until it was tried `enough` times; those of which it says nothing
    are not counted.
    """
    law, tried, broken = LAWS[name], 0, list[Broken]()
    for seed in seeds:
        if tried == enough:
            break
        found = law(Scene.of(place, Draw(seed, f"{place.set_name}/{place.duty}")))
        tried += found != NOT_ASKED
        if found:
            broken.append(Broken(name, place.set_name, place.duty, seed, found))
    return Searched(tried, tuple(broken))


# 1.


def later_is_never_cheaper(scene: Scene) -> Found:
    """A later arrival is never cheaper; an earlier departure never cheaper, while they count. A first *Masuk* that a
    government reads as a going home costs what a *Pulang* then does.
    """
    draw = scene.draw
    first, second, third = _three(scene)
    evidence = _somehow(draw)
    if draw.chance(50):
        rest = (tap("out", OUT, third),) if draw.chance(80) and third in scene.day.depart else ()
        cheap, dear = (scene.judge(tap("in", IN, at_ms, evidence(at_ms)), *rest) for at_ms in (first, second))
        if is_sent_home(dear.reasons):
            gone = scene.judge(tap("in", OUT, second, evidence(second)), *rest)
            is_alike = gone.deduction_percent == dear.deduction_percent
            return None if is_alike else f"sent home {_day(dear)}, by Pulang {_day(gone)}"
    else:
        if second not in scene.day.depart:
            return NOT_ASKED
        rest = (tap("in", IN, first),)
        cheap, dear = (scene.judge(*rest, tap("out", OUT, at_ms, evidence(at_ms))) for at_ms in (third, second))
    if _is_asked(dear):
        return NOT_ASKED
    if dear.deduction_percent < cheap.deduction_percent:
        return f"{_day(cheap)} became {_day(dear)}"
    return None


def _three(scene: Scene) -> list[int]:
    """Three instants in order, often two of them on the two sides of what is credited."""
    draw = scene.draw
    instants = [scene.counting() for _ in range(3)]
    if scene.excuses and draw.chance(60):
        period = draw.pick(scene.excuses).explains
        edge_ms = draw.pick((period.from_ms, period.until_ms))
        instants[:2] = (scene.counted(edge_ms + way * (1 + draw.below(1_800_000))) for way in (-1, 1))
    return sorted(instants)


def _somehow(draw: Draw) -> Callable[[int], Evidence]:
    """Evidence of one kind, at any instant."""
    if draw.chance(50):
        return certain
    before_ms, after_ms = (draw.pick((0, 60_000, 1_800_000)) for _ in range(2))
    grade, proven = draw.pick(tuple(Grade)), draw.chance(50)
    return lambda at_ms: spread(at_ms, before_ms=before_ms, after_ms=after_ms, grade=grade, proven=proven)


# 2.


def more_credit_never_costs_more(scene: Scene) -> Found:
    """More time credited at 0 % never costs more; what is covered is never counted or made up."""
    taps = _some_taps(scene)
    more = scene.excuse(9, free=True)
    before, after = scene.judge(*taps), scene.judge(*taps, excuses=(*scene.excuses, more))
    if after.deduction_percent > before.deduction_percent and not _is_asked(before):
        return f"{_day(before)} became {_day(after)} by {more.code or 'an outage'}"
    arrival = after.arrival
    if after.flex_used and arrival is not None and arrival.evidence is not None:
        taken = union(one.explains for one in (*scene.excuses, more) if _covers_all(one, arrival.evidence, scene))
        if length_ms(minus((scene.day.hours,), taken), until_ms=arrival.evidence.judged_ms) == 0:
            return f"covered minutes used flexible time: {_day(after)}"
    return _covered_is_never_made_up(scene) or _cheapest(scene)


def _covered_is_never_made_up(scene: Scene) -> Found:
    """Whoever comes in credited time that covers the start of work has nothing to make up."""
    scene = replace(scene.alone(), ceremonies=())
    day, draw = scene.day, scene.draw
    credit = scene.outage_of_the_morning() if draw.chance(50) else scene.excuse(7, free=True)
    period = Period(min(credit.period.from_ms, day.start_ms), max(credit.period.until_ms, day.start_ms + 2))
    credit = replace(credit, period=period)
    came_ms = day.start_ms + draw.below(period.until_ms - day.start_ms)
    if came_ms not in day.arrive or credit.code in scene.policy.refused:
        return None
    verdict = scene.judge(tap("in", IN, came_ms), tap("out", OUT, day.end_ms), excuses=(credit,))
    return f"a covered arrival made {_day(verdict)}" if verdict.deduction_percent or verdict.flex_used else None


def _covers_all(excuse: ExcusePeriod, evidence: Evidence, scene: Scene) -> bool:
    """Whether nothing proven stands against it."""
    return excuse.code not in scene.policy.refused and (excuse.code is not None or evidence.proven_ms is None)


def _cheapest(scene: Scene) -> Found:
    """Whole-day excuses over one another cost what the cheapest costs."""
    codes = sorted(scene.policy.excuses)
    whole = [_whole(scene, scene.draw.pick(codes), number) for number in range(2)]
    alone = [scene.judge(excuses=(one,)).deduction_percent for one in whole]
    both = scene.judge(excuses=whole).deduction_percent
    return None if both == min(alone) else f"{alone} together cost {both}"


def _whole(scene: Scene, code: str, number: int) -> ExcusePeriod:
    return ExcusePeriod(
        ref=f"whole-{number}",
        period=scene.day.hours,
        tail_minutes=0,
        article="-",
        code=code,
        day_number=scene.draw.pick((1, 4, 15, 91)),
    )


# 3.


def present_never_loses_more(scene: Scene) -> Found:
    """Whoever is present never loses more than whoever stays away."""
    if scene.policy.day_cap is not DayCap.ABSENCE:
        return NOT_ASKED
    came, away = scene.judge(*_some_taps(scene)), scene.judge()
    if _is_asked(away):
        return NOT_ASKED
    return f"{_day(came)}, but away {_day(away)}" if came.deduction_percent > away.deduction_percent else None


# 4.


def agreement_never_hurts(scene: Scene) -> Found:
    """Evidence that agrees with what was counted never makes a verdict harsher nor asks for more."""
    scene, draw = scene.alone(), scene.draw
    way = draw.pick((IN, OUT))
    at_ms = scene.counting()
    again_ms = at_ms + draw.below(1_200_000) - 600_000 if draw.chance(70) else scene.counting()
    rest = (tap("other", OUT, scene.day.end_ms),) if way is IN else (tap("other", IN, scene.day.start_ms),)
    one, more = tap("one", way, at_ms, _somehow(draw)(at_ms)), tap("more", way, again_ms, _somehow(draw)(again_ms))
    before, after = scene.judge(*rest, one), scene.judge(*rest, one, more)
    alike = _half(before, way), _half(scene.judge(*rest, more), way)
    if _row(alike[0]) != _row(alike[1]) or any(half.tap_ref not in {"one", "more"} for half in alike):
        return NOT_ASKED
    if after.deduction_percent > before.deduction_percent:
        return f"{_day(before)} became {_day(after)}"
    return f"{before.review.name} became {after.review.name}" if after.review > before.review else None


def _row(half: PartVerdict) -> object:
    return half.class_code, half.percent, half.status is PartStatus.UNDECIDED


# 5.


def no_tap_vanishes(scene: Scene) -> Found:
    """A tap stands on its day, with a role; outside the hours that count its half is undecided."""
    scene, draw, day = scene.alone(), scene.draw, scene.day
    way = draw.pick((IN, OUT))
    near_ms = day.start_ms if way is IN else day.end_ms
    reach = Period(near_ms - SHIFT_REACH_MS, near_ms + SHIFT_REACH_MS + 1) if is_shift(day) else day.day
    reach = local_day(day.date, day.zone) if draw.chance(30) else reach
    at_ms = reach.from_ms + draw.below(reach.until_ms - reach.from_ms)
    if draw.chance(40):
        edges = (reach.from_ms, reach.until_ms - 1, day.counts.from_ms - 1, day.counts.until_ms)
        at_ms = draw.pick([edge for edge in edges if edge in reach])
    one = tap("one", way, at_ms)
    verdict = scene.judge(one)
    if [listed.ref for listed in verdict.taps] != ["one"]:
        return f"a tap at {at_ms - day.start_ms} ms from the start is not listed"
    status = _half(verdict, one.direction).status
    if at_ms not in day.counts and status not in {PartStatus.UNDECIDED, PartStatus.EXCUSED}:
        return f"outside the hours that count its half is {status.value}"
    return None


# 6.


def no_tap_costs_more_than_silence(scene: Scene) -> Found:
    """For one real arrival in an outage no set of unproven taps costs more than silence, or waiting."""
    draw, day = scene.draw, scene.day
    outage = scene.outage_of_the_morning()
    end_ms, here = outage.explains.until_ms, (*(one for one in scene.excuses if one.code is not None), outage)
    first_ms = max(outage.explains.from_ms, day.counts.from_ms)
    last_ms = min(end_ms, day.arrive.until_ms) - 1
    if end_ms <= day.start_ms or last_ms <= first_ms or end_ms not in day.arrive:
        return NOT_ASKED
    instants = sorted(first_ms + draw.below(last_ms - first_ms) for _ in range(draw.pick((1, 1, 2, 3))))
    button = OUT if draw.chance(25) and scene.policy.arrival.wrong_button is WrongButton.ASK_SUPERIOR else IN
    taps = [tap(f"in-{number}", IN, at_ms, _unproven(draw, at_ms)) for number, at_ms in enumerate(instants)]
    taps[0] = replaced(taps[0], direction=button)
    rest = (tap("out", OUT, scene.within(day.depart)),)
    tried, waited, silent = (
        scene.judge(*taps, *rest, excuses=here),
        scene.judge(tap("in", IN, end_ms), *rest, excuses=here),
        scene.judge(*rest, excuses=here),
    )
    for verdict, other in ((waited, "waiting"), (silent, "silence")):
        if tried.deduction_percent > verdict.deduction_percent and not _is_asked(verdict):
            return f"{_day(tried)}, but {other} {_day(verdict)}"
    return None


def _unproven(draw: Draw, at_ms: int) -> Evidence:
    return certain(at_ms) if draw.chance(50) else spread(at_ms, before_ms=60_000, after_ms=900_000, grade=Grade.D)


# 7.


def splitting_changes_nothing(scene: Scene) -> Found:
    """One excuse as two that touch, one shift as two that touch, is the same day."""
    taps = _some_taps(scene)
    if is_shift(scene.day) and not scene.beside and scene.draw.chance(60):
        parts = _split_shift(scene)
        if parts is None:
            return NOT_ASKED
        whole, halved = scene.judge(*taps), replace(scene, day=parts).judge(*taps)
    elif scene.excuses:
        whole, halved = scene.judge(*taps), scene.judge(*taps, excuses=_split_excuse(scene))
    else:
        return NOT_ASKED
    return None if _alike(whole) == _alike(halved) else f"{_day(whole)} became {_day(halved)}"


def _split_excuse(scene: Scene) -> tuple[ExcusePeriod, ...]:
    one, *others = scene.excuses
    span_ms = one.period.until_ms - one.period.from_ms
    if span_ms < 2:
        return scene.excuses
    at_ms = one.period.from_ms + 1 + scene.draw.below(span_ms - 1)
    first = replace(one, ref="first", period=Period(one.period.from_ms, at_ms), tail_minutes=0)
    return first, replace(one, ref="second", period=Period(at_ms, one.period.until_ms)), *others


def _split_shift(scene: Scene) -> DutyDay | None:
    """The same hours as two rows of a roster: on one date, or on two where the second begins on the next."""
    day, policy = scene.day, scene.policy
    minutes = (day.end_ms - day.start_ms) // MS_PER_MINUTE
    row = policy.shifts[day.duty]
    at = row.start.hour * 60 + row.start.minute + 1 + scene.draw.below(minutes - 1)
    at -= at % scene.draw.pick((1, 60, 720, 1440))
    if at <= row.start.hour * 60 + row.start.minute:
        return None
    seam, is_next = time(at % 1440 // 60, at % 60), at >= 1440
    first = replace(row, name="first", end=seam, end_next_day=is_next)
    second = replace(row, name="second", start=seam, end_next_day=row.end_next_day and not is_next)
    return _from_roster(policy, scene.day, first, second, second_on_next=is_next)


def _from_roster(
    policy: Policy, day: DutyDay, first: ShiftRow, second: ShiftRow, *, second_on_next: bool
) -> DutyDay | None:
    law = replace(policy, shifts={**policy.shifts, "first": first, "second": second})
    roster: dict[date, tuple[str, ...]] = {day.date: ("first",), next_day(day.date): ("second",)}
    if not second_on_next:
        roster = {day.date: ("first", "second")}
    place = AssignmentPeriod(ref="a", unit="u", duty="", zone=day.zone, from_date=day.date, by_roster=True)
    found = owed_on(Plan(assignments=(place,), calendar=Calendar(name="-"), roster=roster), law, day.date).days
    return replace(found[0], unsure=day.unsure) if found else None


LAWS: dict[str, Callable[[Scene], Found]] = {
    "later_is_never_cheaper": later_is_never_cheaper,
    "more_credit_never_costs_more": more_credit_never_costs_more,
    "present_never_loses_more": present_never_loses_more,
    "agreement_never_hurts": agreement_never_hurts,
    "no_tap_vanishes": no_tap_vanishes,
    "no_tap_costs_more_than_silence": no_tap_costs_more_than_silence,
    "splitting_changes_nothing": splitting_changes_nothing,
}
"""By name, in the order of the page."""


# What laws look at.


def _some_taps(scene: Scene) -> tuple[WeighedTap, ...]:
    draw = scene.draw
    came, went = sorted((scene.counting(), scene.counting()))
    if draw.chance(15):
        return tuple(tap(f"odd-{at}", draw.pick((IN, OUT)), scene.instant()) for at in range(draw.pick((1, 2, 3))))
    taps = [tap("in", IN, came, _somehow(draw)(came))] if draw.chance(80) else []
    return (*taps, tap("out", OUT, went, _somehow(draw)(went))) if draw.chance(80) else tuple(taps)


def _half(verdict: Verdict, way: Direction) -> PartVerdict:
    half = verdict.arrival if way is IN else verdict.departure
    assert half is not None
    return half


def _is_asked(verdict: Verdict) -> bool:
    """Whether somebody is still to decide: then nothing is charged yet."""
    return verdict.status is DayStatus.UNDECIDED


def _alike(verdict: Verdict) -> object:
    """A verdict without its words and without how many excuses it names."""
    said = impersonal(verdict)
    return [getattr(said, name) for name in said.__struct_fields__ if name != "excuses"]


def _day(verdict: Verdict) -> str:
    halves = (f"{half.class_code or half.status.value}" for half in (verdict.arrival, verdict.departure) if half)
    return f"{verdict.status.value} {' '.join(halves)} {verdict.deduction_percent} %"
