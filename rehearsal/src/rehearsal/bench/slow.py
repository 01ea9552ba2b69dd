"""`hadir bench slow`: clients that never finish their heads or bodies, and honest ones among them."""

import asyncio
import ssl
import statistics
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hadir.clock import SystemClock
from rehearsal.bench.crowd import first_requests, make_crowd
from rehearsal.bench.proxy import find_nginx, running_proxy, upstream
from rehearsal.bench.tools import fresh_folder, fresh_sites, pid_of, rss_mib, running_gates, say

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


@dataclass(frozen=True)
class Target:
    """Where to go; `tls` when it speaks TLS."""

    port: int
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"

    async def connect(self, own: str | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """From the address `own`, when it is given."""
        local = None if own is None else (own, 0)
        return await asyncio.open_connection(self.host, self.port, ssl=self.tls, local_addr=local)


@dataclass
class Slow:
    """How many slow connections were opened, and how many of them were ended by the server."""

    opened: int = 0
    ended: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def all_opened(self, count: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.opened >= count)

    async def one_opened(self) -> None:
        async with self.changed:
            self.opened += 1
            self.changed.notify_all()


def bench_slow(work: Path, *, heads: int = SLOW_HEADS, bodies: int = SLOW_BODIES) -> dict[str, Any]:
    """The gate alone, and behind the shipped nginx where that is installed."""
    crowd = make_crowd(work, 2 * HONEST)
    with fresh_sites(work, crowd, 1) as sites, running_gates(sites, {0, 1}) as gates:
        gate = gates[0]
        before_mib = rss_mib(pid_of(gate))
        honest = first_requests(crowd, 2 * HONEST)
        figures = asyncio.run(slow_morning(Target(gate.port), honest[:HONEST], heads=heads, bodies=bodies))
        figures["rss_growth_mib"] = round(rss_mib(pid_of(gate)) - before_mib, 1)
        if find_nginx() is not None:
            with fresh_folder(work.absolute() / "slow-proxy") as folder, running_proxy(folder, upstream(gate)) as proxy:
                target = Target(proxy.port, tls=proxy.tls())
                say("behind nginx")
                figures["nginx"] = asyncio.run(slow_morning(target, honest[HONEST:], heads=heads, bodies=bodies))
        return figures


async def slow_morning(target: Target, honest: Sequence[bytes], *, heads: int, bodies: int) -> dict[str, Any]:
    """Slow clients for as long as honest ones tap, one by one, each on a connection of its own."""
    slow = Slow()
    gate = asyncio.Semaphore(_OPENED_AT_ONCE)
    slugs = [asyncio.create_task(_crawl(target, _HEAD, slow, gate)) for _ in range(heads)]
    slugs += [asyncio.create_task(_crawl(target, _BODY, slow, gate)) for _ in range(bodies)]
    await asyncio.wait_for(slow.all_opened(heads + bodies), _OPEN_SECONDS_MAX)
    say(f"{slow.opened} slow connections")
    took_ms = await _honest(target, honest)
    for task in slugs:
        task.cancel()
    await asyncio.gather(*slugs, return_exceptions=True)
    good = sorted(ms for ms in took_ms if ms is not None)
    return {
        "slow_opened": slow.opened,
        "slow_ended_by_server": slow.ended,
        "honest": len(took_ms),
        "succeeded": len(good),
        "failed": len(took_ms) - len(good),
        "p50_ms": round(statistics.median(good), 1) if good else None,
        "p99_ms": round(good[int(len(good) * 0.99) - 1], 1) if good else None,
    }


async def _crawl(target: Target, start: bytes, slow: Slow, gate: asyncio.Semaphore) -> None:
    """A byte every two seconds, for ever, from one of a few addresses that are not those of honest people."""
    async with gate:
        reader, writer = await target.connect(_ADDRESSES[slow.opened % len(_ADDRESSES)])
        writer.write(start)
        await slow.one_opened()
    try:
        while not reader.at_eof():
            writer.write(b"x")
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(4096), _BYTE_EVERY_SECONDS)
        slow.ended += 1
    except OSError:
        slow.ended += 1
    finally:
        writer.close()


async def _honest(target: Target, requests: Sequence[bytes]) -> list[float | None]:
    clock, took_ms = SystemClock(), []
    for request in requests:
        began_ms = clock.mono_ms()
        try:
            ok = await asyncio.wait_for(_tap(target, request), 10)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            ok = False
        took_ms.append(float(clock.mono_ms() - began_ms) if ok else None)
        await asyncio.sleep(_HONEST_SECONDS / len(requests))
    return took_ms


async def _tap(target: Target, request: bytes) -> bool:
    reader, writer = await target.connect()
    try:
        writer.write(request)
        return (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    finally:
        writer.close()
