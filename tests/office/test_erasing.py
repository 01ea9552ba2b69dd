"""Two people of the personnel agency decide that old locations and photos are erased; nobody else, and nobody alone."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from hadir.ledger import Entry
from hadir.ledger.details import Detail, DetailStore
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.acts.models import OutboxRow
from hadir.office.erasing.actions import (
    agree_to_erasure,
    ask_erasure,
    publish_erasures,
    refuse_erasure,
)
from hadir.office.erasing.models import Erasure, ErasureState
from hadir.office.follower.following import follow_all
from hadir.office.ground.act_error import ActError
from hadir.office.judging.judging import JudgeContext
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.records.encoding import b64url, sha256
from hadir.records.kinds import Kind
from hadir.records.note import open_note
from hadir.records.office_notes import ERASURES_NOTE, ErasureList
from hadir.records.server_records import ErasureDone
from hadir.records.strict import encode
from hadir.site import Site, open_site
from rehearsal.demo import cast as demo
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.conftest import voucher_for
from tests.office.conftest import at, browser

WHOLE = f"/{demo.REGENCY}/"
RINA = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path=WHOLE),))
LINA = Actor(person=demo.LINA, grants=(Grant(role=Role.PERSONNEL, path=WHOLE),))
BEFORE = date(2026, 11, 1)


def ask(by: Actor = RINA, before: date = BEFORE) -> Erasure:
    return ask_erasure(before=before, by=ActBy(by, at(9, 0), "Tidak dipakai lagi."))


def test_an_erasure_takes_two_people_and_each_word_is_an_act(site: Site, db: None) -> None:
    row = ask()
    assert not publish_erasures(site.roster_folder, site.office_signer())
    with pytest.raises(ActError) as caught:
        agree_to_erasure(number=row.number, by=ActBy(RINA, at(9, 1), "Setuju."))
    assert caught.value.code == "erasing.trouble.another_person"
    agreed = agree_to_erasure(number=row.number, by=ActBy(LINA, at(9, 2), "Setuju."))
    assert agreed.state == ErasureState.AGREED
    acts = OutboxRow.objects.filter(act__startswith="erasure.").order_by("seq").values_list("act", "by")
    assert list(acts) == [("erasure.ask", demo.RINA), ("erasure.agree", demo.LINA)]
    with pytest.raises(ActError):
        refuse_erasure(number=row.number, by=ActBy(RINA, at(9, 3), "Jangan."))


def test_the_signed_list_holds_what_two_agreed_to_and_nothing_else(site: Site, db: None) -> None:
    agree_to_erasure(number=ask().number, by=ActBy(LINA, at(9, 2), "Setuju."))
    refuse_erasure(number=ask().number, by=ActBy(LINA, at(9, 2), "Belum."))
    ask()
    assert publish_erasures(site.roster_folder, site.office_signer())
    assert not publish_erasures(site.roster_folder, site.office_signer()), "it stands as it must"
    note = (site.roster_folder / ERASURES_NOTE).read_text(encoding="utf-8")
    body, _ = open_note(note, site.key_list().verifiers("office"))
    listed = ErasureList.parse(body).erasures
    assert [one.before_ms for one in listed] == [at(0, 0, day=1)]


@pytest.mark.parametrize(
    "by",
    [
        Actor(person=demo.JOKO, grants=(Grant(role=Role.AUDITOR, path=WHOLE),)),
        Actor(person=demo.WATI, grants=(Grant(role=Role.OPERATOR, path=WHOLE),)),
        Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path=f"{WHOLE}{demo.SCHOOL}/"),)),
        Actor(person=demo.TONO),
    ],
    ids=["auditor", "operator", "a part of the site", "nobody"],
)
def test_only_the_personnel_agency_of_the_whole_site_decides(site: Site, db: None, by: Actor) -> None:
    with pytest.raises(PermissionDenied):
        ask(by)


def test_a_day_to_come_and_no_reason_are_refused(site: Site, db: None) -> None:
    with pytest.raises(ActError):
        ask(before=date(2026, 12, 1))
    with pytest.raises(ActError):
        ask_erasure(before=BEFORE, by=ActBy(RINA, at(9, 0), " "))
    assert not Erasure.objects.exists()


def test_rina_asks_on_the_page_and_lina_agrees(site: Site, rina: Client, joko: Client, wati: Client) -> None:
    page = rina.post("/kantor/hapus-data/", {"before": "2026-11-01", "reason": "Tidak dipakai lagi."}, follow=True)
    assert "1 November 2026" in page.content.decode()
    assert "Orang kedua harus menyetujuinya" in page.content.decode()
    number = Erasure.objects.get().number
    assert joko.post(f"/kantor/hapus-data/{number}/setuju/", {"reason": "Ya."}).status_code == 403
    assert rina.post(f"/kantor/hapus-data/{number}/setuju/", {"reason": "Ya."}).status_code == 409
    assert wati.get("/kantor/hapus-data/").status_code == 403
    lina = browser("lina")
    assert lina.post(f"/kantor/hapus-data/{number}/setuju/", {"reason": ""}).status_code == 400
    assert lina.post(f"/kantor/hapus-data/{number}/setuju/", {"reason": "Setuju."}).status_code == 302
    assert "Disetujui, sedang dihapus" in joko.get("/kantor/hapus-data/").content.decode()


def test_the_command_records_two_people_and_erases_where_no_gate_runs(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    assert _hadir("demo", "--data", str(data)).returncode == 0
    site = open_site(data)
    salted = bytes(16) + b'{"samples":[]}'
    gate = RunningGate(site)
    gate.start()
    phone = Phone(demo.SARI, voucher_for(site, demo.SARI))
    payload = phone.payload(details=[{"kind": "location", "digest": b64url(sha256(salted))}])
    assert gate.punch(phone.sign_next(payload), details=[b64url(salted)]).status == 200
    gate.stop()
    day = f"--before={date.today().isoformat()}"  # noqa: DTZ011 - any day after the phone's clock
    nobody = _hadir("erase", "details", day, "--data", str(data), "--json")
    assert (nobody.returncode, json.loads(nobody.stdout)["done"]) == (1, False)
    assert json.loads(nobody.stdout).keys() == {"before", "erasures", "done"}
    words = ("erase", "details", day, "--data", str(data), "--json", "--reason", "Tidak dipakai lagi.")
    alone = _hadir(*words, "--by", str(demo.RINA), "--agreed-by", str(demo.RINA))
    assert alone.returncode != 0
    assert "second person" in alone.stderr
    both = _hadir(*words, "--by", str(demo.RINA), "--agreed-by", str(demo.LINA))
    told = json.loads(both.stdout)
    assert told.keys() == {"before", "erasures", "done"}
    assert all(one.keys() == {"number", "erased"} for one in told["erasures"])
    assert (both.returncode, told["done"], [one["erased"] for one in told["erasures"]]) == (0, True, [1])
    store = DetailStore(site.journal_folder("gate1"))
    assert store.get(sha256(salted)) is None
    store.put([Detail(digest=sha256(salted), record_hash=bytes(32), salted=salted)])
    assert store.get(sha256(salted)) is None
    store.close()
    again = _hadir("erase", "details", day, "--data", str(data), "--json")
    assert (again.returncode, json.loads(again.stdout)) == (0, told), "the same again"
    assert _hadir("office", "compare", "--data", str(data)).returncode == 0


def test_what_the_gates_erased_stands_on_the_page(site: Site, context: JudgeContext, joko: Client) -> None:
    row = agree_to_erasure(number=ask().number, by=ActBy(LINA, at(9, 2), "Setuju."))
    journal = SqliteJournal(site.journal_folder("gate1"), site.gate_signer())
    done = ErasureDone(v=1, number=row.number, before_ms=row.before_ms, erased=12)
    journal.append([Entry(kind=Kind.ERASURE_DONE, body=encode(done))], now_ms=at(9, 3))
    journal.close()
    follow_all(context, now_ms=at(9, 4))
    assert "Sudah dihapus: 12 lokasi dan foto" in joko.get("/kantor/hapus-data/").content.decode()


def _hadir(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "hadir.cli", *words], capture_output=True, text=True, check=False)
