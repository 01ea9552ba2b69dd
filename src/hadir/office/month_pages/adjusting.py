"""What facts that came after closing change: lines in the next month that is open.

A unit's closed month is adjusted in the first month after it that is not closed. What has been carried into a month
that was closed later is paid, and only the rest is carried on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace as replaced

from hadir.office.ground.laws import law_on
from hadir.office.ground.rows import grouped
from hadir.office.months.closed_row import AdjustmentLine, MovedDay, kept_row
from hadir.office.months.following import Lines, baselines
from hadir.office.months.lines import month_day, month_verdict, read_line
from hadir.office.months.models import Carried, ClosedRow, Closing, ClosingState, DayLine, LateDay
from hadir.office.page.periods import month_after, month_end
from hadir.office.projection.models import Punch, VerdictRow
from hadir.rules.evidence import Source
from hadir.rules.months import NO_DAYS, ClosedMonth, Recap, adjustment, recap_of, settle

Key = tuple[int, int]
"""(closing, person)"""


def adjustments_into(policies: Path, units: Sequence[int], first: date) -> dict[Key, tuple[AdjustmentLine, ...]]:
    """(unit, person) -> what must be adjusted in the month that begins at `first`. One query when there is nothing."""
    late: dict[Key, list[date]] = defaultdict(list)
    days = LateDay.objects.filter(
        closing__unit__in=list(units), closing__first__lt=first, closing__state=ClosingState.CLOSED
    )
    for closing, person, day in days.order_by("day").values_list("closing", "person", "day"):
        late[closing, person].append(day)
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
    policies: Path, closings: Mapping[int, Closing], late: Mapping[Key, list[date]]
) -> list[AdjustmentLine]:
    people = {person for _, person in late}
    before = baselines(closings.values(), people)
    now = lines_now(closings.values(), people)
    paid = _paid(closings, people)
    found = []
    for key in late:
        line = _adjustment(policies, closings[key[0]], key[1], before.get(key, {}), now.get(key, {}), paid.get(key))
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


def _paid(closings: Iterable[int], people: Iterable[int]) -> dict[Key, Decimal]:
    """(closing, person) -> the percentage that has been deducted for the month: when it was closed, and since."""
    numbers, wanted = list(closings), list(people)
    paid: dict[Key, Decimal] = defaultdict(Decimal)
    for row in ClosedRow.objects.filter(closing__in=numbers, person__in=wanted):
        paid[row.closing_id, row.person_id] += kept_row(row.body).settlement.of_allowance
    for carried in Carried.objects.filter(source__in=numbers, person__in=wanted):
        paid[carried.source_id, carried.person_id] += carried.of_allowance
    return dict(paid)


def _adjustment(  # noqa: PLR0913, PLR0917 - before, now, and where
    policies: Path, closing: Closing, person: int, before: Lines, now: Lines, paid: Decimal | None
) -> AdjustmentLine | None:
    last = month_end(closing.first)
    policy = law_on(policies, month_verdict([*before.values(), *now.values()][-1]).version.policy, last)
    recap = _recap(before)
    # What was paid is what was closed, whatever the same lines would cost by a policy that changed since.
    settled = replaced(settle(recap, policy), of_allowance=paid or Decimal(0))
    year, month = closing.first.year, closing.first.month
    closed = ClosedMonth(year=year, month=month, recap=recap, settlement=settled, versions=())
    found = adjustment(closed, _recap(now), policy)
    if found is None:
        return None
    moved = tuple(MovedDay(day=day, before=was, after=is_now) for day, was, is_now in _moved(before, now))
    return AdjustmentLine(
        first=closing.first, closing=closing.number, person=person, moved=moved, of_allowance=found.of_allowance
    )


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
                    why=_why(
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
