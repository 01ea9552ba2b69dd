"""A unit's month as the office knew things at an earlier moment: judged again, and held against what is said today.

A month that was closed by then is judged again, too, and the answer held against its rows: it must be the same.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

import msgspec

from hadir.office.acts.models import OutboxRow
from hadir.office.judging.changes_since import Since, facts_since
from hadir.office.judging.judge import DaysAsked, JudgeRequest, judge
from hadir.office.judging.judging import JudgeContext, PersonDayKey, day_line
from hadir.office.month_pages.recap import (
    Lines,
    MonthRecap,
    RecapRow,
    days_of,
    members_of,
    row_of,
    with_standing,
    with_warnings,
)
from hadir.office.months.closed_row import body_of, kept_row
from hadir.office.months.lines import LineRow, is_same, month_day, read_line
from hadir.office.months.models import Closing, ClosingAct, ClosingStep, DayLine
from hadir.office.page.periods import month_after, month_end
from hadir.office.people.models import Person
from hadir.office.units.models import Unit
from hadir.office.units.queries import units_below
from hadir.records.server_records import StaffFact
from hadir.rules.verdict import DayStatus

_PEOPLE_AT_ONCE = 100
_EMPLOYMENT = "fact.employment"


@dataclass(frozen=True, slots=True)
class Differs:
    """A day of which something else is said today, in letters, and what the office was told since about it."""

    day: date
    then: str
    now: str
    since: tuple[Since, ...]


@dataclass(frozen=True, slots=True)
class PersonDiffers:
    person: Person
    days: tuple[Differs, ...]

    @property
    def by_facts(self) -> list[tuple[tuple[Since, ...], list[Differs]]]:
        """Days in a row about which the same was told, together."""
        return [(since, list(days)) for since, days in groupby(self.days, key=lambda one: one.since)]


@dataclass(frozen=True, slots=True)
class ClosedThen:
    """A unit's closing that stood at that moment, and whose rows come out otherwise when they are judged again."""

    closing: Closing
    other: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KnownMonth:
    """`month` as it stood at `known_at_ms`; `differs` are people of whom something else is said today."""

    month: MonthRecap
    known_at_ms: int
    differs: tuple[PersonDiffers, ...]
    closed: tuple[ClosedThen, ...]

    @property
    def of(self) -> dict[int, PersonDiffers]:
        return {one.person.number: one for one in self.differs}


Judged = dict["PersonDayKey", LineRow]


def month_as_known(context: JudgeContext, unit: Unit, first: date, *, with_year: bool = True) -> KnownMonth:
    """The month of the unit's subtree as the context knows things, at `context.known_at_ms`.

    `with_year`: with the warnings, for which every month of the year before this one is judged again, too.
    """
    assert context.known_at_ms is not None
    units = {one.number: one for one in units_below([unit.path])}
    members = members_of(units, first, context.known_at_ms)
    people = sorted({person for _, person in members})
    found = _lines_then(context, people, days_of(first))
    rows = _rows(context, units, members, found, first)
    if with_year:
        rows = _warned(context, rows, found, first)
    closings = _closed_then(list(units), first, context.known_at_ms)
    rows = [_with_adjustments(row, closings.get(row.unit.number)) for row in rows]
    rows.sort(key=lambda row: (row.unit.path, row.name, row.person))
    month = MonthRecap(unit=unit, first=first, rows=rows, closings=[], open_units=[])
    return KnownMonth(
        month=month,
        known_at_ms=context.known_at_ms,
        differs=_differs(found, list(units), first, context.known_at_ms),
        closed=tuple(_held_against(closing, rows, with_year=with_year) for closing in closings.values()),
    )


def people_of(unit: Unit, first: date, known_at_ms: int) -> int:
    """How many people the month is about: what it costs to judge it again."""
    units = [one.number for one in units_below([unit.path])]
    return len({person for _, person in members_of(units, first, known_at_ms)})


def _lines_then(context: JudgeContext, people: Collection[int], days: Collection[date]) -> Judged:
    """The day lines as the follower would have written them then."""
    assert context.known_at_ms is not None
    numbers = list(people)
    found: Judged = {}
    for at in range(0, len(numbers), _PEOPLE_AT_ONCE):
        some = numbers[at : at + _PEOPLE_AT_ONCE]
        wanted = [(person, day) for person in some for day in days]
        request = JudgeRequest(days=wanted, now_ms=context.known_at_ms, days_asked=DaysAsked.KEPT)
        found |= {key: day_line(one) for key, one in judge(context, request).items()}
    return found


def _rows(
    context: JudgeContext, units: Mapping[int, Unit], members: set[tuple[int, int]], found: Judged, first: date
) -> list[RecapRow]:
    known_at_ms, last = context.known_at_ms, month_end(first)
    lines: dict[tuple[int, int], Lines] = defaultdict(dict)
    for (person, day), line in found.items():
        if line.unit in units:
            lines[line.unit, person].setdefault(line.line, []).append(day)
    keys = members | lines.keys()
    people = {row.number: row for row in Person.objects.filter(number__in={person for _, person in keys})}
    kinds = _employments(people, known_at_ms)
    rows = [
        row_of(context.policies, units[unit], people[person], lines.get((unit, person), {}), (), last)
        for unit, person in keys
    ]
    rows = [replace(row, employment=kinds.get(row.person, row.employment)) for row in rows]
    return with_standing(rows, first, known_at_ms)


def _employments(people: Iterable[int], known_at_ms: int | None) -> dict[int, str]:
    """The kind of employment as its last record until then says; who has none is left out."""
    records = OutboxRow.objects.filter(act=_EMPLOYMENT, person__in=list(people), at_ms__lte=known_at_ms)
    facts = (msgspec.json.decode(bytes(body), type=StaffFact) for body in records.values_list("body", flat=True))
    return {fact.person: fact.value for fact in facts}


def _warned(context: JudgeContext, rows: list[RecapRow], found: Judged, first: date) -> list[RecapRow]:
    earlier = [day for month in range(1, first.month) for day in days_of(first.replace(month=month))]
    lines = found | (_lines_then(context, sorted({row.person for row in rows}), earlier) if earlier else {})
    judged = {row.person for row in rows if row.policy}
    absent: dict[int, list[date]] = defaultdict(list)
    cells: dict[int, dict[date, str]] = defaultdict(dict)
    for (person, day), line in sorted(lines.items(), key=lambda one: one[0][1]):
        cells[person][day] = month_day(day, line.line).verdict.code
        if line.status == DayStatus.ABSENT.value and person in judged:
            absent[person].append(day)
    return with_warnings(context.policies, rows, first, absent, lambda people: {one: cells[one] for one in people})


# --- what had been closed --------------------------------------------------------------------------------------------


def _closed_then(units: list[int], first: date, known_at_ms: int) -> dict[int, Closing]:
    """unit -> its closing of the month that stood then."""
    rows = Closing.objects.filter(unit__in=units, first=first, closed_at_ms__lte=known_at_ms).select_related("unit")
    opened = ClosingStep.objects.filter(closing__in=rows, act=ClosingAct.REOPEN, at_ms__lte=known_at_ms)
    again = set(opened.values_list("closing_id", flat=True))
    return {row.unit_id: row for row in rows.order_by("number") if row.number not in again}


def _with_adjustments(row: RecapRow, closing: Closing | None) -> RecapRow:
    """What the month carried of earlier ones is settled by its closing."""
    kept = closing.rows.filter(person=row.person).first() if closing is not None else None
    return row if kept is None else replace(row, adjustments=kept_row(kept.body).adjustments)


def _held_against(closing: Closing, rows: Iterable[RecapRow], *, with_year: bool) -> ClosedThen:
    """Warnings are held against each other only where they were looked for, and what was not kept yet nowhere."""
    bodies = dict(closing.rows.values_list("person", "body"))
    skipped = {"shown", "costs"} - set().union(*bodies.values()) if bodies else set()
    skipped |= set() if with_year else {"warned"}
    again = {row.person: _text(body_of(row), skipped) for row in rows if row.unit.number == closing.unit_id}
    kept = {person: _text(body, skipped) for person, body in bodies.items()}
    other = [person for person in again.keys() | kept.keys() if again.get(person) != kept.get(person)]
    return ClosedThen(closing, tuple(sorted(other)))


def _text(body: Mapping[str, object], skipped: Collection[str]) -> bytes:
    told = {name: value for name, value in body.items() if name not in skipped}
    return msgspec.json.encode(told, order="deterministic")


# --- what is said today ----------------------------------------------------------------------------------------------


def _differs(found: Judged, units: list[int], first: date, known_at_ms: int) -> tuple[PersonDiffers, ...]:
    then = {key: (line.unit, line.line) for key, line in found.items() if line.unit in units}
    people = {person for person, _ in found}
    rows = DayLine.objects.filter(day__gte=first, day__lt=month_after(first))
    now = {
        (person, day): (unit, line)
        for person, day, unit, line in [
            *rows.filter(unit__in=units).values_list("person", "day", "unit", "line"),
            *rows.filter(person__in=people).values_list("person", "day", "unit", "line"),
        ]
    }
    changed = [key for key in sorted(then.keys() | now.keys()) if not _is_same(then.get(key), now.get(key))]
    changed = [key for key in changed if key in then or now[key][0] in units]
    since = facts_since(changed, known_at_ms)
    names = Person.objects.in_bulk({person for person, _ in changed})
    of: dict[int, list[Differs]] = defaultdict(list)
    for key in changed:
        said = [_letters(one.get(key), units) for one in (then, now)]
        of[key[0]].append(Differs(key[1], said[0], said[1], tuple(since.get(key, ()))))
    return tuple(PersonDiffers(names[person], tuple(days)) for person, days in of.items() if person in names)


def _is_same(one: tuple[int, str] | None, other: tuple[int, str] | None) -> bool:
    if one is None or other is None:
        return one is other
    return one[0] == other[0] and is_same(one[1], other[1])


def _letters(said: tuple[int, str] | None, units: list[int]) -> str:
    """`TL1`; empty where nothing was said, or of another unit."""
    if said is None or said[0] not in units:
        return ""
    return read_line(said[1]).letters
