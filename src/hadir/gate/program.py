"""Starts and stops one gate on one journal."""

import asyncio
import gc
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

import uvicorn

from hadir import __version__
from hadir.config import read_settings, wanted_signs
from hadir.gate.admission import WAIT_MS_MAX
from hadir.gate.app import Gate
from hadir.gate.asgi import Asgi, Life
from hadir.gate.batch_writer import BatchWriter
from hadir.gate.erasing import open_eraser
from hadir.gate.listening import BACKLOG, Acceptor, BindAddress, allow_connections, beside
from hadir.gate.log import Log, LogEvent
from hadir.gate.metrics import Counts
from hadir.gate.proofs import Proofs
from hadir.gate.roster import Roster
from hadir.gate.signs import Signs
from hadir.gate.waiting import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, UnavailableGate, require_room
from hadir.gate.wire import Answers, Wire
from hadir.ledger import JournalBusyError, JournalError
from hadir.ledger.details import DetailStore
from hadir.ledger.fast_verify import quickest_verify
from hadir.ledger.sqlite import SqliteJournal
from hadir.records.jws import Verify, verify_each
from hadir.records.note import Signer
from hadir.site import SecretError, Site, open_site

#: Opening is recovery.
OpenJournal = Callable[[Path, Signer], SqliteJournal]

#: What an operator can mend while the gate waits.
_MENDABLE = (JournalError, SecretError, OSError)

#: The journal broke, or a defect of ours: the supervisor starts us again, and recovery reads what is on disk.
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


class _Watched(uvicorn.Server):
    """Gives signs of life, and says when it takes requests."""

    def __init__(self, config: uvicorn.Config, signs: Signs) -> None:
        super().__init__(config)
        self._signs = signs

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._signs.tell("READY=1")

    async def on_tick(self, counter: int) -> bool:
        self._signs.came_round()
        return await super().on_tick(counter)


class _Server(_Watched):
    """Accepts connections by `Acceptor`, and looks at each once a second."""

    def __init__(self, config: uvicorn.Config, log: LogEvent, counts: Counts, signs: Signs) -> None:
        super().__init__(config, signs)
        self._log, self._counts, self._answered, self._unswept = log, counts, 0, 0
        self._acceptors: list[Acceptor] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await uvicorn.Server.startup(self, sockets=[])
        self._acceptors = [Acceptor(listener, self._connection, self._log) for listener in sockets or ()]
        self._signs.tell("READY=1")

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
        async with beside(self._look()):
            await super().main_loop()

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for wire in cast("list[Wire]", list(self.server_state.connections)):
                wire.look(loop.time())
            self._sweep()

    def _sweep(self) -> None:
        answered, self._answered = self._answered, self._counts.answered
        self._unswept += 1
        patience = _SWEEP_QUIET_SECONDS if answered == self._answered else _SWEEP_SECONDS_MAX
        if self._unswept >= patience:
            self._unswept = 0
            gc.collect()


class TimedDisk:
    """A `DiskExecutor`: inline while the disk is so quick that a thread would cost more than others gain by it, else on
    a thread of its own.
    """

    def __init__(self, now_s: Callable[[], float] = time.perf_counter) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="disk")
        self._now_s = now_s
        self._is_quick = False
        self.is_at_work = False

    async def __call__(self, work: Callable[[], object]) -> None:
        if self._is_quick:
            self._timed(work)
        else:
            await asyncio.get_running_loop().run_in_executor(self._worker, self._timed, work)

    def _timed(self, work: Callable[[], object]) -> None:
        begun_s, self.is_at_work = self._now_s(), True
        try:
            work()
        finally:
            self.is_at_work = False
        self._is_quick = self._now_s() - begun_s < QUICK_SECONDS


def run_gate(
    site: Site,
    bind: BindAddress,
    *,
    open_journal: OpenJournal = SqliteJournal,
    wait_ms_max: int = WAIT_MS_MAX,
    plain_verifier: bool = False,
) -> int:
    """Serve until asked to stop; the exit status. JournalBusyError when another gate writes the journal.

    A journal that cannot be opened or written is waited for (`hadir.gate.waiting`).
    """
    broken: list[bool] = []

    def on_broken() -> None:
        broken.append(True)
        signal.raise_signal(signal.SIGTERM)

    log = Log(site.clock().now_ms)
    log.catch_libraries()
    allow_connections()
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn stops in order and then raises what it caught once more
    signs = Signs(*wanted_signs())
    verify = verify_each if plain_verifier else quickest_verifier(log.write)
    opening = Opening(site, on_broken, log.write, verify, open_journal=open_journal, wait_ms_max=wait_ms_max)
    with bind.listeners() as listeners:
        opened = _open_or_wait(opening, bind, listeners, signs)
        if opened is None:
            return 0
        signs.waits_for_disk = lambda: opened.disk.is_at_work
        _settle()
        config = _config(opened.gate, opened.writer, bind)
        if bind.asgi:
            _Watched(config, signs).run(sockets=listeners)
        else:
            gc.disable()  # `_Server` looks
            _Server(config, log.write, opened.writer.counts, signs).run(sockets=listeners)
        signs.end()
    if broken:
        sys.stderr.write(f"hadir gate: {site.gate_origin} had to stop, the log says why; starting again recovers it\n")
        return EXIT_BROKEN
    return 0


def application() -> Asgi:
    """For another ASGI server, one process of it: `gunicorn -k asgi "hadir.gate.program:application()"`.

    The data folder is HADIR_DATA's. When the journal breaks the process ends as if asked to, and must be started again.
    """
    site = open_site(read_settings().data)
    log = Log(site.clock().now_ms)
    log.catch_libraries()
    stop = partial(signal.raise_signal, signal.SIGTERM)
    opened = Opening(site, stop, log.write, quickest_verifier(log.write)).take()
    allow_connections()
    _settle()
    return Asgi(opened.gate, opened.writer)


@dataclass(frozen=True)
class OpenedGate:
    """A gate on its journal, and what waits for the disk; `close` lets go of the files."""

    gate: Gate
    writer: BatchWriter
    disk: TimedDisk
    close: Callable[[], None]


@dataclass(frozen=True)
class Opening:
    """Opens the gate and its writer on the site's journal, as often as it is asked to: opening is recovery."""

    site: Site
    on_broken: Callable[[], None]
    log: LogEvent
    verify: Verify
    open_journal: OpenJournal = SqliteJournal
    wait_ms_max: int = WAIT_MS_MAX

    async def begin(self) -> OpenedGate:
        """Open, and write what every start writes: a journal that can be read and not written is not opened."""
        require_room(self.site.journal_folder(self.site.gate))
        opened = await asyncio.get_running_loop().run_in_executor(None, self.take)
        try:
            await opened.writer.begin()
        except JournalError:
            opened.close()
            raise
        return opened

    def take(self) -> OpenedGate:
        site = self.site
        folder, signer, disk = site.journal_folder(site.gate), site.gate_signer(), TimedDisk()
        with ExitStack() as files:
            journal = files.enter_context(closing(self.open_journal(folder, signer)))
            details = files.enter_context(closing(DetailStore(folder)))
            writer = BatchWriter(
                journal=journal,
                details=details,
                roster=Roster(site.roster_folder, site.key_list().verifiers("office")),
                clock=site.clock(),
                log=self.log,
                app_version=__version__,
                on_broken=self.on_broken,
                verify=self.verify,
                wait_ms_max=self.wait_ms_max,
                on_disk=disk,
            )
            writer.eraser = files.enter_context(closing(open_eraser(site, journal, details)))
            gate = Gate(writer, signer, key_list_note=site.key_list_note, root=site.root_key(), proofs=Proofs(folder))
            return OpenedGate(gate, writer, disk, files.pop_all().close)


def _open_or_wait(
    opening: Opening, bind: BindAddress, listeners: Sequence[socket.socket], signs: Signs
) -> OpenedGate | None:
    """The gate, when its journal opens; until then `UnavailableGate` answers. None when asked to stop."""
    try:
        return asyncio.run(opening.begin())
    except JournalBusyError:
        raise
    except _MENDABLE as error:
        waiting = UnavailableGate(opening.site.gate_origin, opening.log)
        waiting.look_into(error)
    server = _UnavailableServer(_config(waiting, waiting, replace(bind, asgi=False)), opening, waiting, signs)
    server.run(sockets=[listener.dup() for listener in listeners])
    return server.opened


class _UnavailableServer(_Server):
    """Serves `UnavailableGate` until the journal opens."""

    def __init__(self, config: uvicorn.Config, opening: Opening, waiting: UnavailableGate, signs: Signs) -> None:
        super().__init__(config, opening.log, Counts(), signs)
        self._opening, self._waiting = opening, waiting
        self.opened: OpenedGate | None = None

    async def main_loop(self) -> None:
        async with beside(self._try_again()):
            await super().main_loop()

    async def _try_again(self) -> None:
        pause_s = FIRST_PAUSE_SECONDS
        while self.opened is None:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_SECONDS)
            try:
                self.opened = await self._opening.begin()
            except _MENDABLE as error:
                self._waiting.look_into(error)
        self.should_exit = True


def _settle() -> None:
    """Make this process fit for a gate, once everything of its start is made."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(_GARBAGE_THRESHOLD)


def quickest_verifier(log: LogEvent) -> Verify:
    """Eight at a time where this machine can, one by one elsewhere; says which, and why."""
    verify, why = quickest_verify()
    log("verifier", fast=not why, **({"why": why} if why else {}))
    return verify


def _config(gate: Answers, life: Life, bind: BindAddress) -> uvicorn.Config:
    return uvicorn.Config(
        Asgi(gate, life),
        host=bind.host,
        port=bind.port,
        loop="uvloop",
        http="httptools" if bind.asgi else cast("type[asyncio.Protocol]", partial(Wire, gate)),
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
