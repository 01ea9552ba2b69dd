"""The projection: everything here can be dropped and comes back from the journals and the office's dated tables."""

from collections.abc import Collection, Iterable
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

import msgspec
from django.db import models
from django.db.models.base import ModelState

from hadir.records.encoding import un_b64url
from hadir.records.jws import parse_jws
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.phone_records import Delivery, PhoneRecord, PunchPayload, read_phone_record
from hadir.records.refusals import Refused
from hadir.rules.evidence import WeighedTap

MISSHAPEN = (msgspec.DecodeError, ValueError, IndexError, Refused)
"""What taking a leaf's body apart raises when it is not what its kind says."""
_PUNCHES = msgspec.json.Decoder(PunchPayload)


def phone_record(body: bytes, kind: Kind) -> PhoneRecord:
    """The typed record in a leaf's body, whose signature was verified before."""
    return read_phone_record(parse_jws(body.decode("ascii")), frozenset({kind}))


def punch_payload(body: bytes) -> PunchPayload:
    """What a punch says. The gate read it strictly before it wrote the leaf; here it is only taken apart."""
    return _PUNCHES.decode(un_b64url(body.split(b".", 2)[1].decode("ascii")))


class ProjectionRow(models.Model):
    class Meta:
        abstract = True


class InJournal(ProjectionRow):
    """What a leaf brought, and where the leaf stands."""

    origin = models.CharField(max_length=255)
    index = models.BigIntegerField()
    received_at_ms = models.BigIntegerField()

    class Meta:
        abstract = True


class Position(ProjectionRow):
    """How far a journal has been read: the next index; and up to where its signatures have been looked at."""

    origin = models.CharField(max_length=255, primary_key=True)
    next_index = models.BigIntegerField(default=0)
    proven_index = models.BigIntegerField(default=0)


class KeptMark(ProjectionRow):
    """Up to where the signatures of a journal were looked at, signed by the office (`hadir.records.office_notes`).

    A rebuild keeps it: it says nothing of verdicts.
    """

    origin = models.CharField(max_length=255, primary_key=True)
    note = models.TextField()


class Punch(InJournal):
    """One punch, once, whatever number of journals hold it: where its earliest receipt stands.

    `person` is only a number: a record may name anybody.
    """

    record_hash = models.CharField(max_length=43, primary_key=True)
    kid = models.CharField(max_length=43)
    """The phone's key; the hash of the list's record for a manual list; empty for a line of a terminal."""
    source = models.CharField(max_length=12, default="phone")
    """A `hadir.rules.evidence.Source`."""
    terminal = models.CharField(max_length=40, blank=True)
    """The serial number of the terminal that saw it; empty for others."""
    person = models.PositiveBigIntegerField()
    direction = models.CharField(max_length=6)
    wall_ms = models.BigIntegerField()
    body = models.BinaryField()
    """The record as it stands in its leaf: a phone's compact JWS, or the canonical JSON of a line or list."""
    flags = models.JSONField(default=list)
    grade = models.CharField(max_length=1)
    lo_ms = models.BigIntegerField(null=True)
    hi_ms = models.BigIntegerField()
    judged_ms = models.BigIntegerField()
    day = models.DateField(null=True)
    """The work place's date of the judged time; empty only inside the transaction that brings the punch."""
    payload: PunchPayload | None = None
    """What the body says, while it is at hand: a punch is weighed right after it was read."""
    weighed: WeighedTap | None = None
    """How it was weighed when it was put on its day, while that is at hand."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person", "day"], name="punch_person_day"),
            models.Index(fields=["kid"], name="punch_kid"),
        ]

    @property
    def person_day(self) -> tuple[int, date]:
        """Whose it is, and on which day it was put."""
        assert self.day is not None
        return self.person, self.day

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any]) -> "Punch":
        """Django's own, without its signals: a month of a regency is some hundred thousand punches."""
        if len(values) != len(_punch_names()):
            return super().from_db(db, field_names, values)
        return _punch(zip(_punch_names(), values, strict=True), db)

    @classmethod
    def first_seen(cls, at: "Leaf | MachineLine | FaultyLeaf", **values: object) -> "Punch":
        """A punch that stands in no table yet. Until it is weighed, the receipt stands for everything."""
        receipt = {"origin": at.origin, "index": at.index, "body": at.body, "grade": "E"}
        receipt |= dict.fromkeys(("received_at_ms", "hi_ms", "judged_ms"), at.received_at_ms)
        return _punch({**_punch_defaults(), "flags": [], **receipt, **values}.items(), None)


def _punch(values: Iterable[tuple[str, object]], db: str | None) -> Punch:
    punch = Punch.__new__(Punch)
    state = ModelState()
    state.adding, state.db = db is None, db
    punch.__dict__.update(values, _state=state)
    return punch


@cache
def _punch_names() -> tuple[str, ...]:
    return tuple(field.attname for field in Punch._meta.concrete_fields)  # noqa: SLF001 - Django's name


@cache
def _punch_defaults() -> dict[str, object]:
    return {field.attname: field.get_default() for field in Punch._meta.concrete_fields}  # noqa: SLF001 - as above


class MachineLine(InJournal):
    """One press of a finger as a terminal wrote it (kind 7), whoever it was. Mapped, it becomes a punch."""

    record_hash = models.CharField(max_length=43, primary_key=True)
    body = models.BinaryField()
    terminal = models.CharField(max_length=40)
    pin = models.CharField(max_length=24)
    day = models.DateField()
    clock = models.TimeField()
    """What the terminal's clock showed, without a zone."""
    status = models.PositiveSmallIntegerField(null=True)
    file = models.CharField(max_length=43)
    line_number = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["terminal", "pin", "day"], name="machine_line_pin_day")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["origin", "index"], name="one_line_at_a_place")]


class DirtyPin(ProjectionRow):
    """A PIN's lines of one day that must be given to their person again: they are new, or their mapping changed."""

    terminal = models.CharField(max_length=40)
    pin = models.CharField(max_length=24)
    day = models.DateField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["terminal", "pin", "day"], name="a_pin_is_dirty_once")]


class Place(InJournal):
    """A further position at which a punch stands, beside that of its earliest receipt: few punches have one."""

    punch = models.ForeignKey(Punch, on_delete=models.CASCADE, related_name="places")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["origin", "index"], name="one_punch_at_a_place")]


class Witness(InJournal):
    """A delivery statement (kind 2) or countersignature (kind 4) about a punch that may not have arrived yet."""

    record_hash = models.CharField(max_length=43, primary_key=True)
    kind = models.PositiveSmallIntegerField()
    punch = models.CharField(max_length=43, db_index=True)
    body = models.BinaryField()

    @property
    def delivery(self) -> Delivery:
        payload = phone_record(bytes(self.body), Kind.DELIVERY).payload
        assert isinstance(payload, Delivery)
        return payload


class ServerFact(InJournal):
    """What a program said of itself: start, stop, pulse, roster loaded, clock state (kinds 16 to 20)."""

    kind = models.PositiveSmallIntegerField()
    body = models.JSONField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["origin", "index"], name="one_fact_at_a_place")]
        indexes: ClassVar = [models.Index(fields=["kind", "received_at_ms"], name="fact_kind_time")]


class SeenKey(ProjectionRow):
    """A key that came with a voucher: pending until the office makes it a device."""

    kid = models.CharField(max_length=43, primary_key=True)
    key = models.BinaryField(max_length=64)
    person = models.PositiveBigIntegerField(db_index=True)
    slip = models.PositiveBigIntegerField()
    first_seen_ms = models.BigIntegerField()


class JournaledAct(ProjectionRow):
    """A decision or staff fact (kinds 32 and 33) as the office journal holds it."""

    record_id = models.CharField(max_length=36, primary_key=True)
    origin = models.CharField(max_length=255)
    index = models.BigIntegerField()
    body_hash = models.CharField(max_length=64)


class LeafFault(StrEnum):
    """Why a phone's record in a leaf counts for nobody. Sentences: `faulty.why.<value>`."""

    SIGNATURE = "signature"
    NO_KEY = "no_key"
    SHAPE = "shape"


class FaultyLeaf(InJournal):
    """A phone's record that nobody can prove to be signed by a phone: it counts for nothing, and never vanishes.

    `person`, `direction`, `wall_ms` and `day` are what it says of itself, as far as it can be read.
    """

    kind = models.PositiveSmallIntegerField()
    fault = models.CharField(max_length=12)
    kid = models.CharField(max_length=43, blank=True)
    record_hash = models.CharField(max_length=43)
    body = models.BinaryField()
    person = models.PositiveBigIntegerField(null=True)
    direction = models.CharField(max_length=6, blank=True)
    wall_ms = models.BigIntegerField(null=True)
    day = models.DateField(null=True)

    class Meta:
        ordering: ClassVar = ["-received_at_ms", "origin", "-index"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["origin", "index"], name="one_fault_at_a_place")]
        indexes: ClassVar = [
            models.Index(fields=["person", "day"], name="faulty_person_day"),
            models.Index(fields=["fault", "kid"], name="faulty_key"),
        ]


class DirtyDay(ProjectionRow):
    """A person-day whose verdict must be computed again."""

    person = models.PositiveBigIntegerField()
    day = models.DateField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "day"], name="a_day_is_dirty_once")]


class VerdictRow(ProjectionRow):
    """What the rules say of one person-day. Codes and parameters only: texts are made where they are shown.

    A row stands for each person-day with a tap or an excuse, and for each other one that has ended, was owed or free,
    and lies after recording began there (`follower.absence_scan`). `body` is the verdict; the other columns are for
    counts. Its part that a month reads stands once more in a `DayLine`.
    """

    person = models.PositiveBigIntegerField()
    day = models.DateField()
    unit = models.PositiveBigIntegerField()
    """Where the person was at home on that day."""
    status = models.CharField(max_length=10)
    """A `hadir.rules.DayStatus`."""
    dark = models.CharField(max_length=60, blank=True)
    """The silent source that leaves a half undecided: `terminal/SERIAL` or `phones/UNIT`; empty for most."""
    taps = models.PositiveSmallIntegerField(default=0)
    """How many taps lie on the day, counted or not."""
    body = models.JSONField()
    """A `hadir.office.months.kept_verdict.KeptVerdict`."""
    open_until_ms = models.BigIntegerField(null=True)
    """While the day is still running: when it ends, and must be judged again."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "day"], name="one_verdict_a_day")]
        indexes: ClassVar = [
            models.Index(fields=["day"], name="verdict_day"),
            models.Index(fields=["open_until_ms"], name="verdict_open"),
            models.Index(fields=["unit", "day"], condition=models.Q(taps__gt=0), name="verdict_first_of_unit"),
            models.Index(fields=["unit", "dark", "day"], condition=~models.Q(dark=""), name="verdict_dark"),
        ]


class JudgedBy(ProjectionRow):
    """By which edition of the rules the stored verdicts were judged; and while they are held against a new one, the
    last person-day that was. One row; none while nothing was judged.
    """

    digest = models.CharField(max_length=64)
    """As `hadir.office.ground.laws.edition_digest` says it."""
    person = models.PositiveBigIntegerField(null=True)
    """Empty once all of them were held against it."""
    day = models.DateField(null=True)


class SweptUnit(ProjectionRow):
    """A unit whose people all have their days in `[from_date, until_date)`, whether they recorded anything or not."""

    unit = models.PositiveBigIntegerField(primary_key=True)
    from_date = models.DateField()
    until_date = models.DateField()


class MeasuredOutage(ProjectionRow):
    """From the last sign of life of a gate to its next start. Measured, not declared: it excuses nobody by itself."""

    origin = models.CharField(max_length=255)
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["origin", "until_ms"], name="an_outage_ends_once")]
