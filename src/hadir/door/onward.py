"""How a request goes on to the program behind the door, and how its answer comes back.

Each hop frames for itself (RFC 9112, 6): what goes on is the method, the address as it was sent, headers that are not
about this hop, and a body that is here to its last byte, with its own length.
"""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from hadir.gate.head import values
from hadir.gate.wire import Request, WireResponse
from hadir.records.refusals import Refusal, Refused

UPSTREAM_SECONDS_MAX = 30
UPSTREAM_CONNECTIONS_MAX = 256
STATUS_PATH = "/kantor/status/"
STATUS_SECONDS_MAX = 5
#: RFC 9110 section 7.6.1 and what frames a body: these end at each hop.
_OF_ONE_HOP = frozenset(
    {
        b"connection",
        b"content-length",
        b"expect",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
#: Who called and how is said by the door, never by the caller.
_SAID_BY_DOOR = (b"x-forwarded-", b"forwarded", b"x-real-ip")
_NOT_PASSED_BACK = frozenset({b"date", b"server"})
#: WSGI and CGI take an underscore for a hyphen: such a name would be another's.
_NAME = re.compile(rb"[a-z0-9-]+")
_AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class AwayError(Exception):
    """The program behind the door does not answer."""


@dataclass(frozen=True)
class Upstreams:
    """Where the programs behind the door listen, `http://127.0.0.1:port`."""

    gate: str
    office: str


@dataclass(frozen=True)
class UpstreamClient:
    base: str
    client: aiohttp.ClientSession

    async def send(self, request: Request, headers: CIMultiDict[str]) -> WireResponse:
        """AwayError when it does not answer."""
        query = f"?{request.query.decode('latin-1')}" if request.query else ""
        address = URL(self.base + request.path + query, encoded=True)
        try:
            async with self.client.request(
                request.method,
                address,
                headers=headers,
                data=request.body or None,
                allow_redirects=False,
                skip_auto_headers=_AUTOMATIC,
            ) as answer:
                return _passed_back(request, answer.status, answer.raw_headers, await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AwayError from error

    async def look(self, path: str, headers: CIMultiDict[str] | None = None) -> WireResponse | None:
        """What stands there, if the program says so within seconds."""
        request = Request(method="GET", path=path, query=b"", content_type=b"", keep_alive=True)
        timeout = aiohttp.ClientTimeout(total=STATUS_SECONDS_MAX)
        try:
            async with self.client.get(
                self.base + path, headers=headers, allow_redirects=False, timeout=timeout
            ) as got:
                return _passed_back(request, got.status, got.raw_headers, await got.read())
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None


@dataclass(frozen=True)
class UpstreamClients:
    """A client for each: five thousand log-ins at the office must not use up the way to the gate."""

    gate: UpstreamClient
    office: UpstreamClient


@asynccontextmanager
async def open_clients(upstreams: Upstreams) -> AsyncIterator[UpstreamClients]:
    """Connections to the gate are kept for the next tap. One to the office serves one request: whatever a page leaves
    unread goes with its own connection, and costs a thousandth of the page to open.
    """
    gate = aiohttp.TCPConnector(limit=UPSTREAM_CONNECTIONS_MAX)
    office = aiohttp.TCPConnector(limit=UPSTREAM_CONNECTIONS_MAX, force_close=True)
    async with _client(gate) as to_gate, _client(office) as to_office:
        yield UpstreamClients(
            gate=UpstreamClient(upstreams.gate, to_gate), office=UpstreamClient(upstreams.office, to_office)
        )


def _client(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=UPSTREAM_SECONDS_MAX, connect=2)
    return aiohttp.ClientSession(
        timeout=timeout, connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
    )


def headers_for_gate(request: Request) -> CIMultiDict[str]:
    """It needs nothing of what a browser tells about itself, and each header that it gets it must read."""
    return CIMultiDict({"Content-Type": request.content_type.decode("latin-1")} if request.content_type else {})


def headers_for_office(request: Request) -> CIMultiDict[str]:
    """The caller's headers; who called and how, in our words. Refused where a value is no text."""
    of_connection = b",".join(values(request.headers, b"connection")).lower().split(b",")
    dropped = _OF_ONE_HOP | {name.strip() for name in of_connection}
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in request.headers:
        if name in dropped or name.startswith(_SAID_BY_DOOR) or not _NAME.fullmatch(name):
            continue
        try:
            headers.add(name.decode("ascii"), value.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise Refused(Refusal.BAD_HTTP, name.decode("ascii")) from error
    headers["X-Forwarded-For"] = request.address
    headers["X-Forwarded-Proto"] = "http"
    return headers


def _passed_back(request: Request, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> WireResponse:
    kept = [(name, value) for name, value in headers if name.lower() not in _OF_ONE_HOP | _NOT_PASSED_BACK]
    lengths = [value for name, value in headers if name.lower() == b"content-length"]
    length = int(lengths[0]) if request.method == "HEAD" and lengths else None
    return WireResponse(status, b"".join(b"%b: %b\r\n" % header for header in kept), body, length=length)
