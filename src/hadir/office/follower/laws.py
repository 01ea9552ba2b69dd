"""The shipped or configured policy files, read once per process."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

import yaml

from hadir.rules.duty import owed
from hadir.rules.policy_file import parse_policies

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from hadir.rules.duty import DutyDay
    from hadir.rules.policy import Policy, PolicySet

_KEPT_DAYS = 1_024


@cache
def laws(folder: Path) -> Mapping[str, PolicySet]:
    """The policy sets by name. PolicyFileError lists every fault of every file: no law is read in part."""
    documents = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.yaml"))}
    return parse_policies(documents)


@lru_cache(_KEPT_DAYS)
def law_on(folder: Path, policy: str, day: date) -> Policy:
    """The policy set of that name as it stands on `day`."""
    return laws(folder)[policy].on(day)


@lru_cache(_KEPT_DAYS)
def owed_on(folder: Path, policy: str, duty: str, zone: str, day: date) -> DutyDay | None:
    """What the duty asks on `day` at a work place in `zone`; None on a day off."""
    return owed(law_on(folder, policy, day).duty(duty, zone), day)
