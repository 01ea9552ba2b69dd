"""The rehearsals' HTTP client: one request and its reply, and thousands of phones on few sockets, with connections used
again. A real phone has a connection of its own; the gate cannot tell, and the machine has two cores for all of us.
"""

import asyncio
import http.client
import json
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import httptools

_IDLE_MAX = 256
_READ_BYTES = 65_536
Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


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


class _Answer:
    """An answer until it is whole, and the parser's callbacks."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[str, str]] = []
        self._body = b""
        self.is_whole = False

    def feed(self, data: bytes) -> None:
        if not data:
            raise ConnectionError("the connection ended")
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self.is_whole = True

    @property
    def leaves_connection(self) -> bool:
        return self.is_whole and bool(self._parser.should_keep_alive())

    @property
    def reply(self) -> Reply:
        return Reply(self._parser.get_status_code(), _joined(self._headers), self._body)


class HttpClient:
    """Everybody's way to the server at `port` of this machine; with `tls`, by TLS."""

    def __init__(
        self, port: int, *, seconds_max: float, tls: ssl.SSLContext | None = None, idle_max: int = _IDLE_MAX
    ) -> None:
        self._port, self._seconds_max, self._tls, self._idle_max = port, seconds_max, tls, idle_max
        self._idle: list[Streams] = []

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
            self._idle.pop()[1].transport.abort()

    async def send(self, request: bytes) -> Reply:
        """Bytes that are a whole request. NoAnswerError when no answer came."""
        answer, used = _Answer(), None
        try:
            async with asyncio.timeout(self._seconds_max):
                used = self._take() or await asyncio.open_connection("127.0.0.1", self._port, ssl=self._tls)
            async with asyncio.timeout(self._seconds_max):
                used[1].write(request)
                while not answer.is_whole:
                    answer.feed(await used[0].read(_READ_BYTES))
        except (OSError, httptools.HttpParserError) as error:
            raise NoAnswerError(str(error)) from error
        finally:
            if used is not None and answer.leaves_connection and len(self._idle) < self._idle_max:
                self._idle.append(used)
            elif used is not None:
                used[1].transport.abort()
        return answer.reply

    def _take(self) -> Streams | None:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None


def _request(method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    told = {"host": "localhost", **headers} | ({"content-length": str(len(body))} if method == "POST" else {})
    lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in told.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body
