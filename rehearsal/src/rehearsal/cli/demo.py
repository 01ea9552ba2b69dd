"""`hadir demo`, and `hadir clock`: rehearsal folders, and what time it is in them."""

# ruff: noqa: PLC0415 - a command imports its own room only

import argparse
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from hadir.clock import SystemClock, set_rehearsal_clock
from hadir.config import Settings, read_settings
from hadir.site import SITE_FILE, SiteError, found_site, open_site

DEMO_SITE = "rehearsal/barito-kuala"
DEMO_ZONE = "Asia/Makassar"


def add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = commands.add_parser(
        "demo", help="make a rehearsal folder: a small demo unit, or a whole regency with its month"
    )
    demo.add_argument("--data", type=Path, required=True)
    demo.add_argument("--people", type=int, help="a whole regency of so many people, with a month behind it")
    demo.add_argument("--seed", type=int, default=1, help="the same seed gives the same regency")
    demo.add_argument("--keep", action="store_true", help="when the folder is there already, only tell its log-ins")
    demo.add_argument("--url", default="http://127.0.0.1:8000", help="where it will be served, for the link it prints")
    demo.set_defaults(command=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    people = None if arguments.people is None else (arguments.people, arguments.seed)
    sys.stdout.write(
        make_demo(
            replace(read_settings(), data=arguments.data.absolute()),
            keep=arguments.keep,
            url=arguments.url,
            people=people,
        )
    )
    return 0


def make_demo(settings: Settings, *, keep: bool, url: str, people: tuple[int, int] | None = None) -> str:
    """Make the demo site, or find it there; what a newcomer needs to be told. SiteError for any other folder.

    With `people` (how many, and the seed) a whole regency, else one small unit.
    """
    from hadir.office.ground.installation import HERE
    from hadir.office.programs.commands import migrate
    from rehearsal.demo.filling import fill_regency

    if not (settings.data / SITE_FILE).exists():
        found_site(settings.data, name=DEMO_SITE, zone=DEMO_ZONE, now_ms=SystemClock().now_ms())
        if people is not None:
            fill_regency(settings, people=people[0], seed=people[1])
    elif not keep:
        raise SiteError(f"{settings.data} is already the data folder of {open_site(settings.data).name}")
    migrate(settings)
    from rehearsal.demo.register import create_demo, demo_slip

    logins = create_demo(HERE.site, now_ms=HERE.clock.now_ms())
    lines = [f"  {one.login:<8}{one.password:<16}{one.name}, {one.role or 'no role'}" for one in logins]
    head = "Demo log-ins for the office (a rehearsal: nothing here counts for pay)"
    slip = f"Enrol this browser as Sari, a teacher, with her slip:\n  {url}/#v={demo_slip()}"
    return "\n".join([head, *lines, slip, ""])


def add_clock(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    clock = commands.add_parser("clock", help="set the simulated clock of a rehearsal folder")
    clock.add_argument("--data", type=Path, required=True)
    clock.add_argument("--at", required=True, help="local time of the site, 2026-11-24T07:28:00")
    clock.add_argument("--speed", type=float, default=1.0, help="how many times faster than real time it runs on")
    clock.set_defaults(command=_clock)


def _clock(arguments: argparse.Namespace) -> int:
    site = open_site(arguments.data)
    if not site.rehearsal:
        raise SiteError(f"{site.name} is a production site: its time is never simulated")
    at = datetime.fromisoformat(arguments.at).replace(tzinfo=site.tz)
    set_rehearsal_clock(site.clock_file, simulated_ms=int(at.timestamp() * 1000), speed=arguments.speed)
    return 0
