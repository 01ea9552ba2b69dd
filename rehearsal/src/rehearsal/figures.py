"""docs/figures.md: the last figures of every measurement, written by the command that measured them; and the README's
headline, a morning that was rehearsed, written by the drill itself so that it cannot go stale.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hadir import __version__
from hadir.clock import SystemClock
from hadir.records.days import local
from hadir.site import SiteError

_HEAD = """# Figures

The last figures of each measurement, written by the commands themselves (`--figures docs/figures.md`). A figure marked
*noisy* was taken while other programs used the machine: it is a lower bound, not a result.
"""

BEGIN, END = "<!-- drill: written by `make drill` -->", "<!-- end of drill -->"
_BLOCK = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)


def tell_figures(arguments: argparse.Namespace, name: str, figures: dict[str, Any]) -> None:
    """Print them as the command line asks (`--json`), and put them into its `--figures` too."""
    if arguments.figures is not None:
        write_figures(arguments.figures, name, figures)
    if arguments.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        width = max(map(len, figures))
        sys.stdout.write(f"{name}\n" + "".join(f"  {key:<{width}}  {value}\n" for key, value in figures.items()))


def write_figures(path: Path, name: str, figures: dict[str, Any]) -> None:
    """Put the section `name` in place of its older self, or at the end."""
    text = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    sections = re.split(r"(?m)^(?=## )", text)
    kept = [section.rstrip() + "\n" for section in sections if not section.startswith(f"## {name}\n")]
    path.write_text("\n".join([*kept, _section(path, name, figures)]), encoding="utf-8")


def read_figures(text: str, name: str) -> dict[str, str]:
    """The figures of section `name` as they are written; empty without one."""
    section = next((part for part in re.split(r"(?m)^## ", text) if part.startswith(f"{name}\n")), "")
    return dict(re.findall(r"(?m)^\| (\w+) \| (.*) \|$", section))


def _section(path: Path, name: str, figures: dict[str, Any]) -> str:
    at = local(SystemClock().now_ms(), "UTC")
    noisy = "; **noisy**: other programs used {other_programs_cores} cores" if figures.get("noisy") else ""
    lines = [f"## {name}", "", f"{at:%Y-%m-%d %H:%M} UTC; {_commit(path)}; {_machine()}{noisy.format(**figures)}", ""]
    lines += ["| figure | value |", "|---|---|"]
    lines += [f"| {key} | {_cell(value)} |" for key, value in figures.items()]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {part}" for key, part in value.items())
    return str(value)


def _commit(path: Path) -> str:
    """Which one was measured, and whether more than the figures had changed since."""
    head = _git("rev-parse", "--short", "HEAD")
    if not head:
        return f"version {__version__}"
    status = _git("status", "--porcelain", "--untracked-files=no")
    changed = [line for line in status.splitlines() if path.name not in line]
    return f"commit {head}{'-dirty' if changed else ''}"


def _git(*arguments: str) -> str:
    """What git says; nothing where there is no repository."""
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def _machine() -> str:
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*: (.*)", cpuinfo)
    cores = cpuinfo.count("processor\t")
    return f"{cores} cores {model[1] if model else platform.machine()}, Python {platform.python_version()}"


def write_headline(path: Path, figures: Mapping[str, Any]) -> None:
    """Put the table in place of its older self. SiteError when the page has no place for it."""
    text = path.read_text(encoding="utf-8")
    if not _BLOCK.search(text):
        raise SiteError(f"{path} has no lines {BEGIN} and {END}")
    path.write_text(_BLOCK.sub(lambda _: headline(figures), text), encoding="utf-8")


def read_headline(page: str) -> str:
    """The block as it stands in a page; empty without one."""
    found = _BLOCK.search(page)
    return found[0] if found else ""


def headline(figures: Mapping[str, Any]) -> str:
    """The block, from the drill's figures as they are or as docs/figures.md keeps them."""
    people, taps, receipts = (f"{int(figures[name]):,}" for name in ("people", "taps", "receipts"))
    rows = [
        ("taps; with a receipt that the phone verified", f"{taps}; {receipts}"),
        ("lost; doubled", f"{figures['lost']}; {figures['duplicated']}"),
        ("people wrongly late; wrongly on time", f"{figures['wrongly_late']}; {figures['wrongly_on_time']}"),
        ("people on time whom the server's time would have made late", f"{int(figures['late_by_server']):,}"),
        (
            "people late who turned their clock back, and nothing signed says so: on a list, to be asked",
            figures["unproven"],
        ),
    ]
    title = f"`hadir drill`: {people} people arrive {figures['arrive']}, the gate is killed {figures['outage']}"
    return "\n".join([BEGIN, f"| {title} | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), END])
