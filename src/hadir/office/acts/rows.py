"""What an act left in the tables, as records (kind 34): whoever writes an act hands its rows over when they stand."""

import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from django.db import models

from hadir.office.acts.actions import SALT_BYTES
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.truth import TABLE_OF, TruthTable
from hadir.office.ground.ids import RANDOM_BYTES, uuid7
from hadir.office.ground.rows import listed, put_values
from hadir.records.encoding import b64url, sha256
from hadir.records.kinds import Kind
from hadir.records.server_records import OfficeRow, OfficeRows
from hadir.records.strict import encode

BODY_BYTES_MAX = 48_000
"""Of the rows in one record; a leaf holds 64 KiB."""
ACT = "office.rows"
_ROWS_FIELDS = ("record_id", "kind", "body", "body_hash", "at_ms", "by", "act", "reason", "origin")

Rows = models.Model | models.QuerySet[Any]


def write_rows(act: OutboxRow, *left: Rows | None, gone: Iterable[models.Model] = ()) -> None:
    """Tell how the rows stand that `act` wrote, and which are `gone`. In the transaction of the act, when they stand.

    They are read back from the database: what is told is what is there.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    found = [_told(rows, salt) for rows in _by_table(left)]
    told = [one for some in found for one in some]
    told += [OfficeRow(table=one._meta.db_table, key=str(one.pk), values=None) for one in gone]  # noqa: SLF001 - Django's name
    put_values(OutboxRow, _ROWS_FIELDS, (_rows_record(act, part, salt) for part in _parts(told)))


def _by_table(left: Iterable[Rows | None]) -> Iterator[models.QuerySet[Any]]:
    keys: dict[type[models.Model], list[Any]] = defaultdict(list)
    for one in left:
        if isinstance(one, models.QuerySet):
            yield one
        elif one is not None:
            keys[one._meta.model].append(one.pk)  # noqa: SLF001 - Django's name; `type` of a lazy user is none
    for model, some in keys.items():
        yield model._default_manager.filter(pk__in=listed(some))  # noqa: SLF001 - Django's name


def _told(rows: models.QuerySet[Any], salt: bytes) -> list[OfficeRow]:
    table = TABLE_OF[rows.model._meta.db_table]  # noqa: SLF001 - Django's name
    fields = {field.column: field.attname for field in rows.model._meta.concrete_fields}  # noqa: SLF001 - Django's name
    names = [fields[column.name] for column in table.columns]
    return [_office_row(table, values, salt) for values in rows.order_by("pk").values_list(*names)]


def _office_row(table: TruthTable, values: Sequence[Any], salt: bytes) -> OfficeRow:
    key = str(values[0])
    plain = {column.name: _plain(value) for column, value in zip(table.columns, values, strict=True)}
    told = {
        column.name: _column_digest(salt, table.name, key, column.name, plain[column.name])
        if column.is_private
        else plain[column.name]
        for column in table.columns
    }
    return OfficeRow(table=table.name, key=key, values=told)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """A value as a record spells it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, bytes | memoryview):
        return b64url(bytes(value))
    return value


def _column_digest(salt: bytes, *said: object) -> str:
    return b64url(sha256(salt + json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()))


def _parts(told: Sequence[OfficeRow]) -> Iterator[list[OfficeRow]]:
    part: list[OfficeRow] = []
    size = 0
    for one in told:
        more = len(msgspec.json.encode(one)) + 1
        if part and size + more > BODY_BYTES_MAX:
            yield part
            part, size = [], 0
        part.append(one)
        size += more
    if part:
        yield part


def _rows_record(act: OutboxRow, rows: list[OfficeRow], salt: bytes) -> tuple[object, ...]:
    """The values of `_ROWS_FIELDS`. The salt lies where other records keep their words."""
    ref = uuid7(act.at_ms, secrets.token_bytes(RANDOM_BYTES))
    body = encode(OfficeRows(v=1, id=ref, by=act.by, at_ms=act.at_ms, act=act.record_id, rows=rows))
    return ref, Kind.OFFICE_ROWS.value, body, sha256(body).hex(), act.at_ms, act.by, ACT, salt, ""
