"""What every command shares: its parser, the settings of its data folder, its answer in words or as JSON."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeAlias

from hadir.config import SettingError, Settings, read_settings

#: The exit status, none for 0.
Command = Callable[[argparse.Namespace], int | None]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse has no other name for it
#: An option or argument by its name, and what `add_argument` is told of it.
Options = Mapping[str, Mapping[str, Any]]
_PORT_MAX = 65_535


def add_command(  # noqa: PLR0913 - what a command is
    commands: Commands,
    name: str,
    command: Command,
    text: str,
    *,
    data: str | None = "",
    as_json: str = "",
    runs_on: bool = False,
    options: Options | None = None,
) -> None:
    """One command. `data`: what to say of its required data folder, None for none; `as_json`: what `--json` prints;
    `runs_on`: it does not end by itself.
    """
    parser = commands.add_parser(name, help=text)
    if data is not None:
        parser.add_argument("--data", type=Path, required=True, help=data or None)
    if as_json:
        parser.add_argument("--json", action="store_true", help=as_json)
    for option, told in (options or {}).items():
        parser.add_argument(option, **told)
    parser.set_defaults(command=command, runs_on=runs_on)


def add_group(commands: Commands, name: str, text: str) -> Commands:
    """A word that more words follow."""
    return commands.add_parser(name, help=text).add_subparsers(required=True, metavar="WHAT")


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The environment's settings, with the data folder of the command line."""
    settings = read_settings()
    return settings if arguments.data is None else replace(settings, data=arguments.data.absolute())


def tell(arguments: argparse.Namespace, told: object, lines: Iterable[str]) -> None:
    """`told` as one JSON object where that was asked for, else the lines."""
    if arguments.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)


def refuse_port(port: int) -> None:
    """SettingError for what is no port."""
    if not 0 <= port <= _PORT_MAX:
        raise SettingError(f"{port} is no port: give --port a number from 1 to {_PORT_MAX}")


def added(group: str) -> list[Callable[..., Any]]:
    """What another distribution adds. One that was taken away may leave its name behind: that stops no command."""
    found: list[Callable[..., Any]] = []
    for one in entry_points(group=group):
        with suppress(ModuleNotFoundError):
            found.append(one.load())
    return found
