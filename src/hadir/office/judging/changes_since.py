"""What came since an earlier moment and bears on a person-day: which row of the register, excuse, law, tap or line.

Each kind of fact is asked for once, whatever number of days. A fact named here may have changed nothing, and a day may
hang on others' facts, too (whether a unit's phones were heard): what is told is what a person should look at first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef

from hadir.office.acts.models import OutboxRow
from hadir.office.duties.models import LawAct, LawStep, Membership, RosterDay
from hadir.office.excuses.covering import covers_for, leave_days_after
from hadir.office.excuses.models import ExcusedPerson, Step
from hadir.office.ground.dated import DatedRow, holds
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import counted_codes
from hadir.office.ground.rows import grouped
from hadir.office.intake.models import PinHolder, TerminalPlace, TerminalSkew
from hadir.office.judging.facts import homes_of
from hadir.office.judging.gate_clocks import WRONG
from hadir.office.judging.judging import PersonDayKey
from hadir.office.manual.models import ManualSheet
from hadir.office.people.models import Assignment
from hadir.office.people.queries import home_on
from hadir.office.projection.models import MeasuredOutage, Punch, ServerFact, Witness
from hadir.office.units.models import Unit, WithoutSignal
from hadir.records.kinds import Kind
from hadir.rules.clocks import local_day
from hadir.rules.evidence import Source

_TAPS = {Source.FILE: "line", Source.MANUAL_LIST: "list"}


@dataclass(frozen=True, slots=True, order=True)
class Since:
    """A fact that the office was told at `at_ms`, after the moment that was asked about.

    `fact` says of which kind it is (sentences: `since.<fact>`), `ref` names it.
    """

    at_ms: int
    fact: str
    ref: str

    @property
    def code(self) -> str:
        return f"since.{self.fact}"


Told = tuple[PersonDayKey, Since]


def facts_since(days: Iterable[PersonDayKey], known_at_ms: int) -> dict[PersonDayKey, list[Since]]:
    """What the office was told since about each of these person-days, in order. Some twenty queries."""
    wanted = sorted(set(days), key=lambda key: (key[1], key[0]))
    if not wanted:
        return {}
    look = _Look.at(wanted, known_at_ms)
    found: dict[PersonDayKey, set[Since]] = defaultdict(set)
    for part in (_register, _rosters, _laws, _excuses, _leave, _taps, _terminals, _keys, _evidence):
        for key, since in part(look):
            found[key].add(since)
    return {key: sorted(found[key]) for key in wanted if key in found}


@dataclass(frozen=True, slots=True)
class _Look:
    """What is asked about, and what all kinds of facts need to know of it."""

    days: Sequence[PersonDayKey]
    people: set[int]
    known_at_ms: int
    units: Mapping[PersonDayKey, Sequence[Unit]]
    """Where each was at home: as known then, and now."""
    punches: Mapping[PersonDayKey, Sequence[Punch]]

    @classmethod
    def at(cls, days: Sequence[PersonDayKey], known_at_ms: int) -> _Look:
        people = {person for person, _ in days}
        both = [homes_of(people, known_at_ms), homes_of(people)]
        units = {
            (person, day): [unit for homes in both if (unit := home_on(homes.get(person, []), day)) is not None]
            for person, day in days
        }
        found = Punch.objects.filter(person__in=people, day__in={day for _, day in days}).defer("body")
        return cls(days, people, known_at_ms, units, grouped(found, lambda punch: punch.person_day))

    def when(self, row: DatedRow | RosterDay) -> int:
        """When the row came, or went."""
        was_there = row.recorded_at_ms <= self.known_at_ms
        return row.withdrawn_at_ms if was_there and row.withdrawn_at_ms is not None else row.recorded_at_ms

    def of_person(self, row: Assignment | Membership | PinHolder, fact: str, ref: object) -> Iterator[Told]:
        """The days of that person in the row's period."""
        days = (key for key in self.days if key[0] == row.person_id and holds(row, key[1]))
        return _on(days, self.when(row), fact, ref)


def _on(days: Iterable[PersonDayKey], at_ms: int, fact: str, ref: object) -> Iterator[Told]:
    since = Since(at_ms, fact, f"{ref}")
    return ((key, since) for key in days)


def _register(look: _Look) -> Iterator[Told]:
    for row in Assignment.objects.changed_since(look.known_at_ms).filter(person__in=look.people):
        yield from look.of_person(row, "assignment", row.pk)
    for member in Membership.objects.changed_since(look.known_at_ms).filter(person__in=look.people):
        yield from look.of_person(member, "membership", member.group_id)
    for held in PinHolder.objects.changed_since(look.known_at_ms).filter(person__in=look.people):
        yield from look.of_person(held, "pin", f"{held.terminal_id} {held.pin}")


def _rosters(look: _Look) -> Iterator[Told]:
    """A shift of the evening before belongs to both dates."""
    for row in RosterDay.objects.changed_since(look.known_at_ms).filter(person__in=look.people):
        both = {(row.person_id, row.day), (row.person_id, row.day + timedelta(days=1))}
        yield from _on(both & {*look.days}, look.when(row), "roster", row.day)


def _laws(look: _Look) -> Iterator[Told]:
    agreed = dict(LawStep.objects.filter(act="agree", at_ms__gt=look.known_at_ms).values_list("law_id", "at_ms"))
    changed = {row.number: look.when(row) for row in LawAct.objects.changed_since(look.known_at_ms)}
    groups = set(Membership.objects.filter(person__in=look.people).values_list("person_id", "group_id"))
    for act in LawAct.objects.filter(number__in=[*agreed, *changed]).select_related("unit"):
        days = [key for key in look.days if _is_about(act, key, look, groups)]
        yield from _on(days, max(agreed.get(act.number, 0), changed.get(act.number, 0)), "law", act.ref)


def _is_about(act: LawAct, key: PersonDayKey, look: _Look, groups: set[tuple[int, int]]) -> bool:
    person, day = key
    if not holds(act, day):
        return False
    if act.person_id is not None:
        return act.person_id == person
    if act.group_id is not None and (person, act.group_id) not in groups:
        return False
    return act.unit is None or any(unit.path.startswith(act.unit.path) for unit in look.units[key])


def _excuses(look: _Look) -> Iterator[Told]:
    dates = {day for _, day in look.days}
    then = {one.number: one for one in covers_for(look.people, dates, look.known_at_ms)}
    now = {one.number: one for one in covers_for(look.people, dates)}
    changed = [number for number in then.keys() | now.keys() if then.get(number) != now.get(number)]
    steps = Step.objects.filter(excuse__in=changed, at_ms__gt=look.known_at_ms).order_by("pk")
    last = dict(steps.values_list("excuse_id", "at_ms"))
    for number in changed:
        covers = [one for one in (then.get(number), now.get(number)) if one is not None]
        days = {
            (person, day)
            for person, day in look.days
            for unit in look.units[person, day]
            if any(one.concerns(person, unit.path, day, local_day(day, unit.zone)) for one in covers)
        }
        yield from _on(days, last.get(number, look.known_at_ms), "excuse", covers[0].excuse.ref)


def _leave(look: _Look) -> Iterator[Told]:
    """Days of leave that count what an earlier document says, too."""
    codes = counted_codes(HERE.settings.policies)
    steps = Step.objects.filter(at_ms__gt=look.known_at_ms, excuse__kind__in=codes).order_by("pk")
    named = ExcusedPerson.objects.filter(excuse=OuterRef("excuse"), person__in=look.people)
    for step in steps.filter(Exists(named)).select_related("excuse").prefetch_related("excuse__people"):
        people = {one.person_id for one in step.excuse.people.all()} & look.people
        days = leave_days_after(people, [step.excuse.kind], step.excuse.from_ms) & {*look.days}
        yield from _on(days, step.at_ms, "excuse", step.excuse.ref)


def _taps(look: _Look) -> Iterator[Told]:
    lists: dict[str, list[PersonDayKey]] = defaultdict(list)
    for key, punches in look.punches.items():
        for punch in punches:
            source = Source(punch.source)
            if punch.received_at_ms > look.known_at_ms:
                yield key, Since(punch.received_at_ms, _TAPS.get(source, "tap"), punch.record_hash)
            if source is Source.MANUAL_LIST:
                lists[punch.kid].append(key)
    sheets = ManualSheet.objects.filter(record_hash__in=lists, withdrawal__at_ms__gt=look.known_at_ms)
    for sheet in sheets.select_related("withdrawal"):
        assert sheet.withdrawal is not None
        yield from _on(lists[sheet.record_hash], sheet.withdrawal.at_ms, "list_withdrawn", sheet.ref)


def _terminals(look: _Look) -> Iterator[Told]:
    at = {(punch.terminal, key) for key, punches in look.punches.items() for punch in punches if punch.terminal}
    serials = {serial for serial, _ in at}
    rows: list[TerminalPlace | TerminalSkew] = [
        *TerminalPlace.objects.changed_since(look.known_at_ms).filter(terminal__in=serials),
        *TerminalSkew.objects.changed_since(look.known_at_ms).filter(terminal__in=serials),
    ]
    for row in rows:
        days = (key for serial, key in at if serial == row.terminal_id and holds(row, key[1]))
        yield from _on(days, look.when(row), "terminal", row.terminal_id)


def _keys(look: _Look) -> Iterator[Told]:
    """Decisions on keys that signed on these days, and on those of somebody who lacks a tap."""
    decisions = OutboxRow.objects.filter(act__in=("device.enrol", "device.refuse", "device.revoke"))
    late = decisions.filter(person__in=look.people, at_ms__gt=look.known_at_ms)
    for person, at_ms in late.values_list("person", "at_ms"):
        yield from _on([key for key in look.days if key[0] == person], at_ms, "key", person)


def _evidence(look: _Look) -> Iterator[Told]:
    keys = {punch.record_hash: key for key, punches in look.punches.items() for punch in punches}
    late = Witness.objects.filter(punch__in=keys, received_at_ms__gt=look.known_at_ms)
    for punch, at_ms in late.values_list("punch", "received_at_ms"):
        yield keys[punch], Since(at_ms, "witness", punch)
    for row in WithoutSignal.objects.changed_since(look.known_at_ms):
        here = (key for key in look.days if any(unit.number == row.unit_id for unit in look.units[key]))
        yield from _on([key for key in here if holds(row, key[1])], look.when(row), "signal", row.unit_id)
    outages = MeasuredOutage.objects.filter(until_ms__gt=look.known_at_ms)
    clocks = ServerFact.objects.filter(body__clock=WRONG, kind=Kind.CLOCK_STATE, received_at_ms__gt=look.known_at_ms)
    for key, punches in look.punches.items():
        for outage in outages:
            if any(outage.from_ms <= punch.judged_ms < outage.until_ms for punch in punches):
                yield key, Since(outage.until_ms, "outage", outage.origin)
        for said in clocks if any(punch.received_at_ms >= look.known_at_ms for punch in punches) else ():
            yield key, Since(said.received_at_ms, "gate_clock", said.origin)
