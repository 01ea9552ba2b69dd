"""A small demo unit for a rehearsal folder: the cast, a dozen invented colleagues, log-ins, duties and slips.

The same folder and moment give the same people, numbers and vouchers. All names are invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import transaction

from hadir.office.accounts.actions import grant_role
from hadir.office.accounts.models import User
from hadir.office.acts.actions import write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.devices.actions import issue_slip
from hadir.office.devices.models import Slip
from hadir.office.duties.actions import set_unit_duty
from hadir.office.ground.zones import Zone
from hadir.office.people.models import Person
from hadir.office.register.acts import declare_without_signal, open_unit, register, set_superior
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from hadir.site import Site, SiteError

REGENCY, EDUCATION, SCHOOL, PERSONNEL_AGENCY, INSPECTORATE, HEALTH_CENTRE = range(1, 7)

UNITS = (
    (REGENCY, None, "Pemerintah Kabupaten Barito Kuala"),
    (EDUCATION, REGENCY, "Dinas Pendidikan"),
    (SCHOOL, EDUCATION, "SDN Tamban 3"),
    (PERSONNEL_AGENCY, REGENCY, "BKPSDM"),
    (INSPECTORATE, REGENCY, "Inspektorat Daerah"),
    (HEALTH_CENTRE, REGENCY, "Puskesmas Tamban"),
)


@dataclass(frozen=True, slots=True)
class PersonRow:
    number: int
    full_name: str
    unit: int
    title_after: str = ""
    employment: str = "pns"
    nip: str | None = None


SARI, BUDI, WATI, HASAN, RINA, JOKO, TONO, DEWI, LINA = range(1001, 1010)

CAST = (
    PersonRow(SARI, "Sari Wulandari", SCHOOL, "S.Pd.", nip="198804122011012004"),
    PersonRow(BUDI, "Budi Rahman", SCHOOL, "M.Pd.", nip="197906032005011007"),
    PersonRow(WATI, "Wati Kusuma", SCHOOL, "", "pppk"),
    PersonRow(HASAN, "Hasan Basri", SCHOOL, "M.Pd.", nip="197202171998031002"),
    PersonRow(RINA, "Rina Amelia", PERSONNEL_AGENCY, "S.STP.", nip="198511302009122001"),
    PersonRow(JOKO, "Joko Prasetyo", INSPECTORATE, "S.E.", nip="198001092006041011"),
    PersonRow(TONO, "Tono Saputra", HEALTH_CENTRE, "", "non_asn"),
    PersonRow(DEWI, "Dewi Lestari", HEALTH_CENTRE, "A.Md.", nip="199002252014022003"),
    PersonRow(LINA, "Lina Marlina", PERSONNEL_AGENCY, "S.Sos.", nip="199107142015032006"),
)
COLLEAGUES = (
    ("Ahmad Fauzi", "S.Pd.", "pns"),
    ("Aminah", "S.Pd.", "pppk"),
    ("Desi Ratnasari", "S.Pd.I.", "pppk"),
    ("Fitriani", "S.Pd.", "pns"),
    ("Gusti Muhammad Noor", "S.Pd.", "pns"),
    ("Hairunisa", "S.Pd.SD.", "pppk"),
    ("Ida Royani", "S.Pd.", "pns"),
    ("Jumiati", "", "non_asn"),
    ("Khairil Anwar", "S.Pd.", "cpns"),
    ("Lestari Handayani", "S.Pd.", "pns"),
    ("Muhammad Yusuf", "S.Kom.", "pppk"),
    ("Nurhayati", "S.Pd.", "pns"),
    ("Rahmadi", "", "non_asn"),
    ("Syarifah", "S.Pd.", "pns"),
)
FIRST_COLLEAGUE = 1101
KNOWN = (
    *CAST,
    *(
        PersonRow(FIRST_COLLEAGUE + place, name, SCHOOL, title, employment)
        for place, (name, title, employment) in enumerate(COLLEAGUES)
    ),
)
"""The cast and their invented colleagues."""

ROLES = (
    ("wati", WATI, Role.OPERATOR, SCHOOL),
    ("hasan", HASAN, Role.UNIT_HEAD, SCHOOL),
    ("budi", BUDI, Role.SUPERIOR, SCHOOL),
    ("rina", RINA, Role.PERSONNEL, REGENCY),
    ("joko", JOKO, Role.AUDITOR, REGENCY),
    ("tono", TONO, None, None),
    ("dewi", DEWI, Role.OPERATOR, HEALTH_CENTRE),
    ("lina", LINA, Role.PERSONNEL, REGENCY),
)

RINA_ACTS = Actor(person=RINA, grants=(Grant(role=Role.PERSONNEL, path=f"/{REGENCY}/"),))
LINA_ACTS = Actor(person=LINA, grants=RINA_ACTS.grants)
DUTY, POLICY = "office-5-day", "permentan-68-2012"


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A log-in to print at the end of `hadir demo`; `role` is None for one who may see nothing."""

    login: str
    password: str
    name: str
    role: str | None


def create_demo(site: Site, *, now_ms: int) -> list[DemoLogin]:
    """Fill an empty rehearsal folder and tell its log-ins. SiteError in a production folder."""
    if not site.rehearsal:
        raise SiteError(f"{site.name} is a production site: demo log-ins exist in rehearsals only")
    if not Unit.objects.exists():
        _fill(site, now_ms, from_date=date(site.year, 1, 1))
    return demo_logins()


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
    """A demo log-in."""
    password = _KnownToAll().encode(demo_password(login), f"hadir-demo-{login}")
    user = User.objects.create(login=login, person=person, password=password)
    record = write_decision(
        by=ActBy.of(RINA, now_ms), act="account.make", about=f"account/{user.pk}", person=person.number
    )
    write_rows(record, user)
    return user


@transaction.atomic
def _fill(site: Site, now_ms: int, *, from_date: date) -> None:
    units = _open_units(now_ms)
    people = _register(units, now_ms, from_date=from_date)
    _answer_for(people, now_ms, from_date=from_date)
    open_office(people, units, from_date, now_ms)
    declare_without_signal(unit=units[SCHOOL], from_date=from_date, by=ActBy.of(RINA, now_ms))
    issue_slips(site, people, now_ms)
    assert User.objects.count() == len(ROLES)


def open_office(people: Mapping[int, Person], units: Mapping[int, Unit], from_date: date, now_ms: int) -> None:
    """The cast's log-ins, and everybody's duty."""
    for login, number, role, unit in ROLES:
        user = let_in(people[number], login, now_ms)
        if role is not None and unit is not None:
            grant_role(user=user, role=role, unit=units[unit], from_date=from_date, by=ActBy.of(RINA, now_ms))
    set_unit_duty(
        unit=units[REGENCY], duty=DUTY, policy=POLICY, from_date=from_date, by=ActBy.of(RINA, now_ms), also_by=LINA
    )


def _open_units(now_ms: int) -> dict[int, Unit]:
    units: dict[int, Unit] = {}
    for number, parent, name in UNITS:
        above = units[parent] if parent else None
        units[number] = open_unit(number=number, name=name, parent=above, zone=Zone.WITA, by=ActBy.of(RINA, now_ms))
    return units


def _register(units: dict[int, Unit], now_ms: int, *, from_date: date) -> dict[int, Person]:
    people: dict[int, Person] = {}
    for row in KNOWN:
        person = Person(
            number=row.number,
            full_name=row.full_name,
            title_after=row.title_after,
            nip=row.nip,
            employment=row.employment,
        )
        people[row.number] = register(
            person=person, home=units[row.unit], from_date=from_date, by=ActBy.of(RINA, now_ms)
        )
    return people


def cast_superiors() -> dict[int, int]:
    """Budi answers for Sari and the first half of her colleagues; Hasan for Budi, Wati and the others."""
    half = len(COLLEAGUES) // 2
    colleagues = range(FIRST_COLLEAGUE, FIRST_COLLEAGUE + len(COLLEAGUES))
    return (
        {BUDI: HASAN, WATI: HASAN, SARI: BUDI}
        | dict.fromkeys(colleagues[:half], BUDI)
        | dict.fromkeys(colleagues[half:], HASAN)
    )


def _answer_for(people: dict[int, Person], now_ms: int, *, from_date: date) -> None:
    for number, superior in cast_superiors().items():
        set_superior(person=people[number], superior=people[superior], from_date=from_date, by=ActBy.of(RINA, now_ms))


def issue_slips(site: Site, people: dict[int, Person], now_ms: int) -> None:
    """Rina issues everybody's slip, Lina hers: nobody decides on himself."""
    office = site.office_signer()
    for number in sorted(people):
        issue_slip(person=people[number], by=ActBy(LINA_ACTS if number == RINA else RINA_ACTS, now_ms), office=office)


def demo_slip() -> str:
    """The voucher of Sari's slip, to enrol a first phone with."""
    return Slip.objects.filter(person__number=SARI).latest("number").voucher
