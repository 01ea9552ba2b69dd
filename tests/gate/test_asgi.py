"""The gate as an ASGI application: what a server may do to it, and two servers that do it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hadir.gate import asgi
from hadir.gate.asgi import Asgi
from hadir.gate.wire import DISCARDED_BYTES_MAX
from hadir.ledger.sqlite import JournalReader
from hadir.records.kinds import Kind
from hadir.records.receipt import verify_receipt
from hadir.records.refusals import Refusal
from hadir.site import Site
from rehearsal.faults.kill import kill_drill
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.gate.test_wire import Door

Message = dict[str, Any]
POST: Message = {
    "type": "http",
    "method": "POST",
    "path": "/v1/punches",
    "query_string": b"",
    "headers": [(b"host", b"x"), (b"content-type", b"application/json")],
}


@dataclass
class Life:
    """A writer that only tells what was asked of it."""

    told: list[str] = field(default_factory=list)

    async def start(self) -> None:
        self.told.append("start")

    async def stop(self, _: str) -> None:
        self.told.append("stop")


@dataclass
class Server:
    """An ASGI server in the test's hand: gives what it is told to give, keeps what it is sent."""

    door: Door = field(default_factory=Door)
    life: Life = field(default_factory=Life)
    sent: list[Message] = field(default_factory=list)

    def open(self, *messages: Message, scope: Message = POST) -> "asyncio.Task[None]":
        inbox = iter(messages)

        async def receive() -> Message:
            for message in inbox:
                return message
            await asyncio.sleep(3_600)
            raise AssertionError

        async def send(message: Any) -> None:
            self.sent.append(dict(message))

        return asyncio.create_task(Asgi(self.door, self.life)(scope, receive, send))

    @property
    def statuses(self) -> list[int]:
        return [message["status"] for message in self.sent if "status" in message]

    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


def body(*parts: bytes) -> list[Message]:
    return [
        {"type": "http.request", "body": part, "more_body": place < len(parts)}
        for place, part in enumerate(parts, start=1)
    ]


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_body_in_pieces_is_one_request_and_its_answer_has_a_length() -> None:
    async def run(server: Server) -> None:
        task = server.open(*body(b"hel", b"", b"lo"))
        await turns()
        assert server.door.asked[0][0].body == b"hello"
        server.door.answer(b"receipt")
        await task

    asyncio.run(run(server := Server()))
    assert (server.statuses, server.sent[1]["body"]) == ([200], b"receipt")
    assert server.headers() == {b"content-type": b"text/plain", b"content-length": b"7"}


def test_the_path_is_taken_as_it_was_sent() -> None:
    async def run(server: Server) -> None:
        scope = {**POST, "path": "/v1/details/a/b", "raw_path": b"/v1/details/a%2Fb?x=1", "query_string": b"x=1"}
        server.open(*body(b""), scope=scope)
        await turns()

    asyncio.run(run(server := Server()))
    request = server.door.asked[0][0]
    assert (request.path, request.query) == ("/v1/details/a%2Fb", b"x=1")


def test_a_compressed_body_is_refused() -> None:
    async def run(server: Server) -> None:
        server.open(*body(b"x"), scope={**POST, "headers": [(b"Content-Encoding", b"gzip")]})
        await turns()

    asyncio.run(run(server := Server()))
    assert server.door.asked[0][0].fault is Refusal.ENCODED_BODY


def test_a_client_that_leaves_before_its_request_is_whole_asks_nothing() -> None:
    async def run(server: Server) -> None:
        await server.open({"type": "http.request", "body": b"hel", "more_body": True}, {"type": "http.disconnect"})

    asyncio.run(run(server := Server()))
    assert (server.door.asked, server.sent) == ([], [])


def test_a_request_that_its_server_gave_up_hurts_nobody_when_it_is_answered() -> None:
    async def run(server: Server) -> None:
        task = server.open(*body(b"hello"))
        await turns()
        task.cancel()
        await turns()
        server.door.answer()  # in the writer's visit to the event loop: an error here would cost others their answers

    asyncio.run(run(server := Server()))
    assert server.sent == []


def test_a_body_that_dribbles_is_refused_and_the_connection_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "BODY_SECONDS_MAX", 0.01)

    async def run(server: Server) -> None:
        await server.open({"type": "http.request", "body": b"h", "more_body": True})

    asyncio.run(run(server := Server()))
    assert (server.statuses, server.headers()[b"connection"]) == ([408], b"close")


def test_a_body_that_is_too_large_is_read_to_its_end_and_one_beyond_measure_is_not() -> None:
    async def run(server: Server) -> None:
        server.open(*body(*[b"x" * 1_000] * 3))
        await turns()
        assert (server.door.asked[0][0].fault, server.door.asked[0][0].body) == (Refusal.BODY_TOO_LARGE, b"")
        piece = b"x" * 1_000_000
        endless = [{"type": "http.request", "body": piece, "more_body": True}] * (DISCARDED_BYTES_MAX // len(piece) + 1)
        await server.open(*endless)

    asyncio.run(run(server := Server()))
    assert (server.statuses, server.headers()[b"connection"], len(server.door.asked)) == ([413], b"close", 1)


def test_the_writer_opens_and_ends_with_the_server() -> None:
    async def run(server: Server) -> None:
        steps = ({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
        await server.open(*steps, scope={"type": "lifespan"})
        with pytest.raises(ValueError, match="websocket"):
            await server.open(scope={"type": "websocket"})

    asyncio.run(run(server := Server()))
    assert server.life.told == ["start", "stop"]
    assert [message["type"] for message in server.sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@dataclass
class GunicornGate(RunningGate):
    """The same gate under another ASGI server."""

    def spawn(self) -> None:
        self.choose_port()
        bind = ["-b", f"127.0.0.1:{self.port}", "--log-level", "warning"]
        argv = [sys.executable, "-m", "gunicorn", "-k", "asgi", *bind, "hadir.gate.program:application()"]
        environment = {**os.environ, "HADIR_DATA": str(self.site.data)}
        self.process = subprocess.Popen(argv, start_new_session=True, env=environment)


@pytest.fixture
def elsewhere(site: Site) -> Iterator[RunningGate]:
    gate = GunicornGate(site)
    gate.start()
    yield gate
    gate.stop()


def test_another_asgi_server_gives_receipts_too(elsewhere: RunningGate, site: Site, sari: Phone) -> None:
    record = sari.punch()
    answer = elsewhere.punch(record).json["answers"][0]
    verify_receipt(record, answer["receipt"], site.key_list())
    assert elsewhere.call("GET", "/v1/nothing").status == 404
    assert elsewhere.stop() == 0
    assert JournalReader(site.journal_folder("gate1")).read(0, 100)[-1].kind is Kind.GATE_STOP


@pytest.mark.timeout(300)
def test_no_receipt_is_missing_after_kills_on_this_road(tmp_path: Path) -> None:
    report = kill_drill(tmp_path / "data", times=10, seed=4, arguments=["--asgi"])
    assert report.ok, report
    assert report.receipts > 10 * report.kills, report
