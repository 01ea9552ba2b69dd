"""`hadir`: every command. Results go to standard output, progress to standard error.

A command imports its own room only, inside its function: a gate starts without Django, a verifier without a gate.
"""

# ruff: noqa: PLC0415

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from hadir import __version__
from hadir.cli.command import Command, Commands, add_command, add_group, settings_of, tell
from hadir.config import SettingError, Settings, phone_shell
from hadir.ledger import JournalError
from hadir.owners import refuse_foreign_root, refuse_one_user, set_right, umask_for
from hadir.records.note import NoteError
from hadir.site import SITE_FILE, SiteError, open_site

PLUGINS = "hadir.commands"
"""The group of entry points by which another distribution adds commands; rehearsals come so."""
_REHEARSALS = frozenset({"bench", "clock", "demo", "drill", "faults", "simulate"})
"""What that distribution adds: who asks for one of them without it is told what to install."""
_ROOMS = {
    "doctor": "hadir.cli.doctor:add_doctor",
    "audit verify": "hadir.cli.audit:add_audit",
    "journal backup restore own": "hadir.cli.continuity:add_continuity",
    "rules": "hadir.cli.rules:add_rules",
    "init import upgrade": "hadir.cli.imports:add_imports",
    "erase": "hadir.cli.erase:add_erase",
}
"""The commands that have a file of their own, and where. Each is read for whoever asks for it: the law alone costs a
third of a start.
"""
_BUILT_IN = frozenset({"serve", "office", "gate", "door"})
_PRIVATE = 0o077
_PORT_MAX = 65_535
_EXPECTED = (SiteError, SettingError, JournalError, NoteError, OSError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. Expected trouble is one line on standard error, never a traceback."""
    asked = sys.argv[1:] if argv is None else argv
    if _REHEARSALS.intersection(asked[:1]) and not _added(PLUGINS):
        sys.stderr.write(
            f"hadir: `hadir {asked[0]}` is a rehearsal, which production goes without: install it from a copy of"
            " Hadir's sources with `pip install ./rehearsal`\n"
        )
        return 1
    arguments = _parser(asked).parse_args(asked)
    command: Command = arguments.command
    data: Path | None = getattr(arguments, "data", None)
    before = os.umask(_PRIVATE if data is None else umask_for(data))
    try:
        if data is not None and not arguments.runs_on:
            return _kept_right(command, arguments)
        return command(arguments)
    except _EXPECTED as error:
        sys.stderr.write(f"hadir: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        os.umask(before)


def _kept_right(command: Command, arguments: argparse.Namespace) -> int:
    """What a command leaves in a data folder is as the table says, under any user and after any failure."""
    try:
        return command(arguments)
    finally:
        if (arguments.data / SITE_FILE).exists():
            set_right(open_site(arguments.data))


def _parser(asked: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hadir", description="Attendance: nobody is wrongly marked late.")
    parser.set_defaults(runs_on=False)
    parser.add_argument("--version", action="version", version=f"hadir {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_office(commands)
    _add_gate(commands)
    _add_door(commands)
    word = next(iter(asked), "")
    if word not in _BUILT_IN:
        _add_rooms(commands, word)
    return parser


def _add_rooms(commands: Commands, word: str) -> None:
    """The room of this word; without one, what other distributions add, and before it all rooms but for a rehearsal."""
    own = [place for words, place in _ROOMS.items() if word in words.split()]
    for place in own or (() if word in _REHEARSALS else _ROOMS.values()):
        module, _, name = place.partition(":")
        getattr(import_module(module), name)(commands)
    for add in () if own else _added(PLUGINS):
        add(commands)


def _added(group: str) -> list[Callable[..., Any]]:
    """What another distribution adds. One that was taken away may leave its name behind: that stops no command."""
    from importlib.metadata import entry_points

    found: list[Callable[..., Any]] = []
    for one in entry_points(group=group):
        with suppress(ModuleNotFoundError):
            found.append(one.load())
    return found


def _add_serve(commands: Commands) -> None:
    data = "the data folder; a new demo when there is none"
    serve = add_command(commands, "serve", _serve, "run a whole site on this machine", data=data, runs_on=True)
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on; behind a proxy, leave it")


def _refuse_port(port: int) -> None:
    if not 0 <= port <= _PORT_MAX:
        raise SettingError(f"{port} is no port: give --port a number from 1 to {_PORT_MAX}")


def _serve(arguments: argparse.Namespace) -> int:
    _refuse_port(arguments.port)
    from hadir.office.ground.installation import database_of
    from hadir.office.programs.conditions import require_address, require_law
    from hadir.office.programs.upgrading import refuse_missing_database
    from hadir.serve import serve

    settings = settings_of(arguments)
    if not settings.data.exists() or not any(settings.data.iterdir()):
        _fill_empty(settings, url=f"http://{arguments.host}:{arguments.port}")
    site = open_site(settings.data)
    refuse_one_user(site)
    refuse_foreign_root(site.data)
    require_law(settings)
    require_address(settings, site)
    phone_shell()
    database_of(settings.office_db, site.office_db)
    refuse_missing_database(site, settings.office_db)
    public_url = settings.public_url or site.address or f"http://{arguments.host}:{arguments.port}"
    return serve(site, host=arguments.host, port=arguments.port, public_url=public_url)


def _fill_empty(settings: Settings, *, url: str) -> None:
    """A demo site, where rehearsals are installed. SiteError elsewhere: a production folder is made by `init`."""
    found = _added("hadir.demo")
    if not found:
        raise SiteError(f"{settings.data} is empty: make a site in it with `hadir init`")
    sys.stderr.write(f"hadir: {settings.data} is empty; making a demo site in it\n")
    sys.stderr.write(found[0](settings, keep=False, url=url))


def _add_office(commands: Commands) -> None:
    from hadir.cli.accounts import add_accounts

    acts = add_group(commands, "office", "the office's own work")
    text = "follow all journals, judge what they touch, publish the roster; until stopped"
    follow = add_command(acts, "follow", _office_follow, text, runs_on=True)
    follow.add_argument("--once", action="store_true", help="one pass, then stop")
    text = "drop the projection and build it again from the journals"
    add_command(acts, "rebuild", _office_rebuild, text, as_json='print {"before","after","identical"}')
    add_command(acts, "migrate", _office_migrate, "bring the office's tables to this release")
    text = "make the large files that people ask for, one at a time; until stopped"
    exports = add_command(acts, "exports", _office_exports, text)
    exports.add_argument("--once", action="store_true", help="make what waits, then stop")
    text = "one digest over all verdicts by their meaning, to hold two releases side by side"
    add_command(acts, "digest", _office_digest, text, as_json='print {"days","verdicts","lines","late_days",…}')
    text = "fold the office's journal into its tables and tell every difference"
    add_command(acts, "compare", _office_compare, text, as_json='print {"acts","tables","differences"}')
    add_accounts(acts)


def _office_follow(arguments: argparse.Namespace) -> int:
    from hadir.office.programs.commands import follow, migrate

    settings = settings_of(arguments)
    refuse_foreign_root(open_site(settings.data).roster_folder)
    migrate(settings)
    follow(settings, once=arguments.once)
    return 0


def _office_rebuild(arguments: argparse.Namespace) -> int:
    from hadir.office.programs.commands import rebuild

    before, after = rebuild(settings_of(arguments))
    identical = before == after
    lines = (f"verdicts before {before}", f"verdicts after  {after}", "identical" if identical else "DIFFERENT")
    tell(arguments, {"before": before, "after": after, "identical": identical}, lines)
    return 0 if identical else 1


def _office_digest(arguments: argparse.Namespace) -> int:
    """1 where a closed month is not what was signed."""
    from hadir.office.programs.commands import digest

    found = digest(settings_of(arguments))
    tell(arguments, found, (f"{name} {value}" for name, value in found.items()))
    return 0 if found["closings"] == found["closings_as_signed"] else 1


def _office_migrate(arguments: argparse.Namespace) -> int:
    from hadir.office.programs.commands import migrate

    migrate(settings_of(arguments))
    return 0


def _office_exports(arguments: argparse.Namespace) -> int:
    from hadir.office.programs.commands import make_exports

    make_exports(settings_of(arguments), once=arguments.once)
    return 0


def _office_compare(arguments: argparse.Namespace) -> int:
    """1 where anything differs."""
    from hadir.office.programs.commands import compare

    compared = compare(settings_of(arguments), lambda line: sys.stderr.write(f"{line}\n"))
    counts = f"{compared.acts} acts, {compared.tables} tables, {compared.count} differences"
    tell(arguments, compared.members, (*(one.line for one in compared.differences), counts))
    return 1 if compared.count else 0


def _add_gate(commands: Commands) -> None:
    gate = add_command(commands, "gate", _gate, "run the gate alone", runs_on=True)
    gate.add_argument("--host", default="127.0.0.1")
    gate.add_argument("--port", type=int, default=8001)
    gate.add_argument(
        "--socket", type=Path, metavar="PATH", help="listen on a Unix socket too, for a proxy on the same machine"
    )
    gate.add_argument(
        "--asgi", action="store_true", help="requests through uvicorn's own protocol, as any ASGI program's"
    )
    gate.add_argument(
        "--plain-verifier", action="store_true", help="verify one by one, even where eight at a time could be"
    )


def _gate(arguments: argparse.Namespace) -> int:
    _refuse_port(arguments.port)
    from hadir.gate.listening import BindAddress
    from hadir.gate.program import run_gate

    bind = BindAddress(host=arguments.host, port=arguments.port, unix_socket=arguments.socket, asgi=arguments.asgi)
    site = open_site(arguments.data)
    refuse_foreign_root(site.journal_folder(site.gate))
    return run_gate(site, bind, plain_verifier=arguments.plain_verifier)


def _add_door(commands: Commands) -> None:
    door = add_command(commands, "door", _door, "run the front door alone", data=None)
    door.add_argument("--host", default="127.0.0.1")
    door.add_argument("--port", type=int, default=8000)
    door.add_argument("--gate", required=True, help="where the gate listens, http://127.0.0.1:8001")
    door.add_argument("--office", required=True, help="where the office listens, http://127.0.0.1:8002")


def _door(arguments: argparse.Namespace) -> int:
    _refuse_port(arguments.port)
    from hadir.door.onward import Upstreams
    from hadir.door.program import run_door

    upstreams = Upstreams(gate=arguments.gate, office=arguments.office)
    run_door(phone_shell(), upstreams, host=arguments.host, port=arguments.port)
    return 0
