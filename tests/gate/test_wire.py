"""HTTP on one connection, as bytes: no socket, no clock, a gate that answers when it is told to."""

import asyncio
from dataclasses import dataclass, field

import pytest

from hadir.gate.wire import (
    BODY_SECONDS_MAX,
    DISCARDED_BYTES_MAX,
    HEAD_BYTES_MAX,
    HEAD_SECONDS_MAX,
    IDLE_SECONDS_MAX,
    SENT_AHEAD_MAX,
    Request,
    Respond,
    Response,
    Wire,
)
from hadir.records.refusals import Refusal

GET = b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /v1/punches HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\nhello"


@dataclass
class Net(asyncio.Transport):
    """What the client sees."""

    written: bytes = b""
    closed: bool = False
    reading: bool = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    @property
    def statuses(self) -> list[int]:
        return [int(part[:3]) for part in self.written.split(b"HTTP/1.1 ")[1:]]


@dataclass
class Door:
    """A gate that keeps what it is asked until `answer`."""

    asked: list[tuple[Request, Respond]] = field(default_factory=list)

    def handle(self, request: Request, respond: Respond) -> None:
        self.asked.append((request, respond))

    def body_bytes_max(self, _: str) -> int:
        return 1_000

    def refusal(self, refusal: Refusal) -> Response:
        return Response(refusal.status, b"", refusal.code.encode())

    def answer(self, body: bytes = b"ok") -> None:
        _, respond = self.asked[-1]
        respond(Response(200, b"content-type: text/plain\r\n", body))


@dataclass
class Shared:
    """What uvicorn shares among connections."""

    connections: set[object] = field(default_factory=set)
    default_headers: list[tuple[bytes, bytes]] = field(default_factory=lambda: [(b"date", b"today")])


@dataclass
class Loop:
    """Time as a number."""

    now_s: float = 0.0

    def time(self) -> float:
        return self.now_s


@dataclass
class Line:
    wire: Wire
    net: Net
    door: Door
    loop: Loop

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.wire.data_received(part)

    def wait(self, seconds: float) -> None:
        self.loop.now_s += seconds
        self.wire.look(self.loop.now_s)


@pytest.fixture
def line() -> Line:
    net, door, loop = Net(), Door(), Loop()
    wire = Wire(door, config=None, server_state=Shared(), app_state=None, _loop=loop)  # type: ignore[arg-type]
    wire.connection_made(net)
    return Line(wire, net, door, loop)


def test_a_request_in_single_bytes_is_the_same_request(line: Line) -> None:
    line.send(*(POST[at : at + 1] for at in range(len(POST))))
    request, _ = line.door.asked[0]
    assert (request.method, request.path, request.body) == ("POST", "/v1/punches", b"hello")
    line.door.answer()
    assert line.net.written.endswith(b"content-length: 2\r\n\r\nok")
    assert not line.net.closed


def test_a_chunked_body_is_a_body(line: Line) -> None:
    line.send(b"POST /v1/punches HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
    assert line.door.asked[0][0].body == b"hello"


def test_requests_sent_ahead_are_answered_one_after_the_other(line: Line) -> None:
    line.send(GET * 3)
    assert len(line.door.asked) == 1
    for _ in range(3):
        line.door.answer()
    assert (len(line.door.asked), line.net.statuses) == (3, [200, 200, 200])


def test_too_many_requests_sent_ahead_end_the_connection(line: Line) -> None:
    line.send(GET * (SENT_AHEAD_MAX + 2))
    assert line.net.closed


def test_an_old_client_and_one_that_says_so_are_let_go_after_the_answer(line: Line) -> None:
    line.send(b"GET /readyz HTTP/1.0\r\n\r\n")
    assert not line.net.closed
    line.door.answer()
    assert line.net.closed
    assert b"connection: close" in line.net.written


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02\x00\x01", b"hello\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n"])
def test_what_is_not_http_is_refused_and_ended(line: Line, noise: bytes) -> None:
    line.send(noise)
    assert (line.net.statuses, line.net.closed, line.door.asked) == ([400], True, [])


def test_a_head_without_end_is_refused(line: Line) -> None:
    line.send(b"GET / HTTP/1.1\r\n", *([b"x-more: " + b"a" * 1_000 + b"\r\n"] * (HEAD_BYTES_MAX // 1_000 + 1)))
    assert (line.net.statuses, line.net.closed) == ([431], True)


def test_a_body_that_is_too_large_is_read_to_its_end_and_not_kept(line: Line) -> None:
    line.send(b"POST / HTTP/1.1\r\ncontent-length: 3000\r\n\r\n", b"x" * 3_000)
    request, _ = line.door.asked[0]
    assert (request.fault, request.body) == (Refusal.BODY_TOO_LARGE, b"")


def test_a_body_beyond_all_measure_ends_the_connection(line: Line) -> None:
    line.send(
        b"POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n",
        *([b"x" * 100_000] * (DISCARDED_BYTES_MAX // 100_000 + 1)),
    )
    assert (line.net.statuses, line.net.closed, line.door.asked) == ([413], True, [])


def test_slow_heads_slow_bodies_and_idle_connections_are_ended_in_their_time(line: Line) -> None:
    line.send(GET)
    line.door.answer()
    line.wait(IDLE_SECONDS_MAX - 1)
    assert not line.net.closed
    line.send(POST[:-2])
    line.wait(BODY_SECONDS_MAX + 1)
    assert (line.net.statuses, line.net.closed) == ([200, 408], True)


def test_a_head_that_dribbles_is_ended_although_bytes_come(line: Line) -> None:
    for _ in range(HEAD_SECONDS_MAX + 1):
        line.send(b"G" if not line.wire._head_bytes else b"E" if line.wire._head_bytes == 1 else b"")
        line.wait(1)
    assert line.net.closed


def test_an_admitted_request_is_never_cut_off_by_time_or_by_the_end(line: Line) -> None:
    line.send(POST)
    line.wait(1_000)
    line.wire.shutdown()
    assert not line.net.closed
    line.door.answer()
    assert (line.net.statuses, line.net.closed) == ([200], True)


def test_a_client_that_left_is_answered_into_the_air(line: Line) -> None:
    line.send(POST)
    line.wire.connection_lost(None)
    line.door.answer()
    assert line.net.written == b""


def test_who_waits_for_leave_to_send_gets_it(line: Line) -> None:
    line.send(POST.replace(b"host: x", b"expect: 100-continue")[:-5])
    assert line.net.written == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_a_client_that_does_not_read_is_not_read(line: Line) -> None:
    line.wire.pause_writing()
    assert not line.net.reading
    line.wire.resume_writing()
    assert line.net.reading


def test_a_defect_of_ours_is_not_taken_for_the_clients(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(line.door, "handle", broken)
    with pytest.raises(Exception, match="on_message_complete"):
        line.send(GET)
    assert (line.net.closed, line.net.statuses) == (True, [])
