"""Leaves become rows of the projection: each kind has one function, and each table is written once per batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from hadir.ledger.signatures import SIGNED_KINDS
from hadir.office.follower.machine_lines import Layouts, machine_line
from hadir.office.follower.proving import faulty_leaf, prove
from hadir.office.ground.rows import listed, put_rows
from hadir.office.judging.gate_clocks import doubted_since_ms
from hadir.office.projection.invalidation import mark_pins_dirty
from hadir.office.projection.models import (
    FaultyLeaf,
    JournaledAct,
    LeafFault,
    MachineLine,
    MeasuredOutage,
    Place,
    Punch,
    SeenKey,
    ServerFact,
    Witness,
)
from hadir.office.projection.records import MISSHAPEN, phone_record, punch_payload
from hadir.records.encoding import b64url, sha256, un_b64url, uuid8
from hadir.records.jws import Header, key_bytes
from hadir.records.keys import KeyList
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.office_notes import ProvenMark
from hadir.records.phone_records import Countersignature, Delivery, PhoneRecord
from hadir.records.server_records import Decision, Flag, ManualList, StaffFact
from hadir.records.strict import decode
from hadir.records.voucher import open_voucher
from hadir.rules.evidence import Source

_SIGNS_OF_LIFE = (Kind.GATE_START, Kind.GATE_STOP, Kind.GATE_PULSE)
_SERVER_FACTS = frozenset(
    {*_SIGNS_OF_LIFE, Kind.ROSTER_LOADED, Kind.CLOCK_STATE, Kind.JOURNAL_OPENED, Kind.ERASURE_DONE}
)
_WITNESSES = frozenset({Kind.DELIVERY, Kind.COUNTERSIGNATURE})
_KEPT_HEADERS = 8_192


@dataclass(slots=True)
class _Batch:
    """The rows that a batch of leaves becomes."""

    keys: KeyList
    punches: dict[str, Punch] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    seen: dict[str, SeenKey] = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)
    flags: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    facts: list[ServerFact] = field(default_factory=list)
    starts: list[Leaf] = field(default_factory=list)
    clocks: list[Leaf] = field(default_factory=list)
    acts: list[JournaledAct] = field(default_factory=list)
    lines: list[MachineLine] = field(default_factory=list)
    faulty: list[FaultyLeaf] = field(default_factory=list)
    layouts: Layouts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Touched:
    """What a batch of leaves changed.

    `new` are punches that no journal brought before, not written yet: they are weighed first. `punches` name older
    ones to weigh again. In the time of `outages` all are, and since `doubted_since_ms`, when a gate's clock was wrong.
    `faulty` are records that no phone signed, not written yet either.
    """

    new: dict[str, Punch]
    punches: set[str]
    outages: list[MeasuredOutage]
    doubted_since_ms: int | None
    faulty: list[FaultyLeaf]


def read_leaves(leaves: Sequence[Leaf], keys: KeyList, mark: ProvenMark | None = None) -> Touched:
    """Put leaves of one journal into the projection, except what no phone signed. Repeating them changes nothing.

    `mark`: whose signatures were looked at before.
    """
    proven = prove(leaves, keys, mark)
    batch = _Batch(keys, faulty=proven.faulty)
    for leaf in proven.leaves:
        try:
            _read(leaf, batch)
        except MISSHAPEN:
            if leaf.kind not in SIGNED_KINDS:
                raise
            batch.faulty.append(faulty_leaf(leaf, LeafFault.SHAPE))
    new = _write_receipts(batch)
    put_rows(batch.places, unique=["origin", "index"])
    _write_keys(batch)
    put_rows(batch.witnesses, unique=["record_hash"])
    put_rows(batch.facts, unique=["origin", "index"])
    put_rows(batch.acts, unique=["record_id"])
    put_rows(batch.lines, unique=["record_hash"])
    mark_pins_dirty((line.terminal, line.pin, line.day) for line in batch.lines)
    _write_flags(batch, new)
    return Touched(
        new=new,
        punches={*batch.punches, *batch.flags, *(witness.punch for witness in batch.witnesses)} - new.keys(),
        outages=[outage for start in batch.starts for outage in _measure_outage(start)],
        doubted_since_ms=min(
            (since for leaf in batch.clocks if (since := doubted_since_ms(leaf.origin, leaf.index)) is not None),
            default=None,
        ),
        faulty=batch.faulty,
    )


@lru_cache(_KEPT_HEADERS)
def _header(spelt: bytes) -> Header:
    """A confirmed phone says the same of itself in every record."""
    return _HEADERS.decode(un_b64url(spelt.decode("ascii")))


"""What reading a record raises that no gate would have taken in."""
_HEADERS = msgspec.json.Decoder(Header)


# --- what a leaf says ------------------------------------------------------------------------------------------------


def _read(leaf: Leaf, batch: _Batch) -> None:
    if leaf.kind is Kind.PUNCH:
        _read_punch(leaf, batch)
    elif leaf.kind in _WITNESSES:
        batch.witnesses.append(_read_witness(leaf))
    elif leaf.kind is Kind.FLAG:
        flag = decode(leaf.body, Flag)
        batch.flags[flag.about].update(flag.flags)
    elif leaf.kind in _SERVER_FACTS:
        _read_server_fact(leaf, batch)
    elif leaf.kind is Kind.FILE_LINE:
        _read_file_line(leaf, batch)
    elif leaf.kind is Kind.MANUAL_LIST:
        _read_manual_list(leaf, batch)
    elif leaf.kind in {Kind.DECISION, Kind.STAFF_FACT}:
        batch.acts.append(_read_act(leaf))


def _read_punch(leaf: Leaf, batch: _Batch) -> None:
    signed = leaf.body.rpartition(b".")[0]
    payload = punch_payload(leaf.body)
    header = _header(signed.partition(b".")[0])
    record_hash = b64url(sha256(signed))
    if record_hash in batch.punches:  # The same record again in one journal is later.
        batch.places.append(_place(record_hash, leaf))
    else:
        # Weighed at the end of the batch; until then the receipt stands for everything.
        punch = batch.punches[record_hash] = Punch.first_seen(
            record_hash=record_hash,
            origin=leaf.origin,
            index=leaf.index,
            received_at_ms=leaf.received_at_ms,
            kid=header.kid,
            person=payload.person,
            direction=payload.direction,
            wall_ms=payload.wall_ms,
            body=leaf.body,
            grade="E",
            hi_ms=leaf.received_at_ms,
            judged_ms=leaf.received_at_ms,
        )
        punch.payload = payload
    if header.voucher is not None:
        _see_key(phone_record(leaf.body, Kind.PUNCH), leaf, batch)


def _see_key(record: PhoneRecord, leaf: Leaf, batch: _Batch) -> None:
    """Remember a key that came with a voucher; the office decides on it when it has looked."""
    header = record.jws.header
    if header.voucher is None or header.jwk is None or header.kid in batch.seen:
        return
    try:
        voucher = open_voucher(header.voucher, batch.keys.verifiers("office").values())
    except ValueError:
        return
    if voucher.person == record.person:
        batch.seen[header.kid] = SeenKey(
            kid=header.kid,
            key=key_bytes(header),
            person=voucher.person,
            slip=voucher.slip,
            first_seen_ms=leaf.received_at_ms,
        )


def _read_file_line(leaf: Leaf, batch: _Batch) -> None:
    line = machine_line(leaf, batch.layouts)
    if line is not None:
        batch.lines.append(line)


def _read_witness(leaf: Leaf) -> Witness:
    record = phone_record(leaf.body, leaf.kind)
    payload = record.payload
    assert isinstance(payload, Delivery | Countersignature)
    return Witness(
        record_hash=b64url(record.jws.hash),
        kind=leaf.kind,
        punch=payload.punch,
        origin=leaf.origin,
        index=leaf.index,
        received_at_ms=leaf.received_at_ms,
        body=leaf.body,
    )


def _read_server_fact(leaf: Leaf, batch: _Batch) -> None:
    body = msgspec.json.decode(leaf.body)
    batch.facts.append(
        ServerFact(origin=leaf.origin, index=leaf.index, kind=leaf.kind, received_at_ms=leaf.received_at_ms, body=body)
    )
    if leaf.kind is Kind.GATE_START:
        batch.starts.append(leaf)
    elif leaf.kind is Kind.CLOCK_STATE:
        batch.clocks.append(leaf)


def _read_manual_list(leaf: Leaf, batch: _Batch) -> None:
    """Each presence on the list is a punch of its own, named by the list and its place in it."""
    record = decode(leaf.body, ManualList)
    listed = b64url(sha256(leaf.body))
    for place, entry in enumerate(record.entries):
        ref = b64url(sha256(leaf.body + place.to_bytes(4, "big")))
        batch.punches[ref] = Punch(
            record_hash=ref,
            origin=leaf.origin,
            index=leaf.index,
            received_at_ms=leaf.received_at_ms,
            kid=listed,
            source=Source.MANUAL_LIST.value,
            person=entry.person,
            direction=entry.direction,
            wall_ms=entry.at_ms,
            body=leaf.body,
            grade="E",
            hi_ms=leaf.received_at_ms,
            judged_ms=leaf.received_at_ms,
        )
    batch.acts.append(
        JournaledAct(
            record_id=uuid8(sha256(leaf.body)),
            origin=leaf.origin,
            index=leaf.index,
            body_hash=sha256(leaf.body).hex(),
        )
    )


def _read_act(leaf: Leaf) -> JournaledAct:
    is_decision = leaf.kind is Kind.DECISION
    record = decode(leaf.body, Decision) if is_decision else decode(leaf.body, StaffFact)
    return JournaledAct(record_id=record.id, origin=leaf.origin, index=leaf.index, body_hash=sha256(leaf.body).hex())


# --- what is written ------------------------------------------------------------------------------------------------


def _write_receipts(batch: _Batch) -> dict[str, Punch]:
    """An earlier receipt for a punch that another journal brought first; the later one is a further place of it.

    Returns the punches that no journal brought yet.
    """
    known = {punch.record_hash: punch for punch in Punch.objects.filter(record_hash__in=listed(batch.punches))}
    for ref, old in known.items():
        new = batch.punches[ref]
        if (new.origin, new.index) == (old.origin, old.index):
            continue
        batch.places.append(_place(ref, max(old, new, key=_by_receipt)))
        if _by_receipt(new) < _by_receipt(old):
            old.origin, old.index, old.received_at_ms = new.origin, new.index, new.received_at_ms
            old.save(update_fields=["origin", "index", "received_at_ms"])
    return {ref: punch for ref, punch in batch.punches.items() if ref not in known}


def _by_receipt(punch: Punch) -> tuple[int, str]:
    return punch.received_at_ms, punch.origin


def _place(ref: str, at: Leaf | Punch) -> Place:
    return Place(punch_id=ref, origin=at.origin, index=at.index, received_at_ms=at.received_at_ms)


def _write_keys(batch: _Batch) -> None:
    known = SeenKey.objects.in_bulk(list(batch.seen))
    SeenKey.objects.bulk_create([key for kid, key in batch.seen.items() if kid not in known])
    for kid, old in known.items():
        if batch.seen[kid].first_seen_ms < old.first_seen_ms:
            SeenKey.objects.filter(kid=kid).update(first_seen_ms=batch.seen[kid].first_seen_ms)


def _write_flags(batch: _Batch, new: Mapping[str, Punch]) -> None:
    """Flags of all journals that hold the record add up."""
    flagged = list(Punch.objects.filter(record_hash__in=batch.flags.keys() - new.keys()))
    for punch in (*flagged, *(new[ref] for ref in new.keys() & batch.flags.keys())):
        punch.flags = sorted({*punch.flags, *batch.flags[punch.record_hash]})
    put_rows(flagged, unique=["record_hash"], update=["flags"])


def _measure_outage(start: Leaf) -> list[MeasuredOutage]:
    """From the last sign of life before this start. A writer's very first start ends no outage."""
    last_ms = _last_sign_of_life_ms(start.origin, before=start.index)
    if last_ms is None:  # the journal's first start: perhaps it goes on from another
        last_ms = _last_sign_of_life_ms(_previous_origin(start.origin))
    if last_ms is None or last_ms >= start.received_at_ms:
        return []
    outage, _ = MeasuredOutage.objects.get_or_create(
        origin=start.origin, until_ms=start.received_at_ms, defaults={"from_ms": last_ms}
    )
    return [outage]


def _last_sign_of_life_ms(origin: str | None, *, before: int | None = None) -> int | None:
    signs = ServerFact.objects.filter(origin=origin, kind__in=_SIGNS_OF_LIFE)
    if before is not None:
        signs = signs.filter(index__lt=before)
    return signs.order_by("-index").values_list("received_at_ms", flat=True).first()


def _previous_origin(origin: str) -> str | None:
    """The journal that this one goes on from, as its first leaf says."""
    opened = ServerFact.objects.filter(origin=origin, kind=Kind.JOURNAL_OPENED).first()
    return None if opened is None else str(opened.body["previous"])
