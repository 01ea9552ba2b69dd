"""What the gate decides, without a gate."""

from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from hadir.gate.reading import Sent, Submission, read_sent
from hadir.gate.step import Recorded, SentDetail, StepResult, check_sent_detail, step
from hadir.records.days import DAY_MS
from hadir.records.encoding import b64url, sha256, un_b64url
from hadir.records.jws import parse_jws
from hadir.records.kinds import PUNCH_KINDS, WITNESS_KINDS, Kind
from hadir.records.leaf import Leaf
from hadir.records.note import Signer, VerifierKey
from hadir.records.office_notes import RosterKey
from hadir.records.phone_records import read_phone_record
from hadir.records.refusals import Refusal, Refused
from hadir.records.voucher import Voucher
from rehearsal.phones import EPOCH_MS, Phone

OFFICE = Signer.from_seed("rehearsal/tests/office/2026", bytes(32))
STRANGER = Signer.from_seed("rehearsal/tests/office/2026", bytes([1]) * 32)


@dataclass
class Keys:
    """A roster in memory."""

    devices: dict[bytes, RosterKey] = field(default_factory=dict)
    offices: list[VerifierKey] = field(default_factory=lambda: [OFFICE.verifier])

    def add(self, phone: Phone, *, person: int | None = None, from_ms: int = 0, until_ms: int | None = None) -> None:
        key = RosterKey(key=phone.key, person=person or phone.person, from_ms=from_ms, until_ms=until_ms)
        self.devices[un_b64url(phone.kid)] = key


@dataclass
class Log:
    """A journal in memory, fed from steps."""

    leaves: list[tuple[bytes | None, Leaf]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.leaves)

    def find(self, record_id: bytes) -> list[Leaf]:
        return [leaf for known, leaf in self.leaves if known == record_id]

    def take(self, result: StepResult) -> None:
        for entry in result.appends:
            leaf = Leaf(kind=entry.kind, origin="o", index=self.size, received_at_ms=EPOCH_MS, body=entry.body)
            self.leaves.append((entry.id, leaf))


@dataclass
class World:
    keys: Keys = field(default_factory=Keys)
    log: Log = field(default_factory=Log)

    def send(self, *records: str, details: tuple[bytes, ...] = (), now_ms: int = EPOCH_MS) -> StepResult:
        inputs = [
            Submission(record=read_phone_record(parse_jws(record), PUNCH_KINDS | WITNESS_KINDS), details=details)
            for record in records
        ]
        result = step(inputs, now_ms, keys=self.keys, known=self.log)
        self.log.take(result)
        return result

    def send_in_parts(self, *records: str) -> StepResult:
        result = StepResult(first=self.log.size)
        for record in records:
            read = Submission(record=read_phone_record(parse_jws(record), PUNCH_KINDS))
            result = step([read], EPOCH_MS, keys=self.keys, known=self.log, before=result)
        return result


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def sari(world: World) -> Phone:
    phone = Phone(7)
    world.keys.add(phone)
    return phone


def recorded(result: StepResult, place: int = 0) -> Recorded:
    answer = result.answers[place]
    assert isinstance(answer, Recorded)
    return answer


def refusal(result: StepResult, place: int = 0) -> Refusal:
    answer = result.answers[place]
    assert isinstance(answer, Refused)
    return answer.refusal


def voucher(person: int, *, by: Signer = OFFICE, last_day: int = EPOCH_MS // DAY_MS) -> str:
    return Voucher(person=person, slip=1, last_day=last_day).issue(by)


def test_a_known_key_is_recorded_without_a_flag(world: World, sari: Phone) -> None:
    result = world.send(sari.punch())
    assert (recorded(result).index, recorded(result).flags, recorded(result).repeat) == (0, (), False)
    assert [entry.kind for entry in result.appends] == [Kind.PUNCH]


def test_the_same_record_again_has_the_same_position(world: World, sari: Phone) -> None:
    record = sari.punch()
    first = world.send(record, sari.punch(), record)
    again = world.send(record)
    assert [answer.index for answer in first.answers if isinstance(answer, Recorded)] == [0, 1, 0]
    assert (recorded(again).index, recorded(again).repeat, again.appends) == (0, True, [])


def test_the_same_signing_input_with_another_good_signature_is_the_same_record(world: World, sari: Phone) -> None:
    payload = sari.payload()
    world.send(sari.sign(payload))

    head = sari.sign(payload).rpartition(".")[0]
    r, s = decode_dss_signature(sari.private.sign(head.encode(), ec.ECDSA(hashes.SHA256())))
    again = world.send(f"{head}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}")
    assert (recorded(again).index, recorded(again).repeat, again.appends) == (0, True, [])


def test_the_same_id_with_other_bytes_is_recorded_and_flagged(world: World, sari: Phone) -> None:
    payload = sari.payload()
    world.send(sari.sign(payload))
    result = world.send(sari.sign({**payload, "direction": "out"}))
    assert (recorded(result).index, recorded(result).flags) == (1, ("id_conflict",))
    assert [entry.kind for entry in result.appends] == [Kind.PUNCH, Kind.FLAG]


def test_the_same_id_twice_in_one_batch_is_flagged_too(world: World, sari: Phone) -> None:
    payload = sari.payload()
    result = world.send(sari.sign(payload), sari.sign({**payload, "direction": "out"}))
    assert recorded(result, 1).flags == ("id_conflict",)


def test_a_batch_decided_in_parts_is_decided_as_in_one(world: World, sari: Phone) -> None:
    payload = sari.payload()
    punch, other = sari.sign_next(payload), sari.sign({**payload, "direction": "out"})
    records = (punch, sari.punch(), other, Phone(8).punch(), punch, mirrored(other), other)
    parts, whole = world.send_in_parts(*records), world.send(*records)
    assert parts.appends == whole.appends
    assert [str(answer) for answer in parts.answers] == [str(answer) for answer in whole.answers]


def test_a_revoked_key_is_recorded_and_unconfirmed(world: World) -> None:
    phone = Phone(7)
    world.keys.add(phone, until_ms=EPOCH_MS)
    assert recorded(world.send(phone.punch(), now_ms=EPOCH_MS)).flags == ("unconfirmed", "revoked_key")
    assert recorded(world.send(phone.punch(), now_ms=EPOCH_MS - 1)).flags == ()


def test_an_unknown_key_with_a_voucher_is_recorded_and_unconfirmed(world: World) -> None:
    phone = Phone(7, voucher(7))
    assert recorded(world.send(phone.punch())).flags == ("unconfirmed", "voucher")
    later = world.send(phone.punch(), now_ms=EPOCH_MS + 2 * DAY_MS)
    assert recorded(later).flags == ("unconfirmed", "voucher", "voucher_expired")


def test_a_confirmed_key_needs_its_voucher_no_longer(world: World) -> None:
    phone = Phone(7, voucher(7))
    record = phone.punch()
    assert recorded(world.send(record)).flags == ("unconfirmed", "voucher")
    world.keys.add(phone)
    assert recorded(world.send(record)).flags == ()


def test_neither_key_nor_voucher_is_refused(world: World) -> None:
    assert refusal(world.send(Phone(7).punch())) is Refusal.UNKNOWN_KEY
    assert refusal(world.send(Phone(7, voucher(7, by=STRANGER)).punch())) is Refusal.BAD_VOUCHER
    assert refusal(world.send(Phone(8, voucher(7)).punch())) is Refusal.VOUCHER_PERSON
    assert world.log.size == 0


def test_a_key_that_is_not_its_thumbprint_is_refused(world: World) -> None:
    phone, other = Phone(7, voucher(7)), Phone(7, voucher(7))
    header = phone.header("hadir-punch+jws", jwk=other.header("hadir-punch+jws")["jwk"])
    assert refusal(world.send(phone.sign(phone.payload(), header=header))) is Refusal.BAD_KEY


def test_a_wrong_signature_is_refused_and_nothing_is_kept(world: World, sari: Phone) -> None:
    record = sari.punch()
    forged = record[:-20] + ("A" * 20 if record[-20:] != "A" * 20 else "B" * 19 + "A")
    result = world.send(forged, record)
    assert refusal(result) is Refusal.BAD_SIGNATURE
    assert recorded(result, 1).index == 0


def test_anothers_person_number_is_recorded_and_flagged(world: World) -> None:
    phone = Phone(7)
    world.keys.add(phone, person=8)
    assert recorded(world.send(phone.punch())).flags == ("unconfirmed", "person_mismatch")


def test_a_detail_is_kept_only_when_its_record_names_it(world: World, sari: Phone) -> None:
    salted = bytes(16) + b'{"samples":[]}'
    named = sari.punch(details=[{"kind": "location", "digest": b64url(sha256(salted))}])
    result = world.send(named, details=(salted,))
    assert [detail.salted for detail in result.details] == [salted]
    assert refusal(world.send(sari.punch(), details=(salted,))) is Refusal.BAD_DETAIL
    assert refusal(world.send(sari.punch(), details=(bytes(5_000),))) is Refusal.DETAIL_TOO_LARGE


def test_a_detail_that_comes_later_needs_its_record_here(world: World, sari: Phone) -> None:
    salted = bytes(16) + b"photo"
    digest = b64url(sha256(salted))
    payload = sari.payload(details=[{"kind": "photo", "digest": digest}])
    record_id = bytes.fromhex(payload["id"].replace("-", ""))
    sent = SentDetail(record_id=record_id, digest=digest, salted=salted)
    with pytest.raises(Refused, match="detail_unnamed"):
        check_sent_detail(sent, world.log.find(record_id))
    world.send(sari.sign(payload))
    assert check_sent_detail(sent, world.log.find(record_id)).salted == salted
    with pytest.raises(Refused, match="bad_detail"):
        check_sent_detail(
            SentDetail(record_id=record_id, digest=digest, salted=salted + b"!"), world.log.find(record_id)
        )


def test_a_flag_names_its_record_and_position(world: World) -> None:
    phone = Phone(7, voucher(7))
    result = world.send(phone.punch(), phone.punch())
    flags = [entry.body for entry in result.appends if entry.kind is Kind.FLAG]
    assert [recorded(result, 0).index, recorded(result, 1).index] == [0, 2]
    assert b'"at":0' in flags[0]
    assert b'"at":2' in flags[1]


# --- a second signature of the same record ---------------------------------------------------------------------------


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def mirrored(record: str) -> str:
    """(r, n - s): whoever sees the record can make it, and it holds."""
    signed, _, signature = record.rpartition(".")
    raw = un_b64url(signature)
    return f"{signed}.{b64url(raw[:32] + (ORDER - int.from_bytes(raw[32:], 'big')).to_bytes(32, 'big'))}"


def signed_anew(phone: Phone, record: str) -> str:
    """Another signature by the same key, which only the phone can make."""
    signed = record.rpartition(".")[0]
    r, s = decode_dss_signature(phone.private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def test_who_sends_the_mirror_image_first_takes_no_receipt_away(world: World, sari: Phone) -> None:
    """A receipt proves the bytes of its leaf: the phone's own bytes get a leaf of their own."""
    record = sari.punch()
    thief, own = world.send(mirrored(record)), world.send(record)
    assert (recorded(thief).index, recorded(own).index) == (0, 1)
    assert (recorded(own).repeat, recorded(own).flags) == (False, ()), "the same record under its id is no conflict"
    assert [leaf.body for _, leaf in world.log.leaves] == [mirrored(record).encode(), record.encode()]
    for again, index in ((record, 1), (mirrored(record), 0)):
        answer = recorded(world.send(again))
        assert (answer.index, answer.repeat) == (index, True)
    assert world.log.size == 2, "two signatures, two leaves, and never a third"


def test_in_one_batch_as_well(world: World, sari: Phone) -> None:
    record = sari.punch()
    result = world.send(mirrored(record), record, record, mirrored(record))
    assert [(recorded(result, at).index, recorded(result, at).repeat) for at in range(4)] == [
        (0, False), (1, False), (1, True), (0, True),
    ]  # fmt: skip


def test_another_signature_of_the_phone_is_a_repeat(world: World, sari: Phone) -> None:
    """No limit would hold otherwise: its own key can sign the same record for ever. It has the bytes that it sent."""
    record = sari.punch()
    world.send(record)
    answer = recorded(world.send(signed_anew(sari, record)))
    assert (answer.index, answer.repeat) == (0, True)
    assert world.log.size == 1


def test_a_mirror_image_that_does_not_hold_is_refused(world: World, sari: Phone) -> None:
    record = sari.punch()
    world.send(record)
    signed, _, signature = mirrored(record).rpartition(".")
    spoilt = signed[:-1] + ("A" if signed[-1] != "A" else "E")
    with pytest.raises(Refused):
        world.send(f"{spoilt}.{signature}"[:-4])
    assert refusal(world.send(f"{signed}.{b64url(un_b64url(signature)[:32] + bytes(32))}")) is Refusal.BAD_SIGNATURE


def test_the_second_of_two_equal_records_in_a_batch_is_a_repeat(world: World, sari: Phone) -> None:
    record = sari.punch()
    result = world.send(record, record)
    assert [recorded(result, at).repeat for at in (0, 1)] == [False, True]


def test_a_detail_may_come_with_a_repeat(world: World, sari: Phone) -> None:
    """The first answer was lost on the way, or the first try had no room for the detail."""
    salted = bytes(range(40))
    record = sari.punch(details=[{"kind": "location", "digest": b64url(sha256(salted))}])
    assert not world.send(record).details
    again = world.send(record, details=(salted,))
    assert (recorded(again).repeat, [detail.salted for detail in again.details]) == (True, [salted])
    assert refusal(world.send(record, details=(b"\1" * 40,))) is Refusal.BAD_DETAIL


# --- texts that would lie on a screen --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1.0\0", "\u202e0.1", "\u2066x", "a\x1bb", "\u200f", "x\u0085"])
@pytest.mark.parametrize("member", ["app", "site_code"])
def test_a_new_record_holds_no_control_characters(sari: Phone, member: str, text: str) -> None:
    read = read_sent(Sent(record=sari.punch(**{member: text})), PUNCH_KINDS)
    assert isinstance(read, Refused)
    assert (read.refusal, read.place) == (Refusal.BAD_PAYLOAD, f"$.{member}: a control character")


def test_a_leaf_of_before_stays_readable(sari: Phone) -> None:
    assert read_phone_record(parse_jws(sari.punch(app="1\0")), PUNCH_KINDS).person == 7


def test_what_people_write_is_let_in(sari: Phone) -> None:
    for text in ("1.2.3", "pos 4 · lantai é", "\u00a0x"):
        assert isinstance(read_sent(Sent(record=sari.punch(app=text)), PUNCH_KINDS), Submission)
