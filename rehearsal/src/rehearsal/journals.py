"""What a journal holds, read to its end."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from hadir.ledger.sqlite import JournalReader
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf

_AT_ONCE = 4_096


def leaves_in(folder: Path) -> Iterator[Leaf]:
    """Every leaf of the journal in `folder`."""
    start = 0
    with closing(JournalReader(folder)) as reader:
        while page := reader.read(start, _AT_ONCE):
            start += len(page)
            yield from page


def punches_in(folder: Path) -> Iterator[tuple[Leaf, str]]:
    """The leaves that hold a punch, each with its record."""
    return ((leaf, leaf.body.decode("ascii")) for leaf in leaves_in(folder) if leaf.kind is Kind.PUNCH)
