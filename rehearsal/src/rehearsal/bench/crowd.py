"""A crowd of people who each tap once: keys, signed punches as whole HTTP requests, and the roster that knows them.

Everything follows from a person's number, so that a crowd is made once and used again by every round.
"""

import hashlib
import json
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from hadir.records.encoding import un_b64url
from hadir.records.office_notes import CURRENT_NOTE, SCHEMA, RosterNote
from hadir.site import Site, found_site
from rehearsal.phones import EPOCH_MS, Phone, private_key, uuid7

_HEAD = (
    "POST /v1/punches HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
)
#: Changes when the bytes of a crowd change, so that an old one is not used again.
_FORMAT = 1
_KEPT_PHONES = 8_192
_TOKEN = f"{'h' * 150}.{'p' * 150}.{'s' * 86}"

Device = tuple[bytes, bytes, int]
"""Thumbprint, x || y, person."""


@dataclass(frozen=True)
class CrowdFiles:
    folder: Path
    people: int

    @property
    def requests(self) -> Path:
        """Whole requests, each after its length (4 bytes, little endian)."""
        return self.folder / "requests.bin"

    @property
    def keys(self) -> Path:
        """Thumbprint (32 bytes) and x || y (64 bytes), sorted: what `limit` reads."""
        return self.folder / "keys.bin"

    @property
    def roster(self) -> Path:
        return self.folder / "roster.sqlite"

    def found(self, data: Path, *, now_ms: int) -> Site:
        """A fresh rehearsal folder whose roster knows this crowd."""
        site = found_site(data, name="rehearsal/bench", zone="Asia/Makassar", now_ms=now_ms)
        publish(self.roster, site, version=1, now_ms=now_ms)
        return site


def make_crowd(folder: Path, people: int) -> CrowdFiles:
    """The crowd, made now or found from before."""
    crowd = CrowdFiles(folder=folder / f"crowd-{people}", people=people)
    stamp = crowd.folder / "stamp.json"
    wanted = json.dumps({"format": _FORMAT, "people": people})
    if stamp.exists() and stamp.read_text() == wanted:
        return crowd
    crowd.folder.mkdir(parents=True, exist_ok=True)
    rows: list[Device] = []
    with crowd.requests.open("wb") as file:
        for row, request in taps(1, people):
            file.write(struct.pack("<I", len(request)) + request)
            rows.append(row)
    rows.sort()
    crowd.keys.write_bytes(b"".join(kid + key for kid, key, _ in rows))
    write_roster(crowd.roster, rows)
    stamp.write_text(wanted)
    return crowd


def taps(first: int, count: int) -> Iterator[tuple[Device, bytes]]:
    """The devices of people `first` to `first + count - 1`, each with its one punch as a whole request."""
    for device in public_keys(first, count):
        body = f'{{"punches":[{{"record":"{record_of(device[2], number=device[2])}"}}]}}'
        yield device, f"{_HEAD.format(length=len(body))}{body}".encode()


def public_keys(first: int, count: int) -> Iterator[Device]:
    """The devices of people `first` to `first + count - 1`."""
    for person in range(first, first + count):
        phone = _phone(person)
        yield un_b64url(phone.kid), phone.key, person


def record_of(person: int, *, number: int) -> str:
    """A punch of `person` by itself, as large as a real one; `number` makes its id."""
    held = {"token": _TOKEN, "wall_ms": EPOCH_MS, "mono_ms": 1000, "origin_ms": EPOCH_MS}
    return _phone(person).punch(
        id=uuid7(EPOCH_MS, number), mono_ms=person, signed_time=held, seq=9, prev="A" * 43, app="bench"
    )


@lru_cache(_KEPT_PHONES)
def _phone(person: int) -> Phone:
    return Phone(person, private=private_key("bench person", person))


def first_requests(crowd: CrowdFiles, count: int) -> list[bytes]:
    """The first requests of a crowd, as they are sent."""
    return list(islice(requests_of(crowd), count))


def requests_of(crowd: CrowdFiles) -> Iterator[bytes]:
    with crowd.requests.open("rb") as file:
        while head := file.read(4):
            yield file.read(*struct.unpack("<I", head))


def write_roster(path: Path, rows: Iterable[Device]) -> None:
    """A roster file of these devices; SQLite sorts them, so that memory stays small."""
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.executescript(f"PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA temp_store = file; {SCHEMA}")
    database.execute("CREATE TEMP TABLE found (kid BLOB, key BLOB, person INTEGER)")
    database.executemany("INSERT INTO found VALUES (?, ?, ?)", rows)
    database.execute("INSERT INTO device SELECT kid, key, person, 0, NULL FROM found ORDER BY kid")
    database.commit()
    database.close()


def publish(roster: Path, site: Site, *, version: int, now_ms: int) -> None:
    """Make `roster` the current one of `site`, signed by its office."""
    with roster.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    note = RosterNote(version=version, issued_ms=now_ms, sha256=digest)
    (site.roster_folder / note.file_name).hardlink_to(roster)
    draft = site.roster_folder / "current.draft"
    draft.write_text(note.sign(site.office_signer()), encoding="utf-8")
    draft.replace(site.roster_folder / CURRENT_NOTE)
