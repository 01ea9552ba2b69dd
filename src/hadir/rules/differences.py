"""What another policy would change, before it is published: the same days judged twice, and where the two part.

days under the law in force ─┐
                             ├─compare──► how many people and days, and whom by how much, the most first
the same days under another ─┘
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hadir.rules.months import MonthDay, recap_of, settle
from hadir.rules.policy import Policy
from hadir.rules.verdict import PartVerdict, Verdict

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedMonth:
    """A person's days of a month, and the policy that its end is settled by."""

    days: Sequence[MonthDay]
    policy: Policy

    @property
    def of_allowance(self) -> Decimal:
        """What the month costs, in percent of the whole allowance."""
        return settle(recap_of(self.days), self.policy).of_allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcome:
    """What a day amounts to in the recap: its letter, the classes of its halves, their minutes, its percentage."""

    code: str
    arrival: str | None
    departure: str | None
    percent: Decimal
    minutes: int = 0

    @classmethod
    def of(cls, verdict: Verdict) -> DayOutcome:
        """In short, without who and why."""
        return cls(
            code=verdict.code,
            arrival=_class(verdict.arrival),
            departure=_class(verdict.departure),
            percent=verdict.deduction_percent,
            minutes=sum(half.minutes for half in (verdict.arrival, verdict.departure) if half is not None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChange:
    """A day that would come out otherwise."""

    date: date
    before: DayOutcome
    after: DayOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """A person for whom something would change. `before` and `after`: the month, in percent of the whole allowance."""

    person: int
    before: Decimal
    after: Decimal
    days: tuple[DayChange, ...]

    @property
    def change(self) -> Decimal:
        """Deducted more (positive) or less (negative)."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyComparison:
    """What would change for whom. `people` and `days` are those judged; `changes` those that part, the most first."""

    people: int
    days: int
    changes: tuple[PersonChange, ...]

    @property
    def changed_days(self) -> int:
        """Days that would come out otherwise."""
        return sum(len(one.days) for one in self.changes)

    @property
    def milder(self) -> int:
        """People who would lose less."""
        return sum(one.change < NOTHING for one in self.changes)

    @property
    def stricter(self) -> int:
        """People who would lose more."""
        return sum(one.change > NOTHING for one in self.changes)


def compare(before: Mapping[int, JudgedMonth], after: Mapping[int, JudgedMonth]) -> PolicyComparison:
    """Both readings of a month, by person's number. Who stands in only one of them is not compared."""
    people = sorted(before.keys() & after.keys())
    found = [_change(person, before[person], after[person]) for person in people]
    changes = [one for one in found if one.days or one.change]
    return PolicyComparison(
        people=len(people),
        days=sum(len(before[person].days) for person in people),
        changes=tuple(sorted(changes, key=_most_first)),
    )


def joined(parts: Sequence[PolicyComparison]) -> PolicyComparison:
    """Comparisons of different people as one."""
    changes = [one for part in parts for one in part.changes]
    return PolicyComparison(
        people=sum(part.people for part in parts),
        days=sum(part.days for part in parts),
        changes=tuple(sorted(changes, key=_most_first)),
    )


def _most_first(one: PersonChange) -> tuple[Decimal, int, int]:
    return -abs(one.change), -len(one.days), one.person


def _change(person: int, before: JudgedMonth, after: JudgedMonth) -> PersonChange:
    then = {day.date: DayOutcome.of(day.verdict) for day in after.days}
    days = [
        DayChange(date=day.date, before=was, after=will)
        for day in before.days
        if (was := DayOutcome.of(day.verdict)) != (will := then.get(day.date, was))
    ]
    return PersonChange(person=person, before=before.of_allowance, after=after.of_allowance, days=tuple(days))


def _class(part: PartVerdict | None) -> str | None:
    return None if part is None else part.class_code
