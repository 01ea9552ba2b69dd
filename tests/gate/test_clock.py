"""A gate whose clock jumps says so in its journal, and in every time that it signs."""

import time

from hadir.clock import ClockQuality, set_rehearsal_clock
from hadir.gate.batch_writer import BatchWriter
from hadir.gate.roster import Roster
from hadir.ledger.details import DetailStore
from hadir.ledger.sqlite import JournalReader, SqliteJournal
from hadir.records.kinds import Kind
from hadir.records.server_records import ClockRecord
from hadir.records.strict import decode
from hadir.site import Site
from rehearsal.gates import RunningGate
from rehearsal.phones import EPOCH_MS, Phone
from rehearsal.simulation.gate import at_once


class Wall:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.wall_ms, self.steady_ms = EPOCH_MS, 0
        self.known = ClockQuality(word="ok", error_ms=5)

    def now_ms(self) -> int:
        return self.wall_ms

    def mono_ms(self) -> int:
        return self.steady_ms

    def quality(self) -> ClockQuality:
        return self.known


def clock_states(site: Site) -> list[ClockRecord]:
    reader = JournalReader(site.journal_folder("gate1"))
    return [decode(leaf.body, ClockRecord) for leaf in reader.read(0, 1_000) if leaf.kind is Kind.CLOCK_STATE]


def writer_of(site: Site, wall: Wall) -> BatchWriter:
    folder = site.journal_folder("gate1")
    return BatchWriter(
        journal=SqliteJournal(folder, site.gate_signer()),
        details=DetailStore(folder),
        roster=Roster(site.roster_folder, site.key_list().verifiers("office")),
        clock=wall,
        app_version="test",
        on_broken=lambda: None,
    )


def test_a_jump_is_recorded_and_widens_every_time_after_it(site: Site) -> None:
    wall = Wall()
    writer = writer_of(site, wall)
    at_once(writer.begin())
    wall.wall_ms += 1_500
    at_once(writer._look_around())
    assert writer.quality == ClockQuality(word="ok", error_ms=5)
    wall.wall_ms -= 3_600_000
    at_once(writer._look_around())
    assert writer.quality == ClockQuality(word="stepped", error_ms=3_600_000)
    wall.wall_ms += 100
    wall.steady_ms += 100
    at_once(writer._look_around())
    at_once(writer.stop("end of test"))
    assert [(state.clock, state.step_ms) for state in clock_states(site)] == [("ok", 0), ("stepped", -3_600_000)]


def test_a_clock_that_is_no_longer_synchronised_is_recorded(site: Site) -> None:
    wall = Wall()
    writer = writer_of(site, wall)
    at_once(writer.begin())
    wall.known = ClockQuality(word="unsynchronised", error_ms=16_000)
    at_once(writer._look_around())
    at_once(writer.stop("end of test"))
    assert [(state.clock, state.error_ms) for state in clock_states(site)] == [("ok", 5), ("unsynchronised", 16_000)]


def test_simulated_time_is_said_to_be_simulated(site: Site, sari: Phone) -> None:
    set_rehearsal_clock(site.clock_file, simulated_ms=EPOCH_MS)
    gate = RunningGate(site)
    gate.start()
    try:
        answer = gate.punch(sari.punch()).json["answers"][0]
        assert abs(answer["received_at_ms"] - EPOCH_MS) < 60_000
        assert gate.call("GET", "/healthz").json["clock"] == {"state": "simulated", "error_ms": 0}
        set_rehearsal_clock(site.clock_file, simulated_ms=EPOCH_MS + 2_220_000)
        time.sleep(0.01)
        later = gate.punch(sari.punch()).json["answers"][0]
        assert 2_220_000 <= later["received_at_ms"] - EPOCH_MS < 2_280_000
    finally:
        gate.stop()
