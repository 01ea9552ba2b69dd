"""Which law held for whom on a day: the acts in force around him, resolved to what the rules ask for.

    acts of law ─┐
    memberships ─┼─ LawFacts.law(who, day) ──► LawDay: policy, what was owed or why nothing, ceremonies, dispensations
    rosters ─────┘

Of two acts on one matter the nearer one holds: a person's before a group's, a group's before a unit's, a unit's before
that of the unit above it; of two equally near ones the newer. An act holds on days that had not begun when it was made,
and on any day once two people stand behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from django.db.models import Q

from hadir.office.duties.kinds import (
    Decree,
    DirectionRule,
    DutyLaw,
    LawKind,
    OwnPolicy,
    Remote,
)
from hadir.office.duties.models import LawAct, LawStep, Membership, RosterDay
from hadir.office.ground import laws
from hadir.office.ground.dated import holds
from hadir.office.ground.own_laws import OWN, decree
from hadir.office.ground.rows import grouped
from hadir.office.judging import plan_parts
from hadir.office.people.models import Assignment
from hadir.office.units.models import Unit
from hadir.rules.calendars import Calendar
from hadir.rules.ceremony import Ceremony
from hadir.rules.clocks import local_day
from hadir.rules.plan import AssignmentPeriod, Dispensation, Owed, Plan, owed_on
from hadir.rules.policy import Policy, PolicyGapError

_DAY = timedelta(days=1)
_DATELESS = (LawKind.RAMADAN, LawKind.ROLL_OUT)
"""Kinds that say something of days outside their own period, too."""
_KEPT_MAX = 100_000
_NEAR = (-2, -1, 0, 1)
"""The dates whose shifts may meet those of a date, and so belong to it, or it to them."""
_SAID = (
    "number", "kind", "unit__path", "unit__zone", "group", "person", "document", "article", "from_date", "until_date",
    "made_by", "made_at_ms", "also_by",
)  # fmt: skip
"""All that a verdict rests on of an act."""


@dataclass(frozen=True, slots=True)
class LawDay:
    """What held for somebody on a day. `acts` are those it rests on; without an `assignment` he is nowhere at home."""

    policy: Policy
    owed: Owed
    assignment: AssignmentPeriod | None
    acts: tuple[LawAct, ...]
    obliged_from: date | None = None
    ceremonies: tuple[Ceremony, ...] = ()
    dispensations: tuple[Dispensation, ...] = ()


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody on a day, as the law sees him: where he is at home (`held`: still or already), in which groups.

    `person` is 0 for a unit's people as a whole.
    """

    person: int
    unit: Unit
    groups: frozenset[int] = frozenset()
    held: bool = True
    further: tuple[str, ...] = ()
    """Paths of the other units where he is assigned; asked for only where the place of a tap is known."""
    is_free: bool = False
    """Whether none of his assignments wants him on that weekday."""


@dataclass(frozen=True)
class LawFacts:
    """Acts, memberships and rosters around some days, and what was worked out of them so far."""

    folder: Path
    acts: Mapping[LawKind, Sequence[LawAct]]
    personal: frozenset[int] = frozenset()
    """Who has an act of his own."""
    memberships: Mapping[int, Sequence[Membership]] = field(default_factory=dict)
    rosters: Mapping[int, Mapping[date, tuple[str, ...]]] = field(default_factory=dict)
    further: Mapping[int, Sequence[Assignment]] = field(default_factory=dict)
    unit_names: Mapping[int, str] = field(default_factory=dict)
    _known: dict[object, LawDay | None] = field(default_factory=dict)
    _by_names: dict[object, dict[object, LawDay | None]] = field(default_factory=dict)
    _near: dict[object, list[LawAct]] = field(default_factory=dict)

    def who(self, person: int, unit: Unit, on: date, *, held: bool, is_free: bool = False) -> Who:
        members, places = self.memberships.get(person), self.further.get(person)
        return Who(
            person,
            unit,
            frozenset(row.group_id for row in members if holds(row, on)) if members else frozenset(),
            held,
            tuple(row.unit.path for row in places if holds(row, on) and row.names(on)) if places else (),
            is_free,
        )

    def named(self, unit_names: Mapping[int, str], further: Mapping[int, Sequence[Assignment]]) -> LawFacts:
        """The same law where sites have names; what it amounts to is kept while the names are the same."""
        content = tuple(unit_names.items())
        if content not in self._by_names:
            self._by_names.clear()
            self._by_names[content] = {}
        return replace(self, unit_names=unit_names, further=further, _known=self._by_names[content])

    def under(self, acts: Mapping[LawKind, Sequence[LawAct]], personal: frozenset[int]) -> LawFacts:
        """The same people under other acts: nothing holds that was worked out so far."""
        return replace(self, acts=acts, personal=personal, _known={}, _by_names={}, _near={})

    def is_rostered(self, person: int, on: date) -> bool:
        """Whether a roster names shifts for the person around that date."""
        roster = self.rosters.get(person)
        return roster is not None and any(roster.get(on + off * _DAY) for off in (-1, 0, 1))

    def law(self, who: Who, on: date) -> LawDay | None:
        """None while no policy or no duty was ever given to them, and before their policy begins."""
        roster = self.rosters.get(who.person) or {}
        near = [on + off * _DAY for off in _NEAR] if roster else []
        shifts = tuple(map(roster.get, near)) if roster else None
        own = who.person if who.person in self.personal else 0
        key = (who.unit.path, who.unit.zone, who.groups, who.held, who.is_free, who.further, own, shifts, on)
        if key not in self._known:
            self._known[key] = self._worked_out(who, on, {day: roster[day] for day in near if day in roster})
        return self._known[key]

    # --- which acts hold ----------------------------------------------------------------------------------------

    def holding(self, kind: LawKind, who: Who, on: date) -> list[LawAct]:
        """The acts of a kind that hold for them on that day, widest first."""
        begins_ms = local_day(on, who.unit.zone).from_ms
        return [
            act
            for act in self._concerning(kind, who, on)
            if act.also_by_id is not None or (not act.needs_two and act.made_at_ms < begins_ms)
        ]

    def _concerning(self, kind: LawKind, who: Who, on: date) -> list[LawAct]:
        """Those near that day, widest first. Whom an act concerns is the same on all days."""
        own = who.person if who.person in self.personal else 0
        key = (kind, who.unit.path, who.groups, own)
        if key not in self._near:
            self._near[key] = sorted((act for act in self.acts.get(kind, ()) if _concerns(act, who)), key=_nearness)
        return self._near[key] if kind in _DATELESS else [act for act in self._near[key] if holds(act, on)]

    # --- what they add up to ------------------------------------------------------------------------------------

    def _worked_out(self, who: Who, on: date, roster: Mapping[date, tuple[str, ...]]) -> LawDay | None:
        by_policy, by_duty = self._founding(who, on)
        if by_policy is None or by_duty is None:
            return None
        try:
            version, texts = self._version(by_policy, who, on)
            return self._resolved(
                who, on, policy=self._policy(by_policy, version, who, on), duty=by_duty.says(DutyLaw),
                founding=(by_policy, by_duty, *texts), roster=roster,
            )  # fmt: skip
        except (PolicyGapError, KeyError):
            return None  # The act was made for a policy that has no such duty on that day.

    def _founding(self, who: Who, on: date) -> tuple[LawAct | None, LawAct | None]:
        """The acts that give the policy and the duty. Where none held yet, the first one made holds from its day."""
        holding = self.holding(LawKind.DUTY, who, on)
        first = sorted(self._concerning(LawKind.DUTY, who, on), key=lambda act: (-act.made_at_ms, -act.number))
        nearest_last = [*first, *holding]
        by_policy = [act for act in nearest_last if act.says(DutyLaw).policy]
        by_duty = [act for act in nearest_last if act.says(DutyLaw).works]
        return by_policy[-1] if by_policy else None, by_duty[-1] if by_duty else None

    def _version(self, act: LawAct, who: Who, on: date) -> tuple[str | None, tuple[LawAct, ...]]:
        """Of an own policy, the version that holds on that day, and the act that says so."""
        name = act.says(DutyLaw).policy
        if name is None or not name.startswith(OWN):
            return None, ()
        found = [one for one in self.holding(LawKind.POLICY, who, on) if one.says(OwnPolicy).name == name]
        version = found[-1].says(OwnPolicy).version if found else None
        if version is None:
            raise PolicyGapError(f"{name} is not in force on {on}")
        return version, (found[-1],)

    def _policy(self, act: LawAct, version: str | None, who: Who, on: date) -> Policy:
        name = act.says(DutyLaw).policy
        assert name is not None
        policy = laws.law_on(self.folder, name if version is None else version, on)
        directions = self.holding(LawKind.DIRECTION, who, on)
        if not directions:
            return policy
        said, usual = directions[-1], policy.pairing
        modes = plan_parts.modes(said.says(DirectionRule), usual.modes)
        own = {source: said.article or said.ref for source in modes if modes[source] is not usual.modes[source]}
        return replace(policy, pairing=replace(usual, modes=modes, articles={**usual.articles, **own}))

    def _resolved(  # noqa: PLR0913 - what a day's law is worked out from
        self,
        who: Who,
        on: date,
        *,
        policy: Policy,
        duty: DutyLaw,
        founding: tuple[LawAct, ...],
        roster: Mapping[date, tuple[str, ...]],
    ) -> LawDay:
        roll_outs = self.holding(LawKind.ROLL_OUT, who, on)
        circulars = self._concerning(LawKind.CIRCULAR, who, on)
        ceremonies = [act for act in self.holding(LawKind.CEREMONY, who, on) if plan_parts.on_weekday(act, on)]
        dispensations = self.holding(LawKind.DISPENSATION, who, on)
        remote = [act for act in self.holding(LawKind.REMOTE, who, on) if plan_parts.on_weekday(act, on)][-1:]
        calendar, calendar_acts = self._calendar(who, on)
        # Whoever worked a shift of the day before that ends on this one owes no week's day on top.
        ends_today = any(policy.shifts[name].end_next_day for name in roster.get(on - _DAY, ()))
        assignment = AssignmentPeriod(
            ref=f"unit/{who.unit.number}",
            unit=who.unit.path,
            duty=duty.duty or "",
            zone=who.unit.zone,
            from_date=on,
            sites=self._sites(who),
            groups=frozenset(f"group/{group}" for group in who.groups),
            obliged_from=roll_outs[-1].from_date if roll_outs else None,
            weekdays=frozenset() if who.is_free else None,
            by_roster=duty.by_roster or on in roster or ends_today,
        )
        held = assignment if who.held else None
        plan = Plan(
            assignments=(held,) if held else (),
            calendar=calendar,
            circulars=tuple(plan_parts.circular(act) for act in circulars),
            roster=roster,
            remote=dict.fromkeys([on], remote[0].says(Remote).code) if remote else {},
        )
        owed = owed_on(plan, policy, on)
        told = {reason.mapping.get("circular") for day in owed.days for reason in day.basis}
        used = [*founding, *roll_outs[-1:], *calendar_acts, *(act for act in circulars if act.ref in told), *remote]
        meetings = [plan_parts.ceremony(act, on, who.unit.zone, self.unit_names) for act in ceremonies]
        return LawDay(
            policy=policy,
            owed=owed,
            assignment=held,
            acts=tuple({act.number: act for act in (*used, *ceremonies, *dispensations)}.values()),
            obliged_from=assignment.obliged_from,
            ceremonies=tuple(
                one for one in meetings if one.code not in owed.dropped_ceremonies and (owed.days or one.on_day_off)
            ),
            dispensations=tuple(plan_parts.dispensation(act) for act in dispensations),
        )

    def _calendar(self, who: Who, on: date) -> tuple[Calendar, list[LawAct]]:
        """The shipped calendar of that date under what acts say of it, and the acts that said so."""
        base = laws.calendar(self.folder)
        decrees = self.holding(LawKind.DECREE, who, on)
        for act in decrees:
            base = base.amended(decree(act.says(Decree).text))
        free = self.holding(LawKind.CALENDAR, who, on)[-1:]
        seasons = [act for act in self.holding(LawKind.RAMADAN, who, on) if act.until_date is not None]
        calendar = replace(base, days={on: base.days[on]} if on in base.days else {})
        for act in seasons:
            calendar = calendar.with_ramadan(plan_parts.season(act))
        if free:
            calendar = replace(calendar, days={on: plan_parts.free_day(free[0], on)})
        spoke = [act for act in decrees if decree(act.says(Decree).text).speaks_of(on)]
        return calendar, [*free, *spoke, *(act for act in seasons if holds(act, on))]

    def _sites(self, who: Who) -> tuple[str, ...]:
        """Names of the units where the person belongs, each with those above it."""
        numbers = dict.fromkeys(
            int(part) for path in (who.unit.path, *who.further) for part in path.strip("/").split("/")
        )
        return tuple(plan_parts.site_name(number, self.unit_names) for number in numbers)


def gather_law(
    folder: Path, days: Iterable[date], people: Iterable[int] = (), *, known_at_ms: int | None = None
) -> LawFacts:
    """What bears on these days, for these people and for all units. At most four queries."""
    wanted, numbers = sorted(days), set(people)
    if not wanted:
        return LawFacts(folder, {})
    first, last = wanted[0] - _DAY, wanted[-1] + _DAY
    law = _law_as_it_stands(folder, known_at_ms)
    concerned = {None, *numbers}
    rows = [
        row
        for row in law.acts
        if row.person_id in concerned
        and (row.kind in _DATELESS or (row.from_date <= last and first < (row.until_date or date.max)))
    ]
    acts = grouped(rows, lambda row: LawKind(row.kind))
    personal = frozenset(row.person_id for row in rows if row.person_id is not None)
    facts = LawFacts(folder, acts, personal, _known=law.known, _by_names=law.by_names)
    if not numbers:
        return facts
    near = Q(from_date__lte=last) & (Q(until_date=None) | Q(until_date__gt=first))
    named = any(row.group_id is not None for row in rows)
    members = Membership.objects.known(known_at_ms).filter(near, person__in=numbers) if named else ()
    memberships = grouped(members, lambda row: row.person_id)
    return replace(facts, memberships=memberships, rosters=_rosters(numbers, first, last, known_at_ms))


@dataclass(frozen=True, slots=True)
class _Law:
    """All acts that stand, in order of their first day, and what was worked out of them by all who asked."""

    folder: Path
    content: Sequence[object]
    acts: Sequence[LawAct]
    known: dict[object, LawDay | None] = field(default_factory=dict)
    by_names: dict[object, dict[object, LawDay | None]] = field(default_factory=dict)


_last_laws: dict[bool, _Law] = {}
"""One of now, and one of some moment that was asked about."""


def _law_as_it_stands(folder: Path, known_at_ms: int | None) -> _Law:
    """What was worked out of the acts is kept while they say the same: one short query asks whether they do."""
    rows = LawAct.objects.known(known_at_ms).order_by("from_date", "number")
    later = LawStep.objects.filter(act="agree", at_ms__gt=known_at_ms) if known_at_ms is not None else None
    alone = set() if later is None else set(later.values_list("law_id", flat=True))
    """Acts whose second person had not spoken by then."""
    content: list[object] = [(*said, str(body)) for *said, body in rows.values_list(*_SAID, "body")]
    content += sorted(alone)
    last = _last_laws.get(known_at_ms is None)
    if last is None or last.folder != folder or last.content != content or len(last.known) > _KEPT_MAX:
        acts = list(rows.select_related("unit", "group"))
        for act in acts:
            if act.number in alone:
                act.also_by = None
        last = _last_laws[known_at_ms is None] = _Law(folder, content, acts)
    return last


def _rosters(
    people: set[int], first: date, last: date, known_at_ms: int | None
) -> dict[int, dict[date, tuple[str, ...]]]:
    rows = RosterDay.objects.known(known_at_ms).filter(person__in=people, day__gte=first - _DAY, day__lte=last)
    by_person = grouped(rows.values_list("person", "day", "shifts"), lambda row: row[0])
    return {person: {day: tuple(shifts) for _, day, shifts in own} for person, own in by_person.items()}


def _concerns(act: LawAct, who: Who) -> bool:
    if act.person_id is not None:
        return act.person_id == who.person
    if act.group_id is not None and act.group_id not in who.groups:
        return False
    return act.unit is None or who.unit.path.startswith(act.unit.path)


def _nearness(act: LawAct) -> tuple[bool, bool, int, date, int]:
    depth = 0 if act.unit is None else act.unit.path.count("/")
    return act.person_id is not None, act.group_id is not None, depth, act.from_date, act.number
