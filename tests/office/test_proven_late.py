"""Proven late in an outage: both readings before it is decided, the choice in the record, and its change by two."""

import json
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.office.acts.models import OutboxRow
from hadir.office.devices.models import Device
from hadir.office.excuses.actions import (
    agree_change,
    approve_excuse,
    ask_change,
    attest_excuse,
    enter_excuse,
    keep_as_it_was,
    withdraw_excuse,
)
from hadir.office.excuses.covering import as_it_stood
from hadir.office.excuses.kinds import OUTAGE, Scope
from hadir.office.excuses.models import Excuse
from hadir.office.follower.rebuilding import rebuild, verdict_digest
from hadir.office.ground.act_error import ActError
from hadir.office.intake.models import PinHolder, Terminal
from hadir.office.judging.excuse_effects import ON_PAPER, AsIf, Concerned, Part
from hadir.office.judging.judge import JudgeRequest, judge
from hadir.office.judging.judging import JudgeContext
from hadir.office.judging.proven_late import ProvenLate, effects_and_proven
from hadir.office.months.models import LateDay
from hadir.office.people.models import Assignment, Person
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit
from hadir.rules.clocks import Period
from rehearsal.demo import cast as demo
from rehearsal.phones import Phone
from tests.office.conftest import at, browser
from tests.office.lawdesk import TUESDAY
from tests.office.morning import Morning
from tests.office.test_days import text_of
from tests.office.test_months import NOVEMBER, close, in_december, november
from tests.office.test_outages import HASAN, LINA, RINA, arrival

__all__ = ["november"]

pytestmark = pytest.mark.django_db

EVENING = at(0, 30, day=25)


def reported(begin: int = at(7, 0), end: int = at(8, 0), unit: int | None = demo.SCHOOL) -> Excuse:
    """An outage that Hasan has seen."""
    scope = Scope.UNIT if unit else Scope.ALL
    entry = Excuse.within(
        kind=OUTAGE, scope=scope, unit=unit and Unit.objects.get(number=unit), period=Period(begin, end), basis="x"
    )  # fmt: skip
    row = enter_excuse(entry=entry, people=(), by=ActBy(LINA, at(8, 30), "Jaringan putus."))
    return attest_excuse(number=row.number, by=ActBy(HASAN, at(8, 31), "Benar."))


@pytest.fixture
def three(morning: Morning) -> Excuse:
    """Sari is proven to have come at 07:50, Budi waited until 08:10, Wati recorded nothing in the morning."""
    morning.tap(demo.SARI, "in", at(7, 50, 10), signed_ms=at(7, 50, 5))
    morning.tap(demo.BUDI, "in", at(8, 10, 10), signed_ms=at(8, 10, 5))
    for number in (demo.SARI, demo.BUDI, demo.WATI):
        morning.tap(number, "out", at(16, 5))
    row = reported()
    morning.follow(EVENING)
    return row


def readings(context: JudgeContext, row: Excuse, part: Part = ON_PAPER, unit: int | None = None) -> ProvenLate:
    whom = Concerned.below(["/1/"], row)
    _, found = effects_and_proven(
        context, row, whom, now_ms=EVENING, as_if=AsIf(), part=part, proven_part=part, unit=unit
    )  # fmt: skip
    return found


def decide(row: Excuse, morning: Morning, *, lifts: bool) -> Excuse:
    row = approve_excuse(number=row.number, by=ActBy(RINA, at(1, 1, day=25), "Sudah dilihat."), lifts_proven=lifts)
    morning.follow(at(1, 2, day=25))
    return row


def reasons(person: int) -> list[str]:
    return [one["code"] for one in VerdictRow.objects.get(person=person, day=TUESDAY).body["reasons"]]


def test_both_readings_stand_before_it_is_approved(three: Excuse, morning: Morning) -> None:
    found = readings(morning.context, three)
    assert [name for name, _ in found.groups] == ["tapped"], "whoever recorded nothing pays nothing"
    told = [
        (one.change.person.number, one.change.deduction_before, one.change.deduction_after, one.change.halves[0][1:])
        for one in found.days
    ]
    assert [(number, stands, lifted) for number, stands, lifted, _ in told] == [
        (demo.BUDI, "1", "0.5"),
        (demo.SARI, "0.5", "0"),
    ]
    stands, lifted = told[0][3]
    assert (stands["params"]["minutes"], lifted["params"]["minutes"]) == (40, 10)
    assert found.days[1].proven_ms == at(7, 50, 5) - 50


def test_what_is_proven_stands_and_every_day_says_why(three: Excuse, morning: Morning) -> None:
    decide(three, morning, lifts=False)
    assert arrival(demo.SARI) == ("short", "TL1", 20)
    assert arrival(demo.BUDI) == ("short", "TL2", 40)
    assert arrival(demo.WATI)[0] == "excused"
    assert "arrival.proven" in reasons(demo.SARI)


def test_lifted_it_covers_them_and_every_day_says_why(three: Excuse, morning: Morning) -> None:
    decide(three, morning, lifts=True)
    assert arrival(demo.SARI)[0] == "excused"
    assert arrival(demo.BUDI) == ("short", "TL1", 10)
    assert arrival(demo.WATI)[0] == "excused"
    assert "arrival.proven_lifted" in reasons(demo.SARI)
    assert "arrival.proven_lifted" in reasons(demo.BUDI)
    assert "arrival.proven_lifted" not in reasons(demo.WATI)


def test_the_choice_is_in_the_record_and_a_rebuild_gives_the_same(three: Excuse, morning: Morning) -> None:
    decide(three, morning, lifts=True)
    act = OutboxRow.objects.get(act="excuse.approve")
    assert json.loads(bytes(act.body))["after"].endswith(" proven_lifted")
    before = verdict_digest()
    assert rebuild(morning.context, now_ms=at(1, 3, day=25)) == before


def test_it_is_changed_by_two_and_by_nobody_alone(three: Excuse, morning: Morning) -> None:
    decide(three, morning, lifts=True)
    ask_change(number=three.number, by=ActBy(RINA, at(1, 5, day=25), "Gerbang menerima sebagian."))
    morning.follow(at(1, 6, day=25))
    assert arrival(demo.SARI)[0] == "excused", "asked is not changed"
    with pytest.raises(PermissionDenied):
        agree_change(number=three.number, by=ActBy(RINA, at(1, 7, day=25), "Saya sendiri."))
    with pytest.raises(PermissionDenied):
        agree_change(number=three.number, by=ActBy(HASAN, at(1, 7, day=25), "Saya kepala."))
    with pytest.raises(ActError):
        ask_change(number=three.number, by=ActBy(LINA, at(1, 7, day=25), "Dua kali."))
    agree_change(number=three.number, by=ActBy(LINA, at(1, 8, day=25), "Sesuai."))
    morning.follow(at(1, 9, day=25))
    assert arrival(demo.SARI) == ("short", "TL1", 20)
    before = verdict_digest()
    assert rebuild(morning.context, now_ms=at(1, 9, day=25)) == before
    told = [json.loads(bytes(row.body))["after"] for row in OutboxRow.objects.filter(act__in=("excuse.change",))]
    assert told[0].endswith(" proven_lifted change_asked")


def test_a_change_that_is_declined_or_overtaken_leaves_all_as_it_was(three: Excuse, morning: Morning) -> None:
    decide(three, morning, lifts=True)
    ask_change(number=three.number, by=ActBy(RINA, at(1, 5, day=25), "Keliru."))
    row = keep_as_it_was(number=three.number, by=ActBy(RINA, at(1, 6, day=25), "Saya tarik."))
    assert (row.lifts_proven, row.change_asked_by_id) == (True, None)
    with pytest.raises(ActError):
        agree_change(number=three.number, by=ActBy(LINA, at(1, 7, day=25), "Terlambat."))
    ask_change(number=three.number, by=ActBy(RINA, at(1, 8, day=25), "Sekali lagi."))
    row = withdraw_excuse(number=three.number, by=ActBy(LINA, at(1, 9, day=25), "Bukan gangguan."))
    assert row.change_asked_by_id is None
    with pytest.raises(ActError):
        ask_change(number=three.number, by=ActBy(RINA, at(1, 10, day=25), "Masih?"))


def test_an_earlier_moment_is_judged_by_the_choice_of_then(three: Excuse, morning: Morning) -> None:
    decide(three, morning, lifts=True)
    ask_change(number=three.number, by=ActBy(RINA, at(1, 5, day=25), "Keliru."))
    agree_change(number=three.number, by=ActBy(LINA, at(1, 8, day=25), "Sesuai."))
    for known_at_ms, minutes in ((at(1, 4, day=25), 0), (at(1, 9, day=25), 20)):
        then = JudgeContext(morning.site, morning.context.policies, known_at_ms)
        judged = judge(then, JudgeRequest(days=[(demo.SARI, TUESDAY)], now_ms=at(2, 0, day=25)))
        half = judged[demo.SARI, TUESDAY].verdict.arrival
        assert half is not None
        assert half.minutes == minutes


def test_an_outage_of_before_anybody_was_asked_stays_lifted(three: Excuse) -> None:
    """What its record says of then, and what the upgrade stored, are one."""
    row = approve_excuse(number=three.number, by=ActBy(RINA, at(1, 1, day=25), "Sesuai."), lifts_proven=True)
    act = OutboxRow.objects.get(act="excuse.approve")
    body = bytes(act.body)
    OutboxRow.objects.filter(pk=act.pk).update(body=body.replace(b" proven_lifted", b""))
    then = Excuse.objects.prefetch_related("steps__record").get(number=row.number)
    assert as_it_stood(then, at(1, 2, day=25)).lifts_proven
    OutboxRow.objects.filter(pk=act.pk).update(body=body)


def test_a_change_after_the_month_was_closed_is_an_adjustment(november: Morning) -> None:
    november.tap(demo.SARI, "in", at(7, 50, 10, day=26), signed_ms=at(7, 50, 5, day=26))
    november.tap(demo.SARI, "out", at(16, 5, day=26))
    row = reported(at(7, 0, day=26), at(8, 0, day=26))
    approve_excuse(number=row.number, by=ActBy(RINA, at(12, 0, day=27), "Sesuai."), lifts_proven=True)
    november.follow(in_december(1))
    close(NOVEMBER, in_december(1))
    assert not LateDay.objects.exists()
    ask_change(number=row.number, by=ActBy(RINA, in_december(2), "Keliru."))
    agree_change(number=row.number, by=ActBy(LINA, in_december(2), "Sesuai."))
    november.follow(in_december(2))
    assert list(LateDay.objects.values_list("person", "day")) == [(demo.SARI, date(2026, 11, 26))]


def test_whoever_would_pay_as_much_by_waiting_is_told_apart(morning: Morning) -> None:
    """The outage began two hours after the start of work: whoever came in it was late whatever he did."""
    morning.tap(demo.SARI, "in", at(10, 0, 10), signed_ms=at(10, 0, 5))
    morning.tap(demo.SARI, "out", at(16, 5))
    row = reported(at(9, 30), at(10, 30))
    morning.follow(EVENING)
    assert [(name, len(days)) for name, days in readings(morning.context, row).groups] == [("others", 1)]


def test_nobody_elsewhere_and_nobody_unproven_is_named(morning: Morning) -> None:
    """The bound of Sari's tap is from before the outage; Dewi's is proven, and of another unit."""
    morning.tap(demo.SARI, "in", at(7, 50), received_ms=at(8, 5), signed_ms=at(6, 50))
    morning.tap(demo.DEWI, "in", at(7, 50, 10), signed_ms=at(7, 50, 5))
    row = reported()
    morning.follow(EVENING)
    assert readings(morning.context, row).count == 0
    everybody = readings(morning.context, reported(unit=None))
    assert [one.change.person.number for one in everybody.days] == [demo.DEWI]


# --- pages ------------------------------------------------------------------------------------------------------------


def test_the_page_of_the_approval_names_them_and_takes_the_choice(
    three: Excuse, morning: Morning, rina: Client, hasan: Client
) -> None:
    seen = text_of(hasan.get(f"/kantor/keterangan/{three.number}/").content.decode())
    assert "Dipotong karena mencoba absen: 2" in seen, "where it is proposed"
    path = f"/kantor/keterangan/{three.number}/setujui/"
    page = text_of(rina.get(path).content.decode())
    assert "Budi Rahman, M.Pd." in page
    assert "Terlambat 40 menit (TL2)" in page
    assert "Potongan hari itu 1,00 % Masuk: Terlambat 10 menit (TL1)" in page
    rina.post(path, {"terbukti": "hapus", "reason": "Mereka mencoba."})
    row = Excuse.objects.get(number=three.number)
    assert row.lifts_proven
    after = text_of(rina.get(f"/kantor/keterangan/{three.number}/").content.decode())
    assert "Terbukti terlambat Tidak dihitung terlambat" in after
    acts = text_of(browser("joko").get("/kantor/jejak/").content.decode())
    assert "yang terbukti terlambat tidak dihitung" in acts


def test_without_a_choice_what_is_proven_stands(three: Excuse, rina: Client) -> None:
    rina.post(f"/kantor/keterangan/{three.number}/setujui/", {"reason": "Sesuai."})
    assert not Excuse.objects.get(number=three.number).lifts_proven


def test_the_change_waits_in_the_inbox_of_the_second_person(three: Excuse, rina: Client) -> None:
    approve_excuse(number=three.number, by=ActBy(RINA, at(8, 40), "Sesuai."), lifts_proven=True)
    vouch = f"/kantor/keterangan/{three.number}/nyatakan/"
    rina.post(f"/kantor/keterangan/{three.number}/ubah/", {"reason": "Gerbang menerima sebagian."})
    path = f"/kantor/keterangan/{three.number}/ubah/setujui/"
    assert path not in rina.get("/kantor/tugas/").content.decode()
    lina = browser("lina")
    page = lina.get("/kantor/tugas/").content.decode()
    assert path in page
    assert vouch not in page
    lina.post(path, {"reason": "Sesuai."})
    assert not Excuse.objects.get(number=three.number).lifts_proven


def crowd(morning: Morning, numbers: range) -> None:
    for number in numbers:
        person = Person.objects.create(number=number, full_name=f"Orang {number}", employment="pns")
        Assignment.objects.create(
            person=person, unit_id=demo.SCHOOL, from_date=date(2026, 1, 1), recorded_at_ms=at(6, 0)
        )
        phone = Phone(number)
        Device.objects.create(kid=phone.kid, key=phone.key, person=person, from_ms=at(6, 0), decided_at_ms=at(6, 0))
        morning.tap(number, "in", at(7, 50, 10), signed_ms=at(7, 50, 5), phone=phone, flags=())


def test_of_thousands_the_page_is_a_count_and_a_list_by_unit(three: Excuse, morning: Morning, rina: Client) -> None:
    path = f"/kantor/keterangan/{three.number}/setujui/"
    crowd(morning, range(5_001, 5_003))
    morning.follow(EVENING)
    with CaptureQueriesContext(connection) as few:
        rina.get(path)
    crowd(morning, range(5_003, 5_071))
    morning.follow(EVENING + 1)
    with CaptureQueriesContext(connection) as many:
        page = rina.get(path).content.decode()
    assert len(many) <= len(few) + 1, "one for the homes of whoever stands on the next page"
    assert "Paling banyak 72 hari orang." in text_of(page)
    assert page.count('/2026-11-24/">Orang ') <= 2 * 60
    assert f'href="?unit={demo.SCHOOL}#proven"' in page
    rest = rina.get(f"{path}?unit={demo.SCHOOL}&lot=2").content.decode()
    assert "Dipotong karena mencoba absen: 12" in text_of(rest)
    found = readings(morning.context, three, Part(3, days=30), unit=demo.SCHOOL)
    assert (found.count, len(found.days), found.before, found.after) == (72, 12, 2, None)


def test_an_approver_who_is_not_concerned_is_not_told_that_it_waits_for_another(three: Excuse, rina: Client) -> None:
    """Rina belongs to the agency, not to the school: nothing is left to approve for her."""
    page = text_of(rina.get(f"/kantor/keterangan/{three.number}/setujui/").content.decode())
    assert "Bagi Anda sendiri belum berlaku" not in page
    approve_excuse(number=three.number, by=ActBy(RINA, at(8, 40), "Sesuai."))
    lina = browser("lina").get(f"/kantor/keterangan/{three.number}/").content.decode()
    assert "Belum berlaku bagi" not in text_of(lina)
    assert f"/kantor/keterangan/{three.number}/setujui/" not in lina
    everybody = reported(unit=None)
    approve_excuse(number=everybody.number, by=ActBy(RINA, at(8, 40), "Sesuai."))
    kasim = browser("joko").get(f"/kantor/keterangan/{everybody.number}/").content.decode()
    assert "Belum berlaku bagi Rina" in text_of(kasim)


def test_an_outage_of_a_terminal_finds_only_those_who_have_a_pin_on_it(morning: Morning) -> None:
    terminal = Terminal.objects.create(serial="Mesin-1", first_seen_ms=at(6, 0))
    PinHolder.objects.create(
        terminal=terminal, pin="1", person_id=demo.SARI, from_date=date(2026, 1, 1), recorded_at_ms=at(6, 0)
    )
    for number in (demo.SARI, demo.BUDI):
        morning.tap(number, "in", at(7, 50, 10), signed_ms=at(7, 50, 5))
    entry = Excuse.within(
        kind=OUTAGE, scope=Scope.TERMINAL, unit=Unit.objects.get(number=demo.SCHOOL), terminal="Mesin-1",
        period=Period(at(7, 0), at(8, 0)), basis="x",
    )  # fmt: skip
    row = enter_excuse(entry=entry, people=(), by=ActBy(LINA, at(8, 30), "Mesin mati."))
    morning.follow(EVENING)
    assert [one.change.person.number for one in readings(morning.context, row).days] == [demo.SARI]
