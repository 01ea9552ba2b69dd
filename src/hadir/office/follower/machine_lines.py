"""A terminal's lines become punches of whoever holds their PIN on that day; without a holder they wait.

Mapping a PIN, placing a terminal and measuring its clock mark the lines they touch; here each is given anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from hadir.office.follower.keeping import EVIDENCE_FIELDS, put_on_days
from hadir.office.ground.rows import listed, put_rows
from hadir.office.intake.models import ImportedFile
from hadir.office.judging.judging import JudgeContext
from hadir.office.judging.pins import punches_from
from hadir.office.projection.invalidation import PinDay, mark_dark_dirty, mark_dirty
from hadir.office.projection.models import DirtyPin, MachineLine, Punch
from hadir.records.encoding import b64url, sha256, un_b64
from hadir.records.leaf import Leaf
from hadir.records.server_records import FileLine
from hadir.records.strict import decode
from hadir.terminals.files import Layout, read_line
from hadir.terminals.reading import LineFault

BATCH_PINS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class AssignedLines:
    """What the lines of some PINs became, written nowhere yet."""

    punches: list[Punch]
    """Weighed, each on its day."""
    gone: list[str]
    """Punches whose PIN is nobody's any more."""
    touched: set[tuple[int, date | None]]
    heard: set[tuple[str, date]]
    """(source, date): whoever pressed, the terminal was alive then."""


def assign_lines(context: JudgeContext) -> None:
    while True:
        with transaction.atomic():
            if not (pins := take_pins()):
                return
            keep_assigned(find_assigned(context, pins))


def take_pins(at_once: int = BATCH_PINS_MAX) -> list[PinDay]:
    """Take the next marks away. Terminal by terminal: lines of a few PINs of all terminals lie far apart."""
    batch = list(DirtyPin.objects.order_by("terminal", "pin", "day")[:at_once])
    DirtyPin.objects.filter(pk__in=[row.pk for row in batch]).delete()
    return [(row.terminal, row.pin, row.day) for row in batch]


def find_assigned(context: JudgeContext, pins: Sequence[PinDay]) -> AssignedLines:
    """What these PINs' lines become, by the tables as they stand."""
    wanted = set(pins)
    terminals, names, days = ({key[place] for key in wanted} for place in range(3))
    near = MachineLine.objects.filter(terminal__in=terminals, pin__in=names, day__in=days).order_by("record_hash")
    lines = [line for line in near if (line.terminal, line.pin, line.day) in wanted]
    punches = {punch.record_hash: punch for punch in punches_from(context, lines)}
    stood = Punch.objects.filter(record_hash__in=listed(line.record_hash for line in lines))
    known = {punch.record_hash: punch for punch in stood}
    for ref in known.keys() & punches.keys():
        punches[ref].day = known[ref].day
    touched, _ = put_on_days(context, list(punches.values()))
    return AssignedLines(
        punches=[punches[ref] for ref in sorted(punches)],  # neighbours in the table's index
        gone=[ref for ref in known if ref not in punches],
        touched=touched | {(old.person, old.day) for old in known.values()},
        heard={(f"terminal/{line.terminal}", line.day) for line in lines},
    )


def keep_assigned(given: AssignedLines) -> None:
    Punch.objects.filter(record_hash__in=given.gone).delete()
    put_rows(given.punches, unique=["record_hash"], update=["person", "direction", "wall_ms", *EVIDENCE_FIELDS])
    mark_dirty(given.touched)
    mark_dark_dirty(given.heard, {})


# --- a line, read again ----------------------------------------------------------------------------------------------


Layouts = dict[str, "Layout | None"]
"""file hash -> how its lines are read; filled while a batch of leaves is read."""


def machine_line(leaf: Leaf, layouts: Layouts) -> MachineLine | None:
    """None for a line of a file that this office never imported: nobody has said how it is to be read."""
    record = decode(leaf.body, FileLine)
    if record.file not in layouts:
        text = ImportedFile.objects.filter(sha256=record.file).order_by("pk").values_list("layout", flat=True).first()
        layouts[record.file] = Layout.parse(text) if text else None
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
