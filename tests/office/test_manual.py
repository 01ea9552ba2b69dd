"""Who was present on paper: recorded by the head, kept with its photo, counted as what it is."""

import json
import sqlite3
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.ledger.details import DETAILS_FILE, SALT_BYTES, DetailStore
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.writer import move_outbox
from hadir.office.follower import rebuilding
from hadir.office.manual import actions
from hadir.office.manual.actions import PHOTO_BYTES_MAX
from hadir.office.manual.models import ManualSheet
from hadir.office.manual.queries import photo_of
from hadir.office.projection.models import Punch, VerdictRow
from hadir.records.encoding import b64url, sha256, un_b64url
from hadir.site import Site
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_days import text_of

pytestmark = pytest.mark.django_db

NEW = "/kantor/daftar/unit/3/baru/"
JPEG = b"\xff\xd8\xff\xe0 a signed sheet"
PAGE_QUERIES_MAX = 20


@pytest.fixture
def journal(site: Site) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(site.journal_folder("office"), site.office_signer())
    yield opened
    opened.close()


def sheet(*people: int, photo: bytes = JPEG, **changes: str) -> dict[str, object]:
    fields: dict[str, object] = {
        "day": "2026-11-24",
        "direction": "in",
        "at": "07:20",
        "why": "Listrik padam.",
        "people": [str(person) for person in people],
        "photo": SimpleUploadedFile("lembar.jpg", photo, content_type="image/jpeg"),
    }
    return {**fields, **changes}


def followed(morning: Morning, journal: SqliteJournal, now_ms: int = at(8, 30)) -> None:
    move_outbox(journal, now_ms=now_ms)
    morning.follow(now_ms)


def test_a_list_becomes_punches_with_the_evidence_of_paper(
    morning: Morning, journal: SqliteJournal, hasan: Client
) -> None:
    answer = hasan.post(NEW, sheet(demo.SARI, demo.BUDI, **{f"at-{demo.BUDI}": "07:50"}))
    assert answer.status_code == 302
    followed(morning, journal)
    sari, budi = (VerdictRow.objects.get(person=person).body for person in (demo.SARI, demo.BUDI))
    assert sari["arrival"]["grade"] == "E"
    assert sari["taps"][0]["source"] == "manual_list"
    assert sari["taps"][0]["judged_ms"] == at(7, 20)
    assert budi["taps"][0]["judged_ms"] == at(7, 50)
    assert Punch.objects.get(person=demo.SARI).source == "manual_list"


def test_its_evidence_is_shown_everywhere(
    morning: Morning, journal: SqliteJournal, hasan: Client, wati: Client
) -> None:
    hasan.post(NEW, sheet(demo.SARI))
    followed(morning, journal)
    for path in ("hari-ini/3/", f"orang/{demo.SARI}/2026-11-24/", "hari-ini/3/?bentuk=csv", "daftar/1/"):
        page = wati.get(f"/kantor/{path}".replace("/1/", f"/{ManualSheet.objects.get().number}/")).content.decode()
        assert "Daftar hadir manual" in page, path


def test_the_photo_is_on_disk_before_the_record_and_named_by_its_salted_digest(
    hasan: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        with sqlite3.connect(site.journal_folder("office") / DETAILS_FILE) as details:
            assert details.execute("SELECT count(*) FROM detail").fetchone() == (1,)
        raise ConnectionAbortedError

    monkeypatch.setattr(actions, "write_manual_list", dies)
    with pytest.raises(ConnectionAbortedError):
        hasan.post(NEW, sheet(demo.SARI))
    assert not ManualSheet.objects.exists()
    monkeypatch.undo()
    hasan.post(NEW, sheet(demo.SARI))
    row = ManualSheet.objects.get()
    store = DetailStore(site.journal_folder("office"))
    salted = store.get(un_b64url(row.sheet))
    store.close()
    assert salted is not None
    assert salted[SALT_BYTES:] == JPEG
    assert b64url(sha256(salted)) == row.sheet == json.loads(bytes(row.record.body))["sheet"]
    assert photo_of(row) == JPEG


def test_the_record_holds_numbers_only(hasan: Client) -> None:
    hasan.post(NEW, sheet(demo.SARI))
    body = json.loads(bytes(OutboxRow.objects.get(act="manual.record").body))
    assert body["entries"] == [{"person": demo.SARI, "direction": "in", "at_ms": at(7, 20)}]
    assert "Listrik" not in str(body)


def test_a_head_does_not_attest_his_own_presence(hasan: Client) -> None:
    assert hasan.post(NEW, sheet(demo.HASAN)).status_code == 400
    assert not ManualSheet.objects.exists()


def test_only_a_head_records(wati: Client, rina: Client, joko: Client, tono: Client, budi: Client) -> None:
    for client, status in ((wati, 403), (rina, 403), (joko, 403), (tono, 404), (budi, 404)):
        assert client.post(NEW, sheet(demo.SARI)).status_code == status


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"photo": b"GIF89a"}, "Pilih foto JPEG atau PNG"),
        ({"photo": JPEG + b"x" * PHOTO_BYTES_MAX}, "lebih besar dari 300 KB"),
        ({"at": "09:30"}, "belum tiba"),
        ({f"at-{demo.SARI}": "7 pagi"}, "tidak dapat dibaca"),
        ({"why": ""}, "perlu diisi"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(hasan: Client, changes: dict[str, object], said: str) -> None:
    answer = hasan.post(NEW, sheet(demo.SARI, **changes))  # type: ignore[arg-type] - a photo is bytes
    assert answer.status_code == 400
    page = answer.content.decode()
    assert said in page
    assert f'value="{demo.SARI}" checked' in page
    assert not ManualSheet.objects.exists()


def test_a_withdrawn_list_stays_visible_and_counts_no_more(
    morning: Morning, journal: SqliteJournal, hasan: Client, joko: Client
) -> None:
    hasan.post(NEW, sheet(demo.SARI))
    followed(morning, journal)
    number = ManualSheet.objects.get().number
    assert hasan.post(f"/kantor/daftar/{number}/batalkan/", {"reason": " "}).status_code == 400
    assert hasan.post(f"/kantor/daftar/{number}/batalkan/", {"reason": "Salah lembar."}).status_code == 302
    followed(morning, journal, at(8, 40))
    assert VerdictRow.objects.get(person=demo.SARI).body["arrival"]["status"] == "not_yet"
    page = text_of(joko.get(f"/kantor/orang/{demo.SARI}/2026-11-24/").content.decode())
    assert "Daftar dibatalkan" in page
    assert "Salah lembar" in joko.get(f"/kantor/daftar/{number}/").content.decode()


def test_the_acts_verify_against_the_journal(morning: Morning, journal: SqliteJournal, hasan: Client) -> None:
    hasan.post(NEW, sheet(demo.SARI))
    followed(morning, journal)
    page = hasan.get(f"/kantor/daftar/{ManualSheet.objects.get().number}/").content.decode()
    assert "mark recorded" in page
    assert "jurnal kantor 2026" in page


def test_rebuilt_from_nothing_the_list_counts_the_same(morning: Morning, journal: SqliteJournal, hasan: Client) -> None:
    hasan.post(NEW, sheet(demo.SARI, demo.BUDI))
    followed(morning, journal)
    before = rebuilding.verdict_digest()
    assert rebuilding.rebuild(morning.context, now_ms=at(8, 30)) == before


def test_an_operator_does_not_see_signatures(hasan: Client, wati: Client) -> None:
    hasan.post(NEW, sheet(demo.SARI))
    path = f"/kantor/daftar/{ManualSheet.objects.get().number}/foto/"
    assert wati.get(path).status_code == 403
    shown = hasan.get(path)
    assert (shown["Content-Type"], shown.content) == ("image/jpeg", JPEG)


def test_the_pages_have_a_query_budget(hasan: Client) -> None:
    hasan.post(NEW, sheet(demo.SARI, demo.BUDI, *range(1101, 1115)))
    for path in ("daftar/unit/3/", "daftar/unit/3/baru/", f"daftar/{ManualSheet.objects.get().number}/"):
        with CaptureQueriesContext(connection) as queries:
            assert hasan.get(f"/kantor/{path}").status_code == 200
        assert len(queries) <= PAGE_QUERIES_MAX, (path, len(queries))
