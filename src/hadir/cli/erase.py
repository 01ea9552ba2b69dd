"""`hadir erase details`: what two people decided to erase, erased."""

# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from hadir.cli.command import Commands, add_command, add_group, settings_of, tell
from hadir.clock import SystemClock
from hadir.ledger import JournalBusyError
from hadir.ledger.sqlite import JournalReader
from hadir.records.kinds import Kind
from hadir.records.server_records import ErasureDone
from hadir.records.strict import decode
from hadir.site import SiteError, open_site

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hadir.site import Site

WAIT_MS_MAX = 120_000
_LOOK_SECONDS = 0.5
_LEAVES_AT_ONCE = 4_096


def add_erase(commands: Commands) -> None:
    """Register this command."""
    kinds = add_group(commands, "erase", "erase for good what two people decided to erase")
    text, as_json = "locations and photos of taps from before a day", 'print {"before","erasures","done"}'
    details = add_command(kinds, "details", _details, text, as_json=as_json)
    details.add_argument("--before", type=date.fromisoformat, required=True, metavar="DATE")
    details.add_argument("--by", type=int, metavar="PERSON", help="record that this person asks for it …")
    details.add_argument("--agreed-by", type=int, metavar="PERSON", help="… and this other one agrees")
    details.add_argument("--reason", help="why; with --by")


def _details(arguments: argparse.Namespace) -> int:
    """0 when it is erased; 1 when nobody has decided it, or the gate is not done yet."""
    from hadir.office.programs.machine_acts import decide_erasure

    if (arguments.by is None) != (arguments.agreed_by is None):
        raise SiteError("an erasure is decided by two people: give both --by and --agreed-by, or neither")
    numbers = decide_erasure(
        settings_of(arguments),
        before=arguments.before,
        by=arguments.by,
        agreed_by=arguments.agreed_by,
        reason=arguments.reason or "",
    )
    site = open_site(arguments.data)
    erased = _erase_here(site, numbers) if numbers else {}
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
    from hadir.gate.erasing import carry_out

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
    with closing(JournalReader(folder)) as reader:
        found: dict[int, int] = {}
        for start in range(0, reader.size(), _LEAVES_AT_ONCE):
            for leaf in reader.read(start, _LEAVES_AT_ONCE):
                if leaf.kind is Kind.ERASURE_DONE:
                    done = decode(leaf.body, ErasureDone)
                    found[done.number] = done.erased
        return found
