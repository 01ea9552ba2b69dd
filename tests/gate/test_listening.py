"""How the gate takes in who comes: all at once, and nobody is forgotten when it stops."""

import asyncio
import resource
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvloop

from hadir.gate import listening
from hadir.gate.listening import ACCEPTED_AT_ONCE_MAX, Acceptor, BindAddress

MANY = 200
assert MANY <= ACCEPTED_AT_ONCE_MAX
TRIES_MAX = 100
"""More than any machine tries that rests a tenth of a second; who never rests tries thousands of times."""


@dataclass
class Hall:
    """Who was taken in, and what was said about it."""

    connections: list[asyncio.BaseTransport] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def connection(self) -> asyncio.Protocol:
        hall = self

        class Guest(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                hall.connections.append(transport)

        return Guest()

    def write(self, event: str, **_: object) -> None:
        self.said.append(event)


@pytest.fixture(params=["port", "socket"])
def listener(request: pytest.FixtureRequest, fast_folder: Path) -> Iterator[socket.socket]:
    """Bound, as the gate has it."""
    with BindAddress(port=0, unix_socket=fast_folder / "hall.sock").listeners() as (port, near):
        chosen = port if request.param == "port" else near
        chosen.listen(listening.BACKLOG)
        yield chosen


@contextmanager
def crowd(listener: socket.socket, count: int) -> Iterator[list[socket.socket]]:
    """So many who have come, and wait to be taken in."""
    came = []
    for _ in range(count):
        came.append(socket.socket(listener.family, socket.SOCK_STREAM))
        came[-1].connect(listener.getsockname())
    yield came
    for one in came:
        one.close()


def highest_file() -> int:
    return max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_true():  # noqa: ASYNC110 - round by round of the loop: that is what is looked at
            await asyncio.sleep(0)


def run(work: Coroutine[object, object, None]) -> None:
    uvloop.run(work)


def test_all_who_came_are_taken_in_within_a_few_rounds_of_the_loop(listener: socket.socket) -> None:
    hall = Hall()

    async def morning() -> None:
        acceptor = Acceptor(listener, hall.connection, hall.write)
        for _ in range(8):
            await asyncio.sleep(0)
        acceptor.close()

    with crowd(listener, MANY):
        run(morning())
    assert len(hall.connections) == MANY


def test_who_was_taken_in_as_the_gate_stops_is_known_to_it(listener: socket.socket) -> None:
    hall = Hall()

    async def stop_at_once() -> None:
        acceptor = Acceptor(listener, hall.connection, hall.write)
        await until(lambda: len(asyncio.all_tasks()) > 1)
        taken = len(asyncio.all_tasks()) - 1 + len(hall.connections)
        acceptor.close()
        await acceptor.wait_closed()
        assert len(hall.connections) == taken == MANY

    with crowd(listener, MANY):
        run(stop_at_once())


def test_without_files_left_who_came_waits_and_is_taken_in_later(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "PAUSE_SECONDS", 0.1)
    hall = Hall()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def narrow_morning() -> None:
        acceptor = Acceptor(listener, hall.connection, hall.write)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest_file() + 1, hard))
        await asyncio.sleep(0.35)
        assert 0 < len(hall.said) < TRIES_MAX, "it rests between two tries"
        assert len(hall.connections) < MANY
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        await until(lambda: len(hall.connections) == MANY)
        acceptor.close()

    with crowd(listener, MANY):
        try:
            run(narrow_morning())
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert 1 <= len(hall.said) <= 4
    assert set(hall.said) == {"cannot_accept"}
