"""A person's month as a calendar: the letters of each day, as they stand on the recap and on paper."""

from calendar import Calendar
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hadir.office.day_pages.groups import group_of, headline, tone_of
from hadir.office.excuses.models import Excuse
from hadir.office.ground.laws import law_on
from hadir.office.ground.rows import grouped
from hadir.office.judging.judge import DaysAsked, JudgeRequest, judge
from hadir.office.judging.judging import JudgeContext, Judged
from hadir.office.months.letters import current_letters, legend_of, meanings_of, printed, shown_day
from hadir.office.page.periods import month_after, month_before, month_end
from hadir.office.people.models import Person
from hadir.rules.months import MonthDay, recap_of, settle
from hadir.rules.verdict import DayStatus


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """One day; `codes` are texts, so that nobody has to know a colour."""

    day: date
    codes: tuple[str, ...]
    headline: dict[str, Any] | None
    tone: str
    is_future: bool
    unit: str = ""
    """Where the person was at home on that day."""


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    weeks: list[list[CalendarCell | None]]
    counts: list[tuple[str, int]]
    deduction: Decimal
    legend: list[tuple[str, str]]
    """Letters that stand in this month, each with the code of its text."""

    @property
    def days(self) -> list[date]:
        return [cell.day for week in self.weeks for cell in week if cell is not None]

    @property
    def before(self) -> date:
        return month_before(self.first)

    @property
    def after(self) -> date:
        return month_after(self.first)


def month_of(context: JudgeContext, person: Person, first: date, *, today: date, now_ms: int) -> Month:
    """Every day of the month judged as the context knows the records. The same queries, whatever number of days."""
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    days = [day for week in weeks for day in week if day.month == first.month]
    request = JudgeRequest(days=[(person.number, day) for day in days], now_ms=now_ms, days_asked=DaysAsked.SHOWN)
    judged = {day: one for (_, day), one in judge(context, request).items()}
    letters = current_letters()
    codes = _codes(judged, days, today)
    cells = {
        day: _cell(day, judged.get(day), tuple(printed(code, letters) for code in codes[day]), today) for day in days
    }
    counted = Counter(letter for cell in cells.values() if not cell.is_future for letter in cell.codes)
    policies = {one.where.policy.version: one.where.policy for one in judged.values()}
    return Month(
        first=first,
        weeks=[[cells.get(day) for day in week] for week in weeks],
        counts=sorted(counted.items()),
        deduction=_deduction(context, first, [one for day, one in judged.items() if day <= today]),
        legend=legend_of((code for day in days for code in codes[day]), meanings_of(policies.values()), letters),
    )


def _codes(judged: Mapping[date, Judged], days: Iterable[date], today: date) -> dict[date, tuple[str, ...]]:
    """Of a day that has not come only what is settled already: that nothing is owed, or what was granted."""
    numbers = {number for day, one in judged.items() if day > today for number in _covering(one)}
    kinds = {row.number: str(row.kind) for row in Excuse.objects.filter(number__in=numbers)}
    found: dict[date, tuple[str, ...]] = {}
    for day in days:
        one = judged.get(day)
        found[day] = shown_day(one.verdict).letters if one else ()
        if one and day > today and one.verdict.status is DayStatus.NOT_YET:
            found[day] = tuple(dict.fromkeys(kinds[number] for number in _covering(one)))
    return found


def _covering(judged: Judged) -> list[int]:
    where = judged.where
    return [cover.number for cover in judged.facts.covering(where.person, where.unit, where.day)]


def _cell(day: date, judged: Judged | None, codes: tuple[str, ...], today: date) -> CalendarCell:
    if judged is None:
        return CalendarCell(day, codes, None, "plain", is_future=day > today)
    if day > today:
        is_granted = bool(codes) and judged.verdict.status is not DayStatus.OFF_DUTY
        return CalendarCell(day, codes, None, "waiting" if is_granted else "plain", is_future=True)
    tone = tone_of(group_of(judged.body, is_day_off=False), judged.body)
    return CalendarCell(day, codes, headline(judged.body), tone, is_future=False, unit=judged.where.unit.name)


def _deduction(context: JudgeContext, first: date, judged: Iterable[Judged]) -> Decimal:
    """What these days cost, reckoned as the recap reckons it: each unit's days by the law of its last one."""
    by_unit = grouped(judged, lambda one: one.where.unit.number)
    found = Decimal(0)
    for days in by_unit.values():
        name = max(days, key=lambda one: one.where.day).where.policy.version.name
        recap = recap_of(MonthDay(date=one.where.day, verdict=one.verdict) for one in days)
        found += settle(recap, law_on(context.policies, name, month_end(first))).percent
    return found
