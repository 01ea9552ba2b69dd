"""Payloads that phones and kiosks sign (docs/record-format.md section 1), and how a JWS becomes one."""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hadir.records.jws import Jws
from hadir.records.kinds import KIND_OF_TYP, Kind
from hadir.records.refusals import Refusal, Refused
from hadir.records.strict import decode

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
#: 32 bytes in base64url: the last letter's unused bits are zero.
_DIGEST = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_SAFE = 2**53 - 1

Version = Literal[1]
PersonNumber = Annotated[int, Meta(ge=1, le=2**32 - 1)]
WallMs = Annotated[int, Meta(ge=-_SAFE, le=_SAFE)]
MonoMs = Annotated[int, Meta(ge=0, le=_SAFE)]
Digest = Annotated[str, Meta(min_length=43, max_length=43)]
Direction = Literal["in", "out"]
Text = Annotated[str, Meta(max_length=2048)]


class PhonePayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A payload: every member required, no other accepted."""


class HeldTime(PhonePayload, frozen=True):
    """A signed time and the phone's own readings when it arrived."""

    token: Annotated[str, Meta(min_length=1, max_length=1024)]
    wall_ms: WallMs
    mono_ms: MonoMs
    origin_ms: WallMs


class DetailRef(PhonePayload, frozen=True):
    """A salted digest of what is kept beside the journal."""

    kind: Literal["location", "photo"]
    digest: Digest


class PunchPayload(PhonePayload, frozen=True):
    """One act of recording presence, as the person's phone signed it."""

    v: Version
    id: str
    person: PersonNumber
    direction: Direction
    wall_ms: WallMs
    mono_ms: MonoMs
    origin_ms: WallMs
    signed_time: HeldTime | None
    seq: Annotated[int, Meta(ge=1, le=_SAFE)]
    prev: Digest | None
    app: Annotated[str, Meta(min_length=1, max_length=32)]
    details: Annotated[list[DetailRef], Meta(max_length=4)]
    site_code: Annotated[str, Meta(min_length=1, max_length=64)] | None


class KioskPunch(PunchPayload, frozen=True):
    """A punch by card or PIN at a kiosk, for a person without a phone; `seq` and `prev` count on the kiosk."""

    kiosk: PersonNumber
    identified_by: Literal["card", "pin"]


class Delivery(PhonePayload, frozen=True):
    """The phone's statement after the receipt: how its clock stood against a second signed time."""

    v: Version
    id: str
    person: PersonNumber
    punch: Digest
    wall_ms: WallMs
    mono_ms: MonoMs
    origin_ms: WallMs
    signed_time: HeldTime
    first_try_ms: WallMs | None
    tries: Annotated[int, Meta(ge=1, le=_SAFE)]


class UserVerification(PhonePayload, frozen=True):
    """A WebAuthn assertion whose challenge is the punch's record hash."""

    v: Version
    id: str
    person: PersonNumber
    punch: Digest
    credential: Text
    authenticator_data: Text
    client_data: Text
    signature: Text


class Countersignature(PhonePayload, frozen=True):
    """A kiosk or colleague saw the punch's hash at this time."""

    v: Version
    id: str
    punch: Digest
    by: Literal["kiosk", "colleague"]
    witness: PersonNumber
    wall_ms: WallMs
    mono_ms: MonoMs
    origin_ms: WallMs
    signed_time: HeldTime | None


Payload = PunchPayload | Delivery | UserVerification | Countersignature

_SHAPES: dict[Kind, type[Payload]] = {
    Kind.PUNCH: PunchPayload,
    Kind.DELIVERY: Delivery,
    Kind.USER_VERIFICATION: UserVerification,
    Kind.COUNTERSIGNATURE: Countersignature,
    Kind.KIOSK_PUNCH: KioskPunch,
}


class _JustVersion(msgspec.Struct):
    v: int


class PhoneRecord(msgspec.Struct, frozen=True):
    """A well-formed record, its signature not yet looked at; `id_bytes` is its UUIDv7, 16 bytes."""

    jws: Jws
    kind: Kind
    payload: Payload
    id_bytes: bytes

    @property
    def person(self) -> int:
        """Whose key must have signed it (a witness's number in a countersignature, the kiosk's in a kiosk punch)."""
        if isinstance(self.payload, Countersignature):
            return self.payload.witness
        return self.payload.kiosk if isinstance(self.payload, KioskPunch) else self.payload.person


def read_phone_record(jws: Jws, allowed: frozenset[Kind]) -> PhoneRecord:
    """The typed record in `jws`.

    Refused: WRONG_KIND, UNSUPPORTED_VERSION, BAD_PAYLOAD (with the place), or a fault of its JSON.
    """
    kind = KIND_OF_TYP.get(jws.header.typ)
    if kind is None or kind not in allowed:
        raise Refused(Refusal.WRONG_KIND, jws.header.typ)
    try:
        payload = decode(jws.payload, _SHAPES[kind], shape_refusal=Refusal.BAD_PAYLOAD)
    except Refused as refused:
        raise _version_or(refused, jws.payload) from refused
    if not _UUID7.fullmatch(payload.id):
        raise Refused(Refusal.BAD_PAYLOAD, "$.id")
    _check_hashes(payload)
    id_bytes = bytes.fromhex(payload.id.replace("-", ""))
    return PhoneRecord(jws=jws, kind=kind, payload=payload, id_bytes=id_bytes)


def _version_or(refused: Refused, payload: bytes) -> Refused:
    """A record of another version says so, whatever else it holds."""
    try:
        other = refused.refusal is Refusal.BAD_PAYLOAD and msgspec.json.decode(payload, type=_JustVersion).v != 1
    except msgspec.DecodeError:
        return refused
    return Refused(Refusal.UNSUPPORTED_VERSION) if other else refused


def _check_hashes(payload: Payload) -> None:
    """Digests are 32 bytes in their one spelling, and only a device's first punch has no predecessor."""
    if isinstance(payload, PunchPayload):
        digests = [detail.digest for detail in payload.details]
        if payload.prev is not None:
            digests.append(payload.prev)
        if (payload.prev is None) != (payload.seq == 1):
            raise Refused(Refusal.BAD_PAYLOAD, "$.prev")
    else:
        digests = [payload.punch]
    for digest in digests:
        if not _DIGEST.fullmatch(digest):
            raise Refused(Refusal.BAD_PAYLOAD, "digest: not the one base64url spelling")
