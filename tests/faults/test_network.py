"""Networks as they are: whatever becomes of requests and answers, every tap ends with a receipt, and stands once.

The outbox's own table, real TCP, a real gate. Time is `SPEED` times as dense as in life: 5 s of delay, 10 s of
patience and the outbox's waits keep their proportions.
"""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import time as clock_time
from pathlib import Path

import pytest

from hadir.clock import Pace, set_rehearsal_clock
from hadir.ledger.audit import audit_journal
from hadir.site import Site
from rehearsal.faults.kill import found_for_drill, phone_for
from rehearsal.gates import RunningGate
from rehearsal.morning.crowd import DrillPhone, LiveMorning
from rehearsal.morning.plan import Arrival, DrillPlan, Scenario
from rehearsal.morning.run import leaves_of
from rehearsal.web import HttpClient
from tests.faults.bad_network import FAULTS, STORED_UNHEARD, BadNetwork

PEOPLE = 120
PEOPLE_LONG = 900
BAD_S = 240
SPEED = 20
PATIENCE_MS = 10_000


@dataclass
class Rehearsal:
    """A gate, people with phones, and the time in which they live."""

    site: Site
    gate: RunningGate
    plan: DrillPlan
    people: list[DrillPhone]
    clock: Pace

    def crowd(self, port: int) -> LiveMorning:
        client = HttpClient(port, seconds_max=PATIENCE_MS / 1000 / SPEED)
        return LiveMorning(
            plan=self.plan, people=self.people, clock=self.clock, client=client, keys=self.site.key_list()
        )


def rehearsal(folder: Path, people: int) -> Rehearsal:
    """Everybody taps within three minutes, many of them twice."""
    site = found_for_drill(folder)
    plan = DrillPlan(
        people=people,
        arrive_from=clock_time(7, 5),
        arrive_until=clock_time(7, 8),
        late_share=0,
        outage_from=clock_time(7, 5),
        outage_until=clock_time(7, 5),
        speed=SPEED,
        seed=1,
    )
    dice = random.Random(plan.seed)
    persons = []
    for number in range(1, people + 1):
        arrive_ms = plan.at_ms(plan.arrive_from) + dice.randrange(10_000, 180_000)
        again_ms = arrive_ms + dice.randrange(2_000, 60_000) if dice.random() < 0.4 else None
        kept_open = dice.random() < 0.3
        scenario = Scenario(number, Arrival.ON_TIME, arrive_ms, 0, second_tap_ms=again_ms, kept_open=kept_open)
        voucher = phone_for(site, number).voucher
        persons.append(DrillPhone(number, voucher, scenario=scenario, draw=random.Random(number)))
    set_rehearsal_clock(site.clock_file, simulated_ms=plan.at_ms(plan.arrive_from))
    gate = RunningGate(site)
    gate.start()
    clock = set_rehearsal_clock(site.clock_file, simulated_ms=plan.at_ms(plan.arrive_from), speed=SPEED)
    return Rehearsal(site, gate, plan, persons, clock)


async def through(network: BadNetwork, crowd: LiveMorning) -> None:
    asyncio.get_running_loop().call_later(BAD_S / SPEED, network.heal)
    await crowd.run(lambda _: None)


def kept(rehearsed: Rehearsal) -> dict[str, int]:
    """Record hash -> its position, of every tap; an assertion where a receipt does not hold."""
    keys = rehearsed.site.key_list()
    positions = {}
    for person in rehearsed.people:
        for tap in person.taps:
            assert tap.receipt is not None, f"{person.person} waits for ever: {tap.entry}"
            positions[tap.hash] = tap.receipt.leaf.index
    audit = audit_journal(rehearsed.site.journal_folder("gate1"), keys)
    assert audit.ok, audit
    return positions


@pytest.mark.timeout(900)
def test_every_tap_gets_through_a_bad_network_and_stands_once(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    rehearsed = rehearsal(tmp_path / "data", PEOPLE_LONG if pytestconfig.getoption("--long") else PEOPLE)
    try:
        with BadNetwork(rehearsed.gate.port, second_s=1 / SPEED) as network:
            crowd = rehearsed.crowd(network.port)
            with ThreadPoolExecutor(1) as aside:  # a browser's test may have left its own loop in this thread
                aside.submit(asyncio.run, through(network, crowd)).result()
    finally:
        rehearsed.gate.stop()
    positions = kept(rehearsed)
    leaves = leaves_of([rehearsed.site.journal_folder("gate1")])
    assert leaves == dict.fromkeys(positions, 1), "each tap once, and nothing else"
    assert len(set(positions.values())) == len(positions) > len(rehearsed.people)
    assert all(network.met[delivery] >= 3 for delivery in FAULTS), network.met
    assert sum(network.met[delivery] for delivery in STORED_UNHEARD) > 20
    assert any(person.mistrusted for person in rehearsed.people), "an older answer to somebody else was not believed"
    assert not crowd.seen.refused_ms, "a portal's page is nobody's refusal"
