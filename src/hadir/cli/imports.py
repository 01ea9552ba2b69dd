"""`hadir import …`, `hadir init`, `hadir upgrade`: what a site is begun and filled with.

Counts go to standard output, lines that need a person's look to standard error.
"""

# A command imports its own room only, inside its function, as `hadir.cli` does.
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hadir.config import Settings, read_settings
from hadir.texts import LANGS, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hadir.office.register.plan import Plan
    from hadir.office.tables.faults import RowFault

_SHOWN_LINES_MAX = 50


def add_imports(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the commands of this module."""
    _add_init(commands)
    _add_import(commands)
    _add_upgrade(commands)


def _settings(arguments: argparse.Namespace) -> Settings:
    return replace(read_settings(), data=arguments.data.absolute())


def _add_init(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("init", help="make the data folder of a production site")
    parser.add_argument("--data", type=Path, required=True, help="a folder of its own, empty or new")
    parser.add_argument("--name", required=True, help="the site's address, presensi.example.go.id")
    parser.add_argument("--public-url", default="", help="where people reach it; else https:// and its name")
    parser.add_argument("--zone", required=True, help="Asia/Jakarta, Asia/Pontianak, Asia/Makassar or Asia/Jayapura")
    parser.add_argument("--unit", help="the top unit, 'Pemerintah Kabupaten …'; else the site's name")
    parser.add_argument("--person", default="Petugas Kepegawaian", help="full name of the first account's holder")
    parser.add_argument("--login", default="kepegawaian", help="the first account's name")
    parser.add_argument(
        "--keep-root", action="store_true", help="leave the root key in the folder (not for production)"
    )
    parser.set_defaults(command=_init)


def _init(arguments: argparse.Namespace) -> int:
    """What is secret is printed now and never again."""
    from hadir.office.programs.founding import FirstOffice, NewSite, found_production

    first = FirstOffice(unit_name=arguments.unit or arguments.name, person_name=arguments.person, login=arguments.login)
    site = NewSite(name=arguments.name, zone=arguments.zone, public_url=arguments.public_url.rstrip("/"))
    founded = found_production(_settings(arguments), site, first=first, keep_root=arguments.keep_root)
    lines = [f"{arguments.data} is the data folder of {arguments.name} ({arguments.zone}), reached at {site.address}."]
    if founded.root is None:
        lines.append("The root key stays in keys/root.key: move it off this machine before anybody taps.")
    else:
        lines += ["Root key, shown once and kept nowhere here. Write it down twice and keep it off this machine:"]
        lines += [f"  {founded.root[:32]}", f"  {founded.root[32:]}"]
    lines += [
        "First account of the office, its password good for one log-in:",
        f"  {arguments.login}  {founded.password}",
    ]
    sys.stdout.write("\n".join([*lines, ""]))
    return 0


def _add_upgrade(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("upgrade", help="bring a data folder to this release, or leave it as it was")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", action="store_true", help='print {"steps","copy"}')
    parser.set_defaults(command=_upgrade)


def _upgrade(arguments: argparse.Namespace) -> int:
    from hadir.office.programs.commands import upgrade

    done = upgrade(_settings(arguments))
    copy = None if done.copy is None else str(done.copy)
    if arguments.json:
        sys.stdout.write(json.dumps({"steps": list(done.steps), "copy": copy}) + "\n")
    else:
        taken = "\n".join(f"  {step}" for step in done.steps) or "  nothing: these data are of this release"
        sys.stdout.write(f"Steps taken:\n{taken}\n" + (f"The state before is kept in {copy}\n" if copy else ""))
    return 0


def _add_import(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("import", help="bring a terminal's file or a staff list in")
    kinds = parser.add_subparsers(required=True, metavar="WHAT")
    attlog = kinds.add_parser("attlog", help="the file of a fingerprint terminal, line by line into the journal")
    attlog.add_argument("file", type=Path)
    attlog.add_argument("--terminal", required=True, metavar="SN", help="serial number of the terminal it came from")
    attlog.add_argument("--map", type=Path, help="CSV of who holds which PIN: serial,pin,person,from,until")
    attlog.add_argument("--dates", choices=("mdy", "dmy"), help="only where the file leaves it open")
    _add_common(attlog, _import_attlog)
    staff = kinds.add_parser("staff", help="people, units and assignments, from CSV or XLSX")
    staff.add_argument("file", type=Path)
    staff.add_argument("--dry-run", action="store_true", help="only show what would change")
    staff.add_argument("--skip-bad", action="store_true", help="leave rows with faults out, and take the others")
    _add_common(staff, _import_staff)


def _add_common(parser: argparse.ArgumentParser, command: object) -> None:
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--by", type=int, metavar="PERSON", help="who answers for it; else the personnel agency's first"
    )
    parser.add_argument("--json", action="store_true", help="print the counts as one JSON object")
    parser.set_defaults(command=command)


def _import_attlog(arguments: argparse.Namespace) -> int:
    """0 when every line was good, or bad ones were listed; 1 when the file as a whole could not be read."""
    from hadir.office.programs.imports import AttlogOrder, ImportCommandError, import_attlog
    from hadir.terminals.reading import DateOrder

    order = AttlogOrder(
        data=arguments.file.read_bytes(),
        name=arguments.file.name,
        serial=arguments.terminal,
        pin_list=arguments.map.read_bytes() if arguments.map else None,
        by=arguments.by,
        dates=DateOrder(arguments.dates) if arguments.dates else None,
    )
    try:
        done, bad_rows = import_attlog(_settings(arguments), order)
    except ImportCommandError as error:
        return _refused(error.code, error.row)
    _tell_faults(done.bad)
    _tell_faults(bad_rows, where=str(arguments.map))
    counts = {
        "lines": done.lines,
        "accepted": done.accepted,
        "repeated": done.repeated,
        "unmapped": done.unmapped,
        "bad": len(done.bad),
    }
    _tell_counts(counts, as_json=arguments.json)
    return 0


def _import_staff(arguments: argparse.Namespace) -> int:
    """0 when every row is good, or bad ones were to be left out; 1 when nothing was done because of a fault."""
    from hadir.office.programs.imports import ImportCommandError, StaffOrder, import_staff_list

    order = StaffOrder(
        data=arguments.file.read_bytes(),
        by=arguments.by,
        dry_run=arguments.dry_run,
        skip_bad=arguments.skip_bad,
    )
    try:
        plan, is_done = import_staff_list(_settings(arguments), order)
    except ImportCommandError as error:
        return _refused(error.code, error.row)
    _tell_faults(plan.bad, where=str(arguments.file))
    _tell_plan(plan, is_done=is_done)
    counts = {
        "rows": plan.rows,
        "people": len(plan.people),
        "units": len(plan.units.named),
        "errors": len(plan.bad),
    }
    _tell_counts(counts, as_json=arguments.json)
    return 0 if not plan.bad or arguments.skip_bad else 1


def _tell_plan(plan: Plan, *, is_done: bool) -> None:
    """What changed, or would."""
    from hadir.office.register.plan import Outcome

    counts = [f"{plan.count(one)} {render(f'register.outcome.{one.value}', 'id')}" for one in Outcome]
    done = render("register.cli.done" if is_done else "register.cli.not_done", "id")
    sys.stderr.write(f"{', '.join(counts)}, {len(plan.new_units)} unit baru: {done}\n")


def _tell_counts(counts: Mapping[str, object], *, as_json: bool) -> None:
    text = json.dumps(counts) if as_json else ", ".join(f"{value} {name}" for name, value in counts.items())
    sys.stdout.write(f"{text}\n")


def _tell_faults(faults: Sequence[RowFault], *, where: str = "") -> None:
    """Line number and reason, in both languages, as many as a person reads."""
    prefix = f"{where}:" if where else ""
    for fault in faults[:_SHOWN_LINES_MAX]:
        told = (render(fault.code, lang, fault.params) for lang in LANGS)
        sys.stderr.write(f"{prefix}{fault.row}: {' ('.join(told)})\n")
    if len(faults) > _SHOWN_LINES_MAX:
        sys.stderr.write(f"{prefix}… {len(faults) - _SHOWN_LINES_MAX} more\n")


def _refused(code: str, row: int) -> int:
    where = f"{row}: " if row else ""
    sys.stderr.write(f"hadir: {where}{render(code, 'id')} ({render(code, 'en')})\n")
    return 1
