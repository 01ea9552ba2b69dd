"""HTTP on one connection, as bytes: no socket, no clock, a gate that answers when it is told to."""

import asyncio
from dataclasses import dataclass, field

import pytest

from hadir.gate.head import HEADERS_MAX
from hadir.gate.wire import (
    BODY_SECONDS_MAX,
    DISCARDED_BYTES_MAX,
    FETCH_SECONDS_MAX,
    HEAD_BYTES_MAX,
    HEAD_SECONDS_MAX,
    IDLE_SECONDS_MAX,
    SENT_AHEAD_MAX,
    Request,
    Respond,
    Wire,
    WireResponse,
)
from hadir.records.refusals import Refusal

GET = b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /v1/punches HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\nhello"


@dataclass
class Net(asyncio.Transport):
    """What the client sees."""

    written: bytes = b""
    closed: bool = False
    aborted: bool = False
    reading: bool = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

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

    def body_seconds_max(self, _: str) -> int:
        return BODY_SECONDS_MAX

    def refusal(self, refusal: Refusal, place: str = "") -> WireResponse:
        return WireResponse(refusal.status, b"", f"{refusal.code} {place}".encode())

    def answer(self, body: bytes = b"ok") -> None:
        _, respond = self.asked[-1]
        respond(WireResponse(200, b"content-type: text/plain\r\n", body))


@dataclass
class ServerState:
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
    return new_line()


def new_line() -> Line:
    net, door, loop = Net(), Door(), Loop()
    wire = Wire(door, config=None, server_state=ServerState(), app_state=None, _loop=loop)  # type: ignore[arg-type]
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
    line.send(
        b"POST /v1/punches HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
    )
    assert line.door.asked[0][0].body == b"hello"


@pytest.mark.parametrize("pieces", [1, 7])
def test_a_head_that_is_too_long_is_refused_although_it_comes_at_once(pieces: int) -> None:
    many = b"".join(b"x-more-%d: a\r\n" % number for number in range(HEADERS_MAX))
    one = b"x: " + b"a" * HEAD_BYTES_MAX + b"\r\n"
    two = b"x: " + b"a" * 8_000 + b"\r\ny: " + b"a" * 8_400 + b"\r\n"
    for more in (one, two, many):
        line = new_line()
        head = POST.replace(b"host: x\r\n", b"host: x\r\n" + more)
        step = -(-len(head) // pieces)
        line.send(*(head[at : at + step] for at in range(0, len(head), step)))
        assert (line.net.statuses, line.net.closed, line.door.asked) == ([431], True, [])


@pytest.mark.parametrize(
    ("head", "place"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "host"),
        (b"GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", "host"),
        (b"GET / HTTP/1.1\r\nhost: a/../b\r\n\r\n", "host"),
        (b"GET / HTTP/1.1\r\nhost:\r\n\r\n", "host"),
        (b"GET http://x/v1/time HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"GET /v1/../metrics HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"GET /v1/%2e%2E/metrics HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"GET /v1/..%2fmetrics HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"GET /v1/..%5cmetrics HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"GET //metrics HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"GET /v1/\\metrics HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"GET /v1/a%00 HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"GET /v1/a%0d%0a HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"GET /v1/%zz HTTP/1.1\r\nhost: x\r\n\r\n", "target"),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n", "transfer-encoding"),
        (b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n", "upgrade"),
        (b"POST / HTTP/1.0\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n", "transfer-encoding"),
        (b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 200-ok\r\ncontent-length: 1\r\n\r\n", "expect"),
    ],
)
def test_a_head_that_could_be_read_in_two_ways_is_refused_by_its_place(line: Line, head: bytes, place: str) -> None:
    line.send(head + GET)
    assert (line.net.statuses, line.net.closed, line.door.asked) == ([400], True, [])
    assert line.net.written.endswith(f"bad_http {place}".encode())


@pytest.mark.parametrize(
    "target", [b"/", b"/?a=%2f..%2f", b"/v1/details/a-b/c_d~", b"/kantor/orang/%C3%A9/", b"/a/?q=b|c"]
)
def test_an_address_that_means_itself_is_taken_as_it_is(line: Line, target: bytes) -> None:
    line.send(b"GET " + target + b" HTTP/1.1\r\nhost: [::1]:80\r\n\r\n")
    request, _ = line.door.asked[0]
    assert request.path.encode() == target.partition(b"?")[0]


def test_a_compressed_body_is_refused_and_read_to_its_end(line: Line) -> None:
    line.send(POST.replace(b"host: x", b"host: x\r\ncontent-encoding: gzip"), GET)
    (request, respond), *_ = line.door.asked
    assert (request.fault, request.body) == (Refusal.ENCODED_BODY, b"")
    respond(WireResponse(415, b"", b""))
    assert [asked.path for asked, _ in line.door.asked] == ["/v1/punches", "/readyz"]


def test_a_trailer_changes_nothing(line: Line) -> None:
    head = b"POST /v1/punches HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-type: a/b\r\n\r\n"
    line.send(head + b"1\r\nx\r\n0\r\nhost: evil\r\ncontent-type: c/d\r\n\r\n" + GET)
    request, _ = line.door.asked[0]
    assert (request.content_type, len(request.headers)) == (b"a/b", 3)


def test_whoever_asks_to_send_too_much_is_told_so_before(line: Line) -> None:
    asks = b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 3000\r\n\r\n"
    line.send(asks)
    assert (line.net.statuses, line.net.closed) == ([413], True)


def test_a_head_alone_is_answered_without_a_body(line: Line) -> None:
    line.send(GET.replace(b"GET", b"HEAD"))
    line.door.answer(b"twelve bytes")
    assert line.net.written.endswith(b"content-length: 12\r\n\r\n")


def test_whoever_never_fetches_the_last_answer_is_let_go(line: Line) -> None:
    line.send(GET.replace(b"host: x", b"host: x\r\nconnection: close"))
    line.door.answer()
    line.wait(FETCH_SECONDS_MAX - 1)
    assert (line.net.closed, line.net.aborted) == (True, False)
    line.wait(1)
    assert line.net.aborted


def test_whoever_sends_no_more_has_the_answers_first(line: Line) -> None:
    line.send(GET * 2)
    assert line.wire.eof_received()
    line.door.answer()
    assert not line.net.closed
    line.door.answer()
    assert (line.net.statuses, line.net.closed) == ([200, 200], True)
    assert not new_line().wire.eof_received()


def test_half_a_head_behind_a_request_has_the_time_of_a_head(line: Line) -> None:
    line.send(GET + GET[:10])
    line.door.answer()
    line.wait(HEAD_SECONDS_MAX)
    assert line.net.closed


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
    line.send(
        b"GET / HTTP/1.1\r\nhost: x\r\n", *([b"x-more: " + b"a" * 1_000 + b"\r\n"] * (HEAD_BYTES_MAX // 1_000 + 1))
    )
    assert (line.net.statuses, line.net.closed) == ([431], True)


def test_a_body_that_is_too_large_is_read_to_its_end_and_not_kept(line: Line) -> None:
    line.send(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3000\r\n\r\n", b"x" * 3_000)
    request, _ = line.door.asked[0]
    assert (request.fault, request.body) == (Refusal.BODY_TOO_LARGE, b"")


@pytest.mark.parametrize("coding", [b"content-length: 99999999", b"transfer-encoding: chunked"])
def test_a_body_beyond_all_measure_ends_the_connection(line: Line, coding: bytes) -> None:
    line.send(
        b"POST / HTTP/1.1\r\nhost: x\r\n" + coding + b"\r\n\r\n",
        *([b"186A0\r\n" + b"x" * 100_000 + b"\r\n"] * (DISCARDED_BYTES_MAX // 100_000 + 1)),
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
    for seconds in range(HEAD_SECONDS_MAX + 1):
        line.send(b"GET / HTTP/1.1\r\n"[seconds : seconds + 1])
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
    line.send(POST.replace(b"host: x", b"host: x\r\nexpect: 100-continue")[:-5])
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
