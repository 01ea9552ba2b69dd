"""What the journal says of the office's tables: the rows that acts left, in the order of the acts.

A later act's word on a row takes the place of an earlier one's. The word of a baseline holds only for columns of which
no baseline told before: a second one cannot make good what was changed behind the acts' back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from hadir.office.acts.truth import BASELINE, TABLE_OF
from hadir.records.kinds import Kind
from hadir.records.server_records import Decision, OfficeRow, OfficeRows, StaffFact

Value = int | str | bool | None
DEMO = "office.demo"
_ROWS = msgspec.json.Decoder(OfficeRows)
_DECISION = msgspec.json.Decoder(Decision)
_FACT = msgspec.json.Decoder(StaffFact)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A row that an act told of which has no business with its table."""

    table: str
    key: str
    act: str


@dataclass(slots=True)
class Expected:
    """The tables as the journal tells them: table -> key -> column -> (value, which record said so)."""

    rows: dict[str, dict[str, dict[str, tuple[Value, int]]]] = field(default_factory=dict)
    records: list[str] = field(default_factory=list)
    """The ids of the records that told of rows."""
    covered: dict[str, frozenset[str]] = field(default_factory=dict)
    """TruthTable -> columns of which a baseline told: before it, nothing is known of them."""
    foreign: list[Foreign] = field(default_factory=list)
    acts: int = 0
    _act_of: dict[str, str] = field(default_factory=dict)
    _open: dict[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """A baseline's id -> the columns that it is the first to tell of."""

    def add(self, kind: int, body: bytes, record_id: str) -> None:
        """One record of the office, after all that were written before it."""
        if kind == Kind.OFFICE_ROWS:
            self._add_rows(_ROWS.decode(body))
            return
        self.acts += 1
        if kind == Kind.DECISION:
            decision = _DECISION.decode(body)
            self._act_of[decision.id] = decision.act
            if decision.act == BASELINE:
                self._cover(decision)
        elif kind == Kind.STAFF_FACT:
            fact = _FACT.decode(body)
            self._act_of[fact.id] = f"fact.{fact.fact}"
        elif kind == Kind.MANUAL_LIST:
            self._act_of[record_id] = "manual.record"

    def _cover(self, baseline: Decision) -> None:
        told = columns_of(baseline.after or "")
        new = {name: columns - self.covered.get(name, frozenset()) for name, columns in told.items()}
        self.covered = self.covered | {name: self.covered.get(name, frozenset()) | new[name] for name in new}
        self._open[baseline.id] = new

    def _add_rows(self, record: OfficeRows) -> None:
        act = self._act_of.get(record.act, "")
        self.records.append(record.id)
        for row in record.rows:
            table = TABLE_OF.get(row.table)
            if table is None or not (act in {BASELINE, DEMO} or act.startswith(table.acts)):
                self.foreign.append(Foreign(row.table, row.key, record.act))
            elif act == BASELINE:
                self._put(row, only=self._open.get(record.act, {}).get(row.table, frozenset()))
            else:
                self._put(row, only=None)

    def _put(self, row: OfficeRow, *, only: frozenset[str] | None) -> None:
        rows = self.rows.setdefault(row.table, {})
        if row.values is None:
            rows.pop(row.key, None)
            return
        place = len(self.records) - 1
        told = {name: (value, place) for name, value in row.values.items() if only is None or name in only}
        if told:
            rows.setdefault(row.key, {}).update(told)


def columns_of(told: str) -> dict[str, frozenset[str]]:
    """What a baseline says that it covers: a line for each table, its name and its columns."""
    lines = (line.split() for line in told.splitlines() if line.strip())
    return {name: frozenset(columns) for name, *columns in lines}
