"""A regency and its month, made in the tables of an empty rehearsal folder. Imported once Django is set up."""

import time as clocks
from datetime import date, time, timedelta
from functools import partial
from typing import Any

from hadir.config import Settings
from hadir.office.devices.roster import publish_roster
from hadir.office.ground.installation import HERE
from hadir.office.programs.commands import follow, migrate
from hadir.office.projection.models import VerdictRow
from hadir.records.days import local_date
from hadir.site import Site
from rehearsal.demo.acts import bring_machines, tell_story
from rehearsal.demo.bulk import create_regency, refuse_used
from rehearsal.demo.history import Past, Tell, gate_side, last_working_day, machine_files, moment, month_until, tokens
from rehearsal.demo.regency import Regency, plan_regency
from rehearsal.demo.story import Story, days_of, plan_story
from rehearsal.demo.together import follow_past
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
    said(f"registering {people:,} people, while {len(dates)} days of their phones are signed")
    with gate_side(site, past, with_phone) as (gate, is_empty):
        make_room(settings)
        is_empty.set()
        keys = {number: Phone(number, private=private_key(f"rehearsal {seed}", number)).key for number in with_phone}
        register(site, regency, keys=keys, seed=seed, now_ms=now_ms)
        if whole_month:
            said("making the month's law, rosters and excuses")
            tell_story(site, story, seed=seed)
        files = machine_files(past, regency.terminals)
        said(f"bringing the files of {len(files)} fingerprint machines")
        bring_machines(site, regency.terminals, files, now_ms=now_ms)
        said("reading the journals while the gate's grows")
        judging = partial(said, "judging every day of everybody")
        follow_past(settings, is_growing=gate.is_alive, when_read=judging)
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
