"""A proven mark: up to where the signatures of a journal's records were looked at, and which of them do not hold.

The office signs it, so a table or a file that keeps it can be no easier to forge than the office's own journal
(docs/decisions/0059-a-rebuild-looks-only-at-new-signatures.md). It says of each record before `size` that is not named
in `faulty`: its signature holds under the key whose thumbprint is its `kid`. Whether anybody vouches for that key it
does not say.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hadir.records.encoding import b64, un_b64
from hadir.records.merkle import grown, root_of_peaks
from hadir.records.note import NoteError, Signer, VerifierKey, open_note, read_decimal, sign_note

_FIRST_LINE = "hadir-proven-mark/v1"
_LINES = 6
_HASH_BYTES = 32
#: So many faults fit in a signed note. Beyond them a mark stands still.
FAULTS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class ProvenMark:
    """`peaks` are the roots of the largest perfect subtrees of the first `size` leaves, from the left; `faulty` the
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
        return sign_note(f"{_FIRST_LINE}\n{self.origin}\n{self.size}\n{b64(self.root)}\n{peaks}\n{faulty}\n", office)


def open_proven_mark(note: str, offices: Iterable[VerifierKey]) -> ProvenMark:
    """The mark in a note that one of these keys of an office signed. NoteError for anything else."""
    body, _ = open_note(note, {key.name: key for key in offices})
    lines = body.split("\n")
    if len(lines) != _LINES + 1 or lines[0] != _FIRST_LINE:
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
    shape = len(mark.peaks) == mark.size.bit_count() and all(len(peak) == _HASH_BYTES for peak in mark.peaks)
    if not (agrees and shape):
        raise NoteError("the mark's root is not that of its peaks")
    return mark
