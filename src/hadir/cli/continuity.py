"""What outlives a machine: `hadir journal`, `hadir backup`, `hadir restore`; whose it is: `hadir own`; and what two
people decided to erase: `hadir erase details`.
"""

import argparse
import sys
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from hadir import continuity, owners
from hadir.cli.command import Commands, add_command, add_group, settings_of, tell
from hadir.clock import SystemClock
from hadir.gate.erasing import carry_out
from hadir.ledger import JournalBusyError
from hadir.ledger.sqlite import leaves_in
from hadir.office.programs.machine_acts import decide_erasure
from hadir.office.programs.upgrading import refuse_missing_database
from hadir.records.kinds import Kind
from hadir.records.server_records import ErasureDone
from hadir.records.strict import decode
from hadir.site import Site, SiteError, open_site

WAIT_MS_MAX = 120_000
_LOOK_SECONDS = 0.5


def add_continuity(commands: Commands) -> None:
    acts = add_group(commands, "journal", "the journals of a data folder")
    text = "end a journal and go on in a new one with a new key; stop its writer first"
    add_command(acts, "roll", _roll, text, options={
        "--reason": {"choices": ("year", "key", "restore"), "required": True},
        "--writer": {"help": "gate1 or office; all by default"},
        "--root-key": {"type": Path, "help": "the offline root key, when it is not in the data folder"},
    })  # fmt: skip
    add_command(acts, "list", _list, "every journal and how many entries it holds")
    text = "copy what cannot be made again, while everything runs"
    add_command(commands, "backup", _backup, text, options={"to": {"type": Path, "help": "a new folder"}})
    text = "make a data folder from a backup; journals go on under new names"
    add_command(commands, "restore", _restore, text, data="a new folder", options={
        "source": {"type": Path},
        "--root-key": {"type": Path, "required": True, "help": "the offline root key"},
        "--keys": {"type": Path, "help": "the newest published key list, if newer than the backup's"},
        "--erasures": {"type": Path, "help": "the newest roster/erasures.note, if newer than the backup's"},
    })  # fmt: skip
    text = "give gate and office a user each: whose each path is, and who may read it"
    add_command(commands, "own", _own, text, options={
        "--gate": {"default": "hadir-gate", "metavar": "USER", "help": "who runs the gate"},
        "--office": {"default": "hadir-office", "metavar": "USER", "help": "who runs office and follower"},
        "--group": {"default": "hadir", "help": "the group of both"},
    })  # fmt: skip


def add_erase(commands: Commands) -> None:
    kinds = add_group(commands, "erase", "erase for good what two people decided to erase")
    text, as_json = "locations and photos of taps from before a day", 'print {"before","erasures","done"}'
    add_command(kinds, "details", _details, text, as_json=as_json, options={
        "--before": {"type": date.fromisoformat, "required": True, "metavar": "DATE"},
        "--by": {"type": int, "metavar": "PERSON", "help": "record that this person asks for it …"},
        "--agreed-by": {"type": int, "metavar": "PERSON", "help": "… and this other one agrees"},
        "--reason": {"help": "why; with --by"},
    })  # fmt: skip


def _roll(arguments: argparse.Namespace) -> None:
    site = open_site(arguments.data)
    root = continuity.root_signer(site, arguments.root_key)
    for writer in [arguments.writer] if arguments.writer else continuity.writers(site):
        before = site.origin(writer)
        site = continuity.roll(site, writer, reason=arguments.reason, root=root, now_ms=site.clock().now_ms())
        sys.stdout.write(f"{before} -> {site.origin(writer)}\n")


def _list(arguments: argparse.Namespace) -> None:
    sys.stdout.writelines(f"{origin} {size}\n" for origin, size in continuity.journals(open_site(arguments.data)))


def _backup(arguments: argparse.Namespace) -> None:
    site, office_db = open_site(arguments.data), settings_of(arguments).office_db
    refuse_missing_database(site, office_db)
    names = continuity.backup(site, arguments.to, now_ms=site.clock().now_ms())
    sys.stdout.write(f"{len(names)} files in {arguments.to}; keep {continuity.HEADS_FILE} elsewhere too\n")
    if office_db:
        sys.stdout.write("the office's tables are not in it: dump PostgreSQL with pg_dump beside it\n")
    elif str(site.office_db.relative_to(site.data)) not in names:
        sys.stdout.write(f"no {site.office_db.name} is in it: this site has none yet\n")


def _restore(arguments: argparse.Namespace) -> None:
    continuity.restore(
        arguments.source, arguments.data, root_key=arguments.root_key, keys=arguments.keys, now_ms=None,
        erasures=arguments.erasures,
    )  # fmt: skip
    _list(arguments)


def _own(arguments: argparse.Namespace) -> None:
    owners.own(open_site(arguments.data), gate=arguments.gate, office=arguments.office, group=arguments.group)
    sys.stdout.write(f"{arguments.data}: gate {arguments.gate}, office {arguments.office}, group {arguments.group}\n")


def _details(arguments: argparse.Namespace) -> int:
    """0 when it is erased; 1 when nobody has decided it, or the gate is not done yet."""
    if (arguments.by is None) != (arguments.agreed_by is None):
        raise SiteError("an erasure is decided by two people: give both --by and --agreed-by, or neither")
    numbers = decide_erasure(
        settings_of(arguments),
        before=arguments.before,
        by=arguments.by,
        agreed_by=arguments.agreed_by,
        reason=arguments.reason or "",
    )
    erased = _erase_here(open_site(arguments.data), numbers) if numbers else {}
    told = [{"number": number, "erased": erased.get(number)} for number in numbers]
    done = bool(numbers) and all(number in erased for number in numbers)
    lines = ["two people must decide that first: in the office, or with --by and --agreed-by"]
    if done:
        lines = [f"erasure {one['number']}: {one['erased']} details erased" for one in told]
    elif numbers:
        lines = ["decided; the gate erases when it is started, or is not done yet"]
    tell(arguments, {"before": arguments.before.isoformat(), "erasures": told, "done": done}, lines)
    return 0 if done else 1


def _erase_here(site: Site, numbers: Iterable[int]) -> dict[int, int]:
    """Number -> how many details. A gate that runs does it, and is waited for; where none runs, it is done here, by a
    user who may write the gate's journal.
    """
    folder = site.journal_folder(site.gate)
    try:
        carry_out(site, now_ms=site.clock().now_ms())
    except (JournalBusyError, PermissionError):
        return _wait_for_gate(folder, set(numbers))
    return _done(folder)


def _wait_for_gate(folder: Path, numbers: set[int]) -> dict[int, int]:
    sys.stderr.write("a gate runs and erases; waiting for it\n")
    clock = SystemClock()
    until_ms = clock.mono_ms() + WAIT_MS_MAX
    while not numbers <= (done := _done(folder)).keys() and clock.mono_ms() < until_ms:
        time.sleep(_LOOK_SECONDS)
    return done


def _done(folder: Path) -> dict[int, int]:
    found = (decode(leaf.body, ErasureDone) for leaf in leaves_in(folder) if leaf.kind is Kind.ERASURE_DONE)
    return {done.number: done.erased for done in found}
