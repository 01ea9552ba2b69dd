"""YAML that somebody brings, read within bounds: how many bytes, how many values once its anchors are written out."""

from __future__ import annotations

from itertools import chain
from math import inf

import yaml

from hadir.rules.faults import Said
from hadir.rules.reading import DocumentError, Fault

YAML_BYTES_MAX = 4_000_000
YAML_VALUES_MAX = 500_000
YAML_DEEP_MAX = 50
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The fast one where it is there."""


def bounded_yaml(
    data: bytes, place: str, *, bytes_max: int = YAML_BYTES_MAX, values_max: int = YAML_VALUES_MAX
) -> object:
    """What the text holds. DocumentError at `place` where it is too much, too deep, not UTF-8, or no YAML."""
    if len(data) > bytes_max:
        raise DocumentError([Fault(place, Said("bytes", most=bytes_max))])
    try:
        loader = _LOADER(data.decode("utf-8"))
        try:
            node = loader.get_single_node()
            values, deep = (0, 0) if node is None else _extent(node, {})
            if values > values_max or deep > YAML_DEEP_MAX:
                raise DocumentError([Fault(place, Said("unfolds", most=values_max, deep=YAML_DEEP_MAX))])
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise DocumentError([Fault(place, Said("yaml", why=" ".join(str(error).split())))]) from error
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
