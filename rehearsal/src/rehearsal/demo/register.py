"""A regency's register, log-ins and slips in the tables of an empty rehearsal folder. Imported once Django is set up.

The rows and records are those of the actions (`register`, `assign`, `open_unit`, `enrol_device`),
written by table instead of by act, because thirty thousand transactions take minutes; each fact still writes its
record. The same folder and moment give the same people, numbers and vouchers.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import transaction

from hadir.config import Settings
from hadir.office.accounts.actions import grant_role
from hadir.office.accounts.models import User
from hadir.office.acts.actions import write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.devices.actions import issue_slip, said_of
from hadir.office.devices.models import Device, Slip
from hadir.office.duties.actions import set_unit_duty
from hadir.office.ground.installation import HERE
from hadir.office.ground.rows import put_rows
from hadir.office.ground.zones import Zone
from hadir.office.people.models import Assignment, AssignmentKind, Person, Superior
from hadir.office.programs.commands import migrate
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit, WithoutSignal
from hadir.records.jws import jwk_of, thumbprint
from hadir.rules.clocks import local_day
from hadir.site import Site, SiteError
from rehearsal.demo.acts import Acts
from rehearsal.demo.cast import DUTY, KNOWN, LINA, LINA_ACTS, POLICY, REGENCY, RINA, RINA_ACTS, ROLES, SARI
from rehearsal.demo.regency import PlannedUnit, Regency, small_regency


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A log-in to print at the end of `hadir demo`; `role` is None for one who may see nothing."""

    login: str
    password: str
    name: str
    role: str | None


def create_demo(site: Site, *, now_ms: int) -> list[DemoLogin]:
    """Fill an empty rehearsal folder with the cast and its units; its log-ins. SiteError in a production folder."""
    refuse_production(site)
    if not Unit.objects.exists():
        create_regency(site, small_regency(), keys={}, seed=0, now_ms=now_ms)
    return demo_logins()


def make_room(settings: Settings) -> None:
    """The tables that a regency will fill. SiteError in a production folder or one in use."""
    migrate(settings)
    refuse_production(HERE.site)
    if Unit.objects.exists():
        raise SiteError(f"{HERE.site.data} holds a register already")


def refuse_production(site: Site) -> None:
    if not site.rehearsal:
        raise SiteError(f"{site.name} is a production site: demo people and log-ins exist in rehearsals only")


@transaction.atomic
def create_regency(site: Site, regency: Regency, *, keys: Mapping[int, bytes], seed: int, now_ms: int) -> None:
    """Fill the tables that `make_room` made. `keys` are the public keys (x || y) of confirmed phones by person."""
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


def open_office(people: Mapping[int, Person], units: Mapping[int, Unit], from_date: date, now_ms: int) -> None:
    """The cast's log-ins, and everybody's duty."""
    for login, number, role, unit in ROLES:
        user = let_in(people[number], login, now_ms)
        if role is not None and unit is not None:
            grant_role(user=user, role=role, unit=units[unit], from_date=from_date, by=ActBy.of(RINA, now_ms))
    set_unit_duty(
        unit=units[REGENCY], duty=DUTY, policy=POLICY, from_date=from_date, by=ActBy.of(RINA, now_ms), also_by=LINA
    )


def demo_logins() -> list[DemoLogin]:
    """The cast's log-ins, as they stand in the office."""
    return [
        DemoLogin(
            login=login,
            password=demo_password(login),
            name=str(Person.objects.get(number=number)),
            role=role.value if role else None,
        )
        for login, number, role, _ in ROLES
    ]


def demo_password(login: str) -> str:
    """Known to everybody, hence refused outside a rehearsal."""
    return f"latihan-{login}"


class _KnownToAll(Argon2PasswordHasher):
    """A password that everybody knows is not worth a second of every start."""

    time_cost, memory_cost, parallelism = 1, 64, 1


def let_in(person: Person, login: str, now_ms: int) -> User:
    password = _KnownToAll().encode(demo_password(login), f"hadir-demo-{login}")
    user = User.objects.create(login=login, person=person, password=password)
    record = write_decision(
        by=ActBy.of(RINA, now_ms), act="account.make", about=f"account/{user.pk}", person=person.number
    )
    write_rows(record, user)
    return user


def issue_slips(site: Site, people: dict[int, Person], now_ms: int) -> None:
    """Rina issues everybody's slip, Lina hers: nobody decides on himself."""
    office = site.office_signer()
    for number in sorted(people):
        issue_slip(person=people[number], by=ActBy(LINA_ACTS if number == RINA else RINA_ACTS, now_ms), office=office)


def demo_slip() -> str:
    """The voucher of Sari's slip, to enrol a first phone with."""
    return Slip.objects.filter(person__number=SARI).latest("number").voucher
