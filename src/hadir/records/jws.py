"""Compact JWS as phones write it: ES256 and nothing else (RFC 7515, RFC 7518 section 3.4, RFC 7638)."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from hadir.records.encoding import b64url, sha256, un_b64url
from hadir.records.refusals import Refusal, Refused
from hadir.records.strict import decode

MAX_RECORD_BYTES = 4_096
OVER_DIGEST = ec.ECDSA(Prehashed(hashes.SHA256()))
_KEPT_KEYS = 8_192
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

#: Public key x || y, record hash, signature r || s.
Claim = tuple[bytes, bytes, bytes]
#: Whether each claim holds, in order.
Verify = Callable[[Sequence[Claim]], Sequence[bool]]


class Jwk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A P-256 public key (RFC 7517), members in the order of RFC 7638."""

    crv: str
    kty: str
    x: str
    y: str


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The protected header; `jwk` and `voucher` travel until the office has confirmed the key."""

    alg: str
    kid: str
    typ: str
    jwk: Jwk | None = None
    voucher: str | None = None


class Jws(msgspec.Struct, frozen=True):
    """A record as it came, taken apart but not yet believed.

    `signing_input` is what its identity and signature are over; `hash` is its SHA-256, the record hash; `kid` the
    thumbprint of the signer's key, 32 bytes.
    """

    header: Header
    kid: bytes
    payload: bytes
    signing_input: bytes
    signature: bytes
    record: bytes
    hash: bytes


def parse_jws(record: str) -> Jws:
    """Take a compact JWS apart.

    Refused: RECORD_TOO_LARGE, BAD_RECORD, BAD_HEADER, WRONG_ALGORITHM, or a fault of its JSON.
    """
    if len(record) > MAX_RECORD_BYTES:
        raise Refused(Refusal.RECORD_TOO_LARGE)
    parts = record.split(".")
    if len(parts) != 3 or not record.isascii():
        raise Refused(Refusal.BAD_RECORD, "three parts")
    try:
        head, payload, signature = un_b64url(parts[0]), un_b64url(parts[1]), un_b64url(parts[2])
    except ValueError as error:
        raise Refused(Refusal.BAD_RECORD, str(error)) from error
    header = decode(head, Header, shape_refusal=Refusal.BAD_HEADER)
    if header.alg != "ES256":
        raise Refused(Refusal.WRONG_ALGORITHM, header.alg)
    if len(signature) != 64:
        raise Refused(Refusal.BAD_SIGNATURE, "64 bytes")
    whole = record.encode("ascii")
    signing_input = whole[: len(whole) - len(parts[2]) - 1]
    return Jws(
        header=header,
        kid=_thumbprint_bytes(header),
        payload=payload,
        signing_input=signing_input,
        signature=signature,
        record=whole,
        hash=sha256(signing_input),
    )


def _thumbprint_bytes(header: Header) -> bytes:
    try:
        kid = un_b64url(header.kid)
    except ValueError as error:
        raise Refused(Refusal.BAD_HEADER, "$.kid") from error
    if len(kid) != 32:
        raise Refused(Refusal.BAD_HEADER, "$.kid")
    return kid


def thumbprint(jwk: Jwk) -> str:
    """RFC 7638 thumbprint (SHA-256, base64url)."""
    return b64url(sha256(f'{{"crv":"{jwk.crv}","kty":"{jwk.kty}","x":"{jwk.x}","y":"{jwk.y}"}}'.encode("ascii")))


def key_bytes(header: Header) -> bytes:
    """x || y (64 bytes) of the header's own key.

    Refused BAD_KEY when it is absent, of another kind, or not the one that `kid` names.
    """
    jwk = header.jwk
    if jwk is None or jwk.crv != "P-256" or jwk.kty != "EC":
        raise Refused(Refusal.BAD_KEY, "jwk")
    try:
        x, y = un_b64url(jwk.x), un_b64url(jwk.y)
    except ValueError as error:
        raise Refused(Refusal.BAD_KEY, str(error)) from error
    if len(x) != 32 or len(y) != 32 or thumbprint(jwk) != header.kid:
        raise Refused(Refusal.BAD_KEY, "kid")
    return x + y


def jwk_of(key: bytes) -> Jwk:
    """The JWK of a public key given as x || y, 64 bytes."""
    return Jwk(crv="P-256", kty="EC", x=b64url(key[:32]), y=b64url(key[32:]))


def verify_es256(key: bytes, signing_input: bytes, signature: bytes) -> bool:
    """Whether `signature` (r || s, 64 bytes) over `signing_input` holds for the public key x || y.

    A point off the curve holds nothing.
    """
    return verify_digest(key, sha256(signing_input), signature)


def verify_digest(key: bytes, digest: bytes, signature: bytes) -> bool:
    """As `verify_es256`, for a signing input whose SHA-256 is known already."""
    try:
        public = _public(key)
        der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        public.verify(der, digest, OVER_DIGEST)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(_KEPT_KEYS)
def _public(key: bytes) -> ec.EllipticCurvePublicKey:
    """A sixth of what a verification costs, and a phone has one key."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + key)


def is_mirrored(one: bytes, other: bytes) -> bool:
    """Whether these two signatures r || s are (r, s) and (r, n - s): the one holds where the other does."""
    if one[:32] != other[:32] or one == other:
        return False
    return int.from_bytes(one[32:], "big") + int.from_bytes(other[32:], "big") == ORDER


def verify_each(claims: Sequence[Claim]) -> list[bool]:
    """By `cryptography`, one after the other: what is true on any machine."""
    return [verify_digest(*claim) for claim in claims]
