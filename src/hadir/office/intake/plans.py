"""What an import of a file would do, and what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hadir.office.acts.actions import known_lines
from hadir.office.intake.models import (
    Terminal,
)
from hadir.office.intake.queries import PinHolders
from hadir.office.roles import ActBy
from hadir.office.tables.faults import RowFault
from hadir.records.server_records import FileLine
from hadir.terminals.files import Layout, NumberedLine, ParsedLine
from hadir.terminals.reading import LineFault

SHOWN_LINES = 8
_RAW_SHOWN_BYTES = 120


def raw_words(raw: bytes) -> str:
    """A line as it stands in the file, for people to find it."""
    return raw[:_RAW_SHOWN_BYTES].decode("ascii", "replace").replace("\t", " · ").strip()


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `lines` = `accepted` + `repeated` + the bad ones.

    `unmapped` counts, among accepted and repeated, lines whose PIN belongs to nobody yet: they are kept, and wait.
    """

    lines: int
    accepted: int
    repeated: int
    unmapped: int
    bad: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A file as it would be imported: what its lines say, and the records that they become. Nothing is written yet."""

    terminal: Terminal
    """Perhaps not in the database yet."""
    by: ActBy
    digest: str
    layout: Layout
    lines: Sequence[NumberedLine]
    records: Mapping[str, FileLine]
    repeated: int

    @property
    def good(self) -> list[tuple[NumberedLine, ParsedLine]]:
        return [(line, line.read) for line in self.lines if isinstance(line.read, ParsedLine)]

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day of a good line."""
        days = [read.day for _, read in self.good]
        return (min(days), max(days)) if days else None

    @property
    def shown(self) -> list[NumberedLine]:
        """The first good lines, as they would be read."""
        return [line for line, _ in self.good[:SHOWN_LINES]]

    def looked(self) -> Imported:
        """What an import would come to now."""
        return self.outcome(len(self.records) - known_lines(list(self.records)))

    def outcome(self, new: int) -> Imported:
        """What an import that adds `new` lines comes to."""
        holders = PinHolders.of(self.terminal)
        return Imported(
            lines=len(self.lines),
            accepted=new,
            repeated=self.repeated + len(self.records) - new,
            unmapped=sum(holders.on(read.pin, read.day) is None for _, read in self.good),
            bad=tuple(
                RowFault(line.number, "", f"intake.fault.{line.read}", raw_words(line.raw))
                for line in self.lines
                if isinstance(line.read, LineFault)
            ),
        )
