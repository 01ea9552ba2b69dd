"""`hadir drill`: a whole morning rehearsed, with a verdict."""

# A command imports its room only when it is run.
# ruff: noqa: PLC0415

import argparse
import json
import shutil
import sys
import tempfile
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

from hadir.texts import render
from rehearsal.figures import write_figures
from rehearsal.morning.plan import PEOPLE_MIN, DrillPlan

if TYPE_CHECKING:
    from rehearsal.morning.run import DrillOutcome

_BAR_CHARS = 28
_STEPS = ("register", "evening", "morning", "office")


def add_drill(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    drill = commands.add_parser("drill", help="rehearse a morning against real programs, and judge the system by it")
    drill.add_argument("--people", type=int, default=4_800, help=f"at least {PEOPLE_MIN}")
    drill.add_argument("--arrive", type=_period, default="07:05-07:29", metavar="FROM-UNTIL", help="on-time arrivals")
    drill.add_argument("--late", type=_share, default="5%", metavar="SHARE", help="who comes late, of all")
    drill.add_argument("--outage", type=_period, default="07:05-08:05", metavar="FROM-UNTIL", help="the gate is dead")
    drill.add_argument("--speed", type=float, default=60, help="simulated seconds for each real one")
    drill.add_argument("--seed", type=int, default=1)
    drill.add_argument("--data", type=Path, help="keep the rehearsal folder here; by default it is thrown away")
    drill.add_argument("--report", type=Path, metavar="FILE.html", help="write a report with plots")
    drill.add_argument("--json", action="store_true", help="print one JSON object")
    drill.add_argument("--figures", type=Path, help="write the numbers into this file too (docs/figures.md)")
    drill.add_argument("--readme", type=Path, help="write the headline into this page too (README.md)")
    drill.set_defaults(command=_drill, fail=drill.error)


def _drill(arguments: argparse.Namespace) -> int:
    """0 when nothing is lost or doubled and nobody is judged wrongly."""
    from rehearsal.morning.run import rehearse

    plan = DrillPlan(
        people=arguments.people,
        arrive_from=arguments.arrive[0],
        arrive_until=arguments.arrive[1],
        late_share=arguments.late,
        outage_from=arguments.outage[0],
        outage_until=arguments.outage[1],
        speed=arguments.speed,
        seed=arguments.seed,
    )
    if fault := plan.fault():
        arguments.fail(fault)
    data: Path = arguments.data or Path(tempfile.mkdtemp(prefix="hadir-drill-"))
    bar = _Bar()
    try:
        outcome = rehearse(plan, data, bar)
        bar.end()
        _tell(outcome, arguments)
    finally:
        if arguments.data is None:
            shutil.rmtree(data, ignore_errors=True)
    return 0 if outcome.count.ok else 1


def _tell(outcome: "DrillOutcome", arguments: argparse.Namespace) -> None:
    from rehearsal.figures import write_headline
    from rehearsal.morning.count import quantile
    from rehearsal.morning.report import report_html

    if arguments.report is not None:
        arguments.report.write_text(report_html(outcome), encoding="utf-8")
    if arguments.figures is not None:
        write_figures(arguments.figures, "drill", outcome.figures())
    if arguments.readme is not None:
        write_headline(arguments.readme, outcome.figures())
    members = outcome.count.members()
    if arguments.json:
        sys.stdout.write(json.dumps(members) + "\n")
    else:
        sys.stdout.writelines(f"{name:<18}{number}\n" for name, number in members.items())
    verdict = "drill.passed" if outcome.count.ok else "drill.failed"
    late = sorted(outcome.seen.late_ms)
    sys.stderr.write(
        f"office {outcome.office_seconds:.1f} s, busy answers {len(outcome.seen.busy_ms)}, "
        f"the drill's own loop late by {quantile(late, 0.5):.0f} ms (p50), {quantile(late, 0.99):.0f} ms (p99)\n"
    )
    sys.stderr.write(render(verdict, "en", {"seconds": round(outcome.total_seconds)}) + "\n")
    for name, people in outcome.count.bad.items():
        if people and name != "unproven":
            sys.stderr.write(f"{name}: {', '.join(map(str, people[:20]))}\n")


class _Bar:
    """Progress on standard error, on one line."""

    def __init__(self) -> None:
        self._shown = ""

    def __call__(self, step: str, done: float, word: str) -> None:
        filled = round(done * _BAR_CHARS)
        place = f"{_STEPS.index(step) + 1}/{len(_STEPS)} {render(f'drill.step.{step}', 'en')}"
        line = f"{place:<34}[{'#' * filled}{'.' * (_BAR_CHARS - filled)}] {word}"
        if line != self._shown:
            sys.stderr.write(f"\r\x1b[K{line}" if sys.stderr.isatty() else "")
            self._shown = line
            sys.stderr.flush()

    def end(self) -> None:
        sys.stderr.write("\n" if self._shown and sys.stderr.isatty() else "")


def _period(text: str) -> tuple[time, time]:
    """`07:05-07:29`; the same time twice is no outage."""
    try:
        begin, end = (time.fromisoformat(part) for part in text.split("-"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: write it as 07:05-07:29") from error
    if end < begin:
        raise argparse.ArgumentTypeError(f"{text!r} ends before it begins")
    return begin, end


def _share(text: str) -> float:
    """`5%` or `0.05`."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: write it as 5%") from error
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share of all")
    return share
