"""What the office signs as notes: which roster is current, what is erased, up to where signatures were proven
(docs/record-format.md section 11).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from hadir.records.encoding import b64, un_b64
from hadir.records.merkle import grown, root_of_peaks
from hadir.records.note import NoteError, Signer, VerifierKey, open_note, read_decimal, sign_note

CURRENT_NOTE = "current.note"
_ROSTER_LINE = "hadir-roster/v1"

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE device (
    kid BLOB PRIMARY KEY, key BLOB NOT NULL, person INTEGER NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True)
class RosterNote:
    """Which roster is current: its version, when the office issued it, and the hash of the file."""

    version: int
    issued_ms: int
    sha256: bytes

    @property
    def file_name(self) -> str:
        return f"roster-{self.version}.sqlite"

    def sign(self, office: Signer) -> str:
        return sign_note(f"{_ROSTER_LINE}\n{self.version}\n{self.issued_ms}\n{b64(self.sha256)}\n", office)

    @classmethod
    def parse(cls, body: str) -> "RosterNote":
        """NoteError unless `body` is a roster note's."""
        lines = body.split("\n")
        if len(lines) != 5 or lines[0] != _ROSTER_LINE or lines[4]:
            raise NoteError("not a roster note")
        try:
            return cls(version=read_decimal(lines[1]), issued_ms=read_decimal(lines[2]), sha256=un_b64(lines[3]))
        except ValueError as error:
            raise NoteError("the roster note is misspelt") from error


class RosterKey(msgspec.Struct, frozen=True):
    """A device's key: x || y, whose it is, and when it may sign, [from_ms, until_ms)."""

    key: bytes
    person: int
    from_ms: int
    until_ms: int | None


ERASURES_NOTE = "erasures.note"
_ERASURES_LINE = "hadir-erasures/v1"


@dataclass(frozen=True, slots=True)
class ListedErasure:
    """Details of records that were made or received before `before_ms` are erased, and never kept again."""

    number: int
    before_ms: int


@dataclass(frozen=True, slots=True)
class ErasureList:
    """All erasures of a site, in the order of their numbers."""

    erasures: tuple[ListedErasure, ...]

    @property
    def body(self) -> str:
        """What is signed."""
        return "".join([f"{_ERASURES_LINE}\n", *(f"{one.number} {one.before_ms}\n" for one in self.erasures)])

    def sign(self, office: Signer) -> str:
        """The list as the office publishes it."""
        return sign_note(self.body, office)

    @classmethod
    def parse(cls, body: str) -> "ErasureList":
        """NoteError unless `body` is a list of erasures."""
        first, *lines = body.split("\n")
        if first != _ERASURES_LINE or not lines or lines[-1]:
            raise NoteError("not a list of erasures")
        try:
            parts = [line.split(" ") for line in lines[:-1]]
            found = tuple(ListedErasure(read_decimal(number), read_decimal(before)) for number, before in parts)
        except ValueError as error:
            raise NoteError("the list of erasures is misspelt") from error
        if [one.number for one in found] != sorted({one.number for one in found}):
            raise NoteError("erasures are not listed in their order")
        return cls(found)


_MARK_LINE = "hadir-proven-mark/v1"
#: So many faults fit in a signed note. Beyond them a mark stands still.
FAULTS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class ProvenMark:
    """Up to where the signatures of a journal's records were looked at, and which of them do not hold.

    The office signs it, so a table or a file that keeps it can be no easier to forge than the office's own journal
    (docs/decisions/0059-a-rebuild-looks-only-at-new-signatures.md). It says of each record before `size` that is not
    named in `faulty`: its signature holds under the key whose thumbprint is its `kid`. Whether anybody vouches for that
    key it does not say.

    `peaks` are the roots of the largest perfect subtrees of the first `size` leaves, from the left; `faulty` the
    positions whose signatures did not hold, or had no key.
    """

    origin: str
    size: int = 0
    peaks: tuple[bytes, ...] = ()
    faulty: frozenset[int] = frozenset()

    @property
    def root(self) -> bytes:
        """Root hash over the leaves that the mark covers (RFC 6962 section 2.1)."""
        return root_of_peaks(self.peaks)

    def covers(self, index: int) -> bool:
        """Whether the signature at this position was shown to hold."""
        return index < self.size and index not in self.faulty

    def after(self, hashes: Iterable[bytes], faulty: Iterable[int]) -> "ProvenMark | None":
        """The mark behind the next leaves, of which the positions `faulty` do not hold; None when they are too many."""
        size, peaks = grown(self.size, self.peaks, hashes)
        found = self.faulty.union(faulty)
        return None if len(found) > FAULTS_MAX else ProvenMark(self.origin, size, peaks, found)

    def sign(self, office: Signer) -> str:
        """The mark as it is kept."""
        peaks, faulty = (" ".join(words) for words in (map(b64, self.peaks), map(str, sorted(self.faulty))))
        return sign_note(f"{_MARK_LINE}\n{self.origin}\n{self.size}\n{b64(self.root)}\n{peaks}\n{faulty}\n", office)


def open_proven_mark(note: str, offices: Iterable[VerifierKey]) -> ProvenMark:
    """The mark in a note that one of these keys of an office signed. NoteError for anything else."""
    body, _ = open_note(note, {key.name: key for key in offices})
    lines = body.split("\n")
    if len(lines) != 7 or lines[0] != _MARK_LINE:
        raise NoteError("not a mark of proven signatures")
    try:
        mark = ProvenMark(
            origin=lines[1],
            size=read_decimal(lines[2]),
            peaks=tuple(map(un_b64, lines[4].split())),
            faulty=frozenset(map(read_decimal, lines[5].split())),
        )
        agrees = un_b64(lines[3]) == mark.root
    except ValueError as error:
        raise NoteError("the mark is misspelt") from error
    shape = len(mark.peaks) == mark.size.bit_count() and all(len(peak) == 32 for peak in mark.peaks)
    if not (agrees and shape):
        raise NoteError("the mark's root is not that of its peaks")
    return mark
