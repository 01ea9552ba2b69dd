"""Signed times: a gate's word for what time it was (docs/record-format.md section 7; RFC 8037 EdDSA)."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hadir.records.encoding import b64url, sha256, un_b64url
from hadir.records.note import Signer, VerifierKey
from hadir.records.refusals import Refused
from hadir.records.strict import decode, encode

ClockWord = Literal["ok", "unsynchronised", "stepped", "wrong", "simulated"]
_MAX_TOKEN_BYTES = 1_024


NONCE_RANDOM_BYTES = 16
NONCE_BOUND_BYTES = 32


def bound_nonce(random: bytes, kid: str) -> bytes:
    """The nonce with which the device `kid` asks for a time of its own: 16 random bytes, then the first 16 of
    SHA-256(random || thumbprint). The gate signs any nonce of 16 to 32 bytes and learns nothing of the device.
    """
    return random + sha256(random + un_b64url(kid))[:NONCE_RANDOM_BYTES]


def nonce_binding(nonce: str, kid: str) -> Literal["unbound", "bound", "foreign"]:
    """For which device a time was fetched. Shorter nonces are those of phones that do not bind their times."""
    try:
        data = un_b64url(nonce)
    except ValueError:
        return "unbound"
    if len(data) != NONCE_BOUND_BYTES:
        return "unbound"
    return "bound" if data == bound_nonce(data[:NONCE_RANDOM_BYTES], kid) else "foreign"


class TimeHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token's header."""

    alg: Literal["EdDSA"]
    kid: str
    typ: Literal["hadir-time+jws"]


class TimeToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """True time lies within `at_ms` ± `error_ms`, as far as the gate knows."""

    v: Literal[1]
    nonce: str
    at_ms: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    clock: ClockWord
    error_ms: Annotated[int, Meta(ge=0, le=2**53 - 1)]


def key_id(key: VerifierKey) -> str:
    """How a token names the key that signed it: `<name>+<hash>`."""
    return f"{key.name}+{key.hash.hex()}"


def issue_time(time: TimeToken, gate: Signer) -> str:
    """The token, a compact JWS."""
    header = TimeHeader(alg="EdDSA", kid=key_id(gate.verifier), typ="hadir-time+jws")
    signing_input = f"{b64url(encode(header))}.{b64url(encode(time))}"
    return f"{signing_input}.{b64url(gate.sign(signing_input.encode('ascii')))}"


class ToldTime(msgspec.Struct, frozen=True):
    """What a token says, whether or not it holds: which gate, and when."""

    gate: str
    at_ms: int


def read_time(token: str) -> ToldTime | None:
    """What the token says, without asking its signature; None when it is none."""
    try:
        header, time, _ = token.split(".")
        gate, _, _ = decode(un_b64url(header), TimeHeader).kid.rpartition("+")
        return ToldTime(gate, decode(un_b64url(time), TimeToken).at_ms)
    except (ValueError, Refused):
        return None


def open_time(token: str, gates: Mapping[str, VerifierKey]) -> TimeToken:
    """The signed time in `token`; `gates` maps key ids to keys. ValueError when it does not hold."""
    parts = token.split(".")
    if len(token) > _MAX_TOKEN_BYTES or len(parts) != 3 or not token.isascii():
        raise ValueError("not a signed time")
    try:
        header = decode(un_b64url(parts[0]), TimeHeader)
        time = decode(un_b64url(parts[1]), TimeToken)
    except Refused as refused:
        raise ValueError(f"not a signed time: {refused}") from refused
    key = gates.get(header.kid)
    if key is None:
        raise ValueError(f"no gate of this site has the key {header.kid}")
    if not key.verify(un_b64url(parts[2]), f"{parts[0]}.{parts[1]}".encode("ascii")):
        raise ValueError("the signature of the signed time does not hold")
    return time
