"""What must happen to dated rows so that something holds from a day on. Pure: rows in, changes out.

Rows are never overwritten: a row that must end otherwise is withdrawn, and another is put in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from hadir.office.ground.dated import DatedRow, in_force

_Row = TypeVar("_Row", bound=DatedRow)
Period = tuple[date, date | None]
"""`[from, until)`."""


@dataclass(frozen=True, slots=True)
class RowChange(Generic[_Row]):
    """`held` is what held before, if anything did; `again` the period for which it holds again, when it is withdrawn;
    `new` the period of what now holds, if it is not there yet.
    """

    held: _Row | None = None
    withdrawn: tuple[_Row, ...] = ()
    again: Period | None = None
    new: Period | None = None

    @property
    def is_none(self) -> bool:
        return not self.withdrawn and self.new is None

    @property
    def was(self) -> _Row | None:
        """What held, or was to hold later."""
        return self.held or next(iter(self.withdrawn), None)

    @property
    def entered(self) -> list[tuple[_Row | None, date, date | None]]:
        """Periods to enter: of the row that held, and (None) of what is new."""
        periods = ((self.held, self.again), (None, self.new))
        return [(row, *period) for row, period in periods if period is not None]

    @property
    def first_day(self) -> date | None:
        """From when on anything is different."""
        days = (self.new and self.new[0], self.again and self.again[1])
        return min((day for day in days if day is not None), default=None)


def hold(
    rows: Sequence[_Row],
    is_same: Callable[[_Row], bool],
    *,
    from_date: date | None,
    until_date: date | None,
    today: date,
) -> RowChange[_Row]:
    """Let something hold from `from_date` (None: as it is, else from today) until `until_date` (None: as it is).

    What begins only later stays as it is, too, when no first day is given: nobody's start moves without a word.
    `rows` are the present ones, in order of their first days, of which one holds at a time; `is_same` knows those that
    already say it.
    """
    start = from_date or today
    held = in_force(rows, start)
    if held is not None and is_same(held):
        return _until(held, until_date)
    later = next((row for row in rows if row.from_date > start), None)
    if from_date is None and held is None and later is not None and is_same(later):
        return _until(later, until_date)
    withdrawn = [] if held is None else [held]
    again = (held.from_date, start) if held is not None and held.from_date < start else None
    end = until_date
    if later is not None and is_same(later):
        withdrawn.append(later)
        end = until_date or later.until_date
    elif later is not None:
        end = min(until_date or later.from_date, later.from_date)
    return RowChange(held=held, withdrawn=tuple(withdrawn), again=again, new=(start, end))


def _until(held: _Row, until_date: date | None) -> RowChange[_Row]:
    if until_date is None or until_date == held.until_date or until_date <= held.from_date:
        return RowChange(held=held)
    return RowChange(held=held, withdrawn=(held,), again=(held.from_date, until_date))
