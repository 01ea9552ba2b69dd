"""One form for every excuse: entered, attested by a head, approved by another office, and seen by whom it concerns."""

import json
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.office.acts.models import OutboxRow
from hadir.office.excuses.actions import attest_excuse
from hadir.office.excuses.covering import cover_of, days_of
from hadir.office.excuses.kinds import ExcuseAct, ExcuseState
from hadir.office.excuses.models import Excuse
from hadir.office.excuses.permissions import ExcuseThing, may_do, may_see, may_see_reason
from hadir.office.excuses.queries import excuses_in_sight
from hadir.office.ground.act_error import ActError
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_days import text_of
from tests.office.test_outages import HASAN, JOKO, LINA, RINA, WATI

pytestmark = pytest.mark.django_db

NEW = "/kantor/keterangan/unit/3/baru/"
LIST_QUERIES_MAX = 16


def form(*people: int, **changes: str) -> dict[str, object]:
    fields: dict[str, object] = {
        "kind": "S",
        "from_date": "2026-11-24",
        "until_date": "2026-11-25",
        "from_time": "",
        "until_time": "",
        "document": "SKD-12/2026",
        "basis": "PP 11/2017",
        "reason": "Demam berdarah.",
        "people": [str(person) for person in people],
    }
    return {**fields, **changes}


def entered(client: Client, *people: int, **changes: str) -> Excuse:
    answer = client.post(NEW, {**form(*people, **changes), "yakin": "1"})
    assert answer.status_code == 302, text_of(answer.content.decode())
    return Excuse.objects.latest("number")


def test_an_entry_is_shown_with_what_it_does_before_it_is_entered(wati: Client) -> None:
    page = text_of(wati.post(NEW, form(demo.SARI, demo.BUDI)).content.decode())
    assert "Untuk 2 orang, 2 hari" in page
    assert "Budi Rahman, M.Pd." in page
    assert not Excuse.objects.exists()


def test_from_the_operator_to_the_verdict(morning: Morning, wati: Client, hasan: Client, rina: Client) -> None:
    row = entered(wati, demo.SARI)
    assert row.state == ExcuseState.PROPOSED
    path = f"/kantor/keterangan/{row.number}"
    assert hasan.post(f"{path}/akui/", {"reason": "Ada suratnya."}).status_code == 302
    morning.follow(at(9, 0))
    assert not VerdictRow.objects.exists(), "attested is not approved"
    assert rina.post(f"{path}/setujui/", {"reason": "Lengkap."}).status_code == 302
    morning.follow(at(23, 30))
    body = VerdictRow.objects.get(person=demo.SARI, day=date(2026, 11, 24)).body
    assert (body["status"], body["deduction_percent"]) == ("excused", "0")
    assert body["arrival"]["excuses"] == [row.ref]


def test_whoever_was_on_time_is_among_those_whom_a_whole_day_of_leave_changes(
    morning: Morning, wati: Client, hasan: Client, rina: Client
) -> None:
    """As it was seen: three who had come on time, "no result changes", and three results changed."""
    morning.tap(demo.SARI, "in", at(7, 10), signed_ms=at(7, 9))
    morning.tap(demo.SARI, "out", at(16, 5), signed_ms=at(16, 4))
    morning.follow(at(17, 0))
    assert "Tepat waktu" in text_of(wati.get(f"/kantor/orang/{demo.SARI}/2026-11-24/").content.decode())
    row = entered(wati, demo.SARI, until_date="2026-11-24")
    path = f"/kantor/keterangan/{row.number}"
    for client, act in ((hasan, "akui"), (rina, "setujui")):
        assert "1 hasil" in text_of(client.get(f"{path}/{act}/").content.decode())
        assert client.post(f"{path}/{act}/", {"reason": "Ada suratnya."}).status_code == 302
    morning.follow(at(17, 1))
    assert VerdictRow.objects.get(person=demo.SARI, day=date(2026, 11, 24)).body["status"] == "excused"


WITHDRAWN_IS_FINAL = "Keterangan ini sudah dibatalkan dan tidak berlaku lagi. Catat keterangan baru bila memang ada."


def test_what_was_withdrawn_is_not_taken_up_again(morning: Morning, wati: Client, hasan: Client, rina: Client) -> None:
    """Another record undid it; whoever wants it after all says so in a new one, which everybody sees as new."""
    row = entered(hasan, demo.SARI)
    path = f"/kantor/keterangan/{row.number}"
    rina.post(f"{path}/setujui/", {"reason": "Lengkap."})
    rina.post(f"{path}/batalkan/", {"reason": "Suratnya palsu."})
    page = hasan.get(f"{path}/").content.decode()
    assert f"{path}/akui/" not in page
    assert "Yang akan berubah" not in page
    for client in (hasan, rina):
        answer = client.post(f"{path}/akui/", {"reason": "Ada suratnya."})
        assert (answer.status_code, WITHDRAWN_IS_FINAL in text_of(answer.content.decode())) == (409, True)
    row.refresh_from_db()
    assert (row.state, [step.act for step in row.steps.all()]) == (
        ExcuseState.WITHDRAWN,
        ["enter", "attest", "approve", "withdraw"],
    )
    with pytest.raises(ActError, match=r"excuse\.trouble\.withdrawn"):
        attest_excuse(number=row.number, by=ActBy(LINA, at(10, 0)))


def test_a_head_who_enters_has_attested(hasan: Client) -> None:
    row = entered(hasan, demo.SARI)
    assert (row.state, row.attested_by_id) == (ExcuseState.ATTESTED, demo.HASAN)
    assert [step.act for step in row.steps.all()] == ["enter", "attest"]


def test_nobody_enters_an_excuse_for_himself(hasan: Client) -> None:
    answer = hasan.post(NEW, {**form(demo.HASAN), "yakin": "1"})
    assert answer.status_code == 400
    assert f'value="{demo.HASAN}"' not in answer.content.decode()


def test_nobody_attests_or_approves_what_names_him() -> None:
    thing = ExcuseThing(path="/1/2/3/", is_outage=False, named=frozenset({demo.HASAN, demo.RINA}))
    assert not may_do(HASAN, ExcuseAct.ATTEST, thing)
    assert not may_do(RINA, ExcuseAct.APPROVE, thing)
    assert may_do(LINA, ExcuseAct.APPROVE, thing)


def test_nobody_of_another_unit_is_entered(wati: Client) -> None:
    assert wati.post(NEW, {**form(demo.DEWI), "yakin": "1"}).status_code == 400


def test_what_was_typed_is_not_lost_on_an_error(wati: Client) -> None:
    answer = wati.post(NEW, form(demo.SARI, until_date="2026-11-20", document="X-9", reason=""))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="X-9"' in page
    assert f'value="{demo.SARI}" checked' in page
    assert "Akhir harus setelah awal" in page
    assert 'href="#reason"' in page, "the summary on top leads to the field"


def test_a_part_of_a_day_has_both_times_and_one_day(wati: Client) -> None:
    one = wati.post(NEW, form(demo.SARI, until_date="2026-11-24", from_time="09:00"))
    assert "Isi jam mulai dan jam selesai" in one.content.decode()
    two = wati.post(NEW, form(demo.SARI, from_time="09:00", until_time="10:00"))
    assert "sebagian dari satu hari" in two.content.decode()


def test_whole_days_are_the_work_places_days(hasan: Client) -> None:
    row = entered(hasan, demo.SARI)
    assert (row.from_ms, row.until_ms) == (at(0, 0), at(0, 0, day=26))
    assert days_of(row) == [date(2026, 11, 24), date(2026, 11, 25)]


@pytest.mark.parametrize(("kind", "status"), [("I", "short"), ("DL", "excused")])
def test_a_part_of_a_day_reaches_as_far_as_its_kind(
    morning: Morning, hasan: Client, rina: Client, kind: str, status: str
) -> None:
    """Permission until 09:30 does not explain an arrival at 10:00; duty travel lifts the whole half."""
    morning.tap(demo.SARI, "in", at(10, 0), signed_ms=at(9, 59))
    row = entered(hasan, demo.SARI, kind=kind, until_date="2026-11-24", from_time="07:30", until_time="09:30")
    rina.post(f"/kantor/keterangan/{row.number}/setujui/", {"reason": "Ada suratnya."})
    morning.follow(at(10, 5))
    assert VerdictRow.objects.get(person=demo.SARI).body["arrival"]["status"] == status


def test_leave_is_not_called_an_outage(morning: Morning, hasan: Client, rina: Client) -> None:
    row = entered(hasan, demo.SARI, kind="CT")
    rina.post(f"/kantor/keterangan/{row.number}/setujui/", {"reason": "Ada suratnya."})
    morning.follow(at(23, 30))
    page = text_of(rina.get("/kantor/hari-ini/3/").content.decode())
    assert "1 cuti, izin, atau dinas" in page
    assert "gangguan sistem" not in page


def test_the_journal_holds_neither_the_kind_nor_the_document_nor_the_reason(hasan: Client) -> None:
    entered(hasan, demo.SARI)
    for row in OutboxRow.objects.filter(act__startswith="excuse."):
        body = json.loads(bytes(row.body))
        text = json.dumps({key: value for key, value in body.items() if key not in {"id", "reason"}})
        assert "SKD" not in text
        assert "Demam" not in text
        assert "absence person/1001" in text
        assert '"S ' not in text


def test_the_reason_is_for_personnel_auditors_and_whoever_attested(
    hasan: Client, wati: Client, rina: Client, joko: Client
) -> None:
    row = entered(hasan, demo.SARI)
    pages = {
        name: client.get(f"/kantor/keterangan/{row.number}/").content.decode()
        for name, client in {"hasan": hasan, "wati": wati, "rina": rina, "joko": joko}.items()
    }
    assert [name for name, page in pages.items() if "Demam berdarah" in page] == ["hasan", "rina", "joko"]
    assert "Alasan hanya terlihat" in pages["wati"]
    assert "SKD-12" not in pages["wati"]


def test_a_reason_is_hidden_from_a_head_who_did_not_attest() -> None:
    thing = ExcuseThing(path="/1/2/3/", is_outage=False, spoke=frozenset({demo.RINA}))
    assert not may_see_reason(HASAN, thing)
    assert may_see_reason(JOKO, thing)


def test_what_may_be_seen_is_the_same_in_the_query_and_in_the_rule(hasan: Client) -> None:
    entered(hasan, demo.SARI)
    for kind, unit in (("GS", 3), ("GS", 2), ("GS", 1), ("GS", None), ("GS", 6), ("CT", 6), ("CT", 2), ("CT", 3)):
        Excuse.objects.create(
            kind=kind, scope="unit", unit_id=unit, from_ms=at(7, 0), until_ms=at(8, 0), entered_at_ms=at(8, 1)
        )
    for actor in (HASAN, RINA, WATI, JOKO):
        seen = set(excuses_in_sight(actor).values_list("number", flat=True))
        for row in Excuse.objects.select_related("unit"):
            thing = ExcuseThing(path=row.path, is_outage=row.is_outage)
            assert (row.number in seen) == may_see(actor, thing), (actor, row.kind, row.path)


def test_the_person_day_leads_to_the_excuse_and_its_records(
    morning: Morning, hasan: Client, rina: Client, joko: Client
) -> None:
    row = entered(hasan, demo.SARI)
    rina.post(f"/kantor/keterangan/{row.number}/setujui/", {"reason": "Lengkap."})
    morning.follow(at(9, 0))
    page = joko.get(f"/kantor/orang/{demo.SARI}/2026-11-24/").content.decode()
    assert f'href="/kantor/keterangan/{row.number}/"' in page
    assert joko.get(f"/kantor/keterangan/{row.number}/").status_code == 200


def test_a_cover_names_people_or_a_subtree(hasan: Client) -> None:
    row = entered(hasan, demo.SARI, demo.BUDI)
    assert cover_of(row).named == frozenset({demo.SARI, demo.BUDI})


def test_the_list_costs_the_same_for_many(hasan: Client) -> None:
    for person in (demo.SARI, demo.BUDI, demo.WATI, *range(1101, 1115)):
        entered(hasan, person)
    with CaptureQueriesContext(connection) as queries:
        page = hasan.get("/kantor/keterangan/unit/3/").content.decode()
    assert page.count("row-") >= 17
    assert len(queries) <= LIST_QUERIES_MAX
    Excuse.objects.all()
    with CaptureQueriesContext(connection) as queries:
        hasan.get("/kantor/tugas/")
    assert len(queries) <= LIST_QUERIES_MAX


def test_the_list_is_narrowed_by_kind_state_and_month(hasan: Client) -> None:
    entered(hasan, demo.SARI)
    entered(hasan, demo.BUDI, kind="DL", from_date="2026-12-01", until_date="2026-12-02")
    path = "/kantor/keterangan/unit/3/"

    def named(query: str) -> list[str]:
        page = hasan.get(path + query).content.decode()
        return [name for name in ("Sari Wulandari", "Budi Rahman") if name in page]

    assert named("") == ["Sari Wulandari", "Budi Rahman"]
    assert named("?jenis=DL") == ["Budi Rahman"]
    assert named("?bulan=2026-11&keadaan=attested") == ["Sari Wulandari"]
    assert named("?bulan=2026-12") == ["Budi Rahman"]
    assert named("?jenis=apa&bulan=kapan") == ["Sari Wulandari", "Budi Rahman"], "what is no word filters nothing"
    nobody = text_of(hasan.get(f"{path}?keadaan=rejected").content.decode())
    assert "Tidak ada keterangan yang cocok." in nobody


def test_an_empty_unit_says_what_to_do_first(wati: Client) -> None:
    assert "Belum ada keterangan" in wati.get("/kantor/keterangan/unit/3/").content.decode()


def test_every_page_speaks_english_too(hasan: Client) -> None:
    row = entered(hasan, demo.SARI)
    hasan.post("/kantor/bahasa/", {"bahasa": "en", "next": "/kantor/"})
    for path in ("tugas/", "keterangan/unit/3/", "keterangan/unit/3/baru/", f"keterangan/{row.number}/", "gangguan/"):
        page = hasan.get(f"/kantor/{path}").content.decode()
        assert "Waiting for me" in page, path


def test_whoever_is_asked_to_attest_reads_why_as_the_form_promised(wati: Client, hasan: Client, rina: Client) -> None:
    """Once somebody else has given the word it is no business of his any more."""
    row = entered(wati, demo.SARI)
    path = f"/kantor/keterangan/{row.number}/"
    for page in (path, f"{path}akui/"):
        assert "Demam berdarah." in text_of(hasan.get(page).content.decode())
    assert "SKD-12/2026" in hasan.get(path).content.decode()
    rina.post(f"{path}akui/", {"reason": "Sudah dicek."})
    assert "Demam berdarah." not in hasan.get(path).content.decode()


def test_the_reasons_readers_are_called_by_one_word(wati: Client) -> None:
    page = text_of(wati.get(NEW).content.decode())
    assert "kepegawaian, pengawas, dan yang mengakuinya" in page
    assert "auditor" not in page.lower()


def test_an_approver_of_what_was_withdrawn_is_told_so_and_not_that_it_is_not_hers(
    wati: Client, hasan: Client, rina: Client
) -> None:
    row = entered(wati, demo.SARI)
    path = f"/kantor/keterangan/{row.number}"
    hasan.post(f"{path}/akui/", {"reason": "Ada suratnya."})
    rina.post(f"{path}/setujui/", {"reason": "Lengkap."})
    rina.post(f"{path}/batalkan/", {"reason": "Keliru."})
    for act in ("setujui", "batalkan"):
        answer = rina.get(f"{path}/{act}/")
        assert answer.status_code == 200
        assert "sudah dibatalkan dan tidak berlaku lagi" in text_of(answer.content.decode())
        assert rina.post(f"{path}/{act}/", {"reason": "Lagi."}).status_code == 409
    assert wati.get(f"{path}/setujui/").status_code == 403, "never hers"
    assert Excuse.objects.get(number=row.number).state == ExcuseState.WITHDRAWN


def test_whoever_enters_or_decides_is_told_of_excuses_that_meet_it(wati: Client, hasan: Client) -> None:
    first = entered(wati, demo.SARI, kind="CT")
    entered(wati, demo.BUDI, kind="CT")
    page = text_of(wati.post(NEW, form(demo.SARI)).content.decode())
    assert f"Sari Wulandari, S.Pd. · {first.ref} Cuti tahunan" in page
    assert "Bertumpuk" not in text_of(wati.post(NEW, form(demo.WATI, demo.HASAN)).content.decode())
    later = {"from_date": "2026-11-27", "until_date": "2026-11-27"}
    assert "Bertumpuk" not in text_of(wati.post(NEW, form(demo.SARI, **later)).content.decode())
    second = entered(wati, demo.SARI)
    assert f"{first.ref} Cuti tahunan" in text_of(
        hasan.get(f"/kantor/keterangan/{second.number}/akui/").content.decode()
    )
    hasan.post(f"/kantor/keterangan/{first.number}/tolak/", {"reason": "Tidak benar."})
    assert "Bertumpuk" not in text_of(hasan.get(f"/kantor/keterangan/{second.number}/").content.decode())
