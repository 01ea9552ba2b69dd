"""The units that a list names, beside those that are known: which must be opened, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hadir.office.ground.zones import Zone
from hadir.office.register.staff_rows import UnitName, UnitRow
from hadir.office.tables.faults import RowFault
from hadir.office.units.models import Unit


@dataclass(eq=False, slots=True)
class Node:
    """A unit, known (`unit`) or to be opened."""

    name: str
    parent: Node | None
    code: str = ""
    zone: Zone | None = None
    unit: Unit | None = None
    path: str = ""
    """Where it is known, else empty."""
    is_declared: bool = False
    """Whether a row of its own names it."""

    @property
    def known_path(self) -> str:
        """The path of the nearest unit from here up that is known."""
        return self.path or (self.parent.known_path if self.parent else "")

    @property
    def zone_here(self) -> Zone:
        if self.zone is not None:
            return self.zone
        assert self.parent is not None
        return self.parent.zone_here

    @property
    def shown(self) -> str:
        """`Dinas Pendidikan > SDN Tamban 3`, without the top."""
        above = self.parent.shown if self.parent and self.parent.parent else ""
        return f"{above} > {self.name}" if above else self.name


@dataclass
class UnitTree:
    """Known units and drafts of new ones; `top` is where a list's paths begin."""

    top: Node
    nodes: list[Node] = field(default_factory=list)
    by_code: dict[str, Node] = field(default_factory=dict)
    children: dict[tuple[Node | None, str], Node] = field(default_factory=dict)
    named: set[Node] = field(default_factory=set)
    """Every unit that the list speaks of."""

    @classmethod
    def known(cls, top_path: str) -> UnitTree:
        """All units that are known; the top is the one whose path is `top_path`."""
        by_path: dict[str, Node] = {}
        nodes = []
        for unit in Unit.objects.order_by("path"):
            above = by_path.get(unit.path.rstrip("/").rpartition("/")[0] + "/")
            node = Node(unit.name, above, unit.code or "", Zone(unit.zone), unit, unit.path)
            by_path[unit.path] = node
            nodes.append(node)
        tree = cls(top=by_path[top_path])
        for node in nodes:
            tree.add(node)
        return tree

    def to_open(self, used: Iterable[Node]) -> list[Node]:
        """Units to open, parents before their children: those used, those with a row of their own, and all above."""
        wanted: set[Node] = set()
        for node in [*used, *(one for one in self.nodes if one.is_declared)]:
            here: Node | None = node
            while here is not None and here.unit is None and here not in wanted:
                wanted.add(here)
                here = here.parent
        return sorted((node for node in self.nodes if node in wanted), key=_depth)

    def add(self, node: Node) -> Node:
        self.nodes.append(node)
        self.children[node.parent, node.name.casefold()] = node
        if node.code:
            self.by_code[node.code] = node
        return node

    def take(self, rows: Sequence[UnitRow]) -> list[RowFault]:
        """Units that rows give a code, a name and a parent. Returns what cannot be."""
        drafts: dict[str, UnitRow] = {}
        bad = []
        for row in rows:
            if row.code in drafts and drafts[row.code].name != row.name:
                bad.append(
                    RowFault(row.number, "unit_code", "register.fault.differs", row.code, drafts[row.code].number)
                )
            drafts.setdefault(row.code, row)
        for row in drafts.values():
            fault = self._take(row, drafts, frozenset())
            if fault is not None:
                bad.append(RowFault(row.number, "parent_code", fault))
        return bad

    def _take(self, row: UnitRow, drafts: dict[str, UnitRow], above: frozenset[str]) -> str | None:
        if row.code in above:
            return "register.fault.units_in_a_ring"
        if row.parent and row.parent in drafts and row.parent not in self.by_code:
            fault = self._take(drafts[row.parent], drafts, above | {row.code})
            if fault is not None:
                return fault
        parent = self.by_code.get(row.parent) if row.parent else self.top
        if parent is None:
            return "register.fault.unknown_unit"
        known = self.by_code.get(row.code)
        if known is not None:
            self.named.add(known)
            return None if known.parent in {parent, None} else "register.fault.unit_elsewhere"
        self.named.add(self.add(Node(row.name, parent, row.code, row.zone, is_declared=True)))
        return None

    def find(self, name: UnitName) -> Node | None:
        """The unit of that name; a path opens what is missing of it, a code must be known."""
        if name.code:
            found = self.by_code.get(name.code)
            if found is not None:
                self.named.add(found)
            return found
        return self._walk(name.path)

    def _walk(self, path: Iterable[str]) -> Node:
        steps = list(path)
        if steps[0].casefold() == self.top.name.casefold():
            self.named.add(self.top)
            steps = steps[1:]
        here = self.top
        for step in steps:
            here = self.children.get((here, step.casefold())) or self.add(Node(step, here))
            self.named.add(here)
        return here


def _depth(node: Node) -> int:
    return 1 + _depth(node.parent) if node.parent else 0
