"""The follower reads everything once, in any order, and again from nothing with the same result."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date

import msgspec
import pytest
from django.db import transaction

from hadir.ledger.sqlite import JournalReader
from hadir.office.day_pages.person import open_day
from hadir.office.devices.actions import enrol_device, refuse_device
from hadir.office.duties.actions import set_unit_duty
from hadir.office.follower import following, rebuilding
from hadir.office.ground.installation import HERE
from hadir.office.judging.judging import JudgeContext
from hadir.office.months.models import DayLine
from hadir.office.people.models import Person
from hadir.office.projection.models import (
    DirtyDay,
    MeasuredOutage,
    Place,
    Position,
    Punch,
    SeenKey,
    ServerFact,
    VerdictRow,
    Witness,
)
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.voucher import Voucher
from rehearsal.demo import cast as demo
from rehearsal.phones import Phone, record_hash
from tests.office.conftest import at
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

GATE2 = "rehearsal/batola/gate2/2026"
RINA = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path="/1/"),))


def arrival(person: int) -> tuple[str, str | None]:
    part = VerdictRow.objects.get(person=person).body["arrival"]
    return part["status"], part["class"]


def a_busy_morning(morning: Morning) -> None:
    morning.starts(at(5, 0))
    morning.tap(demo.HASAN, "in", at(7, 10))
    morning.tap(demo.BUDI, "in", at(7, 40))
    record = morning.tap(demo.SARI, "in", at(7, 28, 13), received_ms=at(8, 5, 31), signed_ms=at(7, 0))
    morning.delivery(demo.SARI, record, at(8, 5, 32), origin_ms=at(7, 0) - 1_000)
    morning.tap(demo.HASAN, "out", at(16, 5))


def test_a_tap_that_waited_out_a_dead_gate_is_judged_by_its_own_time(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 28, 13), received_ms=at(8, 5, 31), signed_ms=at(7, 0))
    morning.follow(at(8, 6))
    assert arrival(demo.SARI) == ("on_time", None)
    assert Punch.objects.get().judged_ms == at(7, 28, 13)


def test_an_honest_late_comer_is_late_by_the_table(morning: Morning) -> None:
    morning.tap(demo.BUDI, "in", at(7, 42, 30), received_ms=at(8, 5, 40), signed_ms=at(7, 0))
    morning.follow(at(8, 6))
    assert arrival(demo.BUDI) == ("short", "TL1")


def test_a_fresh_signed_time_betrays_a_clock_turned_back(morning: Morning) -> None:
    morning.tap(demo.BUDI, "in", at(7, 20), received_ms=at(7, 50), signed_ms=at(7, 40), elapsed_ms=60_000)
    morning.follow(at(8, 6))
    assert Punch.objects.get().judged_ms >= at(7, 39, 59)
    assert arrival(demo.BUDI)[0] == "short"


def test_following_again_changes_nothing(morning: Morning) -> None:
    a_busy_morning(morning)
    assert morning.follow(at(17, 0)) == 10
    before = (rebuilding.verdict_digest(), Punch.objects.count(), Place.objects.count(), Witness.objects.count())
    assert morning.follow(at(17, 0)) == 0
    after = (rebuilding.verdict_digest(), Punch.objects.count(), Place.objects.count(), Witness.objects.count())
    assert before == after


def test_a_batch_read_twice_counts_once(morning: Morning, context: JudgeContext) -> None:
    a_busy_morning(morning)
    reader = JournalReader(morning.site.journal_folder("gate1"))
    leaves = reader.read(0, 100)
    following.take(context, reader.origin, leaves)
    following.take(context, reader.origin, leaves)
    assert (Punch.objects.count(), Place.objects.count()) == (4, 0)
    assert Position.objects.get().next_index == len(leaves)


def test_a_crash_in_the_middle_of_a_batch_leaves_nothing_behind(morning: Morning, context: JudgeContext) -> None:
    a_busy_morning(morning)
    leaves = JournalReader(morning.site.journal_folder("gate1")).read(0, 100)

    with pytest.raises(ConnectionAbortedError):
        _take_and_crash(context, leaves)
    assert not Punch.objects.exists()
    morning.follow(at(17, 0))
    assert Punch.objects.count() == 4


@transaction.atomic
def _take_and_crash(context: JudgeContext, leaves: Sequence[Leaf]) -> None:
    following.take(context, leaves[0].origin, leaves)
    raise ConnectionAbortedError


def test_a_record_in_two_journals_is_one_punch_with_two_places(morning: Morning, context: JudgeContext) -> None:
    record = morning.tap(demo.SARI, "in", at(7, 28), received_ms=at(8, 5), flags=())
    first = JournalReader(morning.site.journal_folder("gate1")).read(0, 1)[0]
    following.take(context, GATE2, [msgspec.structs.replace(first, origin=GATE2, received_at_ms=at(7, 29))])
    morning.follow(at(8, 6))
    punch = Punch.objects.get(record_hash=record_hash(record))
    assert punch.day is not None
    (line,) = open_day(context, Person.objects.get(number=demo.SARI), punch.day, at(8, 6)).records
    assert [place.origin for place in line.places] == [GATE2, first.origin], "whoever opens the day sees both"
    assert punch.received_at_ms == at(7, 29), "the earliest receipt bounds the tap"


def test_a_journal_that_cannot_be_read_is_told_of_once(morning: Morning, capsys: pytest.CaptureFixture[str]) -> None:
    """All others are followed; in silence a gate's taps would be missed without anybody knowing."""
    newer = HERE.site.data / "journals" / "gate9"
    newer.mkdir()
    with closing(sqlite3.connect(newer / "journal.sqlite")) as database:
        database.execute("PRAGMA user_version = 9")
    for hour in (8, 9):
        morning.follow(at(hour, 0))
    assert capsys.readouterr().err.count("has version 9") == 1


def test_rebuild_from_nothing_gives_identical_verdicts(morning: Morning, context: JudgeContext) -> None:
    a_busy_morning(morning)
    morning.follow(at(17, 0))
    kid = morning.phone(demo.SARI).kid
    enrol_device(kid=kid, person=Person.objects.get(number=demo.SARI), by=ActBy(RINA, at(17, 1)))
    morning.follow(at(17, 2))
    before = rebuilding.verdict_digest()
    assert VerdictRow.objects.count() == 3
    assert rebuilding.rebuild(context, now_ms=at(17, 2)) == before


def test_the_order_of_journals_and_days_never_shows(morning: Morning, context: JudgeContext) -> None:
    """What was followed leaf by leaf over the day equals what is rebuilt in one go at its end."""
    a_busy_morning(morning)
    reader = JournalReader(morning.site.journal_folder("gate1"))
    for index in range(reader.size()):
        following.take(context, reader.origin, reader.read(index, 1))
        following.judge_batch(context, following.Marks(), now_ms=at(7, 0) + index)
    morning.follow(at(23, 59))
    assert rebuilding.rebuild(context, now_ms=at(23, 59)) == rebuilding.verdict_digest()


def everything_known() -> dict[str, list[tuple[object, ...]]]:
    """All rows of the projection, without the numbers that the database gave them."""
    told = {}
    for model in (Punch, Place, Witness, SeenKey, MeasuredOutage, ServerFact, VerdictRow, DayLine, Position, DirtyDay):
        names = [field.attname for field in model._meta.concrete_fields if field.name != "id"]
        rows = model._default_manager.values_list(*names)
        told[model.__name__] = sorted((tuple(map(str, row)) for row in rows), key=str)
    return told


def test_the_size_of_a_batch_never_shows(
    morning: Morning, context: JudgeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaf by leaf and day by day, or a thousand at once: the same tables, row for row."""
    a_busy_morning(morning)
    morning.starts(at(16, 30))
    record = morning.tap(demo.WATI, "in", at(7, 29), received_ms=at(8, 10), signed_ms=at(7, 0))
    morning.tap(demo.WATI, "out", at(16, 1))
    morning.delivery(demo.WATI, record, at(16, 2), origin_ms=at(7, 0) - 1_000)
    known = []
    for size in (1, 1_000):
        for limit in ("BATCH_LEAVES_MAX", "BATCH_DAYS_MAX", "FRESH_DAYS_MAX"):
            monkeypatch.setattr(following, limit, size)
        rebuilding.rebuild(context, now_ms=at(0, 30, day=26))
        known.append(everything_known())
    assert known[0] == known[1]
    assert len(known[0]["VerdictRow"]) == len(known[0]["DayLine"]) > 20, "a day of everybody in three units"


def test_a_pass_ends_although_there_is_more_to_judge_and_the_next_goes_on(
    morning: Morning, context: JudgeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a town taps there is always one more: rosters and the outbox would wait for the end of the morning."""
    a_busy_morning(morning)
    for limit in ("BATCH_DAYS_MAX", "FRESH_DAYS_MAX"):
        monkeypatch.setattr(following, limit, 1)
    following.follow_all(context, now_ms=at(17, 0), batches_max=2)
    assert DirtyDay.objects.exists()
    while DirtyDay.objects.exists():
        following.follow_all(context, now_ms=at(17, 0), batches_max=2)
    known = everything_known()
    rebuilding.rebuild(context, now_ms=at(17, 0))
    assert everything_known() == known


def test_a_late_delivery_statement_makes_the_evidence_stronger(morning: Morning) -> None:
    record = morning.tap(demo.SARI, "in", at(7, 28, 13), received_ms=at(8, 5, 31), signed_ms=at(7, 0))
    morning.follow(at(8, 6))
    assert Punch.objects.get().grade == "D"
    morning.delivery(demo.SARI, record, at(8, 5, 32), origin_ms=at(7, 0) - 1_000)
    morning.follow(at(8, 7))
    assert Punch.objects.get().grade == "C"


def test_a_late_tap_recomputes_its_day(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 40))
    morning.follow(at(8, 0))
    assert arrival(demo.SARI)[0] == "short"
    morning.tap(demo.SARI, "in", at(7, 20), received_ms=at(9, 0))
    morning.follow(at(9, 1))
    assert arrival(demo.SARI) == ("on_time", None)


def test_a_day_that_ends_is_judged_again_without_a_new_record(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 20))
    morning.follow(at(8, 0))
    assert VerdictRow.objects.get().body["departure"]["status"] == "not_yet"
    morning.follow(at(0, 30, day=25))
    departure = VerdictRow.objects.get(person=demo.SARI).body["departure"]
    assert departure["status"] == "undecided", "no phone of the school was heard in the afternoon"
    morning.tap(demo.SARI, "in", at(7, 20, day=25))
    morning.follow(at(7, 30, day=25))
    departure = VerdictRow.objects.get(person=demo.SARI, day=date(2026, 11, 24)).body["departure"]
    assert departure["status"] == "no_punch", "her phone has spoken since, and holds nothing back"


def test_the_work_places_clock_decides_the_day(morning: Morning) -> None:
    """07:10 in Barito Kuala is still yesterday in UTC."""
    morning.tap(demo.SARI, "in", at(7, 10))
    morning.follow(at(8, 0))
    assert Punch.objects.get().day == date(2026, 11, 24)


def test_a_key_first_seen_with_a_voucher_waits_for_the_office(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 20))
    morning.follow(at(8, 0))
    assert SeenKey.objects.get().person == demo.SARI
    assert VerdictRow.objects.get().body["identity"] == "awaits_confirmation"
    enrol_device(
        kid=morning.phone(demo.SARI).kid, person=Person.objects.get(number=demo.SARI), by=ActBy(RINA, at(8, 1))
    )
    morning.follow(at(8, 2))
    assert VerdictRow.objects.get().body["identity"] == "confirmed"


def test_a_refused_key_changes_no_verdict_any_more(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 20))
    morning.follow(at(8, 0))
    refuse_device(
        kid=morning.phone(demo.SARI).kid,
        person=Person.objects.get(number=demo.SARI),
        by=ActBy(RINA, at(8, 1), "Bukan HP Sari."),
    )
    morning.follow(at(8, 2))
    assert VerdictRow.objects.get().body["arrival"]["status"] == "not_yet"


def test_another_persons_key_changes_no_verdict(morning: Morning) -> None:
    morning.tap(demo.BUDI, "in", at(7, 0))
    morning.follow(at(7, 1))
    enrol_device(
        kid=morning.phone(demo.BUDI).kid, person=Person.objects.get(number=demo.BUDI), by=ActBy(RINA, at(7, 2))
    )
    phone = morning.phone(demo.BUDI)
    morning.tap(demo.SARI, "in", at(7, 20), phone=phone, claims_to_be=demo.SARI, flags=("person_mismatch",))
    morning.follow(at(8, 0))
    assert VerdictRow.objects.get(person=demo.SARI).body["arrival"]["status"] == "not_yet"


def test_an_outage_is_measured_from_the_last_sign_of_life(morning: Morning) -> None:
    morning.starts(at(5, 0))
    morning.starts(at(8, 5))
    morning.follow(at(8, 6))
    outage = MeasuredOutage.objects.get()
    assert (outage.from_ms, outage.until_ms) == (at(5, 0), at(8, 5))


def test_an_unknown_number_stays_a_record_without_a_verdict(morning: Morning) -> None:
    slip = Voucher(person=4_000_000, slip=9, last_day=30_000).issue(morning.site.office_signer())
    morning.tap(4_000_000, "in", at(7, 20), phone=Phone(4_000_000, slip))
    morning.follow(at(8, 0))
    assert Punch.objects.get().person == 4_000_000
    assert not VerdictRow.objects.exists()


def test_a_new_duty_is_judged_for_recorded_days(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 40))
    morning.follow(at(8, 0))
    before = VerdictRow.objects.get().body
    set_unit_duty(
        unit=Unit.objects.get(number=demo.SCHOOL),
        duty=demo.DUTY,
        policy=demo.POLICY,
        from_date=date(2026, 11, 24),
        by=ActBy.of(demo.RINA, at(8, 1)),
    )
    morning.follow(at(8, 2))
    assert VerdictRow.objects.get().body == before, "made on a day that had begun, by one person"


@pytest.mark.parametrize("wall_ms", [-(2**53 - 1), -1, 2**53 - 1])
@pytest.mark.parametrize("signed_ms", [at(7, 0), None])
def test_a_clock_that_no_calendar_has_stops_nobody(morning: Morning, wall_ms: int, signed_ms: int | None) -> None:
    """One broken phone must not keep the follower from everybody else's taps."""
    phone = morning.phone(demo.SARI)
    held = None
    if signed_ms is not None:
        held = {"token": morning.token(signed_ms), "wall_ms": signed_ms, "mono_ms": 1_000, "origin_ms": 7}
    record = phone.sign({**phone.payload("in", wall_ms=at(7, 20)), "wall_ms": wall_ms, "signed_time": held})
    morning.append([(Kind.PUNCH, record.encode())], at(7, 21))
    morning.tap(demo.BUDI, "in", at(7, 10))
    morning.follow(at(8, 0))
    assert arrival(demo.BUDI) == ("on_time", None)
    broken = Punch.objects.get(record_hash=record_hash(record))
    assert broken.lo_ms is None or broken.lo_ms <= broken.judged_ms <= broken.hi_ms


def test_a_signed_reading_that_no_calendar_has_stops_nobody(morning: Morning) -> None:
    phone = morning.phone(demo.SARI)
    held = {"token": morning.token(at(7, 0)), "wall_ms": -(2**53 - 1), "mono_ms": 1_000, "origin_ms": 7}
    record = phone.sign(phone.payload("in", wall_ms=at(7, 20), signed_time=held))
    morning.append([(Kind.PUNCH, record.encode())], at(7, 21))
    morning.follow(at(8, 0))
    assert Punch.objects.get().judged_ms == at(7, 20)
