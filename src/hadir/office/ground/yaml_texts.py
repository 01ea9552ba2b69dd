"""YAML that somebody brings, read within bounds: how many bytes, how many values once its anchors are written out.

What YAML itself lets pass is a fault here: of a key that stands twice it would take the last and drop the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from math import inf

import yaml

from hadir.rules.faults import Said
from hadir.rules.reading import DocumentError, Fault, shown

YAML_BYTES_MAX = 4_000_000
YAML_VALUES_MAX = 500_000
YAML_DEEP_MAX = 50
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The fast one where it is there."""
_MERGE = "<<"


def bounded_yaml(
    data: bytes,
    place: str,
    *,
    bytes_max: int = YAML_BYTES_MAX,
    values_max: int = YAML_VALUES_MAX,
    twice: list[Fault] | None = None,
) -> object:
    """What the text holds. DocumentError at `place` where it is too much, too deep, not UTF-8, or no YAML.

    A key that stands twice is a fault with both lines: in `twice` for who looks on to find all of them, else raised.
    """
    found: list[Fault] = []
    raw = _bounded(data, place, (bytes_max, values_max), found)
    if twice is None and found:
        raise DocumentError(found)
    if twice is not None:
        twice += found
    return raw


def _bounded(data: bytes, place: str, most: tuple[int, int], twice: list[Fault]) -> object:
    bytes_max, values_max = most
    if len(data) > bytes_max:
        raise DocumentError([Fault(place, Said("bytes", most=bytes_max))])
    try:
        loader = _LOADER(data.decode("utf-8"))
        try:
            node = loader.get_single_node()
            values, deep = (0, 0) if node is None else _extent(node, {})
            if values > values_max or deep > YAML_DEEP_MAX:
                raise DocumentError([Fault(place, Said("unfolds", most=values_max, deep=YAML_DEEP_MAX))])
            if node is not None:
                twice += _twice(node, place, set())
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise DocumentError([_no_yaml(error, place)]) from error
    except (RecursionError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError([Fault(place, Said("utf_8"))]) from error


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


def _twice(node: yaml.Node, place: str, known: set[int], dot: str = ": ") -> Iterator[Fault]:
    """Each key that stands twice in one mapping, wherever it is; what an anchor brings to several places, once."""
    if id(node) in known:
        return
    known.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for at, below in enumerate(node.value):
            yield from _twice(below, f"{place}[{at}]", known, ".")
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, below in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            there = f"{place}{dot}{name}"
            if name in lines and name != _MERGE:
                yield Fault(there, Said("twice", key=name, first=lines[name], last=line), line)
            lines[name] = line
            yield from _twice(below, there, known, ".")


# --- what is not YAML, in words --------------------------------------------------------------------------------------

_TROUBLES = (
    ("undefined alias", "yaml_alias"),
    ("cannot start any token", "yaml_letter"),
    ("mapping values are not allowed", "yaml_colon"),
    ("expected ':'", "yaml_colon"),
)
_OPENED = (("quoted scalar", "yaml_quote"), ("parsing a flow", "yaml_bracket"))
"""What is not closed: its line is the one in which it opens."""


def _no_yaml(error: yaml.YAMLError, place: str) -> Fault:
    """The reader's trouble in our words, for it speaks English only and of its own parts."""
    problem, context = (str(getattr(error, name, None) or "") for name in ("problem", "context"))
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None:
        return Fault(place, Said("utf_8"))
    line = mark.line + 1
    if code := next((code for words, code in _TROUBLES if words in problem), None):
        return Fault(place, Said(code, line=line), line)
    if opened is not None and (code := next((code for words, code in _OPENED if words in context), None)):
        return Fault(place, Said(code, line=opened.line + 1), opened.line + 1)
    if "block" in context:
        return Fault(place, Said("yaml_indent", line=line), line)
    return Fault(place, Said("yaml", line=line, column=mark.column + 1), line)


# --- faults with their lines -----------------------------------------------------------------------------------------


def placed(faults: Iterable[Fault], data: bytes, name: str = "") -> tuple[Fault, ...]:
    """The faults of a text in the order of their lines. What one anchor brings to several places is told once.

    `name` is what every place begins with, before the way into the document.
    """
    try:
        root = yaml.compose(data, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        root = None
    found: dict[tuple[object, ...], Fault] = {}
    for fault in faults:
        way = fault.place.removeprefix(name).lstrip(".: ")
        node, line, rest = _followed(root, way)
        line = fault.line or _line_of_key(node, fault.message) or line
        found.setdefault((fault.message, rest, id(node) if node is not None else way), replace(fault, line=line))
    return tuple(sorted(found.values(), key=lambda one: (one.line or 0, one)))


def _followed(root: yaml.Node | None, way: str) -> tuple[yaml.Node | None, int | None, str]:
    """As far as a way (`values.late.TL1[0].value`) leads into the document: what is there, its line, what is left."""
    node, line = root, None
    while way:
        step = _step(node, way)
        if step is None:
            break
        (key, node), name = step
        line, way = key.start_mark.line + 1, way[len(name) :].removeprefix(".")
    return node, line, way


def _step(node: yaml.Node | None, way: str) -> tuple[tuple[yaml.Node, yaml.Node], str] | None:
    """The next part of a way: its key (in a list the part itself), the part, and how the way names it."""
    index = re.match(r"\[(\d+)\]", way)
    if isinstance(node, yaml.SequenceNode) and index and int(index[1]) < len(node.value):
        below = node.value[int(index[1])]
        return (below, below), index[0]
    if not isinstance(node, yaml.MappingNode):
        return None
    fitting = [
        (pair, name)
        for pair in _pairs(node)
        if (name := str(pair[0].value)) == way or way.startswith((f"{name}.", f"{name}["))
    ]
    return max(fitting, key=lambda one: len(one[1]), default=None)


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """A mapping's own keys first, then what it merges."""
    yield from (pair for pair in node.value if pair[0].value != _MERGE)
    for key, below in node.value:
        if key.value == _MERGE:
            merged = below.value if isinstance(below, yaml.SequenceNode) else [below]
            yield from chain.from_iterable(_pairs(one) for one in merged if isinstance(one, yaml.MappingNode))


def _line_of_key(node: yaml.Node | None, message: str) -> int | None:
    """The line of the unknown key that a sentence names, in a mapping over many lines."""
    if not isinstance(message, Said) or not isinstance(node, yaml.MappingNode):
        return None
    lines = (key.start_mark.line + 1 for key, _ in node.value if shown(key.value) == message.params.get("key"))
    return next(lines, None)
