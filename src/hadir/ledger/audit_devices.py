"""The audit's other half: did devices sign what the leaves hold, with keys for which the office vouches? Are details
what the digests in those records name?

A key counts when an act in one of the office's journals tells it (record-format.md section 2.1), or when a record that
it signed brings it along with the office's voucher for that person. All leaves are looked at, or those after a mark: a
head that an earlier audit left when it had found nothing.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hadir.ledger.audit_ids import HEADER_BYTES
from hadir.ledger.details import DETAILS_FILE
from hadir.ledger.fast_verify import quickest_verify
from hadir.ledger.lookup import pages
from hadir.ledger.signatures import SIGNED_KINDS, Signatures, Signed
from hadir.ledger.sqlite import JOURNAL_FILE, connect_reader
from hadir.records.encoding import b64url, sha256, un_b64url
from hadir.records.jws import Claim, Verify, verify_each
from hadir.records.keys import KeyList
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf, parse_leaf
from hadir.records.note import VerifierKey
from hadir.records.server_records import Decision, read_device_act

_DETAILS_AT_ONCE = 64
_OF_KIND = "SELECT data FROM leaf WHERE substr(data, 2, 1) IN ({kinds}) ORDER BY idx"
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
    later: "array[int]" = field(default_factory=lambda: array("Q"))

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
        wanted = [at for at, kind in enumerate(kinds) if kind in SIGNED_KINDS and first + at >= self.after]
        claims: list[Claim] = []
        positions: list[int] = []
        for at in wanted:
            data = leaves[at]
            try:
                signed = self._signatures.of(Kind(kinds[at]), data[HEADER_BYTES + data[2] :])
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
        for leaf in _leaves_of(db, SIGNED_KINDS):
            try:
                signed = self._signatures.of(leaf.kind, leaf.body)
            except ValueError:
                continue
            key = signed.own_key
            if key and signed.kid in kids and all(self._verify([(key, signed.digest, signed.signature)])):
                yield signed.kid, key


@dataclass(frozen=True)
class DetailSums:
    """`held` details are kept; `wrong` of them are not what their digest names, and the first such belongs to the
    record of position `first_wrong`: None where none is wrong, or where no leaf names it.
    """

    held: int = 0
    wrong: int = 0
    first_wrong: int | None = None


def journaled_devices(files: Iterable[Path]) -> dict[bytes, bytes]:
    """Thumbprint -> x || y of every device that these journals of the office tell of."""
    found: dict[bytes, bytes] = {}
    for file in files:
        with closing(connect_reader(file)) as db:
            for leaf in _leaves_of(db, {Kind.DECISION}):
                said = read_device_act(_acts.decode(leaf.body)) if b'"act":"device.' in leaf.body else None
                if said is not None:
                    found[un_b64url(said.kid)] = said.key
    return found


def office_journals(file: Path, keys: KeyList) -> list[Path]:
    """The journals of the office in the folder around this journal's own."""
    offices = keys.verifiers("office")
    near = sorted(file.absolute().parent.parent.glob(f"*/{JOURNAL_FILE}"))
    return [one for one in near if _origin_of(one) in offices]


def _origin_of(file: Path) -> str | None:
    try:
        with closing(connect_reader(file)) as db:
            return str(db.execute("SELECT origin FROM journal").fetchone()[0])
    except (sqlite3.Error, TypeError):
        return None


def look_at_details(folder: Path, journal: sqlite3.Connection) -> DetailSums:
    """Read every detail beside the journal in `folder`. One that never came, or was erased by a record, lacks nothing;
    one whose bytes are not those of its digest was changed.
    """
    file = folder / DETAILS_FILE
    if not file.exists():
        return DetailSums()
    held, wrong = 0, []
    with closing(connect_reader(file)) as db:
        if not db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'detail'").fetchone()[0]:
            return DetailSums()  # its gate was cut off before it kept anything
        for rows in pages(db.execute("SELECT digest, salted FROM detail"), _DETAILS_AT_ONCE):
            held += len(rows)
            wrong += [b64url(digest).encode() for digest, salted in rows if sha256(salted) != digest]
    naming = (
        (leaf.index for leaf in _leaves_of(journal, SIGNED_KINDS) if _names_one(leaf, wrong)) if wrong else iter(())
    )
    return DetailSums(held, len(wrong), next(naming, None))


def _names_one(leaf: Leaf, digests: Sequence[bytes]) -> bool:
    payload = un_b64url(leaf.body.split(b".")[1].decode("ascii"))
    return any(digest in payload for digest in digests)


def _leaves_of(db: sqlite3.Connection, kinds: Iterable[Kind]) -> Iterator[Leaf]:
    marks = ", ".join(f"x'{kind:02x}'" for kind in sorted(kinds))
    for rows in pages(db.execute(_OF_KIND.format(kinds=marks))):
        yield from (parse_leaf(data) for (data,) in rows)
