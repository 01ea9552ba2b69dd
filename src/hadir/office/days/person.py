"""One person-day opened to its reasons, records, receipts and evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hadir.office.days.groups import group_of, headline, tone_of
from hadir.office.devices.models import Device
from hadir.office.follower.judging import ask_rules, person_day
from hadir.office.follower.models import Punch, Witness
from hadir.office.follower.reading import phone_record
from hadir.office.follower.verdict_body import reason_body, verdict_body
from hadir.office.follower.weighing import counts, identity_flags
from hadir.records.kinds import Kind
from hadir.records.phone_records import Delivery
from hadir.rules.clocks import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hadir.office.follower.judging import Court, PersonDay
    from hadir.office.people.models import Person
    from hadir.rules.evidence import WeighedTap


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What the phone said when its receipt was in hand."""

    at: str
    tries: int
    first_try_ms: int | None


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record of the day with its evidence and with every place where it is kept."""

    punch: Punch
    role: str | None
    counts: bool
    is_confirmed: bool
    is_revoked: bool
    steps: list[dict[str, Any]]
    contradictions: list[dict[str, Any]]
    deliveries: list[DeliveryLine]

    @property
    def role_code(self) -> str:
        return f"role.{self.role}" if self.role else "person.role_uncounted"

    @property
    def grade_code(self) -> str:
        return f"grade.{self.punch.grade}"

    @property
    def direction_code(self) -> str:
        return f"direction.{self.punch.direction}"

    @property
    def identity_code(self) -> str:
        if not self.counts:
            return "person.not_his_key"
        return "person.revoked_key" if self.is_revoked else "identity.awaits_confirmation"

    @property
    def flags(self) -> str:
        return ", ".join(self.punch.flags)


@dataclass(frozen=True, slots=True)
class OpenedDay:
    person: Person
    day: date
    where: PersonDay | None
    body: dict[str, Any] | None
    records: list[RecordLine]

    zone: str

    @property
    def headline(self) -> dict[str, Any] | None:
        return headline(self.body) if self.body else None

    @property
    def tone(self) -> str:
        return tone_of(group_of(self.body, is_day_off=False), self.body)

    @property
    def review_code(self) -> str:
        return f"review.{self.body['review']}" if self.body else "review.none"

    @property
    def policy_hash(self) -> str:
        return str(self.body["version"]["sha256"])[:12] if self.body else ""

    @property
    def day_before(self) -> date:
        return self.day - timedelta(days=1)

    @property
    def day_after(self) -> date:
        return self.day + timedelta(days=1)


def open_day(court: Court, person: Person, day: date, now_ms: int) -> OpenedDay:
    """Judge the day afresh from the records, so that what is explained is what the records say now."""
    where = person_day(court, person.number, day)
    if where is None:
        zone = court.site.zone
        records = [_line(punch, {}, {}, None, zone) for punch in _punches(person, day)]
        return OpenedDay(person=person, day=day, where=None, body=None, records=records, zone=zone)
    verdict, weighed = ask_rules(court, where, now_ms)
    roles = {tap.ref: tap.role.value for tap in verdict.taps}
    punches = list(_punches(person, day))
    devices = Device.objects.in_bulk([punch.kid for punch in punches])
    return OpenedDay(
        person=person,
        day=day,
        where=where,
        body=verdict_body(where, verdict),
        records=[_line(punch, roles, weighed, devices.get(punch.kid), where.unit.zone) for punch in punches],
        zone=where.unit.zone,
    )


def _punches(person: Person, day: date) -> list[Punch]:
    found = Punch.objects.filter(person=person.number, day=day).prefetch_related("places")
    return list(found.order_by("judged_ms", "record_hash"))


def _line(
    punch: Punch, roles: Mapping[str, str], weighed: Mapping[str, WeighedTap], device: Device | None, zone: str
) -> RecordLine:
    tap = weighed.get(punch.record_hash)
    return RecordLine(
        punch=punch,
        role=roles.get(punch.record_hash),
        counts=counts(punch, device),
        is_confirmed=device is not None and counts(punch, device) and not identity_flags(punch, device),
        is_revoked=device is not None and not device.is_active,
        steps=[reason_body(step) for step in tap.evidence.steps] if tap else [],
        contradictions=[reason_body(step) for step in tap.evidence.contradictions] if tap else [],
        deliveries=_deliveries(punch, zone),
    )


def _deliveries(punch: Punch, zone: str) -> list[DeliveryLine]:
    lines = []
    for row in Witness.objects.filter(punch=punch.record_hash, kind=Kind.DELIVERY).order_by("received_at_ms"):
        payload = phone_record(bytes(row.body), Kind.DELIVERY).payload
        assert isinstance(payload, Delivery)
        lines.append(
            DeliveryLine(at=clock(row.received_at_ms, zone), tries=payload.tries, first_try_ms=payload.first_try_ms)
        )
    return lines
