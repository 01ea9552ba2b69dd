"""A phone in Python: its key and records, written from docs/record-format.md, the lives of its page with their clocks,
and the outbox with its table. For rehearsals and tests.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from hadir.records.days import day_number, local_date
from hadir.records.encoding import b64url, sha256
from hadir.records.jws import jwk_of, thumbprint
from hadir.records.keys import KeyList
from hadir.records.kinds import Kind
from hadir.records.note import Signer
from hadir.records.outbox import BATCH_MAX, Chance, Happened, Outboxed, OutboxState, is_due, may_join, new_entry, step
from hadir.records.receipt import Receipt, ReceiptError, verify_receipt
from hadir.records.voucher import Voucher

_ECDSA = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
APP = "rehearsal"
EPOCH_MS = 1_795_000_000_000


def uuid7(at_ms: int, number: int) -> str:
    """A UUIDv7 whose random part is `number`, so that tests repeat."""
    value = at_ms << 80 | 0x7 << 76 | (number >> 62 & 0xFFF) << 64 | 0x2 << 62 | number & (2**62 - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass
class Page:
    """One life of the app's page: its own clock counts from the start and stands still while the phone sleeps."""

    origin_ms: int
    seen_ms: int
    mono_ms: int = 0

    def look(self, now_ms: int, *, slept: bool = False) -> int:
        """Milliseconds of this life so far."""
        if not slept:
            self.mono_ms += now_ms - self.seen_ms
        self.seen_ms = now_ms
        return self.mono_ms


@dataclass
class Tap:
    """A tap as a rehearsal knows it: `tapped_ms` is when it was truly made, `signed_ms` the gate's time that its record
    carries, `page` the life it was made in, `answered` how often a gate that lived said something of it, and `receipt`
    what was proven last.
    """

    record: str
    tapped_ms: int
    signed_ms: int | None
    page: Page
    entry: Outboxed
    tries: int = 0
    answered: int = 0
    first_try_ms: int | None = None
    receipt: Receipt | None = None

    @cached_property
    def hash(self) -> str:
        return record_hash(self.record)

    @property
    def received_ms(self) -> int | None:
        return None if self.receipt is None else self.receipt.leaf.received_at_ms


@dataclass(eq=False)
class Phone:
    """One device. `voucher` travels in its records while it is set. Moments are given to it as they truly are; its own
    clock is `skew_ms` off. `asks_again_ms`: a client that does not comply tries again after so long, whatever the table
    and the gate say. `unheard_ms`: when the gate was last asked and not heard, by its clock; None when it was since.
    `life`: how often its page was killed; `mistrusted`: how many receipts did not verify.
    """

    person: int
    voucher: str | None = None
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    seq: int = 0
    prev: str | None = None
    ids: int = 0
    draw: Random = field(default_factory=Random)
    skew_ms: int = 0
    asks_again_ms: int | None = None
    unheard_ms: int | None = None
    page: Page = field(default_factory=lambda: Page(0, 0))
    held: dict[str, Any] | None = None
    held_signed_ms: int | None = None
    taps: list[Tap] = field(default_factory=list)
    keys: KeyList | None = None
    online: bool = True
    life: int = 0
    requests: int = 0
    mistrusted: int = 0
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
        return header | changes

    def _spelt_header(self, typ: str) -> str:
        """A phone says the same of itself in every record, until its voucher is gone."""
        key = (typ, self.voucher)
        if key not in self._headers:
            self._headers[key] = b64url(compact(self.header(typ)))
        return self._headers[key]

    def payload(self, direction: str = "in", *, wall_ms: int = EPOCH_MS, **changes: object) -> dict[str, Any]:
        self.seq += 1
        self.ids += 1
        return {
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
            **changes,
        }

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
            **changes,
        }
        return self.sign(members, typ="hadir-delivery+jws")

    def sign(
        self, payload: dict[str, Any] | bytes, *, typ: str = "hadir-punch+jws", header: dict[str, Any] | None = None
    ) -> str:
        body = payload if isinstance(payload, bytes) else compact(payload)
        head = self._spelt_header(typ) if header is None else b64url(compact(header))
        signing_input = f"{head}.{b64url(body)}"
        r, s = decode_dss_signature(self.private.sign(signing_input.encode(), _ECDSA))
        return f"{signing_input}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    # Its page, and the clocks that its records tell of.

    def wall_ms(self, now_ms: int) -> int:
        """What its clock shows at the true time `now_ms`."""
        return now_ms + self.skew_ms

    def clocks(self, now_ms: int) -> dict[str, int]:
        """The three readings that a phone signs."""
        return {
            "wall_ms": self.wall_ms(now_ms),
            "mono_ms": self.page.look(now_ms),
            "origin_ms": self.page.origin_ms,
        }

    def open(self, now_ms: int, *, same_page: bool) -> None:
        """Somebody looks at the app: the page of before wakes up, or a new one begins, in which no request waits."""
        if not same_page:
            self.page = Page(origin_ms=self.wall_ms(now_ms), seen_ms=now_ms)
        self.page.look(now_ms, slept=True)
        for tap in self.taps:
            if not same_page or tap.entry.state is not OutboxState.SENDING:
                self.happens(tap, Happened.OPENED, now_ms)

    def hold(self, token: str, signed_ms: int, now_ms: int) -> None:
        """Keep a signed time with the readings of the moment at which it came in."""
        self.unheard_ms = None
        self.held, self.held_signed_ms = {"token": token, **self.clocks(now_ms)}, signed_ms

    def tap(self, now_ms: int, direction: str = "in") -> Tap:
        """Press a button: signed and kept; sending is the outbox's business."""
        record = self.punch(direction, app=APP, signed_time=self.held, **self.clocks(now_ms))
        entry = new_entry(self.wall_ms(now_ms), unheard_ms=self.unheard_ms)
        tap = Tap(record, now_ms, self.held_signed_ms, self.page, entry)
        self.taps.append(tap)
        return tap

    def statement(self, tap: Tap, now_ms: int) -> str:
        """The delivery statement that ties a tap to a second signed time."""
        assert self.held is not None
        return self.delivery(
            tap.record, self.held, first_try_ms=tap.first_try_ms, tries=max(1, tap.tries), **self.clocks(now_ms)
        )

    # The outbox: the table decides, here it is only asked.

    @property
    def is_sending(self) -> bool:
        return any(tap.entry.state is OutboxState.SENDING for tap in self.taps)

    def take_batch(self, now_ms: int) -> list[Tap]:
        """What goes out now, marked as sent; empty when nothing is due."""
        wall_ms = self.wall_ms(now_ms)
        due = [tap for tap in self.taps if is_due(tap.entry, wall_ms)]
        riders = [tap for tap in self.taps if due and tap not in due and may_join(tap.entry, wall_ms)]
        batch = [*due, *riders][:BATCH_MAX]
        for tap in batch:
            self.happens(tap, Happened.SENT, now_ms)
            tap.tries += 1
            tap.first_try_ms = tap.first_try_ms or wall_ms
        return batch

    def happens(self, tap: Tap, event: Happened, now_ms: int, *, retry_after_s: int = 0) -> None:
        chance = Chance(self.draw.random(), self.wall_ms(now_ms))
        tap.entry = step(tap.entry, event, chance, retry_after_s=retry_after_s)
        if self.asks_again_ms is not None and event in {Happened.NO_ANSWER, Happened.OVERLOADED}:
            tap.entry = replace(tap.entry, next_try_ms=chance.now_ms + self.asks_again_ms, not_before_ms=0)

    def unanswered(self, batch: Iterable[Tap], now_ms: int) -> None:
        """Nobody answered, or somebody else did."""
        self.unheard_ms = self.wall_ms(now_ms)
        for tap in batch:
            self.happens(tap, Happened.NO_ANSWER, now_ms)

    def believe(self, tap: Tap, receipt: Receipt | None, now_ms: int) -> None:
        """Take what was proven; a receipt that does not verify is no answer."""
        tap.receipt = receipt or tap.receipt
        self.happens(tap, Happened.NO_ANSWER if receipt is None else Happened.RECEIPTED, now_ms)

    def next_try_ms(self) -> int | None:
        """When the outbox wants to be asked again."""
        waiting = (tap.entry.next_try_ms for tap in self.taps if tap.entry.state is not OutboxState.SENDING)
        next_ms = min((at_ms for at_ms in waiting if at_ms is not None), default=None)
        return None if next_ms is None else next_ms - self.skew_ms


def proven(tap: Tap, said: Mapping[str, Any], keys: KeyList) -> Receipt | None:
    """What the receipt in a gate's answer proves of this tap; None when it does not verify, or when the answer says
    anything else beside it.
    """
    try:
        receipt = verify_receipt(tap.record, said["receipt"], keys)
    except ReceiptError:
        return None
    leaf = receipt.leaf
    told = (*(said.get(name) for name in ("record_hash", "index", "received_at_ms")), Kind.PUNCH)
    return receipt if told == (tap.hash, leaf.index, leaf.received_at_ms, leaf.kind) else None


def voucher_for(person: int, office: Signer, *, now_ms: int) -> str:
    """What a slip of the office introduces a phone with, for a month."""
    return Voucher(person=person, slip=person, last_day=day_number(local_date(now_ms, "UTC")) + 30).issue(office)


def private_key(crowd: str, person: int) -> ec.EllipticCurvePrivateKey:
    """A throw-away key that anybody can make again (bench/crowd.c does): for rehearsals only."""
    seed = hashlib.sha512(f"hadir {crowd} {person}".encode()).digest()
    return ec.derive_private_key(int.from_bytes(seed, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def compact(members: dict[str, Any]) -> bytes:
    return msgspec.json.encode(members)


def record_hash(record: str) -> str:
    return b64url(sha256(record.rpartition(".")[0].encode()))
