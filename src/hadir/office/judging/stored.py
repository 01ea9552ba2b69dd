"""The stored verdicts held against what the installed rules say, and nothing written: between two releases."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from hadir.office.ground.rows import listed
from hadir.office.judging.judge import DaysAsked, JudgeRequest, judge
from hadir.office.judging.judging import JudgeContext, PersonDayKey, day_line
from hadir.office.months.lines import read_line
from hadir.office.months.models import DayLine, PriceChange
from hadir.office.months.older import price_change
from hadir.office.page.periods import month_after
from hadir.office.projection.models import VerdictRow

_DAYS_AT_ONCE = 2_500


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A day whose stored line says something else than the installed rules do."""

    day: date
    before: str
    after: str
    change: PriceChange

    @property
    def letters(self) -> tuple[str, str]:
        return read_line(self.before).letters, read_line(self.after).letters


@dataclass(slots=True)
class StoredComparison:
    """`people` and `days` are those compared; `changes` by person."""

    days: int = 0
    people: set[int] = field(default_factory=set)
    changes: dict[int, list[StoredChange]] = field(default_factory=lambda: defaultdict(list))

    @property
    def counts(self) -> Counter[str]:
        return Counter(one.change.value for days in self.changes.values() for one in days)

    @property
    def letters(self) -> Counter[tuple[str, str]]:
        return Counter(one.letters for days in self.changes.values() for one in days)


def compare_stored(
    context: JudgeContext, *, now_ms: int, first: date | None = None, say: Callable[[str], object] = lambda _: None
) -> StoredComparison:
    """All stored days that are over, or those of one month. Days that run are judged when they end."""
    found = StoredComparison()
    for days in _batches(first):
        request = JudgeRequest(days=days, now_ms=now_ms, days_asked=DaysAsked.KEPT, by_installed_rules=True)
        judged = judge(context, request)
        for key, line in _lines(days).items():
            said = day_line(judged[key]).line if key in judged else line
            change = price_change(line, said)
            if change is not PriceChange.NONE:
                found.changes[key[0]].append(StoredChange(key[1], line, said, change))
        found.days += len(days)
        found.people |= {person for person, _ in days}
        say(f"{found.days} stored verdicts compared")
    return found


def _batches(first: date | None) -> Iterator[list[PersonDayKey]]:
    rows = VerdictRow.objects.filter(open_until_ms=None).order_by("person", "day")
    if first is not None:
        rows = rows.filter(day__gte=first, day__lt=month_after(first))
    rest = rows
    while days := list(rest.values_list("person", "day")[:_DAYS_AT_ONCE]):
        yield days
        person, day = days[-1]
        rest = rows.filter(Q(person__gt=person) | Q(person=person, day__gt=day))


def _lines(days: Sequence[PersonDayKey]) -> dict[PersonDayKey, str]:
    wanted = set(days)
    rows = DayLine.objects.filter(person__in=listed({person for person, _ in days}), day__in={day for _, day in days})
    found = rows.order_by("person", "day").values_list("person", "day", "line")
    return {(person, day): line for person, day, line in found if (person, day) in wanted}
