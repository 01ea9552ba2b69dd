"""What the demo regency's people owe and what happens to them in a month, as a plan drawn from a seed. Nothing writes.

Every kind of duty that the rules know is somewhere in it: `rehearsal.demo.acts` makes the plan true by acts, and
the past (`rehearsal.demo.history`) lets people tap by it.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from rehearsal.demo.cast import BUDI, EDUCATION, FIRST_COLLEAGUE, HASAN, HEALTH_CENTRE, SARI, SCHOOL
from rehearsal.demo.regency import FIRST_PERSON, HEALTH_AGENCY, HOSPITAL, Regency

_DAY = timedelta(days=1)
_FRIDAY, _SATURDAY = 4, 5
_MONTH_DAYS_MIN = 12

Span = tuple[int, int]
"""When work begins and ends, in minutes after the date's midnight; a night ends after 1,440."""
Days = dict[date, Span]
"""The dates on which somebody is expected at work."""

OFFICE: Mapping[int, Span] = dict.fromkeys(range(_FRIDAY), (450, 960)) | {_FRIDAY: (450, 990)}
SIX_DAYS: Mapping[int, Span] = (
    dict.fromkeys(range(_FRIDAY), (450, 840)) | {_FRIDAY: (450, 720), _SATURDAY: (450, 780)}
)  # fmt: skip
FLEXI: Mapping[int, Span] = dict.fromkeys(range(_FRIDAY), (475, 990)) | {_FRIDAY: (475, 1_020)}
SHIFTS: Mapping[str, Span] = {"pagi": (420, 840), "sore": (840, 1_260), "malam": (1_260, 1_860)}
CYCLE = ("pagi", "pagi", "sore", "malam", "", "")
"""Two mornings, an afternoon, a night, and two days to sleep it off."""

FLEXIBLE, DYNAMIC, ROLLED_OUT_LATE, WORKS_AWAY = (
    "Badan Perencanaan Pembangunan Daerah", "Dinas Perikanan", "Dinas Koperasi dan Perdagangan",
    "Dinas Komunikasi dan Informatika",
)  # fmt: skip
NIGHT_CENTRES = frozenset({"Puskesmas Marabahan", "Puskesmas Alalak", "Puskesmas Anjir Pasar"})
EARLY_FRIDAY_ENDS = 840


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody excused on the dates `[from_date, until_date)`, or between two minutes of one.

    `steps`: entered is one, attested two, approved three.
    """

    kind: str
    people: tuple[int, ...]
    from_date: date
    until_date: date
    part: Span | None = None
    document: str = ""
    reason: str = ""
    steps: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A month: `dates` from its first to today, of which `past` are over."""

    dates: tuple[date, ...]
    six_days: frozenset[int]
    """Units that work six days."""
    middle_teachers: tuple[int, ...]
    flexible: int
    dynamic: int
    late_starter: int
    away: int
    rosters: dict[int, dict[date, str]] = field(default_factory=dict)
    """person -> date -> the shift, empty for a free day."""
    nursing: tuple[int, ...] = ()
    """Who may come an hour later: nursing mothers."""
    transfers: dict[int, tuple[int, date]] = field(default_factory=dict)
    """person -> the home unit from that date on."""
    further: tuple[tuple[int, int], ...] = ()
    """(person, unit): where else somebody works."""
    absences: tuple[Absence, ...] = ()
    early_friday: date | None = None
    """Everybody goes home early by the regent's circular."""
    outage: date | None = None
    """The morning on which the gate was dead."""
    slips: frozenset[tuple[int, date, str]] = frozenset()
    """(person, date, "late" or "forgot"): what happens to the cast, whatever the dice say."""

    @property
    def middle(self) -> date:
        return self.dates[len(self.dates) // 2]


def plan_story(regency: Regency, *, dates: tuple[date, ...], seed: int) -> Story:
    """What happens in the regency on these dates."""
    draw = random.Random(f"{seed} story")  # noqa: S311 - an invented month that must repeat itself
    names = {unit.name: unit.number for unit in regency.units}
    working = [day for day in dates if day.weekday() <= _FRIDAY]
    health = {unit.number for unit in regency.units if unit.parent == HEALTH_AGENCY} | {HEALTH_AGENCY, HEALTH_CENTRE}
    middle_schools = {unit.number for unit in regency.units if unit.name.startswith("SMPN")}
    nights = {names[name] for name in NIGHT_CENTRES}
    on_call = [
        row.number
        for row in regency.people
        if row.number >= FIRST_PERSON
        and ((row.unit == HOSPITAL and row.number % 3) or (row.unit in nights and row.number % 4 == 0))
    ]
    fridays = [day for day in working[:-3] if day.weekday() == _FRIDAY]
    return Story(
        dates=dates,
        six_days=frozenset(health | middle_schools),
        middle_teachers=tuple(row.number for row in regency.people if row.unit in middle_schools),
        flexible=names[FLEXIBLE],
        dynamic=names[DYNAMIC],
        late_starter=names[ROLLED_OUT_LATE],
        away=names[WORKS_AWAY],
        rosters={person: _roster(person, dates) for person in on_call},
        nursing=tuple(row.number for row in regency.people if row.number >= FIRST_PERSON and row.number % 160 == 3),
        transfers=_transfers(regency, working),
        further=_further(regency, names),
        absences=_absences(regency, working, draw),
        early_friday=fridays[-1] if fridays else None,
        outage=working[-4] if len(working) > 4 else None,
        slips=_slips(working),
    )


def days_of(story: Story, regency: Regency) -> dict[int, Days]:
    """When each person is expected at work. People of one pattern share one mapping."""
    common: dict[tuple[int, bool], Days] = {}
    found: dict[int, Days] = {}
    away = _whole_days_away(story)
    for row in regency.people:
        nursing = row.number in story.nursing
        if row.number in story.rosters:
            found[row.number] = {day: SHIFTS[shift] for day, shift in story.rosters[row.number].items() if shift}
            continue
        days = common.get((row.unit, nursing))
        if days is None:
            days = common[row.unit, nursing] = _by_week(story, row.unit, nursing=nursing)
        found[row.number] = days
    for person, dates in away.items():
        found[person] = {day: span for day, span in found[person].items() if day not in dates}
    for absence in story.absences:
        for person in absence.people if absence.part and absence.steps == 3 else ():
            found[person] = found[person] | _around(found[person], absence)
    return found


def _by_week(story: Story, unit: int, *, nursing: bool) -> Days:
    week = SIX_DAYS if unit in story.six_days else FLEXI if unit in {story.flexible, story.dynamic} else OFFICE
    days = {day: week[day.weekday()] for day in story.dates if day.weekday() in week}
    if story.early_friday in days and unit not in story.six_days:
        days[story.early_friday] = (days[story.early_friday][0], EARLY_FRIDAY_ENDS)
    return {day: (starts + 50 * nursing, ends) for day, (starts, ends) in days.items()}


def _around(days: Days, absence: Absence) -> Days:
    """Who is excused in the morning comes after it; who is in the afternoon leaves before it."""
    assert absence.part is not None
    begins, ends = absence.part
    span = days.get(absence.from_date)
    if span is None:
        return {}
    return {absence.from_date: (ends, span[1]) if begins <= span[0] else (span[0], begins)}


def _whole_days_away(story: Story) -> dict[int, set[date]]:
    away: dict[int, set[date]] = {}
    for absence in story.absences:
        if absence.part is None:
            dates = {
                absence.from_date + number * _DAY for number in range((absence.until_date - absence.from_date).days)
            }
            for person in absence.people:
                away.setdefault(person, set()).update(dates)
    return away


def _roster(person: int, dates: Iterable[date]) -> dict[date, str]:
    return {day: CYCLE[(place + person) % len(CYCLE)] for place, day in enumerate(dates)}


def _transfers(regency: Regency, working: list[date]) -> dict[int, tuple[int, date]]:
    """Every six-hundredth person moves in the middle of the month to the unit of the next one."""
    homes = {row.number: row.unit for row in regency.people}
    movers = [number for number in homes if number >= FIRST_PERSON and number % 600 == 50]
    return {
        number: (homes[number + 40], working[len(working) // 2])
        for number in movers
        if homes.get(number + 40, homes[number]) not in {homes[number], HOSPITAL}
    }


def _further(regency: Regency, names: Mapping[str, int]) -> tuple[tuple[int, int], ...]:
    """Hasan leads a second school for the time being, a teacher teaches in two, midwives go to three places."""
    schools = [unit.number for unit in regency.units if unit.parent == EDUCATION and unit.number != SCHOOL]
    found = [(HASAN, schools[0]), (FIRST_COLLEAGUE, schools[0])]
    for unit in regency.units:
        if unit.name.startswith("Puskesmas") and unit.district:
            midwife = next((row.number for row in regency.people if row.unit == unit.number and row.number % 4 != 0), 0)
            if midwife >= FIRST_PERSON:
                found.append((midwife, names[f"Kecamatan {unit.district}"]))
                found.append((midwife, names[f"SDN {unit.district} 1"]))
    return tuple(found)


_WHY = {
    "S": ("Demam", "Sakit gigi", "Diare", "Kontrol ke RSUD"),
    "CT": ("Acara keluarga", "Pulang kampung"),
    "DL": ("Rapat koordinasi di Banjarmasin", "Pelatihan di Banjarbaru", "Monitoring lapangan"),
    "I": ("Mengantar anak berobat", "Mengurus SIM"),
    "CM": ("Melahirkan",),
    "TB": ("Tugas belajar di Banjarmasin",),
    "CAP": ("Orang tua meninggal",),
}
_OF_A_THOUSAND = (
    ("S", 9, 1, 3), ("CT", 6, 2, 5), ("DL", 7, 1, 3),
    ("CM", 1, 31, 31), ("TB", 1, 31, 31), ("CAP", 1, 2, 3),
)  # fmt: skip
"""(kind, how many of a thousand people in the month, shortest, longest in days)."""


def _absences(regency: Regency, working: list[date], draw: random.Random) -> tuple[Absence, ...]:
    if len(working) < _MONTH_DAYS_MIN:
        return ()
    strangers = [row.number for row in regency.people if row.number >= FIRST_PERSON]
    teams = {row.number: row.unit for row in regency.people}
    free = draw.sample(strangers, len(strangers))
    found = list(_of_the_cast(working))
    for kind, share, shortest, longest in _OF_A_THOUSAND:
        for _ in range(max(1, round(share * len(strangers) / 1_000)) if strangers else 0):
            person = free.pop()
            team = (person, person + 1) if kind == "DL" else (person,)
            first = working[0] if longest > len(working) else draw.choice(working[:-2])
            length = draw.randint(shortest, longest)
            found.append(
                Absence(
                    kind=kind,
                    people=tuple(one for one in team if teams.get(one) == teams[person]),
                    from_date=first,
                    until_date=first + length * _DAY,
                    document=f"{draw.randint(100, 999)}/{kind}/{draw.randint(1, 12):02}/{first.year}",
                    reason=draw.choice(_WHY[kind]),
                )
            )
    return tuple(found)


def _of_the_cast(working: list[date]) -> list[Absence]:
    """What waits on the cast's desks: one note to attest, one to approve, and what was decided before."""
    today, colleague = working[-1], FIRST_COLLEAGUE

    def day(ago: int) -> tuple[date, date]:
        return working[-1 - ago], working[-1 - ago] + _DAY

    return [
        Absence("S", (SARI,), *day(8), document="SKD 445/112", reason="Demam, surat dokter terlampir."),
        Absence("DL", (BUDI,), *day(6), document="ST 090/31/Disdik", reason="KKG kecamatan."),
        Absence("I", (colleague + 3,), *day(5), (720, 960), "", "Mengantar anak berobat."),
        Absence("I", (colleague + 5,), *day(4), (450, 600), "", "Mengurus surat tanah."),
        Absence("CT", (colleague + 2,), working[-10], working[-10] + 3 * _DAY, None, "850/17/CT"),
        Absence("S", (colleague + 8,), *day(1), document="SKD 445/140", reason="Diare.", steps=1),
        Absence("DL", (colleague + 9,), *day(2), document="ST 090/35", reason="Pelatihan.", steps=2),
        Absence("S", (colleague + 10,), today, today + _DAY, reason="Sakit gigi.", steps=1),
    ]


def _slips(working: list[date]) -> frozenset[tuple[int, date, str]]:
    if len(working) < _MONTH_DAYS_MIN:
        return frozenset()
    return frozenset({
        (SARI, working[-3], "late"), (SARI, working[-6], "forgot"), (SARI, working[-11], "late"),
        (BUDI, working[-5], "late"), (HASAN, working[-7], "forgot"), (FIRST_COLLEAGUE + 1, working[-2], "late"),
    })  # fmt: skip
