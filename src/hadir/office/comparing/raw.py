"""Values as the database holds them, whatever somebody wrote there, and as JSON can tell them.

Django's converters and SQLite's own decoding refuse a value that does not fit its column. Here it is a finding.
"""

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection

_ROWS_AT_ONCE = 4_096
UNREADABLE = (DatabaseError, sqlite3.Error)
"""What a database raises for a table of which a part cannot be read."""


@contextmanager
def raw_texts() -> Iterator[None]:
    """Texts that are no UTF-8 come as bytes."""
    opened = connection.connection if connection.vendor == "sqlite" else None
    if opened is None:
        yield
        return
    before, opened.text_factory = opened.text_factory, _text
    try:
        yield
    finally:
        opened.text_factory = before


def missing_columns(table: str, columns: Sequence[str]) -> list[str] | None:
    """Of these columns those that the table has not; None where there is no such table."""
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return None
        # An answer without rows names them: Django's own description of a table parses the text that made it.
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} LIMIT 0")  # noqa: S608 - a table of ours
        there = {name for name, *_ in cursor.description}
    return [name for name in columns if name not in there]


def asked(question: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    """Row by row."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(question, list(values))
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from rows


def chosen(column: str, *, is_date: bool = False) -> str:
    """A column in a question, without its declared type: by that SQLite's converters are found."""
    quoted = connection.ops.quote_name(column)
    if connection.vendor == "sqlite":
        return f"+{quoted}"
    return f"CAST({quoted} AS text)" if is_date else quoted  # PostgreSQL has dates that Python has not


def as_bytes(raw: Any) -> bytes:  # noqa: ANN401 - whatever a database gives
    """Of a number its digits: `bytes` would make so many zeros of it."""
    return bytes(raw) if isinstance(raw, bytes | bytearray | memoryview) else str(raw).encode()


def tellable(value: Any) -> Any:  # noqa: ANN401 - as above
    """The value, or what stands for it where JSON has no such value."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    return value if value is None or isinstance(value, str | int | float | dict | list) else str(value)


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data
