"""Which device signed what a leaf holds, and whether the office vouches for its key (record-format.md section 3.1).

The gate looked before it wrote the leaf. But with the gate's key somebody could write leaves that no phone signed, so
audit and follower look again before they believe a leaf, by the same rules.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from hadir.records.encoding import sha256, un_b64url
from hadir.records.jws import Header, key_bytes
from hadir.records.kinds import KIND_OF_TYP, PUNCH_KINDS, WITNESS_KINDS, Kind
from hadir.records.note import VerifierKey
from hadir.records.refusals import Refused
from hadir.records.voucher import open_voucher

#: Kinds of leaves that a device signed.
SIGNED_KINDS = PUNCH_KINDS | WITNESS_KINDS
_KEPT_HEADERS = 16_384


class Signed(NamedTuple):
    """What a device's record says of its signature, not yet believed.

    `kid` is the key's thumbprint (32 bytes), `digest` the record hash; `own_key` the key x || y that the record brings
    along, if its thumbprint is `kid` and a voucher of the office in it names the person of the record.
    """

    kid: bytes
    digest: bytes
    signature: bytes
    own_key: bytes | None


class _Person(msgspec.Struct):
    """Whose key must have signed, whatever kind it is."""

    person: int = 0
    witness: int = 0
    kiosk: int = 0


class _Told(NamedTuple):
    """A header taken apart. A confirmed phone says the same of itself in every record."""

    kid: bytes
    key: bytes | None
    vouched: int


_headers = msgspec.json.Decoder(Header)
_people = msgspec.json.Decoder(_Person)


class Signatures:
    """Reads whose signatures leaves carry; `offices` are the keys that sign this site's vouchers."""

    def __init__(self, offices: Iterable[VerifierKey]) -> None:
        known: Sequence[VerifierKey] = tuple(offices)
        self._told = lru_cache(_KEPT_HEADERS)(lambda spelt, kind: _read_header(spelt, kind, known))

    def of(self, kind: Kind, body: bytes) -> Signed:
        """ValueError, with the reason, for a body that is no record of this kind at all."""
        parts = body.split(b".")
        if len(parts) != 3:
            raise ValueError("the body is no compact JWS")
        told = self._told(parts[0], kind)
        signature = un_b64url(parts[2].decode("ascii"))
        if len(signature) != 64:
            raise ValueError("the signature has another length")
        vouched = told.key is not None and told.vouched == _person_of(parts[1], kind)
        return Signed(
            kid=told.kid,
            digest=sha256(body[: len(body) - len(parts[2]) - 1]),
            signature=signature,
            own_key=told.key if vouched else None,
        )


def _read_header(spelt: bytes, kind: Kind, offices: Sequence[VerifierKey]) -> _Told:
    try:
        header = _headers.decode(un_b64url(spelt.decode("ascii")))
    except msgspec.DecodeError as error:
        raise ValueError(f"the header is no header: {error}") from error
    kid = un_b64url(header.kid)
    if header.alg != "ES256" or KIND_OF_TYP.get(header.typ) is not kind or len(kid) != 32:
        raise ValueError("the header is of another kind of record")
    if header.jwk is None or header.voucher is None:
        return _Told(kid, None, 0)
    try:
        return _Told(kid, key_bytes(header), open_voucher(header.voucher, offices).person)
    except (Refused, ValueError):
        return _Told(kid, None, 0)


def _person_of(spelt: bytes, kind: Kind) -> int:
    try:
        told = _people.decode(un_b64url(spelt.decode("ascii")))
    except msgspec.DecodeError as error:
        raise ValueError(f"the payload is no payload: {error}") from error
    return {Kind.COUNTERSIGNATURE: told.witness, Kind.KIOSK_PUNCH: told.kiosk}.get(kind, told.person)
