"""`hadir`: every command. Results go to standard output, progress to standard error.

A room of commands is imported where it may be asked for: a gate starts without the law, and no command but the
office's own sets Django up.
"""

# ruff: noqa: PLC0415

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from hadir import __version__
from hadir.cli.command import Command, Commands, add_command, added, refuse_port
from hadir.config import SettingError, phone_shell
from hadir.ledger import JournalError
from hadir.owners import refuse_foreign_root, set_right, umask_for
from hadir.records.note import NoteError
from hadir.site import SITE_FILE, SiteError, open_site

#: The group of entry points by which another distribution adds commands; rehearsals come so.
PLUGINS = "hadir.commands"
#: What that distribution adds: who asks for one of them without it is told what to install.
_REHEARSALS = frozenset({"bench", "clock", "demo", "drill", "faults", "simulate"})
#: Which file has which commands, in the order in which they are listed. It is read for whoever asks for one of them:
#: the law alone costs a third of a start.
_ROOMS = {
    "serve office": "office:add_office",
    "gate door": ":_add_gate_and_door",
    "doctor": "doctor:add_doctor",
    "audit verify": "audit:add_audit",
    "journal backup restore own": "continuity:add_continuity",
    "rules": "rules:add_rules",
    "init import upgrade": "imports:add_imports",
    "erase": "continuity:add_erase",
}
_EXPECTED = (SiteError, SettingError, JournalError, NoteError, OSError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. Expected trouble is one line on standard error, never a traceback."""
    asked = sys.argv[1:] if argv is None else argv
    if _REHEARSALS.intersection(asked[:1]) and not added(PLUGINS):
        sys.stderr.write(
            f"hadir: `hadir {asked[0]}` is a rehearsal, which production goes without: install it from a copy of"
            " Hadir's sources with `pip install ./rehearsal`\n"
        )
        return 1
    arguments = _parser(asked).parse_args(asked)
    command: Command = arguments.command
    data: Path | None = getattr(arguments, "data", None)
    before = os.umask(0o077 if data is None else umask_for(data))
    try:
        if data is not None and not arguments.runs_on:
            return _kept_right(command, arguments)
        return command(arguments) or 0
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
        return command(arguments) or 0
    finally:
        if (arguments.data / SITE_FILE).exists():
            set_right(open_site(arguments.data))


def _parser(asked: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hadir", description="Attendance: nobody is wrongly marked late.")
    parser.set_defaults(runs_on=False)
    parser.add_argument("--version", action="version", version=f"hadir {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in _rooms(next(iter(asked), "")):
        add(commands)
    return parser


def _rooms(word: str) -> Iterator[Callable[[Commands], None]]:
    """What adds the command of this word; for a word of no room all rooms, and what other distributions add."""
    own = [place for words, place in _ROOMS.items() if word in words.split()]
    for place in own or (() if word in _REHEARSALS else _ROOMS.values()):
        file, _, name = place.partition(":")
        yield getattr(import_module(f"{__name__}.{file}" if file else __name__), name)
    if not own:
        yield from added(PLUGINS)


def _add_gate_and_door(commands: Commands) -> None:
    add_command(commands, "gate", _gate, "run the gate alone", runs_on=True, options={
        "--host": {"default": "127.0.0.1"},
        "--port": {"type": int, "default": 8001},
        "--socket": {
            "type": Path,
            "metavar": "PATH",
            "help": "listen on a Unix socket too, for a proxy on the same machine",
        },
        "--asgi": {
            "action": "store_true",
            "help": "requests through uvicorn's own protocol, as any ASGI program's",
        },
        "--plain-verifier": {
            "action": "store_true",
            "help": "verify one by one, even where eight at a time could be",
        },
    })  # fmt: skip
    add_command(commands, "door", _door, "run the front door alone", data=None, options={
        "--host": {"default": "127.0.0.1"},
        "--port": {"type": int, "default": 8000},
        "--gate": {"required": True, "help": "where the gate listens, http://127.0.0.1:8001"},
        "--office": {"required": True, "help": "where the office listens, http://127.0.0.1:8002"},
    })  # fmt: skip


def _gate(arguments: argparse.Namespace) -> int:
    refuse_port(arguments.port)
    from hadir.gate.listening import BindAddress
    from hadir.gate.program import run_gate

    bind = BindAddress(host=arguments.host, port=arguments.port, unix_socket=arguments.socket, asgi=arguments.asgi)
    site = open_site(arguments.data)
    refuse_foreign_root(site.journal_folder(site.gate))
    return run_gate(site, bind, plain_verifier=arguments.plain_verifier)


def _door(arguments: argparse.Namespace) -> None:
    refuse_port(arguments.port)
    from hadir.door.onward import Upstreams
    from hadir.door.program import run_door

    upstreams = Upstreams(gate=arguments.gate, office=arguments.office)
    run_door(phone_shell(), upstreams, host=arguments.host, port=arguments.port)
