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


@dataclass(frozen=True, slots=True)
class Again(Generic[_Row]):
    """A withdrawn row that holds again for another period."""

    row: _Row
    from_date: date
    until_date: date | None


@dataclass(frozen=True, slots=True)
class Change(Generic[_Row]):
    """`held` is what held before, if anything did; `new` is the period of what now holds, if it is not there yet."""

    held: _Row | None = None
    withdrawn: tuple[_Row, ...] = ()
    again: tuple[Again[_Row], ...] = ()
    new: tuple[date, date | None] | None = None

    @property
    def is_none(self) -> bool:
        return not self.withdrawn and self.new is None

    @property
    def first_day(self) -> date | None:
        """From when on anything is different."""
        days = [self.new[0]] if self.new else []
        days += [one.until_date for one in self.again if one.until_date is not None]
        return min(days, default=None)


def hold(
    rows: Sequence[_Row],
    is_same: Callable[[_Row], bool],
    *,
    from_date: date | None,
    until_date: date | None,
    today: date,
) -> Change[_Row]:
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
    again = [Again(held, held.from_date, start)] if held is not None and held.from_date < start else []
    end = until_date
    if later is not None and is_same(later):
        withdrawn.append(later)
        end = until_date or later.until_date
    elif later is not None:
        end = min(until_date or later.from_date, later.from_date)
    return Change(held=held, withdrawn=tuple(withdrawn), again=tuple(again), new=(start, end))


def _until(held: _Row, until_date: date | None) -> Change[_Row]:
    if until_date is None or until_date == held.until_date or until_date <= held.from_date:
        return Change(held=held)
    return Change(held=held, withdrawn=(held,), again=(Again(held, held.from_date, until_date),))
