"""The front door of a site on one machine: the phone's static shell, and the way to the gate and the office behind it.

In a bigger installation nginx stands here. The door keeps no state and judges nothing; when the gate or the office is
away, the shell is
still served, so that a phone can be enrolled and a tap be taken.
"""

import asyncio
import mimetypes
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import cast

import aiohttp
import uvloop
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from hadir.clock import SystemClock
from hadir.office.row import Row
from hadir.records.refusals import Refusal
from hadir.texts import LANGS, both, render

BODY_BYTES_MAX = 10 * 1_048_576
UPSTREAM_SECONDS_MAX = 30
UPSTREAM_CONNECTIONS_MAX = 256
#: So many may wait for the office at once; and so many more of those who send what they have written. Whoever comes
#: then is asked to come back: taps share this loop with five thousand log-ins (decision 0032).
OFFICE_AT_ONCE_MAX = 32
OFFICE_SENDING_MAX = 32
#: What the office's time for one of them is taken to be, to tell those who are asked to come back when.
OFFICE_TURN_MS = 40
#: How long the office's own word that there is no place on a page is repeated, without asking it.
OFFICE_FULL_MS = 250
_SAID_BY_DOOR: web.ResponseKey[bool] = web.ResponseKey("said_by_door", bool)
#: Connections not taken in yet. Of a crowd that is longer, some are dropped, taps too, and come back seconds later.
BACKLOG = 4_096
SHELL_FILES_MAX = 200
_STOP_SECONDS = 5
_ASKS_OFFICE = b"GET /kantor"
STATUS_PATH = "/kantor/status/"
STATUS_SECONDS_MAX = 5
#: The status page has to be readable while everything else is away, the office's style sheets too.
STATUS_CSS = """\
:root { color-scheme: light dark; }
body { margin: 0; font: 1.0625rem/1.5 system-ui, sans-serif; background: #f4f7f5; color: #13211b; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1rem; }
section { background: #fff; border: 1px solid #d3dcd7; border-radius: .75rem; padding: 1.25rem; margin-bottom: 1rem; }
h1 { font-size: 1.0625rem; margin: 0 0 .75rem; }
.up, .down { font-size: 1.375rem; padding: .75rem 1rem; border-radius: .75rem; margin: 0 0 .75rem; }
.up { background: #e2f2ea; color: #0b6447; }
.down { background: #fdf0d8; color: #764700; }
.soft { color: #48574f; font-size: .875rem; }
@media (prefers-color-scheme: dark) {
  body { background: #0e1512; color: #e9f0ec; }
  section { background: #17201c; border-color: #2b3832; }
  .soft { color: #a9b8b0; }
}
"""

#: Nothing from other origins, nothing inline: what the shell may load and where it may speak.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_SHELL_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: RFC 9110 section 7.6.1: these end at each hop. Host is the upstream's own business.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True)
class Upstreams:
    """Where the programs behind the door listen, `http://127.0.0.1:port`."""

    gate: str
    office: str


def make_door(shell: Path, upstreams: Upstreams) -> web.Application:
    """The door as an application. FileNotFoundError when the phone has not been built into `shell`."""
    if not (shell / "index.html").exists():
        raise FileNotFoundError(f"the phone is not built: {shell}/index.html is missing (make env builds it)")
    door = web.Application(client_max_size=BODY_BYTES_MAX)
    door.cleanup_ctx.append(_clients(upstreams))
    door[_PLACES] = Places()
    for prefix in ("/v1/{rest:.*}", "/healthz", "/readyz"):
        door.router.add_route("*", prefix, _forward(upstreams.gate, _gate_away))
    door.router.add_route("*", "/kantor{rest:.*}", _bounded(_forward(upstreams.office, _office_away)))
    for path in ("/status", "/status/"):
        door.router.add_get(path, _status(upstreams))
    door.router.add_get("/status.css", _status_look)
    for path, handler in _shell_routes(shell).items():
        door.router.add_get(path, handler)
    return door


_Clients = dict[str, aiohttp.ClientSession]
_CLIENTS: web.AppKey[_Clients] = web.AppKey("clients", dict)


def _clients(upstreams: Upstreams) -> Callable[[web.Application], AsyncIterator[None]]:
    """A client for each: five thousand log-ins at the office must not use up the way to the gate."""

    async def opened(door: web.Application) -> AsyncIterator[None]:
        door[_CLIENTS] = {upstream: _client() for upstream in (upstreams.gate, upstreams.office)}
        yield
        for client in door[_CLIENTS].values():
            await client.close()

    return opened


def _client() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=UPSTREAM_SECONDS_MAX, connect=2)
    connector = aiohttp.TCPConnector(limit=UPSTREAM_CONNECTIONS_MAX)
    return aiohttp.ClientSession(
        timeout=timeout, connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
    )


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _forward(upstream: str, away: Callable[[], web.Response]) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            async with request.app[_CLIENTS][upstream].request(
                request.method,
                upstream + request.raw_path,
                headers=_forwarded_headers(request),
                data=await request.read(),
                allow_redirects=False,
            ) as answer:
                return web.Response(status=answer.status, headers=_end_to_end(answer.headers), body=await answer.read())
        except (aiohttp.ClientError, TimeoutError):
            return away()

    return handler


class Places:
    """Who may wait for the office: so many at once, and more of those who send what they have written."""

    def __init__(self) -> None:
        self.inside = 0
        self._row, self._clock = Row(), SystemClock()
        self._full_path, self._full_until_ms = "", 0

    def come_back_s(self, path: str, *, sends: bool) -> int:
        """0 when there is a place, else in how many seconds to come back."""
        now_ms = self._clock.mono_ms()
        is_full = not sends and path == self._full_path and now_ms < self._full_until_ms
        if not is_full and self.inside < OFFICE_AT_ONCE_MAX + (OFFICE_SENDING_MAX if sends else 0):
            return 0
        return self._row.come_back_s(now_ms, OFFICE_TURN_MS)

    def learn(self, request: web.Request, answer: web.StreamResponse) -> None:
        """The office itself has no place on that page: for a moment nobody else needs to ask it.

        What the door says of an office that did not answer one request says nothing of the next.
        """
        is_full = answer.status == HTTPStatus.SERVICE_UNAVAILABLE and _SAID_BY_DOOR not in answer
        if request.method == "GET" and is_full:
            self._full_path, self._full_until_ms = request.path, self._clock.mono_ms() + OFFICE_FULL_MS


_PLACES: web.AppKey[Places] = web.AppKey("places", Places)


def _bounded(forward: Handler) -> Handler:
    """The body is here before a place is taken: who sends slowly takes nobody's."""

    async def handler(request: web.Request) -> web.StreamResponse:
        places, sends = request.app[_PLACES], request.method == "POST"
        if not (seconds := places.come_back_s(request.path, sends=sends)):
            await request.read()
            seconds = places.come_back_s(request.path, sends=sends)
        if seconds:
            return _office_busy(seconds, sent=sends)
        places.inside += 1
        try:
            answer = await forward(request)
        finally:
            places.inside -= 1
        places.learn(request, answer)
        return answer

    return handler


class _Porter(asyncio.Protocol):
    """The first look at a new connection. Who asks for a page of a full office has his answer before anything is made
    of the request, in a third of the time: everybody behind him in the queue waits for that, taps too.
    """

    def __init__(self, server: web.Server, places: Places) -> None:
        self._server, self._places = server, places

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data.startswith(_ASKS_OFFICE) and data.endswith(b"\r\n\r\n"):
            path = data.split(b" ", 2)[1].partition(b"?")[0].decode("latin-1")
            if seconds := self._places.come_back_s(path, sends=False):
                self._transport.write(_busy_bytes(seconds))
                self._transport.close()
                return
        handler = self._server()
        self._transport.set_protocol(handler)
        handler.connection_made(self._transport)
        handler.data_received(data)


def _forwarded_headers(request: web.Request) -> CIMultiDict[str]:
    """The caller's headers; who called and how, in our words and not in the caller's."""
    headers = _end_to_end(request.headers)
    for name in [name for name in headers if name.lower().startswith(("x-forwarded-", "forwarded"))]:
        del headers[name]
    headers["X-Forwarded-For"] = request.remote or ""
    headers["X-Forwarded-Proto"] = request.scheme
    return headers


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP)


def _gate_away() -> web.Response:
    """What a phone understands: not now, come back in a moment of its own."""
    texts = both(f"refusal.{Refusal.STOPPING.code}")
    refusal = {"code": Refusal.STOPPING.code, "id": texts["id"], "en": texts["en"], "place": ""}
    seconds = random.randint(2, 8)  # noqa: S311 - it spreads load and guards nothing
    return web.json_response({"refusal": refusal}, status=503, headers={"Retry-After": str(seconds)})


def _office_away() -> web.Response:
    texts = both("door.office_away")
    page = (
        f"<!doctype html><html lang=id><meta charset=utf-8><title>Hadir</title><p>{texts['id']}<p lang=en>{texts['en']}"
    )
    answer = web.Response(
        status=503, text=page, content_type="text/html", headers={"Retry-After": "10", **_SHELL_HEADERS}
    )
    answer[_SAID_BY_DOOR] = True
    return answer


@cache
def _busy_bytes(seconds: int) -> bytes:
    """`_office_busy` as it stands on the wire."""
    answer = _office_busy(seconds, sent=False)
    assert isinstance(answer.body, bytes)
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 503 Service Unavailable\r\n{head}\r\n".encode() + answer.body


def _office_busy(seconds: int, *, sent: bool) -> web.Response:
    """A page that was asked for asks again by itself; what was sent is not sent twice. The place is given up."""
    code = "door.office_busy_sent" if sent else "door.office_busy"
    texts = [render(code, lang, {"seconds": seconds}) for lang in LANGS]
    again = "" if sent else f"<meta http-equiv=refresh content={seconds}>"
    page = f"<!doctype html><html lang=id><meta charset=utf-8>{again}<title>Hadir</title>"
    page += f"<p>{texts[0]}<p lang=en>{texts[1]}"
    headers = {"Retry-After": str(seconds), "Connection": "close", "Cache-Control": "no-store", **_SHELL_HEADERS}
    return web.Response(status=503, text=page, content_type="text/html", headers=headers)


def _status(upstreams: Upstreams) -> Handler:
    """Up or down, and what to do. The office knows more; while it is away the door asks the gate itself."""

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            async with request.app[_CLIENTS][upstreams.office].get(
                upstreams.office + STATUS_PATH,
                headers=_forwarded_headers(request),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=STATUS_SECONDS_MAX),
            ) as answer:
                if answer.status == HTTPStatus.OK:
                    return web.Response(headers=_end_to_end(answer.headers), body=await answer.read())
        except (aiohttp.ClientError, TimeoutError):
            pass  # Said on the page itself, below.
        return _status_without_office(is_up=await _takes_taps(request, upstreams.gate))

    return handler


async def _takes_taps(request: web.Request, gate: str) -> bool:
    timeout = aiohttp.ClientTimeout(total=STATUS_SECONDS_MAX)
    try:
        async with request.app[_CLIENTS][gate].get(f"{gate}/readyz", timeout=timeout) as answer:
            return answer.status == HTTPStatus.OK
    except (aiohttp.ClientError, TimeoutError):
        return False


def _status_without_office(*, is_up: bool) -> web.Response:
    """Both languages on one page, since nobody is there to ask for one; 200: the page itself is in order."""
    state = "up" if is_up else "down"
    parts = []
    for lang in LANGS:
        codes = (f"status.{state}", "door.status.office_away", f"door.status.{state}")
        told = [render(code, lang) for code in codes]
        head = render("status.title", lang)
        parts.append(
            f"<section lang={lang}><h1>{head}</h1><p class={state}><strong>{told[0]}</strong></p>"
            f"<p>{told[2]}</p><p class=soft>{told[1]}</p></section>"
        )
    page = (
        "<!doctype html><html lang=id><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Hadir</title><link rel=stylesheet href=/status.css><main>{''.join(parts)}</main>"
    )
    headers = {**_SHELL_HEADERS, "Cache-Control": "no-store"}
    return web.Response(text=page, content_type="text/html", headers=headers)


async def _status_look(_: web.Request) -> web.Response:
    return web.Response(text=STATUS_CSS, content_type="text/css", headers=_SHELL_HEADERS)


def _shell_routes(shell: Path) -> Mapping[str, Handler]:
    """Every file of the built phone, read once; the root is index.html."""
    files = sorted(found for found in shell.rglob("*") if found.is_file())
    if len(files) > SHELL_FILES_MAX:
        raise ValueError(f"{shell} holds {len(files)} files; the phone is smaller than that")
    routes = {f"/{file.relative_to(shell).as_posix()}": _file(file) for file in files}
    return {"/": routes["/index.html"], **routes}


def _file(path: Path) -> Handler:
    body = path.read_bytes()
    kind = "application/manifest+json" if path.suffix == ".webmanifest" else mimetypes.guess_type(path.name)[0]
    hashed = path.parent.name == "assets"
    headers = {
        **_SHELL_HEADERS,
        "Content-Type": kind or "application/octet-stream",
        "Cache-Control": "public, max-age=31536000, immutable" if hashed else "no-cache",
    }

    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, headers=headers)

    return handler


async def open_door(door: web.Application, host: str, port: int) -> tuple[asyncio.Server, web.AppRunner]:
    """Listening; both have to be closed."""
    runner = web.AppRunner(door, access_log=None, shutdown_timeout=_STOP_SECONDS)
    await runner.setup()
    server, places = runner.server, door[_PLACES]
    assert server is not None
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Porter(server, places), host, port, backlog=BACKLOG), runner


def run_door(shell: Path, upstreams: Upstreams, *, host: str, port: int) -> None:
    """Serve until asked to stop."""

    async def until_asked() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        listening, runner = await open_door(make_door(shell, upstreams), host, port)
        await stop.wait()
        listening.close()
        await runner.cleanup()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_asked())
