"""Many keys looked up in one statement: a question to SQLite costs more than its answer."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

_KEYS_AT_ONCE_MAX = 512


_PAGE = 4_096


def pages(cursor: sqlite3.Cursor, length: int = _PAGE) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of `cursor`, so many at a time."""
    while rows := cursor.fetchmany(length):
        yield rows


def rows_for(db: sqlite3.Connection, sql: str, keys: Iterable[bytes]) -> Iterator[tuple[Any, ...]]:
    """The rows of `sql`, in which `{keys}` stands for the keys after an IN.

    The list is filled up to a power of two by repeating a key, so that a few prepared statements serve every length.
    """
    wanted = list(dict.fromkeys(keys))
    for begin in range(0, len(wanted), _KEYS_AT_ONCE_MAX):
        part = wanted[begin : begin + _KEYS_AT_ONCE_MAX]
        length = 1 << (len(part) - 1).bit_length()
        marks = ",".join("?" * length)
        yield from db.execute(sql.format(keys=f"({marks})"), part + part[:1] * (length - len(part)))
