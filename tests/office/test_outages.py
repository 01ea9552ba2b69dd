"""Outages are measured, proposed, attested by a head, approved by personnel, and change only what they explain."""

import json
from collections.abc import Iterator

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.ledger.sqlite import SqliteJournal
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.writer import move_outbox
from hadir.office.excuses.actions import (
    approve_excuse,
    attest_excuse,
    enter_excuse,
    reject_excuse,
    withdraw_excuse,
)
from hadir.office.excuses.kinds import OUTAGE, Cause, ExcuseState, Scope
from hadir.office.excuses.models import Excuse, Step
from hadir.office.follower import rebuilding
from hadir.office.ground.act_error import ActError
from hadir.office.outages.measuring import MEASURED, PhoneWait, crowded, propose_outages
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from hadir.records.kinds import Kind
from hadir.records.server_records import GatePulse
from hadir.rules.clocks import Period
from hadir.site import Site
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_days import text_of

pytestmark = pytest.mark.django_db

HASAN = Actor(person=demo.HASAN, grants=(Grant(role=Role.UNIT_HEAD, path="/1/2/3/"),))
RINA = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path="/1/"),))
LINA = Actor(person=demo.LINA, grants=(Grant(role=Role.PERSONNEL, path="/1/"),))
JOKO = Actor(person=demo.JOKO, grants=(Grant(role=Role.AUDITOR, path="/1/"),))
WATI = Actor(person=demo.WATI, grants=(Grant(role=Role.OPERATOR, path="/1/2/3/"),))
PAGE_QUERIES_MAX = 40


def arrival(person: int) -> tuple[str, str | None, int]:
    part = VerdictRow.objects.get(person=person).body["arrival"]
    return part["status"], part["class"], part["minutes"]


def pulse(morning: Morning, at_ms: int) -> None:
    morning.fact(Kind.GATE_PULSE, GatePulse(v=1, answered=0, refused=0), at_ms)


@pytest.fixture
def dead_gate(morning: Morning) -> Excuse:
    """Dead from 07:05 to 08:05. Budi came at 07:42 by his phone; he was late as far as anybody can tell."""
    morning.starts(at(5, 0))
    pulse(morning, at(7, 5))
    morning.starts(at(8, 5))
    morning.tap(demo.BUDI, "in", at(7, 42, 30), received_ms=at(8, 6), signed_ms=at(7, 0))
    morning.tap(demo.HASAN, "in", at(7, 10), received_ms=at(8, 7), signed_ms=at(7, 0))
    morning.follow(at(8, 10))
    propose_outages(at(8, 10))
    return Excuse.objects.get()


def approved(row: Excuse, morning: Morning, *, lifts_proven: bool = False) -> Excuse:
    attest_excuse(number=row.number, by=ActBy(HASAN, at(9, 0), "Semua HP menunggu."))
    row = approve_excuse(number=row.number, by=ActBy(RINA, at(9, 30), "Sesuai jurnal."), lifts_proven=lifts_proven)
    morning.follow(at(9, 31))
    return row


# --- measuring --------------------------------------------------------------------------------------------------------


def test_the_silence_of_a_journal_is_proposed_once_and_excuses_nobody(dead_gate: Excuse) -> None:
    assert (dead_gate.from_ms, dead_gate.until_ms) == (at(7, 5), at(8, 5))
    assert (dead_gate.state, dead_gate.scope) == (ExcuseState.PROPOSED, Scope.ALL)
    assert propose_outages(at(8, 11)) == 0
    assert arrival(demo.BUDI) == ("short", "TL1", 12)


def test_a_restart_is_no_outage(morning: Morning) -> None:
    morning.starts(at(5, 0))
    pulse(morning, at(7, 5))
    morning.starts(at(7, 6))
    morning.follow(at(8, 10))
    assert propose_outages(at(8, 10)) == 0


def wait(person: int, begin: int, end: int) -> PhoneWait:
    return PhoneWait(person, Period(begin, end))


def test_three_phones_that_wait_at_once_are_a_crowd_and_two_are_not() -> None:
    assert crowded([wait(1, 0, 50), wait(2, 10, 60)]) == []
    waits = [wait(1, 0, 50), wait(2, 10, 60), wait(3, 20, 45), wait(1, 0, 30)]
    assert crowded(waits) == [(Period(20, 45), frozenset({1, 2, 3}))]


def test_one_phone_that_waits_three_times_is_no_crowd() -> None:
    assert crowded([wait(1, 0, 50), wait(1, 5, 50), wait(1, 9, 50)]) == []


def test_phones_that_waited_while_the_gate_lived_propose_an_outage_of_their_unit(morning: Morning) -> None:
    morning.starts(at(5, 0))
    for person, minute in ((demo.SARI, 10), (demo.BUDI, 12), (demo.HASAN, 14)):
        record = morning.tap(person, "in", at(7, minute), received_ms=at(7, 55), signed_ms=at(7, 0))
        morning.delivery(person, record, at(7, 55, 30), origin_ms=at(7, 0) - 1_000, first_try_ms=at(7, minute))
    morning.follow(at(8, 0))
    assert propose_outages(at(8, 0)) == 1
    row = Excuse.objects.get()
    assert (row.scope, row.unit_id, row.cause) == (Scope.UNIT, demo.SCHOOL, Cause.NETWORK)
    assert (row.from_ms, row.until_ms) == (at(7, 14), at(7, 55))
    assert propose_outages(at(8, 1)) == 0


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_an_approved_outage_is_not_counted(dead_gate: Excuse, morning: Morning) -> None:
    approved(dead_gate, morning)
    assert arrival(demo.BUDI) == ("excused", None, 0)
    assert arrival(demo.HASAN)[0] == "on_time"


def test_a_missing_arrival_is_excused_when_the_outage_outlasts_the_start_of_work(
    dead_gate: Excuse, morning: Morning
) -> None:
    approved(dead_gate, morning)
    body = VerdictRow.objects.get(person=demo.SARI).body
    assert body["arrival"]["status"] == "not_yet"
    morning.follow(at(0, 5, day=25))
    body = VerdictRow.objects.get(person=demo.SARI).body
    assert (body["arrival"]["status"], body["departure"]["status"]) == ("excused", "no_punch")


def test_whoever_was_late_before_it_began_stays_late(dead_gate: Excuse, morning: Morning) -> None:
    window = Excuse.within(
        period=Period(at(7, 40), at(8, 5)), tail_minutes=0, cause=Cause.POWER, document="BA-1", basis="Pasal 22"
    )
    attest_excuse(number=dead_gate.number, by=ActBy(RINA, at(9, 0)), window=window)
    approve_excuse(number=dead_gate.number, by=ActBy(LINA, at(9, 30), "Sesuai."))
    morning.follow(at(9, 31))
    assert arrival(demo.BUDI) == ("short", "TL1", 10), "ten minutes late when it began"


def test_only_the_tail_is_added_after_the_end(dead_gate: Excuse, morning: Morning) -> None:
    morning.tap(demo.WATI, "in", at(8, 19), signed_ms=at(8, 18))
    morning.tap(demo.SARI, "in", at(8, 21), signed_ms=at(8, 20))
    approved(dead_gate, morning, lifts_proven=True)
    assert arrival(demo.WATI)[0] == "excused", "within fifteen minutes after the end"
    assert arrival(demo.SARI)[0] == "short", "after the tail everybody could record again"


def test_a_rejection_leaves_nothing_in_force(dead_gate: Excuse, morning: Morning) -> None:
    attest_excuse(number=dead_gate.number, by=ActBy(HASAN, at(9, 0)))
    reject_excuse(number=dead_gate.number, by=ActBy(RINA, at(9, 10), "Tidak benar."))
    morning.tap(demo.BUDI, "out", at(9, 20), signed_ms=at(9, 19))
    morning.follow(at(9, 31))
    assert arrival(demo.BUDI)[0] == "short", "judged again, and not excused"
    with pytest.raises(ActError):
        approve_excuse(number=dead_gate.number, by=ActBy(LINA, at(9, 40), "Tetap."))


def test_a_withdrawal_is_another_record_and_judges_the_days_again(dead_gate: Excuse, morning: Morning) -> None:
    approved(dead_gate, morning)
    withdraw_excuse(number=dead_gate.number, by=ActBy(LINA, at(10, 0), "Keliru."))
    morning.follow(at(10, 1))
    assert arrival(demo.BUDI) == ("short", "TL1", 12)
    assert [step.act for step in Step.objects.filter(excuse=dead_gate)] == ["attest", "approve", "withdraw"]


def test_who_attests_does_not_approve(dead_gate: Excuse) -> None:
    attest_excuse(number=dead_gate.number, by=ActBy(RINA, at(9, 0)))
    with pytest.raises(PermissionDenied):
        approve_excuse(number=dead_gate.number, by=ActBy(RINA, at(9, 30), "Saya sendiri."))


def test_whoever_ever_attested_does_not_approve_even_after_somebody_else_did(dead_gate: Excuse) -> None:
    attest_excuse(number=dead_gate.number, by=ActBy(RINA, at(9, 0)))
    attest_excuse(number=dead_gate.number, by=ActBy(HASAN, at(9, 5)))
    with pytest.raises(PermissionDenied):
        approve_excuse(number=dead_gate.number, by=ActBy(RINA, at(9, 30), "Saya sendiri."))
    approve_excuse(number=dead_gate.number, by=ActBy(LINA, at(9, 31), "Benar."))


def test_the_database_too_refuses_an_attester_who_approves(dead_gate: Excuse) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Excuse.objects.filter(pk=dead_gate.pk).update(attested_by=demo.RINA, approved_by=demo.RINA)


def test_an_auditor_and_an_operator_attest_and_approve_nothing(dead_gate: Excuse) -> None:
    for actor in (JOKO, WATI):
        with pytest.raises(PermissionDenied):
            attest_excuse(number=dead_gate.number, by=ActBy(actor, at(9, 0)))
    attest_excuse(number=dead_gate.number, by=ActBy(HASAN, at(9, 0)))
    for actor in (JOKO, WATI, HASAN):
        with pytest.raises(PermissionDenied):
            approve_excuse(number=dead_gate.number, by=ActBy(actor, at(9, 30), "Ya."))


def test_a_head_does_not_move_the_window_of_an_outage_of_everybody(dead_gate: Excuse) -> None:
    window = Excuse.within(period=Period(at(6, 0), at(9, 0)), tail_minutes=99, cause=Cause.POWER, document="", basis="")
    row = attest_excuse(number=dead_gate.number, by=ActBy(HASAN, at(9, 0)), window=window)
    assert (row.from_ms, row.until_ms, row.tail_minutes) == (at(7, 5), at(8, 5), 15)


def test_the_approver_is_not_covered_until_somebody_else_approves_too(dead_gate: Excuse, morning: Morning) -> None:
    morning.tap(demo.RINA, "in", at(7, 45), received_ms=at(8, 6), signed_ms=at(7, 0))
    approved(dead_gate, morning)
    assert arrival(demo.RINA)[0] == "short", "she has approved it herself"
    approve_excuse(number=dead_gate.number, by=ActBy(LINA, at(10, 0), "Juga untuk Rina."))
    morning.follow(at(10, 1))
    assert arrival(demo.RINA)[0] == "excused"


def test_a_unit_outage_reaches_its_unit_only(morning: Morning) -> None:
    for person in (demo.BUDI, demo.DEWI):
        morning.tap(person, "in", at(7, 45), signed_ms=at(7, 44))
    entry = Excuse.within(
        kind=OUTAGE,
        scope=Scope.UNIT,
        unit=Unit.objects.get(number=demo.SCHOOL),
        period=Period(at(7, 0), at(8, 0)),
        tail_minutes=0,
        basis="Pasal 22",
        cause=Cause.NETWORK,
    )
    row = enter_excuse(entry=entry, people=(), by=ActBy(HASAN, at(9, 0), "Jaringan putus."))
    approved(row, morning, lifts_proven=True)
    assert arrival(demo.BUDI)[0] == "excused"
    assert arrival(demo.DEWI)[0] == "short"


# --- records ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def journal(site: Site) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(site.journal_folder("office"), site.office_signer())
    yield opened
    opened.close()


def test_each_act_is_a_record_that_tells_what_was_decided(dead_gate: Excuse, morning: Morning) -> None:
    approved(dead_gate, morning)
    rows = OutboxRow.objects.filter(act__startswith="excuse.").order_by("seq")
    bodies = [json.loads(bytes(row.body)) for row in rows]
    assert [(body["act"], body["by"]) for body in bodies] == [
        ("excuse.measure", MEASURED),
        ("excuse.attest", demo.HASAN),
        ("excuse.approve", demo.RINA),
    ]
    assert bodies[2]["before"] == f"attested outage all {at(7, 5)}..{at(8, 5)}+15min"
    assert bodies[2]["after"] == f"approved outage all {at(7, 5)}..{at(8, 5)}+15min proven_stands"
    assert "Semua HP menunggu" not in str(bodies), "words are a salted digest"


def test_rebuilt_from_nothing_an_excused_day_without_a_tap_is_still_there(dead_gate: Excuse, morning: Morning) -> None:
    approved(dead_gate, morning)
    morning.follow(at(23, 30))
    before = rebuilding.verdict_digest()
    assert rebuilding.rebuild(morning.context, now_ms=at(23, 30)) == before


# --- pages ------------------------------------------------------------------------------------------------------------


def test_the_inbox_says_what_waits_and_the_menu_how_many(dead_gate: Excuse, hasan: Client, rina: Client) -> None:
    assert 'class="badge">1<' in hasan.get("/kantor/tugas/").content.decode()
    hasan.post(f"/kantor/keterangan/{dead_gate.number}/akui/", {"reason": "Benar."})
    page = hasan.get("/kantor/tugas/").content.decode()
    assert f"/kantor/keterangan/{dead_gate.number}/" not in page
    assert "2 HP baru menunggu pengesahan" in page
    assert "Tidak ada yang menunggu Anda" not in page, "something does"
    assert f"/kantor/keterangan/{dead_gate.number}/setujui/" in rina.get("/kantor/tugas/").content.decode()


def test_the_approval_shows_what_will_change_and_asks_why(dead_gate: Excuse, hasan: Client, rina: Client) -> None:
    path = f"/kantor/keterangan/{dead_gate.number}"
    hasan.post(f"{path}/akui/", {"reason": "Benar."})
    page = text_of(rina.get(f"{path}/setujui/").content.decode())
    assert "1 hasil akan berubah" in page
    assert "Terlambat 12 menit (TL1), sementara" in page
    assert "Tanpa potongan (gangguan sistem)" in page
    refused = rina.post(f"{path}/setujui/", {"reason": "  "})
    assert refused.status_code == 400
    assert "Tulis alasannya" in refused.content.decode()
    assert rina.post(f"{path}/setujui/", {"reason": "Sesuai jurnal."}).status_code == 302


def test_a_second_approval_of_somebody_quicker_says_so(dead_gate: Excuse, hasan: Client, rina: Client) -> None:
    path = f"/kantor/keterangan/{dead_gate.number}"
    hasan.post(f"{path}/akui/", {"reason": ""})
    reject_excuse(number=dead_gate.number, by=ActBy(LINA, at(9, 0), "Tidak."))
    answer = rina.post(f"{path}/setujui/", {"reason": "Ya."})
    assert answer.status_code == 409
    assert "sudah diputuskan" in answer.content.decode()


def test_a_corrected_window_is_kept_to_the_millisecond_where_nothing_was_corrected(
    dead_gate: Excuse, rina: Client
) -> None:
    Excuse.objects.filter(pk=dead_gate.pk).update(from_ms=dead_gate.from_ms + 250)
    fields = {
        "from_date": "2026-11-24", "from_time": "07:05:00", "until_date": "2026-11-24", "until_time": "08:05:00",
        "tail_minutes": "20", "cause": "power", "document": "BA-1", "basis": "Pasal 22", "reason": "",
    }  # fmt: skip
    rina.post(f"/kantor/keterangan/{dead_gate.number}/akui/", fields)
    row = Excuse.objects.get()
    assert (row.from_ms, row.tail_minutes, row.cause) == (at(7, 5) + 250, 20, "power")
    backwards = rina.post(f"/kantor/keterangan/{dead_gate.number}/akui/", {**fields, "until_time": "07:00"})
    assert backwards.status_code == 400
    assert "Akhir harus setelah awal" in backwards.content.decode()


def test_the_timeline_has_its_table_below(dead_gate: Excuse, wati: Client) -> None:
    page = wati.get("/kantor/gangguan/").content.decode()
    assert page.index("<svg") < page.index("<table")
    assert "24 November 2026 pukul 07.05\N{EN DASH}08.05 WITA" in text_of(page)
    Excuse.objects.all().delete()
    assert "Belum ada gangguan" in wati.get("/kantor/gangguan/").content.decode()


def test_the_minutes_name_the_records_they_rest_on(
    dead_gate: Excuse, morning: Morning, joko: Client, journal: SqliteJournal
) -> None:
    approved(dead_gate, morning)
    move_outbox(journal, now_ms=at(9, 32))
    morning.follow(at(9, 33))
    page = text_of(joko.get(f"/kantor/gangguan/{dead_gate.number}/berita-acara/?kertas=f4").content.decode())
    for said in (
        "Tanda hidup terakhir: 24 November 2026 pukul 07.05 · jurnal layanan absen gate1 2026 no. 1",
        "Mulai kembali: 24 November 2026 pukul 08.05 · jurnal layanan absen gate1 2026 no. 2",
        "Budi Rahman, M.Pd.",
        "Terlambat 12 menit (TL1), sementara",
        "Yang menyetujui, Rina Amelia, S.STP. NIP 198511302009122001",
    ):
        assert said in page
    assert page.count("jurnal kantor 2026") == 2, "each act's place in the office's journal"


def test_a_head_reads_the_minutes_with_his_own_people_only(dead_gate: Excuse, morning: Morning, hasan: Client) -> None:
    morning.tap(demo.DEWI, "in", at(7, 50), received_ms=at(8, 6), signed_ms=at(7, 0))
    approved(dead_gate, morning)
    page = hasan.get(f"/kantor/gangguan/{dead_gate.number}/berita-acara/").content.decode()
    assert "Cetakan ini hanya memuat pegawai yang dapat dilihat oleh Hasan" in page, "two prints, and each says of whom"
    assert "Budi Rahman" in page
    assert "Dewi Lestari" not in page


def test_another_units_outage_is_not_there(dead_gate: Excuse, hasan: Client, dewi: Client) -> None:
    row = Excuse.objects.create(
        kind="GS", scope="unit", unit_id=demo.HEALTH_CENTRE, from_ms=at(7, 0), until_ms=at(8, 0), entered_at_ms=at(8, 1)
    )
    assert hasan.get(f"/kantor/keterangan/{row.number}/").status_code == 404
    assert f">{row.ref}<" not in hasan.get("/kantor/gangguan/").content.decode()
    assert dewi.get(f"/kantor/keterangan/{row.number}/").status_code == 200
    assert dewi.get(f"/kantor/keterangan/{dead_gate.number}/").status_code == 200, "an outage of all is hers too"


def test_a_head_reports_what_nothing_measured(hasan: Client) -> None:
    fields = {
        "from_date": "2026-11-24", "from_time": "07:00", "until_date": "2026-11-24", "until_time": "07:50",
        "tail_minutes": "15", "cause": "network", "document": "", "basis": "Pasal 22", "terminal": "", "reason": "",
    }  # fmt: skip
    lacking = hasan.post("/kantor/gangguan/unit/3/lapor/", fields)
    assert lacking.status_code == 400
    assert 'value="07:50"' in lacking.content.decode(), "nothing is lost"
    assert hasan.post("/kantor/gangguan/unit/3/lapor/", {**fields, "reason": "Kabel putus."}).status_code == 302
    row = Excuse.objects.get()
    assert (row.state, row.attested_by_id, row.unit_id) == (ExcuseState.ATTESTED, demo.HASAN, demo.SCHOOL)


def test_the_pages_have_a_query_budget(dead_gate: Excuse, morning: Morning, rina: Client) -> None:
    approved(dead_gate, morning)
    for path in (
        "tugas/",
        "gangguan/",
        f"keterangan/{dead_gate.number}/",
        f"keterangan/{dead_gate.number}/batalkan/",
        f"gangguan/{dead_gate.number}/berita-acara/",
    ):
        with CaptureQueriesContext(connection) as queries:
            assert rina.get(f"/kantor/{path}").status_code == 200
        assert len(queries) <= PAGE_QUERIES_MAX, (path, len(queries))
