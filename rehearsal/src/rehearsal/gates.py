"""A real gate in a process of its own, and a small client."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from hadir.clock import SystemClock
from hadir.config import free_port
from hadir.site import Site


@dataclass(frozen=True)
class Reply:
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


GATE, SLOW_GATE = ("hadir.cli", "gate"), ("rehearsal.slow_gate",)
"""What `python -m` runs: the product's own gate, or one that is as slow as it is told to be."""


@dataclass
class RunningGate:
    site: Site
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    program: Sequence[str] = GATE
    arguments: Sequence[str] = ()
    log: IO[str] | None = None
    #: What runs the gate, when it is not run by itself: a tracer.
    under: Sequence[str] = ()
    unix_socket: Path | None = None

    @property
    def address(self) -> str:
        """Where a proxy on this machine comes in: the Unix socket, or the port where there is none."""
        return str(self.unix_socket or self.port)

    def start(self) -> None:
        self.spawn()
        self.wait_ready()

    def choose_port(self) -> None:
        """A free one, unless it has one already."""
        if not self.port:
            self.port = free_port()

    def spawn(self) -> None:
        """Start the process, and do not wait for it."""
        self.choose_port()
        argv = [sys.executable, "-m", *self.program, "--data", str(self.site.data), "--port", str(self.port)]
        near = [] if self.unix_socket is None else ["--socket", str(self.unix_socket)]
        argv = [*self.under, *argv, *near, *self.arguments]
        self.process = subprocess.Popen(argv, start_new_session=True, stderr=self.log)

    def wait_ready(self, seconds: float = 20) -> None:
        clock = SystemClock()
        until_ms = clock.mono_ms() + int(seconds * 1000)
        while clock.mono_ms() < until_ms:
            try:
                if self.call("GET", "/readyz").status == 200:
                    return
            except OSError:
                time.sleep(0.02)
            assert self.process is not None
            assert self.process.poll() is None, "the gate ended at start"
        raise AssertionError("the gate did not become ready")

    def stop(self) -> int:
        """In order; the exit status."""
        if self.process is None or self.process.poll() is not None:
            return -1
        os.killpg(self.process.pid, signal.SIGTERM)  # the group: a tracer around the gate does not listen
        return self.process.wait(20)

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(
                method, path, body=body, headers={name.replace("_", "-"): text for name, text in headers.items()}
            )
            answer = connection.getresponse()
            return Reply(status=answer.status, headers=dict(answer.getheaders()), body=answer.read())
        finally:
            connection.close()

    def post(self, path: str, members: object) -> Reply:
        return self.post_raw(path, json.dumps(members).encode())

    def post_raw(self, path: str, body: bytes) -> Reply:
        return self.call("POST", path, body, content_type="application/json")

    def punch(self, *records: str, details: list[str] | None = None) -> Reply:
        extra = {} if details is None else {"details": details}
        return self.post("/v1/punches", {"punches": [{"record": record, **extra} for record in records]})

    def wait_for_roster(self, version: int, seconds: float = 10) -> None:
        clock = SystemClock()
        until_ms = clock.mono_ms() + int(seconds * 1000)
        while self.call("GET", "/healthz").json["roster"]["version"] != version:
            assert clock.mono_ms() < until_ms, f"the gate did not take roster {version}"
            time.sleep(0.05)

    def entries(self) -> int:
        return int(self.call("GET", "/healthz").json["entries"])
