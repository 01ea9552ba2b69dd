"""What an import of a file would do, and what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hadir.office.intake.models import (
    Terminal,
)
from hadir.office.intake.queries import PinHolders
from hadir.records.server_records import FileLine
from hadir.terminals.files import Layout, NumberedLine, ParsedLine
from hadir.terminals.reading import LineFault


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `lines` = `accepted` + `repeated` + the bad ones.

    `unmapped` counts, among accepted and repeated, lines whose PIN belongs to nobody yet: they are kept, and wait.
    """

    lines: int
    accepted: int
    repeated: int
    unmapped: int
    bad: tuple[NumberedLine, ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A file as it would be imported: what its lines say, and the records that they become. Nothing is written yet."""

    digest: str
    layout: Layout
    lines: Sequence[NumberedLine]
    records: Mapping[str, FileLine]
    repeated: int

    @property
    def good(self) -> list[tuple[NumberedLine, ParsedLine]]:
        return [(line, line.read) for line in self.lines if isinstance(line.read, ParsedLine)]

    def outcome(self, terminal: Terminal, new: int) -> Imported:
        """What an import that adds `new` lines comes to."""
        holders = PinHolders.of(terminal)
        return Imported(
            lines=len(self.lines),
            accepted=new,
            repeated=self.repeated + len(self.records) - new,
            unmapped=sum(holders.on(read.pin, read.day) is None for _, read in self.good),
            bad=tuple(line for line in self.lines if isinstance(line.read, LineFault)),
        )
