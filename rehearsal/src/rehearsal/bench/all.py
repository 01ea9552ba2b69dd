"""`hadir bench all`: every benchmark, one after another, each in a process of its own, with its goals and its time."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hadir.clock import SystemClock
from rehearsal.bench.goals import goals_of
from rehearsal.bench.tools import say


@dataclass(frozen=True)
class Part:
    """A benchmark, its arguments, and the minutes it is given."""

    name: str
    minutes: float
    arguments: Sequence[str] = ()


#: The gate first, while the machine is cool and nothing of ours is in its caches.
PARTS = (
    Part("gate", 5),
    Part("overload", 4),
    Part("slow", 2),
    Part("newcomers", 2),
    Part("proxy", 3),
    Part("herd", 12),
    Part("isolation", 8),
    Part("revocation", 4),
    Part("nation", 3, ("--people", "100000")),
    Part("office", 3),
    Part("recap", 1),
    Part("exports", 8),
    Part("rules", 3),
    Part("rules", 8, ("--people", "500000", "--days", "22")),
    Part("audit", 4),
)


def bench_all(work: Path, figures: Path | None) -> dict[str, Any]:
    """Run them all; seconds of each, what was missed, and what did not end in its time. Progress beside."""
    seconds: dict[str, float] = {}
    missed: list[str] = []
    for part in PARTS:
        began_ms = SystemClock().mono_ms()
        name = " ".join([part.name, *part.arguments])
        say(f"\n{name}  (at most {part.minutes:g} min)")
        missed += [f"{name}: {line}" for line in _run(part, work, figures)]
        seconds[name] = round((SystemClock().mono_ms() - began_ms) / 1000)
        say(f"  {seconds[name]:.0f} s")
    return {"seconds": sum(seconds.values()), "goals_missed": len(missed), "missed": missed, "each_s": seconds}


def _run(part: Part, work: Path, figures: Path | None) -> list[str]:
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
