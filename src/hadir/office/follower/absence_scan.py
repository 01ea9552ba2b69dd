"""Days of which nothing was recorded: once they have ended they are judged, too, absence and free days alike.

Where a roll-out was decided, recording is owed from its first day on. Elsewhere it is owed in a unit from the first day
on which anybody there recorded: what stands in no record of anybody is no absence. Coming days have no rows at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from hadir.office.duties.kinds import LawKind
from hadir.office.duties.models import LawAct
from hadir.office.ground.moments import day_at
from hadir.office.ground.rows import grouped, listed, put_values
from hadir.office.ground.zones import Zone
from hadir.office.judging.judge import began_on
from hadir.office.people.models import AT_HOME, Assignment
from hadir.office.people.queries import home_in_force
from hadir.office.projection.invalidation import mark_dirty
from hadir.office.projection.models import SweptUnit, VerdictRow
from hadir.office.units.models import Unit

UNITS_AT_ONCE = 100


class Unrecorded(NamedTuple):
    """Person-days that have no verdict, and the units that were looked through."""

    days: list[tuple[int, date]]
    units: list[tuple[int, date, date]]
    """(unit, from, until)."""


def mark_unrecorded_days(now_ms: int) -> int:
    """Mark the ended person-days of each unit that have no verdict, once for each date. Returns how many units it
    looked at: 0, after one query, on most passes."""
    found = find_unrecorded_days(now_ms)
    keep_unrecorded_days(found)
    return len(found.units)


def keep_unrecorded_days(found: Unrecorded) -> None:
    if found.units:
        names = ("unit", "from_date", "until_date")
        with transaction.atomic():
            mark_dirty(found.days)
            put_values(SweptUnit, names, found.units, unique=("unit",), update=names[1:])


def find_unrecorded_days(now_ms: int) -> Unrecorded:
    """What `mark_unrecorded_days` marks."""
    swept = SweptUnit.objects
    due = Q()
    for zone in Zone.values:
        up_to_date = swept.filter(until_date__gte=day_at(now_ms, zone)).values("unit")
        due |= Q(zone=zone) & ~Q(number__in=up_to_date)
    units = list(Unit.objects.filter(due))
    if not units:
        return Unrecorded([], [])
    first_days = began_on(unit.number for unit in units)
    roll_outs = list(LawAct.objects.current().filter(kind=LawKind.ROLL_OUT).select_related("unit"))
    known = swept.in_bulk([unit.number for unit in units])
    done: list[tuple[int, date, date]] = []
    since: dict[tuple[date, date], list[int]] = defaultdict(list)
    for unit in units:
        today = day_at(now_ms, unit.zone)
        obliged = [row.from_date for row in roll_outs if row.unit is None or unit.path.startswith(row.unit.path)]
        # The first day that anybody of the unit may owe; today while there is none.
        from_date = min([today, *obliged, first_days.get(unit.number, today)])
        last = known.get(unit.number)
        begin = last.until_date if last is not None and from_date >= last.from_date else from_date
        since[begin, today].append(unit.number)
        done.append((unit.number, from_date, today))
    return Unrecorded([key for dates, numbers in since.items() for key in _without_verdict(numbers, *dates)], done)


def forget_later_sweeps(days: Iterable[tuple[int, date]]) -> None:
    """A record of a day before the first one known: the days since then are looked for once more."""
    earliest = {unit: min(day for _, day in known) for unit, known in grouped(days, lambda key: key[0]).items()}
    later = [row.unit for row in SweptUnit.objects.filter(unit__in=earliest) if earliest[row.unit] < row.from_date]
    SweptUnit.objects.filter(unit__in=later).delete()


def forget_lost_beginnings(days: Iterable[tuple[int, date]]) -> None:
    """Days that have no tap any more: where recording seemed to begin by one of them, what followed is judged again."""
    wanted = set(days)
    people, dates = {person for person, _ in wanted}, {day for _, day in wanted}
    had = VerdictRow.objects.filter(taps__gt=0, person__in=people, day__in=dates)
    known = had.values_list("pk", "person", "day", "unit") if wanted else ()
    lost = {pk: (day, unit) for pk, person, day, unit in known if (person, day) in wanted}
    if not lost:
        return
    VerdictRow.objects.filter(pk__in=lost).update(taps=0)
    swept = SweptUnit.objects.filter(unit__in={unit for _, unit in lost.values()})
    began = dict(swept.values_list("unit", "from_date"))
    units = {unit for day, unit in lost.values() if unit not in began or day <= began[unit]}
    SweptUnit.objects.filter(unit__in=units).delete()
    mark_dirty(VerdictRow.objects.filter(unit__in=units, taps=0).values_list("person", "day"))


def _without_verdict(units: Sequence[int], from_date: date, until_date: date) -> Iterator[tuple[int, date]]:
    """(person, day) of everybody at home in one of the units in `[from_date, until_date)` without a verdict yet."""
    dates = [from_date + timedelta(days=number) for number in range((until_date - from_date).days)]
    for begin in range(0, len(units) if dates else 0, UNITS_AT_ONCE):
        some = set(units[begin : begin + UNITS_AT_ONCE])
        here = Assignment.objects.current().filter(AT_HOME, unit__in=some)
        rows = Assignment.objects.current().filter(AT_HOME, person__in=here.values("person")).order_by("from_date")
        homes = grouped(rows, lambda row: row.person_id)
        kept = VerdictRow.objects.filter(person__in=listed(homes), day__gte=from_date, day__lt=until_date)
        known = set(kept.values_list("person", "day"))
        for person, own in homes.items():
            for day in dates:
                if (person, day) not in known and (home := home_in_force(own, day)) and home.unit_id in some:
                    yield person, day
