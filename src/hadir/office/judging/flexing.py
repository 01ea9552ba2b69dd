"""How often flexible time was used in a month before a day: some policies count it (PANRB 6/2018: five times)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from hadir.office.months.lines import month_verdict
from hadir.office.months.models import DayLine
from hadir.rules.duty import DutyDay


def is_limited(duty_day: DutyDay | None) -> bool:
    return duty_day is not None and duty_day.flex is not None and duty_day.flex.times_per_month is not None


def flex_times(days: Sequence[tuple[int, date]]) -> dict[tuple[int, date], int]:
    """As the kept verdicts of the month's earlier days say. When one changes, the later ones are judged again."""
    if not days:
        return {}
    used = used_on({person for person, _ in days}, min(day for _, day in days).replace(day=1), max(d for _, d in days))
    return {
        (person, day): sum(day.replace(day=1) <= one < day for one in used[person])
        for person, day in days
    }  # fmt: skip


def used_on(people: set[int], first: date, last: date) -> dict[int, set[date]]:
    """On which of these dates each person used flexible time."""
    found: dict[int, set[date]] = defaultdict(set)
    rows = DayLine.objects.filter(person__in=people, day__gte=first, day__lte=last)
    for person, day, line in rows.values_list("person", "day", "line"):
        if month_verdict(line).flex_used:
            found[person].add(day)
    return found
