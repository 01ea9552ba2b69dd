"""An imported file's own row and the acts around it: it stands before the first of its lines, and is counted after."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from hadir.office.acts.actions import write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.intake.models import BadLine, ImportedFile, Terminal
from hadir.office.intake.plans import Imported, ImportPlan
from hadir.office.roles import ActBy
from hadir.terminals.files import NumberedLine
from hadir.terminals.reading import LineFault

_RAW_SHOWN_BYTES = 200
_INSERTED_ROWS_MAX = 500


def open_import(plan: ImportPlan, *, terminal: Terminal, name: str, by: ActBy) -> tuple[ImportedFile, bool]:
    """The file's row, which says how its lines are read and so stands before the first of them; and whether this is
    the file's first import, or one that was interrupted goes on.
    """
    bad = [line for line in plan.lines if isinstance(line.read, LineFault)]
    told = {
        "name": name[:200],
        "layout": plan.layout.text,
        "by_id": by.number,
        "at_ms": by.at_ms,
        "lines": len(plan.lines),
    }
    file, is_new = ImportedFile.objects.get_or_create(
        sha256=plan.digest, terminal=terminal, defaults={**told, "accepted": 0, "repeated": 0, "bad": len(bad)}
    )
    if is_new:
        BadLine.objects.bulk_create([_bad_line(file, line) for line in bad], batch_size=_INSERTED_ROWS_MAX)
    return file, is_new or file.accepted + file.repeated + file.bad < file.lines


def begin_import(file: ImportedFile, *, by: ActBy) -> OutboxRow:
    """The record under which the file's row stands until its import is done."""
    told = f"file/{file.sha256} {file.layout}"
    begun = write_decision(by=by, act="intake.begin", about=f"terminal/{file.terminal_id}", after=told)
    write_rows(begun, file.terminal, file, file.bad_lines.all())
    return begun


@transaction.atomic
def close_import(imported: Imported, file: ImportedFile, *, is_first: bool, by: ActBy) -> None:
    """The act of the import, with its counts."""
    if is_first:
        repeated = F("lines") - F("accepted") - F("bad")
        ImportedFile.objects.filter(pk=file.pk).update(repeated=repeated)
    record = write_decision(
        by=by,
        act="intake.import",
        about=f"terminal/{file.terminal_id}",
        after=f"file/{file.sha256} {file.layout} +{imported.accepted} ={imported.repeated} !{len(imported.bad)}",
    )
    write_rows(record, file)


def _bad_line(file: ImportedFile, line: NumberedLine) -> BadLine:
    assert isinstance(line.read, LineFault)
    return BadLine(file=file, line_number=line.number, fault=line.read.value, raw=line.raw[:_RAW_SHOWN_BYTES])
