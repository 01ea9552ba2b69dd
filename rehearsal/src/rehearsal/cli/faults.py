"""`hadir faults …`: disasters on purpose, and what was lost by them. One JSON object with `--json`; progress on
standard error.
"""

# ruff: noqa: PLC0415

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path


def add_faults(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register these commands."""
    faults = commands.add_parser("faults", help="disasters on purpose, on a throw-away site")
    kinds = faults.add_subparsers(required=True, metavar="WHAT")
    _add_kill(kinds)
    _add_tamper(kinds)
    _add_simulate(commands)


def _add_kill(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    kill = kinds.add_parser("kill", help="kill -9 a gate under load; no receipt may be missing")
    kill.add_argument("--times", type=int, default=50, help="how many kills")
    kill.add_argument("--seed", type=int, default=20191001)
    kill.add_argument(
        "--entries", type=int, default=0, help="records in the journal before; a regency's year is 2400000 (3.3 GB)"
    )
    kill.add_argument("--json", action="store_true", help='print {"kills","receipts","missing","duplicates",…}')
    _add_figures(kill)
    kill.set_defaults(command=_kill)


def _kill(arguments: argparse.Namespace) -> int:
    from rehearsal.faults.kill import kill_drill

    with tempfile.TemporaryDirectory() as folder:
        report = kill_drill(
            Path(folder) / "data",
            times=arguments.times,
            seed=arguments.seed,
            progress=_progress,
            entries=arguments.entries,
        )
    if report.fault:
        _progress(report.fault)
    members = {
        "kills": report.kills,
        "receipts": report.receipts,
        "missing": report.missing,
        "duplicates": report.duplicates,
        "ready_s_max": report.ready_s_max,
    }
    _print(members, arguments, "kill")
    return 0 if report.ok else 1


def _add_tamper(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    tamper = kinds.add_parser("tamper", help="twelve kinds of attack on a journal's files; the audit must find each")
    tamper.add_argument("--places", type=int, default=50, help="places for each kind of attack")
    tamper.add_argument("--seed", type=int, default=20191001)
    tamper.add_argument("--json", action="store_true", help='print {"attacks","found"}')
    _add_figures(tamper)
    tamper.set_defaults(command=_tamper)


def _tamper(arguments: argparse.Namespace) -> int:
    from rehearsal.faults.tamper import tamper_drill

    with tempfile.TemporaryDirectory(dir=_in_memory()) as folder:
        report = tamper_drill(Path(folder), places=arguments.places, seed=arguments.seed, progress=_progress)
    for missed in report.missed:
        _progress(f"NOT FOUND: {missed}")
    _print({"attacks": report.attacks, "found": report.found}, arguments, "tamper")
    return 0 if report.ok else 1


def _add_simulate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    simulation = commands.add_parser("simulate", help="simulated days of phones and gates, each from one seed")
    simulation.add_argument("--seeds", type=int, default=200, help="how many")
    simulation.add_argument(
        "--first", type=int, default=1, help="the first seed; a failed one is replayed by its number"
    )
    simulation.add_argument("--json", action="store_true", help='print {"seeds","failed"}')
    _add_figures(simulation)
    simulation.set_defaults(command=_simulate)


def _simulate(arguments: argparse.Namespace) -> int:
    from rehearsal.simulation.run import simulate

    with tempfile.TemporaryDirectory(dir=_in_memory()) as folder:
        report = simulate(Path(folder), seeds=arguments.seeds, first=arguments.first, progress=_progress)
    for fault in report.faults:
        _progress(fault)
    _progress(
        f"{report.taps} taps, {report.tries} tries, {report.kills} deaths of gates,"
        f" {report.restores} restores of older copies,"
        f" {report.disk_faults} failed commits, {report.cuts} of them power cuts, {report.refused} refused as busy,"
        f" {report.judged} days held against the oracle"
    )
    _print({"seeds": report.seeds, "failed": report.failed}, arguments, "simulate")
    return 0 if report.seeds and not report.failed else 1


def _in_memory() -> Path | None:
    """Where files need not survive: forgers do not wait for a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - only as the place of a fresh private folder
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else None


def _progress(line: str) -> None:
    sys.stderr.write(f"hadir faults: {line}\n")
    sys.stderr.flush()


def _add_figures(part: argparse.ArgumentParser) -> None:
    part.add_argument("--figures", type=Path, help="write them into this file too (docs/figures.md)")


def _print(members: Mapping[str, object], arguments: argparse.Namespace, name: str) -> None:
    from rehearsal.figures import write_figures

    if arguments.figures is not None:
        write_figures(arguments.figures, name, dict(members))
    if arguments.json:
        sys.stdout.write(json.dumps(members) + "\n")
    else:
        sys.stdout.writelines(f"{name} {value}\n" for name, value in members.items())
