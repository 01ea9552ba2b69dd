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
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from hadir.records.encoding import b64url, un_b64url
from hadir.records.jws import jwk_of, thumbprint
from hadir.records.note import Signer
from hadir.records.roster import CURRENT_NOTE, SCHEMA, RosterNote
from hadir.site import Site, found_site
from rehearsal.phones import EPOCH_MS, uuid7

_ES256 = ec.ECDSA(hashes.SHA256())
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HEAD = (
    "POST /v1/punches HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
)
#: Changes when the bytes of a crowd change, so that an old one is not used again.
_FORMAT = 1
_KEPT_SIGNERS = 8_192


@dataclass(frozen=True)
class Tap:
    """One person's device and its one punch, ready to send."""

    person: int
    kid: bytes
    key: bytes
    request: bytes


@dataclass(frozen=True)
class Crowd:
    """The files of a crowd of `people`."""

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


def make_crowd(folder: Path, people: int) -> Crowd:
    """The crowd, made now or found from before."""
    crowd = Crowd(folder=folder / f"crowd-{people}", people=people)
    stamp = crowd.folder / "stamp.json"
    wanted = json.dumps({"format": _FORMAT, "people": people})
    if stamp.exists() and stamp.read_text() == wanted:
        return crowd
    crowd.folder.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[bytes, bytes, int]] = []
    with crowd.requests.open("wb") as file:
        for tap in taps(1, people):
            file.write(struct.pack("<I", len(tap.request)) + tap.request)
            rows.append((tap.kid, tap.key, tap.person))
    rows.sort()
    crowd.keys.write_bytes(b"".join(kid + key for kid, key, _ in rows))
    write_roster(crowd.roster, rows)
    stamp.write_text(wanted)
    return crowd


def taps(first: int, count: int) -> Iterator[Tap]:
    """The taps of people `first` to `first + count - 1`, one by one."""
    for person in range(first, first + count):
        private = private_key(person)
        kid, key = _public(private)
        yield Tap(person=person, kid=kid, key=key, request=_request(_sign(private, b64url(kid), person, person)))


def public_keys(first: int, count: int) -> Iterator[tuple[bytes, bytes, int]]:
    """(thumbprint, x || y, person) of people `first` to `first + count - 1`."""
    for person in range(first, first + count):
        yield (*_public(private_key(person)), person)


def _public(private: ec.EllipticCurvePrivateKey) -> tuple[bytes, bytes]:
    point = private.public_key().public_numbers()
    key = point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    return un_b64url(thumbprint(jwk_of(key))), key


def record_of(person: int, *, number: int) -> str:
    """A punch of `person` by itself; `number` makes its id."""
    private, kid = _signer(person)
    return _sign(private, kid, person, number)


@lru_cache(_KEPT_SIGNERS)
def _signer(person: int) -> tuple[ec.EllipticCurvePrivateKey, str]:
    """A phone's key, and its thumbprint as records spell it."""
    private = private_key(person)
    return private, b64url(_public(private)[0])


def private_key(person: int) -> ec.EllipticCurvePrivateKey:
    """A throw-away key that anybody can make again: for rehearsals only."""
    seed = hashlib.sha512(f"hadir bench person {person}".encode()).digest()
    return ec.derive_private_key(int.from_bytes(seed, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def first_requests(crowd: Crowd, count: int) -> list[bytes]:
    """The first requests of a crowd, as they are sent."""
    data, at = crowd.requests.read_bytes(), 0
    found: list[bytes] = []
    while len(found) < count and at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def write_roster(path: Path, rows: Iterable[tuple[bytes, bytes, int]]) -> None:
    """A roster file of (thumbprint, key, person), best given in the order of their thumbprints."""
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.executescript(f"PRAGMA journal_mode = off; PRAGMA synchronous = off; {SCHEMA}")
    database.executemany("INSERT INTO device VALUES (?, ?, ?, 0, NULL)", rows)
    database.commit()
    database.close()


def publish(roster: Path, site: Site, *, version: int, now_ms: int) -> None:
    """Make `roster` the current one of `site`, signed by its office."""
    office: Signer = site.office_signer()
    with roster.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    note = RosterNote(version=version, issued_ms=now_ms, sha256=digest)
    place = site.roster_folder / note.file_name
    place.hardlink_to(roster)
    draft = site.roster_folder / "current.draft"
    draft.write_text(note.sign(office), encoding="utf-8")
    draft.replace(site.roster_folder / CURRENT_NOTE)


def _sign(private: ec.EllipticCurvePrivateKey, kid: str, person: int, number: int) -> str:
    """A punch as large as a real one: it has a predecessor and a signed time."""
    header = f'{{"alg":"ES256","kid":"{kid}","typ":"hadir-punch+jws"}}'
    token = f"{'h' * 150}.{'p' * 150}.{'s' * 86}"
    payload = (
        f'{{"v":1,"id":"{uuid7(EPOCH_MS, number)}","person":{person},"direction":"in","wall_ms":{EPOCH_MS},'
        f'"mono_ms":{person},"origin_ms":{EPOCH_MS - 5_000},"signed_time":{{"token":"{token}","wall_ms":{EPOCH_MS},'
        f'"mono_ms":1000,"origin_ms":{EPOCH_MS}}},"seq":9,"prev":"{"A" * 43}","app":"bench","details":[],'
        f'"site_code":null}}'
    )
    signing_input = f"{b64url(header.encode())}.{b64url(payload.encode())}"
    r, s = decode_dss_signature(private.sign(signing_input.encode(), _ES256))
    return f"{signing_input}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _request(record: str) -> bytes:
    body = f'{{"punches":[{{"record":"{record}"}}]}}'
    return f"{_HEAD.format(length=len(body))}{body}".encode()
