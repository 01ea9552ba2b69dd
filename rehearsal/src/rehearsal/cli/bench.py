"""`hadir bench`: how fast gate, law and office are, and how the gate bears too much; what each measurement should reach
and how near it came, as a ratio to its limit. `hadir bench all`: every one, in a process of its own, with its time.

Figures to standard output, progress beside.
"""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from rehearsal.figures import tell_figures
from rehearsal.watch import Stopwatch, say


@dataclass(frozen=True)
class Goal:
    """`figure` (parts of nested figures divided by a dot) is at most `limit`, or at least."""

    figure: str
    limit: float
    at_least: bool = False

    def met(self, figures: Mapping[str, Any]) -> bool:
        value = self.value(figures)
        return value is not None and (value >= self.limit if self.at_least else value <= self.limit)

    def value(self, figures: Mapping[str, Any]) -> float | None:
        """None when it was not measured, or never reached."""
        found: Any = figures
        for name in self.figure.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return None if found is None else float(found)

    def line(self, figures: Mapping[str, Any]) -> str:
        value = self.value(figures)
        ratio = "" if value is None or not self.limit else f", {value / self.limit:.2f} of it"
        word = "met" if self.met(figures) else "MISSED"
        return f"{word:<7}{self.figure} {value} ({'at least' if self.at_least else 'at most'} {self.limit:g}{ratio})"


OFF = False
_CROWDS = ("crowd", "crowd_non_compliant", "real", "real_non_compliant")
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
    """`bench_NAME` of `rehearsal.bench.MODULE`, which gives the figures and tells its progress on standard error;
    `decides` begins the figures whose goals decide the exit status.
    """

    module: str
    help: str
    options: tuple[BenchOption, ...] = ()
    decides: tuple[str, ...] = ()


BENCHMARKS = {
    "all": Benchmark("", "every one of them, each with its goals and its time"),
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
    "proxy": Benchmark("connections", "behind the shipped nginx, a new TLS connection for each punch"),
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
        "served",
        "from the office's click until the gate flags the phone",
        (BenchOption("times", 20, "how many phones are revoked"),),
        decides=ALL,
    ),
    "exports": Benchmark(
        "served",
        "what pages cost while large files are made beside them",
        (BenchOption("people", 4_800, "in the regency"),),
        decides=ALL,
    ),
    "recap": Benchmark(
        "office", "a month's recap of a unit, from the database to rows", (BenchOption("people", 1_000, "in the unit"),)
    ),
}


def _gate(ratio: float, per_s: float) -> tuple[Goal, ...]:
    return (
        Goal("ratio_to_openssl_limit", ratio, at_least=True),
        Goal("punches_per_s_two_cores", per_s, at_least=True),
        Goal("p99_ms_at_70", 25),
    )


_GATE, _GATE_FAST = _gate(0.5, 8_000), _gate(0.75, 15_000)
_GOALS: dict[str, tuple[Goal, ...]] = {
    "overload": (
        Goal("goodput_2x", 0.9, at_least=True),
        Goal("goodput_10x", 0.8, at_least=True),
        Goal("refused_p99_ms", 10),
        Goal("recovery_s", 5),
        Goal("rss_growth_mib", 64),
    ),
    "slow": (Goal("failed", 0), Goal("p99_ms", 500), Goal("nginx.failed", 0), Goal("nginx.p99_ms", 500)),
    "newcomers": tuple(
        Goal(f"{road}.{figure}", limit)
        for road in ("socket", "port")
        for figure, limit in (("p99_ms", 250), ("unanswered", 0), ("taps_unanswered", 0))
    ),
    "nation": (
        Goal("lost", 0),
        Goal("roster_opened_s", 1),
        Goal("rss_mib_last_part", 200),
        Goal("changed_key_effective_s", 5),
    ),
    "office": (Goal("search_ms", 300), Goal("today_ms", 200)),
    "exports": (Goal("page_cpu_s", 0.5), Goal("page_cpu_of_limit", 1)),
    "recap": (Goal("seconds", 0.2),),
    "audit": (Goal("ok", 1, at_least=True), Goal("audit_s", 5), Goal("signed_of_limit", 1)),
    "herd": (
        Goal("without_receipt", 0),
        Goal("attempts_per_tap", 2),
        *(Goal(f"{crowd}.{figure}", 2) for crowd in _CROWDS for figure in ("attempts_per_tap", "drained_of_ideal")),
        *(Goal(f"{crowd}.without_receipt", 0) for crowd in _CROWDS),
    ),
    "revocation": (Goal("longest_of_limit", 1), Goal("flagged_before", 0)),
    "isolation": (
        Goal("without_receipt", 0),
        Goal("p99_ms_logins", 500),
        Goal("p99_ms_logins_first", 500),
        Goal("p99_ms_report", 500),
        Goal("logins_in_share", 0.5, at_least=True),
        Goal("logins_without_answer", 0),
        Goal("reports", 1, at_least=True),
    ),
}


def goals_of(name: str, figures: Mapping[str, Any]) -> Sequence[Goal]:
    """The goals of a benchmark; those of a part that was not run are left out."""
    kind = name.partition(",")[0]
    if kind == "gate" and "fast_verifier" in figures:
        return _GATE_FAST if figures["fast_verifier"] else _GATE
    return [goal for goal in _GOALS.get(kind, ()) if goal.figure.partition(".")[0] in figures]


@dataclass(frozen=True)
class BenchPart:
    """A benchmark, its arguments, and the minutes it is given."""

    name: str
    minutes: float
    arguments: Sequence[str] = ()


#: The gate first, while the machine is cool and nothing of ours is in its caches.
PARTS = (
    BenchPart("gate", 5),
    BenchPart("overload", 4),
    BenchPart("slow", 2),
    BenchPart("newcomers", 2),
    BenchPart("proxy", 3),
    BenchPart("herd", 12),
    BenchPart("isolation", 8),
    BenchPart("revocation", 4),
    BenchPart("nation", 3, ("--people", "100000")),
    BenchPart("office", 3),
    BenchPart("recap", 1),
    BenchPart("exports", 8),
    BenchPart("rules", 3),
    BenchPart("rules", 8, ("--people", "500000", "--days", "22")),
    BenchPart("audit", 4),
)


def add_bench(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    bench = commands.add_parser("bench", help="measure the gate, the law and the office on this machine")
    parts = bench.add_subparsers(required=True, metavar="WHAT", dest="benchmark")
    for name, benchmark in BENCHMARKS.items():
        part = parts.add_parser(name, help=benchmark.help)
        for option in benchmark.options:
            option.add_to(part)
        part.add_argument("--json", action="store_true", help="one JSON object")
        part.add_argument("--figures", type=Path, help="write them into this file too (docs/figures.md)")
        part.add_argument("--work", type=Path, default=Path("build/bench"), help="where crowds and scratch folders lie")
        part.set_defaults(command=partial(_stopping_in_order, _all if name == "all" else _measure))


def _stopping_in_order(command: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """SIGTERM ends it as Ctrl-C does: with the programs that it started, and with its scratch folders."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    return command(arguments)


def _measure(arguments: argparse.Namespace) -> int:
    """1 when a goal that decides was missed."""
    from rehearsal.bench.tools import beside_others  # noqa: PLC0415 - a command imports its room only when it is run

    name = arguments.benchmark
    benchmark = BENCHMARKS[name]
    given = {option.name: getattr(arguments, option.name) for option in benchmark.options}
    said = [one.said.format(given[one.name]) for one in benchmark.options if given[one.name] != one.initial]
    measure = getattr(import_module(f"rehearsal.bench.{benchmark.module}"), f"bench_{name}")
    figures = beside_others(partial(measure, arguments.work, **given))
    title = ", ".join([name, *filter(None, said)])
    tell_figures(arguments, title, figures)
    goals = goals_of(title, figures)
    if not arguments.json:
        sys.stdout.writelines(f"  {goal.line(figures)}\n" for goal in goals)
    return int(any(goal.figure.startswith(benchmark.decides) and not goal.met(figures) for goal in goals))


def _all(arguments: argparse.Namespace) -> int:
    """Seconds of each, what was missed, and what did not end in its time; 0 when every goal was met."""
    seconds: dict[str, float] = {}
    missed: list[str] = []
    for part in PARTS:
        watch, name = Stopwatch(), " ".join([part.name, *part.arguments])
        say(f"\n{name}  (at most {part.minutes:g} min)")
        missed += [f"{name}: {line}" for line in _run(part, arguments)]
        seconds[name] = round(watch.seconds)
        say(f"  {seconds[name]:.0f} s")
    total = sum(seconds.values())
    if arguments.json:
        done = {"seconds": total, "goals_missed": len(missed), "missed": missed, "each_s": seconds}
        sys.stdout.write(json.dumps(done) + "\n")
    else:
        sys.stdout.writelines(f"{each:>6.0f} s  {name}\n" for name, each in seconds.items())
        sys.stdout.write(f"{total / 60:>6.1f} min in all, {len(missed)} goals missed\n")
        sys.stdout.writelines(f"  {line}\n" for line in missed)
    return int(bool(missed))


def _run(part: BenchPart, arguments: argparse.Namespace) -> list[str]:
    """What was missed; its goals are told one by one."""
    argv = [sys.executable, "-m", "hadir.cli", "bench", part.name, *part.arguments, "--json"]
    argv += ["--work", str(arguments.work)]
    argv += [] if arguments.figures is None else ["--figures", str(arguments.figures)]
    try:
        ran = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False, timeout=60 * part.minutes)
    except subprocess.TimeoutExpired:
        return [f"not done in {part.minutes:g} min"]
    if not ran.stdout.strip():
        return [f"ended with status {ran.returncode} and no figures"]
    found = json.loads(ran.stdout)
    goals = goals_of(part.name, found)
    for goal in goals:
        say(f"  {goal.line(found)}")
    return [goal.line(found) for goal in goals if not goal.met(found)]
