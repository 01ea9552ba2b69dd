"""Which day of leave a day is: some days of sickness cost more than the first ones.

An article says what it counts: calendar days or work days, over a year or over one absence. Counted are the days of
one person and one code, whatever number of documents they stand in; where one document follows another with nothing
but free days between them, the two are one absence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, timedelta

from hadir.rules.excuse import CountedOver, DaysCounted, ExcuseRule

IsWorkDay = Callable[[date], bool]
_DAY = timedelta(days=1)


def day_number(on: date, taken: Collection[date], rule: ExcuseRule, is_work_day: IsWorkDay) -> int:
    """The ordinal of `on`, from 1, among the days of leave up to it; `taken` are all that documents cover."""
    before = _of_the_year(on, taken) if rule.per is CountedOver.YEAR else _of_the_absence(on, taken, is_work_day)
    if rule.counts is DaysCounted.WORK_DAYS:
        return 1 + sum(map(is_work_day, before))
    return 1 + len(before)


def _of_the_year(on: date, taken: Collection[date]) -> list[date]:
    return [day for day in taken if day.year == on.year and day < on]


def _of_the_absence(on: date, taken: Collection[date], is_work_day: IsWorkDay) -> list[date]:
    """The days of leave before `on` that only free days separate from it and from one another."""
    first, at, found = min(taken, default=on), on - _DAY, list[date]()
    while at >= first and (at in taken or not is_work_day(at)):
        if at in taken:
            found.append(at)
        at -= _DAY
    return found
