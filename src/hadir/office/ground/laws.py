"""The shipped or configured policy files, read once per process."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import lru_cache, reduce
from hashlib import sha256
from pathlib import Path

from hadir.office.ground.own_laws import OwnLawError, law_folder_known, own_names, own_set
from hadir.office.ground.yaml_texts import bounded_yaml
from hadir.rules.calendars import Calendar, parse_calendars
from hadir.rules.excuse import ExcuseRule
from hadir.rules.policy import Dated, Policy, PolicyGapError, PolicySet
from hadir.rules.policy_file import RULES_VERSION, parse_policies
from hadir.texts import Lang, catalogue

_EXCUSES = "excuses."
_KEPT_DAYS = 1_024
_KEPT_FOLDERS = 4
"""The one in force, and those of trials: each has a folder of its own, for as long as it runs."""


def laws(folder: Path) -> Mapping[str, PolicySet]:
    """The policy sets by name, with every version of the office's own ones that can be read here. PolicyFileError lists
    every fault of every file that ships: no law is read in part.
    """
    return _with_own(folder, law_folder_known(), own_names())


@lru_cache(_KEPT_FOLDERS)
def _with_own(folder: Path, _: Path | None, names: tuple[str, ...]) -> Mapping[str, PolicySet]:
    own: dict[str, PolicySet] = {}
    for name in names:
        with suppress(OwnLawError):  # Whoever is judged by it is told.
            own[name] = own_set(name)
    return {**own, **shipped_laws(folder)}


@lru_cache(_KEPT_FOLDERS)
def shipped_laws(folder: Path) -> Mapping[str, PolicySet]:
    """Those of the folder alone."""
    files = sorted(folder.glob("*.yaml"))
    return parse_policies({file.stem: bounded_yaml(file.read_bytes(), file.name) for file in files})


@lru_cache(_KEPT_DAYS)
def law_on(folder: Path, policy: str, day: date) -> Policy:
    """The policy set of that name as it stands on `day`."""
    sets = shipped_laws(folder)
    return (sets[policy] if policy in sets else own_set(policy)).on(day)


@lru_cache(_KEPT_FOLDERS)
def calendar(folder: Path) -> Calendar:
    """All calendars that ship with the policies, as one."""
    files = sorted((folder / "calendars").glob("*.yaml"))
    documents = {file.stem: bounded_yaml(file.read_bytes(), file.name) for file in files}
    return reduce(Calendar.plus, parse_calendars(documents).values(), Calendar(name="-"))


def edition_digest(folder: Path) -> str:
    """Of what a release judges by: SHA-256 (hex) over the version of the rules' code, every policy set of the folder
    and its calendars. An office's own law is none of it: that is an act with a text that never changes.
    """
    said = [f"{name} {law.sha256}" for name, law in sorted(shipped_laws(folder).items())]
    return sha256("\n".join([RULES_VERSION, _calendar_digest(folder), *said]).encode()).hexdigest()


@lru_cache(_KEPT_FOLDERS)
def _calendar_digest(folder: Path) -> str:
    return sha256(repr(calendar(folder)).encode()).hexdigest()


EXCUSE_KIND = "excuse.kind."
"""Under which the catalogue has the names of excuses' codes."""


def own_excuse_names(folder: Path) -> Mapping[str, Mapping[Lang, str]]:
    """The codes of excuses for which a policy brings its own name, as its newest entry says it."""
    return _own_excuse_names(folder, law_folder_known(), own_names())


@lru_cache(_KEPT_FOLDERS)
def _own_excuse_names(folder: Path, _: Path | None, __: tuple[str, ...]) -> Mapping[str, Mapping[Lang, str]]:
    found: dict[str, Mapping[Lang, str]] = {}
    for path, entries in _excuse_entries(folder):
        named = [rule.name for entry in entries if isinstance(rule := entry.value, ExcuseRule) and rule.name]
        if named:
            found.setdefault(path, {"id": named[-1][0], "en": named[-1][1]})
    return found


def excuse_names(folder: Path) -> frozenset[str]:
    """Every code of an excuse that some policy has and that has a name."""
    return _excuse_names(folder, law_folder_known(), own_names())


@lru_cache(_KEPT_FOLDERS)
def _excuse_names(folder: Path, _: Path | None, __: tuple[str, ...]) -> frozenset[str]:
    codes = {code for code, _ in _excuse_entries(folder)}
    own = own_excuse_names(folder)
    return frozenset(one for one in codes if one in own or f"{EXCUSE_KIND}{one}" in catalogue())


@lru_cache(_KEPT_FOLDERS)
def counted_codes(folder: Path) -> frozenset[str]:
    """The codes of excuses of which some policy says that a later day costs something else."""
    return frozenset(
        code
        for code, entries in _excuse_entries(folder)
        if any(isinstance(entry.value, ExcuseRule) and entry.value.is_counted for entry in entries)
    )


def _excuse_entries(folder: Path) -> Iterator[tuple[str, tuple[Dated, ...]]]:
    for _, law in sorted(laws(folder).items()):
        for path, entries in law.values.items():
            if path.startswith(_EXCUSES):
                yield path.removeprefix(_EXCUSES), entries


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
