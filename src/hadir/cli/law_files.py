"""The files of the law as a command reads them: policies, calendars, cases. Values come out, or every fault."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from hadir.config import SettingError, read_settings, shipped
from hadir.office.ground.yaml_texts import YAML_BYTES_MAX, bounded_yaml, placed
from hadir.rules import Calendar, CaseFileError, Fault, PolicySet, parse_calendars, parse_policies
from hadir.rules.reading import DocumentError


def policies_in_use() -> dict[str, PolicySet]:
    """The policy sets in use. SettingError with every fault when they do not load."""
    return _sets_of(read_settings().policies)


@cache
def _sets_of(folder: Path) -> dict[str, PolicySet]:
    try:
        return parse_policies(_documents(folder))
    except DocumentError as error:
        raise SettingError(f"the policies in {folder} do not load:\n{error}") from error


def policy_documents() -> dict[str, object]:
    """The policy files in use, as YAML gives them."""
    return _documents(read_settings().policies)


def policies_with(files: Iterable[Path]) -> dict[str, PolicySet]:
    """The sets in use and those of these files. SettingError with every fault when they do not load."""
    files = tuple(files)
    try:
        return parse_policies({**policy_documents(), **{file.stem: document(file) for file in files}})
    except DocumentError as error:
        raise SettingError(f"{', '.join(map(str, files))} cannot be used:\n{error}") from error


def policies_of_cases(own: Mapping[str, object], files: Iterable[Path], path: Path) -> dict[str, PolicySet]:
    """The sets in use, those of these files, and those that a case file brings. CaseFileError with its faults."""
    known = {**policy_documents(), **{file.stem: document(file) for file in files}}
    taken = sorted(own.keys() & known.keys())
    if taken:
        raise CaseFileError([Fault(f"{path.name}: {', '.join(taken)}", "a set in use has that name already")])
    try:
        return parse_policies({**known, **own})
    except DocumentError as error:
        raise CaseFileError([_in_cases(fault, own, path) for fault in error.faults]) from error


def _in_cases(fault: Fault, own: Mapping[str, object], path: Path) -> Fault:
    """A fault of an own policy, with its place in the case file."""
    name, _, within = fault.place.partition(": ")
    raw = document(path)
    if name not in own or not isinstance(raw, list):
        return fault
    at = next(at for at, one in enumerate(raw) if isinstance(one, Mapping) and one.get("own_policy") == own[name])
    return Fault(f"{path.name}[{at}].own_policy.{within}", fault.message)


def _documents(folder: Path) -> dict[str, object]:
    return {path.stem: document(path) for path in sorted(folder.glob("*.yaml"))}


@cache
def shipped_calendars() -> dict[str, Calendar]:
    """The calendars that ship."""
    folder = shipped("policies") / "calendars"
    try:
        return parse_calendars(_documents(folder))
    except DocumentError as error:
        raise SettingError(f"the calendars in {folder} do not load:\n{error}") from error


def document(path: Path, *, twice: list[Fault] | None = None) -> object:
    """What a YAML file holds. CaseFileError when it is not YAML, or far too much by its anchors; and where a key stands
    twice, unless that goes into `twice`.
    """
    try:
        return bounded_yaml(_bytes(path), path.name, twice=twice)
    except CaseFileError:
        raise
    except DocumentError as error:
        raise CaseFileError(error.faults) from error


def _bytes(path: Path) -> bytes:
    """No more of it than tells that it is too much."""
    try:
        with path.open("rb") as file:
            return file.read(YAML_BYTES_MAX + 1)
    except OSError as error:
        raise CaseFileError([Fault(path.name, f"cannot be read: {error.strerror}")]) from error


def faults_of(path: Path, faults: Iterable[Fault], name: str) -> tuple[Fault, ...]:
    """The faults of a file with their lines; `name` begins every place."""
    try:
        return placed(faults, _bytes(path), name)
    except CaseFileError:
        return tuple(faults)
