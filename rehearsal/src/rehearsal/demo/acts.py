"""The demo's month made true by acts: the law of every kind of duty, rosters, moves, and excuses with their steps.

Rina and Lina of the personnel agency do it, each behind what the other made, at times within the month. Whatever is
one act for a person is one here too; memberships and further places, which are many, are written by table.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

from django.db import models, transaction

from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.duties.actions import agree_to_law, make_law, open_group
from hadir.office.duties.kinds import (
    CalendarDay,
    CeremonyLaw,
    CircularLaw,
    DirectionRule,
    DispensationLaw,
    DutyLaw,
    LawShape,
    Remote,
    RollOut,
)
from hadir.office.duties.models import Group, LawAct, Membership
from hadir.office.duties.rosters import ENTRIES_MAX, RosterEntry, write_roster
from hadir.office.excuses.actions import approve_excuse, attest_excuse, enter_excuse
from hadir.office.excuses.kinds import Scope
from hadir.office.excuses.models import Excuse
from hadir.office.ground.ids import RANDOM_BYTES, uuid7
from hadir.office.ground.moments import day_at
from hadir.office.ground.rows import put_values
from hadir.office.intake.actions import map_pins, measure_skew, place_terminal
from hadir.office.intake.importing import import_file, plan_import
from hadir.office.intake.models import Directions
from hadir.office.intake.pin_list import PinRow
from hadir.office.people.models import Assignment, AssignmentKind, Person
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from hadir.records.encoding import sha256
from hadir.records.kinds import Kind
from hadir.records.server_records import Decision, StaffFact
from hadir.records.strict import encode
from hadir.rules.clocks import MS_PER_MINUTE, Period, instant_ms, local_day
from hadir.rules.policy import PairingMode
from hadir.site import Site
from rehearsal.demo.cast import (
    EDUCATION,
    HASAN,
    HEALTH_CENTRE,
    LINA,
    LINA_ACTS,
    PERSONNEL_AGENCY,
    POLICY,
    REGENCY,
    RINA,
    RINA_ACTS,
    SCHOOL,
    WATI,
)
from rehearsal.demo.regency import HEALTH_AGENCY, PlannedTerminal
from rehearsal.demo.story import EARLY_FRIDAY_ENDS, Absence, Story

_DAY = timedelta(days=1)
_HOUR_MS = 3_600_000


_FIELDS = ("record_id", "kind", "body", "body_hash", "at_ms", "by", "person", "act", "origin")

UNKNOWN_PINS = 2
"""So many people of the first machine are on no list yet: their presses wait, visible, until somebody maps them."""


@dataclass
class Acts:
    """Records of Rina at one moment, with ids from a seed."""

    at_ms: int
    draw: random.Random
    rows: list[tuple[object, ...]] = field(default_factory=list)
    """The values of `_FIELDS`."""

    def decision(
        self, act: str, about: str, *, after: str, person: int | None = None, before: str | None = None
    ) -> None:
        record = Decision(
            v=1, id=self._id(), by=RINA, at_ms=self.at_ms, act=act, object=about, before=before, after=after,
            reason=None, basis=None,
        )  # fmt: skip
        self._add(Kind.DECISION, record, act=act, person=person)

    def fact(self, person: int, fact: str, value: str, from_date: date) -> None:
        record = StaffFact(
            v=1, id=self._id(), by=RINA, person=person, fact=fact, value=value, from_=from_date.isoformat(),
            until=None, recorded_ms=self.at_ms,
        )  # fmt: skip
        self._add(Kind.STAFF_FACT, record, act=f"fact.{fact}", person=person)

    def write(self, *left: models.QuerySet[Any]) -> None:
        """With the rows that they left, told under the newest."""
        put_values(OutboxRow, _FIELDS, self.rows)
        if left and self.rows:
            newest = dict(zip(_FIELDS, self.rows[-1], strict=True))
            write_rows(OutboxRow(record_id=str(newest["record_id"]), by=RINA, at_ms=self.at_ms), *left)

    def _id(self) -> str:
        return uuid7(self.at_ms, self.draw.randbytes(RANDOM_BYTES))

    def _add(self, kind: Kind, record: Decision | StaffFact, *, act: str, person: int | None) -> None:
        body = encode(record)
        self.rows.append((record.id, kind.value, body, sha256(body).hex(), self.at_ms, RINA, person, act, ""))


@dataclass(frozen=True)
class _Desk:
    """Who writes where, and since when the law of the year holds."""

    story: Story
    units: dict[int, Unit]
    zone: str
    first: date

    @property
    def made_ms(self) -> int:
        """The law of the month was made in the week before it."""
        return instant_ms(self.story.dates[0] - 5 * _DAY, time(9), self.zone)

    def enact(  # noqa: PLR0913 - what an act of law is made of
        self,
        shape: LawShape,
        document: str,
        unit: int,
        *,
        from_date: date | None = None,
        until_date: date | None = None,
        group: Group | None = None,
    ) -> None:
        draft = LawAct.saying(
            shape=shape, from_date=from_date or self.first, until_date=until_date, unit=self.units[unit], group=group,
            document=document,
        )  # fmt: skip
        row = make_law(draft=draft, by=ActBy(RINA_ACTS, self.made_ms, "Ditetapkan bupati."))
        agree_to_law(number=row.number, by=ActBy(LINA_ACTS, self.made_ms + _HOUR_MS, "Sesuai naskah."))


@transaction.atomic
def tell_story(site: Site, story: Story, *, seed: int) -> None:
    """Everything that the plan says, as acts. Nobody has recorded anything yet."""
    desk = _Desk(story, Unit.objects.in_bulk(), site.zone, date(site.year, 1, 1))
    draw = random.Random(f"{seed} acts")  # noqa: S311 - ids of a rehearsal that must repeat itself
    _weeks(desk, draw)
    _exceptions(desk)
    _rosters(desk, draw)
    _nursing(desk, draw)
    _places(desk, draw)
    for absence in story.absences:
        _excuse(desk, absence)


def _weeks(desk: _Desk, draw: random.Random) -> None:
    story = desk.story
    six_days = DutyLaw(duty="office-6-day")
    desk.enact(six_days, "Perbup 12/2026 Pasal 4", HEALTH_AGENCY)
    desk.enact(six_days, "Perbup 12/2026 Pasal 4", HEALTH_CENTRE)
    middle = _group(desk, "Guru SMP", EDUCATION, list(story.middle_teachers), draw)
    desk.enact(six_days, "Perbup 12/2026 Pasal 5", EDUCATION, group=middle)
    desk.enact(DutyLaw(duty="office-5-day", policy="panrb-6-2018"), "SE 061/14/Org", story.flexible)
    desk.enact(DutyLaw(duty="dynamic", policy=POLICY), "SE 061/15/Org", story.dynamic)
    desk.enact(
        DirectionRule(phones=PairingMode.CHOSEN, terminals=PairingMode.FIRST_LAST), "SE 800/9/Dinkes", HEALTH_AGENCY
    )


def _exceptions(desk: _Desk) -> None:
    """What does not hold for everybody and always."""
    story = desk.story
    month = story.dates[0]
    apel = CeremonyLaw(name="Apel pagi", code="TA", starts=time(7), ends=time(7, 30), weekdays=frozenset({0}))
    desk.enact(apel, "Instruksi 3/2026", PERSONNEL_AGENCY, from_date=month)
    upacara = CeremonyLaw(name="Upacara bendera", code="TA", starts=time(7), ends=time(7, 30), weekdays=frozenset({0}))
    desk.enact(upacara, "Edaran Disdik 21/2026", SCHOOL, from_date=month)
    desk.enact(Remote(code="WFA", weekdays=frozenset({4})), "SE 061/20/Org", story.away, from_date=month)
    desk.enact(RollOut(), "Keputusan 188/41/2026", story.late_starter, from_date=story.middle)
    if story.early_friday is not None:
        ends = time(*divmod(EARLY_FRIDAY_ENDS, 60))
        day = story.early_friday
        desk.enact(CircularLaw(end=ends), "SE Bupati 003/77", REGENCY, from_date=day, until_date=day + _DAY)
    flooded = next(number for number, unit in desk.units.items() if unit.name == "SDN Jejangkit 1")
    desk.enact(
        CalendarDay(name="Libur banjir"),
        "SE Disdik 421/30",
        flooded,
        from_date=story.middle,
        until_date=story.middle + _DAY,
    )


def _rosters(desk: _Desk, draw: random.Random) -> None:
    rosters = desk.story.rosters
    if not rosters:
        return
    group = _group(desk, "Perawat dan bidan jaga", HEALTH_AGENCY, sorted(rosters), draw)
    desk.enact(DutyLaw(by_roster=True), "Jadwal dinas RSUD", HEALTH_AGENCY, group=group)
    entries = [
        RosterEntry(person, day, (shift,) if shift else ())
        for person, roster in sorted(rosters.items())
        for day, shift in roster.items()
    ]
    for at in range(0, len(entries), ENTRIES_MAX):
        some = entries[at : at + ENTRIES_MAX]
        write_roster(entries=some, by=ActBy(RINA_ACTS, desk.made_ms + 2 * _HOUR_MS, "Jadwal dinas."))


def _nursing(desk: _Desk, draw: random.Random) -> None:
    if desk.story.nursing:
        group = _group(desk, "Ibu menyusui", REGENCY, list(desk.story.nursing), draw, is_private=True)
        shape = DispensationLaw(from_time=time(7, 30), until_time=time(8, 30))
        desk.enact(shape, "PP 33/2012", REGENCY, from_date=desk.story.dates[0], group=group)


def _group(  # noqa: PLR0913 - what a group is made of
    desk: _Desk, name: str, unit: int, people: list[int], draw: random.Random, *, is_private: bool = False
) -> Group:
    group = open_group(name=name, unit=desk.units[unit], is_private=is_private, by=ActBy(RINA_ACTS, desk.made_ms))
    acts = Acts(desk.made_ms, draw)
    Membership.objects.bulk_create(
        Membership(group=group, person_id=person, from_date=desk.first, recorded_at_ms=desk.made_ms)
        for person in people
    )
    for person in people:
        told = f"person/{person} {desk.first.isoformat()}..…"
        acts.decision("group.join", f"group/{group.number}", after=told, person=person)
    acts.write(Membership.objects.filter(group=group))
    return group


def _places(desk: _Desk, draw: random.Random) -> None:
    """Further places of work, and moves in the middle of the month."""
    story = desk.story
    acts = Acts(desk.made_ms, draw)
    moved = {person: (desk.units[unit], since) for person, (unit, since) in story.transfers.items()}
    homes = Assignment.objects.current().filter(person__in=moved, kind=AssignmentKind.HOME)
    rows = [
        _place(person, desk.units[unit], AssignmentKind.FURTHER, story.dates[0], desk) for person, unit in story.further
    ]
    for home in homes.select_related("unit"):
        unit, since = moved[home.person_id]
        rows.append(_place(home.person_id, unit, AssignmentKind.HOME, since, desk))
    written = Assignment.objects.bulk_create(rows)
    for row in rows:
        acts.fact(row.person_id, f"assignment.{row.kind}", f"unit/{row.unit_id}", row.from_date)
    acts.write(Assignment.objects.filter(pk__in=[row.pk for row in written]))


def _place(person: int, unit: Unit, kind: AssignmentKind, since: date, desk: _Desk) -> Assignment:
    return Assignment(person_id=person, unit=unit, kind=kind, from_date=since, recorded_at_ms=desk.made_ms)


def _excuse(desk: _Desk, absence: Absence) -> None:
    """Entered when work began on its first day, attested an hour later, approved by another office at noon."""
    people = list(Person.objects.filter(number__in=absence.people))
    home = Assignment.objects.on(absence.from_date).filter(person=absence.people[0], kind=AssignmentKind.HOME)
    unit = desk.units[home.values_list("unit", flat=True)[0]]
    starts_ms = instant_ms(absence.from_date, time(8), desk.zone)
    clerk, head, agency = _who(unit, absence)
    entry = Excuse.within(
        kind=absence.kind, scope=Scope.PEOPLE, unit=unit, period=_period(absence, unit.zone),
        is_whole_days=absence.part is None, document=absence.document,
    )  # fmt: skip
    row = enter_excuse(entry=entry, people=people, by=ActBy(clerk, starts_ms, absence.reason))
    if absence.steps > 1:
        attest_excuse(number=row.number, by=ActBy(head, starts_ms + _HOUR_MS, "Benar."))
    if absence.steps > 2:
        approve_excuse(number=row.number, by=ActBy(agency, starts_ms + 4 * _HOUR_MS, "Sesuai surat."))


def _who(unit: Unit, absence: Absence) -> tuple[Actor, Actor, Actor]:
    """Who enters, attests and approves: the school's own clerk and head, elsewhere the personnel agency."""
    if unit.number == SCHOOL:
        clerk = Actor(person=WATI, grants=(Grant(role=Role.OPERATOR, path=unit.path),))
        head = Actor(person=HASAN, grants=(Grant(role=Role.UNIT_HEAD, path=unit.path),))
        return clerk, head, RINA_ACTS
    return (LINA_ACTS, LINA_ACTS, RINA_ACTS) if LINA not in absence.people else (RINA_ACTS, RINA_ACTS, LINA_ACTS)


def _period(absence: Absence, zone: str) -> Period:
    if absence.part is None:
        last = absence.until_date - _DAY
        return Period(local_day(absence.from_date, zone).from_ms, local_day(last, zone).until_ms)
    begins, ends = (instant_ms(absence.from_date, time(*divmod(minute, 60)), zone) for minute in absence.part)
    return Period(begins, ends)


@transaction.atomic
def bring_machines(site: Site, machines: Sequence[PlannedTerminal], files: Mapping[str, bytes], *, now_ms: int) -> None:
    """Rina places every machine, takes the list of PINs over and brings the files in."""
    first, today = date(site.year, 1, 1), day_at(now_ms, site.zone)
    units = Unit.objects.in_bulk([machine.unit for machine in machines])
    for machine in machines:
        place_terminal(
            serial=machine.serial,
            unit=units[machine.unit],
            directions=Directions.KEYS if machine.by_keys else Directions.FIRST_AND_LAST,
            from_date=first,
            by=ActBy(RINA_ACTS, now_ms),
            day=today,
        )
        if machine.skew_minutes:
            measure_skew(
                serial=machine.serial,
                skew_ms=machine.skew_minutes * MS_PER_MINUTE,
                from_date=first,
                until_date=None,
                by=ActBy(RINA_ACTS, now_ms),
                day=today,
            )
    map_pins(rows=_pin_list(machines, first), by=ActBy(RINA_ACTS, now_ms), day=today)
    for machine in machines:
        if files[machine.serial]:
            plan = plan_import(data=files[machine.serial], serial=machine.serial, by=ActBy(RINA_ACTS, now_ms))
            import_file(plan, f"{machine.serial}_attlog.dat")


def _pin_list(machines: Sequence[PlannedTerminal], first: date) -> list[PinRow]:
    held = [
        (machine.serial, pin, person)
        for place, machine in enumerate(machines)
        for person, pin in list(machine.pins.items())[UNKNOWN_PINS if place == 0 else 0 :]
    ]
    return [
        PinRow(line_number=number, serial=serial, pin=pin, person=str(person), from_date=first, until_date=None)
        for number, (serial, pin, person) in enumerate(held, start=1)
    ]
