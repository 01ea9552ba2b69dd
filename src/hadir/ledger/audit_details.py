"""Details against the digests that leaves name. One that never came, or was erased by a record, lacks nothing; one
whose bytes are not those of its digest was changed.
"""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hadir.ledger.details import DETAILS_FILE
from hadir.ledger.lookup import pages
from hadir.ledger.signatures import SIGNED_KINDS
from hadir.ledger.sqlite import connect_reader
from hadir.records.encoding import b64url, un_b64url
from hadir.records.leaf import parse_leaf

_PAGE = 64


@dataclass(frozen=True)
class DetailSums:
    """`held` details are kept; `wrong` of them are not what their digest names, and the first such belongs to the
    record of position `first_wrong`: None where none is wrong, or where no leaf names it.
    """

    held: int = 0
    wrong: int = 0
    first_wrong: int | None = None


def look_at_details(folder: Path, journal: sqlite3.Connection) -> DetailSums:
    """Read every detail beside the journal in `folder`."""
    file = folder / DETAILS_FILE
    if not file.exists():
        return DetailSums()
    held, wrong = 0, []
    with closing(connect_reader(file)) as db:
        if not db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'detail'").fetchone()[0]:
            return DetailSums()  # its gate was cut off before it kept anything
        for rows in pages(db.execute("SELECT digest, salted FROM detail"), _PAGE):
            held += len(rows)
            wrong += [digest for digest, salted in rows if hashlib.sha256(salted).digest() != digest]
    return DetailSums(held, len(wrong), _first_naming(journal, wrong) if wrong else None)


def _first_naming(journal: sqlite3.Connection, digests: list[bytes]) -> int | None:
    """The first position whose record names one of these."""
    wanted = [b64url(digest).encode() for digest in digests]
    kinds = frozenset(SIGNED_KINDS)
    for index, data in journal.execute("SELECT idx, data FROM leaf ORDER BY idx"):
        leaf = parse_leaf(data)
        if leaf.kind not in kinds:
            continue
        payload = un_b64url(leaf.body.split(b".")[1].decode("ascii"))
        if any(digest in payload for digest in wanted):
            return int(index)
    return None
