"""A month judged again as the office knew things then: whatever is corrected later, it says what it said."""

import json
from dataclasses import dataclass, field, replace
from datetime import date, time

import pytest

from hadir.cli import main
from hadir.clock import set_rehearsal_clock
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.acts.actions import write_staff_fact
from hadir.office.acts.writer import move_outbox
from hadir.office.days.seeing import confirm_day
from hadir.office.devices.actions import enrol_device, refuse_device, revoke_device
from hadir.office.duties.actions import agree_to_law, withdraw_law
from hadir.office.duties.kinds import CalendarDay, CircularLaw, DutyLaw, LawKind
from hadir.office.duties.models import LawAct, Membership
from hadir.office.excuses.actions import (
    approve_excuse,
    attest_excuse,
    enter_and_attest,
    enter_excuse,
    vouch_outage,
    withdraw_excuse,
)
from hadir.office.excuses.kinds import OUTAGE, Cause, Scope
from hadir.office.excuses.models import Excuse
from hadir.office.follower.rebuilding import rebuild
from hadir.office.intake.actions import end_pin, map_pin, measure_skew, place_terminal
from hadir.office.intake.importing import import_file, plan_import
from hadir.office.intake.models import Directions, PinHolder
from hadir.office.judging.facts import gather
from hadir.office.judging.judge import DaysAsked, JudgeRequest, judge
from hadir.office.manual.actions import Sheet, record_list, withdraw_list
from hadir.office.manual.models import ManualSheet
from hadir.office.month_pages.known import KnownMonth, month_as_known
from hadir.office.months.closed_row import body_of
from hadir.office.people.models import Assignment, AssignmentKind, Career, CareerKind, Person
from hadir.office.projection.invalidation import mark_person_dirty
from hadir.office.projection.models import VerdictRow
from hadir.office.register.acts import assign, declare_without_signal
from hadir.office.roles import ActBy
from hadir.office.units.models import WithoutSignal
from hadir.records.kinds import Kind
from hadir.records.server_records import ClockRecord, ManualEntry
from hadir.rules.clocks import Period, local_day
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import (
    BUDI,
    DAY,
    HASAN,
    LINA,
    RINA,
    TUESDAY,
    WATI,
    drafted,
    enact,
    group_of,
    person,
    rostered,
    unit,
)
from tests.office.morning import Morning
from tests.office.test_judging import a_day
from tests.office.test_months import DAY_MS, NOVEMBER, close, in_december, school

pytestmark = pytest.mark.django_db

MESIN, SIX = "Mesin-1", 1102
PEOPLE = (demo.SARI, demo.BUDI, demo.WATI, demo.HASAN, demo.DEWI, demo.TONO, SIX, 1103)
DAYS = [date(2026, 11, 20) + number * DAY for number in range(11)]
KNOWN = in_december(1, 12)
LATER = in_december(2)
AFTERWARDS = in_december(12)
PRESSED = b"".join(
    b"%9d\t2026-11-%02d %s\t1\t%d\t1\t0\n" % (pin, day, clock, status)
    for pin in (5, 6)
    for day in (23, 24)
    for status, clock in ((0, b"07:32:00"), (1, b"16:04:40"))
)


def moments(day: date, until: date | None = None) -> Period:
    zone = "Asia/Makassar"
    return Period(local_day(day, zone).from_ms, local_day(until or day, zone).until_ms)


@dataclass
class Office:
    """The school's office through the months: what each person does in it, and what the follower makes of it."""

    morning: Morning
    records: dict[int, str] = field(default_factory=dict)
    """The last arrival of each."""

    def follow(self, now_ms: int) -> None:
        journal = SqliteJournal(self.morning.site.journal_folder("office"), self.morning.site.office_signer())
        try:
            move_outbox(journal, now_ms=now_ms)
        finally:
            journal.close()
        self.morning.follow(now_ms)

    def excuse(self, number: int, day: date, at_ms: int) -> Excuse:
        entry = Excuse.within(
            kind="DL", scope=Scope.PEOPLE, unit=unit(demo.SCHOOL), period=moments(day),
            is_whole_days=True, document="ST-1", basis="PP 11/2017",
        )  # fmt: skip
        row = enter_excuse(entry=entry, people=[person(number)], by=ActBy(HASAN, at_ms, "Rapat."))
        return attest_excuse(number=row.number, by=ActBy(HASAN, at_ms, "Ada suratnya."))

    def outage(self, day: date, at_ms: int) -> Excuse:
        entry = Excuse.within(
            kind=OUTAGE, scope=Scope.UNIT, unit=unit(demo.SCHOOL), cause=Cause.POWER,
            period=Period(at(7, 0, day=day.day), at(7, 31, day=day.day)),
        )  # fmt: skip
        row = enter_excuse(entry=entry, people=[], by=ActBy(WATI, at_ms, "Listrik padam."))
        attest_excuse(number=row.number, by=ActBy(LINA, at_ms, "Sesuai jurnal."))
        return approve(row, at_ms)

    def sheet(self, number: int, day: date, at_ms: int) -> ManualSheet:
        entries = [ManualEntry(person=number, direction="in", at_ms=at(7, 20, day=day.day))]
        sheet = Sheet(unit=unit(demo.SCHOOL), day=day, entries=entries, why="HP rusak.", photo=b"\xff\xd8\xff\xe0")
        return record_list(sheet=sheet, by=ActBy(HASAN, at_ms))


def approve(row: Excuse, at_ms: int) -> Excuse:
    return approve_excuse(number=row.number, by=ActBy(RINA, at_ms, "Lengkap."))


@pytest.fixture
def office(morning: Morning) -> Office:
    """November as it stood on the fifth of December: taps, a terminal, excuses, a list, laws, a roster."""
    office = Office(morning)
    WithoutSignal.objects.all().delete()
    morning.starts(at(6, 0, day=23))
    morning.fact(Kind.CLOCK_STATE, ClockRecord(v=1, clock="ok", error_ms=50, step_ms=0), at(6, 0, day=23))
    for day in (23, 24, 25):
        for number in (demo.SARI, demo.BUDI):
            came = at(7, 36 if day == 24 else 20, day=day)
            office.records[number] = morning.tap(number, "in", came, received_ms=came + 6 * 3_600_000)
            morning.tap(number, "out", at(16, 5, day=day))
    office.follow(at(7, 0, day=26))
    enrol_device(kid=morning.phone(demo.SARI).kid, person=person(demo.SARI), by=ActBy(RINA, at(8, 0, day=26)))
    import_file(plan_import(data=PRESSED, serial=MESIN, by=ActBy(RINA, at(8, 0, day=26))), "1.dat")
    place_terminal(
        serial=MESIN,
        unit=unit(demo.SCHOOL),
        directions=Directions.KEYS,
        from_date=date(2026, 1, 1),
        by=ActBy(RINA, at(8, 1, day=26)),
        day=TUESDAY,
    )
    map_pin(
        serial=MESIN,
        pin="5",
        person=person(1103),
        from_date=date(2026, 1, 1),
        until_date=None,
        by=ActBy(RINA, at(8, 1, day=26)),
        day=TUESDAY,
    )
    office.sheet(demo.WATI, date(2026, 11, 25), at(9, 0, day=26))
    approve(office.excuse(demo.BUDI, date(2026, 11, 26), at(9, 0, day=26)), at(9, 5, day=26))
    office.excuse(demo.WATI, date(2026, 11, 24), at(9, 0, day=26))
    office.outage(date(2026, 11, 25), at(9, 0, day=26))
    hours = CircularLaw(start=time(7, 45), end=None)
    enact(drafted(hours, TUESDAY, TUESDAY + DAY), at(8, 0, day=25))
    free = CalendarDay(name="Hari Jadi")
    enact(drafted(free, date(2026, 11, 27), date(2026, 11, 28)), at(8, 0, day=20))
    group_of(demo.HASAN, name="Panitia")
    enact(drafted(free, date(2026, 11, 26), date(2026, 11, 27), group=group_of(demo.WATI)), at(8, 0, day=20))
    office.follow(KNOWN - 3_600_000)
    return office


def kept_now() -> dict[str, str]:
    rows = VerdictRow.objects.filter(person__in=PEOPLE, day__in=DAYS).order_by("day", "person")
    return {f"{row.day} {row.person}": json.dumps(row.body, sort_keys=True) for row in rows}


def kept_then(office: Office, known_at_ms: int = KNOWN) -> dict[str, str]:
    context = replace(office.morning.context, known_at_ms=known_at_ms)
    days = [(number, day) for day in DAYS for number in PEOPLE]
    judged = judge(context, JudgeRequest(days=days, now_ms=known_at_ms, days_asked=DaysAsked.KEPT))
    return {f"{day} {number}": json.dumps(one.body, sort_keys=True) for (number, day), one in judged.items()}


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def test_known_at_the_present_is_the_present(office: Office) -> None:
    assert kept_then(office) == kept_now() != {}


# --- every kind of fact ----------------------------------------------------------------------------------------------


def a_home_moved_back(office: Office) -> None:
    old = Assignment.objects.current().get(person=demo.SARI, kind=AssignmentKind.HOME)
    Assignment.objects.filter(pk=old.pk).update(withdrawn_at_ms=LATER)
    assign(
        person=person(demo.SARI),
        unit=unit(demo.HEALTH_CENTRE),
        kind=AssignmentKind.HOME,
        from_date=old.from_date,
        by=ActBy.of(demo.RINA, LATER),
    )


def a_membership_entered(office: Office) -> None:
    group = LawAct.objects.get(kind=LawKind.CALENDAR, group__isnull=False).group
    Membership.objects.create(group=group, person_id=demo.SARI, from_date=date(2026, 1, 1), recorded_at_ms=LATER)
    judge_again(demo.SARI)


def a_circular_agreed_to(office: Office) -> None:
    agree_to_law(number=LawAct.objects.get(kind=LawKind.CIRCULAR).number, by=ActBy(LINA, LATER, "Benar."))


def a_holiday_withdrawn(office: Office) -> None:
    number = LawAct.objects.get(kind=LawKind.CALENDAR, group=None).number
    for actor in (RINA, LINA):
        withdraw_law(number=number, by=ActBy(actor, LATER, "Keliru."))


def a_roster_written(office: Office) -> None:
    rostered(demo.BUDI, on=date(2026, 11, 23), at_ms=LATER)


def an_excuse_approved_late(office: Office) -> None:
    approve(Excuse.objects.get(kind="DL", people__person=demo.WATI), LATER)


def an_excuse_withdrawn(office: Office) -> None:
    row = Excuse.objects.get(people__person=demo.BUDI)
    withdraw_excuse(number=row.number, by=ActBy(LINA, LATER, "Tidak jadi berangkat."))


def an_outage_corrected(office: Office) -> None:
    """What was withdrawn stays so: its window is corrected in a new one."""
    wrong = Excuse.objects.get(kind=OUTAGE)
    withdraw_excuse(number=wrong.number, by=ActBy(LINA, LATER, "Keliru."))
    right = Excuse.within(
        Period(at(7, 0, day=24), at(8, 0, day=24)),
        kind=OUTAGE, scope=wrong.scope, unit=wrong.unit, tail_minutes=0, cause=Cause.POWER, document="", basis="",
    )  # fmt: skip
    approve(enter_and_attest(entry=right, people=(), by=ActBy(LINA, LATER, "Hari Selasa.")), LATER)


def a_heads_word(office: Office) -> None:
    number = Excuse.objects.filter(kind=OUTAGE).latest("number").number
    vouch_outage(number=number, by=ActBy(HASAN, LATER, "Semua hadir."))


def a_key_confirmed(office: Office) -> None:
    enrol_device(kid=office.morning.phone(demo.BUDI).kid, person=person(demo.BUDI), by=ActBy(RINA, LATER))


def a_pin_mapped(office: Office) -> None:
    map_pin(
        serial=MESIN,
        pin="6",
        person=person(SIX),
        from_date=date(2026, 1, 1),
        until_date=None,
        by=ActBy(RINA, LATER),
        day=TUESDAY,
    )


def a_pin_ended(office: Office) -> None:
    end_pin(
        holder=PinHolder.objects.get(pin="5").pk,
        until_date=date(2026, 11, 24),
        by=ActBy(RINA, LATER, "Keliru."),
        day=TUESDAY,
    )


def a_clock_measured(office: Office) -> None:
    measure_skew(
        serial=MESIN, skew_ms=-600_000, from_date=date(2026, 11, 1), until_date=None, by=ActBy(RINA, LATER), day=TUESDAY
    )


def a_terminal_placed(office: Office) -> None:
    place_terminal(
        serial=MESIN,
        unit=unit(demo.SCHOOL),
        directions=Directions.FIRST_AND_LAST,
        from_date=date(2026, 1, 2),
        by=ActBy(RINA, LATER),
        day=TUESDAY,
    )


def lines_brought_late(office: Office) -> None:
    data = b"        5\t2026-11-26 07:20:00\t1\t0\t1\t0\n"
    import_file(plan_import(data=data, serial=MESIN, by=ActBy(RINA, LATER)), "2.dat")


def a_tap_delivered_late(office: Office) -> None:
    office.morning.tap(demo.SARI, "in", at(7, 20, day=26), received_ms=LATER)


def a_list_recorded(office: Office) -> None:
    office.sheet(demo.SARI, TUESDAY, LATER)


def a_list_withdrawn(office: Office) -> None:
    withdraw_list(number=ManualSheet.objects.earliest("number").number, by=ActBy(HASAN, LATER, "Salah orang."))


def a_site_without_signal(office: Office) -> None:
    declare_without_signal(unit=unit(demo.SCHOOL), from_date=TUESDAY, by=ActBy.of(demo.RINA, LATER))


def a_gates_clock_found_wrong(office: Office) -> None:
    said = ClockRecord(v=1, clock="wrong", error_ms=600_000, step_ms=0)
    office.morning.fact(Kind.CLOCK_STATE, said, LATER)


def a_delivery_statement(office: Office) -> None:
    came = at(7, 20, day=25)
    office.morning.delivery(demo.BUDI, office.records[demo.BUDI], LATER, origin_ms=came - 601_000)


CHANGES = (
    an_excuse_approved_late,
    an_excuse_withdrawn,
    an_outage_corrected,
    a_heads_word,
    a_membership_entered,
    a_circular_agreed_to,
    a_holiday_withdrawn,
    a_roster_written,
    a_key_confirmed,
    a_site_without_signal,
    a_pin_mapped,
    a_clock_measured,
    a_terminal_placed,
    a_pin_ended,
    lines_brought_late,
    a_tap_delivered_late,
    a_list_recorded,
    a_list_withdrawn,
    a_delivery_statement,
    a_gates_clock_found_wrong,
    a_home_moved_back,
)  # fmt: skip


def judge_again(number: int) -> None:
    mark_person_dirty(number, DAYS[0])


def test_what_is_corrected_later_was_not_known_then(office: Office) -> None:
    """One correction after another: each changes what is said today, none what was said then."""
    then = today = kept_now()
    for number, change in enumerate(CHANGES):
        change(office)
        office.follow(LATER + (number + 1) * 60_000)
        before, today = today, kept_now()
        assert differing(before, today), f"{change.__name__} changes what is said today"
        assert not differing(kept_then(office), then), f"{change.__name__} was not known then"
    rebuild(office.morning.context, now_ms=LATER + DAY_MS)
    assert not differing(kept_then(office, LATER + DAY_MS), kept_now())
    assert not differing(kept_then(office), then), "nor does it hang on what the follower had kept"


def test_a_key_decided_on_since_is_as_it_was_then(office: Office) -> None:
    then = kept_now()
    other = office.morning.phone(demo.BUDI).kid
    refuse_device(kid=other, person=person(demo.BUDI), by=ActBy(RINA, LATER, "HP orang lain."))
    kid = office.morning.phone(demo.SARI).kid
    revoke_device(kid=kid, person=person(demo.SARI), by=ActBy(RINA, LATER, "HP hilang."))
    assert kept_then(office) == then


def test_an_outage_that_ended_since_had_not_been_measured_then(office: Office) -> None:
    office.morning.starts(LATER)
    office.follow(LATER + 60_000)
    policies = office.morning.context.policies
    assert not gather((), (), policies=policies, known_at_ms=KNOWN).outages
    assert [one.until_ms for one in gather((), (), policies=policies).outages] == [LATER]


# --- a month ---------------------------------------------------------------------------------------------------------


def month(office: Office, known_at_ms: int) -> KnownMonth:
    context = replace(office.morning.context, known_at_ms=known_at_ms)
    return month_as_known(context, unit(demo.SCHOOL), NOVEMBER)


def rows_of(known: KnownMonth) -> dict[int, str]:
    return {row.person: json.dumps(body_of(row), sort_keys=True) for row in known.month.rows}


def test_a_closed_month_is_judged_again_as_it_was_closed_and_what_differs_says_why(office: Office) -> None:
    """Closed in December, corrected afterwards: judged again later it is what was closed, row by row."""
    closing = close(NOVEMBER, KNOWN)
    then = {row.person_id: json.dumps(row.body, sort_keys=True) for row in closing.rows.all()}
    for change in (an_excuse_withdrawn, a_pin_mapped, a_tap_delivered_late, a_home_moved_back, a_roster_written):
        change(office)
    office.follow(AFTERWARDS)
    known = month(office, KNOWN)
    assert rows_of(known) == then
    assert [(one.closing, one.other) for one in known.closed] == [(closing, ())]
    since = {
        (one.person.number, day.day): {said.fact for said in day.since} for one in known.differs for day in one.days
    }
    assert "excuse" in since[demo.BUDI, date(2026, 11, 26)]
    assert since[demo.BUDI, date(2026, 11, 23)] == {"roster"}
    assert {"assignment"} == since[demo.SARI, TUESDAY]
    assert {"pin"} == since[SIX, TUESDAY]
    assert (demo.WATI, TUESDAY) not in since, "whose day is what it was is not named"


def test_known_now_a_month_is_the_recap_of_today(office: Office) -> None:
    rows = {row.person: json.dumps(body_of(row), sort_keys=True) for row in school().rows}
    known = month(office, KNOWN)
    assert rows_of(known) == rows
    assert not known.differs


def test_an_auditor_asks_at_the_command_line(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    an_excuse_withdrawn(office)
    office.follow(AFTERWARDS)
    set_rehearsal_clock(office.morning.site.clock_file, simulated_ms=AFTERWARDS, speed=0)
    data = ["--data", str(office.morning.site.data), "--json", "--known", "2026-12-01T20:00"]
    assert main(["rules", "explain", "--person", str(demo.BUDI), "--date", "2026-11-26", *data]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"]["status"], told["now"]["verdict"]["status"]) == ("excused", "undecided")
    assert [one["fact"] for one in told["since"]] == ["excuse"]
    assert main(["rules", "recap", "--unit", str(demo.SCHOOL), "--month", "2026-11", *data]) == 0
    recap = json.loads(capsys.readouterr().out)
    assert recap["known"] == "2026-12-01T20:00:00"
    assert [one["person"] for one in recap["differs"]] == [demo.BUDI]


def test_flexible_time_is_counted_by_what_had_arrived(morning: Morning) -> None:
    """The policy allows it five times a month; that she came early on the sixteenth was heard when it was over."""
    office = Office(morning)
    enact(drafted(DutyLaw(policy="panrb-6-2018"), date(2026, 11, 1)), at(8, 0, day=20), also=LINA)
    for day in (13, 16, 18, 19, 20, 23):
        a_day(morning, demo.SARI, at(7, 50, day=day), at(16, 51, day=day))
    office.follow(KNOWN)
    then = kept_now()
    assert json.loads(then[f"2026-11-23 {demo.SARI}"])["arrival"]["status"] == "short", "the sixth time"
    morning.tap(demo.SARI, "in", at(7, 20, day=16), received_ms=LATER)
    office.follow(LATER + 60_000)
    assert differing(kept_now(), then) == [f"2026-11-23 {demo.SARI}"], "it is the fifth time now"
    assert not differing(kept_then(office), then)


def test_what_a_recap_alone_reads_is_as_it_was_then(office: Office) -> None:
    """A rank, the kind of employment, and a superior's word that ends the waiting."""
    held = Period(at(7, 0, day=26), at(15, 0, day=26))
    clocks = {"wall_ms": at(7, 20, day=26), "mono_ms": 9_000, "origin_ms": held.from_ms, "signed_time": None}
    office.morning.append([(Kind.PUNCH, office.morning.phone(demo.SARI).punch("in", **clocks).encode())], held.until_ms)
    office.morning.tap(demo.SARI, "out", at(16, 5, day=26))
    office.follow(KNOWN)
    then = rows_of(month(office, KNOWN))
    assert f"{date(2026, 11, 26)}" in json.loads(then[demo.SARI])["unproven"]
    confirm_day(person=person(demo.SARI), day=date(2026, 11, 26), by=ActBy(BUDI, LATER, "Saya lihat."))
    Career.objects.create(
        person_id=demo.WATI, kind=CareerKind.RANK, value="III/a", from_date=date(2026, 1, 1), recorded_at_ms=LATER
    )
    Person.objects.filter(number=demo.WATI).update(employment="pns")
    write_staff_fact(
        by=ActBy.of(demo.RINA, LATER),
        person=demo.WATI,
        fact="employment",
        value="pns",
        from_date=date(2026, 1, 1),
        until_date=None,
    )
    assert rows_of(month(office, KNOWN)) == then
    now = rows_of(month(office, LATER))
    assert {number for number in now if now[number] != then[number]} == {demo.SARI, demo.WATI}
    assert json.loads(now[demo.WATI])["employment"] == "pns"
