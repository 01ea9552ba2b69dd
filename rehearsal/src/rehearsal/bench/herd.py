"""`hadir bench herd`: thousands of phones whose gate is away for ten minutes at the peak, and what its return is like.

Three mornings, the same people. *life*: simulated time, a cheap server (about a thousand records a second); what phones
cost and how long they wait. *crowd*: the same before a gate so slow that those who wait fill it for ten minutes, with
and without phones that ignore Retry-After. *real*: a real gate on loopback, killed and started again, as crowded as
that one, while time runs `speed` times as fast. A slower time costs minutes and lets one event loop play more phones
without being late itself. What no policy chose is wall time there: how long an answer takes.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import uvloop

from hadir.clock import set_rehearsal_clock
from hadir.records.encoding import un_b64url
from hadir.site import Site, found_site
from rehearsal.bench.crowd import publish, write_roster
from rehearsal.bench.herd_model import DEAF_EVERY_MS, Herd, HerdModel, HerdOutcome, ideal_s
from rehearsal.bench.tools import fresh_folder, say
from rehearsal.gates import SLOW_GATE, RunningGate
from rehearsal.morning.count import quantile
from rehearsal.morning.crowd import Crowd, Told
from rehearsal.morning.phones import Person, Tap
from rehearsal.morning.plan import DAY, ZONE, DrillPlan, Fate, Story
from rehearsal.morning.run import REQUEST_SECONDS_MAX, bring_outage, start_timed
from rehearsal.morning.wire import Answer, Wire
from rehearsal.phones import Phone, private_key

DEAF_SHARE = 0.05
SPEED = 20.0
#: How many times slower than a cheap server the crowded gate is: twenty thousand fill it for seventeen minutes.
CROWDED = 60
ARRIVE_FROM = time(6, 50)


def bench_herd(work: Path, *, phones: int, speed: float = SPEED, real: bool = True) -> dict[str, Any]:
    """The figures of `hadir bench herd --json`; progress goes to standard error."""
    herd = Herd(phones=phones)
    herd = herd.slower(Herd().phones / phones)  # fewer phones, a slower gate: as crowded
    crowded = herd.slower(CROWDED)
    life, crowd = _model(work, "life", herd), _model(work, "crowd", crowded)
    deaf = _model(work, "crowd with deaf phones", replace(crowded, deaf_share=DEAF_SHARE))
    figures = {
        "phones": phones,
        "receipts": life.receipts,
        "without_receipt": phones - life.receipts,
        "attempts_per_tap": round(life.tries_per_tap(), 2),
        "attempts_at_gate": round(life.at_gate_per_tap(), 2),
        "waited_p50_s": round(life.wait_s(0.5)),
        "waited_p99_s": round(life.wait_s(0.99)),
        "peak_of_capacity": round(life.peak_per_s / herd.capacity_per_s, 2),
        "crowd": _crowded(crowd),
        "crowd_deaf": _crowded(deaf) | {"waited_p99_s": round(deaf.wait_s(0.99))},
    }
    if real:
        with fresh_folder(work / "herd") as folder:
            for name, share in (("real", 0.0), ("real_deaf", DEAF_SHARE)):
                figures[name] = _real(folder, replace(crowded, deaf_share=share), speed)
                say(f"{name}: {figures[name]}")
    return figures


def _model(work: Path, name: str, herd: Herd) -> HerdOutcome:
    with fresh_folder(work / "herd-model") as folder:
        outcome = HerdModel(herd, folder).run()
    say(f"{name}: {outcome.receipts} receipts, {outcome.tries_per_tap():.2f} attempts, {outcome.drained_s():.0f} s")
    return outcome


def _crowded(outcome: HerdOutcome) -> dict[str, float]:
    return {
        "receipts": outcome.receipts,
        "without_receipt": outcome.herd.phones - outcome.receipts,
        "attempts_per_tap": round(outcome.tries_per_tap(), 2),
        "attempts_at_gate": round(outcome.at_gate_per_tap(), 2),
        "drained_s": round(outcome.drained_s()),
        "ideal_s": round(outcome.ideal_s()),
        "drained_of_ideal": round(outcome.drained_s() / outcome.ideal_s(), 2),
        "waited_p99_s": round(outcome.wait_s(0.99)),
    }


# The real gate.


@dataclass
class _Crowd(Crowd):
    """A crowd of which some are deaf; `at_gate` counts how often a tap of the others met a live gate."""

    deaf: frozenset[int] = frozenset()
    at_gate: int = 0

    def _turned_away(self, person: Person, batch: list[Tap], answer: Answer) -> None:
        super()._turned_away(person, batch, answer)
        self._count(person, batch)
        if person.fate.person in self.deaf:
            again_ms = self.clock.now_ms() + round(DEAF_EVERY_MS * self.plan.speed)
            for tap in batch:
                tap.entry = replace(tap.entry, next_try_ms=again_ms, not_before_ms=0)

    def _believe(self, person: Person, batch: list[Tap], answers: list[Told]) -> list[Tap]:
        self._count(person, batch)
        return super()._believe(person, batch, answers)

    def _count(self, person: Person, batch: list[Tap]) -> None:
        if person.fate.person not in self.deaf:
            self.at_gate += len(batch)


def _real(folder: Path, herd: Herd, speed: float) -> dict[str, float]:
    plan = _plan(herd, speed)
    site, people = _found(folder / f"data-{herd.deaf_share}", plan, herd)
    set_rehearsal_clock(site.clock_file, simulated_ms=plan.begin_ms)
    slow = ["--batch-ms", str(herd.batch_ms / speed), "--record-us", str(1_000 * herd.record_ms / speed)]
    log = (folder / "gate.log").open("w", encoding="utf-8")
    gate = RunningGate(site, program=SLOW_GATE, arguments=slow, log=log)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            crowd, killed_ms, back_ms = runner.run(_conduct(plan, site, gate, people))
    finally:
        gate.stop()
        log.close()
    return _counted(herd, crowd, (killed_ms, back_ms))


def _plan(herd: Herd, speed: float) -> DrillPlan:
    at = datetime.combine(DAY, ARRIVE_FROM)
    away = [(at + timedelta(milliseconds=ms)).time() for ms in (herd.away_from_ms, herd.away_until_ms)]
    return DrillPlan(
        people=herd.phones,
        arrive_from=ARRIVE_FROM,
        arrive_until=(at + timedelta(milliseconds=herd.arrive_ms)).time(),
        late_share=herd.deaf_share,
        outage_from=away[0],
        outage_until=away[1],
        speed=speed,
        seed=herd.seed,
    )


def _found(data: Path, plan: DrillPlan, herd: Herd) -> tuple[Site, list[Person]]:
    site = found_site(data, name="rehearsal/herd", zone=ZONE, now_ms=plan.begin_ms)
    from_ms = plan.at_ms(plan.arrive_from)
    people = [
        Person(
            fate=Fate(number, Story.ON_TIME, from_ms + tap_ms, skew_ms=0),
            phone=Phone(number, private=private_key(herd.seed, number)),
            draw=Random(f"{herd.seed} {number}"),  # noqa: S311 - a rehearsal that must repeat itself
        )
        for number, tap_ms in enumerate(herd.arrivals(), 1)
    ]
    rows = sorted((un_b64url(person.phone.kid), person.phone.key, person.fate.person) for person in people)
    write_roster(data / "herd.sqlite", rows)
    publish(data / "herd.sqlite", site, version=1, now_ms=plan.begin_ms)
    return site, people


async def _conduct(plan: DrillPlan, site: Site, gate: RunningGate, people: list[Person]) -> tuple[_Crowd, int, int]:
    """The morning, from the first arrival on; the crowd, when the gate was killed, and when it was back."""
    gate.choose_port()
    wire = Wire(gate.port, seconds_max=REQUEST_SECONDS_MAX)
    dice = Random(plan.seed)  # noqa: S311 - a rehearsal that must repeat itself
    deaf = frozenset(dice.sample(range(1, len(people) + 1), round(plan.late_share * len(people))))
    from_ms = plan.at_ms(plan.arrive_from)
    clock = set_rehearsal_clock(site.clock_file, simulated_ms=from_ms, speed=plan.speed)
    crowd = _Crowd(
        plan=plan, people=people, clock=clock, wire=wire, keys=site.key_list(), lost_answer_share=0, deaf=deaf
    )
    start_ms = await start_timed(gate, crowd)
    crowd.clock = set_rehearsal_clock(site.clock_file, simulated_ms=from_ms, speed=plan.speed)
    outage = asyncio.get_running_loop().create_task(bring_outage(plan, gate, crowd, start_ms))
    await crowd.morning(lambda _: say(crowd.word()))
    killed_ms, back_ms = await outage
    return crowd, killed_ms, back_ms


def _counted(herd: Herd, crowd: _Crowd, away: tuple[int, int]) -> dict[str, float]:
    killed_ms, back_ms = away
    taps = [tap for person in crowd.people for tap in person.taps]
    honest = [tap for person in crowd.people if person.fate.person not in crowd.deaf for tap in person.taps]
    since = [tap for tap in honest if tap.tapped_ms >= killed_ms]
    waits = sorted(((tap.received_ms or 1 << 60) - max(tap.tapped_ms, back_ms)) / 1000 for tap in since)
    before = [(tap.received_ms or 1 << 60) - back_ms for tap in honest if tap.tapped_ms < back_ms]
    made_ms = [tap.tapped_ms - back_ms for tap in taps if tap.tapped_ms >= killed_ms]
    drained_s, ideal = max(before) / 1000, ideal_s(made_ms, herd.capacity_per_s)
    return {
        "receipts": sum(tap.is_receipted for tap in taps),
        "without_receipt": herd.phones - sum(tap.is_receipted for tap in taps),
        "attempts_per_tap": round(sum(tap.tries for tap in honest) / len(honest), 2),
        "attempts_at_gate": round(crowd.at_gate / len(honest), 2),
        "away_s": round((back_ms - killed_ms) / 1000),
        "drained_s": round(drained_s),
        "ideal_s": round(ideal),
        "drained_of_ideal": round(drained_s / ideal, 2),
        "waited_p99_s": round(quantile(waits, 0.99)),
        "answer_p99_ms": round(quantile(sorted(ms for _, ms in crowd.seen.accepted), 0.99)),
        "busy_answers": len(crowd.seen.busy_ms),
        "loop_late_p99_ms": round(quantile(sorted(crowd.seen.late_ms), 0.99)),
    }
