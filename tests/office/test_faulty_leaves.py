"""A record that no phone signed counts for nobody, costs nobody anything, and never vanishes."""

import re
from collections.abc import Sequence

import pytest
from django.db.models import F
from django.test import Client

from hadir.office.devices.actions import enrol_device
from hadir.office.follower import reading, rebuilding
from hadir.office.follower.apart import look_back
from hadir.office.people.models import Person
from hadir.office.projection.models import (
    DirtyDay,
    FaultyLeaf,
    KeptMark,
    LeafFault,
    Place,
    Position,
    Punch,
    SeenKey,
    VerdictRow,
    Witness,
)
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.records.encoding import b64url
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from rehearsal.demo import cast as demo
from rehearsal.phones import Phone, record_hash
from tests.gate.test_step import mirrored
from tests.office.conftest import at, browser
from tests.office.morning import Morning
from tests.phonekit import countersignature

pytestmark = pytest.mark.django_db

RINA = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path="/1/"),))
ONES = b64url(b"\1" * 64)
TODAY = "2026-11-24"
LATER = at(20, 0, day=25)


def forged(record: str) -> str:
    """What the thief of the gate's key has no phone to sign with."""
    return f"{record.rpartition('.')[0]}.{ONES}"


@pytest.fixture
def sari(morning: Morning) -> Phone:
    """Her phone, confirmed the day before; no voucher travels any more."""
    morning.tap(demo.SARI, "in", at(7, 20, day=23))
    morning.tap(demo.SARI, "out", at(16, 31, day=23))
    morning.follow(at(17, 0, day=23))
    phone = morning.phone(demo.SARI)
    enrol_device(kid=phone.kid, person=Person.objects.get(number=demo.SARI), by=ActBy(RINA, at(17, 0, day=23)))
    phone.voucher = None
    return phone


def forge(morning: Morning, phone: Phone, direction: str, at_ms: int) -> str:
    record = forged(phone.punch(direction, wall_ms=at_ms, origin_ms=at_ms - 5_000, mono_ms=5_000))
    morning.append([(Kind.PUNCH, record.encode())], at_ms + 500)
    return record


def verdict(person: int = demo.SARI, day: str = TODAY) -> tuple[str, str, str]:
    body = VerdictRow.objects.get(person=person, day=day).body
    return str(body["status"]), str(body["deduction_percent"]), str(body["review"])


def found() -> list[tuple[object, ...]]:
    rows = FaultyLeaf.objects.order_by("origin", "index")
    return list(rows.values_list("origin", "index", "fault", "person", "day"))


def rebuilt_the_same(morning: Morning, now_ms: int) -> bool:
    before = (rebuilding.verdict_digest(), found())
    return before == (rebuilding.rebuild(morning.context, now_ms=now_ms), found())


def test_a_punch_that_the_thief_of_the_gates_key_wrote_is_no_presence(morning: Morning, sari: Phone) -> None:
    record = forge(morning, sari, "in", at(7, 20))
    morning.follow(at(8, 0))
    row = FaultyLeaf.objects.get()
    assert (row.fault, row.person, row.direction, row.kid) == (LeafFault.SIGNATURE, demo.SARI, "in", sari.kid)
    assert (f"{row.day}", row.wall_ms, bytes(row.body)) == (TODAY, at(7, 20), record.encode())
    assert not Punch.objects.filter(record_hash=record_hash(record)).exists()
    assert verdict() == ("undecided", "0", "ask_superior")
    morning.follow(LATER)
    assert verdict() == ("undecided", "0", "ask_superior"), "when the day is over, too"
    body = VerdictRow.objects.get(person=demo.SARI, day=TODAY).body
    assert "arrival.doubted" in {reason["code"] for reason in body["reasons"]}
    assert rebuilt_the_same(morning, LATER)


def test_an_honest_day_beside_it_stays_what_it_is(morning: Morning, sari: Phone) -> None:
    forge(morning, sari, "in", at(7, 20))
    morning.tap(demo.BUDI, "in", at(7, 25))
    morning.follow(at(8, 0))
    assert verdict(day="2026-11-23") == ("present", "0", "none")
    assert verdict(demo.BUDI)[0] == "present"


def test_a_late_arrival_beside_a_forged_one_waits_for_a_person(morning: Morning, sari: Phone) -> None:
    forge(morning, sari, "in", at(7, 20))
    morning.tap(demo.SARI, "in", at(9, 0), flags=())
    morning.follow(LATER)
    assert verdict() == ("undecided", "0", "ask_superior")
    assert Punch.objects.filter(day=TODAY).count() == 1, "the tap stays"


def test_a_day_that_was_worked_as_owed_stays_worked(morning: Morning, sari: Phone) -> None:
    forge(morning, sari, "out", at(16, 45))
    morning.tap(demo.SARI, "in", at(7, 20), flags=())
    morning.tap(demo.SARI, "out", at(16, 32), flags=())
    morning.follow(LATER)
    assert verdict() == ("present", "0", "none")
    assert FaultyLeaf.objects.count() == 1


def test_a_forged_copy_of_a_true_record_casts_no_doubt(morning: Morning, sari: Phone) -> None:
    record = morning.tap(demo.SARI, "in", at(8, 30), flags=())
    morning.append([(Kind.PUNCH, forged(record).encode())], at(8, 31))
    morning.tap(demo.SARI, "out", at(16, 40), flags=())
    morning.follow(LATER)
    assert verdict()[0] == "present"
    assert float(verdict()[1]) > 0, "late is late"
    assert FaultyLeaf.objects.get().record_hash == record_hash(record)
    assert rebuilt_the_same(morning, LATER)


def test_a_key_that_nobody_vouches_for_signs_nothing(morning: Morning) -> None:
    tono = Phone(demo.BUDI)
    morning.tap(demo.BUDI, "in", at(7, 20), phone=tono)
    morning.follow(LATER)
    assert FaultyLeaf.objects.get().fault == LeafFault.NO_KEY
    assert verdict(demo.BUDI) == ("undecided", "0", "ask_superior")
    assert not Punch.objects.exists()


def test_a_forged_record_makes_no_key_known(morning: Morning) -> None:
    phone = morning.phone(demo.BUDI)
    forge(morning, phone, "in", at(7, 20))
    morning.follow(at(8, 0))
    assert not SeenKey.objects.exists()
    assert FaultyLeaf.objects.get().fault == LeafFault.SIGNATURE


def test_a_key_that_becomes_known_later_brings_its_records_back(morning: Morning) -> None:
    """Journals are read one after the other, and another one may hold the record that brings the key."""
    phone = morning.phone(demo.BUDI)
    slip, phone.voucher = phone.voucher, None
    morning.tap(demo.BUDI, "in", at(7, 20), phone=phone, flags=())
    morning.follow(at(8, 0))
    assert FaultyLeaf.objects.get().fault == LeafFault.NO_KEY
    phone.voucher = slip
    morning.tap(demo.BUDI, "out", at(16, 40), phone=phone)
    morning.follow(LATER)
    assert not FaultyLeaf.objects.exists()
    assert Punch.objects.count() == 2
    assert verdict(demo.BUDI)[0] == "present"
    assert rebuilt_the_same(morning, LATER)


def test_who_looks_after_a_person_sees_what_stands_in_that_name(morning: Morning, sari: Phone) -> None:
    forge(morning, sari, "in", at(7, 20))
    morning.append([(Kind.PUNCH, b"no.record")], at(7, 30))
    morning.follow(at(8, 0))
    path = "/kantor/catatan/tak-terbukti/"
    pages = {name: browser(name).get(path).content.decode() for name in ("wati", "dewi", "joko", "rina")}
    assert {name for name, page in pages.items() if "Sari Wulandari" in page} == {"wati", "joko", "rina"}
    assert {name for name, page in pages.items() if "Bukan catatan HP yang utuh" in page} == {"joko", "rina"}
    assert "Tanda tangan tidak cocok dengan kunci HP-nya" in pages["wati"]
    assert re.search(r"Masuk [^<]*07.20", pages["wati"])
    assert "Tidak ada. Setiap catatan" in pages["dewi"]
    assert browser("budi").get(path).status_code == 403


@pytest.mark.parametrize("body", [b"no.record", b"a.b.c", b"\xff.\xff.\xff", b"{}"])
def test_a_body_that_is_no_record_stops_nobody(morning: Morning, sari: Phone, body: bytes) -> None:
    morning.append([(Kind.PUNCH, body), (Kind.DELIVERY, body), (Kind.KIOSK_PUNCH, body)], at(7, 20))
    odd = sari.sign({"v": 1, "id": "x"})
    morning.append([(Kind.PUNCH, odd.encode())], at(7, 21))
    morning.tap(demo.SARI, "in", at(7, 22), flags=())
    morning.follow(at(8, 0))
    assert {row.fault for row in FaultyLeaf.objects.all()} == {LeafFault.SHAPE}
    assert FaultyLeaf.objects.count() == 4
    told = Client().get("/kantor/metrics").content.decode().splitlines()
    assert [line for line in told if line.startswith("hadir_office_faulty_leaves")] == [
        'hadir_office_faulty_leaves{why="signature"} 0',
        'hadir_office_faulty_leaves{why="no_key"} 0',
        'hadir_office_faulty_leaves{why="shape"} 4',
    ]
    assert verdict()[0] == "present"


def test_a_forged_statement_bears_no_witness(morning: Morning, sari: Phone) -> None:
    record = morning.tap(demo.SARI, "in", at(7, 22), flags=())
    held = {"token": morning.token(at(7, 30)), "wall_ms": at(7, 30), "mono_ms": 1, "origin_ms": 1}
    morning.append([(Kind.DELIVERY, forged(sari.delivery(record, held)).encode())], at(7, 30))
    morning.append([(Kind.COUNTERSIGNATURE, countersignature(Phone(9), record).encode())], at(7, 30))
    morning.follow(at(8, 0))
    assert not Witness.objects.exists()
    assert {row.fault for row in FaultyLeaf.objects.all()} == {LeafFault.SIGNATURE, LeafFault.NO_KEY}
    assert verdict()[0] == "present"


def test_to_look_back_at_honest_leaves_changes_no_day(morning: Morning, sari: Phone) -> None:
    """So that no closed month gets an adjustment by an upgrade."""
    morning.tap(demo.SARI, "in", at(7, 20), flags=())
    morning.tap(demo.BUDI, "in", at(8, 20))
    morning.follow(LATER)
    digest = rebuilding.verdict_digest()
    Position.objects.update(proven_index=0)
    while look_back(morning.context):
        pass
    assert not DirtyDay.objects.exists()
    assert not FaultyLeaf.objects.exists()
    assert rebuilding.verdict_digest() == digest
    assert not Position.objects.exclude(proven_index=F("next_index")).exists()


def test_a_record_with_both_its_signatures_is_one_punch(morning: Morning, sari: Phone) -> None:
    record = sari.punch(wall_ms=at(7, 20))
    morning.append([(Kind.PUNCH, mirrored(record).encode()), (Kind.PUNCH, record.encode())], at(7, 21))
    morning.follow(at(8, 0))
    assert Punch.objects.filter(day=TODAY).count() == Place.objects.count() == 1
    assert not FaultyLeaf.objects.exists()


def test_what_an_older_release_believed_is_looked_at_again(
    morning: Morning, sari: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def believe(leaves: Sequence[Leaf], *_: object) -> tuple[list[Leaf], list[FaultyLeaf]]:
        return list(leaves), []

    with monkeypatch.context() as older:
        older.setattr(reading, "prove", believe)
        forge(morning, sari, "in", at(7, 20))
        morning.tap(demo.BUDI, "in", at(7, 25))
        morning.tap(demo.BUDI, "out", at(16, 40))
        morning.follow(at(17, 0))
    KeptMark.objects.all().delete()  # that release made none
    assert verdict()[0] == "present", "as it was believed"
    Position.objects.update(proven_index=0)
    assert look_back(morning.context) > 0
    while look_back(morning.context):
        pass
    morning.follow(LATER)
    assert verdict() == ("undecided", "0", "ask_superior")
    assert verdict(demo.BUDI)[0] == "present"
    assert verdict(day="2026-11-23") == ("present", "0", "none")
    assert rebuilt_the_same(morning, LATER)
