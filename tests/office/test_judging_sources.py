"""Silent sources, and how much is judged again: an unplugged machine pays nothing and hides nothing."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from hadir.config import shipped
from hadir.office.devices.actions import enrol_device
from hadir.office.duties.kinds import CalendarDay, DutyLaw, RollOut
from hadir.office.duties.models import LawAct
from hadir.office.excuses.actions import enter_excuse
from hadir.office.excuses.kinds import Scope
from hadir.office.excuses.models import Excuse
from hadir.office.follower.following import Marks, follow_all, judge_batch, read_all
from hadir.office.follower.rebuilding import rebuild, verdict_digest
from hadir.office.intake.actions import mark_terminal_dirty
from hadir.office.intake.models import PinHolder
from hadir.office.judging.excuse_effects import Concerned, effects
from hadir.office.judging.judging import JudgeContext
from hadir.office.month_pages.recap import month_recap
from hadir.office.month_pages.waiting import by_source, undecided_days
from hadir.office.people.models import Assignment, AssignmentKind
from hadir.office.projection.models import DirtyDay, VerdictRow
from hadir.office.register.acts import assign
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit
from hadir.rules.clocks import local_day
from hadir.site import Site
from rehearsal.demo import cast as demo
from rehearsal.phones import Phone
from tests.office.conftest import at
from tests.office.lawdesk import DAY, LINA, RINA, TUESDAY, WATI, drafted, enact, kept, person, told, unit
from tests.office.morning import Morning
from tests.office.test_intake import Desk, rows
from tests.office.test_judging import a_day
from tests.office.words import machine_words, shown_words

pytestmark = pytest.mark.django_db

MONDAY = TUESDAY - DAY
PINS = b"serial,pin,person,from,until\nMesin-1,5,1001,2026-01-01,\nMesin-1,6,1102,2026-01-01,\n"
OF_MONDAY = rows("        5\t2026-11-23 07:21:05\t1\t0\t1\t0", "        5\t2026-11-23 16:04:40\t1\t1\t1\t0")
OF_TUESDAY = rows("        6\t2026-11-24 07:21:05\t1\t0\t1\t0", "        6\t2026-11-24 16:04:40\t1\t1\t1\t0")


@pytest.fixture
def desk(site: Site, context: JudgeContext, clock: Callable[[int], None], db: None) -> Desk:
    return Desk(site, context)


def test_a_machine_that_wrote_nothing_leaves_its_people_undecided_until_it_is_read(
    desk: Desk, context: JudgeContext
) -> None:
    desk.map(PINS)
    desk.bring(OF_MONDAY)
    desk.now_ms = at(0, 30, day=25)
    desk.follow()
    assert kept(1102, MONDAY)["status"] == "absent", "the machine was alive, and somebody else pressed"
    body = kept(demo.SARI, TUESDAY)
    assert (body["status"], body["deduction_percent"], body["dark"]) == ("undecided", "0", "terminal/Mesin-1")
    assert body["reasons"][1]["params"] == {"due": "2026-12-10", "source": "Mesin-1"}
    desk.bring(OF_TUESDAY)
    assert kept(1102, TUESDAY)["status"] == "present"
    assert kept(demo.SARI, TUESDAY)["status"] == "absent", "it has reported, and she is not on it"
    assert rebuild(context, now_ms=desk.now_ms) == verdict_digest()


def test_silent_machines_are_counted_by_unit_and_their_people_named(desk: Desk) -> None:
    desk.map(PINS)
    desk.bring(OF_MONDAY)
    desk.now_ms = at(0, 30, day=25)
    desk.follow()
    month = month_recap(shipped("policies"), Unit.objects.get(number=demo.REGENCY), TUESDAY.replace(day=1))
    named = undecided_days(month.rows)
    assert [(one.row.person, one.day, one.due) for one in named] == [
        (1102, TUESDAY, date(2026, 12, 10)),
        (demo.SARI, TUESDAY, date(2026, 12, 10)),
    ]
    (count,) = by_source(named)
    assert (count.unit.number, count.source, count.people, count.days) == (demo.SCHOOL, "terminal/Mesin-1", 2, 2)


def test_the_month_says_until_when_it_waits_as_people_say_it(desk: Desk, rina: Client) -> None:
    desk.map(PINS)
    desk.bring(OF_MONDAY)
    desk.now_ms = at(0, 30, day=25)
    desk.follow()
    page = rina.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/menunggu/").content.decode()
    assert "10 Des 2026" in shown_words(page)
    assert machine_words(shown_words(page), "id") == []


def test_whoever_has_a_phone_that_works_is_judged_though_the_machine_is_silent(desk: Desk, morning: Morning) -> None:
    desk.map(PINS)
    desk.bring(OF_MONDAY)
    morning.tap(demo.SARI, "in", at(7, 20, day=23))
    morning.tap(demo.BUDI, "in", at(7, 20))
    morning.tap(demo.BUDI, "out", at(16, 5))
    desk.now_ms = at(0, 30, day=25)
    desk.follow()
    assert kept(demo.SARI, TUESDAY)["status"] == "absent"
    assert kept(1102, TUESDAY)["status"] == "undecided", "he has only the machine"


def test_a_unit_whose_phones_are_all_silent_waits_for_them(morning: Morning, context: JudgeContext) -> None:
    for number in (demo.SARI, demo.BUDI):
        morning.tap(number, "in", at(7, 20, day=23))
        morning.tap(number, "out", at(16, 5, day=23))
    morning.follow(at(0, 30, day=25))
    assert {kept(one, TUESDAY)["dark"] for one in (demo.SARI, demo.BUDI)} == {"phones/3"}
    assert kept(demo.WATI, TUESDAY)["status"] == "absent", "no phone and no machine is hers"
    morning.tap(demo.SARI, "in", at(7, 25), received_ms=at(9, 0, day=25), signed_ms=at(7, 0))
    morning.follow(at(9, 1, day=25))
    assert kept(demo.SARI, TUESDAY)["arrival"]["status"] == "on_time"
    assert kept(demo.BUDI, TUESDAY)["arrival"]["status"] == "no_punch", "the school's phones were heard that morning"
    assert "departure.dark" in told(kept(demo.BUDI, TUESDAY)), "and not in the afternoon"
    assert rebuild(context, now_ms=at(9, 1, day=25)) == verdict_digest()


def test_a_phone_that_came_after_the_silence_says_nothing_of_the_one_that_broke(
    morning: Morning, context: JudgeContext
) -> None:
    for number in (demo.SARI, demo.BUDI):
        morning.tap(number, "in", at(7, 20, day=23))
        morning.tap(number, "out", at(16, 5, day=23))
    morning.follow(at(0, 30, day=25))
    new_phone = Phone(demo.SARI, voucher=morning.phone(demo.SARI).voucher)
    morning.tap(demo.SARI, "in", at(7, 20, day=25), phone=new_phone)
    morning.tap(demo.BUDI, "in", at(7, 20, day=25))
    morning.follow(at(7, 21, day=25))
    enrol_device(kid=new_phone.kid, person=person(demo.SARI), by=ActBy(RINA, at(7, 22, day=25)))
    morning.follow(at(7, 23, day=25))
    assert kept(demo.SARI, TUESDAY)["dark"] == "phones/3", "her taps of that day may lie in the phone that broke"
    assert kept(demo.BUDI, TUESDAY)["status"] == "absent", "his has delivered all that it had"
    assert rebuild(context, now_ms=at(7, 23, day=25)) == verdict_digest()


def test_what_an_excuse_would_change_is_told_of_a_silent_source_as_the_verdict_tells_it(
    morning: Morning, context: JudgeContext
) -> None:
    """Sari's Tuesday is undecided while her school's phones are silent: no excuse saves her from an absence."""
    for number in (demo.SARI, demo.BUDI):
        a_day(morning, number, at(7, 20, day=23), at(16, 5, day=23))
    morning.follow(at(0, 30, day=25))
    period = local_day(TUESDAY, "Asia/Makassar")
    entry = Excuse.within(kind="DL", scope=Scope.PEOPLE, unit=unit(demo.SCHOOL), period=period)
    row = enter_excuse(entry=entry, people=[person(demo.SARI)], by=ActBy(WATI, at(0, 30, day=25), "Rapat."))
    (change,) = effects(context, row, Concerned.below(["/1/"], row), now_ms=at(0, 30, day=25)).changes
    assert change.deduction_before == kept(demo.SARI, TUESDAY)["deduction_percent"] == "0"
    assert [before for _, before, _ in change.halves] == [
        kept(demo.SARI, TUESDAY)[side]["headline"] for side in ("arrival", "departure")
    ]


def test_whoever_moves_takes_what_his_phone_said_of_a_unit_with_him(morning: Morning, context: JudgeContext) -> None:
    for number in (demo.SARI, demo.BUDI):
        morning.tap(number, "in", at(7, 20, day=23))
        morning.tap(number, "out", at(16, 5, day=23))
    morning.tap(demo.SARI, "in", at(7, 20))
    morning.tap(demo.SARI, "out", at(16, 5))
    morning.follow(at(0, 30, day=25))
    assert kept(demo.BUDI, TUESDAY)["status"] == "absent", "the school's phones were heard"
    home = Assignment.objects.current().get(person=demo.SARI, kind=AssignmentKind.HOME)
    Assignment.objects.filter(pk=home.pk).update(withdrawn_at_ms=at(8, 0, day=25))
    assign(
        person=person(demo.SARI),
        unit=unit(demo.HEALTH_CENTRE),
        kind=AssignmentKind.HOME,
        from_date=home.from_date,
        by=ActBy.of(demo.RINA, at(8, 0, day=25)),
    )
    morning.follow(at(8, 1, day=25))
    assert kept(demo.BUDI, TUESDAY)["dark"] == "phones/3", "what was heard was a phone of the health centre"
    assert rebuild(context, now_ms=at(8, 1, day=25)) == verdict_digest()


def test_a_phone_confirmed_later_is_a_source_of_the_days_before(morning: Morning, context: JudgeContext) -> None:
    morning.tap(demo.SARI, "in", at(7, 20, day=23))
    morning.follow(at(0, 30, day=25))
    kid = morning.phone(demo.SARI).kid
    enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(RINA, at(9, 0, day=25)))
    morning.follow(at(9, 1, day=25))
    assert rebuild(context, now_ms=at(9, 1, day=25)) == verdict_digest()


def test_a_beginning_that_was_somebody_elses_line_is_no_beginning(desk: Desk, context: JudgeContext) -> None:
    desk.map(PINS)
    desk.bring(OF_MONDAY)
    desk.now_ms = at(0, 30, day=25)
    desk.follow()
    assert VerdictRow.objects.filter(unit=demo.SCHOOL, day=MONDAY).count() == 18
    PinHolder.objects.filter(pin="5").update(person=demo.DEWI)
    mark_terminal_dirty("Mesin-1", pins=["5"], from_date=MONDAY, until_date=None)
    desk.follow()
    assert not VerdictRow.objects.filter(unit=demo.SCHOOL).exists()
    assert VerdictRow.objects.filter(unit=demo.HEALTH_CENTRE, day=TUESDAY).exists()
    assert rebuild(context, now_ms=desk.now_ms) == verdict_digest()


def test_a_duty_given_afterwards_judges_the_ended_days_without_a_record(
    morning: Morning, context: JudgeContext
) -> None:
    first = LawAct.objects.get()
    LawAct.objects.filter(pk=first.pk).update(withdrawn_at_ms=at(6, 0, day=20))
    enact(drafted(RollOut(), MONDAY), at(8, 0, day=20))
    morning.follow(at(0, 30))
    assert not VerdictRow.objects.exists()
    enact(drafted(DutyLaw(duty="office-5-day", policy="permentan-68-2012"), date(2026, 11, 1)), at(1, 0))
    morning.follow(at(1, 1))
    assert kept(demo.BUDI, MONDAY)["status"] == "absent"
    assert rebuild(context, now_ms=at(1, 1)) == verdict_digest()


# --- only what is touched --------------------------------------------------------------------------------------------


def test_a_late_tap_judges_its_own_day_and_no_other(morning: Morning, context: JudgeContext) -> None:
    for number in (demo.SARI, demo.BUDI, demo.HASAN):
        for day in (23, 24):
            morning.tap(number, "in", at(7, 20, day=day))
            morning.tap(number, "out", at(16, 5, day=day))
    morning.follow(at(0, 30, day=25))
    before = verdict_digest()
    morning.tap(demo.SARI, "in", at(7, 15, day=23), received_ms=at(7, 0, day=25), signed_ms=at(7, 0, day=23))
    read_all(context)
    assert list(DirtyDay.objects.values_list("person", "day")) == [(demo.SARI, MONDAY)]
    assert judge_batch(context, Marks(), now_ms=at(7, 1, day=25)) == 1
    assert verdict_digest() != before


def test_an_act_of_law_judges_the_days_it_touches_and_no_other(morning: Morning) -> None:
    for number in (demo.SARI, demo.BUDI, demo.DEWI):
        for day in (23, 24):
            morning.tap(number, "in", at(7, 20, day=day))
    morning.follow(at(0, 30, day=25))
    draft = drafted(CalendarDay(name="Banjir"), TUESDAY, TUESDAY + DAY, unit=unit(demo.SCHOOL))
    enact(draft, at(8, 0, day=25), also=LINA)
    marked = set(DirtyDay.objects.values_list("person", "day"))
    assert marked == set(VerdictRow.objects.filter(unit=demo.SCHOOL, day=TUESDAY).values_list("person", "day"))


def test_a_fresh_tap_does_not_wait_behind_a_backlog(morning: Morning, context: JudgeContext) -> None:
    nobody = [(1 + place % 900, MONDAY + place // 900 * DAY) for place in range(3_600)]
    DirtyDay.objects.bulk_create(DirtyDay(person=person, day=day) for person, day in nobody)
    morning.tap(demo.SARI, "in", at(7, 20))
    read_all(context)
    judge_batch(context, Marks(), now_ms=at(7, 21))
    assert VerdictRow.objects.filter(person=demo.SARI).exists()
    assert DirtyDay.objects.exists()
    follow_all(context, now_ms=at(7, 22))
    assert not DirtyDay.objects.exists()
