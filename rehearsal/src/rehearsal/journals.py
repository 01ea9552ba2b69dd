"""The taps that a journal holds, read to its end."""

from collections.abc import Iterator
from pathlib import Path

from hadir.ledger.sqlite import leaves_in
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf


def punches_in(folder: Path) -> Iterator[tuple[Leaf, str]]:
    """The leaves that hold a punch, each with its record."""
    return ((leaf, leaf.body.decode("ascii")) for leaf in leaves_in(folder) if leaf.kind is Kind.PUNCH)
