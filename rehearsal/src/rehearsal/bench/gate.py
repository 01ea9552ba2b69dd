"""`hadir bench gate`: how fast the gate is, beside a C program that does only the unavoidable.

Both do the same work for the same crowd: distinct devices, real signatures, on disk before the answer. "One core" is
the server pinned to core 0 and the generator to core 1; "two cores" is two gates with a journal each, or two limits,
and the generator, all on both cores. Requests come by a Unix socket, as from the shipped nginx, or by loopback's TCP
(`--tcp`). A round is the limit, the gate, and the gate at 70 % of what it just did, one
after the other: a machine that others use too changes its speed within minutes, and what is compared should meet the
same moment.

`hadir bench overload`: a gate slowed down to a cheap server, offered two and ten times what it can do. Open loop: the
crowd does not wait for anybody. What is refused is offered again later, so that the same crowd serves for all of it.
Recovery counts from the end of the tenfold minute to the second from which on every p99 is calm. Capacity is the median
of several windows, some before and some after, on a machine whose other work comes and goes. It is a closed loop of so
few connections that none is refused: a client that is refused in a closed loop comes back at once, and the refusals of
such a storm ate half of what was to be measured (74 to 832 a second were seen on one machine).
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.bench.crowd import CrowdFiles, make_crowd
from rehearsal.bench.profile import bench_profile
from rehearsal.bench.tools import (
    SATURATION,
    Load,
    LoadPlan,
    fresh_sites,
    median,
    rss_mib,
    run_load,
    running_gates,
    running_limit,
)
from rehearsal.watch import say

#: More than two gates answer in a round.
PEOPLE = 150_000
ROUND_SECONDS = 4
WARM_SECONDS = 1
CALM_PART = 0.7
_SERVER, _GENERATOR, _BOTH = frozenset({0}), frozenset({1}), frozenset({0, 1})

#: About a thousand records a second: a slow disk for each batch, a slow processor for each record.
SLOW = ("--slow-batch-ms", "5", "--slow-record-us", "850")
CONNECTIONS = 4_000
#: When nothing slows the gate, the line has to be longer than this for its bound to be met.
RAW_CONNECTIONS = 12_000
CAPACITY_WINDOWS = 3
CALM_P99_MS = 250.0


@dataclass
class _Bench:
    crowd: CrowdFiles
    work: Path
    arguments: Sequence[str] = ()
    tcp: bool = False
    fast_verifier: bool = False

    def limit(self, count: int) -> Load:
        cores, generator = _cores(count)
        with ExitStack() as stack:
            journals = [self.work / f"limit-{number}.journal" for number in range(count)]
            limits = [
                stack.enter_context(running_limit(self.work, self.crowd, at, cores, tcp=self.tcp)) for at in journals
            ]
            phases = [(0, WARM_SECONDS), (0, ROUND_SECONDS)]
            plan = LoadPlan(
                self.crowd, [address for address, _ in limits], phases, connections=count * SATURATION, cores=generator
            )
            return run_load(self.work, plan, [pid for _, pid in limits])

    def gates(self, count: int, phases: Sequence[tuple[float, float]]) -> Load:
        cores, generator = _cores(count)
        with fresh_sites(self.work, self.crowd, count) as sites, running_gates(sites, cores, *self.arguments) as gates:
            addresses = [str(gate.port) if self.tcp else gate.address for gate in gates]
            plan = LoadPlan(self.crowd, addresses, phases, connections=count * SATURATION, cores=generator)
            self.fast_verifier = bool(gates[0].call("GET", "/healthz").json["fast_verifier"])
            return run_load(self.work, plan, [gate.pid for gate in gates])


def _cores(count: int) -> tuple[frozenset[int], frozenset[int]]:
    """The servers' and the generator's."""
    return (_SERVER, _GENERATOR) if count == 1 else (_BOTH, _BOTH)


@dataclass(frozen=True)
class _Round:
    limit: Load
    full: Load
    calm: Load


def bench_gate(  # noqa: PLR0913 - as the command
    work: Path, *, pairs: int, profile: bool, asgi: bool, plain_verifier: bool, tcp: bool
) -> dict[str, Any]:
    if profile:
        return bench_profile(work, plain_verifier=plain_verifier)
    say(f"a crowd of {PEOPLE} people")
    arguments = ["--asgi"] * asgi + ["--plain-verifier"] * plain_verifier
    bench = _Bench(make_crowd(work, PEOPLE), work, arguments, tcp)
    one, two = ([_round(bench, count) for _ in range(pairs)] for count in (1, 2))
    return {
        "ratio_to_openssl_limit": median([each.full.per_s / each.limit.per_s for each in one]),
        "fast_verifier": bench.fast_verifier,
        "punches_per_s_one_core": median([each.full.per_s for each in one], 0),
        "punches_per_s_two_cores": median([each.full.per_s for each in two], 0),
        "p99_ms_at_70": median([each.calm.phases[-1]["p99_ms"] for each in two]),
        "cpu_us_per_punch": median([each.full.cpu_us for each in one], 1),
        "cpu_ratio_to_openssl_limit": median([each.limit.cpu_us / each.full.cpu_us for each in one]),
        "limit_per_s_one_core": median([each.limit.per_s for each in one], 0),
        "limit_cpu_us": median([each.limit.cpu_us for each in one], 1),
        "limit_per_s_two_cores": median([each.limit.per_s for each in two], 0),
        "ratio_two_cores": median([each.full.per_s / each.limit.per_s for each in two]),
        "one_core": _latency([each.full for each in one]),
        "two_cores": _latency([each.full for each in two]),
        "one_core_at_70": _latency([each.calm for each in one]),
        "two_cores_at_70": _latency([each.calm for each in two]),
        "generator_cpu_us": median([each.full.generator_s * 1e6 / max(each.full.good, 1) for each in one], 1),
    }


def _round(bench: _Bench, count: int) -> _Round:
    limit, full = bench.limit(count), bench.gates(count, [(0, WARM_SECONDS), (0, ROUND_SECONDS)])
    rate = CALM_PART * full.per_s
    calm = bench.gates(count, [(rate, WARM_SECONDS), (rate, ROUND_SECONDS)])
    say(f"cores {count}: limit {_brief(limit)}, gate {_brief(full)}, at 70 % {_brief(calm)}")
    return _Round(limit, full, calm)


def _brief(load: Load) -> str:
    last = load.phases[-1]
    return f"{load.per_s:.0f}/s {load.cpu_us:.0f} us p99 {last['p99_ms']:.1f} ms"


def _latency(loads: list[Load]) -> dict[str, float]:
    names = ("p50_ms", "p99_ms", "p999_ms")
    return {name: median([load.phases[-1][name] for load in loads]) for name in names}


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


def bench_overload(work: Path, *, short: bool, wait_ms: int | None = None, people: int = PEOPLE) -> dict[str, Any]:
    parts = SHORT if short else Times()
    slow = SLOW if wait_ms is None else (*SLOW, "--wait-ms", str(wait_ms))
    crowd = make_crowd(work, people)
    windows = _capacity(crowd, work, parts, slow)
    capacity = median(windows, 0)
    say(f"capacity {capacity:.0f}/s, of {windows}")
    with fresh_sites(work, crowd, 1) as sites, running_gates(sites, {0, 1}, *slow) as gates:
        pid, address = gates[0].pid, gates[0].address
        before = run_load(work, LoadPlan(crowd, [address], [(0.5 * capacity, parts.before)]), [pid])
        phases = [(0.5 * capacity, 3), (2 * capacity, parts.double)]
        phases += [(10 * capacity, parts.tenfold), (0.5 * capacity, parts.after)]
        before_mib = rss_mib(pid)
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # its peak begins anew
        plan = LoadPlan(crowd, [address], phases, connections=CONNECTIONS, first=before.good + before.unanswered)
        load = run_load(work, plan, [pid])
        growth_mib = rss_mib(pid, peak=True) - before_mib
    windows += _capacity(crowd, work, parts, slow)
    say(f"capacity {median(windows, 0):.0f}/s, of {windows}")
    capacity = median(windows, 0)
    calm, double, tenfold, after = load.phases
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
        "capacity_windows": windows,
        **_raw(crowd, work, parts),
    }


def _capacity(crowd: CrowdFiles, work: Path, parts: Times, slow: Sequence[str]) -> list[int]:
    """Answers per second in each window, after a warm one."""
    with fresh_sites(work, crowd, 1) as sites, running_gates(sites, {0, 1}, *slow) as gates:
        phases = [(0.0, parts.capacity)] * (1 + CAPACITY_WINDOWS)
        plan = LoadPlan(crowd, [gates[0].address], phases)
        load = run_load(work, plan, [gates[0].pid])
    return [round(window["good"] / window["seconds"]) for window in load.phases[1:]]


def _raw(crowd: CrowdFiles, work: Path, parts: Times) -> dict[str, Any]:
    """Twice what the gate can do when nothing slows it: then the generator and it want the same two cores."""
    if not parts.raw:
        return {}
    with fresh_sites(work, crowd, 1) as sites, running_gates(sites, {0, 1}) as gates:
        pid, address = gates[0].pid, gates[0].address
        closed = LoadPlan(crowd, [address], [(0.0, parts.capacity)] * 2)
        calm = run_load(work, closed, [pid])
        rate, first = 2 * calm.per_s, calm.good + calm.unanswered
        plan = LoadPlan(crowd, [address], [(rate, parts.raw)], connections=RAW_CONNECTIONS, first=first)
        double = run_load(work, plan, [pid]).phases[0]
    say(f"not slowed: {calm.per_s:.0f}/s, at twice that {double['good'] / double['seconds']:.0f}/s")
    return {
        "raw_capacity": round(calm.per_s),
        "raw_goodput_2x": round(double["good"] / double["seconds"] / calm.per_s, 3),
        "raw_refused_p99_ms": double["busy_p99_ms"],
        "raw_p99_ms_2x": double["p99_ms"],
    }


def _recovery_s(by_second: Sequence[Sequence[float]]) -> int | None:
    """Seconds until every later second was calm; None when the last was not."""
    last = 0
    for second, (good, busy, p99_ms) in enumerate(by_second, start=1):
        if busy or not good or p99_ms > CALM_P99_MS:
            last = second
    return None if last == len(by_second) else last
