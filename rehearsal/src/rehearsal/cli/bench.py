"""`hadir bench`: how fast gate, law and office are, and how the gate bears too much.

Figures to standard output, progress beside.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from rehearsal.bench.goals import bench_all, goals_of
from rehearsal.figures import tell_figures

OFF = False
ALL = ("",)
"""Every goal of a benchmark decides its exit status."""


@dataclass(frozen=True)
class BenchOption:
    """An argument of a benchmark's function: `initial` is False for a switch; `said` is added to the title of figures
    that were measured with another value.
    """

    name: str
    initial: float | None
    help: str
    said: str = ""

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        flag = f"--{self.name.replace('_', '-')}"
        if self.initial is False:
            parser.add_argument(flag, action="store_true", help=self.help)
        else:
            parse = float if isinstance(self.initial, float) else int
            parser.add_argument(flag, type=parse, default=self.initial, help=self.help)


@dataclass(frozen=True)
class Benchmark:
    """`bench_NAME` of `rehearsal.bench.MODULE`; `decides` begins the figures whose goals decide the exit status."""

    module: str
    help: str
    options: tuple[BenchOption, ...] = ()
    decides: tuple[str, ...] = ()


BENCHMARKS = {
    "all": Benchmark("goals", "every one of them, each with its goals and its time"),
    "gate": Benchmark(
        "gate",
        "speed, beside a C program that does only the unavoidable",
        (
            BenchOption("pairs", 5, "rounds on one core, and as many on two"),
            BenchOption("profile", OFF, "where a punch spends its time, instead", "part by part"),
            BenchOption("asgi", OFF, "the gate as an ASGI application", "asgi"),
            BenchOption("plain_verifier", OFF, "as on a machine without AVX512-IFMA", "plain verifier"),
            BenchOption("tcp", OFF, "over loopback's TCP, instead of a Unix socket", "tcp"),
        ),
    ),
    "overload": Benchmark(
        "gate",
        "twice and ten times what a slowed gate can do",
        (
            BenchOption("short", OFF, "half a minute, for the check"),
            BenchOption(
                "wait_ms", None, "another bound of the gate's line than its own (decision 0014)", "line of {} ms"
            ),
        ),
    ),
    "slow": Benchmark("connections", "clients that never finish, and honest ones among them", decides=("failed",)),
    "newcomers": Benchmark("connections", "a thousand new connections at once, beside taps"),
    "nation": Benchmark(
        "nation",
        "many distinct people, one roster, one gate",
        (BenchOption("people", 5_000_000, "who tap, each once", "{} people"),),
        decides=ALL,
    ),
    "proxy": Benchmark("proxy", "behind the shipped nginx, a new TLS connection for each punch"),
    "rules": Benchmark(
        "rules",
        "the law for a nation: every tap weighed, every person-day judged",
        (
            BenchOption("people", 5_000_000, "whose days are judged"),
            BenchOption("days", 1, "working days of a month, at most 22", "{} days"),
        ),
    ),
    "office": Benchmark(
        "office",
        "the register's search and a unit's today, on the server",
        (BenchOption("people", 10_000, "in the regency"),),
    ),
    "herd": Benchmark(
        "herd",
        "20,000 phones whose gate is away for ten minutes at the peak",
        (
            BenchOption("phones", 20_000, "that tap, each once"),
            BenchOption("speed", 20.0, "simulated seconds for each real one"),
            BenchOption("model_only", OFF, "simulated time only, for the check"),
        ),
        decides=ALL,
    ),
    "audit": Benchmark(
        "audit",
        "how long the audit of a million taps takes",
        (BenchOption("entries", 1_000_000, "taps"),),
        decides=("ok",),
    ),
    "isolation": Benchmark(
        "isolation",
        "taps while the office is asked for all that it can do",
        (BenchOption("short", OFF, "fewer people and log-ins, for the check"),),
        decides=ALL,
    ),
    "revocation": Benchmark(
        "revocation",
        "from the office's click until the gate flags the phone",
        (BenchOption("times", 20, "how many phones are revoked"),),
        decides=ALL,
    ),
    "exports": Benchmark(
        "exports",
        "what pages cost while large files are made beside them",
        (BenchOption("people", 4_800, "in the regency"),),
        decides=ALL,
    ),
    "recap": Benchmark(
        "recap", "a month's recap of a unit, from the database to rows", (BenchOption("people", 1_000, "in the unit"),)
    ),
}


def add_bench(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The `bench` command and its parts."""
    bench = commands.add_parser("bench", help="measure the gate, the law and the office on this machine")
    parts = bench.add_subparsers(required=True, metavar="WHAT", dest="benchmark")
    for name, benchmark in BENCHMARKS.items():
        part = parts.add_parser(name, help=benchmark.help)
        for option in benchmark.options:
            option.add_to(part)
        part.add_argument("--json", action="store_true", help="one JSON object")
        part.add_argument("--figures", type=Path, help="write them into this file too (docs/figures.md)")
        part.add_argument("--work", type=Path, default=Path("build/bench"), help="where crowds and scratch folders lie")
        part.set_defaults(command=_stopping_in_order(_all if name == "all" else _measure))


def _stopping_in_order(command: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """SIGTERM ends it as Ctrl-C does: with the programs that it started, and with its scratch folders."""

    def run(arguments: argparse.Namespace) -> int:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        return command(arguments)

    return run


def _measure(arguments: argparse.Namespace) -> int:
    """1 when a goal that decides was missed."""
    name = arguments.benchmark
    benchmark = BENCHMARKS[name]
    given = {option.name: getattr(arguments, option.name) for option in benchmark.options}
    said = [one.said.format(given[one.name]) for one in benchmark.options if given[one.name] != one.initial]
    measure = getattr(import_module(f"rehearsal.bench.{benchmark.module}"), f"bench_{name}")
    figures = measure(arguments.work, **given)
    title = ", ".join([name, *filter(None, said)])
    tell_figures(arguments, title, figures)
    goals = goals_of(title, figures)
    if not arguments.json:
        sys.stdout.writelines(f"  {goal.line(figures)}\n" for goal in goals)
    return int(any(goal.figure.startswith(benchmark.decides) and not goal.met(figures) for goal in goals))


def _all(arguments: argparse.Namespace) -> int:
    """0 when every goal was met in time."""
    done = bench_all(arguments.work, arguments.figures)
    if arguments.json:
        sys.stdout.write(json.dumps(done) + "\n")
    else:
        sys.stdout.writelines(f"{seconds:>6.0f} s  {name}\n" for name, seconds in done["each_s"].items())
        sys.stdout.write(f"{done['seconds'] / 60:>6.1f} min in all, {done['goals_missed']} goals missed\n")
        sys.stdout.writelines(f"  {line}\n" for line in done["missed"])
    return 1 if done["goals_missed"] else 0
