"""How long a month's recap takes from the database to rows: a unit of its own, judged by the real rules."""

import gc
import random
import tempfile
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from hadir.clock import SystemClock
from hadir.config import Settings, read_settings
from hadir.office.programs.commands import migrate
from hadir.rules.clocks import MS_PER_MINUTE, MS_PER_SECOND, instant_ms
from hadir.rules.duty import owed
from hadir.rules.evidence import Direction, Evidence, Grade, Source, WeighedTap
from hadir.rules.judge import judge_day
from hadir.rules.policy import Policy
from hadir.rules.verdict import Verdict
from hadir.site import found_site
from rehearsal.watch import Stopwatch

PEOPLE = 1_000
LIMIT_S = 0.2
"""Odoo 0.73 s, Horilla 8.2 s, Frappe 0.2 to 2.0 s on the same kind of machine."""
MONTH = date(2026, 9, 1)
_ROUNDS = 7
_POLICY, _DUTY, _ZONE = "permentan-68-2012", "office-5-day", "Asia/Makassar"
_ABSENT, _LATE, _NO_DEPARTURE = 0.01, 0.06, 0.03
_LATE_MINUTES_MAX = 100


def bench_recap(work: Path, *, people: int = PEOPLE, seed: int = 1) -> dict[str, Any]:
    """Fill a new office with judged days of `people`, and read the unit's month. The best of some rounds."""
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        settings = _found(Path(folder) / "data")
        unit = _fill(settings, people, random.Random(seed))  # noqa: S311 - a bench that must repeat itself
        seconds, rows = _measure(settings, unit)
    return {"people": rows, "seconds": round(seconds, 3), "limit_s": LIMIT_S, "days": people * _days()}


def _found(data: Path) -> Settings:
    found_site(data, name="rehearsal/bench", zone=_ZONE, now_ms=SystemClock().now_ms())
    settings = read_settings({"HADIR_DATA": str(data)})
    migrate(settings)
    return settings


def _days() -> int:
    return sum(1 for _ in _dates())


def _dates() -> Iterator[date]:
    day = MONTH
    while day.month == MONTH.month:
        yield day
        day += timedelta(days=1)


def _fill(settings: Settings, people: int, draw: random.Random) -> int:
    # Models can be imported only after django.setup().
    from hadir.office.ground.laws import law_on  # noqa: PLC0415 - as above
    from hadir.office.months.following import put_lines  # noqa: PLC0415 - as above
    from hadir.office.months.lines import LineRow, line_of, version_text  # noqa: PLC0415 - as above
    from hadir.office.people.models import Assignment, Person  # noqa: PLC0415 - as above
    from hadir.office.units.models import Unit  # noqa: PLC0415 - as above

    unit = Unit.objects.create(number=1, name="Bench", path="/1/", zone=_ZONE)
    numbers = range(1, people + 1)
    Person.objects.bulk_create(
        [Person(number=number, full_name=f"Orang {number:05}", employment="pns") for number in numbers]
    )
    Assignment.objects.bulk_create(
        [Assignment(person_id=number, unit=unit, from_date=MONTH, recorded_at_ms=0) for number in numbers]
    )
    rows = []
    for day in _dates():
        policy = law_on(settings.policies, _POLICY, day)
        for number in numbers:
            verdict = _verdict(policy, day, draw)
            rows.append(
                LineRow(
                    person=number, day=day, unit=unit.number, status=verdict.status.value, line=line_of(verdict),
                    arrival_ms=verdict.arrival.counted_ms if verdict.arrival else None,
                    version=version_text(verdict.version),
                )
            )  # fmt: skip
    draw.shuffle(rows)  # Verdicts come in the order of the taps, not of the people.
    put_lines(rows)
    return unit.number


def _verdict(policy: Policy, day: date, draw: random.Random) -> Verdict:
    duty = owed(policy.duty(_DUTY, _ZONE), day)
    if duty is None:
        return judge_day(duty_day=None, taps=(), policy=policy, excuses=(), now_ms=_after(day))
    taps = []
    if draw.random() >= _ABSENT:
        late = draw.randint(1, _LATE_MINUTES_MAX) if draw.random() < _LATE else -draw.randint(1, 30)
        taps.append(_tap("in", Direction.IN, duty.start_ms + late * MS_PER_MINUTE, draw))
        if draw.random() >= _NO_DEPARTURE:
            taps.append(_tap("out", Direction.OUT, duty.end_ms + draw.randint(0, 900) * MS_PER_SECOND, draw))
    return judge_day(duty_day=duty, taps=taps, policy=policy, excuses=(), now_ms=_after(day))


def _tap(ref: str, direction: Direction, at_ms: int, draw: random.Random) -> WeighedTap:
    grade = draw.choice([Grade.A, Grade.A, Grade.A, Grade.B, Grade.C])
    evidence = Evidence(
        lo_ms=at_ms, hi_ms=at_ms, claimed_ms=at_ms, judged_ms=at_ms, error_ms=0, grade=grade, counts_as=grade
    )
    return WeighedTap(ref=ref, direction=direction, source=Source.PHONE, evidence=evidence)


def _after(day: date) -> int:
    return instant_ms(day + timedelta(days=2), time(), _ZONE)


def _measure(settings: Settings, number: int) -> tuple[float, int]:
    from hadir.office.month_pages.recap import month_recap  # noqa: PLC0415 - after django.setup()
    from hadir.office.units.models import Unit  # noqa: PLC0415 - as above

    unit = Unit.objects.get(number=number)
    best, rows = float("inf"), 0
    gc.freeze()  # as the office does when it has started
    for _ in range(_ROUNDS):
        watch = Stopwatch()
        rows = len(month_recap(settings.policies, unit, MONTH).rows)
        best = min(best, watch.seconds)
    return best, rows
