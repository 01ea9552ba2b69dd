"""`hadir bench overload`: a gate slowed down to a cheap server, offered two and ten times what it can do.

Open loop: the crowd does not wait for anybody. What is refused is offered again later, so that the same crowd serves
for all of it. Recovery counts from the end of the tenfold minute to the second from which on every p99 is calm.

Capacity is the median of several windows, some before and some after, on a machine whose other work comes and goes. It
is a closed loop of so few connections that none is refused: whoever is refused in a closed loop comes back at once, and
the refusals of such a storm ate half of what was to be measured (74 to 832 a second were seen on one machine).
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.bench.crowd import Crowd, make_crowd
from rehearsal.bench.gate import PEOPLE
from rehearsal.bench.tools import (
    NOISE_CORES_MAX,
    Load,
    Plan,
    Tools,
    build_tools,
    fresh_sites,
    median,
    pid_of,
    rss_mib,
    run_load,
    running_gates,
    say,
)
from rehearsal.gates import SLOW_GATE

#: About a thousand records a second: a slow disk for each batch, a slow processor for each record.
SLOW = ("--batch-ms", "5", "--record-us", "850")
CONNECTIONS = 4_000
#: When nothing slows the gate, the line has to be longer than this for its bound to be met.
RAW_CONNECTIONS = 12_000
CAPACITY_WINDOWS = 3
CALM_P99_MS = 250.0
_SAMPLE_SECONDS = 0.25


@dataclass(frozen=True)
class Times:
    """Seconds of each part; `capacity` of each of its windows. `before` fills the caches of an ordinary morning, so
    that memory's growth is the crowd's: its connections and its line.
    """

    capacity: int = 4
    before: int = 10
    double: int = 15
    tenfold: int = 60
    after: int = 15
    raw: int = 5


SHORT = Times(capacity=2, before=3, double=4, tenfold=6, after=7, raw=0)


class _Memory(threading.Thread):
    """The largest resident memory of a process while it is watched."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.first_mib = self.largest_mib = rss_mib(pid)
        self._pid = pid
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            self.largest_mib = max(self.largest_mib, rss_mib(self._pid))

    def growth_mib(self) -> float:
        self._ended.set()
        self.join()
        return self.largest_mib - self.first_mib


def bench_overload(
    work: Path, *, times: Times | None = None, people: int = PEOPLE, slow: Sequence[str] = SLOW
) -> dict[str, Any]:
    """The figures of `hadir bench overload --json`; progress goes to standard error."""
    parts = times or Times()
    tools, crowd = build_tools(work), make_crowd(work, people)
    windows = _capacity(tools, crowd, work, parts, slow)
    capacity = median(windows, 0)
    say(f"capacity {capacity:.0f}/s, of {windows}")
    with fresh_sites(work, crowd, 1) as sites, running_gates(sites, {0, 1}, *slow, program=SLOW_GATE) as gates:
        pid, address = pid_of(gates[0]), gates[0].address
        before = run_load(tools, Plan(crowd, [address], [(0.5 * capacity, parts.before)]), [pid])
        phases = [(0.5 * capacity, 3), (2 * capacity, parts.double)]
        phases += [(10 * capacity, parts.tenfold), (0.5 * capacity, parts.after)]
        memory = _Memory(pid)
        plan = Plan(crowd, [address], phases, connections=CONNECTIONS, first=before.good + before.unanswered)
        load = run_load(tools, plan, [pid])
        growth_mib = memory.growth_mib()
    windows += _capacity(tools, crowd, work, parts, slow)
    say(f"capacity {median(windows, 0):.0f}/s, of {windows}")
    figures = _figures(load, median(windows, 0), growth_mib)
    return {**figures, "capacity_windows": windows, **_raw(tools, crowd, work, parts)}


def _capacity(tools: Tools, crowd: Crowd, work: Path, parts: Times, slow: Sequence[str]) -> list[int]:
    """Answers per second in each window, after a warm one."""
    with fresh_sites(work, crowd, 1) as sites, running_gates(sites, {0, 1}, *slow, program=SLOW_GATE) as gates:
        phases = [(0.0, parts.capacity)] * (1 + CAPACITY_WINDOWS)
        plan = Plan(crowd, [gates[0].address], phases)
        load = run_load(tools, plan, [pid_of(gates[0])])
    return [round(window["good"] / window["seconds"]) for window in load.phases[1:]]


def _raw(tools: Tools, crowd: Crowd, work: Path, parts: Times) -> dict[str, Any]:
    """Twice what the gate can do when nothing slows it: then the generator and it want the same two cores."""
    if not parts.raw:
        return {}
    with fresh_sites(work, crowd, 1) as sites, running_gates(sites, {0, 1}) as gates:
        pid, address = pid_of(gates[0]), gates[0].address
        closed = Plan(crowd, [address], [(0.0, parts.capacity)] * 2)
        calm = run_load(tools, closed, [pid])
        rate, first = 2 * calm.per_s, calm.good + calm.unanswered
        plan = Plan(crowd, [address], [(rate, parts.raw)], connections=RAW_CONNECTIONS, first=first)
        double = run_load(tools, plan, [pid]).phases[0]
    say(f"not slowed: {calm.per_s:.0f}/s, at twice that {double['good'] / double['seconds']:.0f}/s")
    return {
        "raw_capacity": round(calm.per_s),
        "raw_goodput_2x": round(double["good"] / double["seconds"] / calm.per_s, 3),
        "raw_refused_p99_ms": double["busy_p99_ms"],
        "raw_p99_ms_2x": double["p99_ms"],
    }


def _figures(load: Load, capacity: float, growth_mib: float) -> dict[str, Any]:
    calm, double, tenfold, after = load.phases
    others = round(load.others_cores, 2)
    return {
        "capacity": round(capacity),
        "goodput_2x": round(double["good"] / double["seconds"] / capacity, 3),
        "goodput_10x": round(tenfold["good"] / tenfold["seconds"] / capacity, 3),
        "refused_p99_ms": max(double["busy_p99_ms"], tenfold["busy_p99_ms"]),
        "recovery_s": _recovery_s(after["by_second"]),
        "rss_growth_mib": round(growth_mib, 1),
        "p99_ms_before": calm["p99_ms"],
        "p99_ms_2x": double["p99_ms"],
        "p99_ms_10x": tenfold["p99_ms"],
        "refused_2x": double["busy"],
        "refused_10x": tenfold["busy"],
        "late": sum(phase["late"] for phase in load.phases),
        "other_answers": sum(phase["other"] for phase in load.phases),
        "unanswered": load.unanswered,
        "refused_without_retry_after": load.no_retry_after,
        "server_cores_10x": round(load.server_s / sum(phase["seconds"] for phase in load.phases), 2),
        "other_programs_cores": others,
        "noisy": others > NOISE_CORES_MAX,
    }


def _recovery_s(by_second: Sequence[Sequence[float]]) -> int | None:
    """Seconds until every later second was calm; None when the last was not."""
    last = 0
    for second, (good, busy, p99_ms) in enumerate(by_second, start=1):
        if busy or not good or p99_ms > CALM_P99_MS:
            last = second
    return None if last == len(by_second) else last
