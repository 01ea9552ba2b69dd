"""A real gate in a process of its own, and what its journal holds, read to its end."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO

from hadir.config import free_port
from hadir.ledger.sqlite import leaves_in
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.site import Site
from rehearsal.slow_gate import SLOW_ARGUMENTS
from rehearsal.watch import Stopwatch, until
from rehearsal.web import Reply, ask


@dataclass
class RunningGate:
    site: Site
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    arguments: Sequence[str] = ()
    log: IO[str] | None = None
    #: What runs the gate, when it is not run by itself: a tracer.
    under: Sequence[str] = ()
    unix_socket: Path | None = None
    #: How long its last start took.
    start_s: float = 0.0

    @property
    def address(self) -> str:
        """Where a proxy on this machine comes in: the Unix socket, or the port where there is none."""
        return str(self.unix_socket or self.port)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> float:
        """Seconds until it was ready."""
        watch = Stopwatch()
        self.spawn()
        self.wait_ready()
        self.start_s = watch.seconds
        return self.start_s

    def choose_port(self) -> None:
        """A free one, unless it has one already."""
        if not self.port:
            self.port = free_port()

    def spawn(self) -> None:
        """Start the process, and do not wait for it."""
        self.choose_port()
        program = ["rehearsal.slow_gate"] if SLOW_ARGUMENTS.intersection(self.arguments) else ["hadir.cli", "gate"]
        argv = [sys.executable, "-m", *program, "--data", str(self.site.data), "--port", str(self.port)]
        near = [] if self.unix_socket is None else ["--socket", str(self.unix_socket)]
        argv = [*self.under, *argv, *near, *self.arguments]
        self.process = subprocess.Popen(argv, start_new_session=True, stderr=self.log)

    def wait_ready(self, seconds: float = 20) -> None:
        def is_ready() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, "the gate ended at start"
            return self.call("GET", "/readyz").status == HTTPStatus.OK

        until(is_ready, seconds, "the gate did not become ready")

    def stop(self) -> int:
        """In order; the exit status."""
        if self.process is None or self.process.poll() is not None:
            return -1
        os.killpg(self.pid, signal.SIGTERM)  # the group: a tracer around the gate does not listen
        return self.process.wait(20)

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        told = {name.replace("_", "-"): text for name, text in headers.items()}
        return ask(self.port, method, path, body, headers=told)

    def post(self, path: str, members: object) -> Reply:
        return self.post_raw(path, json.dumps(members).encode())

    def post_raw(self, path: str, body: bytes) -> Reply:
        return self.call("POST", path, body, content_type="application/json")

    def punch(self, *records: str, details: list[str] | None = None) -> Reply:
        extra = {} if details is None else {"details": details}
        return self.post("/v1/punches", {"punches": [{"record": record, **extra} for record in records]})

    def wait_for_roster(self, version: int, seconds: float = 10) -> None:
        wanted = f"the gate did not take roster {version}"
        until(lambda: self.call("GET", "/healthz").json["roster"]["version"] == version, seconds, wanted)

    def entries(self) -> int:
        return int(self.call("GET", "/healthz").json["entries"])


def punches_in(folder: Path) -> Iterator[tuple[Leaf, str]]:
    """The leaves that hold a punch, each with its record."""
    return ((leaf, leaf.body.decode("ascii")) for leaf in leaves_in(folder) if leaf.kind is Kind.PUNCH)
