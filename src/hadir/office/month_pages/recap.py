"""A unit's month as rows: a query for the lines, one for the people, and the fold of the rules.

Units that have closed the month are read as they were closed; the others as the verdicts stand now.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
from hadir.office.months.closed_row import KEPT_MEMBERS, AdjustmentLine, Kept, kept_row
from hadir.office.months.lines import (
    month_day,
    read_line,
    weekly_short,
)
from hadir.office.months.models import ClosedRow, Closing, ClosingState, DayLine
from hadir.office.page.periods import month_after, month_end
from hadir.office.people.models import AT_HOME, Assignment, CareerKind, Person
from hadir.office.people.queries import standings
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
class RecapRow(Kept):
    """One person's month in one unit: all that a closed month keeps of it, and whose it is."""

    person: int
    unit: Unit
    is_closed: bool = False

    def letters_on(self, day: date) -> str:
        """The codes that stand in the cell of a date."""
        if self.shown is None:
            return self.short.get(day) or self.recap.cells.get(day, "")
        return self.shown.get(day, "")

    @property
    def adjusted(self) -> Decimal:
        """What earlier months cost more or give back, in percent of their allowance."""
        return sum((line.of_allowance for line in self.adjustments), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRecap:
    """The month of a unit and of the units below it."""

    unit: Unit
    first: date
    rows: list[RecapRow]
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
    return [first + timedelta(days=number) for number in range((month_after(first) - first).days)]


def month_recap(policies: Path, unit: Unit, first: date, *, alone: bool = False) -> MonthRecap:
    """Every row of the unit's subtree, in order of the tree and of names; `alone` leaves out the units below. The same
    queries for any number of people.
    """
    units = {one.number: one for one in ([unit] if alone else units_below([unit.path]))}
    closings = list(
        Closing.objects.filter(unit__in=list(units), first=first, state=ClosingState.CLOSED).select_related("unit")
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


def _closed_rows(closings: Iterable[Closing], units: Mapping[int, Unit]) -> list[RecapRow]:
    of = {one.number: units[one.unit_id] for one in closings}
    rows = ClosedRow.objects.filter(closing__in=list(of)) if of else ()
    kept = [(row, kept_row(row.body)) for row in rows]
    return [
        RecapRow(
            person=row.person_id,
            unit=of[row.closing_id],
            is_closed=True,
            **{name: getattr(body, name) for name in KEPT_MEMBERS},
        )
        for row, body in kept
    ]


# --- months that run -------------------------------------------------------------------------------------------------


def _open_rows(policies: Path, units: Mapping[int, Unit], first: date) -> list[RecapRow]:
    if not units:
        return []
    lines = lines_of(units, first)
    members = members_of(units, first) | lines.keys()
    last = month_end(first)
    adjusted = adjustments_into(policies, list(units), first)
    keys = members | adjusted.keys()
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
    return _warned_by_lines(policies, with_standing(rows, first), first)


def with_standing(rows: Sequence[RecapRow], first: date, known_at_ms: int | None = None) -> list[RecapRow]:
    """With the rank and the position of the month's last day, and without the days that no longer wait: of which a
    superior has said that he saw the person.
    """
    had = standings({row.person for row in rows}, month_end(first), known_at_ms)
    seen = seen_days(first, month_after(first), known_at_ms)
    return [
        replace(
            row,
            rank=had[row.person].get(CareerKind.RANK, ""),
            position=had[row.person].get(CareerKind.POSITION, ""),
            unproven=tuple(day for day in row.unproven if (row.person, day) not in seen),
        )
        for row in rows
    ]


class Listed(Aggregate):
    """Whole numbers of a group as one text: `3,1,4`."""

    function = "GROUP_CONCAT"
    output_field = CharField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> "_AsSqlType":
        return self.as_sql(compiler, connection, template="STRING_AGG((%(expressions)s)::text, ',')")


def lines_of(units: Collection[int], first: date) -> dict[tuple[int, int], Lines]:
    """(unit, person) -> the lines of the month. One query."""
    rows = DayLine.objects.filter(unit__in=list(units), day__gte=first, day__lt=month_after(first))
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
    homes = Assignment.objects.known(known_at_ms).filter(AT_HOME, from_date__lt=month_after(first))
    return homes.filter(Q(until_date=None) | Q(until_date__gt=first))


def row_of(  # noqa: PLR0913, PLR0917 - what a row is made of
    policies: Path, unit: Unit, person: Person, lines: Lines, adjustments: tuple[AdjustmentLine, ...], last: date
) -> RecapRow:
    read = [(read_line(line), days) for line, days in lines.items()]
    recap = recap_of_alike((one.verdict, one.sources, days) for one, days in read)
    name = max(read, key=lambda one: max(one[1]))[0].verdict.version.name if read else ""
    # By the policy of the last judged day, as it stands at the month's end.
    policy = law_on(policies, name, last) if name else None
    return RecapRow(
        person=person.number,
        name=person.titled_name,
        nip=person.nip or "",
        employment=person.employment,
        unit=unit,
        recap=recap,
        settlement=settle(recap, policy) if policy else NOTHING_OWED,
        unproven=tuple(sorted(day for one, days in read if one.is_unproven for day in days)),
        short={day: one.short for one, days in read if one.short for day in days},
        shown={day: one.letters for one, days in read for day in days},
        costs=costs_of(lines, policy, recap) if policy else {},
        adjustments=adjustments,
        warned=(),
        policy=name,
        weekly_short=weekly_short(lines),
    )


def costs_of(lines: Lines, policy: Policy, recap: Recap) -> dict[date, Decimal]:
    """What each date adds to the month's percentage by `policy`; dates that add nothing are left out."""
    by_day = policy.month.classes is ClassesOver.DAY
    found = ((days, read_line(line).shown) for line, days in lines.items())
    each = ((days, one.percent if by_day else one.percent - one.class_percent) for days, one in found)
    costs: dict[date, Decimal] = {day: percent for days, percent in each if percent for day in days}
    for day, percent in _unpaid(lines, policy, recap).items():
        costs[day] = costs.get(day, NOTHING) + percent
    return dict(sorted(costs.items()))


def _unpaid(lines: Lines, policy: Policy, recap: Recap) -> dict[date, Decimal]:
    """What each day without allowance takes: an equal part of the month's, and the last one what rounding left."""
    codes = frozenset(policy.month.unpaid)
    days = sorted(day for line, some in lines.items() if read_line(line).verdict.code in codes for day in some)
    if not days or not recap.work_days:
        return {}
    whole = (Decimal(len(days) * 100) / recap.work_days).quantize(CENT, ROUND_HALF_UP)
    part = (Decimal(100) / recap.work_days).quantize(CENT, ROUND_HALF_UP)
    return dict.fromkeys(days[:-1], part) | {days[-1]: whole - part * (len(days) - 1)}


# --- PP 94 -----------------------------------------------------------------------------------------------------------


def _warned_by_lines(policies: Path, rows: list[RecapRow], first: date) -> list[RecapRow]:
    days = DayLine.objects.filter(day__gte=first.replace(month=1), day__lt=month_after(first))
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
    rows: list[RecapRow],
    first: date,
    absent: Mapping[int, list[date]],
    cells_of: Callable[[list[int]], Mapping[int, Mapping[date, str]]],
) -> list[RecapRow]:
    """Days without valid reason of the calendar year until this month's end, wherever the person was at home."""
    last = month_end(first)
    of_row = {row.person: law_on(policies, row.policy, last) for row in rows if row.person in absent}
    laws = {
        person: law
        for person, law in of_row.items()
        if any(len(absent[person]) >= one.days for one in (*law.month.warnings, *law.month.consecutive))
    }
    # Whether absences stand in a row can matter only to somebody who has so many of them.
    long = [
        person for person, law in laws.items() if any(len(absent[person]) >= one.days for one in law.month.consecutive)
    ]
    cells = cells_of(long) if long else {}
    return [
        replace(row, warned=_warned(row, laws[row.person], absent[row.person], cells.get(row.person, {})))
        if row.person in laws
        else row
        for row in rows
    ]


def _warned(row: RecapRow, policy: Policy, absent: list[date], cells: Mapping[date, str]) -> tuple[Warned, ...]:
    year = Recap(cells=dict(sorted(cells.items())) or dict.fromkeys(absent, policy.absent.code), absent=tuple(absent))
    return warnings([year], policy, employment=row.employment)


PEOPLE_MAX = 1_500


@dataclass(frozen=True, slots=True)
class Below:
    """A unit directly below, with everybody of its subtree; `closed` of its `units` have closed the month."""

    unit: Unit
    people: int
    units: int
    closed: int


class TooManyError(Exception):
    """The month of `unit` is shown by the units below it."""

    def __init__(self, unit: Unit, below: list[Below]) -> None:
        super().__init__(unit.name)
        self.unit, self.below = unit, below


def refuse_wide(unit: Unit, first: date) -> None:
    """TooManyError for a subtree of so many people that has units to choose from. One query for all others.

    A page of five thousand rows costs a second of work and is read by nobody; the whole month is had as a file.
    """
    if homes_in(first).filter(unit__path__startswith=unit.path).count() <= PEOPLE_MAX:
        return
    units = {one.number: one for one in units_below([unit.path])}
    people = Counter(number for number, _ in members_of(units, first))
    if people.total() > people[unit.number]:
        raise TooManyError(unit, _below(unit, units, people, first))


def _below(unit: Unit, units: dict[int, Unit], people: Counter[int], first: date) -> list[Below]:
    closings = Closing.objects.filter(unit__in=list(people), first=first, state=ClosingState.CLOSED)
    closed = set(closings.values_list("unit", flat=True))
    found = [Below(unit, people[unit.number], 1, int(unit.number in closed))] if people[unit.number] else []
    for child in units.values():
        if child.parent_id == unit.number:
            inside = [number for number, one in units.items() if one.path.startswith(child.path) and people[number]]
            if inside:
                sums = sum(people[number] for number in inside)
                found.append(Below(child, sums, len(inside), len(closed.intersection(inside))))
    return found
