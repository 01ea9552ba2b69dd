"""What each benchmark should reach, and how near it came: a figure as a ratio to its limit. And `hadir bench all`:
every benchmark, one after another, each in a process of its own, with its goals and its time.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.watch import Stopwatch, say

_CROWDS = ("crowd", "crowd_non_compliant", "real", "real_non_compliant")


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


def goals_of(name: str, figures: Mapping[str, Any]) -> Sequence[Goal]:
    """The goals of a benchmark; those of a part that was not run are left out."""
    kind = name.partition(",")[0]
    if kind == "gate" and "fast_verifier" in figures:
        return _GATE_FAST if figures["fast_verifier"] else _GATE
    return [goal for goal in _GOALS.get(kind, ()) if goal.figure.partition(".")[0] in figures]


def all_met(name: str, figures: Mapping[str, Any]) -> bool:
    """Whether a benchmark reached everything that was measured."""
    return all(goal.met(figures) for goal in goals_of(name, figures))


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


def bench_all(work: Path, figures: Path | None) -> dict[str, Any]:
    """Run them all; seconds of each, what was missed, and what did not end in its time. Progress beside."""
    seconds: dict[str, float] = {}
    missed: list[str] = []
    for part in PARTS:
        watch = Stopwatch()
        name = " ".join([part.name, *part.arguments])
        say(f"\n{name}  (at most {part.minutes:g} min)")
        missed += [f"{name}: {line}" for line in _run(part, work, figures)]
        seconds[name] = round(watch.seconds)
        say(f"  {seconds[name]:.0f} s")
    return {"seconds": sum(seconds.values()), "goals_missed": len(missed), "missed": missed, "each_s": seconds}


def _run(part: BenchPart, work: Path, figures: Path | None) -> list[str]:
    """What was missed; its goals are told one by one."""
    argv = [sys.executable, "-m", "hadir.cli", "bench", part.name, *part.arguments, "--json", "--work", str(work)]
    argv += [] if figures is None else ["--figures", str(figures)]
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
