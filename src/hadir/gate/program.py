"""Starts and stops one gate on one journal."""

import asyncio
import gc
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import uvicorn

from hadir import __version__
from hadir.config import read_settings
from hadir.gate.app import Gate
from hadir.gate.asgi import Asgi
from hadir.gate.desk import Desk
from hadir.gate.line import WAIT_MS_MAX
from hadir.gate.listening import BACKLOG, Acceptor, Road, allow_connections
from hadir.gate.log import Log, Say
from hadir.gate.proofs import Proofs
from hadir.gate.roster import Roster
from hadir.gate.wire import Wire
from hadir.ledger import Entry
from hadir.ledger.details import DetailStore
from hadir.ledger.fast_verify import quickest_verify
from hadir.ledger.sqlite import SqliteJournal
from hadir.records.jws import Verify, verify_each
from hadir.records.leaf import Leaf
from hadir.records.note import Signer
from hadir.site import Site, SiteError, open_site

T = TypeVar("T")

#: The journal broke, or a defect of ours: whoever started us starts us again, and recovery reads what is on disk.
EXIT_BROKEN = 3
_GRACE_SECONDS = 10
_LOOK_SECONDS = 1.0
#: In a server that is not ours, how many new objects before Python looks for rings of garbage.
_GARBAGE_THRESHOLD = 50_000
#: In ours, no answer leaves a ring (a test says so), and a look takes tens of milliseconds in which nobody is answered:
#: it is taken in a second without taps, else once a minute all the same.
_SWEEP_QUIET_SECONDS, _SWEEP_SECONDS_MAX = 30, 60
#: A disk that was as quick as this is waited for in the event loop the next time.
QUICK_SECONDS = 0.002
#: How long the event loop waits at most for a thread that computes beside it: refusals must be quick.
_SWITCH_SECONDS = 0.001


class _Server(uvicorn.Server):
    """Takes in connections as `Acceptor` does, and looks at each once a second."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk, self._answered, self._unswept = desk, 0, 0
        self._acceptors: list[Acceptor] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        self._acceptors = [Acceptor(listener, self._connection, self._desk.say) for listener in sockets or ()]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for acceptor in self._acceptors:
            acceptor.close()
            await acceptor.wait_closed()
        await super().shutdown(sockets)

    def _connection(self) -> asyncio.Protocol:
        """As uvicorn makes one."""
        make = cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class)
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def main_loop(self) -> None:
        looking = asyncio.create_task(self._look())
        try:
            await super().main_loop()
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for wire in cast("list[Wire]", list(self.server_state.connections)):
                wire.look(loop.time())
            self._sweep()

    def _sweep(self) -> None:
        answered, self._answered = self._answered, self._desk.counts.answered
        self._unswept += 1
        patience = _SWEEP_QUIET_SECONDS if answered == self._answered else _SWEEP_SECONDS_MAX
        if self._unswept >= patience:
            self._unswept = 0
            gc.collect()


@dataclass(frozen=True)
class Slowness:
    """A cheap server, for rehearsals: what each batch and record of it costs more, and another bound of its line."""

    batch_ms: float = 0
    record_us: float = 0
    wait_ms_max: int = WAIT_MS_MAX


class _SlowJournal(SqliteJournal):
    """Takes its time before the commit point, as a slow disk does."""

    slowness = Slowness()
    _costs_s = 0.0

    def stage(self, entries: Sequence[Entry], *, now_ms: int) -> None:
        super().stage(entries, now_ms=now_ms)
        self._costs_s = self.slowness.batch_ms / 1e3 + len(entries) * self.slowness.record_us / 1e6

    def commit(self) -> Sequence[Leaf]:
        time.sleep(self._costs_s)
        return super().commit()


class Disk:
    """Waits for the disk (`hadir.gate.desk.Aside`): here, while it is so quick that a thread would cost more than it
    spares those who come meanwhile; on a thread of its own, when it is not.
    """

    def __init__(self, now_s: Callable[[], float] = time.perf_counter) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="disk")
        self._now_s = now_s
        self._is_quick = False

    async def __call__(self, work: Callable[[], T], /) -> T:
        timed = partial(self._timed, work)
        return timed() if self._is_quick else await asyncio.get_running_loop().run_in_executor(self._worker, timed)

    def _timed(self, work: Callable[[], T]) -> T:
        begun_s = self._now_s()
        result = work()
        self._is_quick = self._now_s() - begun_s < QUICK_SECONDS
        return result


def run_gate(site: Site, road: Road, *, slowness: Slowness | None = None, plain_verifier: bool = False) -> int:
    """Serve until asked to stop; the exit status. JournalError when the journal cannot be opened."""
    broken: list[bool] = []

    def on_broken() -> None:
        broken.append(True)
        signal.raise_signal(signal.SIGTERM)

    gate, desk = _open(site, on_broken, slowness=slowness, plain_verifier=plain_verifier)
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn stops in order and then raises what it caught once more
    config = _config(gate, desk, road)
    server = uvicorn.Server(config) if road.asgi else _Server(config, desk)
    if not road.asgi:
        gc.disable()  # `_Server` looks
    with road.listeners() as listeners:
        server.run(sockets=listeners)
    if broken:
        sys.stderr.write(f"hadir gate: {site.gate_origin} had to stop, the log says why; starting again recovers it\n")
        return EXIT_BROKEN
    return 0


def application() -> Asgi:
    """For another ASGI server, one process of it: `gunicorn -k asgi "hadir.gate.program:application()"`.

    The data folder is HADIR_DATA's. When the journal breaks the process ends as if asked to, and must be started again.
    """
    gate, desk = _open(open_site(read_settings().data), lambda: signal.raise_signal(signal.SIGTERM))
    return Asgi(gate, desk)


def _open(
    site: Site, on_broken: Callable[[], None], *, slowness: Slowness | None = None, plain_verifier: bool = False
) -> tuple[Gate, Desk]:
    """The gate and its desk on the site's journal, and this process made fit for them."""
    folder = site.journal_folder(site.gate)
    signer = site.gate_signer()
    journal = _open_journal(site, folder, signer, slowness)
    clock = site.clock()
    log = Log(clock.now_ms)
    log.catch_libraries()
    desk = Desk(
        journal=journal,
        details=DetailStore(folder),
        roster=Roster(site.roster_folder, site.key_list().verifiers("office")),
        clock=clock,
        say=log.say,
        app_version=__version__,
        on_broken=on_broken,
        verify=verify_each if plain_verifier else quickest_verifier(log.say),
        wait_ms_max=WAIT_MS_MAX if slowness is None else slowness.wait_ms_max,
        aside=Disk(),
    )
    gate = Gate(desk, signer, key_list_note=site.key_list_note, root=site.root_key(), proofs=Proofs(folder))
    allow_connections()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(_GARBAGE_THRESHOLD)
    return gate, desk


def quickest_verifier(say: Say) -> Verify:
    """Eight at a time where this machine can, one by one elsewhere; says which, and why."""
    verify, why = quickest_verify()
    if why:
        say("verifier", fast=False, why=why)
    else:
        say("verifier", fast=True)
    return verify


def _open_journal(site: Site, folder: Path, signer: Signer, slowness: Slowness | None) -> SqliteJournal:
    if slowness is None or slowness == Slowness():
        return SqliteJournal(folder, signer)
    if not site.rehearsal:
        raise SiteError(f"{site.name} is a production site: it is never slowed down")
    journal = _SlowJournal(folder, signer)
    journal.slowness = slowness
    return journal


def _config(gate: Gate, desk: Desk, road: Road) -> uvicorn.Config:
    return uvicorn.Config(
        Asgi(gate, desk),
        host=road.host,
        port=road.port,
        loop="uvloop",
        http="httptools" if road.asgi else cast("type[asyncio.Protocol]", partial(Wire, gate)),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
