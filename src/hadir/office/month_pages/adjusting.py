"""What facts that came after closing change: lines in the next month that is open.

A unit's closed month is adjusted in the first month after it that is not closed. What has been carried into a month
that was closed later is paid, and only the rest is carried on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from hadir.office.ground.laws import law_on
from hadir.office.ground.rows import grouped
from hadir.office.months.closed_row import AdjustmentLine, MovedDay
from hadir.office.months.following import Lines, baselines
from hadir.office.months.lines import is_same, month_day, month_verdict, read_line
from hadir.office.months.models import Closing, ClosingState, DayLine, LateDay
from hadir.office.page.periods import month_after, month_end
from hadir.office.projection.models import Punch, VerdictRow
from hadir.rules.evidence import Source
from hadir.rules.months import NO_DAYS, ClosedMonth, Recap, adjustment, recap_of, settle

Key = tuple[int, int]
"""(closing, person)"""
_COUNTED_OTHERWISE: tuple[Mapping[str, Any], ...] = ({"code": "months.why.edition"},)
"""The installed rules say something else of the day, also without what came: the difference that it makes is paid."""


def adjustments_into(policies: Path, units: Sequence[int], first: date) -> dict[Key, tuple[AdjustmentLine, ...]]:
    """(unit, person) -> what must be adjusted in the month that begins at `first`. One query when there is nothing."""
    late: dict[Key, list[LateDay]] = defaultdict(list)
    days = LateDay.objects.filter(
        closing__unit__in=list(units), closing__first__lt=first, closing__state=ClosingState.CLOSED
    )
    for row in days.order_by("day"):
        late[row.closing_id, row.person].append(row)
    if not late:
        return {}
    closings = _adjusted_in(units, first, {closing for closing, _ in late})
    found = {key: days for key, days in late.items() if key[0] in closings}
    lines = _adjustments(policies, closings, found)
    by_row = grouped(lines, lambda line: (closings[line.closing].unit_id, line.person))
    return {key: tuple(sorted(these, key=lambda one: one.first)) for key, these in by_row.items()}


def _adjusted_in(units: Sequence[int], first: date, numbers: set[int]) -> dict[int, Closing]:
    """Those of the closings after which the month `first` is the next one that is open."""
    closed = Closing.objects.filter(unit__in=list(units), state=ClosingState.CLOSED, first__lt=first)
    by_unit: dict[int, set[date]] = defaultdict(set)
    for row in closed:
        by_unit[row.unit_id].add(row.first)
    found = {}
    for row in closed:
        between = (first.year - row.first.year) * 12 + first.month - row.first.month - 1
        if row.number in numbers and sum(one > row.first for one in by_unit[row.unit_id]) == between:
            found[row.number] = row
    return found


def _adjustments(
    policies: Path, closings: Mapping[int, Closing], late: Mapping[Key, Sequence[LateDay]]
) -> list[AdjustmentLine]:
    paid = baselines(closings.values(), {person for _, person in late})
    found = []
    for key, days in late.items():
        line = _adjustment(policies, closings[key[0]], key[1], paid.get(key, {}), days)
        if line is not None:
            found.append(line)
    return _explained(closings, found)


def lines_now(closings: Iterable[Closing], people: Iterable[int]) -> dict[Key, Lines]:
    """(closing, person) -> the lines of its month and unit as the verdicts stand."""
    found: dict[Key, Lines] = defaultdict(dict)
    wanted = list(people)
    for closing in closings:
        rows = DayLine.objects.filter(
            person__in=wanted, unit=closing.unit_id, day__gte=closing.first, day__lt=month_after(closing.first)
        )
        for person, day, line in rows.order_by("day").values_list("person", "day", "line"):
            found[closing.number, person][day.isoformat()] = line
    return dict(found)


def _adjustment(
    policies: Path, closing: Closing, person: int, paid: Lines, days: Sequence[LateDay]
) -> AdjustmentLine | None:
    """The difference that what was told makes to the month that was paid, by one and the same rules."""
    before = _with(paid, {row.day: row.without for row in days})
    now = _with(paid, {row.day: row.told for row in days})
    last = month_end(closing.first)
    policy = law_on(policies, month_verdict([*before.values(), *now.values()][-1]).version.policy, last)
    recap = _recap(before)
    year, month = closing.first.year, closing.first.month
    closed = ClosedMonth(year=year, month=month, recap=recap, settlement=settle(recap, policy), versions=())
    found = adjustment(closed, _recap(now), policy)
    if found is None:
        return None
    otherwise = {row.day for row in days if not is_same(row.without, paid.get(row.day.isoformat()))}
    moved = tuple(
        MovedDay(day=day, before=was, after=is_now, why=_COUNTED_OTHERWISE if day in otherwise else ())
        for day, was, is_now in _moved(before, now)
    )
    return AdjustmentLine(
        first=closing.first, closing=closing.number, person=person, moved=moved, of_allowance=found.of_allowance
    )


def _with(paid: Lines, days: Mapping[date, str | None]) -> Lines:
    """The month's lines with these days in place of theirs; None: the day has no verdict."""
    changed = paid | {day.isoformat(): line for day, line in days.items() if line is not None}
    gone = {day.isoformat() for day, line in days.items() if line is None}
    return {day: line for day, line in changed.items() if day not in gone}


def _moved(before: Lines, now: Lines) -> list[tuple[date, str, str]]:
    """The dates that show other letters than they did, with both."""
    was, is_now = ({day: read_line(line).letters for day, line in lines.items()} for lines in (before, now))
    days = sorted(day for day in {*was, *is_now} if was.get(day) != is_now.get(day))
    return [(date.fromisoformat(day), was.get(day, ""), is_now.get(day, "")) for day in days]


def _recap(lines: Lines) -> Recap:
    return recap_of(month_day(date.fromisoformat(day), line) for day, line in lines.items()) if lines else NO_DAYS


# --- why -------------------------------------------------------------------------------------------------------------


def _explained(closings: Mapping[int, Closing], lines: Sequence[AdjustmentLine]) -> list[AdjustmentLine]:
    """Each moved day with what came after closing: taps, lists, excuses; else the register or the rules."""
    people = {line.person for line in lines}
    days = {moved.day for line in lines for moved in line.moved}
    verdicts = {
        (person, day): body
        for person, day, body in VerdictRow.objects.filter(person__in=people, day__in=days).values_list(
            "person", "day", "body"
        )
    }
    punches = Punch.objects.filter(person__in=people, day__in=days).order_by("received_at_ms")
    taps = grouped(punches, lambda punch: (punch.person, punch.day))
    return [
        replace(
            line,
            moved=tuple(
                replace(
                    moved,
                    why=moved.why
                    + _why(
                        taps.get((line.person, moved.day), ()),
                        verdicts.get((line.person, moved.day)),
                        closings[line.closing].closed_at_ms,
                    ),
                )
                for moved in line.moved
            ),
        )
        for line in lines
    ]


def _why(taps: Sequence[Punch], body: Mapping[str, Any] | None, closed_at_ms: int) -> tuple[Mapping[str, Any], ...]:
    """Codes of the catalogue with their parameters."""
    found: list[Mapping[str, Any]] = []
    for tap in taps:
        if tap.received_at_ms > closed_at_ms:
            code = "months.why.list" if tap.source == Source.MANUAL_LIST else "months.why.tap"
            found.append({"code": code, "received_ms": tap.received_at_ms})
    halves = [body["arrival"], body["departure"]] if body else []
    refs = sorted({ref for half in halves if half for ref in half["excuses"]})
    found += [{"code": "months.why.excuse", "ref": ref} for ref in refs]
    return tuple(found) or ({"code": "months.why.facts"},)
