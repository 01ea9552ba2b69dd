"""One leaf becomes rows of the projection. What a kind means stands here, one function each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from hadir.office.follower.models import JournaledAct, MeasuredOutage, Place, Punch, SeenKey, ServerFact, Witness
from hadir.records.encoding import b64url, sha256
from hadir.records.jws import key_bytes, parse_jws
from hadir.records.kinds import Kind
from hadir.records.phone_records import Countersignature, Delivery, PhoneRecord, read_phone_record
from hadir.records.phone_records import Punch as PunchPayload
from hadir.records.server_records import Decision, Flag, StaffFact
from hadir.records.strict import decode
from hadir.records.voucher import open_voucher

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hadir.records.keys import KeyList
    from hadir.records.leaf import Leaf

_SIGNS_OF_LIFE = (Kind.GATE_START, Kind.GATE_STOP, Kind.GATE_PULSE)
_SERVER_FACTS = frozenset({*_SIGNS_OF_LIFE, Kind.ROSTER_LOADED, Kind.CLOCK_STATE})
_WITNESSES = frozenset({Kind.DELIVERY, Kind.COUNTERSIGNATURE})


@dataclass(slots=True)
class Touched:
    """What a batch of leaves changed: punches to weigh again, and times in which an outage was found."""

    punches: set[str] = field(default_factory=set)
    outages: list[MeasuredOutage] = field(default_factory=list)


def read_leaves(leaves: Iterable[Leaf], keys: KeyList) -> Touched:
    """Put each leaf into the projection. Repeating a leaf changes nothing."""
    touched = Touched()
    for leaf in leaves:
        _read(leaf, keys, touched)
    return touched


def _read(leaf: Leaf, keys: KeyList, touched: Touched) -> None:
    if leaf.kind is Kind.PUNCH:
        touched.punches.add(_read_punch(leaf, keys))
    elif leaf.kind in _WITNESSES:
        touched.punches.add(_read_witness(leaf))
    elif leaf.kind is Kind.FLAG:
        touched.punches.add(_read_flag(leaf))
    elif leaf.kind in _SERVER_FACTS:
        touched.outages += _read_server_fact(leaf)
    elif leaf.kind in {Kind.DECISION, Kind.STAFF_FACT}:
        _read_act(leaf)


def phone_record(body: bytes, kind: Kind) -> PhoneRecord:
    """The typed record in a leaf's body. The gate verified its signature before it wrote the leaf."""
    return read_phone_record(parse_jws(body.decode("ascii")), frozenset({kind}))


def _read_punch(leaf: Leaf, keys: KeyList) -> str:
    record = phone_record(leaf.body, Kind.PUNCH)
    payload = record.payload
    assert isinstance(payload, PunchPayload)
    record_hash = b64url(record.jws.hash)
    # Weighed at the end of the batch; until then it is judged by what it claims.
    punch, _ = Punch.objects.get_or_create(
        record_hash=record_hash,
        defaults={
            "origin": leaf.origin,
            "index": leaf.index,
            "received_at_ms": leaf.received_at_ms,
            "kid": record.jws.header.kid,
            "person": payload.person,
            "direction": payload.direction,
            "wall_ms": payload.wall_ms,
            "body": leaf.body,
            "grade": "E",
            "hi_ms": leaf.received_at_ms,
            "judged_ms": leaf.received_at_ms,
        },
    )
    Place.objects.get_or_create(
        origin=leaf.origin, index=leaf.index, defaults={"punch": punch, "received_at_ms": leaf.received_at_ms}
    )
    if (leaf.received_at_ms, leaf.origin) < (punch.received_at_ms, punch.origin):
        punch.origin, punch.index, punch.received_at_ms = leaf.origin, leaf.index, leaf.received_at_ms
        punch.save(update_fields=["origin", "index", "received_at_ms"])
    _see_key(record, leaf, keys)
    return record_hash


def _see_key(record: PhoneRecord, leaf: Leaf, keys: KeyList) -> None:
    """Remember a key that came with a voucher; the office decides on it when it has looked."""
    header = record.jws.header
    if header.voucher is None or header.jwk is None:
        return
    try:
        voucher = open_voucher(header.voucher, keys.verifiers("office").values())
    except ValueError:
        return
    if voucher.person != record.person:
        return
    seen, is_new = SeenKey.objects.get_or_create(
        kid=header.kid,
        defaults={
            "key": key_bytes(header),
            "person": voucher.person,
            "slip": voucher.slip,
            "first_seen_ms": leaf.received_at_ms,
        },
    )
    if not is_new and leaf.received_at_ms < seen.first_seen_ms:
        SeenKey.objects.filter(kid=header.kid).update(first_seen_ms=leaf.received_at_ms)


def _read_witness(leaf: Leaf) -> str:
    record = phone_record(leaf.body, leaf.kind)
    payload = record.payload
    assert isinstance(payload, Delivery | Countersignature)
    Witness.objects.get_or_create(
        record_hash=b64url(record.jws.hash),
        defaults={
            "kind": leaf.kind,
            "punch": payload.punch,
            "origin": leaf.origin,
            "index": leaf.index,
            "received_at_ms": leaf.received_at_ms,
            "body": leaf.body,
        },
    )
    return payload.punch


def _read_flag(leaf: Leaf) -> str:
    """Flags of all journals that hold the record add up."""
    flag = decode(leaf.body, Flag)
    punch = Punch.objects.filter(record_hash=flag.about).first()
    if punch is not None:
        punch.flags = sorted({*punch.flags, *flag.flags})
        punch.save(update_fields=["flags"])
    return flag.about


def _read_server_fact(leaf: Leaf) -> list[MeasuredOutage]:
    ServerFact.objects.get_or_create(
        origin=leaf.origin,
        index=leaf.index,
        defaults={
            "kind": leaf.kind,
            "received_at_ms": leaf.received_at_ms,
            "body": msgspec.json.decode(leaf.body),
        },
    )
    return _measure_outage(leaf) if leaf.kind is Kind.GATE_START else []


def _measure_outage(start: Leaf) -> list[MeasuredOutage]:
    """From the last sign of life before this start. A journal's first start ends no outage."""
    before = ServerFact.objects.filter(origin=start.origin, index__lt=start.index, kind__in=_SIGNS_OF_LIFE)
    last_ms = before.order_by("-index").values_list("received_at_ms", flat=True).first()
    if last_ms is None or last_ms >= start.received_at_ms:
        return []
    outage, _ = MeasuredOutage.objects.get_or_create(
        origin=start.origin, until_ms=start.received_at_ms, defaults={"from_ms": last_ms}
    )
    return [outage]


def _read_act(leaf: Leaf) -> None:
    is_decision = leaf.kind is Kind.DECISION
    record = decode(leaf.body, Decision) if is_decision else decode(leaf.body, StaffFact)
    JournaledAct.objects.get_or_create(
        record_id=record.id,
        defaults={"origin": leaf.origin, "index": leaf.index, "body_hash": sha256(leaf.body).hex()},
    )
