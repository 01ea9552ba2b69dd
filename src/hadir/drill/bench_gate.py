"""`hadir bench gate`: how fast the gate is, beside a C program that does only the unavoidable.

Both do the same work for the same crowd: distinct devices, real signatures, on disk before the answer. "One core" is
the server pinned to core 0 and the generator to core 1, in pairs of rounds that follow each other, so that a noisy
moment meets both. "Two cores" is two gates with a journal each, and the generator, all on both cores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hadir.drill.bench_crowd import Crowd, make_crowd
from hadir.drill.bench_tools import (
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

PEOPLE = 100_000
PAIRS = 5
ROUNDS = 3
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
    noise: list[float] = field(default_factory=list)
    fast_verifier: bool = False

    def limit(self) -> Load:
        with running_limit(self.tools, self.crowd, self.work / "limit.journal", _SERVER) as (port, pid):
            plan = Plan(self.crowd, [port], [(0, WARM_SECONDS), (0, ROUND_SECONDS)], cores=_GENERATOR)
            return self._seen(run_load(self.tools, plan, [pid]))

    def gates(self, count: int, phases: Sequence[tuple[float, float]]) -> Load:
        cores, generator = (_SERVER, _GENERATOR) if count == 1 else (_BOTH, _BOTH)
        with fresh_sites(self.work, self.crowd, count) as sites, running_gates(sites, cores, *self.arguments) as gates:
            plan = Plan(
                self.crowd, [gate.port for gate in gates], phases, connections=count * SATURATION, cores=generator
            )
            self.fast_verifier = bool(gates[0].call("GET", "/healthz").json["fast_verifier"])
            return self._seen(run_load(self.tools, plan, [pid_of(gate) for gate in gates]))

    def _seen(self, load: Load) -> Load:
        self.noise.append(load.others_cores)
        return load


def bench_gate(
    work: Path, *, pairs: int = PAIRS, people: int = PEOPLE, arguments: Sequence[str] = ()
) -> dict[str, Any]:
    """The figures of `hadir bench gate --json`; progress goes to standard error."""
    tools = build_tools(work)
    say(f"a crowd of {people} people")
    bench = _Bench(tools, make_crowd(work, people), work, arguments)
    limits, ones = _one_core(bench, pairs)
    twos, calm_one, calm_two = _two_cores(bench, median([load.per_s for load in ones]))
    return _figures(bench, limits=limits, ones=ones, twos=twos, calm=(calm_one, calm_two))


def _one_core(bench: _Bench, pairs: int) -> tuple[list[Load], list[Load]]:
    limits, ones = [], []
    for number in range(pairs):
        limits.append(bench.limit())
        ones.append(bench.gates(1, [(0, WARM_SECONDS), (0, ROUND_SECONDS)]))
        say(f"pair {number + 1}: limit {_brief(limits[-1])}, gate {_brief(ones[-1])}")
    return limits, ones


def _two_cores(bench: _Bench, one_per_s: float) -> tuple[list[Load], list[Load], list[Load]]:
    twos, calm_one, calm_two = [], [], []
    for _ in range(ROUNDS):
        twos.append(bench.gates(2, [(0, WARM_SECONDS), (0, ROUND_SECONDS)]))
        say(f"two gates: {_brief(twos[-1])}")
    for _ in range(ROUNDS):
        two_per_s = median([load.per_s for load in twos])
        calm_two.append(bench.gates(2, _calm(two_per_s)))
        calm_one.append(bench.gates(1, _calm(one_per_s)))
        say(f"at 70 %: two gates {_brief(calm_two[-1])}; one {_brief(calm_one[-1])}")
    return twos, calm_one, calm_two


def _calm(per_s: float) -> list[tuple[float, float]]:
    return [(CALM_PART * per_s, WARM_SECONDS), (CALM_PART * per_s, ROUND_SECONDS)]


def _brief(load: Load) -> str:
    last = load.phases[-1]
    return f"{load.per_s:.0f}/s {load.cpu_us:.0f} us p99 {last['p99_ms']:.1f} ms (others {load.others_cores:.2f} cores)"


def _figures(
    bench: _Bench, *, limits: list[Load], ones: list[Load], twos: list[Load], calm: tuple[list[Load], list[Load]]
) -> dict[str, Any]:
    pairs = list(zip(limits, ones, strict=True))
    others = median(bench.noise)
    return {
        "ratio_to_openssl_limit": median([one.per_s / limit.per_s for limit, one in pairs]),
        "fast_verifier": bench.fast_verifier,
        "punches_per_s_one_core": median([one.per_s for one in ones], 0),
        "punches_per_s_two_cores": median([two.per_s for two in twos], 0),
        "p99_ms_at_70": median([load.phases[-1]["p99_ms"] for load in calm[1]]),
        "cpu_us_per_punch": median([one.cpu_us for one in ones], 1),
        "cpu_ratio_to_openssl_limit": median([limit.cpu_us / one.cpu_us for limit, one in pairs]),
        "limit_per_s_one_core": median([limit.per_s for limit in limits], 0),
        "limit_cpu_us": median([limit.cpu_us for limit in limits], 1),
        "one_core": _latency(ones),
        "two_cores": _latency(twos),
        "one_core_at_70": _latency(calm[0]),
        "two_cores_at_70": _latency(calm[1]),
        "generator_cpu_us": median([one.generator_s * 1e6 / max(one.good, 1) for one in ones], 1),
        "other_programs_cores": others,
        "noisy": others > NOISE_CORES_MAX,
    }


def _latency(loads: list[Load]) -> dict[str, float]:
    names = ("p50_ms", "p99_ms", "p999_ms")
    return {name: median([load.phases[-1][name] for load in loads]) for name in names}
