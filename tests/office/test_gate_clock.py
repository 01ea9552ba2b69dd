"""A real gate's clock jumps, or is wrong all morning known to be so: facts in the journal, nobody is late by it."""

from collections.abc import Callable, Iterator

import pytest

from hadir.clock import ClockQuality, set_rehearsal_clock
from hadir.drill.gates import RunningGate
from hadir.ledger.sqlite import JournalReader
from hadir.office import demo
from hadir.office.follower.models import Punch, VerdictRow
from hadir.records.kinds import Kind
from hadir.records.server_records import ClockState
from hadir.records.strict import decode
from hadir.records.times import SignedTime, open_time
from hadir.site import Site
from tests.office.conftest import at
from tests.office.morning import NONCE, Morning

pytestmark = pytest.mark.django_db

WRONG_MS = 40 * 60_000
OK = ClockQuality("ok", 20)
DOUBTED = ClockQuality("unsynchronised", 45 * 60_000)

SetClock = Callable[[int, ClockQuality], None]


@pytest.fixture
def set_clock(site: Site) -> SetClock:
    """The machine's clock as the gate sees it: what it shows, and what the kernel says of it."""

    def set_to(now_ms: int, quality: ClockQuality) -> None:
        set_rehearsal_clock(site.clock_file, simulated_ms=now_ms, quality=quality)

    return set_to


@pytest.fixture
def gate(site: Site, set_clock: SetClock) -> Iterator[RunningGate]:
    set_clock(at(7, 24), OK)
    running = RunningGate(site)
    running.start()
    yield running
    running.stop()


def signed_time(gate: RunningGate) -> tuple[str, SignedTime]:
    token = gate.call("GET", f"/v1/time?nonce={NONCE}").json["token"]
    return token, open_time(token, gate.site.key_list().time_keys())


def taps(morning: Morning, gate: RunningGate, person: int, wall_ms: int) -> None:
    """With a right clock, the app opened at this moment: a fresh signed time in the tap."""
    token, _ = signed_time(gate)
    held = {"token": token, "wall_ms": wall_ms - 3_000, "mono_ms": 1_000, "origin_ms": wall_ms - 4_000}
    clocks = {"wall_ms": wall_ms, "mono_ms": 4_000, "origin_ms": wall_ms - 4_000}
    record = morning.phone(person).punch("in", signed_time=held, **clocks)
    assert gate.punch(record).status == 200


def clock_facts(site: Site) -> list[ClockState]:
    reader = JournalReader(site.journal_folder("gate1"))
    facts = [decode(leaf.body, ClockState) for leaf in reader.read(0, 1_000) if leaf.kind is Kind.CLOCK_STATE]
    reader.close()
    return facts


def arrival(person: int) -> dict[str, object]:
    return dict(VerdictRow.objects.get(person=person, day="2026-11-24").body["arrival"])


def judged(morning: Morning, set_clock: SetClock, *people: int) -> None:
    set_clock(at(9, 30), OK)
    morning.follow(at(9, 30))
    assert Punch.objects.count() == len(people)
    for person in people:
        found = arrival(person)
        assert found["status"] == "on_time", found


@pytest.mark.parametrize("jump_ms", [WRONG_MS, -WRONG_MS])
def test_a_jump_of_the_gates_clock_makes_nobody_late(
    morning: Morning, gate: RunningGate, set_clock: SetClock, site: Site, jump_ms: int
) -> None:
    taps(morning, gate, demo.HASAN, at(7, 24))
    set_clock(at(7, 24, 10) + jump_ms, OK)
    taps(morning, gate, demo.BUDI, at(7, 24, 10))
    _, time = signed_time(gate)
    assert (time.clock, time.error_ms >= WRONG_MS - 60_000) == ("stepped", True)
    stepped = [fact for fact in clock_facts(site) if fact.step_ms]
    assert len(stepped) >= 1
    assert all(fact.clock == "stepped" and fact.error_ms >= abs(fact.step_ms) for fact in stepped)
    judged(morning, set_clock, demo.HASAN, demo.BUDI)


def test_a_clock_that_is_wrong_all_morning_and_known_to_be_makes_nobody_late(
    morning: Morning, gate: RunningGate, set_clock: SetClock, site: Site
) -> None:
    gate.stop()
    set_clock(at(7, 20) + WRONG_MS, DOUBTED)
    gate.start()
    taps(morning, gate, demo.BUDI, at(7, 20, 5))
    _, time = signed_time(gate)
    assert (time.clock, time.error_ms) == ("unsynchronised", DOUBTED.error_ms)
    assert clock_facts(site)[-1].clock == "unsynchronised"
    judged(morning, set_clock, demo.BUDI)
