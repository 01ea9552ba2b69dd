"""Who holds which PIN, and whose punch a terminal's line is."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class PinRegister:
    """Who holds which PIN, and where each terminal stands: rows in order of their first day."""

    holders: dict[tuple[str, str], list[PinHolder]]
    places: dict[str, list[TerminalPlace]]
    site_zone: str

    def punch(self, line: MachineLine) -> Punch | None:
        holder = in_force(self.holders.get((line.terminal, line.pin), []), line.day)
        if holder is None:
            return None
        places = self.places.get(line.terminal, [])
        place = in_force(places, line.day) or next(iter(places), None)
        wall_ms = instant_ms(line.day, line.clock, place.unit.zone if place else self.site_zone)
        # What the person pressed, where that is to be believed; else nobody has said.
        is_believed = place is None or place.directions != Directions.FIRST_AND_LAST
        direction = _KEYS.get(line.status, Direction.UNSAID) if is_believed else Direction.UNSAID
        return Punch.first_seen(
            line,
            record_hash=line.record_hash,
            kid="",
            source=Source.FILE.value,
            terminal=line.terminal,
            person=holder.person_id,
            direction=direction.value,
            wall_ms=wall_ms,
        )


def pin_register(context: JudgeContext, terminals: set[str], pins: set[str]) -> PinRegister:
    """Who holds these PINs of these terminals, as known to the context. Two queries."""
    holders = PinHolder.objects.known(context.known_at_ms).filter(terminal__in=terminals, pin__in=pins)
    places = TerminalPlace.objects.known(context.known_at_ms).filter(terminal__in=terminals).select_related("unit")
    return PinRegister(
        holders=grouped(holders.order_by("from_date"), lambda row: (row.terminal_id, row.pin)),
        places=grouped(places.order_by("from_date"), lambda row: row.terminal_id),
        site_zone=context.site.zone,
    )
