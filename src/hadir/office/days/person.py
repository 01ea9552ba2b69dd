"""One person-day opened to its reasons, records, receipts and evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hadir.office.days.groups import headline
from hadir.office.devices.models import Device
from hadir.office.follower.judging import ask_rules, person_day
from hadir.office.follower.models import Punch, Witness
from hadir.office.follower.reading import phone_record
from hadir.office.follower.verdict_body import reason_body, verdict_body
from hadir.office.follower.weighing import counts
from hadir.records.kinds import Kind
from hadir.records.phone_records import Delivery

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from hadir.office.follower.judging import Court, PersonDay
    from hadir.office.people.models import Person
    from hadir.rules.evidence import WeighedTap


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What the phone said when its receipt was in hand."""

    received_at_ms: int
    tries: int
    first_try_ms: int | None


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record of the day with its evidence and with every place where it is kept."""

    punch: Punch
    role: str | None
    counts: bool
    is_confirmed: bool
    steps: list[dict[str, Any]]
    contradictions: list[dict[str, Any]]
    deliveries: list[DeliveryLine]

    @property
    def role_code(self) -> str:
        return f"role.{self.role}" if self.role else "person.role_uncounted"

    @property
    def grade_code(self) -> str:
        return f"grade.{self.punch.grade}"


@dataclass(frozen=True, slots=True)
class OpenedDay:
    person: Person
    day: date
    where: PersonDay | None
    body: dict[str, Any] | None
    records: list[RecordLine]

    @property
    def headline(self) -> dict[str, Any] | None:
        return headline(self.body) if self.body else None


def open_day(court: Court, person: Person, day: date, now_ms: int) -> OpenedDay:
    """Judge the day afresh from the records, so that what is explained is what the records say now."""
    where = person_day(court, person.number, day)
    if where is None:
        records = [_line(punch, {}, {}, None) for punch in _punches(person, day)]
        return OpenedDay(person=person, day=day, where=None, body=None, records=records)
    verdict, weighed = ask_rules(court, where, now_ms)
    roles = {tap.ref: tap.role.value for tap in verdict.taps}
    punches = list(_punches(person, day))
    devices = Device.objects.in_bulk([punch.kid for punch in punches])
    return OpenedDay(
        person=person,
        day=day,
        where=where,
        body=verdict_body(where, verdict),
        records=[_line(punch, roles, weighed, devices.get(punch.kid)) for punch in punches],
    )


def _punches(person: Person, day: date) -> list[Punch]:
    found = Punch.objects.filter(person=person.number, day=day).prefetch_related("places")
    return list(found.order_by("judged_ms", "record_hash"))


def _line(
    punch: Punch, roles: Mapping[str, str], weighed: Mapping[str, WeighedTap], device: Device | None
) -> RecordLine:
    tap = weighed.get(punch.record_hash)
    return RecordLine(
        punch=punch,
        role=roles.get(punch.record_hash),
        counts=counts(punch, device),
        is_confirmed=device is not None and device.is_active and device.person_id == punch.person,
        steps=[reason_body(step) for step in tap.evidence.steps] if tap else [],
        contradictions=[reason_body(step) for step in tap.evidence.contradictions] if tap else [],
        deliveries=_deliveries(punch),
    )


def _deliveries(punch: Punch) -> list[DeliveryLine]:
    lines = []
    for row in Witness.objects.filter(punch=punch.record_hash, kind=Kind.DELIVERY).order_by("received_at_ms"):
        payload = phone_record(bytes(row.body), Kind.DELIVERY).payload
        assert isinstance(payload, Delivery)
        lines.append(
            DeliveryLine(
                received_at_ms=row.received_at_ms, tries=payload.tries, first_try_ms=payload.first_try_ms
            )
        )
    return lines
