"""What the register and the projection know, for many person-days at once: a dozen queries, whatever number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from hadir.office.devices.models import Device
from hadir.office.devices.queries import HeldKey, held_keys
from hadir.office.excuses.covering import Cover, covers_for
from hadir.office.ground.dated import holds, in_force, told_by
from hadir.office.ground.moments import is_a_time
from hadir.office.ground.rows import grouped, listed
from hadir.office.intake.models import Terminal, TerminalPlace, TerminalSkew
from hadir.office.judging.gate_clocks import GateClocks, gate_clocks
from hadir.office.judging.law_facts import LawDay, LawFacts, gather_law
from hadir.office.judging.leave_facts import LeaveFacts, gather_leave
from hadir.office.judging.plan_parts import site_name
from hadir.office.manual.queries import withdrawn_lists
from hadir.office.people.models import AT_HOME, Assignment, AssignmentKind, Person, names_weekday
from hadir.office.people.queries import home_in_force, home_on, wants_nobody
from hadir.office.projection.models import FaultyLeaf, MeasuredOutage, Punch, SeenKey, Witness
from hadir.office.units.models import Unit, WithoutSignal
from hadir.records.days import local_date
from hadir.records.kinds import Kind
from hadir.rules.clocks import Period, local_day
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import Source
from hadir.rules.excuse import ExcusePeriod, ExcuseRule
from hadir.rules.judge import OffDuty
from hadir.rules.leave_days import day_number
from hadir.rules.policy import Policy
from hadir.rules.verdict import Side


class HomePeriod(NamedTuple):
    """Where somebody is at home on the days `[from_date, until_date)`, or on these weekdays of them."""

    unit: Unit
    from_date: date
    until_date: date | None
    kind: str
    weekdays: str

    def names(self, day: date) -> bool:
        return names_weekday(self.weekdays, day)


_NOBODY = 0
_ALL_DAYS = (date(1970, 1, 2), date(9999, 12, 30))
"""The first and the last; the law of both asks for the days beside them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that judging asks of the database. Lists are in order of time."""

    homes: dict[int, list[HomePeriod]]
    law: LawFacts
    without_signal: dict[int, list[WithoutSignal]]
    devices: dict[str, HeldKey]
    skews: dict[str, list[TerminalSkew]]
    places: dict[str, list[TerminalPlace]]
    covers: tuple[Cover, ...] = ()
    leave: LeaveFacts = field(default_factory=LeaveFacts)
    """Where a later day of leave costs something else: the documents of the year."""
    vouched: frozenset[tuple[str, int]] = frozenset()
    """(kid, person) of every key that came with a voucher."""
    witnesses: dict[str, list[Witness]] = field(default_factory=dict)
    clocks: GateClocks = field(default_factory=GateClocks)
    outages: tuple[Period, ...] = ()
    traces: frozenset[tuple[int, date | None]] = frozenset()
    """Person-days with any punch that counts, whatever it is of."""
    withdrawn_lists: frozenset[str] = frozenset()
    """Record hashes of manual lists that another record has withdrawn."""
    doubts: Mapping[tuple[int, date | None], frozenset[Side]] = field(default_factory=dict)
    """Person-days with a record that no phone signed, and the halves of which it would be."""
    flex_times: dict[tuple[int, date], int] = field(default_factory=dict)
    """How often flexible time was used in the month before a day, where a policy counts it."""
    person_days: dict[tuple[int, date], PersonDay | None] = field(default_factory=dict)
    """What was worked out of what acts say so far (`judging.judging.person_day`)."""
    _covers: dict[int, list[Cover]] = field(default_factory=dict, init=False)
    """The excuses that may concern a person, as far as somebody asked."""

    def terminal_skew_ms(self, punch: Punch) -> int | None:
        """What must be added to the terminal's clock, as measured for the day of the line; None when nobody has."""
        measured = in_force(self.skews.get(punch.terminal, []), self._day_there(punch))
        return measured.skew_ms if measured else None

    def site(self, punch: Punch) -> str | None:
        """Where the tap was made, as verdicts name it; None for phones, whose place is a detail and no fact here."""
        place = in_force(self.places.get(punch.terminal, []), self._day_there(punch))
        return site_name(place.unit_id, self.law.unit_names) if place else None

    def _day_there(self, punch: Punch) -> date:
        """The date of a terminal's line on the wall beside it: what holds from a day on holds from its midnight."""
        stood = self.places.get(punch.terminal)
        homes = self.homes.get(punch.person)
        zone = stood[0].unit.zone if stood else homes[0].unit.zone if homes else "UTC"
        return local_date(punch.wall_ms, zone)

    def excuses(self, person: int, unit: Unit, day: date) -> tuple[ExcusePeriod, ...]:
        """What excuses this person on that day, in order of the office's numbers."""
        return tuple(cover.excuse for cover in self.covering(person, unit, day))

    def day_of_leave(self, person: int, unit: Unit, day: date, rule: ExcuseRule) -> int:
        """Which day of that leave the day is."""

        def is_work_day(on: date) -> bool:
            home = self.home(person, on)
            law = self.law_on(person, home, on, by=self.leave.law) if home else None
            return law is not None and bool(law.owed.days)

        taken = self.leave.taken(person, rule.code, self._concerning(person), unit.zone)
        return day_number(day, taken, rule, is_work_day)

    def covering(self, person: int, unit: Unit, day: date) -> list[Cover]:
        """The approved excuses that cover this person, at home in `unit`, on that day."""
        near = self._concerning(person) if self.covers else ()
        if not near:
            return []
        within = local_day(day, unit.zone)
        seen = (person, day) in self.traces
        return [one for one in near if one.covers(person, unit.path, day, within, has_trace=seen)]

    def _concerning(self, person: int) -> list[Cover]:
        """Most excuses name somebody: each is asked for those only."""
        if not self._covers:
            general = [place for place, one in enumerate(self.covers) if one.named is None]
            places: dict[int, list[int]] = {_NOBODY: general}
            for place, one in enumerate(self.covers):
                for named in one.named or ():
                    places.setdefault(named, list(general)).append(place)
            self._covers.update({who: [self.covers[at] for at in sorted(found)] for who, found in places.items()})
        return self._covers.get(person, self._covers[_NOBODY])

    def home(self, person: int, day: date) -> Unit | None:
        """The last home that had begun, or the one of that weekday; the first one ever where none had."""
        homes: Sequence[HomePeriod] = self.homes.get(person, ())
        return homes[0].unit if _is_the_only(homes) else home_on(homes, day)

    def law_on(self, person: int, unit: Unit, day: date, *, by: LawFacts | None = None) -> LawDay | None:
        """The law that held for the person, at home in `unit`, on that day; `by` other facts than those at hand."""
        facts = by or self.law
        homes: Sequence[HomePeriod] = self.homes.get(person, ())
        if _is_the_only(homes):
            held, is_free = holds(homes[0], day), False
        else:
            held, is_free = home_in_force(homes, day) is not None, wants_nobody(homes, day)
        return facts.law(facts.who(person, unit, day, held=held, is_free=is_free), day)

    def is_without_signal(self, unit: Unit, day: date) -> bool:
        declared = self.without_signal.get(unit.number)
        return declared is not None and in_force(declared, day) is not None


def gather(  # noqa: PLR0913 - whose facts, of when, and known when
    punches: Sequence[Punch],
    people: Iterable[int],
    days: Iterable[date] = (),
    *,
    policies: Path,
    known_at_ms: int | None = None,
    named: bool = False,
    standing: Facts | None = None,
) -> Facts:
    """The facts for judging these people on these days and weighing these punches, by the policies of that folder.

    `known_at_ms`: as the office knew them at that moment; the punches are the caller's to choose. `named`: with the
    names of places, which taps at terminals need. `standing`: what `gather_standing` found, where no act came since.
    """
    numbers = {*people, *(punch.person for punch in punches)}
    kids = {punch.kid for punch in punches}
    terminals = {punch.terminal for punch in punches if punch.terminal}
    if standing is None:
        near = set(days)
        standing = _of_acts(
            numbers, kids, terminals, near, near or _days_near(punches), policies=policies, known_at_ms=known_at_ms
        )
        standing = _with_names(standing, known_at_ms) if terminals or named else standing
    seen = SeenKey.objects.filter(told_by("first_seen_ms", known_at_ms), kid__in=kids).values_list("kid", "person")
    arrived = told_by("received_at_ms", known_at_ms)
    witnesses = Witness.objects.filter(arrived, punch__in=listed(punch.record_hash for punch in punches))
    outages = MeasuredOutage.objects.filter(told_by("until_ms", known_at_ms))
    lists = (punch.kid for punch in punches if punch.source == Source.MANUAL_LIST)
    facts = replace(
        standing,
        vouched=frozenset(seen),
        witnesses=grouped(witnesses.order_by("received_at_ms", "record_hash"), lambda row: row.punch),
        clocks=gate_clocks(known_at_ms),
        outages=tuple(Period(row.from_ms, row.until_ms) for row in outages.order_by("from_ms", "origin")),
        withdrawn_lists=withdrawn_lists(lists, known_at_ms),
        doubts=_doubts(numbers, known_at_ms),
    )
    return replace(facts, traces=frozenset((punch.person, punch.day) for punch in punches if counts(punch, facts)))


def _doubts(people: set[int], known_at_ms: int | None) -> dict[tuple[int, date | None], frozenset[Side]]:
    """Where a record is not proven. One that stands elsewhere with its phone's signature casts no doubt."""
    arrived = told_by("received_at_ms", known_at_ms)
    rows = FaultyLeaf.objects.filter(arrived, kind=Kind.PUNCH, person__in=listed(people)).order_by()
    proven = Punch.objects.filter(record_hash=OuterRef("record_hash"))
    found: dict[tuple[int, date | None], frozenset[Side]] = {}
    for person, day, direction in rows.exclude(Exists(proven)).values_list("person", "day", "direction"):
        assert person is not None
        side = Side.ARRIVAL if direction == "in" else Side.DEPARTURE
        found[person, day] = found.get((person, day), frozenset()) | {side}
    return found


def gather_standing(policies: Path) -> Facts:
    """What acts say of everybody, on all days: for `gather`, as long as nobody acts."""
    everybody = set(Person.objects.values_list("number", flat=True))
    kids = set(Device.objects.values_list("kid", flat=True))
    terminals = set(Terminal.objects.values_list("serial", flat=True))
    facts = _of_acts(everybody, kids, terminals, _ALL_DAYS, _ALL_DAYS, policies=policies, known_at_ms=None)
    return _with_names(facts, None)


def _of_acts(  # noqa: PLR0913 - whose facts, of when, and known when
    people: set[int],
    kids: set[str],
    terminals: set[str],
    days: Collection[date],
    law_days: Collection[date],
    *,
    policies: Path,
    known_at_ms: int | None,
) -> Facts:
    """The part of the facts that acts alone change; nothing of taps and of what else journals brought."""
    without_signal = WithoutSignal.objects.known(known_at_ms).order_by("from_date")
    skews = TerminalSkew.objects.known(known_at_ms).filter(terminal__in=terminals).order_by("from_date")
    places = TerminalPlace.objects.known(known_at_ms).filter(terminal__in=terminals).order_by("from_date")
    covers = covers_for(people, days, known_at_ms)
    return Facts(
        homes=homes_of(people, known_at_ms),
        law=gather_law(policies, law_days, people, known_at_ms=known_at_ms),
        without_signal=grouped(without_signal, lambda row: row.unit_id),
        devices=held_keys(kids, known_at_ms),
        skews=grouped(skews, lambda row: row.terminal_id),
        places=grouped(places.select_related("unit"), lambda row: row.terminal_id),
        covers=covers,
        leave=gather_leave(policies, covers, people, days, known_at_ms=known_at_ms),
    )


def homes_of(people: set[int], known_at_ms: int | None = None) -> dict[int, list[HomePeriod]]:
    """Where each may be at home, in order of the first days. Two queries."""
    rows = Assignment.objects.known(known_at_ms).filter(AT_HOME, person__in=people).order_by("from_date")
    found = list(rows.values_list("person", "unit", "from_date", "until_date", "kind", "weekdays"))
    units = Unit.objects.in_bulk({row[1] for row in found})
    return {
        person: [HomePeriod(units[unit], begin, end, kind, weekdays) for _, unit, begin, end, kind, weekdays in own]
        for person, own in grouped(found, lambda row: row[0]).items()
    }


def _is_the_only(homes: Sequence[HomePeriod]) -> bool:
    """Whether it is his home on all days, as most people's is."""
    return len(homes) == 1 and not homes[0].weekdays


def _days_near(punches: Sequence[Punch]) -> set[date]:
    """The dates on which these punches may lie, whatever zone and shift decides."""
    moments = {at_ms for punch in punches for at_ms in (punch.wall_ms, punch.received_at_ms) if is_a_time(at_ms)}
    dates = {local_date(at_ms, "UTC") for at_ms in moments}
    return {day + timedelta(days=off) for day in dates for off in (-1, 0, 1)}


def _with_names(facts: Facts, known_at_ms: int | None) -> Facts:
    """With the names of units, where these people belong beside their homes and these terminals stand."""
    places = Assignment.objects.known(known_at_ms).filter(person__in=facts.homes.keys(), kind=AssignmentKind.FURTHER)
    further = grouped(places.select_related("unit").order_by("from_date"), lambda row: row.person_id)
    names = dict(Unit.objects.order_by("number").values_list("number", "name"))
    return replace(facts, law=facts.law.named(names, further), person_days={})


def counts(punch: Punch, facts: Facts) -> bool:
    """Whether the tap is this person's, as far as the office knows.

    A key with a voucher counts until the office has looked. A revoked key's later taps count too, and ask for a
    person's look: no machine takes a day from somebody. What the office refused, or what another person's key signed,
    is shown and changes no verdict.
    """
    if punch.source == Source.MANUAL_LIST:
        return punch.kid not in facts.withdrawn_lists
    if punch.source != Source.PHONE:
        return True  # It is a punch only since its PIN is somebody's.
    device = facts.devices.get(punch.kid)
    if device is None:
        return (punch.kid, punch.person) in facts.vouched
    return device.person_id == punch.person and device.until_ms != device.from_ms


@dataclass(frozen=True, slots=True)
class PersonDay:
    """Where a person was at home on a day, by which law, and what he owed there."""

    person: int
    day: date
    unit: Unit
    law: LawDay
    without_signal: bool

    @property
    def end_ms(self) -> int:
        """When the day ends there."""
        return local_day(self.day, self.unit.zone).until_ms

    @property
    def policy(self) -> Policy:
        return self.law.policy

    @property
    def duty_days(self) -> tuple[DutyDay, ...]:
        """None on a free day; two for a split shift."""
        return self.law.owed.days

    @property
    def duty_day(self) -> DutyDay | None:
        """What was owed, or the first part of it."""
        return next(iter(self.duty_days), None)

    @property
    def off(self) -> OffDuty | None:
        """Why nothing was owed."""
        return self.law.owed.off
