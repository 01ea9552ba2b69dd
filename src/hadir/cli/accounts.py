"""`hadir office reset-factor`: for the last one of personnel who lost the second factor, and has nobody else."""

# ruff: noqa: PLC0415

import argparse
import sys

from hadir.cli.command import Commands, add_command, settings_of


def add_accounts(acts: Commands) -> None:
    """Register it beside the office's other work."""
    text = "reset a lost second factor where no second person is there to do it"
    reset = add_command(acts, "reset-factor", _reset_factor, text)
    reset.add_argument("--login", required=True, help="the account whose owner lost it")
    reset.add_argument("--by", type=int, required=True, help="your own number in the register: the act is in your name")
    reset.add_argument("--reason", required=True, help="kept with the act")


def _reset_factor(arguments: argparse.Namespace) -> int:
    from hadir.office.programs.machine_acts import reset_factor

    code = reset_factor(settings_of(arguments), login=arguments.login, by=arguments.by, reason=arguments.reason)
    sys.stdout.write(f"Good for one log-in of {arguments.login} within 7 days, together with the password:\n  {code}\n")
    return 0
