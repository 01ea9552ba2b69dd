"""`hadir journal`, `hadir backup`, `hadir restore`: what outlives a machine; `hadir own`: whose it is."""

# ruff: noqa: PLC0415

import argparse
import sys
from pathlib import Path

from hadir.cli.command import Commands, add_command, add_group, settings_of
from hadir.site import open_site


def add_continuity(commands: Commands) -> None:
    """Register these commands."""
    acts = add_group(commands, "journal", "the journals of a data folder")
    text = "end a journal and go on in a new one with a new key; stop its writer first"
    roll = add_command(acts, "roll", _roll, text)
    roll.add_argument("--reason", choices=("year", "key", "restore"), required=True)
    roll.add_argument("--writer", help="gate1 or office; all by default")
    roll.add_argument("--root-key", type=Path, help="the offline root key, when it is not in the data folder")
    add_command(acts, "list", _list, "every journal and how many entries it holds")
    backup = add_command(commands, "backup", _backup, "copy what cannot be made again, while everything runs")
    backup.add_argument("to", type=Path, help="a new folder")
    text = "make a data folder from a backup; journals go on under new names"
    restore = add_command(commands, "restore", _restore, text, data="a new folder")
    restore.add_argument("source", type=Path)
    restore.add_argument("--root-key", type=Path, required=True, help="the offline root key")
    restore.add_argument("--keys", type=Path, help="the newest published key list, if newer than the backup's")
    restore.add_argument("--erasures", type=Path, help="the newest roster/erasures.note, if newer than the backup's")
    text = "give gate and office a user each: whose each path is, and who may read it"
    own = add_command(commands, "own", _own, text)
    own.add_argument("--gate", default="hadir-gate", metavar="USER", help="who runs the gate")
    own.add_argument("--office", default="hadir-office", metavar="USER", help="who runs office and follower")
    own.add_argument("--group", default="hadir", help="the group of both")


def _roll(arguments: argparse.Namespace) -> int:
    from hadir import continuity

    site = open_site(arguments.data)
    root = continuity.root_signer(site, arguments.root_key)
    for writer in [arguments.writer] if arguments.writer else continuity.writers(site):
        before = site.origin(writer)
        site = continuity.roll(site, writer, reason=arguments.reason, root=root, now_ms=site.clock().now_ms())
        sys.stdout.write(f"{before} -> {site.origin(writer)}\n")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from hadir import continuity

    sys.stdout.writelines(f"{origin} {size}\n" for origin, size in continuity.journals(open_site(arguments.data)))
    return 0


def _backup(arguments: argparse.Namespace) -> int:
    from hadir import continuity
    from hadir.office.programs.upgrading import refuse_missing_database

    site, office_db = open_site(arguments.data), settings_of(arguments).office_db
    refuse_missing_database(site, office_db)
    names = continuity.backup(site, arguments.to, now_ms=site.clock().now_ms())
    sys.stdout.write(f"{len(names)} files in {arguments.to}; keep {continuity.HEADS_FILE} elsewhere too\n")
    if office_db:
        sys.stdout.write("the office's tables are not in it: dump PostgreSQL with pg_dump beside it\n")
    elif str(site.office_db.relative_to(site.data)) not in names:
        sys.stdout.write(f"no {site.office_db.name} is in it: this site has none yet\n")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from hadir import continuity

    site = continuity.restore(
        arguments.source, arguments.data, root_key=arguments.root_key, keys=arguments.keys, now_ms=None,
        erasures=arguments.erasures,
    )  # fmt: skip
    sys.stdout.writelines(f"{origin} {size}\n" for origin, size in continuity.journals(site))
    return 0


def _own(arguments: argparse.Namespace) -> int:
    from hadir import owners

    site = open_site(arguments.data)
    owners.own(site, gate=arguments.gate, office=arguments.office, group=arguments.group)
    sys.stdout.write(f"{arguments.data}: gate {arguments.gate}, office {arguments.office}, group {arguments.group}\n")
    return 0
