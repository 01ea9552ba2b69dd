"""The follower's part: day lines beside the verdicts, and which days of closed months are no more what they were.

1. Write the lines of the days that were judged; remove those of days on which nobody judges any more.
2. Hold those that lie in closed months against what was closed, or last carried into a later month.
3. Note each that differs, forget each that does not. An adjustment is made of the notes when a later month is read.

It runs in the transaction that keeps the verdicts, and gives the same again from the start. A month that was closed
under older rules owes nothing to newer ones: a day of it is noted only if the office was told something of it since.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from datetime import date

from hadir.office.ground.rows import listed, put_values
from hadir.office.months.lines import LineRow, is_same
from hadir.office.months.models import Carried, ClosedRow, Closing, ClosingState, DayLine, LateDay
from hadir.rules.policy_file import RULES_VERSION

Key = tuple[int, date]
Lines = dict[str, str]
ToldSince = Callable[[Collection[Key], int], Container[Key]]
"""Of which of these person-days the office was told anything after that moment."""
_FIELDS = ("unit", "status", "line", "arrival_ms", "version")


def put_lines(rows: Sequence[LineRow], gone: Iterable[Key] = (), *, told_since: ToldSince | None = None) -> None:
    """These lines in place of the old ones; `gone` are days that have none any more."""
    removed = list(gone)
    for person, day in removed:
        DayLine.objects.filter(person=person, day=day).delete()
    put_values(DayLine, LineRow._fields, rows, unique=["person", "day"], update=_FIELDS)
    _note_late({(row.person, row.day): row for row in rows}, removed, told_since)


def _note_late(rows: Mapping[Key, LineRow], removed: Sequence[Key], told_since: ToldSince | None) -> None:
    keys = [*rows, *removed]
    firsts = {day.replace(day=1) for _, day in keys}
    closings = list(Closing.objects.filter(first__in=firsts, state=ClosingState.CLOSED))
    if not closings:
        return
    before = baselines(closings, {person for person, _ in keys})
    held = [(one, person, day) for person, day in keys for one in closings if one.first == day.replace(day=1)]
    late: list[tuple[int, int, date]] = []
    for closing, person, day in held:
        row = rows.get((person, day))
        now = row.line if row is not None and row.unit == closing.unit_id else None
        if not is_same(before.get((closing.number, person), {}).get(day.isoformat()), now):
            late.append((closing.number, person, day))
    late = _owed_by_older(closings, late, told_since)
    LateDay.objects.bulk_create(
        [LateDay(closing_id=closing, person=person, day=day) for closing, person, day in late], ignore_conflicts=True
    )
    noted = LateDay.objects.filter(closing__in=closings).values_list("pk", "closing_id", "person", "day")
    same = {(closing.number, person, day) for closing, person, day in held}.difference(late)
    forgotten = [pk for pk, *where in noted if tuple(where) in same]
    LateDay.objects.filter(pk__in=listed(forgotten)).delete()


def _owed_by_older(
    closings: Sequence[Closing], late: Sequence[tuple[int, int, date]], told_since: ToldSince | None
) -> list[tuple[int, int, date]]:
    """Of a month that was closed under older rules, only the days of which something was told since."""
    if told_since is None:
        return list(late)
    kept = []
    for closing in closings:
        mine = [one for one in late if one[0] == closing.number]
        if mine and any(version["rules"] != RULES_VERSION for version in closing.versions):
            told = told_since([(person, day) for _, person, day in mine], closing.closed_at_ms)
            mine = [one for one in mine if one[1:] in told]
        kept += mine
    return kept


def note_all_late(told_since: ToldSince) -> None:
    """After a rebuild: a day that had a verdict when its month was closed may have none now, and nobody judged it."""
    for closing in Closing.objects.filter(state=ClosingState.CLOSED):
        people = closing.rows.values_list("person", flat=True)
        for (_, person), lines in baselines([closing], people).items():
            there = DayLine.objects.filter(person=person, day__in=list(lines)).values_list("day", flat=True)
            gone = {date.fromisoformat(day) for day in lines} - set(there)
            _note_late({}, [(person, day) for day in gone], told_since)


def baselines(closings: Iterable[Closing], people: Iterable[int]) -> dict[tuple[int, int], Lines]:
    """(closing, person) -> the lines that have been paid: as closed, or as the last adjustment left them."""
    numbers, wanted = [one.number for one in closings], list(people)
    rows = ClosedRow.objects.filter(closing__in=numbers, person__in=wanted)
    found = {(row.closing_id, row.person_id): row.lines for row in rows}
    # In the order in which they were carried, so that the last one stays.
    for carried in Carried.objects.filter(source__in=numbers, person__in=wanted).order_by("pk"):
        found[carried.source_id, carried.person_id] = carried.lines
    return found
