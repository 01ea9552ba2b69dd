"""`hadir bench proxy`: the shipped nginx configuration before a gate, a new TLS connection for each punch.

What is measured, for handshakes alone and for whole punches, is the servers' processor time, since that is what a site
must buy; the client is Python's and slow.
"""

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hadir.config import free_port, shipped
from rehearsal.bench.crowd import first_requests, make_crowd
from rehearsal.bench.tools import (
    BenchError,
    children_of,
    cpu_s,
    fresh_folder,
    fresh_sites,
    pid_of,
    running_gates,
    wait_for,
)
from rehearsal.gates import RunningGate
from rehearsal.watch import Stopwatch

T = TypeVar("T")

PUNCHES = 4_000
HANDSHAKES = 3_000
_CLIENTS = 8
_PEOPLE = 10_000


@dataclass(frozen=True)
class Proxy:
    """A running nginx; `plain_port` is the same server without TLS, for tests that write their own bytes."""

    port: int
    plain_port: int
    pid: int
    certificate: Path

    def tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.check_hostname = False
        return context


@dataclass(frozen=True)
class Target:
    """Where to go; `tls` when it speaks TLS."""

    port: int
    tls: ssl.SSLContext | None = None

    async def connect(self, own: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """From the address `own`."""
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls, local_addr=(own, 0))


def find_nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")


@contextmanager
def running_proxy(folder: Path, gate: str, office: str = "") -> Iterator[Proxy]:
    """nginx on the shipped configuration before `gate` and `office`, upstreams' addresses of its own spelling, as long
    as the block lasts; without an office, nobody is there. BenchError when it is not installed.
    """
    nginx = find_nginx()
    if nginx is None:
        raise BenchError("please install nginx  (as root: apt-get install nginx-light)")
    (folder / "shell" / "assets").mkdir(parents=True)
    (folder / "shell" / "index.html").write_text("<!doctype html><title>Hadir</title>")
    port, plain_port = free_port(), free_port()
    conf = folder / "nginx.conf"
    text = localised(folder, port=port, gate=gate, office=office, plain_port=plain_port)
    conf.write_text(text, encoding="utf-8")
    _make_certificate(folder)
    process = subprocess.Popen([nginx, "-e", str(folder / "error.log"), "-c", str(conf), "-g", "daemon off;"])
    try:
        wait_for(str(port))
        yield Proxy(port=port, plain_port=plain_port, pid=process.pid, certificate=folder / "tls.pem")
    finally:
        process.terminate()
        process.wait(10)


def upstream(gate: RunningGate) -> str:
    """Where nginx finds this gate."""
    return f"127.0.0.1:{gate.port}" if gate.unix_socket is None else f"unix:{gate.unix_socket}"


def localised(folder: Path, *, port: int, gate: str, office: str = "", plain_port: int = 0) -> str:
    """The shipped file with its lines marked SITE made this folder's. BenchError when one is not there."""
    text = (shipped("deploy") / "nginx.conf").read_text(encoding="utf-8")
    changes = {
        "user www-data;": "" if os.geteuid() else "user root;",
        "pid /run/nginx.pid;": f"pid {folder}/nginx.pid;",
        "error_log /var/log/nginx/hadir-error.log warn;": f"error_log {folder}/error.log warn;",
        "server unix:/run/hadir-gate/gate.sock;": f"server {gate};",
        "server 127.0.0.1:8002;": f"server {office or f'127.0.0.1:{free_port()}'};",
        "/etc/hadir/tls.pem": f"{folder}/tls.pem",
        "/etc/hadir/tls.key": f"{folder}/tls.key",
        "listen 80 default_server;": f"listen 127.0.0.1:{free_port()};",
        "listen [::]:80 default_server;": "",
        "listen 443 ssl backlog=4096;": f"listen 127.0.0.1:{port} ssl backlog=4096;",
        "listen [::]:443 ssl backlog=4096;": f"listen 127.0.0.1:{plain_port};" if plain_port else "",
        "/opt/hadir/phone/dist": f"{folder}/shell",
    }
    for old, new in changes.items():
        if old not in text:
            raise BenchError(f"deploy/nginx.conf has no line `{old}` any more")
        text = text.replace(old, new)
    return text


def _make_certificate(folder: Path) -> None:
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days"]
    argv += ["2", "-subj", "/CN=127.0.0.1", "-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.pem")]
    subprocess.run(argv, check=True, capture_output=True)


def bench_proxy(work: Path) -> dict[str, Any]:
    """The figures of `hadir bench proxy --json`."""
    crowd = make_crowd(work, _PEOPLE)
    requests = first_requests(crowd, PUNCHES)
    with (
        fresh_folder(work.absolute() / "proxy") as folder,
        fresh_sites(work, crowd, 1) as sites,
        running_gates(sites, {0, 1}) as gates,
        running_proxy(folder, upstream(gates[0])) as proxy,
    ):
        return _measure(proxy, pid_of(gates[0]), requests)


def _measure(proxy: Proxy, gate_pid: int, requests: Sequence[bytes]) -> dict[str, Any]:
    workers = children_of(proxy.pid)
    clients, before_s = _Clients(proxy), cpu_s(workers)
    asyncio.run(clients.all(clients.greet, range(HANDSHAKES)))
    handshake_us = (cpu_s(workers) - before_s) * 1e6 / HANDSHAKES
    watch, nginx_s, gate_s = Stopwatch(), cpu_s(workers), cpu_s([gate_pid])
    good = sum(asyncio.run(clients.all(clients.tap, requests)))
    tls_us = (cpu_s(workers) - nginx_s) * 1e6 / max(good, 1)
    gate_us = (cpu_s([gate_pid]) - gate_s) * 1e6 / max(good, 1)
    return {
        "punches": len(requests),
        "receipts": good,
        "handshake_us": round(handshake_us, 1),
        "handshakes_per_s_per_core": round(1e6 / max(handshake_us, 1)),
        "nginx_us": round(tls_us, 1),
        "gate_us": round(gate_us, 1),
        "per_s_per_core": round(1e6 / (tls_us + gate_us)),
        "offered_per_s": round(len(requests) / watch.seconds),
    }


class _Clients:
    """Several at once, each on a fresh connection with a full handshake, and from an address of its own: nginx limits
    what comes from one.
    """

    def __init__(self, proxy: Proxy) -> None:
        self._target = Target(proxy.port, proxy.tls())

    async def all(self, act: Callable[[T, str], Awaitable[bool]], things: Iterable[T]) -> list[bool]:
        """What became of each."""
        left = iter(things)

        async def client(own: str) -> list[bool]:
            return [await act(one, own) for one in left]

        places = range(2, 2 + _CLIENTS)
        return [one for told in await asyncio.gather(*(client(f"127.0.0.{at}") for at in places)) for one in told]

    async def tap(self, request: bytes, own: str) -> bool:
        """Whether the punch was answered with 200."""
        reader, writer = await self._target.connect(own)
        writer.write(request)
        answer = await reader.read(16_384)
        writer.close()
        return answer.startswith(b"HTTP/1.1 200")

    async def greet(self, _: int, own: str) -> bool:
        """A handshake and nothing more."""
        (await self._target.connect(own))[1].close()
        return True
