"""Up to where signatures were looked at, kept over a rebuild: a mark for each journal, which moves as leaves are read.

A mark is believed only when the office signed it and the journal still begins with the very leaves that it covers:
they are hashed anew. What it says is that a signature holds under the key that the record names; whether that key is
known is asked at every reading, or a key slipped into a table for a day would vouch for ever.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hadir.office.projection.models import KeptMark
from hadir.records.merkle import grown, root_of_peaks
from hadir.records.note import NoteError
from hadir.records.office_notes import ProvenMark, open_proven_mark
from hadir.site import SecretError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hadir.ledger import Reader
    from hadir.office.judging.judging import JudgeContext
    from hadir.office.projection.models import FaultyLeaf
    from hadir.records.keys import KeyList
    from hadir.records.leaf import Leaf

_HASHED_AT_ONCE = 4_096


def mark_for(reader: Reader, keys: KeyList, start: int) -> ProvenMark | None:
    """The journal's mark, for whoever reads again from `start`; None where nothing of it was looked at before.

    A mark that does not agree with the journal is said, and begun anew.
    """
    mark = _kept(reader.origin, keys)
    if mark is None or start >= mark.size:
        return None
    if _root_of(reader, mark.size) == mark.root:
        return mark
    sys.stderr.write(
        f"hadir follower: {reader.origin} does not begin with the {mark.size} leaves whose signatures were looked at "
        "before; all are looked at again. Audit it (hadir audit).\n"
    )
    KeptMark.objects.filter(origin=reader.origin).delete()
    return None


def move_mark(context: JudgeContext, origin: str, *, leaves: Sequence[Leaf], faulty: Sequence[FaultyLeaf]) -> None:
    """Put the journal's mark behind consecutive leaves that were looked at, if it stands before or among them."""
    first, last = leaves[0], leaves[-1]
    mark = _kept(origin, context.time_tokens.keys) or ProvenMark(origin)
    if not first.index <= mark.size <= last.index or last.index - first.index != len(leaves) - 1:
        return
    fresh = leaves[mark.size - first.index :]
    moved = mark.after((leaf.hash for leaf in fresh), (row.index for row in faulty if row.index >= mark.size))
    if moved is None:
        return
    try:
        note = moved.sign(context.site.office_signer())
    except SecretError:  # whoever reads without the office's key leaves no mark
        return
    KeptMark.objects.update_or_create(origin=origin, defaults={"note": note})


def _kept(origin: str, keys: KeyList) -> ProvenMark | None:
    """None for one that the office did not sign for this journal."""
    note = KeptMark.objects.filter(origin=origin).values_list("note", flat=True).first()
    if note is None:
        return None
    try:
        mark = open_proven_mark(note, keys.verifiers("office").values())
    except NoteError:
        return None
    return mark if mark.origin == origin else None


def _root_of(reader: Reader, size: int) -> bytes | None:
    """Root over the first `size` leaves as they stand; None where there are fewer."""
    here, peaks = 0, tuple[bytes, ...]()
    while here < size:
        leaves = reader.read(here, min(_HASHED_AT_ONCE, size - here))
        if not leaves:
            return None
        here, peaks = grown(here, peaks, (leaf.hash for leaf in leaves))
    return root_of_peaks(peaks)
