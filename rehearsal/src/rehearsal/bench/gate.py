"""`hadir bench gate`: how fast the gate is, beside a C program that does only the unavoidable.

Both do the same work for the same crowd: distinct devices, real signatures, on disk before the answer. "One core" is
the server pinned to core 0 and the generator to core 1; "two cores" is two gates with a journal each, or two limits,
and the generator, all on both cores. Requests come by a Unix socket, as from the shipped nginx, or by loopback's TCP
(`--tcp`). A round is the limit, the gate, and the gate at 70 % of what it just did, one
after the other: a machine that others use too changes its speed within minutes, and what is compared should meet the
same moment.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.bench.crowd import Crowd, make_crowd
from rehearsal.bench.tools import (
    NOISE_CORES_MAX,
    SATURATION,
    Load,
    Plan,
    Tools,
    build_tools,
    fresh_sites,
    median,
    pid_of,
    run_load,
    running_gates,
    running_limit,
    say,
)

#: More than two gates answer in a round.
PEOPLE = 150_000
PAIRS = 5
ROUND_SECONDS = 4
WARM_SECONDS = 1
CALM_PART = 0.7
_SERVER, _GENERATOR, _BOTH = frozenset({0}), frozenset({1}), frozenset({0, 1})


@dataclass
class _Bench:
    tools: Tools
    crowd: Crowd
    work: Path
    arguments: Sequence[str] = ()
    tcp: bool = False
    noise: list[float] = field(default_factory=list)
    fast_verifier: bool = False

    def limit(self, count: int) -> Load:
        cores, generator = _cores(count)
        with ExitStack() as stack:
            journals = [self.work / f"limit-{number}.journal" for number in range(count)]
            limits = [
                stack.enter_context(running_limit(self.tools, self.crowd, at, cores, tcp=self.tcp)) for at in journals
            ]
            phases = [(0, WARM_SECONDS), (0, ROUND_SECONDS)]
            plan = Plan(
                self.crowd, [address for address, _ in limits], phases, connections=count * SATURATION, cores=generator
            )
            return self._seen(run_load(self.tools, plan, [pid for _, pid in limits]))

    def gates(self, count: int, phases: Sequence[tuple[float, float]]) -> Load:
        cores, generator = _cores(count)
        with fresh_sites(self.work, self.crowd, count) as sites, running_gates(sites, cores, *self.arguments) as gates:
            addresses = [str(gate.port) if self.tcp else gate.address for gate in gates]
            plan = Plan(self.crowd, addresses, phases, connections=count * SATURATION, cores=generator)
            self.fast_verifier = bool(gates[0].call("GET", "/healthz").json["fast_verifier"])
            return self._seen(run_load(self.tools, plan, [pid_of(gate) for gate in gates]))

    def _seen(self, load: Load) -> Load:
        self.noise.append(load.others_cores)
        return load


def _cores(count: int) -> tuple[frozenset[int], frozenset[int]]:
    """The servers' and the generator's."""
    return (_SERVER, _GENERATOR) if count == 1 else (_BOTH, _BOTH)


@dataclass(frozen=True)
class _Round:
    limit: Load
    full: Load
    calm: Load


def bench_gate(
    work: Path, *, pairs: int = PAIRS, people: int = PEOPLE, arguments: Sequence[str] = (), tcp: bool = False
) -> dict[str, Any]:
    """The figures of `hadir bench gate --json`; progress goes to standard error."""
    tools = build_tools(work)
    say(f"a crowd of {people} people")
    bench = _Bench(tools, make_crowd(work, people), work, arguments, tcp)
    one, two = ([_round(bench, count) for _ in range(pairs)] for count in (1, 2))
    return _figures(bench, one, two)


def _round(bench: _Bench, count: int) -> _Round:
    limit, full = bench.limit(count), bench.gates(count, [(0, WARM_SECONDS), (0, ROUND_SECONDS)])
    rate = CALM_PART * full.per_s
    calm = bench.gates(count, [(rate, WARM_SECONDS), (rate, ROUND_SECONDS)])
    say(f"cores {count}: limit {_brief(limit)}, gate {_brief(full)}, at 70 % {_brief(calm)}")
    return _Round(limit, full, calm)


def _brief(load: Load) -> str:
    last = load.phases[-1]
    return f"{load.per_s:.0f}/s {load.cpu_us:.0f} us p99 {last['p99_ms']:.1f} ms (others {load.others_cores:.2f} cores)"


def _figures(bench: _Bench, one: Sequence[_Round], two: Sequence[_Round]) -> dict[str, Any]:
    """`one` and `two`: the rounds on so many cores."""
    others = median(bench.noise)
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
        "other_programs_cores": others,
        "noisy": others > NOISE_CORES_MAX,
    }


def _latency(loads: list[Load]) -> dict[str, float]:
    names = ("p50_ms", "p99_ms", "p999_ms")
    return {name: median([load.phases[-1][name] for load in loads]) for name in names}
