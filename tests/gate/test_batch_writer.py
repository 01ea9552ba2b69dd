"""One writer in one event loop: it lets others in between, and while it waits for the disk they need not."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from hadir.gate.admission import BATCH_RECORDS_MAX, GATHER_RECORDS, AdmissionQueue, PendingRequest
from hadir.gate.batch_writer import STEP_RECORDS_MAX, YIELD_EVERY_MS, Receipted
from hadir.gate.program import QUICK_SECONDS, TimedDisk
from hadir.gate.reading import Sent
from hadir.gate.step import SentDetail
from hadir.records.jws import Claim, verify_each
from hadir.records.kinds import PUNCH_KINDS
from hadir.records.refusals import Refusal
from hadir.site import Site
from rehearsal.phones import Phone
from rehearsal.simulation.gate import at_once
from tests.gate.test_clock import Wall, writer_of

FOR_EVER_S = 60


def somebody() -> PendingRequest:
    return PendingRequest((), detail=SentDetail(bytes(16), "", b""), done=lambda _: None, since_ms=0)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_writer_with_much_to_do_lets_others_in_between(site: Site, sari: Phone) -> None:
    wall, seen = Wall(), list[int]()
    writer = writer_of(site, wall)

    def takes_its_time(claims: Sequence[Claim]) -> list[bool]:
        wall.steady_ms += YIELD_EVERY_MS
        return verify_each(claims)

    writer.verify = takes_its_time

    async def run() -> None:
        await writer.begin()
        for _ in range(BATCH_RECORDS_MAX):
            writer.submit([Sent(sari.punch())], PUNCH_KINDS, lambda _: None)
        work = asyncio.create_task(writer.turn())
        while not work.done():
            seen.append(wall.steady_ms // YIELD_EVERY_MS)
            await asyncio.sleep(0)

    asyncio.run(run())
    assert set(range(1, BATCH_RECORDS_MAX // STEP_RECORDS_MAX + 1)) <= set(seen), "after each part"


def test_whoever_comes_while_the_disk_is_waited_for_is_let_in_and_nobody_is_answered_before(
    site: Site, sari: Phone
) -> None:
    told, disk = list[object](), threading.Event()
    writer = writer_of(site, Wall())

    async def run() -> None:
        await writer.begin()
        commit, writer.on_disk = writer.journal.commit, TimedDisk()

        def slowly() -> object:
            assert disk.wait(FOR_EVER_S)
            return commit()

        writer.journal.commit = slowly  # type: ignore[method-assign, assignment]
        writer.submit([Sent(sari.punch())], PUNCH_KINDS, told.extend)
        size, head = writer.journal.size(), writer.journal.checkpoint()
        work = asyncio.create_task(writer.turn())
        await turns()
        writer.submit([Sent(sari.punch())], PUNCH_KINDS, told.extend)
        assert (told, writer.queue.waiting) == ([], 1)
        assert (writer.journal.size(), writer.journal.checkpoint()) == (size, head), "nothing is promised yet"
        disk.set()
        await work
        assert (len(told), writer.journal.size() > size) == (1, True)
        await writer.turn()

    asyncio.run(run())
    assert [type(one) for one in told] == [Receipted, Receipted]


def test_a_quick_disk_is_waited_for_here_and_a_slow_one_on_a_thread() -> None:
    now_s, threads = [0.0], list[bool]()
    disk = TimedDisk(lambda: now_s[0])

    def takes(seconds: float) -> None:
        now_s[0] += seconds
        threads.append(threading.current_thread() is not threading.main_thread())

    async def run() -> None:
        for seconds in (0.0, 0.0, 2 * QUICK_SECONDS, 2 * QUICK_SECONDS, 0.0, 0.0):
            await disk(lambda took=seconds: takes(took))  # type: ignore[misc]

    asyncio.run(run())
    assert threads == [True, False, False, True, True, False], "as it was the last time"


def test_an_error_of_the_disk_comes_through() -> None:
    async def run() -> None:
        disk = TimedDisk()
        for _ in range(2):
            with pytest.raises(OSError, match="ill"):
                await disk(fails)
            await disk(lambda: None)

    def fails() -> None:
        raise OSError("ill")

    asyncio.run(run())


def test_the_writer_waits_for_somebody_and_a_moment_for_his_company() -> None:
    async def run() -> None:
        queue = AdmissionQueue()
        waits = asyncio.create_task(queue.wait_for_work(FOR_EVER_S))
        await turns()
        assert not waits.done()
        queue.join(somebody())
        await turns()
        assert waits.done(), "in an empty office nobody waits for company"
        for _ in range(GATHER_RECORDS):
            queue.join(somebody())
        queue.drain()
        queue.join(somebody())
        waits = asyncio.create_task(queue.wait_for_work(FOR_EVER_S))
        await turns()
        assert not waits.done(), "there was a crowd just now"
        for _ in range(GATHER_RECORDS - 2):
            queue.join(somebody())
        await asyncio.sleep(0)
        assert not waits.done(), "nearly enough of them"
        queue.join(somebody())
        await turns()
        assert waits.done(), "enough of them"
        queue.drain()
        queue.join(somebody())
        await asyncio.wait_for(queue.wait_for_work(FOR_EVER_S), FOR_EVER_S / 2)  # not for ever

    asyncio.run(run())


def test_nobody_who_could_come_is_waited_for_when_the_line_is_closed_or_patience_ends() -> None:
    async def run() -> None:
        queue = AdmissionQueue()
        await asyncio.wait_for(queue.wait_for_work(0.001), FOR_EVER_S)
        waits = asyncio.create_task(queue.wait_for_work(FOR_EVER_S))
        await turns()
        queue.close(Refusal.STOPPING)
        await turns()
        assert waits.done()
        await asyncio.wait_for(queue.wait_for_work(FOR_EVER_S), FOR_EVER_S / 2)

    asyncio.run(run())


def test_what_is_said_in_one_go_is_what_is_said_with_breaths(site: Site, sari: Phone) -> None:
    writer, told = writer_of(site, Wall()), list[object]()
    at_once(writer.begin())
    records = [sari.punch() for _ in range(STEP_RECORDS_MAX + 3)]
    for record in [*records, records[0], records[-1]]:
        writer.submit([Sent(record)], PUNCH_KINDS, told.extend)
    at_once(writer.turn())
    places = [one.recorded.index for one in told if isinstance(one, Receipted)]
    assert len(places) == len(records) + 2
    assert places[-2:] == [places[0], places[len(records) - 1]], "the same record has one position"
