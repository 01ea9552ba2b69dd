"""A regency and its month, made in the tables of an empty rehearsal folder. Imported once Django is set up.

The rows and records are those of the actions (`register`, `assign`, `set_superior`, `open_unit`, `enrol_device`),
written by table instead of by act, because thirty thousand transactions take minutes; each fact still writes its
record.
"""

import multiprocessing
import random
import time as clocks
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, time, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from hadir.config import Settings
from hadir.office.devices.actions import said_of
from hadir.office.devices.models import Device
from hadir.office.devices.roster import publish_roster
from hadir.office.ground.installation import HERE
from hadir.office.ground.rows import put_rows
from hadir.office.ground.zones import Zone
from hadir.office.people.models import Assignment, AssignmentKind, Person, Superior
from hadir.office.programs.commands import follow, migrate
from hadir.office.projection.models import VerdictRow
from hadir.office.units.models import Unit, WithoutSignal
from hadir.records.days import local_date
from hadir.records.jws import jwk_of, thumbprint
from hadir.rules.clocks import local_day
from hadir.site import Site, SiteError
from rehearsal.demo.acts import Acts, bring_machines, tell_story
from rehearsal.demo.backfill import follow_past
from rehearsal.demo.cast import (
    KNOWN,
    DemoLogin,
    demo_logins,
    issue_slips,
    open_office,
)
from rehearsal.demo.history import (
    Past,
    Tell,
    last_working_day,
    machine_files,
    make_gate_past,
    moment,
    month_until,
    tokens,
)
from rehearsal.demo.regency import PlannedUnit, Regency, plan_regency
from rehearsal.demo.story import Story, days_of, plan_story
from rehearsal.morning.plan import ZONE
from rehearsal.phones import Phone, private_key

_OUTAGE = (time(7, 5), time(8, 5))
"""On the morning on which the gate was dead."""
_OFFICE_HOURS = (450, 960)


def make_regency(settings: Settings, *, people: int, seed: int, tell: Tell, whole_month: bool) -> None:
    """`rehearsal.demo.history.fill_regency`, once Django is set up."""
    site, now_ms = HERE.site, HERE.clock.now_ms()
    said = _Steps(tell)
    today = local_date(now_ms, ZONE)
    dates = month_until(today) if whole_month else (last_working_day(today),)
    regency = plan_regency(people=people, seed=seed)
    story = plan_story(regency, dates=dates, seed=seed)
    past = _past(site, regency, story, seed=seed, now_ms=now_ms)
    at_machines = {person for machine in regency.terminals for person in machine.pins}
    with_phone = [row.number for row in regency.people if row.number not in at_machines]
    make_room(settings)
    said(f"registering {people:,} people, while {len(dates)} days of their phones are signed")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as gate:
        gate_past = gate.submit(make_gate_past, site.data, past, with_phone)
        keys = {number: Phone(number, private=private_key(f"rehearsal {seed}", number)).key for number in with_phone}
        register(site, regency, keys=keys, seed=seed, now_ms=now_ms)
        if whole_month:
            said("making the month's law, rosters and excuses")
            tell_story(site, story, seed=seed)
        files = machine_files(past, regency.terminals)
        said(f"bringing the files of {len(files)} fingerprint machines")
        bring_machines(site, regency.terminals, files, now_ms=now_ms)
        gate_past.result()
    said("reading the journals")
    follow_past(settings, when_read=partial(said, "judging every day of everybody"))
    follow(settings, once=True)
    said.done()


def make_room(settings: Settings) -> None:
    """The tables that a regency will fill. SiteError in a production folder or one in use."""
    migrate(settings)
    refuse_used(HERE.site)


def register(site: Site, regency: Regency, *, keys: dict[int, bytes], seed: int, now_ms: int) -> None:
    """Everybody, with these public keys of confirmed phones by person; and the roster, issued to the gates."""
    create_regency(site, regency, keys=keys, seed=seed, now_ms=now_ms)
    publish_roster(site.roster_folder, office=site.office_signer(), site=site.name, now_ms=now_ms)


def verdicts_on(day: date) -> dict[int, dict[str, Any]]:
    """The stored verdicts of one day by person, as the office keeps them."""
    return dict(VerdictRow.objects.filter(day=day).values_list("person", "body"))


def _past(site: Site, regency: Regency, story: Story, *, seed: int, now_ms: int) -> Past:
    dates, days = story.dates, days_of(story, regency)
    plain = len(dates) == 1
    dead = None if plain else story.outage
    silent = {unit.number for unit in regency.units if unit.without_signal}
    return Past(
        seed=seed,
        days={person: {dates[0]: _OFFICE_HOURS} for person in days} if plain else days,
        silent=frozenset(row.number for row in regency.people if row.unit in silent),
        tokens=tokens(site, (*dates, dates[-1] + timedelta(days=1))),
        now_ms=now_ms,
        outage=(moment(dead, _OUTAGE[0]), moment(dead, _OUTAGE[1])) if dead else (0, 0),
        slips=frozenset() if plain else story.slips,
    )


class _Steps:
    """Says what is done now, and at the end how long each step took."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._taken: list[tuple[str, float]] = []

    def __call__(self, step: str) -> None:
        self._tell(step)
        self._taken.append((step, clocks.perf_counter()))

    def done(self) -> None:
        ends = [began for _, began in self._taken[1:]] + [clocks.perf_counter()]
        for (step, began), ended in zip(self._taken, ends, strict=True):
            self._tell(f"{ended - began:6.1f} s  {step}")
        self._tell(f"{ends[-1] - self._taken[0][1]:6.1f} s  in all")


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
