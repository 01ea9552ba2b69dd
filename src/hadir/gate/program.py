"""Starts and stops one gate on one journal."""

import asyncio
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from hadir import __version__
from hadir.gate.app import Gate, Message, Receive, Scope, Send
from hadir.gate.desk import Desk
from hadir.gate.proofs import Proofs
from hadir.gate.roster import Roster
from hadir.ledger.details import DetailStore
from hadir.ledger.sqlite import SqliteJournal
from hadir.site import Site

#: The journal broke: whoever started us starts us again, and recovery reads what is on disk.
EXIT_BROKEN = 3
_GRACE_SECONDS = 10
_BACKLOG = 2_048


class _Program:
    """The application with its life: the desk opens before the first request and answers everyone before the end."""

    def __init__(self, gate: Gate, desk: Desk) -> None:
        self._gate = gate
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._gate(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message: Message = await receive()
            if message["type"] == "lifespan.startup":
                self._desk.start(asyncio.get_running_loop().call_soon_threadsafe)
                await send({"type": "lifespan.startup.complete"})
            else:
                self._desk.stop("asked to stop")
                await send({"type": "lifespan.shutdown.complete"})
                return


def run_gate(site: Site, *, host: str, port: int, uds: Path | None = None) -> int:
    """Serve until asked to stop; the exit status. JournalError when the journal cannot be opened."""
    folder = site.journal_folder(site.gate)
    signer = site.gate_signer()
    journal = SqliteJournal(folder, signer)
    broken: list[bool] = []

    def on_broken() -> None:
        broken.append(True)
        signal.raise_signal(signal.SIGTERM)

    desk = Desk(
        journal=journal,
        details=DetailStore(folder),
        roster=Roster(site.roster_folder, site.key_list().verifiers("office")),
        clock=site.clock(),
        app_version=__version__,
        on_broken=on_broken,
    )
    gate = Gate(desk, signer, key_list_note=site.key_list_note, root=site.root_key(), proofs=Proofs(folder))
    program = _Program(gate, desk)
    config = uvicorn.Config(
        program,
        host=host,
        port=port,
        uds=None if uds is None else str(uds),
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        proxy_headers=False,
        log_level="warning",
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn stops in order and then raises what it caught once more
    uvicorn.Server(config).run(sockets=None if uds is not None else [_listen(host, port)])
    if broken:
        sys.stderr.write(f"hadir gate: {site.gate_origin} could not store; starting again will recover it\n")
        return EXIT_BROKEN
    return 0


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener
