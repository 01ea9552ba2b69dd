"""Units as a chooser lists them: each below its own, siblings by their names as people count."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol, TypeVar


class Placed(Protocol):
    """A node of a tree: `path` is every number from the root to here, `/1/4/12/`."""

    path: str
    name: str


Node = TypeVar("Node", bound=Placed)


def in_tree_order(nodes: Iterable[Node]) -> list[Node]:
    """SDN 2 before SDN 10, both below their office."""
    listed = list(nodes)
    names = {one.path: _natural(one.name) for one in listed}

    def place(one: Node) -> list[list[tuple[int, str]]]:
        above = [one.path[: at + 1] for at, sign in enumerate(one.path) if sign == "/"][1:]
        return [names.get(path) or _natural(path) for path in above]

    return sorted(listed, key=place)


def _natural(name: str) -> list[tuple[int, str]]:
    """What sorts a name: its numbers as numbers."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
