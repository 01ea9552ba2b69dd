"""The *Berita Acara Gangguan*: everything an outage rests on, in one printed page."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from hadir.office.excuses.models import Excuse
from hadir.office.outages.measuring import MEASURED_BY_CLOCK, phone_waits
from hadir.office.projection.models import ServerFact
from hadir.records.kinds import Kind

_SIGNS_OF_LIFE = (Kind.GATE_START, Kind.GATE_STOP, Kind.GATE_PULSE)


@dataclass(frozen=True, slots=True)
class Grounds:
    """A record that shows the outage: which, where it stands, and when it was written."""

    code: str
    origin: str
    index: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the journals and the phones say of an outage."""

    grounds: list[Grounds]
    phones: int
    first_try_ms: int | None
    last_receipt_ms: int | None


def measurement(row: Excuse) -> Measurement:
    """The measured facts of an outage. Three queries."""
    waits = phone_waits(row.period)
    return Measurement(
        grounds=_grounds(row),
        phones=len({wait.person for wait in waits}),
        first_try_ms=min((wait.period.from_ms for wait in waits), default=None),
        last_receipt_ms=max((wait.period.until_ms for wait in waits), default=None),
    )


def _grounds(row: Excuse) -> list[Grounds]:
    """The journal's last sign of life before the silence, and its next start; of a wrong clock, its words."""
    if row.measured_from_ms is None:
        return []
    is_clock = row.measured_by.startswith(MEASURED_BY_CLOCK)
    kinds = (Kind.CLOCK_STATE,) if is_clock else _SIGNS_OF_LIFE
    origin = row.measured_by.removeprefix(MEASURED_BY_CLOCK)
    facts = ServerFact.objects.filter(origin=origin, kind__in=kinds).filter(
        Q(received_at_ms=row.measured_from_ms) | Q(received_at_ms=row.measured_until_ms)
    )
    ends = (
        dict.fromkeys((True, False), "outage.ground.clock")
        if is_clock
        else {True: "outage.ground.last_sign", False: "outage.ground.start"}
    )
    return [
        Grounds(
            code=ends[fact.received_at_ms == row.measured_from_ms],
            origin=fact.origin,
            index=fact.index,
            at_ms=fact.received_at_ms,
        )
        for fact in facts.order_by("index")
    ]
