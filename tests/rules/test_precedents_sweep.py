"""A few thousand odd days, always the same ones: the precedent is the verdict, and one case serves as many as it can.

How many cases they make is counted: one more, and the law was cut where it is the same; one less, and two days were
taken for one. A new cut of the law changes these numbers rightly: look at why, then write the new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace as replaced

from hadir.rules import (
    Ceremony,
    DarkSource,
    Direction,
    DutyDay,
    ExcusePeriod,
    Grade,
    Period,
    Policy,
    PolicySet,
    Precedents,
    Source,
    WeighedTap,
    judge_day,
)
from tests.rules.conftest import TUESDAY
from tests.rules.test_precedents import HOUR, MINUTE, counted, day_of, tap

DAYS = 24
PEOPLE = 40


@dataclass(frozen=True)
class Sweep:
    """One law and duty, and what else its days may have."""

    law: str
    duty: str
    cases: int
    odd: bool = False
    """Excuses, ceremonies and dark sources too."""

    def __str__(self) -> str:
        return f"{self.law}-{self.duty}{'-odd' if self.odd else ''}"


SWEEPS = (
    Sweep("permentan-68-2012", "office-5-day", 647),
    Sweep("permentan-68-2012", "office-5-day", 599, odd=True),
    Sweep("kemenkeu-pmk-221-2021", "office-5-day", 590),
    Sweep("kemenkeu-pmk-221-2021", "office-5-day", 241, odd=True),
    Sweep("panrb-6-2018", "office-5-day", 173, odd=True),
    Sweep("kemenag", "office-6-day", 639),
    Sweep("anri-18-2016", "dynamic", 807, odd=True),
    Sweep("sragen", "malam", 689, odd=True),
)


@pytest.mark.parametrize("sweep", SWEEPS, ids=str)
def test_the_same_odd_days_make_the_same_cases_and_each_is_judged_as_the_law_says(
    policies: dict[str, PolicySet], sweep: Sweep
) -> None:
    random, seen = Random(str(sweep)), Precedents()
    for at in range(DAYS):
        on = TUESDAY + timedelta(days=at % 2)
        policy = policies[sweep.law].on(on)
        day = replace(day_of(policy, sweep.duty, on), sites=("A",) if at % 3 else ())
        facts = around(random, day, odd=sweep.odd)
        docket = seen.docket(duty_day=day, policy=policy, **facts)
        for _ in range(PEOPLE):
            taps, flex_times = list(some_taps(random, day, policy)), random.choice((0, 0, 4, 5))
            judged = judge_day(duty_day=day, policy=policy, taps=taps, flex_times=flex_times, **facts)
            assert counted(docket.verdict(taps, flex_times=flex_times)) == counted(judged)
    assert seen.cases == sweep.cases


def around(random: Random, day: DutyDay, *, odd: bool) -> dict[str, Any]:
    """Everything of a day but its taps, mostly the same."""
    if not odd:
        return {"now_ms": random.choice((day.counts.until_ms, day.counts.until_ms, day.end_ms))}
    apel = Ceremony(name="apel", code="TA", period=Period(day.start_ms, day.start_ms + MINUTE * 15), site="A")
    return {
        "now_ms": random.choice((day.counts.until_ms, day.counts.until_ms, day.end_ms, day.start_ms + 5 * MINUTE)),
        "month_closed": random.choice((False, False, True)),
        "ceremonies": random.choice(((), (), (apel,))),
        "dark": random.choice(((), (), (DarkSource("Mesin-1", Period(day.start_ms, day.end_ms), TUESDAY),))),
        "excuses": list(some_excuses(random, day)),
    }


def some_excuses(random: Random, day: DutyDay) -> Iterator[ExcusePeriod]:
    for number in range(random.choice((0, 0, 1, 1, 1, 2))):
        code = random.choice((None, None, "DL", "I", "CT", "CS"))
        from_ms = random.choice((day.start_ms, day.start_ms, day.end_ms, day.day.from_ms))
        from_ms += random.choice((0, 0, -MINUTE, -30 * MINUTE, 7, 20_000))
        whole = random.random() < 0.3
        period = Period(day.day.from_ms - HOUR, day.day.until_ms) if whole else Period(from_ms, from_ms + 61 * MINUTE)
        yield ExcusePeriod(
            ref=f"excuse-{number}",
            period=period,
            tail_minutes=random.choice((0, 5)) if code is None else 0,
            article="-",
            code=code,
            day_number=random.choice((1, 4)),
        )


def some_taps(random: Random, day: DutyDay, policy: Policy) -> Iterator[WeighedTap]:
    ways = [Direction.IN, Direction.OUT, *random.choices((Direction.IN, Direction.OUT, Direction.UNSAID), k=2)]
    for number in range(random.choice((0, 1, 2, 2, 2, 2, 3, 4))):
        if random.random() < 0.1:
            ways[number] = random.choice(tuple(Direction))
        at_ms = moment(random, day, policy, ways[number])
        grade = random.choice((Grade.A, Grade.A, Grade.B, Grade.C, Grade.D, Grade.E))
        one = tap(
            at_ms,
            ways[number],
            number,
            lo_ms=random.choice((None, at_ms, at_ms - 1, at_ms - MINUTE, at_ms - HOUR)),
            hi_ms=random.choice((None, at_ms, at_ms + 1, at_ms + MINUTE, at_ms + HOUR)),
            error_ms=random.choice((0, 0, 50, 90_000)),
            grade=grade,
        )
        yield replaced(
            one,
            evidence=replaced(one.evidence, counts_as=random.choice((grade, grade, Grade.C))),
            source=random.choice((Source.PHONE, Source.PHONE, Source.PHONE, Source.TERMINAL, Source.FILE)),
            flags=random.choice(((), (), (), (), ("unconfirmed",), ("other",))),
            site=random.choice((None, None, None, "A", "B")),
        )


def moment(random: Random, day: DutyDay, policy: Policy, way: Direction) -> int:
    """Mostly about when to come or go, often on an edge of the table, of a window or of flexible time."""
    classes = policy.departure.classes if way is Direction.OUT else policy.arrival.classes
    base = random.choice((day.end_ms, day.end_ms, day.start_ms) if way is Direction.OUT else (day.start_ms,))
    edges = [0, 0, 0, -20, 10, 90, 91, -30, *(row.from_minutes for row in classes)]
    sign = -1 if way is Direction.OUT else 1
    at_ms = base + sign * random.choice(edges) * MINUTE + random.choice((0, 0, 1, -1, 20_000, -20_000))
    windows = (day.arrive, day.depart, day.day)
    edge_ms = random.choice([edge for one in windows for edge in (one.from_ms, one.until_ms)])
    return at_ms if random.random() < 0.92 else edge_ms + random.choice((-1, 0))
