"""`hadir office reset-factor`: for the last one of personnel who lost the second factor, and has nobody else."""

# ruff: noqa: PLC0415

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from hadir.config import read_settings


def add_accounts(acts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register it beside the office's other work."""
    reset = acts.add_parser("reset-factor", help="reset a lost second factor where no second person is there to do it")
    reset.add_argument("--data", type=Path, required=True)
    reset.add_argument("--login", required=True, help="the account whose owner lost it")
    reset.add_argument("--by", type=int, required=True, help="your own number in the register: the act is in your name")
    reset.add_argument("--reason", required=True, help="kept with the act")
    reset.set_defaults(command=_reset_factor)


def _reset_factor(arguments: argparse.Namespace) -> int:
    from hadir.office.programs.machine_acts import reset_factor

    settings = replace(read_settings(), data=arguments.data.absolute())
    code = reset_factor(settings, login=arguments.login, by=arguments.by, reason=arguments.reason)
    sys.stdout.write(f"Good for one log-in of {arguments.login} within 7 days, together with the password:\n  {code}\n")
    return 0
