"""The files of the law as a command reads them: policies, calendars, cases. Values come out, or every fault."""

from collections.abc import Iterable
from functools import cache
from itertools import chain
from math import inf
from pathlib import Path

import yaml

from hadir.config import SettingError, read_settings, shipped
from hadir.rules import Calendar, CaseFileError, Fault, PolicySet, parse_calendars, parse_policies
from hadir.rules.reading import DocumentError

CASE_FILE_BYTES_MAX = 4_000_000
VALUES_MAX = 500_000
DEEP_MAX = 50
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


def document(path: Path) -> object:
    """What a YAML file holds. CaseFileError when it is not YAML, or far too much by its anchors."""
    try:
        loader = _LOADER(_text(path))
        try:
            node = loader.get_single_node()
            values, deep = (0, 0) if node is None else _extent(node, {})
            if values > VALUES_MAX or deep > DEEP_MAX:
                raise CaseFileError(
                    [Fault(path.name, f"holds more than {VALUES_MAX} values, or {DEEP_MAX} in each other")]
                )
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise CaseFileError([Fault(path.name, "is not YAML: " + " ".join(str(error).split()))]) from error
    except (RecursionError, ValueError) as error:
        if isinstance(error, CaseFileError):
            raise
        raise CaseFileError([Fault(path.name, "is not a readable YAML text in UTF-8")]) from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(CASE_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise CaseFileError([Fault(path.name, f"cannot be read: {error.strerror}")]) from error
    if len(raw) > CASE_FILE_BYTES_MAX:
        raise CaseFileError([Fault(path.name, f"has more than {CASE_FILE_BYTES_MAX} bytes")])
    return raw.decode("utf-8")


def _extent(node: yaml.Node, known: dict[int, tuple[float, float]]) -> tuple[float, float]:
    """How many values a node holds when each anchor is written out, and how deep; without end for one within itself."""
    if id(node) not in known:
        known[id(node)] = (inf, inf)
        below = node.value if isinstance(node, yaml.SequenceNode) else ()
        if isinstance(node, yaml.MappingNode):
            below = tuple(chain.from_iterable(node.value))
        extents = [_extent(one, known) for one in below]
        known[id(node)] = 1 + sum(values for values, _ in extents), 1 + max((deep for _, deep in extents), default=0)
    return known[id(node)]


def nodes(path: Path) -> yaml.Node | None:
    """The document with its lines, if it is YAML at all."""
    try:
        node: yaml.Node | None = yaml.compose(_text(path), Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return node
