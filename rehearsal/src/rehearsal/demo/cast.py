"""The cast, a dozen invented colleagues, and their units and roles. All names are invented."""

from dataclasses import dataclass

from hadir.office.roles import Actor, Grant, Role

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


def cast_superiors() -> dict[int, int]:
    """Budi answers for Sari and the first half of her colleagues; Hasan for Budi, Wati and the others."""
    half = len(COLLEAGUES) // 2
    colleagues = range(FIRST_COLLEAGUE, FIRST_COLLEAGUE + len(COLLEAGUES))
    return (
        {BUDI: HASAN, WATI: HASAN, SARI: BUDI}
        | dict.fromkeys(colleagues[:half], BUDI)
        | dict.fromkeys(colleagues[half:], HASAN)
    )
