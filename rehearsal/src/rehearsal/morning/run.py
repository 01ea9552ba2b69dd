"""The rehearsal of a morning, against real programs on loopback.

1. Found a rehearsal folder with a regency of N people, each with a key that the office has confirmed; issue the roster.
2. The evening before, everybody's app meets the gate once and holds a signed time.
3. The morning runs at `speed`: people tap when they arrive; the gate is killed (SIGKILL) when the outage begins and
   started again when it ends; phones deliver by the outbox's own table, its delays in simulated time.
4. The gate ends in order; the office follows its journal and judges, as a process of its own.
5. What happened is held against journal and verdicts (`rehearsal.morning.count`). Until here the truth was nowhere but
   in us.
"""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import uvloop

from hadir.clock import RehearsalClock, set_rehearsal_clock
from hadir.config import Settings, read_settings
from hadir.office.programs.commands import prepare
from hadir.site import Site, found_site
from rehearsal.gates import RunningGate, punches_in
from rehearsal.morning.count import Count, DrillFindings, count_morning, quantile
from rehearsal.morning.crowd import DrillPhone, LiveMorning, Observations
from rehearsal.morning.plan import MINUTE_MS, ZONE, DrillPlan, Scenario, draw_scenarios
from rehearsal.phones import private_key, record_hash
from rehearsal.watch import Stopwatch
from rehearsal.web import HttpClient

NAME = "rehearsal/drill"
GATE_LOG = "gate.log"
REQUEST_SECONDS_MAX = 10.0
"""A phone's time-out. It is work, not waiting, so it is wall time at any speed."""

Tell = Callable[[str, float, str], None]
"""A step's name, how much of it is done (0 to 1), and a word about it."""


@dataclass(frozen=True)
class DrillOutcome:
    """Everything about a morning that is over: for the JSON, the report, and the exit status."""

    plan: DrillPlan
    people: list[DrillPhone]
    seen: Observations
    found: DrillFindings
    count: Count
    gate_killed_ms: int
    gate_back_ms: int
    office_seconds: float
    total_seconds: float

    def figures(self) -> dict[str, Any]:
        """The numbers, what was rehearsed, and how far the drill's own loop was behind: for docs/figures.md."""
        plan = self.plan
        return {
            **self.count.members(),
            "late_by_server": self.count.late_by_server,
            "people": plan.people,
            "arrive": f"{plan.arrive_from:%H:%M}-{plan.arrive_until:%H:%M}",
            "late_share": plan.late_share,
            "outage": f"{plan.outage_from:%H:%M}-{plan.outage_until:%H:%M}",
            "speed": plan.speed,
            "seed": plan.seed,
            "office_s": round(self.office_seconds, 1),
            "loop_late_p99_ms": round(quantile(sorted(self.seen.late_ms), 0.99), 1),
        }


def rehearse(plan: DrillPlan, data: Path, tell: Tell) -> DrillOutcome:
    """Run the whole morning in the empty folder `data`. SiteError when the folder is in use."""
    watch = Stopwatch()
    tell("register", 0, "")
    settings = replace(read_settings({}), data=data.absolute())
    site, people = _found(plan, settings)
    with (site.data / GATE_LOG).open("w", encoding="utf-8") as log:
        gate = RunningGate(site, log=log)
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                crowd, killed_ms, back_ms = runner.run(_conduct(plan, site, gate, people, tell))
        finally:
            gate.stop()
    tell("office", 0, "")
    office_watch = Stopwatch()
    _judge(plan, site)
    from rehearsal.demo.make import verdicts_on  # noqa: PLC0415 - after django.setup()

    office_seconds = office_watch.seconds
    found = DrillFindings(leaves=leaves_of(site.journal_folders()), verdicts=verdicts_on(plan.day))
    return DrillOutcome(
        plan=plan,
        people=people,
        seen=crowd.seen,
        found=found,
        count=count_morning(plan, people, crowd.seen, found),
        gate_killed_ms=killed_ms,
        gate_back_ms=back_ms,
        office_seconds=office_seconds,
        total_seconds=watch.seconds,
    )


def _found(plan: DrillPlan, settings: Settings) -> tuple[Site, list[DrillPhone]]:
    site = found_site(settings.data, name=NAME, zone=ZONE, now_ms=plan.evening_ms)
    prepare(settings)
    from rehearsal.demo.make import register  # noqa: PLC0415 - after django.setup()
    from rehearsal.demo.regency import plan_regency  # noqa: PLC0415 - as above
    from rehearsal.demo.register import make_room  # noqa: PLC0415 - as above

    regency = plan_regency(people=plan.people, seed=plan.seed)
    people = [
        seeded_person(scenario, plan.seed) for scenario in draw_scenarios(plan, [row.number for row in regency.people])
    ]
    make_room(settings)
    register(
        site, regency, keys={person.person: person.key for person in people}, seed=plan.seed, now_ms=plan.evening_ms
    )
    return site, people


def seeded_person(scenario: Scenario, seed: int) -> DrillPhone:
    """The same key and the same dice for the same seed."""
    number = scenario.person
    draw = Random(f"{seed} {number}")  # noqa: S311 - a rehearsal that must repeat itself
    return DrillPhone(number, private=private_key(f"rehearsal {seed}", number), draw=draw, scenario=scenario)


async def _conduct(
    plan: DrillPlan, site: Site, gate: RunningGate, people: list[DrillPhone], tell: Tell
) -> tuple[LiveMorning, int, int]:
    """The evening, then the morning with its outage; the crowd, when the gate died and when it answered again."""
    clock = set_rehearsal_clock(site.clock_file, simulated_ms=plan.evening_ms)
    gate.start()
    client = HttpClient(gate.port, seconds_max=REQUEST_SECONDS_MAX)
    crowd = LiveMorning(plan=plan, people=people, clock=clock, client=client, keys=site.key_list())
    tell("evening", 0, "")
    await crowd.evening()
    # Its first sign of life is then the morning's, and an outage is measured from it.
    await asyncio.to_thread(gate.stop)
    crowd.clock = set_rehearsal_clock(site.clock_file, simulated_ms=plan.begin_ms, speed=plan.speed)
    span_ms = plan.end_ms - plan.begin_ms
    await asyncio.to_thread(gate.start)
    times = await through_outage(
        gate, crowd, lambda now_ms: tell("morning", min(1, (now_ms - plan.begin_ms) / span_ms), crowd.word())
    )
    await _until(crowd, plan.last_arrival_ms)
    return crowd, *times


async def through_outage(gate: RunningGate, crowd: LiveMorning, tell: Callable[[int], None]) -> tuple[int, int]:
    """The morning; when the gate was killed in it, and when it was back."""
    outage = asyncio.create_task(_bring_outage(crowd.plan, gate, crowd))
    await crowd.run(tell)
    return await outage


async def _bring_outage(plan: DrillPlan, gate: RunningGate, crowd: LiveMorning) -> tuple[int, int]:
    """Kill the gate, and start it so that it answers again at the plan's time (a start is work, and takes minutes of a
    fast morning); when it died and when it answered again.
    """
    from_ms, until_ms = plan.at_ms(plan.outage_from), plan.at_ms(plan.outage_until)
    if until_ms <= from_ms:
        return from_ms, from_ms
    await _until(crowd, from_ms)
    gate.kill()
    killed_ms = crowd.clock.now_ms()
    await _until(crowd, until_ms - round(1_000 * gate.start_s * plan.speed))
    await asyncio.to_thread(gate.start)
    return killed_ms, crowd.clock.now_ms()


async def _until(crowd: LiveMorning, at_ms: int) -> None:
    await asyncio.sleep(max(0, at_ms - crowd.clock.now_ms()) / 1000 / crowd.plan.speed)


def _judge(plan: DrillPlan, site: Site) -> None:
    """The office's worker, one pass, as a process of its own; it is then the morning's end there."""
    now_ms = max(plan.end_ms, RehearsalClock(site.clock_file).now_ms())
    set_rehearsal_clock(site.clock_file, simulated_ms=now_ms + MINUTE_MS)
    argv = [sys.executable, "-m", "hadir.cli", "office", "follow", "--once", "--data", str(site.data)]
    subprocess.run(argv, check=True)


def leaves_of(folders: Iterable[Path]) -> dict[str, int]:
    """Record hash -> how many leaves hold that punch, over all these journals."""
    return dict(Counter(record_hash(text) for folder in folders for _, text in punches_in(folder)))
