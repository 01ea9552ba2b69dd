"""Thousands of phones on few sockets: an HTTP/1.1 client that costs little, with connections used again.

A real phone has a connection of its own; the gate cannot tell, and the machine has two cores for all of us.
"""

import asyncio
import socket
from collections import deque
from dataclasses import dataclass
from typing import cast

import httptools

_IDLE_MAX = 256


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: status, the seconds of `Retry-After` (0 without), body."""

    status: int
    retry_after_s: int
    body: bytes


class NoAnswerError(Exception):
    """Refused, cut off, or not HTTP: the phone learned nothing."""


class _Line(asyncio.Protocol):
    """One connection: one request at a time, and the parser's callbacks."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[Answer] | None = None
        self.reusable = True
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._retry_after_s = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _: Exception | None) -> None:
        self.reusable = False
        self._fail("the connection ended")

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.reusable = False
            self._fail(str(error))

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after" and value.isdigit():
            self._retry_after_s = int(value)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        answer = Answer(self._parser.get_status_code(), self._retry_after_s, b"".join(self._body))
        self.reusable = self.reusable and bool(self._parser.should_keep_alive())
        self._begin()
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(answer)

    def _fail(self, why: str) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(NoAnswerError(why))

    async def ask(self, request: bytes, seconds: float) -> Answer:
        assert self.transport is not None
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        try:
            async with asyncio.timeout(seconds):
                return await self.waiting
        except TimeoutError as error:
            self.close()
            raise NoAnswerError("no answer in time") from error

    def close(self) -> None:
        self.reusable = False
        if self.transport is not None:
            self.transport.abort()


class Wire:
    """All phones' way to the gate at `port` of this machine."""

    def __init__(self, port: int, *, seconds_max: float) -> None:
        self._port = port
        self._seconds_max = seconds_max
        self._idle: deque[_Line] = deque()

    async def get(self, path: str) -> Answer:
        """NoAnswerError when none came."""
        return await self._ask(f"GET {path} HTTP/1.1\r\nHost: gate\r\n\r\n".encode())

    async def post(self, path: str, body: bytes, *, cut_off: bool = False) -> Answer:
        """NoAnswerError when none came, or when it is `cut_off`: the gate answered and the network lost it."""
        head = f"POST {path} HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\n"
        answer = await self._ask(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        if cut_off:
            raise NoAnswerError("the answer was lost on its way")
        return answer

    def close(self) -> None:
        while self._idle:
            self._idle.popleft().close()

    async def _ask(self, request: bytes) -> Answer:
        line = self._take() or await self._connect()
        answer = await line.ask(request, self._seconds_max)
        if line.reusable and len(self._idle) < _IDLE_MAX:
            self._idle.append(line)
        else:
            line.close()
        return answer

    def _take(self) -> _Line | None:
        while self._idle:
            line = self._idle.pop()
            if line.reusable:
                return line
        return None

    async def _connect(self) -> _Line:
        loop = asyncio.get_running_loop()
        own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        own.setblocking(False)  # noqa: FBT003 - the socket's own signature
        try:
            await loop.sock_connect(own, ("127.0.0.1", self._port))
            _, line = await loop.create_connection(_Line, sock=own)
        except OSError as error:
            own.close()
            raise NoAnswerError(str(error)) from error
        return line
