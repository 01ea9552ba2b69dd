"""Leaves that no device signed: kept apart, counted for nobody, and shown to people (`FaultyLeaf`).

The gate verified what it wrote; whoever has the gate's key can write what it would have refused. So each record of a
phone is verified again, against the devices on which the office decided, the keys that came with its vouchers, and the
roster that it signed. A key that is not known yet may become so, by another journal: then `late_leaves` gives its
records back.
"""

import hashlib
import sqlite3
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from django.db.models import Count

from hadir.ledger import Reader
from hadir.ledger.fast_verify import quickest_verify
from hadir.ledger.lookup import rows_for
from hadir.ledger.signatures import SIGNED_KINDS, Signatures, Signed
from hadir.office.devices.models import Device
from hadir.office.ground.installation import HERE
from hadir.office.ground.rows import listed
from hadir.office.judging.judging import JudgeContext
from hadir.office.projection.models import FaultyLeaf, KeptMark, LeafFault, SeenKey
from hadir.records.encoding import b64url, sha256, un_b64url
from hadir.records.jws import Claim, jwk_of, thumbprint
from hadir.records.keys import KeyList
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.merkle import grown, root_of_peaks
from hadir.records.note import NoteError, open_note
from hadir.records.office_notes import CURRENT_NOTE, ProvenMark, RosterNote, open_proven_mark
from hadir.site import SecretError

LATE_KEYS_AT_ONCE = 1_000
_KEPT_KEYS = 16_384


def prove(leaves: Sequence[Leaf], keys: KeyList, mark: ProvenMark | None = None) -> tuple[list[Leaf], list[FaultyLeaf]]:
    """The leaves that may be read, in their order, and those that may not.

    The signatures of phones' records are held against their keys; all other leaves are their journal's own word.

    What `mark` covers was held against the key that its `kid` names before; that the key is known is asked again.
    """
    signatures = _signatures(keys)
    signed: dict[int, Signed] = {}
    faults: dict[int, LeafFault] = {}
    for place, leaf in enumerate(leaves):
        if leaf.kind in SIGNED_KINDS:
            try:
                signed[place] = signatures.of(leaf.kind, leaf.body)
            except ValueError:
                faults[place] = LeafFault.SHAPE
    covered = {place for place in signed if mark is not None and mark.covers(leaves[place].index)}
    faults |= _verified(signed, covered)
    faulty = [faulty_leaf(leaves[place], fault, signed.get(place)) for place, fault in sorted(faults.items())]
    return [leaf for place, leaf in enumerate(leaves) if place not in faults], faulty


def _verified(signed: Mapping[int, Signed], covered: Collection[int]) -> dict[int, LeafFault]:
    """The faults among these records, by place."""
    known = known_keys({one.kid for one in signed.values()})
    known |= rostered_keys({one.kid for one in signed.values() if one.own_key is None and one.kid not in known})
    first = {place: key for place, one in signed.items() if (key := known.get(one.kid) or one.own_key)}
    good = _holding(signed, first, covered)
    vouched = {signed[place].kid: first[place] for place in good}  # a key counts for what it has signed itself
    second = {place: vouched[one.kid] for place, one in signed.items() if place not in first and one.kid in vouched}
    good |= _holding(signed, second, covered)
    tried = first.keys() | second.keys()
    return {place: LeafFault.SIGNATURE if place in tried else LeafFault.NO_KEY for place in signed if place not in good}


def _holding(signed: Mapping[int, Signed], keys: Mapping[int, bytes], covered: Collection[int]) -> set[int]:
    open_places = [place for place in keys if place not in covered]
    claims: list[Claim] = [(keys[place], signed[place].digest, signed[place].signature) for place in open_places]
    if not claims:
        return set(keys)
    verify, _ = quickest_verify()
    refused = {place for place, holds in zip(open_places, verify(claims), strict=True) if not holds}
    return keys.keys() - refused


def known_keys(kids: Iterable[bytes]) -> dict[bytes, bytes]:
    """Of these thumbprints those whose keys the office knows: it decided on them, or they came with its vouchers."""
    spelt = {b64url(kid): kid for kid in kids}
    rows = [
        *SeenKey.objects.filter(kid__in=listed(spelt)).values_list("kid", "key"),
        *Device.objects.filter(kid__in=listed(spelt)).values_list("kid", "key"),
    ]
    return {spelt[kid]: bytes(key) for kid, key in rows if _is_named(kid, bytes(key))}


def rostered_keys(kids: Iterable[bytes]) -> dict[bytes, bytes]:
    """Of these thumbprints those in the roster that the office signed last, which gates read: tables may be older."""
    wanted = list(kids)
    file = _roster_file(HERE.site.roster_folder) if wanted else None
    if file is None:
        return {}
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as roster:
        found = list(rows_for(roster, "SELECT kid, key FROM device WHERE kid IN {keys}", wanted))
    return {kid: key for kid, key in found if _is_named(b64url(kid), key)}


def _roster_file(folder: Path) -> Path | None:
    try:
        text = (folder / CURRENT_NOTE).read_text(encoding="utf-8")
    except OSError:
        return None
    return _signed_file(folder, text)


@lru_cache(4)
def _signed_file(folder: Path, text: str) -> Path | None:
    try:
        note = RosterNote.parse(open_note(text, HERE.site.key_list().verifiers("office"))[0])
        with (folder / note.file_name).open("rb") as file:
            same = hashlib.file_digest(file, "sha256").digest() == note.sha256
    except (NoteError, OSError):
        return None
    return folder / note.file_name if same else None


@lru_cache(_KEPT_KEYS)
def _is_named(kid: str, key: bytes) -> bool:
    """Whether the key is the one of that thumbprint: a table may have been changed."""
    return thumbprint(jwk_of(key)) == kid


def faulty_leaf(leaf: Leaf, fault: LeafFault, signed: Signed | None = None) -> FaultyLeaf:
    """Its row; whose it says it is, and of which day, is told where it is put on its day."""
    return FaultyLeaf(
        origin=leaf.origin,
        index=leaf.index,
        kind=leaf.kind.value,
        received_at_ms=leaf.received_at_ms,
        fault=fault.value,
        kid="" if signed is None else b64url(signed.kid),
        record_hash=b64url(sha256(leaf.body.rpartition(b".")[0])),
        body=leaf.body,
    )


def metric_lines() -> list[str]:
    """How many records are set apart, by why, for Prometheus. Any at all is a reason to look."""
    counts = dict(FaultyLeaf.objects.order_by().values_list("fault").annotate(n=Count("pk")))
    return [
        "# TYPE hadir_office_faulty_leaves gauge",
        *(f'hadir_office_faulty_leaves{{why="{fault.value}"}} {counts.get(fault.value, 0)}' for fault in LeafFault),
    ]


def late_leaves() -> list[Leaf]:
    """Leaves set apart for want of a key that the office knows by now; their rows are taken away."""
    waiting = FaultyLeaf.objects.filter(fault=LeafFault.NO_KEY)
    kids = list(waiting.values_list("kid", flat=True).order_by("kid").distinct()[:LATE_KEYS_AT_ONCE])
    wanted = [un_b64url(kid) for kid in kids]
    known = rostered_keys(wanted) | known_keys(wanted)
    if not known:
        return []
    rows = list(waiting.filter(kid__in=map(b64url, known)).order_by("origin", "index"))
    FaultyLeaf.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return [Leaf(Kind(row.kind), row.origin, row.index, row.received_at_ms, bytes(row.body)) for row in rows]


@lru_cache(4)
def _signatures(keys: KeyList) -> Signatures:
    """Remembers headers from batch to batch."""
    return Signatures(keys.verifiers("office").values())


# --- up to where signatures were looked at ---------------------------------------------------------------------------
# Kept over a rebuild: a mark for each journal, which moves as leaves are read. It is believed only when the office
# signed it and the journal still begins with the very leaves that it covers: they are hashed anew. What it says is that
# a signature holds under the key that the record names; whether that key is known is asked at every reading, or a key
# slipped into a table for a day would vouch for ever.

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
