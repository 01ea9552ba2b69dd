"""`hadir bench`: how fast gate, law and office are, and how the gate bears too much.

Figures to standard output, progress beside.
"""

# ruff: noqa: PLC0415 - a command imports its own room only

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

NATION = 5_000_000


def add_bench(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The `bench` command and its parts."""
    bench = commands.add_parser("bench", help="measure the gate, the law and the office on this machine")
    parts = bench.add_subparsers(required=True, metavar="WHAT")
    gate = parts.add_parser("gate", help="speed, beside a C program that does only the unavoidable")
    gate.add_argument("--pairs", type=int, default=5, help="rounds on one core, and as many on two")
    gate.add_argument("--profile", action="store_true", help="where a punch spends its time, instead")
    gate.add_argument("--asgi", action="store_true", help="the gate as an ASGI application")
    gate.add_argument("--tcp", action="store_true", help="over loopback's TCP, instead of a Unix socket")
    gate.add_argument("--plain-verifier", action="store_true", help="as on a machine without AVX512-IFMA")
    gate.set_defaults(command=_gate)
    overload = parts.add_parser("overload", help="twice and ten times what a slowed gate can do")
    overload.add_argument("--short", action="store_true", help="half a minute, for the check")
    overload.add_argument("--wait-ms", type=int, help="another bound of the gate's line than its own (decision 0014)")
    overload.set_defaults(command=_overload)
    slow = parts.add_parser("slow", help="clients that never finish, and honest ones among them")
    slow.set_defaults(command=_slow)
    newcomers = parts.add_parser("newcomers", help="a thousand new connections at once, beside taps")
    newcomers.set_defaults(command=_newcomers)
    nation = parts.add_parser("nation", help="many distinct people, one roster, one gate")
    nation.add_argument("--people", type=int, default=NATION)
    nation.set_defaults(command=_nation)
    proxy = parts.add_parser("proxy", help="behind the shipped nginx, a new TLS connection for each punch")
    proxy.set_defaults(command=_proxy)
    herd = parts.add_parser("herd", help="20,000 phones whose gate is away for ten minutes at the peak")
    herd.add_argument("--phones", type=int, default=20_000)
    herd.add_argument("--speed", type=float, default=20, help="simulated seconds for each real one")
    herd.add_argument("--model-only", action="store_true", help="simulated time only, for the check")
    herd.set_defaults(command=_herd)
    audit = parts.add_parser("audit", help="how long the audit of a million taps takes")
    audit.add_argument("--entries", type=int, default=1_000_000)
    audit.set_defaults(command=_audit)
    isolation = parts.add_parser("isolation", help="taps while the office is asked for all that it can do")
    isolation.add_argument("--short", action="store_true", help="fewer people and log-ins, for the check")
    isolation.set_defaults(command=_isolation)
    _add_revocation(parts)
    rules = parts.add_parser("rules", help="the law for a nation: every tap weighed, every person-day judged")
    rules.add_argument("--people", type=int, default=5_000_000)
    rules.add_argument("--days", type=int, default=1, help="working days of a month, at most 22")
    rules.set_defaults(command=_rules)
    office = parts.add_parser("office", help="the register's search and a unit's today, on the server")
    office.add_argument("--people", type=int, default=10_000)
    office.set_defaults(command=_office)
    recap = parts.add_parser("recap", help="a month's recap of a unit, from the database to rows")
    recap.add_argument("--people", type=int, default=1_000)
    recap.set_defaults(command=_recap)
    _add_exports(parts)
    every = parts.add_parser("all", help="every one of them, each with its goals and its time")
    every.set_defaults(command=_all)
    for part in parts.choices.values():
        _add_common(part)
        part.set_defaults(command=_stopping_in_order(part.get_default("command")))


def _add_exports(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    exports = parts.add_parser("exports", help="what pages cost while large files are made beside them")
    exports.add_argument("--people", type=int, default=4_800)
    exports.set_defaults(command=_exports)


def _add_revocation(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    revocation = parts.add_parser("revocation", help="from the office's click until the gate flags the phone")
    revocation.add_argument("--times", type=int, default=20, help="how many phones are revoked")
    revocation.set_defaults(command=_revocation)


def _stopping_in_order(command: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """SIGTERM ends it as Ctrl-C does: with the programs that it started, and with its scratch folders."""

    def run(arguments: argparse.Namespace) -> int:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        return command(arguments)

    return run


def _add_common(part: argparse.ArgumentParser) -> None:
    part.add_argument("--json", action="store_true", help="one JSON object")
    part.add_argument("--figures", type=Path, help="write them into this file too (docs/figures.md)")
    part.add_argument("--work", type=Path, default=Path("build/bench"), help="where crowds and scratch folders lie")


def _all(arguments: argparse.Namespace) -> int:
    """0 when every goal was met in time."""
    from rehearsal.bench.all import bench_all

    done = bench_all(arguments.work, arguments.figures)
    if arguments.json:
        sys.stdout.write(json.dumps(done) + "\n")
    else:
        sys.stdout.writelines(f"{seconds:>6.0f} s  {name}\n" for name, seconds in done["each_s"].items())
        sys.stdout.write(f"{done['seconds'] / 60:>6.1f} min in all, {done['goals_missed']} goals missed\n")
        sys.stdout.writelines(f"  {line}\n" for line in done["missed"])
    return 1 if done["goals_missed"] else 0


def _gate(arguments: argparse.Namespace) -> int:
    from rehearsal.bench.gate import bench_gate
    from rehearsal.bench.profile import bench_profile

    if arguments.profile:
        return _tell(
            arguments, "gate, part by part", bench_profile(arguments.work, plain_verifier=arguments.plain_verifier)
        )
    options = [option for option in ("asgi", "plain_verifier", "tcp") if getattr(arguments, option)]
    flags = [f"--{option.replace('_', '-')}" for option in options if option != "tcp"]
    figures = bench_gate(arguments.work, pairs=arguments.pairs, arguments=flags, tcp=arguments.tcp)
    return _tell(arguments, ", ".join(["gate", *options]).replace("_", " "), figures)


def _overload(arguments: argparse.Namespace) -> int:
    from rehearsal.bench.overload import SHORT, SLOW, Times, bench_overload

    wait_ms = arguments.wait_ms
    slow = SLOW if wait_ms is None else (*SLOW, "--wait-ms", str(wait_ms))
    figures = bench_overload(arguments.work, times=SHORT if arguments.short else Times(), slow=slow)
    return _tell(arguments, "overload" if wait_ms is None else f"overload, line of {wait_ms} ms", figures)


def _slow(arguments: argparse.Namespace) -> int:
    from rehearsal.bench.slow import bench_slow

    _tell(arguments, "slow", figures := bench_slow(arguments.work))
    return 0 if figures["failed"] == 0 else 1


def _newcomers(arguments: argparse.Namespace) -> int:
    from rehearsal.bench.newcomers import bench_newcomers

    return _tell(arguments, "newcomers", bench_newcomers(arguments.work))


def _proxy(arguments: argparse.Namespace) -> int:
    from rehearsal.bench.proxy import bench_proxy

    return _tell(arguments, "proxy", bench_proxy(arguments.work))


def _nation(arguments: argparse.Namespace) -> int:
    from rehearsal.bench.goals import all_met
    from rehearsal.bench.nation import bench_nation

    name = "nation" if arguments.people == NATION else f"nation, {arguments.people} people"
    figures = bench_nation(arguments.work, people=arguments.people)
    _tell(arguments, name, figures)
    return 0 if all_met("nation", figures) else 1


def _herd(arguments: argparse.Namespace) -> int:
    """0 when everybody has a receipt, nobody needed more than two attempts, and nobody waited twice the ideal."""
    from rehearsal.bench.goals import all_met
    from rehearsal.bench.herd import bench_herd

    real = not arguments.model_only
    figures = bench_herd(arguments.work, phones=arguments.phones, speed=arguments.speed, real=real)
    _tell(arguments, "herd", figures)
    return 0 if all_met("herd", figures) else 1


def _rules(arguments: argparse.Namespace) -> int:
    from rehearsal.bench.rules import bench_rules

    name = "rules" if arguments.days == 1 else f"rules, {arguments.days} days"
    return _tell(arguments, name, bench_rules(people=arguments.people, days=arguments.days))


def _office(arguments: argparse.Namespace) -> int:
    from rehearsal.bench.office import bench_office

    return _tell(arguments, "office", bench_office(arguments.work, people=arguments.people))


def _audit(arguments: argparse.Namespace) -> int:
    from rehearsal.bench.audit import bench_audit

    figures = bench_audit(arguments.work, entries=arguments.entries)
    _tell(arguments, "audit", figures)
    return 0 if figures["ok"] else 1


def _isolation(arguments: argparse.Namespace) -> int:
    """0 when taps were answered within half a second at p99, whatever the office did."""
    from rehearsal.bench.goals import all_met
    from rehearsal.bench.isolation import SHORT, bench_isolation
    from rehearsal.bench.isolation_troubles import Crowds

    figures = bench_isolation(arguments.work, crowds=SHORT if arguments.short else Crowds())
    _tell(arguments, "isolation", figures)
    return 0 if all_met("isolation", figures) else 1


def _revocation(arguments: argparse.Namespace) -> int:
    """0 when every revocation reached the gate in the time that is promised."""
    from rehearsal.bench.goals import all_met
    from rehearsal.bench.revocation import bench_revocation

    figures = bench_revocation(arguments.work, times=arguments.times)
    _tell(arguments, "revocation", figures)
    return 0 if all_met("revocation", figures) else 1


def _recap(arguments: argparse.Namespace) -> int:
    from rehearsal.bench.recap import bench_recap

    return _tell(arguments, "recap", bench_recap(arguments.work, people=arguments.people))


def _exports(arguments: argparse.Namespace) -> int:
    """0 when no page cost more than its limit."""
    from rehearsal.bench.exports import bench_exports
    from rehearsal.bench.goals import all_met

    figures = bench_exports(arguments.work, people=arguments.people)
    _tell(arguments, "exports", figures)
    return 0 if all_met("exports", figures) else 1


def _tell(arguments: argparse.Namespace, name: str, figures: dict[str, Any]) -> int:
    from rehearsal.bench.goals import goals_of
    from rehearsal.figures import write_figures

    if arguments.figures is not None:
        write_figures(arguments.figures, name, figures)
    if arguments.json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return 0
    width = max(map(len, figures))
    sys.stdout.write(f"{name}\n" + "".join(f"  {key:<{width}}  {value}\n" for key, value in figures.items()))
    sys.stdout.writelines(f"  {goal.line(figures)}\n" for goal in goals_of(name, figures))
    return 0
