"""`hadir bench slow`: clients that never finish their heads or bodies, and honest ones among them. `hadir bench
newcomers`: a thousand new connections at once, beside taps on connections that stay.

As nginx opens them beyond those that it keeps, when a school taps. Each newcomer asks for something that costs the gate
nothing: what is waited for is to be accepted.

`hadir bench proxy`: the shipped nginx configuration before a gate, a new TLS connection for each punch. What is
measured, for handshakes alone and for whole punches, is the servers' processor time, since that is what a site must
buy; the client is Python's and slow.
"""

import asyncio
import os
import selectors
import shutil
import socket
import ssl
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar, cast

from hadir.clock import SystemClock
from hadir.config import free_port, shipped
from hadir.gate.listening import allow_connections
from rehearsal.bench.crowd import CrowdFiles, first_requests, make_crowd
from rehearsal.bench.tools import (
    BenchError,
    LoadPlan,
    children_of,
    cpu_s,
    fresh_folder,
    fresh_sites,
    reach,
    rss_mib,
    run_load,
    running_gates,
    wait_for,
)
from rehearsal.gates import RunningGate
from rehearsal.watch import Stopwatch, say
from rehearsal.web import HttpClient, NoAnswerError, Streams

T = TypeVar("T")

SLOW_HEADS = 2_000
SLOW_BODIES = 500
HONEST = 200
_OPENED_AT_ONCE = 200
_BYTE_EVERY_SECONDS = 2.0
_ADDRESSES = tuple(f"127.0.0.{number}" for number in range(2, 12))
"""Of the slow: the shipped nginx allows one address no more than a large office behind it needs."""
_OPEN_SECONDS_MAX = 60
_HONEST_SECONDS = 12
_HEAD = b"POST /v1/punches HTTP/1.1\r\nhost: hadir\r\nx-slow: "
_BODY = b"POST /v1/punches HTTP/1.1\r\nhost: hadir\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"

NEWCOMERS, BURSTS, TAPS_PER_S = 1_000, 5, 4_000
_WARM_SECONDS, _BETWEEN_SECONDS, _PATIENCE_SECONDS = 2, 1, 5
_SECONDS = _WARM_SECONDS + BURSTS * (_BETWEEN_SECONDS + 1)
PUNCHES, HANDSHAKES = 4_000, 3_000
_PROXY_CLIENTS, _PROXY_PEOPLE = 8, 10_000
_REQUEST = b"GET /v1/root HTTP/1.1\r\nhost: hadir\r\n\r\n"


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

    async def connect(self, own: str = "127.0.0.1") -> Streams:
        """From the address `own`."""
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls, local_addr=(own, 0))


def bench_slow(work: Path, *, heads: int = SLOW_HEADS, bodies: int = SLOW_BODIES) -> dict[str, Any]:
    """The gate alone, and behind the shipped nginx where that is installed."""
    crowd = make_crowd(work, 2 * HONEST)
    with fresh_sites(work, crowd, 1) as sites, running_gates(sites, {0, 1}) as gates:
        gate = gates[0]
        before_mib = rss_mib(gate.pid)
        honest = first_requests(crowd, 2 * HONEST)
        figures = asyncio.run(slow_morning(Target(gate.port), honest[:HONEST], heads=heads, bodies=bodies))
        figures["rss_growth_mib"] = round(rss_mib(gate.pid) - before_mib, 1)
        if find_nginx() is not None:
            with fresh_folder(work.absolute() / "slow-proxy") as folder, running_proxy(folder, upstream(gate)) as proxy:
                target = Target(proxy.port, tls=proxy.tls())
                say("behind nginx")
                figures["nginx"] = asyncio.run(slow_morning(target, honest[HONEST:], heads=heads, bodies=bodies))
        return figures


async def slow_morning(target: Target, honest: Sequence[bytes], *, heads: int, bodies: int) -> dict[str, Any]:
    """Slow clients for as long as honest ones tap, one by one, each on a connection of its own."""
    turn = asyncio.Semaphore(_OPENED_AT_ONCE)
    starts = enumerate([_HEAD] * heads + [_BODY] * bodies)
    opening = asyncio.gather(*(_open(target, start, number, turn) for number, start in starts))
    opened = await asyncio.wait_for(opening, _OPEN_SECONDS_MAX)
    say(f"{len(opened)} slow connections")
    slugs = [asyncio.create_task(_crawl(*streams)) for streams in opened]
    took_ms = await _honest(target, honest)
    ended = sum(task.done() for task in slugs)
    for task in slugs:
        task.cancel()
    await asyncio.gather(*slugs, return_exceptions=True)
    good = sorted(ms for ms in took_ms if ms is not None)
    return {
        "slow_opened": len(opened),
        "slow_ended_by_server": ended,
        "honest": len(took_ms),
        "succeeded": len(good),
        "failed": len(took_ms) - len(good),
        "p50_ms": round(statistics.median(good), 1) if good else None,
        "p99_ms": round(good[int(len(good) * 0.99) - 1], 1) if good else None,
    }


async def _open(target: Target, start: bytes, number: int, turn: asyncio.Semaphore) -> Streams:
    """From one of a few addresses that are not those of honest people."""
    async with turn:
        reader, writer = await target.connect(_ADDRESSES[number % len(_ADDRESSES)])
        writer.write(start)
        return reader, writer


async def _crawl(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte every two seconds, until the server ends it."""
    try:
        with suppress(OSError):
            while not reader.at_eof():
                writer.write(b"x")
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(4096), _BYTE_EVERY_SECONDS)
    finally:
        writer.close()


async def _honest(target: Target, requests: Sequence[bytes]) -> list[float | None]:
    clock, took_ms = SystemClock(), []
    client = HttpClient(target.port, seconds_max=10, tls=target.tls, idle_max=0)
    for request in requests:
        began_ms, ok = clock.mono_ms(), False
        with suppress(NoAnswerError):
            ok = (await client.send(request)).status == HTTPStatus.OK
        took_ms.append(float(clock.mono_ms() - began_ms) if ok else None)
        await asyncio.sleep(_HONEST_SECONDS / len(requests))
    return took_ms


def bench_newcomers(work: Path, *, newcomers: int = NEWCOMERS) -> dict[str, Any]:
    """The figures of `hadir bench newcomers --json`, by the Unix socket and by the port; progress beside."""
    allow_connections()
    crowd = make_crowd(work, TAPS_PER_S * _SECONDS)
    roads = {road: _beside_taps(crowd, work, road, newcomers) for road in ("socket", "port")}
    return {"newcomers": newcomers, "bursts": BURSTS, "taps_per_s": TAPS_PER_S, **roads}


def _beside_taps(crowd: CrowdFiles, work: Path, road: str, newcomers: int) -> dict[str, Any]:
    with fresh_sites(work, crowd, 1) as sites, running_gates(sites, {0, 1}) as gates, ThreadPoolExecutor(1) as crowds:
        address = gates[0].address if road == "socket" else str(gates[0].port)
        waits = crowds.submit(_bursts, address, newcomers)
        taps = run_load(work, LoadPlan(crowd, [address], [(TAPS_PER_S, _SECONDS)]), [gates[0].pid])
        waited = sorted(waits.result())
    figures = {
        "p50_ms": waited[len(waited) // 2] if waited else None,
        "p99_ms": waited[len(waited) * 99 // 100] if waited else None,
        "unanswered": BURSTS * newcomers - len(waited),
        "taps_unanswered": taps.phases[0]["due"] - taps.good,
        "taps_p99_ms": taps.phases[0]["p99_ms"],
    }
    say(f"by the {road}: {figures}")
    return figures


def _bursts(address: str, newcomers: int) -> Sequence[int]:
    """What each waited, in milliseconds."""
    time.sleep(_WARM_SECONDS)
    waited: list[int] = []
    for _ in range(BURSTS):
        waited += _burst(address, newcomers)
        time.sleep(_BETWEEN_SECONDS)
    return waited


def _burst(address: str, newcomers: int) -> Sequence[int]:
    """From the request to the answer; requests without one are left out."""
    clock, waited = SystemClock(), []
    with ExitStack() as stack, selectors.DefaultSelector() as waiting:
        for _ in range(newcomers):
            one = stack.enter_context(reach(address))
            one.sendall(_REQUEST)
            waiting.register(one, selectors.EVENT_READ, clock.mono_ms())
        until_ms = clock.mono_ms() + _PATIENCE_SECONDS * 1_000
        while waiting.get_map() and clock.mono_ms() < until_ms:
            for key, _ in waiting.select(0.1):
                one = cast("socket.socket", key.fileobj)
                if one.recv(4_096).startswith(b"HTTP/1.1 200"):
                    waited.append(clock.mono_ms() - key.data)
                waiting.unregister(one)
    return waited


# --- behind nginx -----------------------------------------------------------------------------------------------------


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
    crowd = make_crowd(work, _PROXY_PEOPLE)
    requests = first_requests(crowd, PUNCHES)
    with (
        fresh_folder(work.absolute() / "proxy") as folder,
        fresh_sites(work, crowd, 1) as sites,
        running_gates(sites, {0, 1}) as gates,
        running_proxy(folder, upstream(gates[0])) as proxy,
    ):
        return _measure(proxy, gates[0].pid, requests)


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
        left = iter(things)

        async def client(own: str) -> list[bool]:
            return [await act(one, own) for one in left]

        places = range(2, 2 + _PROXY_CLIENTS)
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
