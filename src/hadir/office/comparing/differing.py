"""The office's journal against the office's tables, in four steps.

1. Note how long each journal of the office is. What is written after that is read from the outbox.
2. Take one state of the database, and hold each record of the outbox against its leaf, in their order.
3. Fold what the records say; after the journals' own, those that still wait in the outbox.
4. Hold each row of each table against what was folded. What is private is compared by its salted digest, and told
   by none. The list of log-ins is held against the records of log-ins.

It reads the tables by SQL and shares no code with whoever writes them.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

import msgspec
from django.db import connection, transaction

from hadir.ledger import JournalError
from hadir.ledger.sqlite import JournalReader
from hadir.office.acts.truth import (
    LOG_IN_COLUMNS,
    LOG_INS,
    RECORD_COLUMNS,
    RECORDS,
    TABLES,
    ColumnShape,
    TruthColumn,
    TruthTable,
)
from hadir.office.comparing.folding import Expected
from hadir.office.comparing.log_ins import hold_log_ins
from hadir.office.comparing.raw import UNREADABLE, as_bytes, asked, chosen, missing_columns, raw_texts, tellable
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.site import Site

Say = Callable[[str], object]
DIFFERENCES_MAX = 10_000
"""So many are told; a table that was emptied would tell millions."""
WHATS = ("differs", "missing", "too_much", "never_told", "no_baseline", "foreign_act", "unreadable")
"""What a difference may be. Names: `compare.what.<what>`."""
_LEAVES_AT_ONCE = 4_096
_NO_RECORDS = frozenset({Kind.JOURNAL_OPENED, Kind.JOURNAL_SEALED})
_SALT_BYTES = 16
_DIGITS_MAX = 40
"""No number of ours is longer."""
_COLUMNS = ("seq", *RECORD_COLUMNS)
Row = dict[str, Any]
_TOLD_IN: Mapping[int, Callable[[Row], Row]] = {
    Kind.DECISION: lambda record: {"by": record["by"], "at_ms": record["at_ms"], "act": record["act"]},
    Kind.STAFF_FACT: lambda record: {
        "by": record["by"], "at_ms": record["recorded_ms"], "act": f"fact.{record['fact']}"
    },
    Kind.OFFICE_ROWS: lambda record: {"by": record["by"], "at_ms": record["at_ms"], "act": "office.rows"},
    Kind.MANUAL_LIST: lambda record: {"by": record["attester"], "act": "manual.record"},
    Kind.FILE_LINE: lambda record: {"by": record["imported_by"], "act": "intake.line"},
}  # fmt: skip
"""What a record of a kind says of the columns of its row, beside those that every record does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDifference:
    """`expected` is what the journal says, `found` what stands in the table; both None where it is private.

    `column` None: the whole row is missing, or too much.
    `key` empty: the whole table or column. `record` is the id of the record that says so.
    """

    table: str
    key: str
    column: str | None
    what: str
    expected: Any = None
    found: Any = None
    record: str | None = None

    @property
    def line(self) -> str:
        """In one line, for a console."""
        place = " ".join(part for part in (self.table, self.key, self.column) if part)
        values = "" if self.what != "differs" or self.expected == self.found else f": {self.expected} -> {self.found}"
        return f"{place}: {self.what}{values}"


@dataclass(slots=True)
class Compared:
    """`acts` is how many acts were folded, `tables` how many tables were held against them."""

    acts: int = 0
    tables: int = 0
    count: int = 0
    differences: list[TableDifference] = field(default_factory=list)

    def tell(self, difference: TableDifference) -> None:
        self.count += 1
        if len(self.differences) < DIFFERENCES_MAX:
            self.differences.append(difference)

    @property
    def members(self) -> dict[str, Any]:
        return {
            "acts": self.acts,
            "tables": self.tables,
            "differences": [asdict(one) for one in self.differences],
        }


def compare(site: Site, say: Say = lambda _: None) -> Compared:
    """Everything in which the tables are not what the journal says."""
    sizes = _journals(site)
    one_state = connection.vendor == "postgresql" and not connection.in_atomic_block  # else whoever began it chose
    with transaction.atomic():
        if one_state:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with raw_texts():
            return _Comparison(sizes, say).run()


def _journals(site: Site) -> list[tuple[JournalReader, int]]:
    """The office's journals in the order in which they were written, and how long each is now."""
    found: list[tuple[int, JournalReader, int]] = []
    for folder in site.journal_folders():
        try:
            reader = JournalReader(folder)
        except JournalError:
            continue
        size = reader.size()
        if size and reader.origin.split("/")[-2] == "office":
            found.append((reader.read(0, 1)[0].received_at_ms, reader, size))
        else:
            reader.close()
    return [(reader, size) for _, reader, size in sorted(found, key=lambda one: (one[0], one[1].origin))]


class _Comparison:
    def __init__(self, journals: Sequence[tuple[JournalReader, int]], say: Say) -> None:
        self.journals, self.say = journals, say
        self.expected, self.compared = Expected(), Compared()
        self.salts: dict[str, bytes] = {}
        self.placed: set[str] = set()
        """Records that stand in a journal, while the outbox does not know it yet."""
        self.has_records = True

    def run(self) -> Compared:
        self.has_records = self._missing_in(RECORDS, _COLUMNS) == []
        for reader, size in self.journals:
            with closing(reader):
                self.say(f"{reader.origin}: {size} records")
                self._hold_records(reader, size)
        if self.has_records:
            self._add_waiting()
        for foreign in self.expected.foreign:
            self._tell(foreign.table, foreign.key, None, "foreign_act", record=foreign.act)
        for table in TABLES:
            self.say(f"{table.name}")
            self._hold_readable(table.name, partial(self._hold_table, table))
        self.say(LOG_INS)
        if self._missing_in(LOG_INS, ("id", *LOG_IN_COLUMNS)) == [] and self.has_records:
            self._hold_readable(LOG_INS, partial(hold_log_ins, self._tell))
        self.compared.acts, self.compared.tables = self.expected.acts, len(TABLES) + 2
        return self.compared

    def _hold_readable(self, name: str, hold: Callable[[], None]) -> None:
        """A table that can be read in part is held as far as that."""
        try:
            hold()
        except UNREADABLE:
            self._tell(name, "", None, "unreadable")

    def _missing_in(self, table: str, columns: Sequence[str]) -> list[str] | None:
        """Columns that are not there, or None for the whole table: both are told."""
        missing = missing_columns(table, columns)
        for column in [None] if missing is None else missing:
            self._tell(table, "", column, "missing")
        return missing

    def _tell(  # noqa: PLR0913 - a difference has as many members
        self,
        table: str,
        key: str,
        column: str | None,
        what: str,
        *,
        expected: object = None,
        found: object = None,
        record: str | None = None,
    ) -> None:
        self.compared.tell(
            TableDifference(
                table=table,
                key=key,
                column=column,
                what=what,
                expected=tellable(expected),
                found=tellable(found),
                record=None if record is None else str(record),
            )
        )

    # --- the records --------------------------------------------------------------------------------------------------

    def _hold_records(self, reader: JournalReader, size: int) -> None:
        """Leaves and outbox rows of one journal, side by side. Without the outbox, the leaves alone are folded."""
        if not self.has_records:
            for leaf in _leaves(reader, size):
                if leaf.kind not in _NO_RECORDS:
                    self.expected.add(leaf.kind, leaf.body, _id_in(leaf.kind, leaf.body) or "")
            return
        rows = _outbox("origin = %s AND {index} < %s ORDER BY {index}", [reader.origin, size])
        row = next(rows, None)
        for leaf in _leaves(reader, size):
            while row is not None and row["index"] < leaf.index:
                self._tell(RECORDS, str(row["seq"]), None, "too_much", record=row["record_id"])
                row = next(rows, None)
            if leaf.kind in _NO_RECORDS:
                continue
            if row is None or row["index"] != leaf.index:
                self._missing(leaf)
                continue
            self._hold_record(leaf, row)
            row = next(rows, None)
        for left in (row, *rows) if row is not None else ():
            self._tell(RECORDS, str(left["seq"]), None, "too_much", record=left["record_id"])

    def _missing(self, leaf: Leaf) -> None:
        """A leaf whose row is gone, or whose row was written and does not know its place yet."""
        record_id = _id_in(leaf.kind, leaf.body)
        body_hash = hashlib.sha256(leaf.body).hexdigest()
        row = next(_outbox("body_hash = %s AND {index} IS NULL", [body_hash]), None)
        if row is not None:
            self.placed.add(row["record_id"])
            self._hold_record(leaf, {**row, "origin": leaf.origin, "index": leaf.index})
            return
        self._tell(RECORDS, f"{leaf.origin}#{leaf.index}", None, "missing", record=record_id)
        self.expected.add(leaf.kind, leaf.body, record_id or "")

    def _hold_record(self, leaf: Leaf, row: Row) -> None:
        told = _said_by(leaf, row)
        for column, value in told.items():
            found = as_bytes(row[column]) if column == "body" else row[column]
            if found != value:
                is_private = column in {"body", "body_hash"}
                self._tell(
                    RECORDS, str(row["seq"]), column, "differs", expected=None if is_private else value,
                    found=None if is_private else found, record=told["record_id"],
                )  # fmt: skip
        self._hold_words(leaf, row)
        if leaf.kind is Kind.OFFICE_ROWS and row["reason"] is not None:
            self.salts[str(told["record_id"])] = as_bytes(row["reason"])
        self.expected.add(leaf.kind, leaf.body, str(told["record_id"]))

    def _hold_words(self, leaf: Leaf, row: Row) -> None:
        """The words of a decision against the salted digest in its leaf; nothing else has words."""
        words = None if row["reason"] is None else as_bytes(row["reason"])
        if leaf.kind is Kind.OFFICE_ROWS:
            fits = words is not None and len(words) == _SALT_BYTES
        elif leaf.kind is Kind.DECISION:
            digest = json.loads(leaf.body)["reason"]
            fits = (None if words is None else _b64url(hashlib.sha256(words).digest())) == digest
        else:
            fits = words is None
        if not fits:
            self._tell(RECORDS, str(row["seq"]), "reason", "differs", record=row["record_id"])

    def _add_waiting(self) -> None:
        """Records that no journal holds yet, or that came into it meanwhile."""
        later = " OR ".join("(origin = %s AND {index} >= %s)" for _ in self.journals)
        beyond = [value for reader, size in self.journals for value in (reader.origin, size)]
        where = f"({{index}} IS NULL OR {later})" if later else "{index} IS NULL"
        for row in _outbox(f"{where} ORDER BY seq", beyond):
            if row["record_id"] in self.placed:
                continue
            if row["kind"] == Kind.OFFICE_ROWS and row["reason"] is not None:
                self.salts[row["record_id"]] = as_bytes(row["reason"])
            try:
                self.expected.add(row["kind"], as_bytes(row["body"]), row["record_id"])
            except (msgspec.MsgspecError, ValueError):
                self._tell(RECORDS, str(row["seq"]), "body", "differs", record=row["record_id"])

    # --- the tables ---------------------------------------------------------------------------------------------------

    def _hold_table(self, table: TruthTable) -> None:
        told = self.expected.rows.get(table.name, {})
        for column in table.columns:
            if column.name not in self.expected.covered.get(table.name, frozenset()):
                self._tell(table.name, "", column.name, "no_baseline")
        missing = self._missing_in(table.name, [column.name for column in table.columns])
        if missing is None or table.key.name in missing:
            return  # one word for all rows: without the key none can be named
        there = [column for column in table.columns if column.name not in missing]
        met: set[str] = set()
        for row in _rows(table, there):
            key = str(row[table.key.name])
            met.add(key)
            if key in told:
                self._hold_row(table.name, key, told[key], {column: row[column.name] for column in there})
            else:
                self._tell(table.name, key, None, "too_much")
        for key, columns in told.items():
            if key not in met:
                self._tell(table.name, key, None, "missing", record=self.expected.records[columns[table.key.name][1]])

    def _hold_row(
        self, table: str, key: str, told: Mapping[str, tuple[Any, int]], row: Mapping[TruthColumn, Any]
    ) -> None:
        for column, raw in row.items():
            if column.name not in told:
                self._tell(table, key, column.name, "never_told")
                continue
            value, place = told[column.name]
            found = tellable(_value(column, raw))
            record = self.expected.records[place]
            if column.is_private:
                digest = self._digest(record, table, key, column.name, found)
                if digest != value:
                    self._tell(table, key, column.name, "differs", record=record)
            elif found != value:
                self._tell(table, key, column.name, "differs", expected=value, found=found, record=record)

    def _digest(self, record: str, *said: object) -> str | None:
        salt = self.salts.get(record)
        if salt is None:
            return None
        told = json.dumps(list(said), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return _b64url(hashlib.sha256(salt + told.encode(errors="surrogatepass")).digest())


def _leaves(reader: JournalReader, size: int) -> Iterator[Leaf]:
    for start in range(0, size, _LEAVES_AT_ONCE):
        yield from reader.read(start, min(_LEAVES_AT_ONCE, size - start))


def _said_by(leaf: Leaf, row: Row) -> Row:
    """What the leaf says of its row. A file's line is named by what it says, which only the row knows."""
    record = json.loads(leaf.body)
    told: Row = {
        "kind": int(leaf.kind),
        "body": leaf.body,
        "body_hash": hashlib.sha256(leaf.body).hexdigest(),
        "record_id": _id_in(leaf.kind, leaf.body) or row["record_id"],
        "origin": leaf.origin,
        "index": leaf.index,
    }
    return told | _TOLD_IN[leaf.kind](record) if leaf.kind in _TOLD_IN else told


def _id_in(kind: int, body: bytes) -> str | None:
    """A record's own id, or the one that stands for its content; None for a file's line."""
    if kind == Kind.FILE_LINE:
        return None
    if kind != Kind.MANUAL_LIST:
        return str(json.loads(body)["id"])
    number = int.from_bytes(hashlib.sha256(body).digest()[:16], "big")
    number = number & ~(0xF000 << 64) & ~(0xC000 << 48) | 0x8000 << 64 | 0x8000 << 48
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _outbox(where: str, values: Sequence[Any]) -> Iterator[Row]:
    quote = connection.ops.quote_name
    columns = ", ".join(map(chosen, _COLUMNS))
    question = f"SELECT {columns} FROM {quote(RECORDS)} WHERE {where.format(index=quote('index'))}"  # noqa: S608 - names of our own
    for row in asked(question, values):
        yield dict(zip(_COLUMNS, row, strict=True))


def _rows(table: TruthTable, columns: Sequence[TruthColumn]) -> Iterator[Row]:
    told = ", ".join(chosen(column.name, is_date=column.shape is ColumnShape.DATE) for column in columns)
    for row in asked(f"SELECT {told} FROM {connection.ops.quote_name(table.name)} ORDER BY 1"):  # noqa: S608 - names of our own
        yield {column.name: value for column, value in zip(columns, row, strict=True)}


def _value(column: TruthColumn, raw: Any) -> Any:  # noqa: ANN401, PLR0911 - whatever a database gives, and one return a shape
    """A database's value as a record spells it."""
    if raw is None:
        return None
    if column.shape is ColumnShape.YES_OR_NO:
        return bool(raw) if raw in (0, 1) else raw
    if column.shape is ColumnShape.DATE:
        return raw if isinstance(raw, bytes) else str(raw)
    if column.shape is ColumnShape.DECIMAL:
        return _decimal(str(raw))
    if column.shape is ColumnShape.BYTES:
        return _b64url(as_bytes(raw))
    if column.shape is ColumnShape.JSON and isinstance(raw, str):
        return _json(raw)
    return raw


def _decimal(raw: str) -> str:
    try:
        number = Decimal(raw).normalize()
    except InvalidOperation:
        return raw
    return f"{number:f}" if number.is_finite() and abs(number.adjusted()) < _DIGITS_MAX else raw


def _json(raw: str) -> Any:  # noqa: ANN401 - whatever it holds
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return {"not": "JSON"}


def _b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
