"""A planned regency into an empty office, thousands of rows at once; each fact still writes its record.

The rows and records are those of the actions (`register`, `assign`, `set_superior`, `open_unit`, `enrol_device`),
written by table instead of by act, because thirty thousand transactions take minutes.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models, transaction

from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.devices.actions import said_of
from hadir.office.devices.models import Device
from hadir.office.ground.ids import RANDOM_BYTES, uuid7
from hadir.office.ground.rows import put_rows, put_values
from hadir.office.ground.zones import Zone
from hadir.office.people.models import Assignment, AssignmentKind, Person, Superior
from hadir.office.units.models import Unit, WithoutSignal
from hadir.records.encoding import sha256
from hadir.records.jws import jwk_of, thumbprint
from hadir.records.kinds import Kind
from hadir.records.server_records import Decision, StaffFact
from hadir.records.strict import encode
from hadir.rules.clocks import local_day
from hadir.site import Site, SiteError
from rehearsal.demo.cast import (
    KNOWN,
    RINA,
    DemoLogin,
    demo_logins,
    issue_slips,
    open_office,
)
from rehearsal.demo.regency import PlannedUnit, Regency

_FIELDS = ("record_id", "kind", "body", "body_hash", "at_ms", "by", "person", "act", "origin")


@dataclass
class Acts:
    """Records of one clerk at one moment, with ids from a seed."""

    at_ms: int
    draw: random.Random
    by: int = RINA
    rows: list[tuple[object, ...]] = field(default_factory=list)
    """The values of `_FIELDS`."""

    def decision(
        self, act: str, about: str, *, after: str, person: int | None = None, before: str | None = None
    ) -> None:
        record = Decision(
            v=1, id=self._id(), by=self.by, at_ms=self.at_ms, act=act, object=about, before=before, after=after,
            reason=None, basis=None,
        )  # fmt: skip
        self._add(Kind.DECISION, record, act=act, person=person)

    def fact(self, person: int, fact: str, value: str, from_date: date) -> None:
        record = StaffFact(
            v=1, id=self._id(), by=self.by, person=person, fact=fact, value=value, from_=from_date.isoformat(),
            until=None, recorded_ms=self.at_ms,
        )  # fmt: skip
        self._add(Kind.STAFF_FACT, record, act=f"fact.{fact}", person=person)

    def write(self, *left: models.QuerySet[Any]) -> None:
        """With the rows that they left, told under the newest."""
        put_values(OutboxRow, _FIELDS, self.rows)
        if left and self.rows:
            newest = dict(zip(_FIELDS, self.rows[-1], strict=True))
            write_rows(OutboxRow(record_id=str(newest["record_id"]), by=self.by, at_ms=self.at_ms), *left)

    def _id(self) -> str:
        return uuid7(self.at_ms, self.draw.randbytes(RANDOM_BYTES))

    def _add(self, kind: Kind, record: Decision | StaffFact, *, act: str, person: int | None) -> None:
        body = encode(record)
        self.rows.append((record.id, kind.value, body, sha256(body).hex(), self.at_ms, record.by, person, act, ""))


def refuse_used(site: Site) -> None:
    """SiteError in a production folder or one in use."""
    if not site.rehearsal:
        raise SiteError(f"{site.name} is a production site: demo people exist in rehearsals only")
    if Unit.objects.exists():
        raise SiteError(f"{site.data} holds a register already")


@transaction.atomic
def create_regency(
    site: Site, regency: Regency, *, keys: Mapping[int, bytes], seed: int, now_ms: int
) -> list[DemoLogin]:
    """Fill an empty rehearsal folder and tell its log-ins.

    `keys` are the public keys (x || y) of confirmed phones by person. SiteError in a production folder or one in use.
    """
    refuse_used(site)
    from_date = date(site.year, 1, 1)
    acts = Acts(now_ms, random.Random(seed))  # noqa: S311 - ids of a rehearsal that must repeat itself
    units = _open_units(regency.units, acts, from_date)
    _register(regency, units, acts, from_date)
    _confirm(keys, acts, local_day(from_date, site.zone).from_ms)
    acts.decision("office.demo", "tables", after=f"people/{len(regency.people)}")
    written = (Unit, WithoutSignal, Person, Assignment, Superior, Device)
    acts.write(*(model._default_manager.all() for model in written))  # noqa: SLF001 - Django's name
    people = Person.objects.in_bulk([row.number for row in KNOWN])
    open_office(people, units, from_date, now_ms)
    issue_slips(site, people, now_ms)
    return demo_logins()


def _open_units(planned: Sequence[PlannedUnit], acts: Acts, from_date: date) -> dict[int, Unit]:
    units: dict[int, Unit] = {}
    for plan in planned:
        above = units[plan.parent] if plan.parent else None
        path = f"{above.path if above else '/'}{plan.number}/"
        units[plan.number] = Unit(number=plan.number, parent=above, name=plan.name, path=path, zone=Zone.WITA)
        acts.decision("unit.open", f"unit/{plan.number}", after=f"{path} {Zone.WITA.value}")
    Unit.objects.bulk_create(units.values())
    silent = [plan.number for plan in planned if plan.without_signal]
    WithoutSignal.objects.bulk_create(
        WithoutSignal(unit=units[number], from_date=from_date, recorded_at_ms=acts.at_ms) for number in silent
    )
    for number in silent:
        acts.decision("unit.without_signal", f"unit/{number}", after=from_date.isoformat())
    return units


def _register(regency: Regency, units: Mapping[int, Unit], acts: Acts, from_date: date) -> None:
    people = [
        Person(
            number=row.number, full_name=row.full_name, title_after=row.title_after, nip=row.nip,
            employment=row.employment,
        )
        for row in regency.people
    ]  # fmt: skip
    homes = [
        Assignment(
            person_id=row.number, unit=units[row.unit], kind=AssignmentKind.HOME, from_date=from_date,
            recorded_at_ms=acts.at_ms,
        )
        for row in regency.people
    ]  # fmt: skip
    answering = [
        Superior(person_id=person, superior_id=superior, from_date=from_date, recorded_at_ms=acts.at_ms)
        for person, superior in sorted(regency.superiors.items())
    ]
    put_rows(people)
    put_rows(homes)
    put_rows(answering)
    for row in regency.people:
        acts.fact(row.number, "employment", row.employment, from_date)
        acts.fact(row.number, f"assignment.{AssignmentKind.HOME.value}", f"unit/{row.unit}", from_date)
    for person, superior in sorted(regency.superiors.items()):
        acts.fact(person, "superior", f"person/{superior}", from_date)


def _confirm(keys: Mapping[int, bytes], acts: Acts, from_ms: int) -> None:
    devices = [
        Device(
            kid=thumbprint(jwk_of(key)),
            key=key,
            person_id=person,
            from_ms=from_ms,
            until_ms=None,
            decided_at_ms=acts.at_ms,
        )
        for person, key in sorted(keys.items())
    ]
    put_rows(devices)
    for device in devices:
        acts.decision(
            "device.enrol",
            f"device/{device.kid}",
            person=device.person_id,
            before="pending",
            after=said_of(device),
        )
