"""A line of an imported file, as the projection keeps it: read again from its exact bytes and its file's layout."""

from __future__ import annotations

from hadir.office.intake.models import ImportedFile
from hadir.office.projection.models import MachineLine
from hadir.records.encoding import b64url, sha256, un_b64
from hadir.records.leaf import Leaf
from hadir.records.server_records import FileLine
from hadir.records.strict import decode
from hadir.terminals.files import Layout, read_line
from hadir.terminals.reading import LineFault

Layouts = dict[str, "Layout | None"]
"""file hash -> how its lines are read; filled while a batch of leaves is read."""


def machine_line(leaf: Leaf, layouts: Layouts) -> MachineLine | None:
    """None for a line of a file that this office never imported: nobody has said how it is to be read."""
    record = decode(leaf.body, FileLine)
    if record.file not in layouts:
        layouts[record.file] = _layout(record.file)
    layout = layouts[record.file]
    read = read_line(un_b64(record.line), layout) if layout else LineFault.OTHER_SHAPE
    if isinstance(read, LineFault):
        return None
    return MachineLine(
        record_hash=b64url(sha256(leaf.body)),
        origin=leaf.origin,
        index=leaf.index,
        received_at_ms=leaf.received_at_ms,
        body=leaf.body,
        terminal=record.terminal,
        pin=read.pin,
        day=read.day,
        clock=read.clock,
        status=read.status,
        file=record.file,
        line_number=record.line_number,
    )


def _layout(file: str) -> Layout | None:
    text = ImportedFile.objects.filter(sha256=file).order_by("pk").values_list("layout", flat=True).first()
    return Layout.parse(text) if text else None
