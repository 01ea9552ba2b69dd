"""Who asks, when a phone asks the office: the key that signed the request (docs/record-format.md section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hadir.office.devices.models import Device
from hadir.office.projection.models import SeenKey
from hadir.records.jws import Jws, key_bytes, parse_jws, verify_es256
from hadir.records.keys import KeyList
from hadir.records.phone_records import HeldTime, PersonNumber
from hadir.records.refusals import Refused
from hadir.records.strict import decode
from hadir.records.times import open_time
from hadir.records.voucher import open_voucher

SCHEME = "Hadir "
REQUEST_TYP = "hadir-request+jws"
AGE_MS_MAX = 600_000
_SAFE = 2**53 - 1


class RequestTrouble(StrEnum):
    """Why a phone's request is not answered; also the code of its text, under `request.`."""

    UNSIGNED = "unsigned"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown_key"
    REVOKED_KEY = "revoked_key"
    BAD_SIGNATURE = "bad_signature"
    OTHER_REQUEST = "other_request"
    TOO_OLD = "too_old"
    UNKNOWN_PERSON = "unknown_person"


class RequestRefusedError(Exception):
    """Caught where the request is answered."""

    def __init__(self, trouble: RequestTrouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


class RequestPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: Literal[1]
    person: PersonNumber
    method: Annotated[str, Meta(max_length=10)]
    path: Annotated[str, Meta(max_length=500)]
    signed_time: HeldTime
    mono_ms: Annotated[int, Meta(ge=0, le=_SAFE)]
    origin_ms: Annotated[int, Meta(ge=-_SAFE, le=_SAFE)]


@dataclass(frozen=True, slots=True)
class Caller:
    """The person whose key signed the request. A key that the office has not looked at sees only its own taps."""

    person: int
    kid: str
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class _Key:
    key: bytes
    person: int
    is_confirmed: bool


def caller_of(authorization: str, *, method: str, path: str, keys: KeyList, now_ms: int) -> Caller:
    """Who signed this request. RequestRefusedError with the first thing that does not hold."""
    jws, payload = _read(authorization)
    known = _key_of(jws, keys)
    if known.person != payload.person:
        raise RequestRefusedError(RequestTrouble.UNKNOWN_KEY)
    if not verify_es256(known.key, jws.signing_input, jws.signature):
        raise RequestRefusedError(RequestTrouble.BAD_SIGNATURE)
    if (payload.method, payload.path) != (method, path):
        raise RequestRefusedError(RequestTrouble.OTHER_REQUEST)
    _check_age(payload, keys, now_ms)
    return Caller(person=known.person, kid=jws.header.kid, is_confirmed=known.is_confirmed)


def _read(authorization: str) -> tuple[Jws, RequestPayload]:
    if not authorization.startswith(SCHEME):
        raise RequestRefusedError(RequestTrouble.UNSIGNED)
    try:
        jws = parse_jws(authorization.removeprefix(SCHEME))
        payload = decode(jws.payload, RequestPayload)
    except Refused as refused:
        raise RequestRefusedError(RequestTrouble.MALFORMED) from refused
    if jws.header.typ != REQUEST_TYP:
        raise RequestRefusedError(RequestTrouble.MALFORMED)
    return jws, payload


def _key_of(jws: Jws, keys: KeyList) -> _Key:
    """The office's word on the key; else a key it has seen with a voucher; else one that brings its voucher along."""
    device = Device.objects.filter(kid=jws.header.kid).first()
    if device is not None:
        if not device.is_active:
            raise RequestRefusedError(RequestTrouble.REVOKED_KEY)
        return _Key(key=bytes(device.key), person=device.person_id, is_confirmed=True)
    seen = SeenKey.objects.filter(kid=jws.header.kid).first()
    if seen is not None:
        return _Key(key=bytes(seen.key), person=seen.person, is_confirmed=False)
    return _brought_along(jws, keys)


def _brought_along(jws: Jws, keys: KeyList) -> _Key:
    if jws.header.voucher is None or jws.header.jwk is None:
        raise RequestRefusedError(RequestTrouble.UNKNOWN_KEY)
    try:
        voucher = open_voucher(jws.header.voucher, keys.verifiers("office").values())
        return _Key(key=key_bytes(jws.header), person=voucher.person, is_confirmed=False)
    except (ValueError, Refused) as error:
        raise RequestRefusedError(RequestTrouble.UNKNOWN_KEY) from error


def _check_age(payload: RequestPayload, keys: KeyList, now_ms: int) -> None:
    """Young by the phone's own steady clock since a signed time, and by ours: a captured request soon says nothing."""
    held = payload.signed_time
    try:
        token = open_time(held.token, keys.time_keys())
    except ValueError as error:
        raise RequestRefusedError(RequestTrouble.MALFORMED) from error
    elapsed_ms = payload.mono_ms - held.mono_ms
    same_life = held.origin_ms == payload.origin_ms and 0 <= elapsed_ms <= AGE_MS_MAX
    if not same_life or abs(now_ms - token.at_ms - elapsed_ms) > AGE_MS_MAX + token.error_ms:
        raise RequestRefusedError(RequestTrouble.TOO_OLD)
