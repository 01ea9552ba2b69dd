"""What somebody sees before a month is closed, and of a day whose month is."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from hadir.office.excuses.actions import approve_excuse, attest_excuse, reject_excuse
from hadir.office.excuses.kinds import ExcuseState, Scope
from hadir.office.excuses.models import Excuse, ExcusedPerson
from hadir.office.month_pages.actions import ask_reopen, grant_reopen
from hadir.office.months.models import Closing
from hadir.office.roles import ActBy
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.morning import Morning
from tests.office.test_days import text_of
from tests.office.test_months import HASAN, NOVEMBER, RINA, close, in_december, november, row_of

__all__ = ["november"]

pytestmark = pytest.mark.django_db

PATH = f"/kantor/bulan/{demo.SCHOOL}/2026-11/tutup/"


def sick_note(from_ms: int, until_ms: int) -> Excuse:
    """One of Sari's that nobody has decided."""
    excuse = Excuse.objects.create(
        kind="S", scope=Scope.PEOPLE, from_ms=from_ms, until_ms=until_ms, is_whole_days=True, document="445/12",
        basis="x", state=ExcuseState.PROPOSED, entered_at_ms=at(8, 0, day=26),
        entered_by_id=demo.WATI, unit_id=demo.SCHOOL,
    )  # fmt: skip
    ExcusedPerson.objects.create(excuse=excuse, person_id=demo.SARI)
    return excuse


def test_whoever_closes_sees_the_notes_that_nobody_has_decided(november: Morning, hasan: Client) -> None:
    """Closed now, Sari's day would be absent, and her note could only become an adjustment."""
    assert "menunggu keputusan" not in text_of(hasan.get(PATH).content.decode())
    note, later = sick_note(at(0, 0, day=26), at(0, 0, day=27)), sick_note(in_december(1, 0), in_december(2, 0))
    page = hasan.get(PATH).content.decode()
    told = text_of(page)
    assert "1 keterangan dari bulan ini menunggu keputusan." in told
    assert f"{row_of(demo.SARI).name} · {note.ref} · 26 November 2026" in told
    assert f'href="/kantor/keterangan/{note.number}/"' in page
    assert later.ref not in told


def paper(client: Client, lang: str = "id") -> tuple[str, str]:
    """Sari's remarks as the workbook and the PDF print them."""
    client.cookies["hadir_bahasa"] = lang
    folder = f"/kantor/bulan/{demo.SCHOOL}/2026-11/"
    sums = load_workbook(BytesIO(client.get(f"{folder}rekap.xlsx").content)).worksheets[1]
    told = next(row for row in sums.iter_rows(values_only=True) if row[1] == row_of(demo.SARI).name)
    pages = PdfReader(BytesIO(client.get(f"{folder}rekap.pdf").content)).pages
    return str(told[-1]), " ".join(" ".join(page.extract_text() for page in pages).split())


def test_a_closed_months_paper_names_the_notes_that_waited_when_it_was_closed(
    november: Morning, clock: Callable[[int], None]
) -> None:
    """Decided afterwards they are adjustments; the paper goes on saying what was open when it was signed."""
    waited, decided, refused = (sick_note(at(0, 0, day=26), at(0, 0, day=27)) for _ in range(3))
    reject_excuse(number=refused.number, by=ActBy(HASAN, in_december(1), "Tidak ada suratnya."))
    attest_excuse(number=decided.number, by=ActBy(HASAN, in_december(1)))
    clock(in_december(1) + 1)
    close(NOVEMBER, in_december(1) + 1)
    clock(in_december(3))
    later = sick_note(at(0, 0, day=26), at(0, 0, day=27))
    Excuse.objects.filter(pk=later.pk).update(entered_at_ms=in_december(2))
    approve_excuse(number=decided.number, by=ActBy(RINA, in_december(2)))
    client = browser("hasan")
    for printed in paper(client):
        for note in (waited, decided):
            assert f"keterangan {note.ref} (26 November 2026) belum diputuskan saat bulan ditutup" in printed
        assert refused.ref not in printed
        assert later.ref not in printed
    english = f"note {waited.ref} (26 November 2026) was not decided when the month was closed"
    assert all(english in printed for printed in paper(client, "en"))


def test_a_day_is_provisional_until_its_unit_has_closed_the_month(november: Morning, hasan: Client) -> None:
    """The panel of a day on which Sari was late says so in three places, and in none once November is closed."""
    path = f"/kantor/orang/{demo.SARI}/2026-11-24/"
    before = text_of(hasan.get(path).content.decode())
    assert before.lower().count("sementara") == 3
    closing = close(NOVEMBER, in_december(1))
    after = text_of(hasan.get(path).content.decode())
    assert "Terlambat 12 menit (TL1)" in after
    assert "sementara" not in after.lower()
    ask_reopen(number=closing.number, by=ActBy(HASAN, in_december(2), "Ada surat."))
    grant_reopen(number=closing.number, by=ActBy(RINA, in_december(2), "Setuju."))
    assert "sementara" in text_of(hasan.get(path).content.decode())


@pytest.mark.parametrize(("today", "proposed"), [(1, "2026-12-10"), (10, "2026-12-10"), (14, "2026-12-14")])
def test_the_form_proposes_the_day_of_the_policy_and_what_it_shows_is_kept(
    november: Morning, clock: Callable[[int], None], today: int, proposed: str
) -> None:
    """The policy waits for a silent source until the 10th; closed later, the days are to be decided today."""
    clock(in_december(today))
    hasan = browser("hasan")
    page = hasan.get(PATH).content.decode()
    shown = re.search(r'name="due" type="date" value="([^"]*)"', page)
    assert shown is not None
    assert shown.group(1) == proposed
    assert hasan.post(PATH, {"reason": "Lengkap."}).status_code == 400, "no day is kept that nobody saw"
    assert hasan.post(PATH, {"due": shown.group(1), "reason": "Lengkap."}).status_code == 302
    assert Closing.objects.get().due.isoformat() == proposed


def test_the_page_of_closings_says_why_there_is_none(morning: Morning, wati: Client) -> None:
    shown = text_of(wati.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/penutupan/").content.decode())
    assert "belum pernah ditutup untuk unit ini. Bulan baru dapat ditutup setelah berakhir." in shown
    past = text_of(wati.get(f"/kantor/bulan/{demo.SCHOOL}/2026-10/penutupan/").content.decode())
    assert "belum ada yang dapat ditutup" in past
