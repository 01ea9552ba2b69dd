"""HTTP/1.1 on one connection (RFC 9112): bytes in, one `Request` at a time to the gate, one answer out.

Uvicorn opens and closes connections and stops the program; this class stands where its own protocol would, because the
gate's requests are small and whole, and a general ASGI server costs a third of a punch
(docs/decisions/0013-where-a-punch-spends-its-time.md). The parser is the same (httptools). Everything has a limit: the
bytes of a head, of a body, the seconds of each, the requests sent ahead, and the seconds of doing nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, cast

import httptools
import msgspec

from hadir.gate.head import Head, read_head
from hadir.records.refusals import Refusal, Refused

HEAD_BYTES_MAX = 16_384
#: What is read and thrown away of a body that is too large, so that its sender can read the refusal.
DISCARDED_BYTES_MAX = 4_194_304
HEAD_SECONDS_MAX = 10
BODY_BYTES_MAX = 262_144
BODY_SECONDS_MAX = 10
IDLE_SECONDS_MAX = 75
#: How long a client may take to fetch the last answer before its connection is dropped.
FETCH_SECONDS_MAX = 240
SENT_AHEAD_MAX = 8
#: RFC 9110, 5.6.3: around a value they are not part of it.
_BLANKS = b" \t"
#: RFC 9110, 8.6: nothing is said about a body that cannot be.
_WITHOUT_LENGTH = frozenset({HTTPStatus.NO_CONTENT.value, HTTPStatus.NOT_MODIFIED.value})
_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class Request(msgspec.Struct):
    """One whole request, its body within the route's limit; `fault` when it is not. Names of headers are in small
    letters.
    """

    method: str
    path: str
    query: bytes
    content_type: bytes
    keep_alive: bool
    body: bytes = b""
    fault: Refusal | None = None
    headers: Sequence[tuple[bytes, bytes]] = ()
    address: str = ""


class WireResponse(msgspec.Struct):
    """`head` is header lines, each with its line end; the length is added: the body's, or that which a HEAD is told.
    After the `last` one the connection is closed.
    """

    status: int
    head: bytes
    body: bytes
    length: int | None = None
    last: bool = False


Respond = Callable[[WireResponse], None]


class Answers(Protocol):
    """What a connection needs of the gate."""

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer now or later, exactly once, in the event loop."""

    def body_bytes_max(self, path: str) -> int:  # noqa: ARG002 - others ask the path
        """The largest body for this path."""
        return BODY_BYTES_MAX

    def body_seconds_max(self, path: str) -> int:  # noqa: ARG002 - others ask the path
        """How long it may take."""
        return BODY_SECONDS_MAX

    def refusal(self, refusal: Refusal, place: str = "") -> WireResponse:
        """A refusal of the whole request."""


class ServerState(Protocol):
    """What uvicorn shares among connections."""

    connections: set[Any]
    default_headers: list[tuple[bytes, bytes]]


class _State(Enum):
    IDLE = auto()
    HEAD = auto()
    BODY = auto()


class Wire(asyncio.Protocol):
    """One connection. `config`, `server_state` and `app_state` are what uvicorn gives to a protocol."""

    def __init__(
        self,
        gate: Answers,
        *,
        config: object,  # noqa: ARG002 - uvicorn's interface
        server_state: ServerState,
        app_state: object,  # noqa: ARG002 - uvicorn's interface
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._gate = gate
        self._server = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._state = _State.IDLE
        self._deadline_s = self._loop.time() + HEAD_SECONDS_MAX
        self._ahead: deque[Request] = deque()
        self._busy = self._ending = False
        self._head_bytes = self._body_bytes = 0
        self._is_closing = self._is_eof = False
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._request: Request | None = None
        self._parts: list[bytes] = []
        self._body_max = self._wire_bytes = 0
        self.address = ""

    # What the event loop and uvicorn call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's interface
        self._server.connections.discard(self)
        self._transport = None
        self._ahead.clear()
        del self._parser  # it holds this connection, as this holds it: such a ring only the collector of garbage breaks

    def data_received(self, data: bytes) -> None:
        if self._is_closing:
            return
        self._wire_bytes += len(data)
        if self._state is _State.IDLE:
            self._state, self._deadline_s = _State.HEAD, self._loop.time() + HEAD_SECONDS_MAX
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, Refused):
                self._end_with(error.__context__.refusal, error.__context__.place)
                return
            self._close()  # a defect of ours: seen in the log, never taken for the client's
            raise
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._end_with(Refusal.BAD_HTTP)
            return
        if self._state is _State.HEAD and self._wire_bytes > HEAD_BYTES_MAX:
            self._end_with(Refusal.HEAD_TOO_LARGE)
        elif self._state is _State.BODY and self._wire_bytes > self._body_max + DISCARDED_BYTES_MAX:
            self._end_with(Refusal.BODY_TOO_LARGE)

    def eof_received(self) -> bool:
        """The client sends no more; its pending answers go out first."""
        self._is_eof = True
        return self._busy

    def pause_writing(self) -> None:
        """The client does not read: we do not read either."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def shutdown(self) -> None:
        """The program stops: an admitted request is answered first."""
        self._ending = True
        self._ahead.clear()
        if not self._busy:
            self._close()

    def look(self, now_s: float) -> None:
        """Called each second: end what takes too long. A request that the gate has admitted is never cut off."""
        if self._busy or now_s < self._deadline_s:
            return
        if self._is_closing:
            self.drop()
        elif self._state is _State.BODY:
            self._end_with(Refusal.BODY_TOO_SLOW)
        else:
            self._close()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._url, self._headers, self._head_bytes = b"", [], 0
        self._state, self._deadline_s = _State.HEAD, self._loop.time() + HEAD_SECONDS_MAX

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._state is _State.BODY:
            return  # a trailer: nothing that comes behind a body changes what its head said
        self._count_head(len(name) + len(value) + 4)
        self._headers.append((name.lower(), value.strip(_BLANKS)))

    def on_headers_complete(self) -> None:
        head = read_head(self._parser.get_http_version(), self._url, self._headers)
        path, _, query = self._url.partition(b"?")
        request = Request(
            method=self._parser.get_method().decode("latin-1"),
            path=path.decode("latin-1"),
            query=query,
            content_type=head.content_type,
            keep_alive=self._parser.should_keep_alive(),
            headers=self._headers,
            address=self.address,
        )
        self._request, self._body_bytes, self._wire_bytes = request, 0, 0
        self._state = _State.BODY
        self._deadline_s = self._loop.time() + self._gate.body_seconds_max(request.path)
        self._body_max = self._gate.body_bytes_max(request.path)
        self._expect_body(request, head)

    def on_body(self, body: bytes) -> None:
        request = self._request
        self._body_bytes += len(body)
        if request is None or self._body_bytes > self._body_max + DISCARDED_BYTES_MAX:
            raise Refused(Refusal.BODY_TOO_LARGE)
        if request.fault is None:
            if self._body_bytes > self._body_max:
                request.fault = Refusal.BODY_TOO_LARGE
            elif not self.may_keep(len(body)):
                request.fault = Refusal.BUSY
            else:
                self._parts.append(body)
                return
            self._parts.clear()

    def may_keep(self, length: int) -> bool:  # noqa: ARG002 - for those who keep many bodies at once
        """Whether there is room for this much more of a body."""
        return True

    def on_message_complete(self) -> None:
        request = self._request
        if request is None or self._ending:
            return
        request.body = b"".join(self._parts)
        self._parts.clear()
        self._request, self._state, self._wire_bytes = None, _State.IDLE, 0
        if not self._busy:
            self._hand_over(request)
        elif len(self._ahead) < SENT_AHEAD_MAX:
            self._ahead.append(request)
        else:
            self._close()

    def _count_head(self, length: int) -> None:
        """However it is cut into pieces, and however much of it comes at once."""
        self._head_bytes += length
        if self._head_bytes > HEAD_BYTES_MAX:
            raise Refused(Refusal.HEAD_TOO_LARGE)

    def _expect_body(self, request: Request, head: Head) -> None:
        """What is too large by far is not waited for. What comes all the same is read, and its sender can read why."""
        if head.length > self._body_max + (0 if head.waits else DISCARDED_BYTES_MAX):
            raise Refused(Refusal.BODY_TOO_LARGE)
        if head.is_packed:
            if head.waits:
                raise Refused(Refusal.ENCODED_BODY)
            request.fault = Refusal.ENCODED_BODY
        if head.waits:
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

    # Answering.

    @property
    def is_waiting(self) -> bool:
        """Whether nobody here is to be answered: what may be let go to make room."""
        return not self._busy

    def drop(self) -> None:
        """Let go at once, whatever has not been fetched."""
        if self._transport is not None:
            self._transport.abort()

    def _hand_over(self, request: Request) -> None:
        self._busy = True
        self._gate.handle(request, partial(self._respond, request))

    def _respond(self, request: Request, response: WireResponse) -> None:
        self._busy = False
        is_done = self._is_eof and not self._ahead
        self._ending = self._ending or is_done or response.last or not request.keep_alive
        self._send(response, with_body=request.method != "HEAD")
        within_s = IDLE_SECONDS_MAX if self._state is _State.IDLE else HEAD_SECONDS_MAX
        self._deadline_s = self._loop.time() + within_s
        if self._ending:
            self._close()
        elif self._ahead:
            self._hand_over(self._ahead.popleft())

    def _send(self, response: WireResponse, *, with_body: bool = True) -> None:
        date = b"%b: %b\r\n" % self._server.default_headers[0]
        length = len(response.body) if response.length is None else response.length
        told = b"" if response.status in _WITHOUT_LENGTH else b"content-length: %d\r\n" % length
        ending = b"connection: close\r\n\r\n" if self._ending else b"\r\n"
        body = response.body if with_body else b""
        self._write(b"".join((_STATUS[response.status], date, response.head, told, ending, body)))

    def _end_with(self, refusal: Refusal, place: str = "") -> None:
        """Refuse what cannot be read to its end, and hang up; an admitted request is answered first."""
        if not self._ending and not self._busy:
            self._ending = True
            self._send(self._gate.refusal(refusal, place))
        self._ending = True
        if not self._busy:
            self._close()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _close(self) -> None:
        if self._transport is not None and not self._is_closing:
            self._is_closing = True
            self._deadline_s = self._loop.time() + FETCH_SECONDS_MAX
            self._transport.close()
