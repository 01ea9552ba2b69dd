"""Every act is a record: written with the act, moved once, in order, whatever crashes in between."""

import json
from collections.abc import Iterator, Sequence

import pytest
from django.db import transaction
from django.test import Client

from hadir.ledger import Entry, Journal
from hadir.ledger.sqlite import JournalReader, SqliteJournal
from hadir.office.acts import writer
from hadir.office.acts.actions import SALT_BYTES, write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.proving import prove_act
from hadir.office.acts.queries import ActProof, described, record_words
from hadir.office.ground.ids import uuid7
from hadir.office.projection.models import JournaledAct
from hadir.office.roles import ActBy
from hadir.records.encoding import b64url, sha256
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.receipt import verify_receipt_file
from hadir.site import Site
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db


@pytest.fixture
def journal(site: Site) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(site.journal_folder("office"), site.office_signer())
    yield opened
    opened.close()


def decide(number: int) -> OutboxRow:
    return write_decision(by=ActBy.of(demo.RINA, at(8, 0) + number), act="unit.open", about=f"unit/{number}")


def bodies(journal: Journal) -> list[str]:
    return [json.loads(leaf.body)["id"] for leaf in journal.read(0, 10_000)]


def crash_after_append(journal: SqliteJournal, patch: pytest.MonkeyPatch) -> None:
    """The writer dies between the commit and the note of it."""
    append = journal.append

    def crash(entries: Sequence[Entry], *, now_ms: int) -> Sequence[Leaf]:
        append(entries, now_ms=now_ms)
        raise ConnectionAbortedError

    patch.setattr(journal, "append", crash)


def test_an_act_that_fails_leaves_no_record() -> None:
    before = OutboxRow.objects.count()
    with pytest.raises(ConnectionAbortedError):
        _decide_and_fail()
    assert OutboxRow.objects.count() == before


@transaction.atomic
def _decide_and_fail() -> None:
    decide(1)
    raise ConnectionAbortedError


def test_records_move_in_order_and_once(journal: SqliteJournal) -> None:
    rows = [decide(number) for number in range(3)]
    writer.move_outbox(journal, now_ms=at(8, 1))
    writer.move_outbox(journal, now_ms=at(8, 2))
    ids = list(OutboxRow.objects.order_by("seq").values_list("record_id", flat=True))
    assert bodies(journal) == ids
    assert ids[-3:] == [row.record_id for row in rows]
    assert list(OutboxRow.objects.order_by("seq").values_list("index", flat=True)) == list(range(len(ids)))


def test_a_crash_between_append_and_mark_repeats_nothing(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(1)
    with monkeypatch.context() as patch:
        crash_after_append(journal, patch)
        with pytest.raises(ConnectionAbortedError):
            writer.move_outbox(journal, now_ms=at(8, 1))
    assert OutboxRow.objects.filter(index=None).exists()
    assert journal.size() == OutboxRow.objects.count()
    decide(2)
    writer.move_outbox(journal, now_ms=at(8, 2))
    assert bodies(journal) == list(OutboxRow.objects.order_by("seq").values_list("record_id", flat=True))
    assert not OutboxRow.objects.filter(index=None).exists()


def test_a_crash_in_the_middle_of_marking_repeats_nothing(journal: SqliteJournal) -> None:
    rows = list(OutboxRow.objects.order_by("seq"))
    half = rows[: len(rows) // 2]
    journal.append(
        [
            Entry(kind=Kind(row.kind), body=bytes(row.body), id=bytes.fromhex(row.record_id.replace("-", "")))
            for row in half
        ],
        now_ms=at(8, 0),
    )
    writer.move_outbox(journal, now_ms=at(8, 1), at_once=7)
    assert bodies(journal) == [row.record_id for row in rows]


def test_the_reason_stays_out_of_the_journal(journal: SqliteJournal) -> None:
    row = write_decision(by=ActBy.of(demo.RINA, at(8, 0), "HP hilang di kapal"), act="device.revoke", about="device/x")
    writer.move_outbox(journal, now_ms=at(8, 1))
    leaf = journal.read(journal.size() - 1, 1)[0]
    assert b"kapal" not in leaf.body
    assert json.loads(leaf.body)["reason"] == b64url(sha256(bytes(row.reason or b"")))
    assert bytes(row.reason or b"")[SALT_BYTES:].decode() == "HP hilang di kapal"


def test_the_audit_compares_table_and_journal(journal: SqliteJournal, morning: Morning) -> None:
    row = decide(1)
    assert described([row], "id")[0].proof is ActProof.WAITING
    writer.move_outbox(journal, now_ms=at(8, 1))
    morning.follow(at(8, 2))
    row.refresh_from_db()
    assert described([row], "id")[0].proof is ActProof.PROVEN
    JournaledAct.objects.filter(record_id=row.record_id).update(body_hash="0" * 64)
    assert described([row], "id")[0].proof is ActProof.DIFFERS


def test_joko_sees_who_did_what_and_where_it_stands(journal: SqliteJournal, morning: Morning, joko: Client) -> None:
    writer.move_outbox(journal, now_ms=at(8, 1))
    morning.follow(at(8, 2))
    page = joko.get("/kantor/jejak/").content.decode()
    assert "Memberi peran" in page or "Menerbitkan slip" in page
    assert "Cocok" in page
    assert "jurnal kantor 2026" in page


def test_ids_are_uuid7_in_order_of_time() -> None:
    first, second = uuid7(at(8, 0), b"\xff" * 10), uuid7(at(8, 0) + 1, b"\x00" * 10)
    assert first < second
    assert first[14] == second[14] == "7"
    assert first[19] in "89ab"
    assert second[19] in "89ab"


def test_the_office_journal_reads_back(journal: SqliteJournal, site: Site) -> None:
    writer.move_outbox(journal, now_ms=at(8, 1))
    reader = JournalReader(site.journal_folder("office"))
    assert reader.size() == OutboxRow.objects.count()
    assert {leaf.kind for leaf in reader.read(0, 10_000)} == {
        Kind.DECISION,
        Kind.STAFF_FACT,
        Kind.OFFICE_ROWS,
    }


# --- one act held against the journal ---------------------------------------------------------------------------------


def test_joko_proves_an_act_and_takes_the_proof_with_him(journal: SqliteJournal, joko: Client, site: Site) -> None:
    row = write_decision(by=ActBy.of(demo.RINA, at(8, 0), "HP hilang"), act="device.revoke", about="device/x")
    assert "Belum tertulis" in joko.get(f"/kantor/jejak/{row.seq}/").content.decode()
    assert joko.get(f"/kantor/jejak/{row.seq}/bukti.txt").status_code == 404
    writer.move_outbox(journal, now_ms=at(8, 1))
    assert f"/kantor/jejak/{row.seq}/" in joko.get("/kantor/jejak/").content.decode()
    page = joko.get(f"/kantor/jejak/{row.seq}/").content.decode()
    assert "Terbukti" in page
    assert f"{journal.size()} catatan" in page
    proof = joko.get(f"/kantor/jejak/{row.seq}/bukti.txt").content
    assert verify_receipt_file(proof, site.key_list()).leaf.body == bytes(row.body)


def test_a_changed_row_a_changed_reason_and_a_missing_journal_are_not_proven(
    journal: SqliteJournal, site: Site
) -> None:
    row = write_decision(by=ActBy.of(demo.RINA, at(8, 0), "HP hilang"), act="device.revoke", about="device/x")
    writer.move_outbox(journal, now_ms=at(8, 1))
    row.refresh_from_db()
    assert prove_act(site, row).holds
    body, reason, index = bytes(row.body), bytes(row.reason or b""), row.index
    row.body = body.replace(b"device/x", b"device/y")
    assert not prove_act(site, row).holds
    row.body, row.reason = body, reason + b"!"
    assert not prove_act(site, row).holds
    row.reason, row.index = reason, (index or 0) - 1
    assert not prove_act(site, row).holds
    row.index = 10**9
    assert not prove_act(site, row).holds


def test_the_list_is_searched_by_name_and_by_kind(joko: Client) -> None:
    write_decision(by=ActBy.of(demo.RINA, at(8, 0)), act="device.revoke", about="device/x", person=demo.SARI)
    assert "Mencabut HP" in joko.get("/kantor/jejak/?cari=wulandari").content.decode()
    only = joko.get("/kantor/jejak/?tindakan=device.revoke").content.decode()
    assert only.count('class="num name"') == 1
    assert "Tidak ada tindakan yang cocok" in joko.get("/kantor/jejak/?cari=zzz").content.decode()


def test_an_act_out_of_sight_is_not_there(wati: Client, rina: Client) -> None:
    row = write_decision(by=ActBy.of(demo.RINA, at(8, 0)), act="device.revoke", about="device/x", person=demo.SARI)
    for other in (wati, rina):
        assert other.get(f"/kantor/jejak/{row.seq}/").status_code == 403


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("outage all 1795475100000..1795478700000+15min",
         "gangguan semua unit 24 November 2026 pukul 07.05-24 November 2026 pukul 08.05 + 15 menit"),
        ('law/1 · duty unit/1 2026-01-01..… {"duty":"office-5-day"}',
         "penetapan 1 · jadwal kerja dan peraturan unit 1 1 Januari 2026-…"),
        ("unit/1 · /1/ Asia/Makassar", "unit 1 · unit 1 WITA"),
        ("excuse/1 · rehearsal/batola/gate1/2026", "keterangan 1 · jurnal layanan absen gate1 2026"),
        ("present /1/2/3/", "dinyatakan hadir: unit 3"),
        ("device/x2345678901234567890123 · pending → active", "HP x2345678… · menunggu → terdaftar"),
    ],
)  # fmt: skip
def test_what_a_record_says_is_told_in_words(record: str, words: str, context: object) -> None:
    assert record_words(record, "id").replace("\N{EN DASH}", "-") == words
