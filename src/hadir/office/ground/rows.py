"""Thousands of rows in one prepared statement. Django's `bulk_create` spells every value of every row into SQL anew."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from django.db import connection, models, transaction
from django.db.models.expressions import RawSQL

_Row = TypeVar("_Row")
_Key = TypeVar("_Key")
_PLAIN = (models.IntegerField, models.CharField, models.ForeignKey, models.BinaryField)
"""Fields whose Python values are the database's own."""


class Json(str):
    """A value of a JSONField that was spelt already, perhaps by another process."""

    __slots__ = ()


def spelt(value: object) -> Json:
    return Json(msgspec.json.encode(value).decode())


def put_rows(rows: Sequence[models.Model], *, unique: Sequence[str] = (), update: Sequence[str] = ()) -> None:
    """Insert rows of one table; primary keys that the database gives are not read back.

    One that breaks the `unique` constraint updates the fields of `update`, or stays as it is where there are none.
    """
    if rows:
        meta = type(rows[0])._meta  # noqa: SLF001 - Django's name
        names = [
            one.attname for one in meta.concrete_fields if not isinstance(one, models.AutoField | models.BigAutoField)
        ]
        put_values(type(rows[0]), names, map(attrgetter(*names), rows), unique=unique, update=update)


def put_values(
    model: type[models.Model],
    names: Sequence[str],
    values: Iterable[tuple[Any, ...]],
    *,
    unique: Sequence[str] = (),
    update: Sequence[str] = (),
) -> None:
    """`put_rows` for rows that nobody needs as objects: the values of these fields, at least two."""
    fields = [_field(model, name) for name in names]
    shaping = [(place, shape) for place, field in enumerate(fields) if (shape := _shape(field)) is not None]
    given = [_shaped(row, shaping) for row in values] if shaping else list(values)
    if given:
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            cursor.executemany(_statement(model, fields, unique, update), given)


def change_values(
    model: type[models.Model], names: Sequence[str], values: Iterable[tuple[Any, ...]], *, key: str
) -> None:
    """Change rows that stand already: the plain values of these fields, and then the key of the row."""
    quote = connection.ops.quote_name
    told = ", ".join(f"{quote(_field(model, name).column)} = %s" for name in names)
    table = quote(model._meta.db_table)  # noqa: SLF001 - Django's name
    change = f"UPDATE {table} SET {told} WHERE {quote(_field(model, key).column)} = %s"  # noqa: S608 - names of our own
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.executemany(change, list(values))


def grouped(rows: Iterable[_Row], key: Callable[[_Row], _Key]) -> dict[_Key, list[_Row]]:
    """Rows by what they have in common, each list in their order."""
    groups: dict[_Key, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def listed(values: Iterable[str] | Iterable[int]) -> RawSQL | list[str | int]:
    """For `field__in=`: thousands of texts or numbers as one parameter. Django prepares each value of a list one by
    one, and asks nothing for an empty one.
    """
    named: list[str | int] = list(values)
    if not named:
        return named
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [spelt(named)])
    if isinstance(named[0], int):
        return RawSQL("SELECT unnest(%s::bigint[])", [named])
    return RawSQL("SELECT unnest(%s::text[])", [named])


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)  # noqa: SLF001 - Django's name
    assert isinstance(field, models.Field)
    return field


def _shaped(values: tuple[Any, ...], shaping: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    found = list(values)
    for place, shape in shaping:
        found[place] = shape(found[place])
    return found


def _shape(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    """How a value of the field is given to the database; None: as it is."""
    if isinstance(field, models.JSONField):
        save = spelt if connection.vendor == "sqlite" else _saved(field)
        return lambda value: value if isinstance(value, Json) else save(value)
    if isinstance(field, models.DateField) and connection.vendor == "sqlite":
        return lambda value: None if value is None else value.isoformat()
    if isinstance(field, _PLAIN):
        return None
    return _saved(field)


def _saved(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    return lambda value: field.get_db_prep_save(value, connection)


def _statement(
    model: type[models.Model], fields: Sequence["models.Field[Any, Any]"], unique: Sequence[str], update: Sequence[str]
) -> str:
    meta, quote = model._meta, connection.ops.quote_name  # noqa: SLF001 - Django's name
    names = ", ".join(quote(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    insert = f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own tables
    if not unique:
        return insert
    keys = ", ".join(quote(_field(model, name).column) for name in unique)
    changed = [quote(_field(model, name).column) for name in update]
    told = ", ".join(f"{column} = excluded.{column}" for column in changed)
    return f"{insert} ON CONFLICT ({keys}) DO {f'UPDATE SET {told}' if told else 'NOTHING'}"
