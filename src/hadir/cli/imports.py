"""`hadir import …`, `hadir init`, `hadir upgrade`: what a site is begun and filled with.

Counts go to standard output, lines that need a person's look to standard error.
"""

# Models can be imported only after django.setup(), hence the import inside a function.
# ruff: noqa: PLC0415

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hadir.cli.command import Commands, Options, add_command, add_group, settings_of, tell
from hadir.office.programs.commands import upgrade
from hadir.office.programs.founding import FirstOffice, NewSite, found_production
from hadir.office.programs.machine_acts import (
    AttlogOrder,
    ImportCommandError,
    StaffOrder,
    import_attlog,
    import_staff_list,
)
from hadir.office.tables.faults import RowFault
from hadir.terminals.reading import DateOrder
from hadir.texts import LANGS, render

if TYPE_CHECKING:
    from hadir.office.register.plan import StaffPlan

_SHOWN_LINES_MAX = 50
EDITION_PAGE = "/kantor/edisi/"
_CHANGES = (("dearer", "dearer"), ("milder", "milder"), ("equal", "at the same price"))


def add_imports(commands: Commands) -> None:
    text, data = "make the data folder of a production site", "a folder of its own, empty or new"
    add_command(commands, "init", _init, text, data=data, options={
        "--name": {"required": True, "help": "the site's address, presensi.example.go.id"},
        "--public-url": {"default": "", "help": "where people reach it; else https:// and its name"},
        "--zone": {"required": True, "help": "Asia/Jakarta, Asia/Pontianak, Asia/Makassar or Asia/Jayapura"},
        "--unit": {"help": "the top unit, 'Pemerintah Kabupaten …'; else the site's name"},
        "--person": {"default": "Petugas Kepegawaian", "help": "full name of the first account's holder"},
        "--login": {"default": "kepegawaian", "help": "the first account's name"},
        "--keep-root": {"action": "store_true", "help": "leave the root key in the folder (not for production)"},
    })  # fmt: skip
    kinds = add_group(commands, "import", "bring a terminal's file or a staff list in")
    as_json = "print the counts as one JSON object"
    both: Options = {
        "file": {"type": Path},
        "--by": {"type": int, "metavar": "PERSON", "help": "who answers for it; else the personnel agency's first"},
    }
    text = "the file of a fingerprint terminal, line by line into the journal"
    add_command(kinds, "attlog", _import_attlog, text, as_json=as_json, options={
        **both,
        "--terminal": {"required": True, "metavar": "SN", "help": "serial number of the terminal it came from"},
        "--map": {"type": Path, "help": "CSV of who holds which PIN: serial,pin,person,from,until"},
        "--dates": {"choices": ("mdy", "dmy"), "help": "only where the file leaves it open"},
    })  # fmt: skip
    text = "people, units and assignments, from CSV or XLSX"
    add_command(kinds, "staff", _import_staff, text, as_json=as_json, options={
        **both,
        "--dry-run": {"action": "store_true", "help": "only show what would change"},
        "--skip-bad": {"action": "store_true", "help": "leave rows with faults out, and take the others"},
    })  # fmt: skip
    text = "bring a data folder to this release, or leave it as it was"
    add_command(commands, "upgrade", _upgrade, text, as_json='print {"steps","copy","differences","read"}')


def _init(arguments: argparse.Namespace) -> None:
    """What is secret is printed now and never again."""
    first = FirstOffice(unit_name=arguments.unit or arguments.name, person_name=arguments.person, login=arguments.login)
    site = NewSite(name=arguments.name, zone=arguments.zone, public_url=arguments.public_url.rstrip("/"))
    founded = found_production(settings_of(arguments), site, first=first, keep_root=arguments.keep_root)
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


def _upgrade(arguments: argparse.Namespace) -> None:
    done = upgrade(settings_of(arguments), lambda line: sys.stderr.write(f"{line}\n"))
    copy = None if done.copy is None else str(done.copy)
    taken = [f"  {step}" for step in done.steps] or ["  nothing: these data are of this release"]
    kept = [f"The state before is kept in {copy}"] if copy else []
    told = {"steps": list(done.steps), "copy": copy, "differences": dict(done.differences), "read": EDITION_PAGE}
    tell(arguments, told, ["Steps taken:", *taken, *kept, *_differences(done.differences)])


def _differences(counts: Mapping[str, int]) -> list[str]:
    """Which stored verdicts the installed rules would change, and where to read them. Nothing of it holds yet."""
    days = sum(counts.get(change, 0) for change in ("dearer", "milder", "equal"))
    closed = counts.get("closed", 0)
    lines = [f"Closed months: {closed} days would come out otherwise; they stay as they were closed."] if closed else []
    if not days:
        return [*lines, "No stored verdict of an open month would come out otherwise by the installed rules."]
    told = ", ".join(f"{counts.get(change, 0)} {name}" for change, name in _CHANGES)
    return [
        *lines,
        f"Open months: {days} stored verdicts would come out otherwise by the installed rules ({told}).",
        f"They stay as they are until two people of personnel have accepted that, at {EDITION_PAGE} of the office.",
    ]


def _import_attlog(arguments: argparse.Namespace) -> int:
    """0 when every line was good, or bad ones were listed; 1 when the file as a whole could not be read."""
    order = AttlogOrder(
        data=arguments.file.read_bytes(),
        name=arguments.file.name,
        serial=arguments.terminal,
        pin_list=arguments.map.read_bytes() if arguments.map else None,
        by=arguments.by,
        dates=DateOrder(arguments.dates) if arguments.dates else None,
    )
    try:
        done, bad_rows = import_attlog(settings_of(arguments), order)
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
    tell(arguments, counts, [", ".join(f"{value} {name}" for name, value in counts.items())])
    return 0


def _import_staff(arguments: argparse.Namespace) -> int:
    """0 when every row is good, or bad ones were to be left out; 1 when nothing was done because of a fault."""
    order = StaffOrder(
        data=arguments.file.read_bytes(),
        by=arguments.by,
        dry_run=arguments.dry_run,
        skip_bad=arguments.skip_bad,
    )
    try:
        plan, is_done = import_staff_list(settings_of(arguments), order)
    except ImportCommandError as error:
        return _refused(error.code, error.row, error.column)
    _tell_faults(plan.bad, where=str(arguments.file), columns="register.column.")
    _tell_plan(plan, is_done=is_done)
    counts = {
        "rows": plan.rows,
        "people": len(plan.people),
        "units": len(plan.units.named),
        "errors": len(plan.bad),
    }
    tell(arguments, counts, [", ".join(f"{value} {name}" for name, value in counts.items())])
    return 0 if not plan.bad or arguments.skip_bad else 1


def _tell_plan(plan: "StaffPlan", *, is_done: bool) -> None:
    from hadir.office.register.plan import Outcome

    counts = [f"{plan.count(one)} {render(f'register.outcome.{one.value}', 'id')}" for one in Outcome]
    done = render("register.cli.done" if is_done else "register.cli.not_done", "id")
    sys.stderr.write(f"{', '.join(counts)}, {len(plan.new_units)} unit baru: {done}\n")


def _tell_faults(faults: Sequence[RowFault], *, where: str = "", columns: str = "") -> None:
    """Line number, column and reason, in both languages, as many as a person reads.

    `columns`: where the catalogue names the columns.
    """
    prefix = f"{where}:" if where else ""
    for fault in faults[:_SHOWN_LINES_MAX]:
        places = [f"{render(columns + fault.column, lang)}: " if columns and fault.column else "" for lang in LANGS]
        told = (f"{place}{render(fault.code, lang, fault.params)}" for place, lang in zip(places, LANGS, strict=True))
        sys.stderr.write(f"{prefix}{fault.row}: {' ('.join(told)})\n")
    if len(faults) > _SHOWN_LINES_MAX:
        sys.stderr.write(f"{prefix}… {len(faults) - _SHOWN_LINES_MAX} more\n")


def _refused(code: str, row: int, column: str = "") -> int:
    where = "".join(f"{one}: " for one in (row, column) if one)
    sys.stderr.write(f"hadir: {where}{render(code, 'id')} ({render(code, 'en')})\n")
    return 1
