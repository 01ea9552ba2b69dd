"""A superior's word for a day that rests on the phone's clock alone: given, shown with its actor, and taken back."""

from datetime import date, time

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from hadir.office.acts.models import OutboxRow
from hadir.office.days.models import Sighting
from hadir.office.days.seeing import confirm_day, days_to_confirm
from hadir.office.duties.kinds import CircularLaw, DutyLaw
from hadir.office.duties.models import LawAct
from hadir.office.ground.act_error import ActError
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy
from hadir.office.units.models import WithoutSignal
from hadir.records.kinds import Kind
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.lawdesk import BUDI, HASAN, TUESDAY, drafted, enact, kept, person
from tests.office.morning import Morning
from tests.office.test_months import close, in_december, row_of

pytestmark = pytest.mark.django_db

SARI = demo.SARI
DAY_PAGE = f"/kantor/orang/{SARI}/2026-11-24/"
WORD = {"reason": "Ia mengajar di kelas 4 sejak pukul tujuh."}


def soft_tap(morning: Morning, number: int) -> None:
    """A phone that had met no server since it was switched on, and met one only at three."""
    clocks = {"wall_ms": at(7, 20), "mono_ms": 9_000, "origin_ms": at(7, 0), "signed_time": None}
    record = morning.phone(number).punch("in", **clocks)
    morning.append([(Kind.PUNCH, record.encode())], at(15, 0))


@pytest.fixture
def soft(morning: Morning) -> None:
    """The school has signal; only the phone's word says that Sari came at 07:20."""
    WithoutSignal.objects.all().delete()
    soft_tap(morning, SARI)
    morning.tap(SARI, "out", at(16, 5))
    morning.follow(at(16, 10))
    assert kept(SARI)["review"] == "ask_superior"


def test_budi_sees_what_waits_for_his_word_says_it_and_the_day_shows_who_said_so(
    soft: None, budi: Client, wati: Client
) -> None:
    before = VerdictRow.objects.get(person=SARI, day=TUESDAY).body
    tasks = budi.get("/kantor/tugas/").content.decode()
    assert "Menunggu kesaksian Anda" in tasks
    assert f"{DAY_PAGE}lihat/" in tasks
    assert row_of(SARI).unproven == (TUESDAY,)
    assert "Menunggu keterangan atasan" in wati.get(DAY_PAGE).content.decode()
    asked = budi.get(f"{DAY_PAGE}lihat/").content.decode()
    assert "Saya melihatnya" in asked
    today = f"/kantor/hari-ini/{demo.SCHOOL}/"
    waits = "Menunggu keterangan atasan"
    assert waits in wati.get(today).content.decode()
    answer = budi.post(f"{DAY_PAGE}lihat/", WORD)
    assert answer.status_code == 302
    assert waits not in wati.get(today).content.decode()
    shown = wati.get(DAY_PAGE).content.decode()
    assert "Budi" in shown
    assert WORD["reason"] in shown
    assert "Menunggu keterangan atasan" not in shown
    assert row_of(SARI).unproven == ()
    assert "Menunggu kesaksian Anda" not in budi.get("/kantor/tugas/").content.decode()
    assert VerdictRow.objects.get(person=SARI, day=TUESDAY).body == before, "a word changes no verdict"
    record = OutboxRow.objects.get(act="day.confirm")
    assert (record.by, record.person) == (demo.BUDI, SARI)


def test_a_word_is_taken_back_by_another_act_and_the_day_waits_again(soft: None, budi: Client) -> None:
    confirm_day(person=person(SARI), day=TUESDAY, by=ActBy(BUDI, at(17, 0), "Ada di kelas."))
    with pytest.raises(ActError) as error:
        confirm_day(person=person(SARI), day=TUESDAY, by=ActBy(HASAN, at(17, 0), "Ada."))
    assert error.value.code == "sighting.trouble.already"
    assert budi.post(f"{DAY_PAGE}lihat/batalkan/", {"reason": "Salah orang."}).status_code == 302
    assert [one.day for one in days_to_confirm(BUDI, TUESDAY)] == [TUESDAY]
    assert row_of(SARI).unproven == (TUESDAY,)
    assert confirm_day(person=person(SARI), day=TUESDAY, by=ActBy(HASAN, at(18, 0), "Ada.")).by_id == demo.HASAN
    assert OutboxRow.objects.filter(act__startswith="day.").count() == 3


def test_nobody_confirms_himself_and_only_who_answers_for_the_person(
    morning: Morning, soft: None, wati: Client, budi: Client, hasan: Client
) -> None:
    soft_tap(morning, demo.HASAN)
    morning.follow(at(16, 20))
    own = f"/kantor/orang/{demo.HASAN}/2026-11-24/lihat/"
    assert hasan.post(own, WORD).status_code == 403
    assert wati.post(f"{DAY_PAGE}lihat/", WORD).status_code == 403
    assert "Saya melihatnya" not in wati.get(DAY_PAGE).content.decode()
    assert not Sighting.objects.exists()
    record = OutboxRow.objects.order_by("seq").first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Sighting.objects.create(person_id=SARI, day=TUESDAY, by_id=SARI, at_ms=at(17, 0), record=record)


def test_a_day_that_waits_for_nobody_takes_no_word(morning: Morning, budi: Client) -> None:
    morning.tap(SARI, "in", at(7, 20))
    morning.follow(at(16, 10))
    assert "tidak menunggu" in budi.get(f"{DAY_PAGE}lihat/").content.decode()
    answer = budi.post(f"{DAY_PAGE}lihat/", WORD)
    assert answer.status_code == 409
    assert "tidak menunggu" in answer.content.decode()
    assert budi.post(f"{DAY_PAGE}lihat/", {"reason": " "}).status_code == 400


def test_silence_deducts_nothing(soft: None) -> None:
    assert row_of(SARI).settlement.percent == 0


# --- what else waits for a second person ------------------------------------------------------------------------------


def tasks_of(client: Client) -> str:
    return client.get("/kantor/tugas/").content.decode()


def test_an_act_of_law_waits_for_whoever_may_be_its_second_person(rina: Client, hasan: Client, context: object) -> None:
    late = enact(drafted(CircularLaw(start=time(8, 0)), TUESDAY), at(8, 10))
    enact(drafted(CircularLaw(start=time(8, 0)), TUESDAY.replace(day=25)), at(8, 10))
    lina = browser("lina")
    assert f"/kantor/aturan/{late.number}/setujui/" in tasks_of(lina)
    assert tasks_of(lina).count("/setujui/") == 1, "tomorrow's holds without a second person"
    assert "/setujui/" not in tasks_of(rina), "she made it"
    assert "/setujui/" not in tasks_of(hasan), "a head makes no circular"
    lina.post(f"/kantor/aturan/{late.number}/setujui/", {"reason": "Benar."})
    assert "/setujui/" not in tasks_of(lina)
    rina.post(f"/kantor/aturan/{late.number}/cabut/", {"reason": "Salah."})
    assert f"/kantor/aturan/{late.number}/cabut/" in tasks_of(lina)
    assert f"/kantor/aturan/{late.number}/cabut/" not in tasks_of(rina)


def test_the_first_duty_of_all_waits_for_nobody(rina: Client, context: object) -> None:
    """Rina alone founded the office on the twentieth, for days since January."""
    assert LawAct.objects.filter(kind="duty").update(also_by=None, made_by=demo.RINA, from_date=date(2026, 1, 1))
    assert "/setujui/" not in tasks_of(browser("lina"))
    enact(drafted(DutyLaw(policy="mataram"), TUESDAY), at(8, 10))
    assert tasks_of(browser("lina")).count("/setujui/") == 1, "the second one waits"


def test_a_request_to_reopen_waits_for_personnel_and_not_for_who_asked(
    morning: Morning, rina: Client, hasan: Client
) -> None:
    morning.tap(SARI, "in", at(7, 20))
    morning.follow(in_december(1))
    closing = close(TUESDAY.replace(day=1), in_december(1))
    hasan.post(f"/kantor/bulan/penutupan/{closing.number}/buka/", {"reason": "HP Sari baru terkirim."})
    assert f"/kantor/bulan/penutupan/{closing.number}/izinkan/" in tasks_of(rina)
    assert "/izinkan/" not in tasks_of(hasan)
