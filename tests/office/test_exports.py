"""Large files are made beside the pages, one at a time, for the person who asked, and are gone after a day."""

import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from threading import Event, Timer

import pytest
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from hadir.config import shipped
from hadir.office.accounts.models import RoleGrant
from hadir.office.exports.models import KEPT_MS, Export, ExportState
from hadir.office.exports.views import PEOPLE_AT_ONCE_MAX
from hadir.office.exports.worker import Exporter
from hadir.office.ground.installation import HERE
from hadir.office.people.models import Assignment, Person
from hadir.site import Site
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.test_days import text_of

pytestmark = pytest.mark.django_db

MONTH = f"/kantor/bulan/{demo.SCHOOL}/2026-11"
ASKED = {"berkas": "xlsx", "kertas": "f4"}


@pytest.fixture(autouse=True)
def many(clock: Callable[[int], None], db: None) -> None:
    """A school of more people than a page makes a file of."""
    numbers = range(6_001, 6_002 + PEOPLE_AT_ONCE_MAX)
    people = [Person(number=number, full_name=f"Orang {number}", employment="pns") for number in numbers]
    Person.objects.bulk_create(people)
    Assignment.objects.bulk_create(
        Assignment(person=one, unit_id=demo.SCHOOL, from_date=date(2026, 1, 1), recorded_at_ms=at(6, 0))
        for one in people
    )
    clock(at(9, 0))


@pytest.fixture
def worker(site: Site) -> Exporter:
    one = Exporter(folder=site.exports_folder, policies=shipped("policies"), clock=HERE.clock)
    one.folder.mkdir(mode=0o700)
    return one


def ask(client: Client, **changes: str) -> Export:
    answer = client.post(f"{MONTH}/ekspor/", ASKED | changes)
    assert answer.status_code == 302, text_of(answer.content.decode())
    return Export.objects.get(number=int(answer["Location"].rstrip("/").rpartition("/")[2]))


def page(client: Client, row: Export) -> str:
    return text_of(client.get(f"/kantor/ekspor/{row.number}/").content.decode())


def test_a_small_recap_comes_at_once_and_a_large_one_is_asked_for(rina: Client, dewi: Client) -> None:
    small = rina.get(f"/kantor/bulan/{demo.HEALTH_CENTRE}/2026-11/rekap.pdf")
    assert small["Content-Type"] == "application/pdf"
    for kind in ("xlsx", "pdf"):
        large = rina.get(f"{MONTH}/rekap.{kind}")
        assert large["Content-Type"].startswith("text/html")
        assert "terlalu besar" in large.content.decode()
    assert not Export.objects.exists(), "an address makes nothing"
    assert dewi.post(f"{MONTH}/ekspor/", ASKED).status_code == 404


def test_from_the_button_to_the_file(rina: Client, worker: Exporter) -> None:
    row = ask(rina)
    assert "berikutnya" in page(rina, row)
    assert ask(rina).number == row.number, "asked twice is asked once"
    assert rina.get(f"/kantor/ekspor/{row.number}/unduh/").status_code == 404
    assert worker.step()
    row.refresh_from_db()
    assert (row.state, row.done, row.people) == (ExportState.DONE, row.people, PEOPLE_AT_ONCE_MAX + 19)
    assert f"Siap: {row.people} orang" in page(rina, row)
    answer = rina.get(f"/kantor/ekspor/{row.number}/unduh/")
    assert answer["Content-Disposition"] == f'attachment; filename="rekap-{demo.SCHOOL}-2026-11.xlsx"'
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).worksheets[0]  # type: ignore[arg-type]
    assert str(sheet.page_setup.paperSize) == "14"
    assert "Orang 6001" in {cell.value for cell in sheet["B"]}
    file = worker.folder / row.file_name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(worker.folder.stat().st_mode) == 0o700


def test_a_pdf_in_the_readers_language_and_filter(rina: Client, worker: Exporter) -> None:
    rina.post("/kantor/bahasa/", {"bahasa": "en", "next": "/kantor/"})
    row = ask(rina, berkas="pdf", cari="Orang 60")
    assert worker.step()
    answer = rina.get(f"/kantor/ekspor/{row.number}/unduh/")
    pages = PdfReader(BytesIO(b"".join(answer.streaming_content))).pages  # type: ignore[arg-type]
    told = "\n".join(one.extract_text() for one in pages)
    assert "ATTENDANCE RECAP" in told
    assert "Orang 6001" in told
    assert "Sari" not in told


def test_nobody_else_has_it_and_who_lost_the_role_neither(
    rina: Client, hasan: Client, joko: Client, worker: Exporter
) -> None:
    row = ask(hasan)
    worker.step()
    for other in (rina, joko):
        for path in ("", "unduh/"):
            assert other.get(f"/kantor/ekspor/{row.number}/{path}").status_code == 404
    assert str(row.number) not in text_of(rina.get("/kantor/ekspor/").content.decode())
    assert hasan.get(f"/kantor/ekspor/{row.number}/unduh/").status_code == 200
    RoleGrant.objects.filter(user__login="hasan").update(until_date=date(2026, 11, 24))
    assert hasan.get(f"/kantor/ekspor/{row.number}/unduh/").status_code == 403


def test_after_a_day_it_is_gone_and_the_page_says_so(
    rina: Client, worker: Exporter, clock: Callable[[int], None]
) -> None:
    row = ask(rina)
    worker.step()
    clock(at(9, 1) + KEPT_MS)
    rina = browser("rina")
    assert "sudah dihapus" in page(rina, row), "even before the file is deleted"
    assert rina.get(f"/kantor/ekspor/{row.number}/unduh/").status_code == 410
    assert not worker.step()
    row.refresh_from_db()
    assert row.state == ExportState.GONE
    assert not [path for path in worker.folder.iterdir() if path.suffix == ".xlsx"]
    assert "sudah dihapus" in page(rina, row)
    assert ask(rina).number != row.number, "it can be asked for again"


def test_they_wait_in_a_row_and_nobody_fills_it(rina: Client, hasan: Client, worker: Exporter) -> None:
    first, second = ask(rina), ask(hasan)
    third = ask(rina, kertas="a4")
    assert "1 berkas lebih dulu" in page(hasan, second)
    assert "2 berkas lebih dulu" in page(rina, third)
    ask(rina, berkas="pdf")
    refused = rina.post(f"{MONTH}/ekspor/", ASKED | {"berkas": "pdf", "kertas": "a4"})
    assert refused.status_code == 409
    assert "tiga berkas" in refused.content.decode()
    made = []
    while worker.step():
        made += [row.number for row in Export.objects.filter(state=ExportState.DONE) if row.number not in made]
    assert made == sorted(made)
    assert made[:3] == [first.number, second.number, third.number]


def test_what_a_killed_program_left_is_made_again_once_and_then_said_to_have_failed(
    rina: Client, worker: Exporter
) -> None:
    row = ask(rina)
    for tries in (1, 2):
        Export.objects.filter(pk=row.pk).update(state=ExportState.RUNNING, tries=tries)
        (worker.folder / f"{row.file_name}.draft").write_bytes(b"half")
        worker.begin()
        worker.clear()
        row.refresh_from_db()
        assert row.state == (ExportState.WAITING if tries == 1 else ExportState.FAILED)
        assert not list(worker.folder.glob("*.draft"))
    assert "gagal dibuat" in page(rina, row)
    again = ask(rina)
    assert again.number != row.number
    assert worker.step()
    assert "Siap" in page(rina, again)


def test_two_programs_never_make_files_at_once(worker: Exporter) -> None:
    other = replace(worker, stop=Event())
    with worker._alone() as is_mine:
        assert is_mine
        Timer(0.05, other.stop.set).start()
        with other._alone() as also_mine:
            assert not also_mine


def test_a_stop_puts_the_file_back_into_the_row(rina: Client, worker: Exporter) -> None:
    row = ask(rina)
    worker.stop.set()
    assert not worker.step()
    row.refresh_from_db()
    assert (row.state, row.tries, row.done) == (ExportState.WAITING, 0, 0)
    assert not list(worker.folder.iterdir())
    worker.stop.clear()
    assert worker.step()


def test_a_queue_that_does_not_move_says_so(rina: Client, clock: Callable[[int], None]) -> None:
    row = ask(rina)
    clock(at(9, 5))
    assert "sedang tidak berjalan" in page(rina, row)
