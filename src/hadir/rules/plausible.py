"""Whether a table of deductions can be what a regulation says: dearer the later, no gap, nothing above the absence.

A regulation that says otherwise is cited: `exceptions: {late: {article: ..., source: ...}}` beside the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import cast

from hadir.rules.excuse import ExcuseRule
from hadir.rules.faults import Said
from hadir.rules.policy import Dated

Values = Mapping[str, tuple[Dated, ...]]
_TABLES = ("late", "early")


@dataclass(frozen=True, slots=True)
class _Row:
    path: str
    from_minutes: int
    percent: Decimal


def implausible(values: Values, excepted: frozenset[str]) -> Iterator[tuple[str, Said]]:
    """Each path whose value cannot be right, on any day on which something begins or ends, but for those excepted."""
    entries = [entry for history in values.values() for entry in history]
    ends = {entry.until_date for entry in entries if entry.until_date is not None}
    days = sorted({entry.from_date for entry in entries} | ends)
    told: dict[str, Said] = {}
    for day in days:
        for path, said in _on(values, day):
            if path not in excepted:
                told.setdefault(path, said)
    yield from sorted(told.items())


def _on(values: Values, day: date) -> Iterator[tuple[str, Said]]:
    absent = _held(values, "absent", day)
    most = Decimal(100) if absent is None else cast("tuple[str, Decimal]", absent)[1]
    for table in _TABLES:
        rows = sorted(_rows(values, table, day), key=lambda row: row.from_minutes)
        if rows and rows[0].from_minutes > 1 and _is_whole(values, table, day):
            yield table, Said("gap", minutes=rows[0].from_minutes)
        for before, row in pairwise(rows):
            yield from _in_turn(before, row)
        yield from ((row.path, _above(row.percent, most)) for row in rows if row.percent > most)
    for path in values:
        rule = _held(values, path, day) if path.startswith("excuses.") else None
        dearest = max(band.percent for band in rule.bands) if isinstance(rule, ExcuseRule) else Decimal(0)
        if dearest > most:
            yield path, _above(dearest, most)


def _is_whole(values: Values, table: str, day: date) -> bool:
    """Whether every row of the table has begun: until then nobody says that it is all of it."""
    rows = [history for path, history in values.items() if path.startswith(f"{table}.")]
    return all(history and history[0].from_date <= day for history in rows)


def _in_turn(before: _Row, row: _Row) -> Iterator[tuple[str, Said]]:
    if row.percent < before.percent:
        yield row.path, Said("cheaper_later", percent=row.percent, path=before.path, other=before.percent)
    if row.from_minutes == before.from_minutes:
        yield row.path, Said("same_minute", path=before.path)


def _above(percent: Decimal, most: Decimal) -> Said:
    return Said("above_absence", percent=percent, most=most)


def _rows(values: Values, table: str, day: date) -> Iterator[_Row]:
    for path in values:
        held = _held(values, path, day) if path.startswith(f"{table}.") else None
        if held is not None:
            from_minutes, percent, _ = cast("tuple[int, Decimal, int | None]", held)
            yield _Row(path, from_minutes, percent)


def _held(values: Values, path: str, day: date) -> object:
    begun = [entry for entry in values.get(path, ()) if entry.from_date <= day][-1:]
    return next((one.value for one in begun if one.until_date is None or day < one.until_date), None)
