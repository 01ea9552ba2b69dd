"""What every command shares: its parser, the settings of its data folder, its answer in words or as JSON."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from hadir.config import Settings, read_settings

Command = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse has no other name for it


def add_command(  # noqa: PLR0913 - what a command is
    commands: Commands,
    name: str,
    command: Command,
    text: str,
    *,
    data: str | None = "",
    as_json: str = "",
    runs_on: bool = False,
) -> argparse.ArgumentParser:
    """One command. `data`: what to say of its required data folder, None for none; `as_json`: what `--json` prints;
    `runs_on`: it does not end by itself.
    """
    parser = commands.add_parser(name, help=text)
    if data is not None:
        parser.add_argument("--data", type=Path, required=True, help=data or None)
    if as_json:
        parser.add_argument("--json", action="store_true", help=as_json)
    parser.set_defaults(command=command, runs_on=runs_on)
    return parser


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
