"""The audit's other half: did devices sign what the leaves hold, with keys for which the office vouches?

A key counts when an act in one of the office's journals tells it (record-format.md section 2.1), or when a record that
it signed brings it along with the office's voucher for that person. All leaves are looked at, or those after a mark: a
head that an earlier audit left when it had found nothing.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hadir.ledger.fast_verify import quickest_verify
from hadir.ledger.signatures import SIGNED_KINDS, Signatures, Signed
from hadir.ledger.sqlite import JOURNAL_FILE, connect_reader
from hadir.records.encoding import un_b64url
from hadir.records.jws import Claim, Verify, verify_each
from hadir.records.keys import KeyList
from hadir.records.kinds import Kind
from hadir.records.leaf import parse_leaf
from hadir.records.note import VerifierKey
from hadir.records.server_records import Decision, read_device_act

_PAGE = 4_096
#: Bytes of a leaf's header without its origin, whose length is the third.
_HEADER_BYTES = 23
_SIGNED = frozenset(int(kind) for kind in SIGNED_KINDS)
_OF_KIND = "SELECT idx, data FROM leaf WHERE idx >= ? AND substr(data, 2, 1) IN ({kinds}) ORDER BY idx"
_acts = msgspec.json.Decoder(Decision)


@dataclass
class SignatureSums:
    """`checked` signatures were held against a key; `bad` of them do not hold, or stand in a body that is no record;
    `later` are the positions of records whose key is not among the devices, to be looked at again.
    """

    checked: int = 0
    bad: int = 0
    first_bad: int | None = None
    no_key: int = 0
    first_no_key: int | None = None
    later: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, other: "SignatureSums") -> None:
        """Add all that `other` counted; it stands behind."""
        self.checked += other.checked
        self.bad += other.bad
        self.no_key += other.no_key
        self.first_bad = _first(self.first_bad, other.first_bad)
        self.first_no_key = _first(self.first_no_key, other.first_no_key)
        self.later.extend(other.later)

    def is_bad(self, position: int) -> None:
        """Count one that does not hold."""
        self.bad += 1
        self.first_bad = _first(self.first_bad, position)

    def has_no_key(self, position: int) -> None:
        """Count one whose key nobody vouches for."""
        self.no_key += 1
        self.first_no_key = _first(self.first_no_key, position)


def _first(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)


class SignatureCheck:
    """Looks at signatures, in one process. `devices`: thumbprint -> x || y of the keys that acts tell."""

    def __init__(self, devices: Mapping[bytes, bytes], offices: Iterable[VerifierKey], *, after: int = 0) -> None:
        self._devices = devices
        self._signatures = Signatures(offices)
        self._verify: Verify = verify_each
        self.after = after

    def begin(self) -> None:
        """Take the quickest verifier of this process."""
        self._verify, _ = quickest_verify()

    def at(self, leaves: Sequence[bytes], kinds: Sequence[int], first: int, sums: SignatureSums) -> None:
        """Look at these leaves, the first of which stands at `first`, as far as they come after the mark."""
        wanted = [at for at, kind in enumerate(kinds) if kind in _SIGNED and first + at >= self.after]
        claims: list[Claim] = []
        positions: list[int] = []
        for at in wanted:
            data = leaves[at]
            try:
                signed = self._signatures.of(Kind(kinds[at]), data[_HEADER_BYTES + data[2] :])
            except ValueError:
                sums.checked += 1
                sums.is_bad(first + at)
                continue
            key = self._devices.get(signed.kid) or signed.own_key
            if key is None:
                sums.later.append(first + at)
            else:
                claims.append((key, signed.digest, signed.signature))
                positions.append(first + at)
        self._count(claims, positions, sums)

    def _count(self, claims: Sequence[Claim], positions: Sequence[int], sums: SignatureSums) -> None:
        sums.checked += len(claims)
        if claims:
            for position, holds in zip(positions, self._verify(claims), strict=True):
                if not holds:
                    sums.is_bad(position)

    def again(self, db: sqlite3.Connection, sums: SignatureSums) -> None:
        """Look again at the records of `sums.later`: another record of the same key may bring it along, vouched for."""
        if not sums.later:
            return
        late = [(at, self._read(db, at)) for at in sums.later]
        vouched = dict(self._vouched(db, {signed.kid for _, signed in late}))
        for position, signed in late:
            key = vouched.get(signed.kid)
            if key is None:
                sums.has_no_key(position)
            else:
                self._count([(key, signed.digest, signed.signature)], [position], sums)
        sums.later = array("Q")

    def _read(self, db: sqlite3.Connection, at: int) -> Signed:
        leaf = parse_leaf(db.execute("SELECT data FROM leaf WHERE idx = ?", (at,)).fetchone()[0])
        return self._signatures.of(leaf.kind, leaf.body)

    def _vouched(self, db: sqlite3.Connection, kids: set[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """The keys with these thumbprints that some record of the journal brings along, vouched for and signed."""
        for _, data in _leaves_of(db, SIGNED_KINDS):
            leaf = parse_leaf(data)
            try:
                signed = self._signatures.of(leaf.kind, leaf.body)
            except ValueError:
                continue
            key = signed.own_key
            if key and signed.kid in kids and all(self._verify([(key, signed.digest, signed.signature)])):
                yield signed.kid, key


def journaled_devices(files: Iterable[Path]) -> dict[bytes, bytes]:
    """Thumbprint -> x || y of every device that these journals of the office tell of."""
    found: dict[bytes, bytes] = {}
    for file in files:
        db = connect_reader(file)
        try:
            for _, data in _leaves_of(db, {Kind.DECISION}):
                leaf = parse_leaf(data)
                said = read_device_act(_acts.decode(leaf.body)) if b'"act":"device.' in leaf.body else None
                if said is not None:
                    found[un_b64url(said.kid)] = said.key
        finally:
            db.close()
    return found


def office_journals(file: Path, keys: KeyList) -> list[Path]:
    """The journals of the office in the folder around this journal's own."""
    offices = keys.verifiers("office")
    near = sorted(file.absolute().parent.parent.glob(f"*/{JOURNAL_FILE}"))
    return [one for one in near if _origin_of(one) in offices]


def _origin_of(file: Path) -> str | None:
    try:
        db = connect_reader(file)
        try:
            return str(db.execute("SELECT origin FROM journal").fetchone()[0])
        finally:
            db.close()
    except (sqlite3.Error, TypeError):
        return None


def _leaves_of(db: sqlite3.Connection, kinds: Iterable[Kind]) -> Iterator[tuple[int, bytes]]:
    marks = ", ".join(f"x'{kind:02x}'" for kind in sorted(kinds))
    cursor = db.execute(_OF_KIND.format(kinds=marks), (0,))
    while rows := cursor.fetchmany(_PAGE):
        yield from rows
