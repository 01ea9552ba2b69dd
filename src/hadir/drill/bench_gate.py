"""`hadir bench gate`: how fast the gate is, beside a C program that does only the unavoidable.

Both do the same work for the same crowd: distinct devices, real signatures, on disk before the answer. "One core" is
the server pinned to core 0 and the generator to core 1, in pairs of rounds that follow each other, so that a noisy
moment meets both. "Two cores" is two gates with a journal each, or two limits, and the generator, all on both cores.
"""

from collections.abc import Sequence
from contextlib import ExitStack
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

    def limit(self, count: int) -> Load:
        cores, generator = _cores(count)
        with ExitStack() as stack:
            journals = [self.work / f"limit-{number}.journal" for number in range(count)]
            limits = [stack.enter_context(running_limit(self.tools, self.crowd, at, cores)) for at in journals]
            phases = [(0, WARM_SECONDS), (0, ROUND_SECONDS)]
            plan = Plan(
                self.crowd, [port for port, _ in limits], phases, connections=count * SATURATION, cores=generator
            )
            return self._seen(run_load(self.tools, plan, [pid for _, pid in limits]))

    def gates(self, count: int, phases: Sequence[tuple[float, float]]) -> Load:
        cores, generator = _cores(count)
        with fresh_sites(self.work, self.crowd, count) as sites, running_gates(sites, cores, *self.arguments) as gates:
            plan = Plan(
                self.crowd, [gate.port for gate in gates], phases, connections=count * SATURATION, cores=generator
            )
            self.fast_verifier = bool(gates[0].call("GET", "/healthz").json["fast_verifier"])
            return self._seen(run_load(self.tools, plan, [pid_of(gate) for gate in gates]))

    def _seen(self, load: Load) -> Load:
        self.noise.append(load.others_cores)
        return load


def _cores(count: int) -> tuple[frozenset[int], frozenset[int]]:
    """The servers' and the generator's."""
    return (_SERVER, _GENERATOR) if count == 1 else (_BOTH, _BOTH)


def bench_gate(
    work: Path, *, pairs: int = PAIRS, people: int = PEOPLE, arguments: Sequence[str] = ()
) -> dict[str, Any]:
    """The figures of `hadir bench gate --json`; progress goes to standard error."""
    tools = build_tools(work)
    say(f"a crowd of {people} people")
    bench = _Bench(tools, make_crowd(work, people), work, arguments)
    limits, ones = _one_core(bench, pairs)
    two_limits, twos = _two_cores(bench)
    calm = _at_70(bench, median([load.per_s for load in ones]), median([load.per_s for load in twos]))
    return _figures(bench, one=(limits, ones), two=(two_limits, twos), calm=calm)


def _one_core(bench: _Bench, pairs: int) -> tuple[list[Load], list[Load]]:
    limits, ones = [], []
    for number in range(pairs):
        limits.append(bench.limit(1))
        ones.append(bench.gates(1, [(0, WARM_SECONDS), (0, ROUND_SECONDS)]))
        say(f"pair {number + 1}: limit {_brief(limits[-1])}, gate {_brief(ones[-1])}")
    return limits, ones


def _two_cores(bench: _Bench) -> tuple[list[Load], list[Load]]:
    limits, twos = [], []
    for _ in range(ROUNDS):
        limits.append(bench.limit(2))
        twos.append(bench.gates(2, [(0, WARM_SECONDS), (0, ROUND_SECONDS)]))
        say(f"on two cores: two limits {_brief(limits[-1])}, two gates {_brief(twos[-1])}")
    return limits, twos


def _at_70(bench: _Bench, one_per_s: float, two_per_s: float) -> tuple[list[Load], list[Load]]:
    calm_one, calm_two = [], []
    for _ in range(ROUNDS):
        calm_two.append(bench.gates(2, _calm(two_per_s)))
        calm_one.append(bench.gates(1, _calm(one_per_s)))
        say(f"at 70 %: two gates {_brief(calm_two[-1])}; one {_brief(calm_one[-1])}")
    return calm_one, calm_two


def _calm(per_s: float) -> list[tuple[float, float]]:
    return [(CALM_PART * per_s, WARM_SECONDS), (CALM_PART * per_s, ROUND_SECONDS)]


def _brief(load: Load) -> str:
    last = load.phases[-1]
    return f"{load.per_s:.0f}/s {load.cpu_us:.0f} us p99 {last['p99_ms']:.1f} ms (others {load.others_cores:.2f} cores)"


def _figures(
    bench: _Bench,
    *,
    one: tuple[list[Load], list[Load]],
    two: tuple[list[Load], list[Load]],
    calm: tuple[list[Load], list[Load]],
) -> dict[str, Any]:
    """`one` and `two`: the limits and the gates on so many cores, in pairs; `calm`: one gate and two at 70 %."""
    (limits, ones), (two_limits, twos) = one, two
    pairs = list(zip(limits, ones, strict=True))
    others = median(bench.noise)
    return {
        "ratio_to_openssl_limit": median([gate.per_s / limit.per_s for limit, gate in pairs]),
        "fast_verifier": bench.fast_verifier,
        "punches_per_s_one_core": median([one.per_s for one in ones], 0),
        "punches_per_s_two_cores": median([two.per_s for two in twos], 0),
        "p99_ms_at_70": median([load.phases[-1]["p99_ms"] for load in calm[1]]),
        "cpu_us_per_punch": median([one.cpu_us for one in ones], 1),
        "cpu_ratio_to_openssl_limit": median([limit.cpu_us / gate.cpu_us for limit, gate in pairs]),
        "limit_per_s_one_core": median([limit.per_s for limit in limits], 0),
        "limit_cpu_us": median([limit.cpu_us for limit in limits], 1),
        "limit_per_s_two_cores": median([limit.per_s for limit in two_limits], 0),
        "ratio_two_cores": median([two.per_s / limit.per_s for limit, two in zip(two_limits, twos, strict=True)]),
        "one_core": _latency(ones),
        "two_cores": _latency(twos),
        "one_core_at_70": _latency(calm[0]),
        "two_cores_at_70": _latency(calm[1]),
        "generator_cpu_us": median([load.generator_s * 1e6 / max(load.good, 1) for load in ones], 1),
        "other_programs_cores": others,
        "noisy": others > NOISE_CORES_MAX,
    }


def _latency(loads: list[Load]) -> dict[str, float]:
    names = ("p50_ms", "p99_ms", "p999_ms")
    return {name: median([load.phases[-1][name] for load in loads]) for name in names}
