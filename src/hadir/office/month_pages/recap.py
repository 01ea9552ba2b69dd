"""A unit's month as rows: a query for the lines, one for the people, and the fold of the rules.

Units that have closed the month are read as they were closed; the others as the verdicts stand now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, CharField, Q
from django.db.models.sql.compiler import SQLCompiler

from hadir.office.days.seeing import seen_days
from hadir.office.ground.dated import DatedQuerySet
from hadir.office.ground.laws import law_on
from hadir.office.month_pages.adjusting import adjustments_into
from hadir.office.months.kept import AdjustmentLine, kept_row
from hadir.office.months.lines import (
    is_unproven,
    letters_of,
    month_day,
    policy_of,
    read_line,
    short_classes,
    shown_of,
    weekly_short,
)
from hadir.office.months.models import ClosedRow, Closing, DayLine, State
from hadir.office.people.careers import Standing, standings
from hadir.office.people.models import AT_HOME, Assignment, Person
from hadir.office.units.models import Unit
from hadir.office.units.queries import units_below
from hadir.rules.months import CENT, NOTHING, Recap, Settlement, Warned, recap_of_alike, settle, warnings
from hadir.rules.policy import ClassesOver, Policy
from hadir.rules.verdict import DayStatus

if TYPE_CHECKING:
    from django.db.models.sql.compiler import _AsSqlType  # a name of the stubs alone

Lines = dict[str, list[date]]
"""Each line of somebody's month, and the dates that have it: most days of a month are like the others."""
NOTHING_OWED = Settlement(
    percent=Decimal(0), of_allowance=Decimal(0), converted_days=0, present_percent=Decimal(0), lines=()
)
"""Of somebody for whom no day of the month was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person's month in one unit."""

    person: int
    name: str
    nip: str
    employment: str
    unit: Unit
    recap: Recap
    settlement: Settlement
    unproven: tuple[date, ...]
    short: Mapping[date, str]
    """The classes of each day on which time is missing: `TL1`."""
    shown: Mapping[date, str] | None = None
    """The letters of each date, as they stand everywhere; None in a month closed before they were kept."""
    costs: Mapping[date, Decimal] | None = None
    """What each date adds to the percentage, of those that add anything."""
    warned: tuple[Warned, ...] = ()
    adjustments: tuple[AdjustmentLine, ...] = ()
    is_closed: bool = False
    policy: str = ""
    """The policy set that settles it; empty where nothing was judged."""
    rank: str = ""
    position: str = ""
    weekly_short: int | None = None
    """Minutes that the weeks of a dynamic duty lack; None for whoever has none."""

    def letters_on(self, day: date) -> str:
        """The codes that stand in the cell of a date."""
        if self.shown is None:
            return self.short.get(day) or self.recap.cells.get(day, "")
        return self.shown.get(day, "")

    def days_with(self, code: str) -> int:
        """On how many dates the code stands."""
        return sum(code in letters.split() for letters in (self.shown or {}).values())

    @property
    def adjusted(self) -> Decimal:
        """What earlier months cost more or give back, in percent of their allowance."""
        return sum((line.of_allowance for line in self.adjustments), Decimal(0))

    @property
    def late_times(self) -> int:
        return sum(one.count for one in self.recap.late.values())

    @property
    def early_times(self) -> int:
        return sum(one.count for one in self.recap.early.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRecap:
    """The month of a unit and of the units below it."""

    unit: Unit
    first: date
    rows: list[Row]
    closings: list[Closing]
    open_units: list[Unit]

    @property
    def is_closed(self) -> bool:
        return bool(self.closings) and not self.open_units

    @property
    def is_recorded(self) -> bool:
        """Whether anything is known of anybody whose month is open, or was earlier."""
        return any(row.policy or row.adjustments for row in self.rows if not row.is_closed)

    @property
    def days(self) -> list[date]:
        return days_of(self.first)


def days_of(first: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((after(first) - first).days)]


def after(first: date) -> date:
    """The first day of the next month."""
    return (first + timedelta(days=32)).replace(day=1)


def month_recap(policies: Path, unit: Unit, first: date, *, alone: bool = False) -> MonthRecap:
    """Every row of the unit's subtree, in order of the tree and of names; `alone` leaves out the units below. The same
    queries for any number of people.
    """
    units = {one.number: one for one in ([unit] if alone else units_below([unit.path]))}
    closings = list(
        Closing.objects.filter(unit__in=list(units), first=first, state=State.CLOSED).select_related("unit")
    )
    closed = {one.unit_id for one in closings}
    open_units = [one for number, one in units.items() if number not in closed]
    rows = [*_closed_rows(closings, units), *_open_rows(policies, {one.number: one for one in open_units}, first)]
    with_people = {row.unit.number for row in rows}
    return MonthRecap(
        unit=unit,
        first=first,
        rows=sorted(rows, key=lambda row: (row.unit.path, row.name, row.person)),
        closings=closings,
        open_units=[one for one in open_units if one.number in with_people],
    )


def _closed_rows(closings: Iterable[Closing], units: Mapping[int, Unit]) -> list[Row]:
    of = {one.number: units[one.unit_id] for one in closings}
    kept = ClosedRow.objects.filter(closing__in=list(of)) if of else ()
    return [_from_kept(row, of[row.closing_id]) for row in kept]


def _from_kept(row: ClosedRow, unit: Unit) -> Row:
    kept = kept_row(row.body)
    return Row(
        person=row.person_id,
        name=kept.name,
        nip=kept.nip,
        employment=kept.employment,
        unit=unit,
        recap=kept.recap,
        settlement=kept.settlement,
        unproven=kept.unproven,
        short=kept.short,
        warned=kept.warned,
        adjustments=kept.adjustments,
        is_closed=True,
        policy=kept.policy,
        rank=kept.rank,
        position=kept.position,
        weekly_short=kept.weekly_short,
        shown=kept.shown,
        costs=kept.costs,
    )


# --- months that run -------------------------------------------------------------------------------------------------


def _open_rows(policies: Path, units: Mapping[int, Unit], first: date) -> list[Row]:
    if not units:
        return []
    lines = lines_of(units, first)
    members = members_of(units, first) | lines.keys()
    last = after(first) - timedelta(days=1)
    adjusted = adjustments_into(policies, list(units), first)
    keys = members | adjusted.keys()
    seen = seen_days(first, after(first))
    people = {row.number: row for row in Person.objects.filter(number__in={person for _, person in keys})}
    rows = [
        row_of(
            policies,
            units[unit],
            people[person],
            lines.get((unit, person), {}),
            adjusted.get((unit, person), ()),
            last,
        )
        for unit, person in keys
        if person in people
    ]
    had = standings(people.keys(), last)
    rows = [but_seen(_with_standing(row, had.get(row.person)), seen) for row in rows]
    return _warned_by_lines(policies, rows, first)


def _with_standing(row: Row, had: Standing | None) -> Row:
    """With the rank and the position of the month's last day."""
    return row if had is None else replace(row, rank=had.rank, position=had.position)


def but_seen(row: Row, seen: Collection[tuple[int, date]]) -> Row:
    """Days of which a superior has said that he saw the person wait for nobody."""
    waits = tuple(day for day in row.unproven if (row.person, day) not in seen)
    return row if waits == row.unproven else replace(row, unproven=waits)


class Listed(Aggregate):
    """Whole numbers of a group as one text: `3,1,4`."""

    function = "GROUP_CONCAT"
    output_field = CharField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _AsSqlType:
        return self.as_sql(compiler, connection, template="STRING_AGG((%(expressions)s)::text, ',')")


def lines_of(units: Collection[int], first: date) -> dict[tuple[int, int], Lines]:
    """(unit, person) -> the lines of the month. One query."""
    rows = DayLine.objects.filter(unit__in=list(units), day__gte=first, day__lt=after(first))
    # A row for each line of a day, in the order of the index: most people have the line of many others.
    told = rows.values_list("unit", "day", "line").annotate(people=Listed("person")).order_by("unit", "day", "line")
    found: dict[int, dict[str, Lines]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for unit, day, line, people in told:
        of_unit = found[unit]
        for person in people.split(","):
            of_unit[person][line].append(day)
    return {(unit, int(person)): lines for unit, of_unit in found.items() for person, lines in of_unit.items()}


def members_of(units: Collection[int], first: date, known_at_ms: int | None = None) -> set[tuple[int, int]]:
    """Who was at home there on some day of the month, whether or not anything was recorded of him."""
    homes = homes_in(first, known_at_ms).filter(unit__in=list(units))
    return set(homes.values_list("unit", "person"))


def homes_in(first: date, known_at_ms: int | None = None) -> DatedQuerySet[Assignment]:
    """Where people were at home on some day of the month."""
    homes = Assignment.objects.known(known_at_ms).filter(AT_HOME, from_date__lt=after(first))
    return homes.filter(Q(until_date=None) | Q(until_date__gt=first))


def row_of(  # noqa: PLR0913, PLR0917 - what a row is made of
    policies: Path, unit: Unit, person: Person, lines: Lines, adjustments: tuple[AdjustmentLine, ...], last: date
) -> Row:
    recap = recap_of_alike((*read_line(line), days) for line, days in lines.items())
    name = policy_of(max(lines, key=lambda line: max(lines[line]))) if lines else ""
    # By the policy of the last judged day, as it stands at the month's end.
    policy = law_on(policies, name, last) if name else None
    return Row(
        person=person.number,
        name=person.titled_name,
        nip=person.nip or "",
        employment=person.employment,
        unit=unit,
        recap=recap,
        settlement=settle(recap, policy) if policy else NOTHING_OWED,
        unproven=tuple(sorted(day for line, days in lines.items() if is_unproven(line) for day in days)),
        short={day: classes for line, days in lines.items() if (classes := short_classes(line)) for day in days},
        shown={day: letters_of(line) for line, days in lines.items() for day in days},
        costs=costs_of(lines, policy, recap) if policy else {},
        adjustments=adjustments,
        policy=name,
        weekly_short=weekly_short(lines),
    )


def costs_of(lines: Lines, policy: Policy, recap: Recap) -> dict[date, Decimal]:
    """What each date adds to the month's percentage by `policy`; dates that add nothing are left out."""
    by_day = policy.month.classes is ClassesOver.DAY
    found = ((days, shown_of(line)) for line, days in lines.items())
    each = ((days, one.percent if by_day else one.percent - one.class_percent) for days, one in found)
    costs: dict[date, Decimal] = {day: percent for days, percent in each if percent for day in days}
    for day, percent in _unpaid(lines, policy, recap).items():
        costs[day] = costs.get(day, NOTHING) + percent
    return dict(sorted(costs.items()))


def _unpaid(lines: Lines, policy: Policy, recap: Recap) -> dict[date, Decimal]:
    """What each day without allowance takes: an equal part of the month's, and the last one what rounding left."""
    codes = frozenset(policy.month.unpaid)
    days = sorted(day for line, some in lines.items() for day in some if month_day(day, line).verdict.code in codes)
    if not days or not recap.work_days:
        return {}
    whole = (Decimal(len(days) * 100) / recap.work_days).quantize(CENT, ROUND_HALF_UP)
    part = (Decimal(100) / recap.work_days).quantize(CENT, ROUND_HALF_UP)
    return dict.fromkeys(days[:-1], part) | {days[-1]: whole - part * (len(days) - 1)}


# --- PP 94 -----------------------------------------------------------------------------------------------------------


def _warned_by_lines(policies: Path, rows: list[Row], first: date) -> list[Row]:
    days = DayLine.objects.filter(day__gte=first.replace(month=1), day__lt=after(first))
    absent: dict[int, list[date]] = defaultdict(list)
    people = {row.person for row in rows if row.policy}
    for person, day in days.filter(status=DayStatus.ABSENT.value).order_by("day").values_list("person", "day"):
        if person in people:
            absent[person].append(day)

    def cells_of(long: list[int]) -> dict[int, dict[date, str]]:
        cells: dict[int, dict[date, str]] = defaultdict(dict)
        for person, day, line in days.filter(person__in=long).values_list("person", "day", "line"):
            cells[person][day] = month_day(day, line).verdict.code
        return cells

    return with_warnings(policies, rows, first, absent, cells_of)


def with_warnings(
    policies: Path,
    rows: list[Row],
    first: date,
    absent: Mapping[int, list[date]],
    cells_of: Callable[[list[int]], Mapping[int, Mapping[date, str]]],
) -> list[Row]:
    """Days without valid reason of the calendar year until this month's end, wherever the person was at home."""
    last = after(first) - timedelta(days=1)
    of_row = {row.person: law_on(policies, row.policy, last) for row in rows if row.person in absent}
    laws = {person: law for person, law in of_row.items() if len(absent[person]) >= _lowest(law)}
    # Whether absences stand in a row can matter only to somebody who has so many of them.
    long = [person for person, law in laws.items() if len(absent[person]) >= law.month.consecutive.days]
    cells = cells_of(long) if long else {}
    return [
        replace(row, warned=_warned(row, laws[row.person], absent[row.person], cells.get(row.person, {})))
        if row.person in laws
        else row
        for row in rows
    ]


def _lowest(policy: Policy) -> int:
    """The fewest days that are worth looking at."""
    return min(one.days for one in (*policy.month.warnings, policy.month.consecutive))


def _warned(row: Row, policy: Policy, absent: list[date], cells: Mapping[date, str]) -> tuple[Warned, ...]:
    year = Recap(cells=dict(sorted(cells.items())) or dict.fromkeys(absent, policy.absent.code), absent=tuple(absent))
    return warnings([year], policy, employment=row.employment)
