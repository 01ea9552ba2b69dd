"""`hadir bench newcomers`: a thousand new connections at once, beside taps on connections that stay.

As nginx opens them beyond those that it keeps, when a school taps. Each newcomer asks for something that costs the gate
nothing: what he waits for is to be taken in.
"""

import selectors
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from hadir.clock import SystemClock
from hadir.gate.listening import allow_connections
from rehearsal.bench.crowd import Crowd, make_crowd
from rehearsal.bench.tools import (
    Plan,
    Tools,
    build_tools,
    fresh_sites,
    pid_of,
    reach,
    run_load,
    running_gates,
    say,
)

NEWCOMERS, BURSTS, TAPS_PER_S = 1_000, 5, 4_000
_WARM_SECONDS, _BETWEEN_SECONDS, _PATIENCE_SECONDS = 2, 1, 5
_SECONDS = _WARM_SECONDS + BURSTS * (_BETWEEN_SECONDS + 1)
_REQUEST = b"GET /v1/root HTTP/1.1\r\nhost: hadir\r\n\r\n"


def bench_newcomers(work: Path, *, newcomers: int = NEWCOMERS) -> dict[str, Any]:
    """The figures of `hadir bench newcomers --json`, by the Unix socket and by the port; progress beside."""
    allow_connections()
    tools, crowd = build_tools(work), make_crowd(work, TAPS_PER_S * _SECONDS)
    roads = {road: _beside_taps(tools, crowd, work, road, newcomers) for road in ("socket", "port")}
    return {"newcomers": newcomers, "bursts": BURSTS, "taps_per_s": TAPS_PER_S, **roads}


def _beside_taps(tools: Tools, crowd: Crowd, work: Path, road: str, newcomers: int) -> dict[str, Any]:
    with fresh_sites(work, crowd, 1) as sites, running_gates(sites, {0, 1}) as gates, ThreadPoolExecutor(1) as crowds:
        address = gates[0].address if road == "socket" else str(gates[0].port)
        waits = crowds.submit(_bursts, address, newcomers)
        taps = run_load(tools, Plan(crowd, [address], [(TAPS_PER_S, _SECONDS)]), [pid_of(gates[0])])
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
    """From when each had asked until he was answered; who was not is left out."""
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
