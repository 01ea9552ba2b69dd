"""A terminal's file on its way: into the office journal, to whoever holds the PIN, into the verdict."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from hadir.ledger.sqlite import JournalReader, SqliteJournal
from hadir.office.accounts.models import User
from hadir.office.accounts.queries import actor_of
from hadir.office.acts.actions import write_file_lines
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.writer import move_outbox
from hadir.office.follower.following import follow_all
from hadir.office.follower.rebuilding import rebuild, verdict_digest
from hadir.office.ground.act_error import ActError
from hadir.office.intake import importing
from hadir.office.intake.actions import map_pin, map_pins, measure_skew, place_terminal
from hadir.office.intake.importing import Imported, import_file, plan_import
from hadir.office.intake.models import BadLine, Directions, ImportedFile, PinHolder
from hadir.office.intake.pin_list import read_pin_list
from hadir.office.intake.queries import waiting_pins
from hadir.office.judging.judging import JudgeContext
from hadir.office.people.models import Person
from hadir.office.projection.models import MachineLine, Punch, VerdictRow
from hadir.office.roles import ActBy, Actor
from hadir.office.units.models import Unit
from hadir.records.encoding import un_b64
from hadir.records.kinds import Kind
from hadir.records.server_records import FileLine
from hadir.records.strict import decode
from hadir.site import Site
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.terminals import shapes

pytestmark = pytest.mark.django_db

MESIN = "Mesin-1"
MONDAY = date(2026, 11, 23)
DAY = date(2026, 11, 24)


def rows(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


MORNING = rows(
    "        5\t2026-11-23 07:21:05\t1\t0\t1\t0",
    "        6\t2026-11-23 07:48:10\t1\t0\t1\t0",
    "        5\t2026-11-23 16:04:40\t1\t1\t1\t0",
    "        6\t2026-11-23 16:31:00\t1\t1\t1\t0",
)
FAULTY = rows(
    "        5\t2026-11-23 07:21:05\t1\t0\t1\t0",
    "        5\t2026-11-31 07:21:05\t1\t0\t1\t0",
    "        6\t2026-11-23 07:48:10\t1\t0\t1\t0",
    "        6\t2031-01-01 07:48:10\t1\t0\t1\t0",
)
PINS = b"serial,pin,person,from,until\nMesin-1,5,1001,2026-01-01,\nMesin-1,6,1102,,\n"


def who(login: str) -> Actor:
    return actor_of(User.objects.get(login=login), DAY)


class Desk:
    """Rina's desk: she imports, maps, and the follower follows."""

    def __init__(self, site: Site, context: JudgeContext) -> None:
        self.site = site
        self.context = context
        self.now_ms = at(8, 0)
        self.by = who("rina")

    def bring(self, data: bytes, serial: str = MESIN, by: Actor | None = None) -> Imported:
        plan = plan_import(data=data, serial=serial, by=ActBy(by or self.by, self.now_ms))
        done = import_file(plan, "1_attlog.dat")
        self.follow()
        return done

    def map(self, listed: bytes = PINS) -> int:
        read, bad = read_pin_list(listed)
        new, refused = map_pins(rows=read, by=ActBy(self.by, self.now_ms), day=DAY)
        assert not bad
        assert not refused
        self.follow()
        return new

    def follow(self) -> None:
        journal = SqliteJournal(self.site.journal_folder("office"), self.site.office_signer())
        try:
            move_outbox(journal, now_ms=self.now_ms)
        finally:
            journal.close()
        follow_all(self.context, now_ms=self.now_ms)

    def follow_and_read(self) -> list[FileLine]:
        self.follow()
        return self.file_lines()

    def file_lines(self) -> list[FileLine]:
        reader = JournalReader(self.site.journal_folder("office"))
        try:
            return [decode(leaf.body, FileLine) for leaf in reader.read(0, 10_000) if leaf.kind is Kind.FILE_LINE]
        finally:
            reader.close()


@pytest.fixture
def desk(site: Site, context: JudgeContext, clock: Callable[[int], None], db: None) -> Desk:
    return Desk(site, context)


def counts(done: Imported) -> tuple[int, int, int, int, int]:
    return done.lines, done.accepted, done.repeated, done.unmapped, len(done.bad)


def verdict(person: int, day: date = MONDAY) -> dict[str, Any]:
    body = VerdictRow.objects.get(person=person, day=day).body
    assert isinstance(body, dict)
    return body


def test_every_good_line_becomes_one_record_with_its_exact_bytes(desk: Desk) -> None:
    assert counts(desk.bring(MORNING)) == (4, 4, 0, 4, 0)
    kept = desk.file_lines()
    assert [line.line_number for line in kept] == [1, 2, 3, 4]
    assert {line.imported_by for line in kept} == {demo.RINA}
    assert {line.terminal for line in kept} == {MESIN}


def test_a_second_import_adds_nothing(desk: Desk) -> None:
    desk.bring(MORNING)
    size, acts = len(desk.file_lines()), OutboxRow.objects.count()
    assert counts(desk.bring(MORNING)) == (4, 0, 4, 4, 0)
    assert (len(desk.file_lines()), OutboxRow.objects.count()) == (size, acts)
    assert ImportedFile.objects.count() == 1


def test_an_overlapping_export_adds_only_what_is_new(desk: Desk) -> None:
    desk.bring(MORNING)
    longer = MORNING.replace(b"\n", b"\r\n") + rows("  5\t2026-11-24 07:20:00\t1\t0\t1\t0")
    assert counts(desk.bring(longer)) == (5, 1, 4, 5, 0)
    assert len(desk.file_lines()) == 5


def test_a_line_that_stands_twice_in_a_file_is_one_press(desk: Desk) -> None:
    assert counts(desk.bring(MORNING + MORNING)) == (8, 4, 4, 8, 0)


def test_the_same_pin_on_another_terminal_is_another_press(desk: Desk) -> None:
    desk.bring(MORNING)
    assert desk.bring(MORNING, serial="Mesin-2").accepted == 4


def test_bad_lines_are_listed_and_cost_no_good_one(desk: Desk) -> None:
    done = desk.bring(FAULTY)
    assert counts(done) == (4, 2, 0, 2, 2)
    assert [(fault.row, fault.code) for fault in done.bad] == [
        (2, "intake.fault.no_such_time"),
        (4, "intake.fault.in_future"),
    ]
    assert [(row.line_number, row.fault) for row in BadLine.objects.all()] == [(2, "no_such_time"), (4, "in_future")]


def test_an_import_that_was_interrupted_keeps_what_it_wrote_and_the_file_again_finishes_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines are written a lot at a time, so that others can write in between; this one ends in the third lot."""
    data = b"".join(b"%9d\t2026-11-23 07:%02d:05\t1\t0\t1\t0\n" % (pin, pin) for pin in range(10, 20))
    monkeypatch.setattr(importing, "LINES_AT_ONCE_MAX", 4)
    lots: list[int] = []

    def write(lines: Mapping[str, FileLine], *, at_ms: int) -> set[str]:
        lots.append(len(lines))
        if len(lots) == 3:
            raise OSError("the power went")
        return write_file_lines(lines, at_ms=at_ms)

    monkeypatch.setattr(importing, "write_file_lines", write)
    with pytest.raises(OSError, match="power"):
        desk.bring(data)
    assert len(desk.follow_and_read()) == 8
    done = desk.bring(data)
    assert (done.accepted, done.repeated) == (2, 8)
    assert len(desk.file_lines()) == 10
    file = ImportedFile.objects.get()
    assert (file.lines, file.accepted, file.repeated, file.bad) == (10, 10, 0, 0)


def test_a_name_in_a_terminals_file_stands_in_no_leaf(desk: Desk) -> None:
    desk.bring(shapes.GLOG_NAMED)
    [line] = desk.file_lines()
    assert b"SITI" not in un_b64(line.line)
    assert b"\t302\t" in un_b64(line.line)
    assert MachineLine.objects.get().pin == "302"


def test_lines_of_nobody_wait_and_are_seen(desk: Desk) -> None:
    desk.bring(MORNING)
    assert not Punch.objects.exists()
    assert [(row.pin, row.lines, row.first) for row in waiting_pins(MESIN)] == [("5", 2, MONDAY), ("6", 2, MONDAY)]


def test_waiting_lines_count_once_their_pin_is_mapped(desk: Desk) -> None:
    desk.bring(MORNING)
    assert desk.map() == 2
    assert Punch.objects.count() == 4
    assert not waiting_pins(MESIN)
    arrival = verdict(demo.SARI)["arrival"]
    assert isinstance(arrival, dict)
    assert (arrival["status"], arrival["grade"]) == ("on_time", "D")
    late = verdict(1102)["arrival"]
    assert isinstance(late, dict)
    assert late["class"] == "TL1"


def test_lines_count_at_once_when_their_pin_is_mapped_before(desk: Desk) -> None:
    desk.map()
    assert desk.bring(MORNING).unmapped == 0
    assert verdict(demo.SARI)["arrival"]


def test_the_time_is_read_in_the_zone_of_the_terminals_unit(desk: Desk) -> None:
    desk.map()
    desk.bring(MORNING)
    first = Punch.objects.filter(person=demo.SARI).order_by("wall_ms")[0]
    assert first.wall_ms == at(7, 21, 5, day=23)
    Unit.objects.filter(number=demo.HEALTH_CENTRE).update(zone="Asia/Jakarta")
    place_terminal(
        serial=MESIN,
        unit=Unit.objects.get(number=demo.HEALTH_CENTRE),
        directions=Directions.KEYS,
        from_date=DAY,
        by=ActBy(desk.by, desk.now_ms),
        day=DAY,
    )
    desk.follow()
    first.refresh_from_db()
    assert first.wall_ms == at(8, 21, 5, day=23)


def test_a_pin_counts_for_whoever_held_it_on_the_day(desk: Desk) -> None:
    desk.bring(MORNING + rows("  5\t2026-11-24 07:20:00\t1\t0\t1\t0"))
    desk.map(b"serial;pin;person;from;until\nMesin-1;5;1001;2026-01-01;2026-11-24\nMesin-1;5;1103;2026-11-24;\n")
    assert set(Punch.objects.values_list("person", "day")) == {(demo.SARI, MONDAY), (1103, DAY)}


def test_a_list_may_name_people_by_their_nip(desk: Desk) -> None:
    nip = Person.objects.get(number=demo.SARI).nip
    desk.map(f"serial,pin,person\nMesin-1,5,{nip}\n".encode())
    assert PinHolder.objects.get().person_id == demo.SARI


def test_every_row_of_a_list_is_an_act_of_its_own(desk: Desk) -> None:
    desk.map()
    acts = OutboxRow.objects.filter(act="intake.map").order_by("seq")
    assert list(acts.values_list("person", flat=True)) == [1001, 1102]
    assert sorted(PinHolder.objects.values_list("person", flat=True)) == [1001, 1102]


def test_the_same_list_again_changes_nothing(desk: Desk) -> None:
    assert desk.map() == 2
    assert desk.map() == 0


def test_a_pin_claimed_by_two_people_is_refused_until_settled(desk: Desk) -> None:
    desk.map()
    read, _ = read_pin_list(b"serial,pin,person\nMesin-1,5,1103\nMesin-1,9,4711\n")
    new, refused = map_pins(rows=read, by=ActBy(desk.by, desk.now_ms), day=DAY)
    assert new == 0
    assert [(fault.row, fault.code) for fault in refused] == [
        (2, "intake.list.taken"),
        (3, "intake.list.unknown_person"),
    ]


def test_a_key_that_nobody_pressed_leaves_the_direction_unsaid(desk: Desk) -> None:
    desk.map()
    desk.bring(MORNING.replace(b"\t1\t0\t1\t0", b"\t1\t255\t1\t0"))
    assert set(Punch.objects.values_list("direction", flat=True)) == {"unsaid", "out"}


def test_a_terminal_of_first_and_last_believes_no_key(desk: Desk) -> None:
    desk.map()
    place_terminal(
        serial=MESIN,
        unit=Unit.objects.get(number=demo.SCHOOL),
        directions=Directions.FIRST_AND_LAST,
        from_date=date(2026, 1, 1),
        by=ActBy(desk.by, desk.now_ms),
        day=DAY,
    )
    desk.bring(MORNING)
    assert set(Punch.objects.values_list("direction", flat=True)) == {"unsaid"}


def test_without_keys_the_first_is_in_and_the_last_is_out(desk: Desk) -> None:
    desk.map()
    pressed = ("07:21:05", "12:01:00", "13:02:00", "16:04:40")
    desk.bring(rows(*(f"  5\t2026-11-23 {clock}\t1\t255\t1\t0" for clock in pressed)))
    body = verdict(demo.SARI)
    assert (body["arrival"]["counted_ms"], body["departure"]["counted_ms"]) == (
        at(7, 21, 5, day=23),
        at(16, 4, 40, day=23),
    )
    assert (body["arrival"]["status"], body["departure"]["status"]) == ("on_time", "on_time")


@pytest.mark.parametrize("since", [date(2026, 11, 1), date(2026, 11, 23)])
def test_a_measured_skew_corrects_the_lines_of_its_time_from_midnight_there(desk: Desk, since: date) -> None:
    desk.map()
    desk.bring(MORNING)
    assert verdict(1102)["arrival"]["class"] == "TL1"
    measure_skew(
        serial=MESIN,
        skew_ms=-20 * 60_000,
        from_date=since,
        until_date=date(2026, 11, 24),
        by=ActBy(desk.by, desk.now_ms),
        day=DAY,
    )
    desk.follow()
    assert verdict(1102)["arrival"]["status"] == "on_time"


def test_a_rebuild_from_the_journals_gives_the_same_verdicts(desk: Desk) -> None:
    desk.bring(FAULTY)
    desk.bring(MORNING)
    desk.map()
    before, lines = verdict_digest(), MachineLine.objects.count()
    assert rebuild(desk.context, now_ms=desk.now_ms) == before
    assert MachineLine.objects.count() == lines
    assert Punch.objects.count() == 4


def test_only_who_works_there_may_import(desk: Desk) -> None:
    for login in ("tono", "joko", "dewi"):
        with pytest.raises(PermissionDenied):
            desk.bring(MORNING, by=who(login))
    place_terminal(
        serial=MESIN,
        unit=Unit.objects.get(number=demo.SCHOOL),
        directions=Directions.KEYS,
        from_date=date(2026, 1, 1),
        by=ActBy(desk.by, desk.now_ms),
        day=DAY,
    )
    with pytest.raises(PermissionDenied):
        desk.bring(MORNING, by=who("dewi"))
    assert desk.bring(MORNING, by=who("wati")).accepted == 4


def test_nobody_gives_himself_a_pin(desk: Desk) -> None:
    desk.bring(MORNING)
    with pytest.raises(PermissionDenied):
        map_pin(
            serial=MESIN,
            pin="5",
            person=Person.objects.get(number=demo.RINA),
            from_date=MONDAY,
            until_date=None,
            by=ActBy(desk.by, desk.now_ms),
            day=DAY,
        )


def test_a_serial_number_that_is_none_is_refused(desk: Desk) -> None:
    with pytest.raises(ActError):
        desk.bring(MORNING, serial="../etc")
