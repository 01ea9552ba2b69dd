"""Who holds which PIN, and whose punch a terminal's line is."""

from __future__ import annotations

from collections.abc import Sequence

from hadir.office.ground.dated import in_force
from hadir.office.ground.rows import grouped
from hadir.office.intake.models import Directions, PinHolder, TerminalPlace
from hadir.office.judging.judging import JudgeContext
from hadir.office.projection.models import MachineLine, Punch
from hadir.rules.clocks import instant_ms
from hadir.rules.evidence import Direction, Source

_KEYS: dict[int | None, Direction] = {
    0: Direction.IN,
    1: Direction.OUT,
    2: Direction.OUT,
    3: Direction.IN,
    4: Direction.IN,
    5: Direction.OUT,
}
"""status -> direction. A break begins with going out; whether it matters is the rules' business."""


def punches_from(context: JudgeContext, lines: Sequence[MachineLine]) -> list[Punch]:
    """The punches of those lines whose PIN was somebody's on their day, as known to the context. Two queries."""
    terminals, pins = {line.terminal for line in lines}, {line.pin for line in lines}
    held = PinHolder.objects.known(context.known_at_ms).filter(terminal__in=terminals, pin__in=pins)
    stood = TerminalPlace.objects.known(context.known_at_ms).filter(terminal__in=terminals).select_related("unit")
    holders = grouped(held.order_by("from_date"), lambda row: (row.terminal_id, row.pin))
    places = grouped(stood.order_by("from_date"), lambda row: row.terminal_id)
    known = [(line, in_force(holders.get((line.terminal, line.pin), []), line.day)) for line in lines]
    return [
        _punch(line, holder.person_id, places.get(line.terminal, []), context.site.zone)
        for line, holder in known
        if holder is not None
    ]


def _punch(line: MachineLine, person: int, places: Sequence[TerminalPlace], site_zone: str) -> Punch:
    place = in_force(places, line.day) or next(iter(places), None)
    # What the person pressed, where that is to be believed; else nobody has said.
    is_believed = place is None or place.directions != Directions.FIRST_AND_LAST
    direction = _KEYS.get(line.status, Direction.UNSAID) if is_believed else Direction.UNSAID
    return Punch.first_seen(
        line,
        record_hash=line.record_hash,
        kid="",
        source=Source.FILE.value,
        terminal=line.terminal,
        person=person,
        direction=direction.value,
        wall_ms=instant_ms(line.day, line.clock, place.unit.zone if place else site_zone),
    )
