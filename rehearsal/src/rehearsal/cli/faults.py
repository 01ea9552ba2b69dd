"""`hadir faults …` and `hadir simulate`: disasters on purpose, and what was lost by them. One JSON object with
`--json`; progress on standard error.
"""

# ruff: noqa: PLC0415 - a command imports its own room only

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from rehearsal.figures import tell_figures
from rehearsal.watch import say

_Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse names it so


def add_faults(commands: _Parsers) -> None:
    faults = commands.add_parser("faults", help="disasters on purpose, on a throw-away site")
    kinds = faults.add_subparsers(required=True, metavar="WHAT")
    kill = _add(kinds, "kill", "kill -9 a gate under load; no receipt may be missing", _kill)
    kill.add_argument("--times", type=int, default=50, help="how many kills")
    kill.add_argument("--seed", type=int, default=20191001)
    kill.add_argument(
        "--entries", type=int, default=0, help="records in the journal before; a regency's year is 2400000 (3.3 GB)"
    )
    tamper = _add(kinds, "tamper", "twelve kinds of attack on a journal's files; the audit must find each", _tamper)
    tamper.add_argument("--places", type=int, default=50, help="places for each kind of attack")
    tamper.add_argument("--seed", type=int, default=20191001)
    simulation = _add(commands, "simulate", "simulated days of phones and gates, each from one seed", _simulate)
    simulation.add_argument("--seeds", type=int, default=200, help="how many")
    simulation.add_argument(
        "--first", type=int, default=1, help="the first seed; a failed one is replayed by its number"
    )


def _add(
    commands: _Parsers, name: str, text: str, command: Callable[[argparse.Namespace, Path], int]
) -> argparse.ArgumentParser:
    """A command that is given a scratch folder."""

    def run(arguments: argparse.Namespace) -> int:
        with tempfile.TemporaryDirectory(dir=None if name == "kill" else _in_memory()) as folder:
            return command(arguments, Path(folder))

    parser = commands.add_parser(name, help=text)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--figures", type=Path, help="write them into this file too (docs/figures.md)")
    parser.set_defaults(command=run)
    return parser


def _kill(arguments: argparse.Namespace, folder: Path) -> int:
    from rehearsal.faults.kill import kill_drill

    report = kill_drill(folder / "data", times=arguments.times, seed=arguments.seed, entries=arguments.entries)
    if report.fault:
        say(report.fault)
    tell_figures(arguments, "kill", report.members)
    return 0 if report.ok else 1


def _tamper(arguments: argparse.Namespace, folder: Path) -> int:
    from rehearsal.faults.tamper import tamper_drill

    report = tamper_drill(folder, places=arguments.places, seed=arguments.seed)
    for missed in report.missed:
        say(f"NOT FOUND: {missed}")
    tell_figures(arguments, "tamper", {"attacks": report.attacks, "found": report.found})
    return 0 if report.ok else 1


def _simulate(arguments: argparse.Namespace, folder: Path) -> int:
    from rehearsal.simulation.run import simulate

    report = simulate(folder, seeds=arguments.seeds, first=arguments.first)
    for fault in report.faults:
        say(fault)
    say(
        f"{report.taps} taps, {report.tries} tries, {report.kills} deaths of gates,"
        f" {report.restores} restores of older copies,"
        f" {report.disk_faults} failed commits, {report.cuts} of them power cuts, {report.refused} refused as busy,"
        f" {report.judged} days held against the oracle"
    )
    tell_figures(arguments, "simulate", {"seeds": report.seeds, "failed": report.failed})
    return 0 if report.seeds and not report.failed else 1


def _in_memory() -> Path | None:
    """Where files need not survive: forgers do not wait for a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - only as the place of a fresh private folder
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else None
