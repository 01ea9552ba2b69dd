"""What a person owed on a date: where he was assigned, by which week or roster, under which calendar and circulars.

    assignments ─ which unit, which duty, since when, until when (transfer, retirement, death)
        └ obliged since? (staged roll-out)     └ roster: the shifts of a date
              └ calendar: a holiday frees a week, never a roster's shift
                    └ Ramadan: its own rows
                          └ circulars: other hours for dates, units, groups
                                └ the duty day, or the reason why there is none

Everything is dated, and the answer names what it rests on. A circular never changes a day that has begun, unless two
people approved it: in Soppeng a cut-off moved at 07:10 made everybody late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta

from hadir.rules.calendars import Calendar, Standing
from hadir.rules.clocks import Period, instant_ms
from hadir.rules.duty import DutyDay, Weekday, owed, shift_day
from hadir.rules.evidence import WeighedTap
from hadir.rules.excuse import ExcusePeriod
from hadir.rules.judge import OffDuty
from hadir.rules.pairing import away_ms, is_near
from hadir.rules.policy import Policy
from hadir.rules.reasons import ReasonCode, because

APPROVERS_TO_CHANGE_A_RUNNING_DAY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentPeriod:
    """A person's place for the dates `[from_date, until_date)`; `until_date` None: until further notice.

    `duty` names a duty of the policy; a person who works by roster has the shifts in `Plan.roster` instead. `weekdays`
    (None: all) divide a week between two schools. `sites` are where it may be done; several for a village midwife.
    `obliged_from`: recording is obligatory only from then on (staged roll-out).
    """

    ref: str
    unit: str
    duty: str
    zone: str
    from_date: date
    until_date: date | None = None
    weekdays: frozenset[Weekday] | None = None
    sites: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()
    obliged_from: date | None = None
    by_roster: bool = False

    def holds(self, on: date) -> bool:
        """Whether the person was assigned there on that date, by its weekday too."""
        return self.lasts(on) and (self.weekdays is None or Weekday(on.weekday()) in self.weekdays)

    def lasts(self, on: date) -> bool:
        """Whether the assignment had begun and not ended."""
        return self.from_date <= on and (self.until_date is None or on < self.until_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circular:
    """Other hours for the dates `[from_date, until_date)`, for units and groups (empty: for all).

    `start` or `end` None leaves that side as it is; `drops` names ceremonies that are not held. `published_ms` is when
    it was approved, by `approvers`.
    """

    ref: str
    article: str
    from_date: date
    until_date: date
    published_ms: int
    approvers: frozenset[str]
    start: time | None = None
    end: time | None = None
    drops: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def concerns(self, assignment: AssignmentPeriod, on: date) -> bool:
        """Whether it speaks of that person on that date."""
        return (
            self.from_date <= on < self.until_date
            and (not self.units or assignment.unit in self.units)
            and (not self.groups or bool(self.groups & assignment.groups))
        )

    def in_time_for(self, from_ms: int) -> bool:
        """Before the day began, or with two people behind it."""
        return self.published_ms < from_ms or len(self.approvers) >= APPROVERS_TO_CHANGE_A_RUNNING_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispensation:
    """An approved dispensation for a group on the dates `[from_date, until_date)`, all of each day or a part of it.

    Why it was given stands elsewhere and is for few eyes; here it is only *Dispensasi*.
    """

    ref: str
    article: str
    code: str
    groups: frozenset[str]
    from_date: date
    until_date: date
    from_time: time | None = None
    until_time: time | None = None

    def excuse(self, assignment: AssignmentPeriod, day: DutyDay) -> ExcusePeriod | None:
        """The excuse it gives that person on that day, or None."""
        if not (self.from_date <= day.date < self.until_date and self.groups & assignment.groups):
            return None
        from_ms = day.start_ms if self.from_time is None else instant_ms(day.date, self.from_time, day.zone)
        until_ms = day.end_ms if self.until_time is None else instant_ms(day.date, self.until_time, day.zone)
        return ExcusePeriod(
            ref=self.ref,
            period=Period(from_ms, until_ms),
            tail_minutes=0,
            article=self.article,
            code=self.code,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that decides what one person owed. `roster` maps a date to the names of its shifts, () on a free day.

    `remote` are dates worked away from the office, with the letter of the recap (WFA); "" for the policy's.
    """

    assignments: tuple[AssignmentPeriod, ...]
    calendar: Calendar
    circulars: tuple[Circular, ...] = ()
    roster: Mapping[date, tuple[str, ...]] = field(default_factory=dict)
    remote: Mapping[date, str] = field(default_factory=dict)

    def assignment(self, on: date) -> AssignmentPeriod | None:
        """The assignment of a date; where two hold, the later one (an acting head stays at home in his own office)."""
        held = [one for one in self.assignments if one.holds(on)]
        return _nearest(held) if held else None

    def sites(self, on: date) -> tuple[str, ...]:
        """Where the person may record: the sites of all assignments of that date."""
        return tuple(dict.fromkeys(site for one in self.assignments if one.holds(on) for site in one.sites))


def _nearest(assignments: Sequence[AssignmentPeriod]) -> AssignmentPeriod:
    return max(assignments, key=lambda one: (one.from_date, one.ref))


@dataclass(frozen=True, slots=True)
class Owed:
    """What a date asked: one day, or two for a split shift; or nothing, and why."""

    days: tuple[DutyDay, ...]
    off: OffDuty | None = None
    dropped_ceremonies: frozenset[str] = frozenset()


def owed_on(plan: Plan, policy: Policy, on: date) -> Owed:
    """What the plan asks on that date under the policy in force on it. KeyError for a duty the policy does not have."""
    assignment = plan.assignment(on)
    if assignment is None:
        return _nowhere(plan, policy, on)
    if assignment.obliged_from is not None and on < assignment.obliged_from:
        since = f"{assignment.obliged_from:%Y-%m-%d}"
        told = because(ReasonCode.DUTY_NOT_YET_OBLIGED, from_=since)
        return Owed((), OffDuty(told, policy.codes["free"]))
    found = _by_roster(plan, policy, assignment, on) if assignment.by_roster else _by_week(plan, policy, assignment, on)
    return _off(found, plan, assignment, on) if found.off else _at_place(found, plan, policy, on)


def _nowhere(plan: Plan, policy: Policy, on: date) -> Owed:
    """No place on that date: a weekday on which none of his places wants him is free, else nobody knows him."""
    elsewhere = [one for one in plan.assignments if one.lasts(on)]
    if not elsewhere:
        return Owed((), OffDuty(because(ReasonCode.DUTY_NO_ASSIGNMENT), ""))
    free = OffDuty(because(ReasonCode.DUTY_OFF), policy.codes["free"])
    return _off(Owed((), free), plan, _nearest(elsewhere), on)


def _off(found: Owed, plan: Plan, assignment: AssignmentPeriod, on: date) -> Owed:
    """A day off, with what a ceremony on it needs: the date, the zone, and those that circulars drop."""
    assert found.off is not None
    midnight_ms = instant_ms(on, time(), assignment.zone)
    heard = [one for one in plan.circulars if one.concerns(assignment, on) and one.in_time_for(midnight_ms)]
    dropped = frozenset(name for one in heard for name in one.drops)
    return Owed((), OffDuty(found.off.reason, found.off.code, on, assignment.zone), dropped)


def _by_week(plan: Plan, policy: Policy, assignment: AssignmentPeriod, on: date) -> Owed:
    free = plan.calendar.free(on)
    if free is not None:
        waits = free.standing is Standing.PROVISIONAL
        code = ReasonCode.DUTY_HOLIDAY_PROVISIONAL if waits else ReasonCode.DUTY_HOLIDAY
        return Owed((), OffDuty(because(code, free.article, holiday=free.name), policy.codes["free"]))
    ramadan = plan.calendar.season(on)
    day = owed(policy.duty(assignment.duty, assignment.zone), on, in_ramadan=ramadan is not None)
    if day is None:
        hours, weekday = f"duties.{assignment.duty}.hours", Weekday(on.weekday()).key
        article = policy.article(f"{hours}.{weekday}")
        return Owed((), OffDuty(because(ReasonCode.DUTY_OFF, article), policy.codes["free"]))
    if ramadan is not None:
        day = replace(day, basis=(because(ReasonCode.DUTY_RAMADAN, day.article),))
        if ramadan.standing is Standing.PROVISIONAL:
            day = replace(day, basis=(*day.basis, because(ReasonCode.DUTY_RAMADAN_PROVISIONAL, ramadan.article)))
    if not plan.calendar.knows(on):
        unsure = because(ReasonCode.DUTY_NO_CALENDAR, year=on.year)
        day = replace(day, unsure=unsure)
    elif plan.calendar.is_provisional(on):
        day = replace(day, basis=(*day.basis, because(ReasonCode.DUTY_CALENDAR_PROVISIONAL, year=on.year)))
    return _under_circulars(day, plan.circulars, assignment)


def _by_roster(plan: Plan, policy: Policy, assignment: AssignmentPeriod, on: date) -> Owed:
    """A roster's shifts. Holidays do not free it: whoever has a shift then has one."""
    shifts = [policy.shifts[name] for name in plan.roster.get(on, ())]
    if not shifts:
        last_night = [policy.shifts[name] for name in plan.roster.get(on - timedelta(days=1), ())]
        night = next((row for row in last_night if row.end_next_day), None)
        if night is not None:
            told = because(ReasonCode.DUTY_NIGHT_BEFORE, night.article, shift=night.name)
            return Owed((), OffDuty(told, policy.codes["night_before"]))
        free = because(ReasonCode.DUTY_NO_SHIFT)
        return Owed((), OffDuty(free, policy.codes["free"]))
    found = _Blocks(plan, policy, assignment.zone).of(on)
    if not found:
        names = ", ".join(row.name for row in shifts)
        told = because(ReasonCode.DUTY_OF_DAY_BEFORE, shifts[0].article, shift=names)
        return Owed((), OffDuty(told, policy.codes["night_before"]))
    return Owed(parts_of_one(found))


def parts_of_one(days: Sequence[DutyDay]) -> tuple[DutyDay, ...]:
    """The parts of a split shift, each with what is owed beside it."""
    all_ms = sum(day.hours.length_ms for day in days)
    return tuple(replace(day, beside_ms=all_ms - day.hours.length_ms) for day in days)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The shifts of a roster, those that meet joined: on one date, and with those of the next date. What begins on a
    date belongs to it; of two dates at most.
    """

    plan: Plan
    policy: Policy
    zone: str

    def of(self, on: date) -> list[DutyDay]:
        """What begins on that date."""
        mine = self._shifts(on)
        if self._continues(on):
            run = joined_shifts(mine)[0]
            mine = [day for day in mine if day.start_ms >= run.end_ms]
        after = on + timedelta(days=1)
        if mine and self._continues(after):
            run = joined_shifts(self._shifts(after))[0]
            mine += [day for day in self._shifts(after) if day.start_ms < run.end_ms]
        return joined_shifts(mine)

    def _continues(self, on: date) -> bool:
        """Whether its first shift begins where the last one of the date before ends, which is no continuation."""
        before = on - timedelta(days=1)
        return self._meets(before, on) and not self._meets(before - timedelta(days=1), before)

    def _meets(self, one: date, other: date) -> bool:
        first, second = self._shifts(one), self._shifts(other)
        return bool(first and second) and second[0].start_ms <= max(day.end_ms for day in first)

    def _shifts(self, on: date) -> list[DutyDay]:
        names = self.plan.roster.get(on, ())
        rows = (self.policy.shifts[name] for name in names if name in self.policy.shifts)
        return sorted((shift_day(row, on, self.zone) for row in rows), key=lambda day: day.start_ms)


def joined_shifts(days: Iterable[DutyDay]) -> list[DutyDay]:
    """Shifts in order of time, those that meet joined to one presence: a double shift is arrived at and left once."""
    joined: list[DutyDay] = []
    for day in days:
        if joined and day.start_ms <= joined[-1].end_ms:
            joined[-1] = _joined(joined[-1], day)
        else:
            joined.append(day)
    return joined


def _joined(first: DutyDay, second: DutyDay) -> DutyDay:
    middle_ms = (first.start_ms + second.end_ms) // 2
    shifts = f"{first.duty}, {second.duty}"
    return replace(
        first,
        duty=shifts,
        end_ms=second.end_ms,
        day=Period(first.day.from_ms, second.day.until_ms),
        arrive=Period(first.arrive.from_ms, middle_ms),
        depart=Period(middle_ms, second.depart.until_ms),
        basis=(because(ReasonCode.DUTY_DOUBLE, first.article, shifts=shifts),),
    )


def _under_circulars(day: DutyDay, circulars: Sequence[Circular], assignment: AssignmentPeriod) -> Owed:
    """The hours after every circular that concerns the person and came in time, in the order of their publication."""
    dropped: frozenset[str] = frozenset()
    for circular in sorted(circulars, key=lambda one: (one.published_ms, one.ref)):
        if not circular.concerns(assignment, day.date):
            continue
        if not circular.in_time_for(day.counts.from_ms):
            late = because(ReasonCode.DUTY_CIRCULAR_LATE, circular.article, circular=circular.ref)
            day = replace(day, basis=(*day.basis, late))
            continue
        told = because(ReasonCode.DUTY_CIRCULAR, circular.article, circular=circular.ref)
        start_ms = day.start_ms if circular.start is None else instant_ms(day.date, circular.start, day.zone)
        end_ms = day.end_ms if circular.end is None else instant_ms(day.date, circular.end, day.zone)
        if start_ms < end_ms:
            says_hours = (circular.start or circular.end) is not None
            article = circular.article if says_hours else day.article
            day = replace(_with_hours(day, start_ms, end_ms), basis=(*day.basis, told), article=article)
            dropped |= circular.drops
    return Owed((day,), dropped_ceremonies=dropped)


def _with_hours(day: DutyDay, start_ms: int, end_ms: int) -> DutyDay:
    """The day with other hours; the hours that count follow. Nobody's tap that counted counts no more."""
    earlier_ms, later_ms = min(0, start_ms - day.start_ms), max(0, end_ms - day.end_ms)
    middle_ms = (start_ms + end_ms) // 2

    def divider(at_ms: int) -> int:
        return at_ms if start_ms < at_ms < end_ms else middle_ms

    arrive = Period(max(day.day.from_ms, day.arrive.from_ms + earlier_ms), divider(day.arrive.until_ms))
    depart = Period(divider(day.depart.from_ms), min(day.day.until_ms, day.depart.until_ms + later_ms))
    if day.dynamic is not None:
        arrive, depart = day.arrive, day.depart
    return replace(day, start_ms=start_ms, end_ms=end_ms, arrive=arrive, depart=depart)


def _at_place(found: Owed, plan: Plan, policy: Policy, on: date) -> Owed:
    code = plan.remote[on] or policy.codes["remote"] if on in plan.remote else None
    basis = () if code is None else (because(ReasonCode.DUTY_REMOTE, code=code),)
    days = tuple(replace(day, sites=plan.sites(on), code=code, basis=(*day.basis, *basis)) for day in found.days)
    return replace(found, days=days)


def day_of_tap(tap: WeighedTap, days: Sequence[DutyDay]) -> DutyDay | None:
    """Which of neighbouring duty days a tap belongs to: the one whose hours it counts in.

    Where the hours of two overlap, an arrival belongs to the one whose start is nearest, a departure to the one whose
    end is. A tap that counts nowhere belongs to the shift that is nearest so, if it is near. None: to none of them, and
    then its calendar date decides.
    """

    counting = [day for day in days if tap.judged_ms in day.counts]
    found = counting or [day for day in days if is_near(tap, day)]
    return min(found, key=lambda day: (away_ms(tap, day), day.start_ms), default=None)
