"""`hadir serve`, `hadir office …`: a whole site on this machine, and the office's own work."""

import argparse
import sys

from hadir.cli.command import Commands, add_command, add_group, added, refuse_port, settings_of, tell
from hadir.config import Settings, phone_shell
from hadir.office.ground.installation import database_of
from hadir.office.programs.commands import compare, digest, follow, make_exports, migrate, rebuild
from hadir.office.programs.conditions import require_address, require_law
from hadir.office.programs.machine_acts import reset_factor
from hadir.office.programs.upgrading import refuse_missing_database
from hadir.owners import refuse_foreign_root, refuse_one_user
from hadir.serve import serve
from hadir.site import SiteError, open_site


def add_office(commands: Commands) -> None:
    data = "the data folder"
    add_command(commands, "serve", _serve, "run a whole site on this machine", data=data, runs_on=True, options={
        "--port": {"type": int, "default": 8000},
        "--host": {"default": "127.0.0.1", "help": "address to listen on; behind a proxy, leave it"},
    })  # fmt: skip
    acts = add_group(commands, "office", "the office's own work")
    text = "follow all journals, judge what they touch, publish the roster; until stopped"
    once = {"--once": {"action": "store_true", "help": "one pass, then stop"}}
    add_command(acts, "follow", _office_follow, text, runs_on=True, options=once)
    text = "drop the projection and build it again from the journals"
    add_command(acts, "rebuild", _office_rebuild, text, as_json='print {"before","after","identical"}')
    add_command(acts, "migrate", _office_migrate, "bring the office's tables to this release")
    text = "make the large files that people ask for, one at a time; until stopped"
    once = {"--once": {"action": "store_true", "help": "make what waits, then stop"}}
    add_command(acts, "exports", _office_exports, text, options=once)
    text = "one digest over all verdicts by their meaning, to hold two releases side by side"
    add_command(acts, "digest", _office_digest, text, as_json='print {"days","verdicts","lines","late_days",…}')
    text = "fold the office's journal into its tables and tell every difference"
    add_command(acts, "compare", _office_compare, text, as_json='print {"acts","tables","differences"}')
    text = "reset a lost second factor where no second person is there to do it"
    add_command(acts, "reset-factor", _reset_factor, text, options={
        "--login": {"required": True, "help": "the account whose owner lost it"},
        "--by": {"type": int, "required": True, "help": "your own number in the register: the act is in your name"},
        "--reason": {"required": True, "help": "kept with the act"},
    })  # fmt: skip


def _serve(arguments: argparse.Namespace) -> int:
    refuse_port(arguments.port)
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
    found = added("hadir.demo")
    if not found:
        raise SiteError(f"{settings.data} is empty: make a site in it with `hadir init`")
    sys.stderr.write(f"hadir: {settings.data} is empty; making a demo site in it\n")
    sys.stderr.write(found[0](settings, keep=False, url=url))


def _office_follow(arguments: argparse.Namespace) -> None:
    settings = settings_of(arguments)
    refuse_foreign_root(open_site(settings.data).roster_folder)
    migrate(settings)
    follow(settings, once=arguments.once)


def _office_rebuild(arguments: argparse.Namespace) -> int:
    before, after = rebuild(settings_of(arguments))
    identical = before == after
    lines = (f"verdicts before {before}", f"verdicts after  {after}", "identical" if identical else "DIFFERENT")
    tell(arguments, {"before": before, "after": after, "identical": identical}, lines)
    return 0 if identical else 1


def _office_digest(arguments: argparse.Namespace) -> int:
    """1 where a closed month is not what was signed."""
    found = digest(settings_of(arguments))
    tell(arguments, found, (f"{name} {value}" for name, value in found.items()))
    return 0 if found["closings"] == found["closings_as_signed"] else 1


def _office_migrate(arguments: argparse.Namespace) -> None:
    migrate(settings_of(arguments))


def _office_exports(arguments: argparse.Namespace) -> None:
    make_exports(settings_of(arguments), once=arguments.once)


def _office_compare(arguments: argparse.Namespace) -> int:
    """1 where anything differs."""
    compared = compare(settings_of(arguments), lambda line: sys.stderr.write(f"{line}\n"))
    counts = f"{compared.acts} acts, {compared.tables} tables, {compared.count} differences"
    tell(arguments, compared.members, (*(one.line for one in compared.differences), counts))
    return 1 if compared.count else 0


def _reset_factor(arguments: argparse.Namespace) -> None:
    code = reset_factor(settings_of(arguments), login=arguments.login, by=arguments.by, reason=arguments.reason)
    sys.stdout.write(f"Good for one log-in of {arguments.login} within 7 days, together with the password:\n  {code}\n")
