"""Rosters on pages: the week's grid, a week copied forward, a spreadsheet that is looked at first."""

import html
import io
import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from hadir.office.acts.models import OutboxRow
from hadir.office.duties.grid import changed_cells, lines_of, packed, shifts_of, unpacked
from hadir.office.duties.models import RosterDay, RosterWish
from hadir.office.duties.rosters import RosterEntry
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import TUESDAY, person, rostered

pytestmark = pytest.mark.django_db

WEEK = "/kantor/aturan/unit/3/jadwal/2026-11-23/"
REASON = {"reason": "Jadwal jaga."}


def written() -> dict[tuple[int, str], list[str]]:
    rows = RosterDay.objects.filter(withdrawn_at_ms=None)
    return {(row.person_id, row.day.isoformat()): row.shifts for row in rows}


def sheet(*rows: list[object]) -> SimpleUploadedFile:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("jadwal.xlsx", out.getvalue())


def test_a_cell_says_shifts_a_free_day_or_nothing() -> None:
    assert shifts_of(" ") is None
    assert shifts_of("Libur") == shifts_of("-") == ()
    assert shifts_of("Pagi + malam") == ("pagi", "malam")


def test_only_what_was_changed_and_sent_is_written(context: object) -> None:
    rostered(demo.SARI, "pagi")
    (line,) = lines_of([person(demo.SARI)], date(2026, 11, 23), reader=demo.WATI)
    typed = {f"{demo.SARI}/2026-11-24": "pagi", f"{demo.SARI}/2026-11-25": "malam"}
    assert changed_cells([line], typed) == [RosterEntry(demo.SARI, date(2026, 11, 25), ("malam",))]


def test_wati_writes_a_week_with_a_reason(wati: Client, context: object) -> None:
    given = {f"{demo.SARI}/2026-11-25": "pagi", f"{demo.SARI}/2026-11-26": "-"}
    refused = wati.post(WEEK, given)
    assert refused.status_code == 400
    assert re.search(r'<option value="pagi" selected>', refused.content.decode()), "nothing typed is lost"
    assert "2 isian berubah" in wati.post(WEEK, {**given, **REASON}, follow=True).content.decode()
    assert written() == {(demo.SARI, "2026-11-25"): ["pagi"], (demo.SARI, "2026-11-26"): []}
    cleared = {f"{demo.SARI}/2026-11-25": "", f"{demo.SARI}/2026-11-26": "-"}
    assert "1 isian berubah" in wati.post(WEEK, {**cleared, **REASON}, follow=True).content.decode()
    assert written() == {(demo.SARI, "2026-11-26"): []}


def test_nobody_writes_his_own_roster(wati: Client, context: object) -> None:
    shown = wati.get(WEEK).content.decode()
    assert f'name="{demo.SARI}/2026-11-24"' in shown
    assert f'name="{demo.WATI}/2026-11-24"' not in shown
    wati.post(WEEK, {f"{demo.WATI}/2026-11-24": "pagi", **REASON})
    assert written() == {}


def test_an_unknown_shift_is_refused(wati: Client, context: object) -> None:
    refused = wati.post(WEEK, {f"{demo.SARI}/2026-11-24": "siang", **REASON})
    assert refused.status_code == 409
    assert written() == {}


def test_joko_reads_and_changes_nothing(joko: Client, context: object) -> None:
    rostered(demo.SARI, "pagi")
    shown = joko.get(WEEK).content.decode()
    assert "pagi" in shown
    assert "<select name" not in shown
    assert joko.post(WEEK, REASON).status_code == 403


def test_wati_copies_the_week_forward(wati: Client, context: object) -> None:
    rostered(demo.SARI, "pagi")
    rostered(demo.WATI, "sore")
    shown = wati.get(f"{WEEK}salin/").content.decode()
    assert "1 isian milik 1 orang" in shown
    assert wati.post(f"{WEEK}salin/", {"weeks": "2"}).status_code == 400
    done = wati.post(f"{WEEK}salin/", {"weeks": "2", **REASON}, follow=True)
    assert "2 isian disalin" in done.content.decode()
    assert written()[demo.SARI, "2026-12-01"] == written()[demo.SARI, "2026-12-08"] == ["pagi"]
    assert (demo.WATI, "2026-12-01") not in written()


def test_the_template_comes_back_as_it_went(wati: Client, context: object) -> None:
    rostered(demo.SARI, "pagi")
    answer = wati.get(f"{WEEK}contoh.xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="jadwal-3-2026-11-23.xlsx"'
    book = load_workbook(io.BytesIO(answer.content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0][:4] == ("Nomor", "NIP", "Nama", "2026-11-23")
    sari = next(row for row in rows if row[0] == demo.SARI)
    assert sari[1] == "198804122011012004", "a NIP stays whole"
    assert sari[4] == "pagi"
    shown = wati.post(f"{WEEK}impor/", {"berkas": SimpleUploadedFile("a.xlsx", answer.content)}).content.decode()
    assert "Tidak ada yang berubah." in shown


def test_a_sheet_is_looked_at_with_every_fault_before_it_is_written(wati: Client, context: object) -> None:
    brought = sheet(
        ["NIP", "Nama", "2026-11-25", "2026-11-26"],
        ["198804122011012004", "Sari", "pagi+malam", "libur"],
        ["111111111111111111", "Siapa", "pagi", None],
        [str(demo.WATI), "Wati", "pagi", None],
        [str(demo.BUDI), "Budi", "siang", None],
    )
    shown = wati.post(f"{WEEK}impor/", {"berkas": brought}).content.decode()
    for words in ("Bukan pegawai unit ini.", "Sif ini tidak dikenal.", "“siang”", "2026-11-26"):
        assert words in shown, words
    assert written() == {}, "nothing is written before it is confirmed"
    entries = html.unescape(re.findall(r'name="entries" value="([^"]*)"', shown)[0])
    assert wati.post(f"{WEEK}impor/", {"entries": entries}).status_code == 400
    assert wati.post(f"{WEEK}impor/", {"entries": entries, **REASON}).status_code == 302
    assert written() == {(demo.SARI, "2026-11-25"): ["pagi", "malam"], (demo.SARI, "2026-11-26"): []}
    assert OutboxRow.objects.filter(act="roster.write").count() == 1


def test_a_file_that_is_none_says_what_to_do(wati: Client, context: object) -> None:
    for brought in (SimpleUploadedFile("a.xlsx", b"PK\x03\x04 no zip"), sheet(["Nama"], ["Sari"])):
        answer = wati.post(f"{WEEK}impor/", {"berkas": brought})
        assert answer.status_code == 400


def test_what_a_form_carries_from_preview_to_act_is_checked_again(wati: Client, context: object) -> None:
    assert (
        unpacked(packed(entries := [RosterEntry(1001, TUESDAY, ("pagi",)), RosterEntry(1001, TUESDAY, ())])) == entries
    )
    for number in (demo.DEWI, demo.WATI):
        told = packed([RosterEntry(number, TUESDAY, ("pagi",))])
        assert wati.post(f"{WEEK}impor/", {"entries": told, **REASON}).status_code == 403
    assert wati.post(f"{WEEK}impor/", {"entries": "nonsense", **REASON}).status_code == 400
    assert written() == {}


def test_weeks_at_the_end_of_time_are_not_there(wati: Client, context: object) -> None:
    for day in ("0001-01-01", "9999-12-27"):
        assert wati.get(f"/kantor/aturan/unit/3/jadwal/{day}/").status_code == 404


# --- days that have begun ---------------------------------------------------------------------------------------------


RUNNING = {f"{demo.SARI}/2026-11-24": "malam", f"{demo.SARI}/2026-11-25": "pagi"}


def test_a_shift_of_a_running_day_needs_a_document_and_a_second_person(
    wati: Client, hasan: Client, context: object
) -> None:
    refused = wati.post(WEEK, {**RUNNING, **REASON})
    assert refused.status_code == 400
    assert 'id="document-error"' in refused.content.decode()
    assert not written()
    shown = wati.post(WEEK, {**RUNNING, **REASON, "document": "SE 7"}, follow=True).content.decode()
    assert "1 isian berubah" in shown
    assert "menunggu orang kedua" in shown
    assert written() == {(demo.SARI, "2026-11-25"): ["pagi"]}, "tomorrow's holds at once"
    number = RosterWish.objects.get().number
    address = f"/kantor/aturan/jadwal/{number}/"
    assert address in hasan.get("/kantor/tugas/").content.decode()
    assert address not in wati.get("/kantor/tugas/").content.decode()
    assert wati.post(f"{address}setujui/", REASON).status_code == 409, "she wrote it"
    assert hasan.post(f"{address}setujui/", {"reason": " "}).status_code == 400
    assert written() == {(demo.SARI, "2026-11-25"): ["pagi"]}
    assert hasan.post(f"{address}setujui/", REASON).status_code == 302
    assert written()[demo.SARI, "2026-11-24"] == ["malam"]
    assert "Dua orang" not in hasan.get("/kantor/tugas/").content.decode()
    assert "Disetujui dua orang" in hasan.get(address).content.decode()
    assert hasan.post(f"{address}tolak/", REASON).status_code == 409, "it is decided"
    acts = list(OutboxRow.objects.filter(act__startswith="roster.").order_by("seq").values_list("act", "by"))
    assert acts == [("roster.write", demo.WATI), ("roster.wish", demo.WATI), ("roster.agree", demo.HASAN)]


def test_whoever_is_named_is_no_second_person_and_a_wish_may_be_taken_back(
    wati: Client, hasan: Client, dewi: Client, context: object
) -> None:
    wati.post(WEEK, {f"{demo.HASAN}/2026-11-24": "malam", **REASON, "document": "SE 7"})
    address = f"/kantor/aturan/jadwal/{RosterWish.objects.get().number}/"
    assert hasan.post(f"{address}setujui/", REASON).status_code == 403
    assert dewi.get(address).status_code == 404
    assert wati.post(f"{address}tolak/", REASON).status_code == 302
    assert not written()


def test_a_copy_and_a_sheet_ask_the_same_for_a_running_day(rina: Client, context: object) -> None:
    rostered(demo.SARI, "pagi", on=date(2026, 11, 17), at_ms=at(8, 0, day=16))
    before = "/kantor/aturan/unit/3/jadwal/2026-11-16/"
    assert rina.post(f"{before}salin/", {**REASON, "weeks": "1"}).status_code == 400
    rina.post(f"{before}salin/", {**REASON, "weeks": "1", "document": "SE 8"})
    carried = packed([RosterEntry(demo.SARI, TUESDAY, ("malam",))])
    assert rina.post(f"{WEEK}impor/", {**REASON, "entries": carried}).status_code == 400
    rina.post(f"{WEEK}impor/", {**REASON, "entries": carried, "document": "SE 9"})
    assert (demo.SARI, "2026-11-24") not in written()
    assert list(RosterWish.objects.values_list("document", flat=True)) == ["SE 8", "SE 9"]
