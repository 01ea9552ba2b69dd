"""Bringing a terminal's file in: what it would do, then every good line of it into the office journal, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F

from hadir.office.acts.actions import known_lines, write_decision, write_file_lines
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.ground.installation import HERE
from hadir.office.intake.actions import allowed_or_new, known_or_new
from hadir.office.intake.models import BadLine, FileUpload, ImportedFile, Terminal
from hadir.office.intake.permissions import IMPORT_FILE
from hadir.office.intake.queries import PinHolders, place_of, thing_of_terminal
from hadir.office.roles import ActBy, may
from hadir.office.tables.faults import RowFault
from hadir.records.encoding import b64, b64url, sha256, uuid8
from hadir.records.server_records import FileLine
from hadir.rules.clocks import instant_ms
from hadir.terminals.files import Layout, NumberedLine, ParsedLine, read_file, read_line, without_names
from hadir.terminals.reading import DateOrder, LineFault

SHOWN_LINES = 8
LINES_AT_ONCE_MAX = 1_000
"""In one transaction: about a tenth of a second in which nobody else can write."""
_AHEAD_MS_MAX = 24 * 3_600_000
_RAW_KEPT_BYTES, _RAW_SHOWN_BYTES = 200, 120
_INSERTED_ROWS_MAX = 500


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
    def bad(self) -> list[tuple[NumberedLine, LineFault]]:
        return [(line, line.read) for line in self.lines if isinstance(line.read, LineFault)]

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
            bad=tuple(line_fault(line.number, fault, line.raw) for line, fault in self.bad),
        )


def line_fault(number: int, fault: str, raw: bytes) -> RowFault:
    """A line that could not be read, as it stands in the file, for people to find it."""
    words = raw[:_RAW_SHOWN_BYTES].decode("ascii", "replace").replace("\t", " · ").strip()
    return RowFault(number, "", f"intake.fault.{fault}", words)


@transaction.atomic
def keep_file(terminal: Terminal, *, data: bytes, name: str, dates: DateOrder | None, by: ActBy) -> FileUpload:
    """Keep a file until it is imported; one at a time for each person."""
    FileUpload.objects.filter(by_id=by.number).delete()
    order = dates.value if dates else ""
    return FileUpload.objects.create(
        terminal=terminal, name=name[:200], data=data, dates=order, by_id=by.number, at_ms=by.at_ms
    )


def plan_import(
    *, data: bytes, serial: str, by: ActBy, dates: DateOrder | None = None, lines_max: int | None = None
) -> ImportPlan:
    """Read a file for a terminal. Writes nothing.

    FileRefusedError when it is no such file, or of more lines than `lines_max`; ActError for a serial number that is
    none.
    """
    today, terminal = HERE.day_at(by.at_ms), known_or_new(serial, by.at_ms)
    if not may(by.actor, IMPORT_FILE, thing_of_terminal(terminal, today)):
        raise PermissionDenied
    digest = b64url(sha256(data))
    lines, layout = _read(data, digest, dates, lines_max)
    place = place_of(terminal, today)
    zone = place.unit.zone if place else HERE.site.zone
    # A press that is still to come is a clock that ran away: such a line is held apart.
    lines = [
        NumberedLine(line.number, line.raw, LineFault.IN_FUTURE)
        if isinstance(line.read, ParsedLine)
        and instant_ms(line.read.day, line.read.clock, zone) > by.at_ms + _AHEAD_MS_MAX
        else line
        for line in lines
    ]
    records, repeated = _records(lines, layout, digest=digest, serial=serial, by=by.number)
    return ImportPlan(
        terminal=terminal, by=by, digest=digest, layout=layout, lines=lines, records=records, repeated=repeated
    )


def _read(
    data: bytes, digest: str, dates: DateOrder | None, lines_max: int | None
) -> tuple[Sequence[NumberedLine], Layout]:
    """A file that is known is read as it was read the first time, whatever is answered now."""
    known = ImportedFile.objects.filter(sha256=digest).order_by("pk").values_list("layout", flat=True).first()
    answered = Layout.parse(known).dates if known else dates
    found = read_file(data, dates=answered, lines_max=lines_max)
    if known is None or found.layout.text == known:
        return found.lines, found.layout
    layout = Layout.parse(known)
    return [NumberedLine(line.number, line.raw, read_line(line.raw, layout)) for line in found.lines], layout


def _records(
    lines: Sequence[NumberedLine], layout: Layout, *, digest: str, serial: str, by: int
) -> tuple[dict[str, FileLine], int]:
    """The records under the ids of what they say, and how many lines of the file say what an earlier one said."""
    records: dict[str, FileLine] = {}
    good = [(line, press_id(serial, line.read)) for line in lines if isinstance(line.read, ParsedLine)]
    for line, ref in good:
        if ref not in records:
            raw = b64(without_names(line.raw, layout))
            records[ref] = FileLine(
                v=1, file=digest, line_number=line.number, line=raw, terminal=serial, imported_by=by
            )  # fmt: skip
    return records, len(good) - len(records)


def press_id(serial: str, line: ParsedLine) -> str:
    """The same terminal, PIN, time and key are the same press, in whichever file they come."""
    status = "" if line.status is None else str(line.status)
    return uuid8(sha256(f"press 1\0{serial}\0{line.pin}\0{line.shown}\0{status}".encode()))


def import_file(plan: ImportPlan, name: str) -> Imported:
    """Put every good line of a terminal's file into the office journal, once.

    A second import of the file, or of an overlapping one, adds only what is new. Lines are written a few thousand at a
    time, each lot in a transaction of its own, so that others can write in between; an import that was interrupted is
    finished by the same file again.
    """
    by = plan.by
    with transaction.atomic():
        terminal = allowed_or_new(plan.terminal.serial, by=by, rule=IMPORT_FILE, day=HERE.day_at(by.at_ms))
        file, is_first = _open(plan, terminal=terminal, name=name)
        begun = _begin(file, by=by) if is_first else None
    new, refs = 0, list(plan.records)
    for start in range(0, len(refs), LINES_AT_ONCE_MAX):
        with transaction.atomic():
            some = {ref: plan.records[ref] for ref in refs[start : start + LINES_AT_ONCE_MAX]}
            added = len(write_file_lines(some, at_ms=by.at_ms))
            if begun is not None:
                ImportedFile.objects.filter(pk=file.pk).update(accepted=F("accepted") + added)
                write_rows(begun, file)
        new += added
    imported = plan.outcome(new)
    if is_first or new:
        _close(imported, file, is_first=is_first, by=by)
    return imported


def _open(plan: ImportPlan, *, terminal: Terminal, name: str) -> tuple[ImportedFile, bool]:
    """The file's row, which says how its lines are read and so stands before the first of them; and whether this is
    the file's first import, or one that was interrupted goes on.
    """
    told = {
        "name": name[:200],
        "layout": plan.layout.text,
        "by_id": plan.by.number,
        "at_ms": plan.by.at_ms,
        "lines": len(plan.lines),
        "accepted": 0,
        "repeated": 0,
        "bad": len(plan.bad),
    }
    file, is_new = ImportedFile.objects.get_or_create(sha256=plan.digest, terminal=terminal, defaults=told)
    if is_new:
        bad = (
            BadLine(file=file, line_number=line.number, fault=fault.value, raw=line.raw[:_RAW_KEPT_BYTES])
            for line, fault in plan.bad
        )
        BadLine.objects.bulk_create(bad, batch_size=_INSERTED_ROWS_MAX)
    return file, is_new or file.accepted + file.repeated + file.bad < file.lines


def _begin(file: ImportedFile, *, by: ActBy) -> OutboxRow:
    """The record under which the file's row stands until its import is done."""
    told = f"file/{file.sha256} {file.layout}"
    begun = write_decision(by=by, act="intake.begin", about=f"terminal/{file.terminal_id}", after=told)
    write_rows(begun, file.terminal, file, file.bad_lines.all())
    return begun


@transaction.atomic
def _close(imported: Imported, file: ImportedFile, *, is_first: bool, by: ActBy) -> None:
    """The act of the import, with its counts."""
    if is_first:
        repeated = F("lines") - F("accepted") - F("bad")
        ImportedFile.objects.filter(pk=file.pk).update(repeated=repeated)
    told = f"file/{file.sha256} {file.layout} +{imported.accepted} ={imported.repeated} !{len(imported.bad)}"
    record = write_decision(by=by, act="intake.import", about=f"terminal/{file.terminal_id}", after=told)
    write_rows(record, file)
