"""A phone in Python: keys, punches and witnesses, written from docs/record-format.md. For rehearsals and tests."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from hadir.records.encoding import b64url, sha256
from hadir.records.jws import jwk_of, thumbprint

_ECDSA = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
EPOCH_MS = 1_795_000_000_000


def uuid7(at_ms: int, number: int) -> str:
    """A UUIDv7 whose random part is `number`, so that tests repeat."""
    value = at_ms << 80 | 0x7 << 76 | (number >> 62 & 0xFFF) << 64 | 0x2 << 62 | number & (2**62 - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass
class Phone:
    """One device. `voucher` travels in its records while it is set."""

    person: int
    voucher: str | None = None
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    seq: int = 0
    prev: str | None = None
    ids: int = 0
    _headers: dict[tuple[str, str | None], str] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def key(self) -> bytes:
        numbers = self.private.public_key().public_numbers()
        return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    @cached_property
    def kid(self) -> str:
        return thumbprint(jwk_of(self.key))

    def header(self, typ: str, **changes: object) -> dict[str, Any]:
        header: dict[str, Any] = {"alg": "ES256", "kid": self.kid, "typ": typ}
        if self.voucher is not None:
            jwk = jwk_of(self.key)
            header["jwk"] = {"crv": jwk.crv, "kty": jwk.kty, "x": jwk.x, "y": jwk.y}
            header["voucher"] = self.voucher
        header.update(changes)
        return header

    def _spelt_header(self, typ: str) -> str:
        """A phone says the same of itself in every record, until its voucher is gone."""
        key = (typ, self.voucher)
        if key not in self._headers:
            self._headers[key] = b64url(compact(self.header(typ)))
        return self._headers[key]

    def payload(self, direction: str = "in", *, wall_ms: int = EPOCH_MS, **changes: object) -> dict[str, Any]:
        """The next punch's members."""
        self.seq += 1
        self.ids += 1
        members = {
            "v": 1,
            "id": uuid7(wall_ms, self.person << 32 | self.ids),
            "person": self.person,
            "direction": direction,
            "wall_ms": wall_ms,
            "mono_ms": 1_000 * self.seq,
            "origin_ms": EPOCH_MS - 5_000,
            "signed_time": None,
            "seq": self.seq,
            "prev": self.prev,
            "app": "test",
            "details": [],
            "site_code": None,
        }
        return {**members, **changes}

    def punch(self, direction: str = "in", *, wall_ms: int = EPOCH_MS, **changes: object) -> str:
        """The next punch, signed; the chain moves on."""
        return self.sign_next(self.payload(direction, wall_ms=wall_ms, **changes))

    def sign_next(self, payload: dict[str, Any]) -> str:
        """Sign a payload that `payload` made; the chain moves on."""
        record = self.sign(payload)
        self.prev = record_hash(record)
        return record

    def delivery(self, punch: str, signed_time: dict[str, Any], *, wall_ms: int = EPOCH_MS, **changes: object) -> str:
        self.ids += 1
        members = {
            "v": 1,
            "id": uuid7(wall_ms, self.person << 32 | self.ids),
            "person": self.person,
            "punch": record_hash(punch),
            "wall_ms": wall_ms,
            "mono_ms": 9_000,
            "origin_ms": EPOCH_MS - 5_000,
            "signed_time": signed_time,
            "first_try_ms": None,
            "tries": 1,
        }
        return self.sign({**members, **changes}, typ="hadir-delivery+jws")

    def user_verification(self, punch: str, *, wall_ms: int = EPOCH_MS) -> str:
        """A WebAuthn assertion's place; what is in it here verifies nothing."""
        proof = {"credential": "AA", "authenticator_data": "AA", "client_data": "AA", "signature": "AA"}
        members = {**self._about(punch, wall_ms), "person": self.person, **proof}
        return self.sign(members, typ="hadir-user-verification+jws")

    def countersignature(self, punch: str, *, wall_ms: int = EPOCH_MS) -> str:
        """This phone's owner saw the punch of another."""
        clocks = {"wall_ms": wall_ms, "mono_ms": 9_000, "origin_ms": EPOCH_MS - 5_000, "signed_time": None}
        members = {**self._about(punch, wall_ms), "by": "colleague", "witness": self.person, **clocks}
        return self.sign(members, typ="hadir-countersignature+jws")

    def kiosk_punch(self, *, person: int, direction: str = "in", wall_ms: int = EPOCH_MS) -> str:
        """This device as a kiosk: somebody's card was read."""
        members = {**self.payload(direction, wall_ms=wall_ms), "person": person}
        members.update(kiosk=self.person, identified_by="card")
        record = self.sign(members, typ="hadir-kiosk-punch+jws")
        self.prev = record_hash(record)
        return record

    def _about(self, punch: str, wall_ms: int) -> dict[str, object]:
        self.ids += 1
        return {"v": 1, "id": uuid7(wall_ms, self.person << 32 | self.ids), "punch": record_hash(punch)}

    def sign(
        self, payload: dict[str, Any] | bytes, *, typ: str = "hadir-punch+jws", header: dict[str, Any] | None = None
    ) -> str:
        body = payload if isinstance(payload, bytes) else compact(payload)
        head = self._spelt_header(typ) if header is None else b64url(compact(header))
        signing_input = f"{head}.{b64url(body)}"
        r, s = decode_dss_signature(self.private.sign(signing_input.encode(), _ECDSA))
        return f"{signing_input}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def private_key(seed: int, person: int) -> ec.EllipticCurvePrivateKey:
    """A rehearsal's key, the same for the same seed."""
    number = int.from_bytes(hashlib.sha512(f"hadir rehearsal {seed} {person}".encode()).digest(), "big")
    return ec.derive_private_key(1 + number % 2**255, ec.SECP256R1())


def compact(members: dict[str, Any]) -> bytes:
    return msgspec.json.encode(members)


def record_hash(record: str) -> str:
    return b64url(sha256(record.rpartition(".")[0].encode()))
