"""The door itself: what each address is answered with, its connections, and starting and stopping it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit
from typing import Any

import uvloop
from multidict import CIMultiDict

from hadir.clock import SystemClock
from hadir.door.answers import (
    File,
    make_file,
    office_away,
    office_busy,
    read_shell,
    refuse,
    refuse_method,
    status_css,
    status_without_office,
)
from hadir.door.limits import CONNECTIONS_MAX, ConcurrencyLimit, LoadShedder
from hadir.door.onward import (
    STATUS_PATH,
    UPSTREAM_CONNECTIONS_MAX,
    AwayError,
    UpstreamClients,
    Upstreams,
    headers_for_gate,
    headers_for_office,
    open_clients,
)
from hadir.gate.listening import Acceptor, allow_connections, beside, listen_at
from hadir.gate.log import Log, LogEvent, place_of
from hadir.gate.wire import BODY_SECONDS_MAX, Request, Respond, Wire, WireResponse
from hadir.ledger.details import MAX_DETAIL_BYTES
from hadir.records.refusals import Refusal, Refused

#: A staff list or a terminal's file; the office has closer limits of its own.
OFFICE_BODY_BYTES_MAX = 10 * 1_048_576
#: That much over a poor line.
OFFICE_BODY_SECONDS_MAX = 120
#: Connections not taken in yet. Of more at once some are dropped, taps too, and come back seconds later.
BACKLOG = 4_096
_STOP_SECONDS = 5
_LOOK_SECONDS = 1.0
#: Files that are not connections of callers: those to the programs behind, and the door's own.
_FILES_KEPT = 2 * UPSTREAM_CONNECTIONS_MAX + 64
_READS = ("GET", "HEAD")
_METHODS_AT_GATE = (*_READS, "POST", "PUT")
_METHODS_AT_OFFICE = (*_READS, "POST")
Answer = Coroutine[Any, Any, WireResponse]


class Door:
    """What `Wire` needs of it: an answer to each whole request."""

    def __init__(self, shell: Path, clients: UpstreamClients, log: LogEvent) -> None:
        """FileNotFoundError when the phone has not been built into `shell`."""
        style = make_file(status_css(), "text/css; charset=utf-8")
        self._files: Mapping[str, File] = {**read_shell(shell), "/status.css": style}
        self._clients, self._log = clients, log
        self._office_limit = ConcurrencyLimit()
        self._answering: set[asyncio.Task[WireResponse]] = set()

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer now what the door knows itself, and later what it must ask for."""
        try:
            answer = self._answer(request)
        except Refused as refused:
            respond(refuse(refused))
            return
        if isinstance(answer, WireResponse):
            respond(answer)
            return
        task = asyncio.get_running_loop().create_task(answer)
        self._answering.add(task)
        task.add_done_callback(partial(self._answered, respond))

    def body_bytes_max(self, path: str) -> int:
        return OFFICE_BODY_BYTES_MAX if _is_offices(path) else MAX_DETAIL_BYTES

    def body_seconds_max(self, path: str) -> int:
        return OFFICE_BODY_SECONDS_MAX if _is_offices(path) else BODY_SECONDS_MAX

    def refusal(self, refusal: Refusal, place: str = "") -> WireResponse:
        return refuse(Refused(refusal, place))

    def stop(self) -> None:
        """Give up what has not been answered."""
        for task in self._answering:
            task.cancel()

    def _answer(self, request: Request) -> WireResponse | Answer:
        if request.fault is not None:
            raise Refused(request.fault)
        path, method = request.path, request.method
        if path in self._files:
            return self._files[path].answer(request) if method in _READS else refuse_method(", ".join(_READS))
        if path in {"/status", "/status/"}:
            return self._status(headers_for_office(request)) if method in _READS else refuse_method(", ".join(_READS))
        if path.startswith("/v1/") or path in {"/healthz", "/readyz"}:
            return self._ask_gate(request) if method in _METHODS_AT_GATE else refuse_method(", ".join(_METHODS_AT_GATE))
        if not _is_offices(path):
            raise Refused(Refusal.NOT_FOUND)
        if method not in _METHODS_AT_OFFICE:
            return refuse_method(", ".join(_METHODS_AT_OFFICE))
        sends = method == "POST"
        if seconds := self._office_limit.retry_after_s(path, sends=sends):
            return office_busy(seconds, sent=sends)
        headers = headers_for_office(request)
        self._office_limit.inside += 1
        return self._ask_office(request, headers)

    async def _ask_gate(self, request: Request) -> WireResponse:
        try:
            return await self._clients.gate.send(request, headers_for_gate(request))
        except AwayError:
            return refuse(Refused(Refusal.STOPPING))

    async def _ask_office(self, request: Request, headers: CIMultiDict[str]) -> WireResponse:
        try:
            answer = await self._clients.office.send(request, headers)
        except AwayError:
            return office_away()
        finally:
            self._office_limit.inside -= 1
        self._office_limit.observe(request, answer.status)
        return answer

    async def _status(self, headers: CIMultiDict[str]) -> WireResponse:
        """Up or down, and what to do. The office knows more; while it is away the door asks the gate itself."""
        told = await self._clients.office.look(STATUS_PATH, headers)
        if told is not None and told.status == HTTPStatus.OK:
            return told
        gate = await self._clients.gate.look("/readyz")
        return status_without_office(is_up=gate is not None and gate.status == HTTPStatus.OK)

    def _answered(self, respond: Respond, task: "asyncio.Task[WireResponse]") -> None:
        self._answering.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, Exception):
            self._log("defect", error=type(error).__name__, place=place_of(error))
        respond(task.result() if error is None else refuse(Refused(Refusal.STOPPING)))


def _is_offices(path: str) -> bool:
    return path == "/kantor" or path.startswith("/kantor/")


@dataclass
class DoorState:
    connections: set[Any] = field(default_factory=set)
    default_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    is_empty: asyncio.Event = field(default_factory=asyncio.Event)

    def set_date(self, now_ms: int) -> None:
        self.default_headers[:] = [(b"date", formatdate(now_ms / 1_000, usegmt=True).encode())]


class DoorWire(Wire):
    def __init__(self, door: Door, load: LoadShedder, shared: DoorState) -> None:
        super().__init__(door, config=None, server_state=shared, app_state=None)
        self._load, self._shared = load, shared

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        if not self._load.enter(self, self.address):
            self._end_with(Refusal.BUSY)

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.leave(self)
        super().connection_lost(exc)
        if not self._shared.connections:
            self._shared.is_empty.set()

    def may_keep(self, length: int) -> bool:
        return self._load.keep(self, length)

    def _respond(self, request: Request, response: WireResponse) -> None:
        self._load.forget(self, len(request.body) if request.fault is None else None)
        super()._respond(request, response)


@asynccontextmanager
async def open_door(
    shell: Path, upstreams: Upstreams, *, at: tuple[str, int], log: LogEvent, load: LoadShedder | None = None
) -> AsyncIterator[int]:
    """The port at which it listens, as long as the block lasts."""
    load = LoadShedder() if load is None else load  # one without connections is false
    shared, clock = DoorState(), SystemClock()
    shared.set_date(clock.now_ms())
    async with open_clients(upstreams) as clients:
        door = Door(shell, clients, log)
        listener = listen_at(*at)
        acceptor = Acceptor(listener, lambda: DoorWire(door, load, shared), log, BACKLOG)
        async with beside(_look(shared, clock.now_ms)):
            try:
                yield int(listener.getsockname()[1])
            finally:
                acceptor.close()
                await acceptor.wait_closed()
                await _drain_connections(shared)
                door.stop()


async def _look(shared: DoorState, now_ms: Callable[[], int]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        shared.set_date(now_ms())
        for wire in list(shared.connections):
            wire.look(loop.time())


async def _drain_connections(shared: DoorState) -> None:
    """Pending answers go out first, within seconds."""
    for wire in list(shared.connections):
        wire.shutdown()
    if shared.connections:
        shared.is_empty.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(shared.is_empty.wait(), _STOP_SECONDS)
    for wire in list(shared.connections):
        wire.drop()


def run_door(shell: Path, upstreams: Upstreams, *, host: str, port: int) -> None:

    async def until_asked() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        log = Log(SystemClock().now_ms, program="door")
        files, _ = getrlimit(RLIMIT_NOFILE)  # as many connections as there are files for
        load = LoadShedder(CONNECTIONS_MAX if files == RLIM_INFINITY else min(CONNECTIONS_MAX, files - _FILES_KEPT))
        async with open_door(shell, upstreams, at=(host, port), log=log.write, load=load):
            await stop.wait()

    allow_connections()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_asked())
