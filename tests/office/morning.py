"""A morning at the gate: real records of Python phones in a real journal, as the follower will find them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hadir.ledger import Entry
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.devices.models import Slip
from hadir.office.follower.following import follow_all
from hadir.office.judging.judging import JudgeContext
from hadir.records.kinds import Kind
from hadir.records.server_records import Flag, GateStart
from hadir.records.strict import encode
from hadir.records.times import TimeToken, issue_time
from hadir.site import Site
from rehearsal.phones import Phone, record_hash

NONCE = "AAAAAAAAAAAAAAAAAAAAAA"
UNCONFIRMED = ("unconfirmed", "voucher")


@dataclass
class Morning:
    site: Site
    context: JudgeContext
    phones: dict[int, Phone] = field(default_factory=dict)
    gate: str = "gate1"

    def phone(self, person: int) -> Phone:
        """The person's phone, enrolled by his newest slip."""
        if person not in self.phones:
            slip = Slip.objects.filter(person=person).latest("number")
            self.phones[person] = Phone(person, voucher=slip.voucher)
        return self.phones[person]

    def append(self, entries: Iterable[tuple[Kind, bytes]], at_ms: int) -> int:
        """Write leaves; the index of the first."""
        journal = SqliteJournal(self.site.journal_folder(self.gate), self.site.gate_signer())
        try:
            leaves = journal.append([Entry(kind=kind, body=body) for kind, body in entries], now_ms=at_ms)
        finally:
            journal.close()
        return leaves[0].index

    def fact(self, kind: Kind, record: msgspec.Struct, at_ms: int) -> None:
        self.append([(kind, encode(record))], at_ms)

    def starts(self, at_ms: int) -> None:
        self.fact(Kind.GATE_START, GateStart(v=1, program="gate1", app="test", previous_size=0), at_ms)

    def token(self, at_ms: int, nonce: str | None = None) -> str:
        time = TimeToken(v=1, nonce=nonce or NONCE, at_ms=at_ms, clock="simulated", error_ms=50)
        return issue_time(time, self.site.gate_signer())

    def tap(  # a tap has many circumstances
        self,
        person: int,
        direction: str,
        wall_ms: int,
        *,
        received_ms: int | None = None,
        signed_ms: int | None = None,
        elapsed_ms: int | None = None,
        flags: tuple[str, ...] = UNCONFIRMED,
        phone: Phone | None = None,
        claims_to_be: int | None = None,
        nonce: str | None = None,
    ) -> str:
        """Tap, deliver, and (if the gate had flags) flag. Returns the record."""
        used = phone or self.phone(person)
        signed = wall_ms - 600_000 if signed_ms is None else signed_ms
        origin_ms = signed - 1_000
        members: dict[str, Any] = {
            "wall_ms": wall_ms,
            "mono_ms": 1_000 + (wall_ms - signed if elapsed_ms is None else elapsed_ms),
            "origin_ms": origin_ms,
            "signed_time": {
                "token": self.token(signed, nonce),
                "wall_ms": signed,
                "mono_ms": 1_000,
                "origin_ms": origin_ms,
            },
        }
        if claims_to_be is not None:
            members["person"] = claims_to_be
        record = used.punch(direction, **members)
        received = wall_ms + 1_500 if received_ms is None else received_ms
        index = self.append([(Kind.PUNCH, record.encode())], received)
        if flags:
            self.fact(Kind.FLAG, Flag(v=1, about=record_hash(record), at=index, flags=list(flags)), received)
        return record

    def delivery(
        self, person: int, record: str, at_ms: int, *, origin_ms: int, first_try_ms: int | None = None
    ) -> None:
        held = {
            "token": self.token(at_ms),
            "wall_ms": at_ms,
            "mono_ms": at_ms - origin_ms,
            "origin_ms": origin_ms,
        }
        statement = self.phone(person).delivery(
            record,
            held,
            wall_ms=at_ms,
            mono_ms=at_ms - origin_ms,
            origin_ms=origin_ms,
            tries=3,
            first_try_ms=first_try_ms,
        )
        self.append([(Kind.DELIVERY, statement.encode())], at_ms + 200)

    def follow(self, now_ms: int) -> int:
        return follow_all(self.context, now_ms=now_ms)
