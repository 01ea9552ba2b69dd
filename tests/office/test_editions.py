"""A new edition of the rules changes no stored verdict silently: closed months owe it nothing, open ones ask two."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client

from hadir.config import read_settings
from hadir.office.devices.actions import refuse_device
from hadir.office.duties.kinds import LawKind
from hadir.office.excuses.actions import approve_excuse, attest_excuse, enter_excuse
from hadir.office.excuses.kinds import OUTAGE, Cause, Scope
from hadir.office.excuses.models import Excuse
from hadir.office.follower import editions
from hadir.office.follower.editions import begin_edition
from hadir.office.follower.rebuilding import rebuild, verdict_digest
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import edition_digest
from hadir.office.judging.judging import JudgeContext
from hadir.office.judging.judging import judge_context as installed_context
from hadir.office.month_pages.actions import ask_reopen, grant_reopen, is_whole
from hadir.office.month_pages.edition_actions import accept_edition, keep_waiting, propose_edition
from hadir.office.month_pages.recap import RecapRow, month_recap
from hadir.office.months.editions import differing
from hadir.office.months.models import Edition, EditionState, LateDay, OlderVerdict
from hadir.office.projection.models import JudgedBy, VerdictRow
from hadir.office.roles import ActBy, Actor
from hadir.office.units.models import Unit
from hadir.rules.clocks import Period, local_day
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.lawdesk import DAY, HASAN, JOKO, LINA, RINA, WATI, person, unit
from tests.office.morning import Morning
from tests.office.test_days import text_of
from tests.office.test_months import DAY_MS, DECEMBER, NOVEMBER, close, in_december, in_january, late_tap
from tests.office.test_own_law import agreed, given, proposed, text_of_policy

pytestmark = pytest.mark.django_db

TL1, TL2 = "{from_minutes: 1, percent: 0.5}", "{from_minutes: 31, percent: 1}"
DEARER = {TL1: "{from_minutes: 1, percent: 0.9}"}
MILDER = {TL1: "{from_minutes: 1, percent: 0.25}"}


@dataclass
class Law:
    """The folder of policies that is installed, and another release of it."""

    morning: Morning
    folder: Path

    def install(self, name: str, changes: dict[str, str]) -> JudgeContext:
        """Another release: the same policies, but for some numbers of the set that is in use."""
        folder = self.folder / name
        shutil.copytree(HERE.settings.policies, folder)
        file = folder / f"{demo.POLICY}.yaml"
        text = file.read_text(encoding="utf-8")
        for was, will in changes.items():
            assert was in text
            text = text.replace(was, will)
        file.write_text(text, encoding="utf-8")
        data = str(self.morning.site.data)
        HERE.use(
            read_settings({"HADIR_DATA": data, "HADIR_POLICIES": str(folder), "HADIR_PUBLIC_URL": "http://testserver"})
        )
        installed_context.cache_clear()
        self.morning.context = installed_context()
        return self.morning.context


@pytest.fixture
def november(morning: Morning, clock: Callable[[int], None]) -> Morning:
    """In November Sari was 12 minutes late on the 24th, 40 on the 25th, and on time on the 27th."""
    for day, hour, minute in ((24, 7, 42), (25, 8, 10), (27, 7, 20)):
        morning.tap(demo.SARI, "in", at(hour, minute, day=day))
        morning.tap(demo.SARI, "out", at(16, 35, day=day))
    morning.follow(in_december(1))
    clock(in_december(1))
    return morning


@pytest.fixture
def law(november: Morning, tmp_path: Path) -> Law:
    return Law(november, tmp_path)


def excused(number: int, day: date, at_ms: int) -> Excuse:
    """Duty travel of a whole day, approved."""
    zone = "Asia/Makassar"
    period = Period(local_day(day, zone).from_ms, local_day(day + DAY, zone).from_ms)
    entry = Excuse.within(
        kind="DL", scope=Scope.PEOPLE, unit=unit(demo.SCHOOL), period=period, is_whole_days=True, document="ST-1",
        basis="PP 11/2017",
    )  # fmt: skip
    row = enter_excuse(entry=entry, people=[person(number)], by=ActBy(HASAN, at_ms, "Rapat."))
    attest_excuse(number=row.number, by=ActBy(HASAN, at_ms, "Ada suratnya."))
    return approve_excuse(number=row.number, by=ActBy(RINA, at_ms, "Lengkap."))


def outage(from_ms: int, until_ms: int, at_ms: int) -> Excuse:
    """No light in the school, approved."""
    entry = Excuse.within(
        kind=OUTAGE, scope=Scope.UNIT, unit=unit(demo.SCHOOL), cause=Cause.POWER, period=Period(from_ms, until_ms)
    )
    row = enter_excuse(entry=entry, people=[], by=ActBy(WATI, at_ms, "Listrik padam."))
    attest_excuse(number=row.number, by=ActBy(HASAN, at_ms, "Benar."))
    return approve_excuse(number=row.number, by=ActBy(RINA, at_ms, "Lengkap."))


def row_of(number: int, first: date) -> RecapRow:
    month = month_recap(HERE.settings.policies, Unit.objects.get(number=demo.SCHOOL), first)
    return next(row for row in month.rows if row.person == number)


def kept_percent(day: int, number: int = demo.SARI) -> Decimal:
    return Decimal(VerdictRow.objects.get(person=number, day=date(2026, 11, day)).body["deduction_percent"])


def late_days() -> set[tuple[int, date]]:
    return set(LateDay.objects.values_list("person", "day"))


# --- closed months ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [DEARER, MILDER])
def test_a_closed_month_owes_nothing_to_a_newer_edition(law: Law, changes: dict[str, str]) -> None:
    closing = close(NOVEMBER, in_december(1))
    before = row_of(demo.SARI, NOVEMBER)
    law.install("newer", changes)
    law.morning.follow(in_december(2))
    assert not late_days()
    assert row_of(demo.SARI, DECEMBER).adjustments == ()
    told = verdict_digest()
    assert rebuild(law.morning.context, now_ms=in_december(2)) == told
    assert not late_days()
    assert row_of(demo.SARI, NOVEMBER) == before
    assert (kept_percent(24), kept_percent(25)) == (Decimal("0.5"), Decimal(1)), "a day shows what was closed"
    assert is_whole(closing)


def test_what_is_told_after_closing_is_paid_by_the_difference_that_it_makes(law: Law) -> None:
    """The 25th costs 1 % by both editions."""
    closing = close(NOVEMBER, in_december(1))
    law.install("newer", DEARER)
    law.morning.follow(in_december(2))
    travel = excused(demo.SARI, date(2026, 11, 25), in_december(3))
    law.morning.follow(in_december(3))
    (line,) = row_of(demo.SARI, DECEMBER).adjustments
    (moved,) = line.moved
    assert (moved.day, moved.before, moved.after) == (date(2026, 11, 25), "TL2", "DL")
    assert line.of_allowance == Decimal("-1.00")
    assert moved.why == ({"code": "months.why.excuse", "ref": travel.ref},)
    told = verdict_digest()
    assert rebuild(law.morning.context, now_ms=in_december(3)) == told
    assert row_of(demo.SARI, DECEMBER).adjustments == (line,)
    assert is_whole(closing)


def test_a_day_that_the_edition_itself_counts_otherwise_moves_by_what_was_told_alone(law: Law) -> None:
    """0.5 % was paid; by the rules of today the day costs 0.9 %, and with the letter nothing."""
    close(NOVEMBER, in_december(1))
    law.install("newer", DEARER)
    law.morning.follow(in_december(2))
    excused(demo.SARI, date(2026, 11, 24), in_december(3))
    law.morning.follow(in_december(3))
    (line,) = row_of(demo.SARI, DECEMBER).adjustments
    assert line.of_allowance == Decimal("-0.90")
    assert {why["code"] for moved in line.moved for why in moved.why} == {"months.why.excuse", "months.why.edition"}
    told = verdict_digest()
    assert rebuild(law.morning.context, now_ms=in_december(3)) == told
    assert row_of(demo.SARI, DECEMBER).adjustments == (line,)


def test_what_was_told_before_the_edition_began_is_still_owed_after_it(law: Law) -> None:
    close(NOVEMBER, in_december(1))
    late_tap(law.morning, received_ms=in_december(2))
    (before,) = row_of(demo.SARI, DECEMBER).adjustments
    law.install("newer", DEARER)
    law.morning.follow(in_december(3))
    (after,) = row_of(demo.SARI, DECEMBER).adjustments
    assert after == before
    assert late_days() == {(demo.SARI, date(2026, 11, 26))}


def test_what_was_carried_is_paid_whatever_edition_began_since(law: Law) -> None:
    close(NOVEMBER, in_december(1))
    law.install("newer", DEARER)
    excused(demo.SARI, date(2026, 11, 24), in_december(3))
    law.morning.follow(in_december(3))
    law.morning.follow(in_january(2))
    close(DECEMBER, in_january(2))
    rebuild(law.morning.context, now_ms=in_january(3))
    assert not late_days()
    assert row_of(demo.SARI, date(2027, 1, 1)).adjustments == ()


# --- open months -----------------------------------------------------------------------------------------------------


def propose(at_ms: int, by: Actor = RINA) -> Edition:
    return propose_edition(number=Edition.objects.latest("number").number, by=ActBy(by, at_ms, "Sudah dibaca."))


def accept(at_ms: int, by: Actor = LINA) -> Edition:
    return accept_edition(number=Edition.objects.latest("number").number, by=ActBy(by, at_ms, "Setuju."))


def accepted(law: Law, at_ms: int) -> None:
    propose(at_ms)
    accept(at_ms + 60_000)
    law.morning.follow(at_ms + 120_000)


def rebuilt_same(law: Law, now_ms: int) -> bool:
    told = verdict_digest()
    return rebuild(law.morning.context, now_ms=now_ms) == told


BOTH = {TL1: "{from_minutes: 1, percent: 0.9}", TL2: "{from_minutes: 31, percent: 0.95}"}
"""The 24th is dearer, the 25th milder."""


@pytest.fixture
def both(law: Law) -> Law:
    law.install("both", BOTH)
    law.morning.follow(in_december(2))
    return law


def test_stored_verdicts_of_an_open_month_stay_until_two_have_accepted(both: Law) -> None:
    assert (kept_percent(24), kept_percent(25)) == (Decimal("0.5"), Decimal(1))
    assert {(row.day.day, row.change) for row in OlderVerdict.objects.all()} == {(24, "dearer"), (25, "milder")}
    assert rebuilt_same(both, in_december(2))
    propose(in_december(2))
    both.morning.follow(in_december(2))
    assert (kept_percent(24), kept_percent(25)) == (Decimal("0.5"), Decimal(1)), "one alone changes nothing"
    accept(in_december(2))
    both.morning.follow(in_december(2))
    assert (kept_percent(24), kept_percent(25)) == (Decimal("0.5"), Decimal("0.95")), "dearer never backwards"
    assert rebuilt_same(both, in_december(2))
    close(NOVEMBER, in_december(2))
    assert rebuilt_same(both, in_december(2))
    assert not late_days()


def test_a_day_that_is_judged_for_the_first_time_is_judged_by_the_new_edition(both: Law) -> None:
    both.morning.tap(demo.SARI, "in", at(7, 42, day=26), received_ms=in_december(3))
    both.morning.tap(demo.SARI, "out", at(16, 35, day=26), received_ms=in_december(3))
    late_tap(both.morning, day=30, received_ms=in_december(3))
    both.morning.follow(in_december(3))
    assert kept_percent(26) == Decimal("0.9")


def test_a_day_that_was_running_when_the_edition_began_was_not_judged_to_its_end(law: Law) -> None:
    law.morning.tap(demo.SARI, "in", at(7, 42, day=30) + DAY_MS)
    law.morning.follow(at(10, 0, day=30) + DAY_MS)
    law.install("dearer", DEARER)
    law.morning.follow(at(11, 0, day=30) + DAY_MS)
    law.morning.tap(demo.SARI, "out", at(16, 35, day=30) + DAY_MS)
    law.morning.follow(in_december(2, 9))
    body = VerdictRow.objects.get(person=demo.SARI, day=date(2026, 12, 1)).body
    assert body["deduction_percent"] == "0.9"
    assert date(2026, 12, 1) not in set(OlderVerdict.objects.values_list("day", flat=True))


def test_what_is_told_of_a_waiting_day_counts_at_once_and_never_makes_it_dearer_than_it_was(both: Law) -> None:
    """A letter for the 24th frees it, by both editions; a repeated tap on the 24th changes nothing."""
    both.morning.tap(demo.SARI, "in", at(7, 50), received_ms=in_december(3))
    both.morning.follow(in_december(3))
    assert kept_percent(24) == Decimal("0.5")
    assert len(VerdictRow.objects.get(person=demo.SARI, day=date(2026, 11, 24)).body["taps"]) == 3, "no tap vanishes"
    excused(demo.SARI, date(2026, 11, 24), in_december(3))
    both.morning.follow(in_december(3))
    assert kept_percent(24) == 0
    assert rebuilt_same(both, in_december(3))


def test_a_fact_that_helps_less_than_the_older_verdict_leaves_it(law: Law) -> None:
    """An outage until 07.35: 5 minutes were 0.5 % by both; then the edition asks 0.9 % for them."""
    law.install("dearer", DEARER)
    law.morning.follow(in_december(2))
    outage(at(7, 30), at(7, 35), in_december(3))
    law.morning.follow(in_december(3))
    body = VerdictRow.objects.get(person=demo.SARI, day=date(2026, 11, 24)).body
    assert body["deduction_percent"] == "0.5"
    assert rebuilt_same(law, in_december(3))


def test_a_fact_that_makes_the_day_dearer_is_counted_by_the_new_edition(both: Law) -> None:
    """Her phone was refused: what it recorded is nobody's, and the days are absent by either edition."""
    refuse_device(
        kid=both.morning.phone(demo.SARI).kid, person=person(demo.SARI), by=ActBy(RINA, in_december(3), "Bukan HP-nya.")
    )
    both.morning.follow(in_december(3))
    assert kept_percent(24) > 1
    assert rebuilt_same(both, in_december(3))


def test_a_month_with_waiting_differences_is_not_closed(both: Law, hasan: Client) -> None:
    with pytest.raises(ActError) as error:
        close(NOVEMBER, in_december(2))
    assert error.value.code == "months.trouble.edition_waits"
    recap = hasan.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/").content.decode()
    assert "masih memakai hasil lama" in recap
    assert "/tutup/" not in recap, "no button that leads to a refusal"
    assert (
        "24 November 2026, 25 November 2026"
        in hasan.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/orang/{demo.SARI}/").content.decode()
    )
    assert "halaman Edisi aturan" in hasan.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/tutup/").content.decode()
    accepted(both, in_december(2))
    close(NOVEMBER, in_december(3))


def test_acceptance_changes_no_month_that_was_closed_before(law: Law) -> None:
    close(NOVEMBER, in_december(1))
    for day in (1, 2):
        law.morning.tap(demo.SARI, "in", at(8, 10, day=30) + day * DAY_MS)
        law.morning.tap(demo.SARI, "out", at(16, 35, day=30) + day * DAY_MS)
    law.morning.follow(in_december(3))
    late = late_days()  # the 30th: her phone was silent when the month was closed
    law.install("both", BOTH)
    law.morning.follow(in_december(3))
    accepted(law, in_december(3))
    assert kept_percent(25) == 1
    assert VerdictRow.objects.get(person=demo.SARI, day=date(2026, 12, 1)).body["deduction_percent"] == "0.95"
    assert late_days() == late == {(demo.SARI, date(2026, 11, 30))}
    assert rebuilt_same(law, in_december(3) + 120_000)


def test_a_reopened_month_takes_what_was_accepted(law: Law) -> None:
    closing = close(NOVEMBER, in_december(1))
    law.install("both", BOTH)
    law.morning.follow(in_december(2))
    propose(in_december(2))
    accept(in_december(2))
    ask_reopen(number=closing.number, by=ActBy(HASAN, in_december(3), "Salah."))
    grant_reopen(number=closing.number, by=ActBy(RINA, in_december(3), "Benar."))
    law.morning.follow(in_december(3))
    assert (kept_percent(24), kept_percent(25)) == (Decimal("0.5"), Decimal("0.95"))
    assert rebuilt_same(law, in_december(3))


def test_an_edition_before_acceptance_of_another_goes_on_from_what_holds(both: Law) -> None:
    """A second release says 0.75 % of the 25th, and of the 24th what was stored at first."""
    both.install("third", {BOTH[TL1]: TL1, BOTH[TL2]: "{from_minutes: 31, percent: 0.75}"})
    both.morning.follow(in_december(3))
    assert (kept_percent(24), kept_percent(25)) == (Decimal("0.5"), Decimal(1))
    newest = Edition.objects.latest("number")
    assert [(row.day.day, row.change) for row in differing(newest)] == [(25, "milder")]
    accepted(both, in_december(3))
    assert (kept_percent(24), kept_percent(25)) == (Decimal("0.5"), Decimal("0.75"))
    assert rebuilt_same(both, in_december(3) + 120_000)


def test_a_break_while_an_edition_begins_loses_nothing(law: Law, monkeypatch: pytest.MonkeyPatch) -> None:
    law.install("both", BOTH)
    monkeypatch.setattr(editions, "HELD_AT_ONCE", 2)
    with pytest.raises(StopIteration):
        begin_edition(law.morning.context, now_ms=in_december(2), say=stop)
    assert JudgedBy.objects.get().person is not None
    law.morning.follow(in_december(2))
    assert Edition.objects.count() == 1
    assert {(row.day.day, row.change) for row in OlderVerdict.objects.all()} == {(24, "dearer"), (25, "milder")}
    assert rebuilt_same(law, in_december(2))


def stop(_: str) -> None:
    raise StopIteration


# --- who reads and accepts -------------------------------------------------------------------------------------------


def test_two_people_of_personnel_accept_and_nobody_else(both: Law) -> None:
    for nobody in (HASAN, WATI, JOKO):
        with pytest.raises(PermissionDenied):
            propose(in_december(2), by=nobody)
    with pytest.raises(ActError) as error:
        accept(in_december(2))
    assert error.value.code == "months.trouble.edition_not_asked"
    propose(in_december(2))
    with pytest.raises(ActError) as error:
        accept(in_december(2), by=RINA)
    assert error.value.code == "months.trouble.edition_second"
    keep_waiting(number=Edition.objects.get().number, by=ActBy(LINA, in_december(2), "Belum."))
    assert Edition.objects.get().state == EditionState.WAITING
    propose(in_december(2), by=LINA)
    accept(in_december(2), by=RINA)
    with pytest.raises(ActError) as error:
        propose(in_december(2))
    assert error.value.code == "months.trouble.edition_decided"


def test_the_database_knows_that_two_who_accept_are_two(both: Law) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Edition.objects.update(state="accepted", asked_by=demo.RINA, accepted_by=demo.RINA)


@pytest.fixture
def second_of_december(both: Law, clock: Callable[[int], None]) -> Law:
    clock(in_december(2))
    return both


def test_personnel_read_the_differences_on_a_page_and_in_files(second_of_december: Law, rina: Client) -> None:
    page = text_of(rina.get("/kantor/edisi/").content.decode())
    assert "2 hari, 1 pegawai dinilai berbeda: 1 lebih ringan , 1 lebih berat" in page
    assert "TL1 0,50 % TL1 0,90 % Lebih berat Alasan Hasil lama Potongan 0,50 % (TL1 0,50)." in page, (
        "what differs alone"
    )
    assert "TL2 1,00 % TL2 0,95 % Lebih ringan" in page
    milder = text_of(rina.get("/kantor/edisi/?saring=milder").content.decode())
    assert "24 November" not in milder
    assert "25 November" in milder
    assert "Tidak ada hari yang cocok" in rina.get("/kantor/edisi/?cari=nobody").content.decode()
    told = rina.get("/kantor/edisi/daftar.csv?saring=dearer").content.decode("utf-8-sig").splitlines()
    assert len(told) == 2
    assert "TL1;0.5;TL1;0.9;Lebih berat" in told[1]
    assert rina.get("/kantor/edisi/daftar.xlsx").status_code == 200


def test_the_inbox_tells_the_one_who_may_act(second_of_december: Law, rina: Client, hasan: Client) -> None:
    title = "Aturan baru menunggu persetujuan"
    assert "hadir_office_edition_waiting_days 2\n" in Client().get("/kantor/metrics").content.decode()
    assert title in rina.get("/kantor/tugas/").content.decode()
    assert title not in hasan.get("/kantor/tugas/").content.decode()
    number = Edition.objects.get().number
    assert rina.post(f"/kantor/edisi/{number}/usul/", {"reason": "Sudah dibaca."}).status_code == 302
    assert title not in rina.get("/kantor/tugas/").content.decode(), "who proposed waits for another"
    lina = browser("lina")
    assert title in lina.get("/kantor/tugas/").content.decode()
    assert lina.post(f"/kantor/edisi/{number}/setuju/", {"reason": "Setuju."}).status_code == 302
    assert title not in lina.get("/kantor/tugas/").content.decode()
    assert "hadir_office_edition_waiting_days 0\n" in Client().get("/kantor/metrics").content.decode()
    audit = text_of(browser("joko").get("/kantor/jejak/").content.decode())
    assert "Menyetujui edisi aturan sebagai orang kedua" in audit
    assert "1 lebih berat 1 lebih ringan" in audit


def test_a_days_page_says_what_the_rules_of_now_would_say(second_of_december: Law, rina: Client) -> None:
    page = text_of(rina.get(f"/kantor/orang/{demo.SARI}/2026-11-24/").content.decode())
    assert "Menurut aturan sekarang: TL1, 0,90 %. Itu belum berlaku" in page
    accepted(second_of_december, in_december(2))
    page = text_of(rina.get(f"/kantor/orang/{demo.SARI}/2026-11-24/").content.decode())
    assert "tetap berlaku untuk hari ini" in page
    page = text_of(rina.get(f"/kantor/orang/{demo.SARI}/2026-11-25/").content.decode())
    assert "aturan sebelumnya" not in page


def test_an_own_policy_is_an_act_and_begins_no_edition(november: Morning) -> None:
    """What two people put in force is told like any act: days that it reaches follow at once."""
    before = edition_digest(november.context.policies)
    agreed(proposed(text_of_policy(), LawKind.POLICY, at_ms=in_december(1)), in_december(1))
    given("own-kab-contoh", in_december(1))
    november.follow(in_december(1))
    assert kept_percent(24) == Decimal("0.75")
    assert edition_digest(november.context.policies) == before
    assert not Edition.objects.exists()
