"""A whole regency as a plan: units and people, drawn from a seed. Nothing here writes.

The seventeen districts and the kinds of agencies are public administrative names; schools, health centres and all
people are invented.
"""

import random
from dataclasses import dataclass, field

from rehearsal.demo.cast import (
    EDUCATION,
    HEALTH_CENTRE,
    KNOWN,
    PERSONNEL_AGENCY,
    REGENCY,
    SCHOOL,
    UNITS,
    PersonRow,
    cast_superiors,
)

FIRST_PERSON = 2001
FIRST_UNIT = 11
_FULL_SIZE = 4_800
HEALTH_AGENCY, HOSPITAL = 7, 8
_TERMINALS, _HOSPITAL_TERMINALS = 60, 4
_SKEWS = {1: 60, 6: -4}
"""One machine still shows western time, another runs fast."""
_SILENT_TERMINAL, _SILENT_DAYS = 2, 5

DISTRICTS = (
    "Tabunganen", "Tamban", "Mekarsari", "Anjir Pasar", "Anjir Muara", "Alalak", "Mandastana", "Jejangkit", "Belawang",
    "Wanaraya", "Barambai", "Rantau Badauh", "Cerbon", "Bakumpai", "Marabahan", "Tabukan", "Kuripan",
)  # fmt: skip
WITHOUT_SIGNAL = frozenset({"Tabunganen", "Jejangkit", "Kuripan"})
"""Districts whose schools, health centre and office are declared *tanpa sinyal*; and the cast's own school."""

_AGENCIES = (
    "Sekretariat Daerah", "Sekretariat DPRD", "Dinas Pekerjaan Umum dan Penataan Ruang", "Dinas Sosial",
    "Dinas Perumahan Rakyat dan Kawasan Permukiman", "Satuan Polisi Pamong Praja", "Dinas Ketahanan Pangan",
    "Dinas Lingkungan Hidup", "Dinas Kependudukan dan Pencatatan Sipil", "Dinas Pemberdayaan Masyarakat dan Desa",
    "Dinas Perhubungan", "Dinas Komunikasi dan Informatika", "Dinas Koperasi dan Perdagangan", "Dinas Penanaman Modal",
    "Dinas Kepemudaan dan Olahraga", "Dinas Perpustakaan dan Kearsipan", "Dinas Perikanan", "Dinas Pertanian",
    "Dinas Tenaga Kerja", "Badan Perencanaan Pembangunan Daerah", "Badan Keuangan dan Aset Daerah",
    "Badan Pendapatan Daerah", "Badan Penanggulangan Bencana Daerah", "Badan Kesatuan Bangsa dan Politik",
)  # fmt: skip
_GIVEN = (
    "Abdul", "Agus", "Ahmad", "Aida", "Akhmad", "Aminah", "Andi", "Anisa", "Arbain", "Aulia", "Bahrudin", "Dahlia",
    "Dewi", "Diana", "Eka", "Elya", "Fahmi", "Farida", "Fitri", "Gazali", "Hafiz", "Halimah", "Hamdan", "Hasnah",
    "Herlina", "Ilham", "Irma", "Ismail", "Jamilah", "Juhriah", "Kamariah", "Khairul", "Lutfi", "Mahdalena", "Mariani",
    "Masitah", "Maulida", "Mawardi", "Muhammad", "Mulyadi", "Murniati", "Nazwa", "Noor", "Norhayati", "Nurul", "Puteri",
    "Rabiatul", "Rahmat", "Raihana", "Riduan", "Rina", "Rusmini", "Saidah", "Salasiah", "Samsul", "Siti", "Supian",
    "Suriani", "Syahrani", "Taufik", "Wahyudi", "Yuliana", "Yusran", "Zainal", "Zubaidah",
)  # fmt: skip
_FAMILY = (
    "Adawiyah", "Amrullah", "Ansyari", "Arifin", "Aspiani", "Azizah", "Baihaqi", "Effendi", "Fadillah", "Fauziah",
    "Ghazali", "Hadi", "Hakim", "Hayati", "Hidayat", "Huda", "Ihsan", "Jannah", "Kurniawan", "Latifah", "Mahfuz",
    "Maulana", "Mukarramah", "Muslimah", "Nasution", "Noviyanti", "Permana", "Pratiwi", "Qomariah", "Rahmah",
    "Ramadhan", "Ridha", "Sari", "Setiawan", "Suryani", "Syahputra", "Utami", "Wardani", "Wibowo", "Yanti", "Zahra",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """What a unit's people do: the titles they have, and the unit's share of all people."""

    titles: tuple[str, ...]
    share: int


_SCHOOL_WORK = Work(("S.Pd.", "S.Pd.SD.", "S.Pd.I.", "M.Pd.", ""), 10)
_HEALTH_WORK = Work(("A.Md.Keb.", "A.Md.Kep.", "S.Kep.", "S.KM.", ""), 40)
_HOSPITAL_WORK = Work(("S.Kep.", "A.Md.Kep.", "A.Md.Rad.", "S.Farm.", ""), 420)
_AGENCY_WORK = Work(("S.E.", "S.Sos.", "S.T.", "S.H.", "S.STP.", ""), 38)
_DISTRICT_WORK = Work(("S.Sos.", "S.IP.", "S.E.", ""), 16)


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """A unit before it exists. `district` is where it lies, empty in the regency's town."""

    number: int
    parent: int | None
    name: str
    work: Work | None = None
    district: str = ""
    without_signal: bool = False


@dataclass(frozen=True, slots=True)
class PlannedTerminal:
    """A fingerprint machine. `pins` maps a person to the number there; `by_keys`: people press in or out.

    `skew_minutes` must be added to what its clock shows; `silent_days`: for so long nobody has brought a file.
    """

    serial: str
    unit: int
    pins: dict[int, str]
    by_keys: bool
    skew_minutes: int = 0
    silent_days: int = 0


@dataclass(frozen=True, slots=True)
class Regency:
    """Units parents first, and people with their home unit; `superiors` maps a person to their superior."""

    units: tuple[PlannedUnit, ...]
    people: tuple[PersonRow, ...]
    superiors: dict[int, int] = field(default_factory=dict)
    terminals: tuple[PlannedTerminal, ...] = ()


def plan_regency(*, people: int, seed: int) -> Regency:
    """`people` persons (the cast among them) in about 250 units; fewer people have fewer schools."""
    draw = random.Random(seed)  # noqa: S311 - invented people, not secrets
    units = _plan_units(people)
    everybody = (*KNOWN, *_draw_people(draw, units, people - len(KNOWN)))
    return Regency(
        units=units,
        people=everybody,
        superiors=_answering(units, everybody),
        terminals=_plan_terminals(units, everybody),
    )


def small_regency() -> Regency:
    """The cast, its colleagues and their units alone."""
    return Regency(tuple(_known_unit(*unit) for unit in UNITS), KNOWN, cast_superiors())


def _plan_units(people: int) -> tuple[PlannedUnit, ...]:
    schools = max(1, round(9 * people / _FULL_SIZE))
    middle_schools = max(1, round(2 * people / _FULL_SIZE))
    units = [_known_unit(number, parent, name) for number, parent, name in UNITS]
    units.append(PlannedUnit(HEALTH_AGENCY, REGENCY, "Dinas Kesehatan", _AGENCY_WORK))
    units.append(PlannedUnit(HOSPITAL, HEALTH_AGENCY, "RSUD Marabahan", _HOSPITAL_WORK))

    def add(parent: int, name: str, work: Work, district: str = "") -> None:
        number = FIRST_UNIT + len(units) - len(UNITS) - 2
        units.append(PlannedUnit(number, parent, name, work, district, without_signal=district in WITHOUT_SIGNAL))

    for agency in _AGENCIES:
        add(REGENCY, agency, _AGENCY_WORK)
    for district in DISTRICTS:
        add(REGENCY, f"Kecamatan {district}", _DISTRICT_WORK, district)
        if district != "Tamban":
            add(HEALTH_AGENCY, f"Puskesmas {district}", _HEALTH_WORK, district)
        for place in range(1, schools + 1):
            if (district, place) != ("Tamban", 3):
                add(EDUCATION, f"SDN {district} {place}", _SCHOOL_WORK, district)
        for place in range(1, middle_schools + 1):
            add(EDUCATION, f"SMPN {place} {district}", _SCHOOL_WORK, district)
    return tuple(units)


def _known_unit(number: int, parent: int | None, name: str) -> PlannedUnit:
    """The units of the small demo: the school and the root get no strangers."""
    if number == SCHOOL:
        return PlannedUnit(number, parent, name, None, "Tamban", without_signal=True)
    if number == HEALTH_CENTRE:
        return PlannedUnit(number, parent, name, _HEALTH_WORK, "Tamban")
    return PlannedUnit(number, parent, name, None if number == REGENCY else _AGENCY_WORK)


def _plan_terminals(units: tuple[PlannedUnit, ...], people: tuple[PersonRow, ...]) -> tuple[PlannedTerminal, ...]:
    """Machines where many work; every second one there uses them, the others their phones."""
    homes = [unit.number for unit in units if unit.work is _HOSPITAL_WORK for _ in range(_HOSPITAL_TERMINALS)]
    for work in (_HEALTH_WORK, _DISTRICT_WORK, _AGENCY_WORK):
        homes += [unit.number for unit in units if unit.work is work]
    homes = homes[: max(3, round(_TERMINALS * len(people) / _FULL_SIZE))]
    users = {
        unit: [row.number for row in people if row.unit == unit and row.number >= FIRST_PERSON and row.number % 2 == 0]
        for unit in homes
    }
    machines = []
    for place, unit in enumerate(homes):
        mine = users[unit][homes[:place].count(unit) :: homes.count(unit)]
        machines.append(
            PlannedTerminal(
                serial=f"HDR{2_019_000_000 + 37 * place}",
                unit=unit,
                pins={person: str(pin) for pin, person in enumerate(mine, start=1)},
                by_keys=place % 3 == 0,
                skew_minutes=_SKEWS.get(place, 0),
                silent_days=_SILENT_DAYS if place == _SILENT_TERMINAL else 0,
            )
        )
    return tuple(machines)


def _draw_people(draw: random.Random, units: tuple[PlannedUnit, ...], count: int) -> tuple[PersonRow, ...]:
    """People in the order of their numbers, unit by unit."""
    open_units = [unit for unit in units if unit.work is not None]
    weights = [unit.work.share * draw.uniform(0.7, 1.3) for unit in open_units if unit.work is not None]
    homes = [
        unit
        for unit, size in zip(open_units, _shares(weights, count), strict=True)
        for _ in range(size)
    ]  # fmt: skip
    return tuple(_draw_person(draw, FIRST_PERSON + place, unit) for place, unit in enumerate(homes))


def _shares(weights: list[float], count: int) -> list[int]:
    """`count` split in proportion to the weights, by largest remainders."""
    total = sum(weights)
    exact = [count * weight / total for weight in weights]
    sizes = [int(part) for part in exact]
    by_rest = sorted(range(len(weights)), key=lambda place: sizes[place] - exact[place])
    for place in by_rest[: count - sum(sizes)]:
        sizes[place] += 1
    return sizes


def _draw_person(draw: random.Random, number: int, unit: PlannedUnit) -> PersonRow:
    assert unit.work is not None
    name = f"{draw.choice(_GIVEN)} {draw.choice(_FAMILY)}"
    employment = draw.choices(("pns", "pppk", "cpns", "non_asn"), weights=(58, 28, 4, 10))[0]
    nip = None if employment == "non_asn" else _draw_nip(draw, number)
    return PersonRow(number, name, unit.number, draw.choice(unit.work.titles), employment, nip)


def _draw_nip(draw: random.Random, number: int) -> str:
    """Birth, entry, sex and a serial, as a NIP is written; the serial here is the person's number, so none is real."""
    born, entered = draw.randint(1967, 1999), draw.randint(2003, 2024)
    birthday = f"{born}{draw.randint(1, 12):02}{draw.randint(1, 28):02}"
    return f"{birthday}{entered}{draw.randint(1, 12):02}{draw.randint(1, 2)}{number % 1000:03}"


def _answering(units: tuple[PlannedUnit, ...], people: tuple[PersonRow, ...]) -> dict[int, int]:
    """The first of a unit answers for the others, and the first of the unit above for that one; the cast as ever."""
    firsts: dict[int, int] = {}
    for row in people:
        if row.unit not in {SCHOOL, PERSONNEL_AGENCY}:
            firsts.setdefault(row.unit, row.number)
    parents = {unit.number: unit.parent for unit in units}
    superiors = cast_superiors()
    for row in people:
        first = firsts.get(row.unit)
        above = firsts.get(parents[row.unit] or 0) if first == row.number else first
        if row.number not in superiors and above is not None and above != row.number:
            superiors[row.number] = above
    return superiors
