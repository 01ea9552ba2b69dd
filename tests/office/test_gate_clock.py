"""A real gate's clock jumps, or is wrong all morning, known or not: facts in the journal, nobody is late by it."""

import time
from collections.abc import Callable, Iterator

import pytest

from hadir.clock import ClockQuality, set_rehearsal_clock
from hadir.gate.witnesses import PHONES_MIN
from hadir.ledger.sqlite import JournalReader
from hadir.office.excuses.kinds import ExcuseState
from hadir.office.excuses.models import Excuse
from hadir.office.outages.measuring import propose_outages
from hadir.office.projection.models import Punch, VerdictRow
from hadir.office.status.heartbeat import heartbeat
from hadir.records.encoding import un_b64url
from hadir.records.kinds import Kind
from hadir.records.server_records import ClockRecord
from hadir.records.strict import decode
from hadir.records.times import TimeToken, open_time
from hadir.site import Site
from rehearsal.bench.crowd import publish, write_roster
from rehearsal.demo import cast as demo
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
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


def signed_time(gate: RunningGate) -> tuple[str, TimeToken]:
    token = gate.call("GET", f"/v1/time?nonce={NONCE}").json["token"]
    return token, open_time(token, gate.site.key_list().time_keys())


def taps(morning: Morning, gate: RunningGate, person: int, wall_ms: int) -> None:
    """With a right clock, the app opened at this moment: a fresh signed time in the tap."""
    token, _ = signed_time(gate)
    held = {"token": token, "wall_ms": wall_ms - 3_000, "mono_ms": 1_000, "origin_ms": wall_ms - 4_000}
    clocks = {"wall_ms": wall_ms, "mono_ms": 4_000, "origin_ms": wall_ms - 4_000}
    record = morning.phone(person).punch("in", signed_time=held, **clocks)
    assert gate.punch(record).status == 200


def clock_facts(site: Site) -> list[ClockRecord]:
    reader = JournalReader(site.journal_folder("gate1"))
    facts = [decode(leaf.body, ClockRecord) for leaf in reader.read(0, 1_000) if leaf.kind is Kind.CLOCK_STATE]
    reader.close()
    return facts


def arrival(person: int) -> dict[str, object]:
    return dict(VerdictRow.objects.get(person=person, day="2026-11-24").body["arrival"])


FAST_MS = 8 * 60_000
BYSTANDER = 5_001


@pytest.fixture
def crowd(site: Site) -> list[Phone]:
    """Confirmed phones of people elsewhere in the regency, as the gate's roster has them."""
    phones = [Phone(BYSTANDER + number) for number in range(PHONES_MIN + 4)]
    roster = site.data / "crowd.sqlite"
    write_roster(roster, [(un_b64url(phone.kid), phone.key, phone.person) for phone in phones])
    publish(roster, site, version=1, now_ms=at(7, 0))
    return phones


def all_tap(gate: RunningGate, crowd: list[Phone], behind_ms: int) -> None:
    """Each with a clock that is so far behind the gate's."""
    for phone in crowd:
        token, time_now = signed_time(gate)
        wall_ms = time_now.at_ms - behind_ms
        held = {"token": token, "wall_ms": wall_ms, "mono_ms": 1_000, "origin_ms": wall_ms - 1_000}
        record = phone.punch("in", signed_time=held, wall_ms=wall_ms + 3_000, mono_ms=4_000, origin_ms=wall_ms - 1_000)
        assert gate.punch(record).status == 200


def until_clock_is(gate: RunningGate, word: str) -> int:
    """The error bound that the gate states then."""
    for _ in range(100):
        state = gate.call("GET", "/healthz").json["clock"]
        if state["state"] == word:
            return int(state["error_ms"])
        time.sleep(0.1)
    raise AssertionError(state)


def test_a_clock_that_nobody_knew_to_be_wrong_is_found_by_the_phones_and_makes_nobody_late(
    morning: Morning, gate: RunningGate, set_clock: SetClock, site: Site, crowd: list[Phone]
) -> None:
    gate.stop()
    set_clock(at(7, 24) + FAST_MS, OK)
    gate.start()
    taps(morning, gate, demo.BUDI, at(7, 24, 1))  # the gate says 07:32, and believes it
    all_tap(gate, crowd, FAST_MS)
    assert FAST_MS <= until_clock_is(gate, "wrong") <= FAST_MS + 30_000
    taps(morning, gate, demo.HASAN, at(7, 24, 5))
    _, time_now = signed_time(gate)
    assert time_now.clock == "wrong"
    assert time_now.error_ms >= FAST_MS
    assert clock_facts(site)[-1].clock == "wrong"
    morning.follow(at(7, 25) + FAST_MS)
    beat = heartbeat(site, at(7, 25) + FAST_MS)
    assert (beat.is_up, beat.clock_in_doubt) == (True, True)
    gate.stop()
    set_clock(at(8, 0), OK)
    gate.start()
    judged(morning, set_clock, demo.HASAN, demo.BUDI, others=len(crowd))
    propose_outages(at(9, 31))
    propose_outages(at(9, 32))
    (finding,) = Excuse.objects.filter(measured_by=f"clock/{site.gate_origin}")
    assert finding.state == ExcuseState.PROPOSED
    assert finding.from_ms <= at(7, 24) + FAST_MS + 5_000


def test_phones_that_conspire_soften_their_own_hours_only_and_stand_on_a_list(
    morning: Morning, gate: RunningGate, set_clock: SetClock, crowd: list[Phone]
) -> None:
    gate.wait_for_roster(1)
    all_tap(gate, crowd, 0)
    taps(morning, gate, demo.HASAN, at(7, 24, 3))
    time.sleep(1.5)  # the gate has looked around, and kept that the phones agreed with it
    set_clock(at(7, 45), ClockQuality("simulated", 0))  # time passes
    until_clock_is(gate, "simulated")
    set_clock(at(7, 45, 2), OK)
    until_clock_is(gate, "ok")
    all_tap(gate, crowd, 35 * 60_000)
    until_clock_is(gate, "wrong")
    taps(morning, gate, demo.BUDI, at(7, 10, 5))
    set_clock(at(9, 30), OK)
    morning.follow(at(9, 30))
    honest, conspirator = arrival(demo.HASAN), arrival(demo.BUDI)
    assert (honest["status"], honest["review"]) == ("on_time", "none")
    assert conspirator["review"] == "sample"


def judged(morning: Morning, set_clock: SetClock, *people: int, others: int = 0) -> None:
    set_clock(at(9, 30), OK)
    morning.follow(at(9, 30))
    assert Punch.objects.count() == len(people) + others
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
