"""The door's limits: one address never takes all of them, and idle connections make way."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from aiohttp.test_utils import unused_port

from hadir.door.limits import LoadShedder, network_of
from hadir.door.onward import Upstreams
from hadir.door.program import open_door
from hadir.gate.log import silent


@dataclass(eq=False)
class Caller:
    is_waiting: bool = True
    dropped: bool = False

    def drop(self) -> None:
        self.dropped = True


def enter(load: LoadShedder, address: str, *, waiting: bool = True) -> Caller | None:
    caller = Caller(waiting)
    return caller if load.enter(caller, address) else None


def test_heads_that_never_end_push_out_one_another_and_nobody_else() -> None:
    load = LoadShedder(connections_max=10)
    others = [enter(load, "10.0.0.1") for _ in range(4)]
    slow = [enter(load, "6.6.6.6") for _ in range(50)]
    assert not any(other is None or other.dropped for other in others)
    assert [caller is not None and caller.dropped for caller in slow] == [True] * 45 + [False] * 5
    assert len(load) == 9


def test_whoever_waits_for_an_answer_is_never_sent_away() -> None:
    load = LoadShedder(connections_max=4)
    busy = [enter(load, "10.0.0.1", waiting=False) for _ in range(2)]
    assert enter(load, "10.0.0.1") is None
    assert enter(load, "10.0.0.2") is not None
    assert not any(caller is None or caller.dropped for caller in busy)


def test_a_full_door_takes_a_newcomer_for_whoever_came_first() -> None:
    load = LoadShedder(connections_max=4)
    callers = [enter(load, f"10.0.0.{number}") for number in range(5)]
    assert [caller is not None and caller.dropped for caller in callers] == [True, False, False, False, False]


def test_bodies_are_counted_until_they_are_answered() -> None:
    load = LoadShedder(bytes_max=1_000)
    one, same, other = (enter(load, address) for address in ("6.6.6.6", "6.6.6.6", "10.0.0.1"))
    assert one
    assert same
    assert other
    assert load.keep(one, 300)
    assert load.keep(same, 200)
    assert not load.keep(same, 1)
    assert load.keep(other, 500)
    load.forget(one, 100)
    assert load.keep(same, 100)
    load.leave(one)
    assert load.keep(same, 200)
    load.forget(other)
    assert load.keep(other, 500)


def test_an_ipv6_network_is_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1") == "10.0.0.1"
    assert network_of("") == ""


def at_the_door(folder: Path, load: LoadShedder, then: Callable[[int], Awaitable[None]]) -> None:
    """With nobody behind it. In a thread of its own: a browser of another test may hold this one's event loop."""
    (folder / "index.html").write_text("<!doctype html>")
    upstreams = Upstreams(gate=f"http://127.0.0.1:{unused_port()}", office=f"http://127.0.0.1:{unused_port()}")

    async def run() -> None:
        async with open_door(folder, upstreams, at=("127.0.0.1", 0), log=silent, load=load) as port:
            await then(port)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(run())).result()


async def ask(port: int, request: bytes) -> bytes:
    """The first line of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    line = await reader.readline()
    writer.close()
    return line


def test_a_full_door_ends_the_first_half_head_and_answers_the_newcomer(tmp_path: Path) -> None:
    load = LoadShedder(connections_max=8)

    async def then(port: int) -> None:
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        for _, writer in slow:
            writer.write(b"GET / HTTP/1.1\r\n")
        assert await ask(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b"HTTP/1.1 200 OK\r\n"
        assert len(load) <= 4
        (first, _), (second, _), *_ = slow
        assert await hung_up(first)
        assert not second.at_eof()
        for _, writer in slow:
            writer.close()

    at_the_door(tmp_path, load, then)


async def hung_up(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


async def hung_up_on(load: LoadShedder) -> bool:
    """Whether nothing is kept once everybody has left."""
    for _ in range(500):
        await asyncio.sleep(0.01)
        if not len(load):
            return load.bytes_kept == 0
    return False


def test_a_body_for_which_there_is_no_room_is_told_to_come_back_and_nothing_stays(tmp_path: Path) -> None:
    load = LoadShedder(bytes_max=100_000)
    head = b"POST /kantor/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"

    async def then(port: int) -> None:
        for _ in range(3):
            assert b" 503 " in await ask(port, head % 60_000 + b"a" * 60_000)
            assert await hung_up_on(load)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head % 60_000 + b"a" * 60_000)
        assert b'"busy"' in await reader.readuntil(b"}}")
        writer.close()

    at_the_door(tmp_path, load, then)
