"""Whether a table of deductions can be what a regulation says: dearer the later, no gap, nothing above the absence, and
an absence that is likely; on every day on which something begins or ends.

A regulation that says otherwise is cited: `exceptions: {late: {article: ..., source: ...}}` beside the values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import cast

from hadir.rules.excuse import ExcuseRule
from hadir.rules.faults import Said
from hadir.rules.policy import Dated

Values = Mapping[str, tuple[Dated, ...]]
_MISSING = {"late": "no_arrival", "early": "no_departure"}
"""The table of each half, and which value says in which of its classes a missing tap falls."""
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Row:
    path: str
    from_minutes: int
    percent: Decimal


def implausible(
    values: Values, likely: Values, excepted: frozenset[str], unread: Collection[str] = ()
) -> Iterator[tuple[str, Said]]:
    """Each path whose value cannot be right, on any day on which something begins or ends, but for those excepted.
    `likely` says up to what a value is no slip of the pen, by the value's path. Of a table of which something could not
    be read nothing is said: what a faulty row leaves open is no fault of the table too.
    """
    tables = [table for table in _MISSING if not any(path.startswith(f"{table}.") for path in unread)]
    entries = [entry for history in values.values() for entry in history]
    ends = {entry.until_date for entry in entries if entry.until_date is not None}
    days = sorted({entry.from_date for entry in entries} | ends)
    told: dict[str, Said] = {}
    for day in days:
        for path, said in (*_on(values, tables, day), *_unlikely(values, likely, day)):
            if path not in excepted:
                told.setdefault(path, said)
    yield from sorted(told.items())


def _on(values: Values, tables: Iterable[str], day: date) -> Iterator[tuple[str, Said]]:
    absent = _held(values, "absent", day)
    most = Decimal(100) if absent is None else cast("tuple[str, Decimal]", absent)[1]
    for table in tables:
        yield from _table(values, table, day, most)
    for path in values:
        dearest = _dearest(path, _held(values, path, day))
        if dearest > most:
            yield path, _above(dearest, most)


def _table(values: Values, table: str, day: date, most: Decimal) -> Iterator[tuple[str, Said]]:
    rows = _rows(values, table, day)
    if rows and rows[0].from_minutes > 1:
        yield table, Said("gap", minutes=rows[0].from_minutes)
    for before, row in pairwise(rows):
        yield from _in_turn(before, row)
    yield from ((row.path, _above(row.percent, most)) for row in rows if row.percent > most)
    yield from _holes(values, table, day, rows)
    yield from _missing_taps(values, table, day, rows)


def _holes(values: Values, table: str, day: date, rows: list[_Row]) -> Iterator[tuple[str, Said]]:
    """A class that ends without a word, before one that goes on: its minutes would cost less than the day before."""
    held = {row.path for row in rows}
    before = _rows(values, table, day - _A_DAY)
    for at, row in enumerate(before):
        behind = next((one.path for one in before[at + 1 :] if one.path in held), None)
        if row.path not in held and behind is not None and not _is_said(values, row.path, day):
            yield row.path, Said("hole", day=day, path=behind)


def _missing_taps(values: Values, table: str, day: date, rows: list[_Row]) -> Iterator[tuple[str, Said]]:
    """What a missing tap and an absence cost, on each day that has a table."""
    path = _MISSING[table]
    missing = _held(values, path, day)
    if missing is not None:
        code, _ = cast("tuple[str, int | None]", missing)
        if f"{table}.{code}" in values and f"{table}.{code}" not in {row.path for row in rows}:
            yield path, Said("class_not_held", code=code, day=day, table=table)
    for needed in (path, "absent"):
        if rows and values.get(needed) and not _is_said(values, needed, day):
            yield needed, Said("nothing_held", day=day, path=rows[0].path)


def _unlikely(values: Values, likely: Values, day: date) -> Iterator[tuple[str, Said]]:
    absent, most = _held(values, "absent", day), _held(likely, "absent", day)
    if absent is not None and most is not None:
        _, percent = cast("tuple[str, Decimal]", absent)
        if percent > cast("Decimal", most):
            yield "absent", Said("above_likely", percent=percent, most=most)


def _dearest(path: str, value: object) -> Decimal:
    """The most that one day of an excuse, or one missed ceremony, costs."""
    if isinstance(value, ExcuseRule):
        return max(band.percent for band in value.bands)
    return value if path.startswith("ceremonies.") and isinstance(value, Decimal) else Decimal(0)


def _in_turn(before: _Row, row: _Row) -> Iterator[tuple[str, Said]]:
    if row.percent < before.percent:
        yield row.path, Said("cheaper_later", percent=row.percent, path=before.path, other=before.percent)
    if row.from_minutes == before.from_minutes:
        yield row.path, Said("same_minute", path=before.path)


def _above(percent: Decimal, most: Decimal) -> Said:
    return Said("above_absence", percent=percent, most=most)


def _rows(values: Values, table: str, day: date) -> list[_Row]:
    """The classes of a table that hold on a day, the first minutes first."""
    rows = []
    for path in values:
        held = _held(values, path, day) if path.startswith(f"{table}.") else None
        if held is not None:
            from_minutes, percent, _ = cast("tuple[int, Decimal, int | None]", held)
            rows.append(_Row(path, from_minutes, percent))
    return sorted(rows, key=lambda row: row.from_minutes)


def _held(values: Values, path: str, day: date) -> object:
    """The value of a path on a day; None where it has none, or is "off"."""
    entry = _entry(values, path, day)
    return None if entry is None else entry.value


def _is_said(values: Values, path: str, day: date) -> bool:
    """Whether the path holds on a day, be it as "off"."""
    return _entry(values, path, day) is not None


def _entry(values: Values, path: str, day: date) -> Dated | None:
    begun = [entry for entry in values.get(path, ()) if entry.from_date <= day][-1:]
    return next((one for one in begun if one.until_date is None or day < one.until_date), None)
