"""`hadir bench rules`: the law for a nation, by the same judge that explains one person's day.

1. Two processes take the units in slices; a slice makes its people's taps, day by day, and tells how long that took.
2. Every tap is weighed, every person-day judged (`Precedents`), every person's month added up.
3. Of each slice some days are judged again one by one: the sums would be worthless if they did not agree.
4. Beside it: one verdict from memory with its sentences, and the month of a regency of 4,800 people.
"""

import gc
import resource
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import process_time
from typing import Any

from hadir.rules import MonthDay, Precedents, Verdict, recap_of, settle, weigh_tap
from rehearsal.bench.rules_crowd import UNIT_PEOPLE, CrowdUnit, PersonFacts, RulesCrowd, UnitDay, dates, unit_day
from rehearsal.bench.tools import BenchError, median
from rehearsal.watch import Stopwatch, say

_SLICE_UNITS = 100
_MAKERS = 2
_CHECKED_EVERY = 997
_REGENCY_PEOPLE = 4_800
_MONTH_DAYS = 22
_OUTAGE_EVERY = 100
_ROUNDS = 9


@dataclass
class _Done:
    days: int = 0
    making_s: float = 0
    judging_s: float = 0
    cases: int = 0
    rss_mib: float = 0
    codes: Counter[str] = field(default_factory=Counter)


def bench_rules(_: Path, *, people: int, days: int) -> dict[str, Any]:
    on = dates(days)
    if len(on) < days:
        raise BenchError(f"the month of the rehearsal has {len(on)} working days, not {days}")
    watch, done = Stopwatch(), list[_Done]()
    slices = list(_slices(people, on))
    # The values of the rules have no cycles: counting references frees them all, and the collector only searches.
    with ProcessPoolExecutor(_MAKERS, initializer=gc.disable) as makers:
        for one in makers.map(_slice, slices):
            done.append(one)
            if len(done) % max(1, len(slices) // 20) == 0:
                say(f"{100 * len(done) // len(slices)} %, {watch.seconds:.1f} s")
    seconds = round(watch.seconds, 1)
    return {"people": people, "days": days, "seconds": seconds, **_figures(done), **_small()}


def _slices(people: int, on: list[date]) -> Iterator[tuple[RulesCrowd, list[date]]]:
    whole, rest = divmod(people, UNIT_PEOPLE)
    for first in range(0, whole, _SLICE_UNITS):
        yield RulesCrowd(first, min(_SLICE_UNITS, whole - first)), on
    if rest:
        yield RulesCrowd(whole, 1, rest), on


# --- in a process of its own -----------------------------------------------------------------------------------------


_SEEN = Precedents()
"""One memory for each process, kept from slice to slice."""


def _slice(asked: tuple[RulesCrowd, list[date]]) -> _Done:
    """The days of some units, one unit after the other: nothing but sums outlives a unit."""
    crowd, on = asked
    done = _Done()
    for unit in crowd.units():
        _unit(crowd, unit, on, done)
    done.cases = _SEEN.cases
    done.rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return done


def _unit(crowd: RulesCrowd, unit: CrowdUnit, on: list[date], done: _Done) -> None:
    """The days of a unit: made, weighed, judged; and each person's month added up."""
    months: list[list[MonthDay]] = [[] for _ in range(crowd.people)] if len(on) > 1 else []
    for day in on:
        began_s = process_time()
        owed = _day_of(unit, day)
        made = crowd.days_of(unit, owed)
        made_s = process_time()
        verdicts = list(_judged(owed, made, done))
        for month, verdict in zip(months, verdicts, strict=False):
            month.append(MonthDay(date=day, verdict=verdict))
        done.codes.update(verdict.code for verdict in verdicts)
        done.days += len(verdicts)
        done.making_s += made_s - began_s
        done.judging_s += process_time() - made_s
    began_s = process_time()
    policy = unit_day(unit.law, unit.zone, unit.duty, on[-1], outage=False).policy
    for month in months:
        settle(recap_of(month), policy)
    done.judging_s += process_time() - began_s


def _day_of(unit: CrowdUnit, on: date) -> UnitDay:
    """An outage in one unit of a hundred, another one every day."""
    return unit_day(unit.law, unit.zone, unit.duty, on, outage=(unit.number + on.day) % _OUTAGE_EVERY == 0)


def _judged(on: UnitDay, people: list[PersonFacts], done: _Done) -> Iterator[Verdict]:
    dockets = [_SEEN.docket(duty_day=day, policy=on.policy, excuses=on.excuses, now_ms=on.now_ms) for day in on.days]
    context = on.context
    for number, person in enumerate(people, done.days + 1):
        taps = [weigh_tap(facts, context) for facts in person.taps]
        docket = dockets[person.turn]
        if person.excuse is not None:
            day, excuses = on.days[person.turn], on.excuses_of(person)
            docket = _SEEN.docket(duty_day=day, policy=on.policy, excuses=excuses, now_ms=on.now_ms)
        verdict = docket.verdict(taps)
        if number % _CHECKED_EVERY == 0:
            alone = on.judge(person)
            told = (verdict.code, verdict.deduction_percent, verdict.status)
            if (alone.code, alone.deduction_percent, alone.status) != told:
                raise BenchError(f"a precedent differs from the judge's verdict: {alone}")
        yield verdict


# --- one person, one regency -----------------------------------------------------------------------------------------


def _small() -> dict[str, Any]:
    """One verdict with its sentences, and the month of a regency, in this process alone."""
    crowd, on = RulesCrowd(0, _REGENCY_PEOPLE // UNIT_PEOPLE), dates(_MONTH_DAYS)
    verdict_us = median([_one_verdict_us(crowd, on[0]) for _ in range(_ROUNDS)], digits=1)
    month = _slice((crowd, on))
    return {
        "one_verdict_with_reasons_us": verdict_us,
        f"month_of_{_REGENCY_PEOPLE}_s": round(month.making_s + month.judging_s, 1),
    }


def _one_verdict_us(crowd: RulesCrowd, day: date) -> float:
    """What a person-day costs by itself: weighed, judged, every sentence made."""
    (unit, *_) = crowd.units()
    on = _day_of(unit, day)
    people = crowd.days_of(unit, on)
    began_s = process_time()
    for person in people:
        on.judge(person)
    return 1e6 * (process_time() - began_s) / len(people)


# --- the figures -----------------------------------------------------------------------------------------------------


def _figures(done: list[_Done]) -> dict[str, Any]:
    days = sum(one.days for one in done)
    mine_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    letters = sum((one.codes for one in done), Counter[str]())
    return {
        "rss_mib": round(mine_mib + _MAKERS * max(one.rss_mib for one in done)),
        "person_days": days,
        "making_us_each": round(1e6 * sum(one.making_s for one in done) / days, 1),
        "judging_us_each": round(1e6 * sum(one.judging_s for one in done) / days, 1),
        "cases": max(one.cases for one in done),
        "checked_alone": sum(one.days // _CHECKED_EVERY for one in done),
        "letters": dict(sorted(letters.items())),
    }
