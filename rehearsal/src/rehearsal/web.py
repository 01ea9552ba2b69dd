"""The rehearsals' HTTP client: one request and its reply, and thousands of phones on few sockets, with connections used
again. A real phone has a connection of its own; the gate cannot tell, and the machine has two cores for all of us.
"""

import asyncio
import http.client
import json
import socket
import ssl
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httptools

_IDLE_MAX = 256


@dataclass(frozen=True)
class Reply:
    """A whole answer. Names of headers are in small letters; a header that came more than once has a line for each."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def code(self) -> str:
        """The refusal's code, of the whole request or of its only record."""
        members = self.json
        refusal = members.get("refusal") or members["answers"][0]["refusal"]
        return str(refusal["code"])

    @property
    def retry_after_s(self) -> int:
        """0 when it does not say."""
        told = self.headers.get("retry-after", "")
        return int(told) if told.isdigit() else 0

    @property
    def cookies(self) -> str:
        """As a browser sends them back."""
        lines = self.headers.get("set-cookie", "").splitlines()
        return "; ".join(line.partition(";")[0] for line in lines)


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in headers:
        key = name.lower()
        found[key] = f"{found[key]}\n{text}" if key in found else text
    return found


class NoAnswerError(Exception):
    """Refused, cut off, or not HTTP: the client learned nothing."""


def ask(  # noqa: PLR0913 - a request
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    seconds: float = 20,
) -> Reply:
    """One request to this machine, on a connection of its own. OSError or HTTPException when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return Reply(answer.status, _joined(answer.getheaders()), answer.read())
    finally:
        connection.close()


class _Connection(asyncio.Protocol):
    """One request at a time, and the parser's callbacks."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[Reply] | None = None
        self.reusable = True
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._headers: list[tuple[str, str]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._fail("the connection ended")

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(str(error))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        reply = Reply(self._parser.get_status_code(), _joined(self._headers), b"".join(self._body))
        self.reusable = self.reusable and bool(self._parser.should_keep_alive())
        self._begin()
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(reply)

    def _fail(self, why: str) -> None:
        self.reusable = False
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(NoAnswerError(why))

    async def ask(self, request: bytes, seconds: float) -> Reply:
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


class HttpClient:
    """Everybody's way to the server at `port` of this machine; with `tls`, by TLS."""

    def __init__(
        self, port: int, *, seconds_max: float, tls: ssl.SSLContext | None = None, idle_max: int = _IDLE_MAX
    ) -> None:
        self._port, self._seconds_max, self._tls, self._idle_max = port, seconds_max, tls, idle_max
        self._idle: deque[_Connection] = deque()

    async def get(self, path: str, **headers: str) -> Reply:
        """NoAnswerError when none came."""
        return await self.send(_request("GET", path, b"", headers))

    async def post(self, path: str, body: bytes, *, cut_off: bool = False, **headers: str) -> Reply:
        """NoAnswerError when none came, or when it is `cut_off`: the server answered and the network lost it."""
        answer = await self.send(_request("POST", path, body, {"content_type": "application/json"} | headers))
        if cut_off:
            raise NoAnswerError("the answer was lost on its way")
        return answer

    def close(self) -> None:
        while self._idle:
            self._idle.popleft().close()

    async def send(self, request: bytes) -> Reply:
        """Bytes that are a whole request. NoAnswerError when no answer came."""
        connection = self._take() or await self._connect()
        answer = await connection.ask(request, self._seconds_max)
        if connection.reusable and len(self._idle) < self._idle_max:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _take(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable:
                return connection
        return None

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        own.setblocking(False)  # noqa: FBT003 - the socket's own signature
        try:
            async with asyncio.timeout(self._seconds_max):
                await loop.sock_connect(own, ("127.0.0.1", self._port))
                name = None if self._tls is None else "127.0.0.1"
                made = loop.create_connection(_Connection, sock=own, ssl=self._tls, server_hostname=name)
                return (await made)[1]
        except (OSError, TimeoutError) as error:
            own.close()
            raise NoAnswerError(str(error)) from error


def _request(method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    told = {"host": "localhost", **headers} | ({"content-length": str(len(body))} if method == "POST" else {})
    lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in told.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body
