"""The shipped or configured policy files, read once per process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache, reduce
from pathlib import Path

import yaml

from hadir.rules.calendars import Calendar, parse_calendars
from hadir.rules.policy import Policy, PolicyGapError, PolicySet
from hadir.rules.policy_file import parse_policies

_KEPT_DAYS = 1_024
_KEPT_FOLDERS = 4
"""The one in force, and those of trials: each has a folder of its own, for as long as it runs."""


_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The fast one where it is there."""


def read_yaml(data: bytes) -> object:
    """What a YAML text in UTF-8 holds. yaml.YAMLError, UnicodeDecodeError where it is none."""
    return yaml.load(data.decode("utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader


@lru_cache(_KEPT_FOLDERS)
def laws(folder: Path) -> Mapping[str, PolicySet]:
    """The policy sets by name. PolicyFileError lists every fault of every file: no law is read in part."""
    return parse_policies({file.stem: read_yaml(file.read_bytes()) for file in sorted(folder.glob("*.yaml"))})


@lru_cache(_KEPT_DAYS)
def law_on(folder: Path, policy: str, day: date) -> Policy:
    """The policy set of that name as it stands on `day`."""
    return laws(folder)[policy].on(day)


@lru_cache(_KEPT_FOLDERS)
def calendar(folder: Path) -> Calendar:
    """All calendars that ship with the policies, as one."""
    files = sorted((folder / "calendars").glob("*.yaml"))
    documents = {file.stem: read_yaml(file.read_bytes()) for file in files}
    return reduce(Calendar.plus, parse_calendars(documents).values(), Calendar(name="-"))


def names_a_duty(folder: Path, policy: str | None, duty: str | None, day: date) -> bool:
    """Whether there is such a policy on that day, and such a duty in it (in any policy, where none is named)."""
    if policy is not None and policy not in laws(folder):
        return False
    return duty is None or any(duty in one.duties for one in _on(folder, policy, day))


def names_shifts(folder: Path, named: Iterable[tuple[str, date]]) -> bool:
    """Whether some policy has each of these shifts on its day."""
    return all(any(shift in one.shifts for one in _on(folder, None, day)) for shift, day in named)


def _on(folder: Path, policy: str | None, day: date) -> list[Policy]:
    names = sorted(laws(folder)) if policy is None else [policy]
    found = []
    for name in names:
        try:
            found.append(law_on(folder, name, day))
        except (PolicyGapError, KeyError):
            continue  # It begins later, or it is only a foundation for others and lacks a part.
    return found
