"""HTTP/1.1 on one connection (RFC 9112): bytes in, one `Request` at a time to the gate, one answer out.

Uvicorn opens and closes connections and stops the program; this class stands where its own protocol would, because the
gate's requests are small and whole, and a general ASGI server costs a third of a punch
(docs/decisions/0013-where-a-punch-spends-its-time.md). The parser is the same (httptools). Everything has a limit: the
bytes of a head, of a body, the seconds of each, the requests sent ahead, and the seconds of doing nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, cast

import httptools
import msgspec

from hadir.records.refusals import Refusal

HEAD_BYTES_MAX = 16_384
#: What is read and thrown away of a body that is too large, so that its sender can read the refusal.
DISCARDED_BYTES_MAX = 4_194_304
HEAD_SECONDS_MAX = 10
BODY_SECONDS_MAX = 10
IDLE_SECONDS_MAX = 75
SENT_AHEAD_MAX = 8
_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class Request(msgspec.Struct):
    """One whole request, its body within the route's limit; `fault` when it is not."""

    method: str
    path: str
    query: bytes
    content_type: bytes
    keep_alive: bool
    body: bytes = b""
    fault: Refusal | None = None


class Response(msgspec.Struct):
    """`head` is header lines, each with its line end; the length is added."""

    status: int
    head: bytes
    body: bytes


Respond = Callable[[Response], None]


class Answers(Protocol):
    """What a connection needs of the gate."""

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer now or later, exactly once, in the event loop."""

    def body_bytes_max(self, path: str) -> int:
        """The largest body for this path."""

    def refusal(self, refusal: Refusal) -> Response:
        """A refusal of the whole request."""


class Shared(Protocol):
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
        server_state: Shared,
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
        self._url = self._content_type = b""
        self._request: Request | None = None
        self._parts: list[bytes] = []
        self._body_max = 0

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
        if self._state is not _State.BODY:
            self._head_bytes += len(data)
            if self._state is _State.IDLE:
                self._state, self._deadline_s = _State.HEAD, self._loop.time() + HEAD_SECONDS_MAX
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError:
            self._close()  # a defect of ours: seen in the log, never taken for the client's
            raise
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._end_with(Refusal.BAD_HTTP)
            return
        if self._state is _State.HEAD and self._head_bytes > HEAD_BYTES_MAX:
            self._end_with(Refusal.HEAD_TOO_LARGE)

    def pause_writing(self) -> None:
        """The client does not read: we do not read either."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def shutdown(self) -> None:
        """The program stops: whom the gate admitted is answered first."""
        self._ending = True
        self._ahead.clear()
        if not self._busy:
            self._close()

    def look(self, now_s: float) -> None:
        """Called each second: end what takes too long. A request that the gate has admitted is never cut off."""
        if self._busy or now_s < self._deadline_s:
            return
        if self._state is _State.BODY:
            self._end_with(Refusal.BODY_TOO_SLOW)
        else:
            self._close()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._url = self._content_type = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-type":
            self._content_type = value
        elif name == b"expect" and value.lower() == b"100-continue":
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_headers_complete(self) -> None:
        path, _, query = self._url.partition(b"?")
        self._request = Request(
            method=self._parser.get_method().decode("latin-1"),
            path=path.decode("latin-1"),
            query=query,
            content_type=self._content_type,
            keep_alive=self._parser.should_keep_alive(),
        )
        self._head_bytes = self._body_bytes = 0
        self._state, self._deadline_s = _State.BODY, self._loop.time() + BODY_SECONDS_MAX
        self._body_max = self._gate.body_bytes_max(self._request.path)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes <= self._body_max:
            self._parts.append(body)
        else:
            self._parts.clear()
            if self._body_bytes > DISCARDED_BYTES_MAX:
                self._end_with(Refusal.BODY_TOO_LARGE)

    def on_message_complete(self) -> None:
        request = self._request
        if request is None or self._ending:
            return
        if self._body_bytes > self._body_max:
            request.fault = Refusal.BODY_TOO_LARGE
        request.body = b"".join(self._parts)
        self._parts.clear()
        self._request, self._state = None, _State.IDLE
        if not self._busy:
            self._hand_over(request)
        elif len(self._ahead) < SENT_AHEAD_MAX:
            self._ahead.append(request)
        else:
            self._close()

    # Answering.

    def _hand_over(self, request: Request) -> None:
        self._busy = True
        self._gate.handle(request, partial(self._respond, request))

    def _respond(self, request: Request, response: Response) -> None:
        self._busy = False
        self._ending = self._ending or not request.keep_alive
        self._send(response, with_body=request.method != "HEAD")
        self._deadline_s = self._loop.time() + IDLE_SECONDS_MAX
        if self._ending:
            self._close()
        elif self._ahead:
            self._hand_over(self._ahead.popleft())

    def _send(self, response: Response, *, with_body: bool = True) -> None:
        date = b"%b: %b\r\n" % self._server.default_headers[0]
        length = b"" if response.status == HTTPStatus.NO_CONTENT else b"content-length: %d\r\n" % len(response.body)
        ending = b"connection: close\r\n\r\n" if self._ending else b"\r\n"
        body = response.body if with_body else b""
        self._write(b"".join((_STATUS[response.status], date, response.head, length, ending, body)))

    def _end_with(self, refusal: Refusal) -> None:
        """Refuse what cannot be read to its end, and hang up; an admitted request is answered first."""
        if not self._ending and not self._busy:
            self._ending = True
            self._send(self._gate.refusal(refusal))
        self._ending = True
        if not self._busy:
            self._close()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
