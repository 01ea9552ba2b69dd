"""The pages of a month as it was known: what they show, what they mark, and to whom."""

from collections.abc import Callable

import pytest
from django.test import Client

from hadir.office.month_pages import views
from rehearsal.demo import cast as demo
from tests.office.test_days import text_of
from tests.office.test_known import AFTERWARDS, Office, a_home_moved_back, an_excuse_withdrawn, office

__all__ = ["office"]

pytestmark = pytest.mark.django_db

UNIT_PAGE = f"/kantor/bulan/{demo.SCHOOL}/2026-11/diketahui/"
PERSON_PAGE = "/kantor/orang/{}/bulan/2026-11/diketahui/"
THEN = {"pada": "2026-12-01"}


@pytest.fixture
def corrected(office: Office, clock: Callable[[int], None]) -> Office:
    """Budi's excuse was withdrawn, and Sari was never at the school: told on the second of December."""
    an_excuse_withdrawn(office)
    a_home_moved_back(office)
    clock(AFTERWARDS)
    office.follow(AFTERWARDS)
    return office


def test_the_months_pages_show_what_was_said_then_and_mark_what_is_said_now(corrected: Office, joko: Client) -> None:
    page = text_of(joko.get(UNIT_PAGE, THEN).content.decode())
    assert "Seperti yang diketahui pada akhir Selasa, 1 Desember 2026." in page
    assert "2 berbeda dari sekarang." in page
    assert "26 DL → " in page
    assert "keterangan K-1 diputuskan 2 Desember 2026" in page
    calendar = joko.get(PERSON_PAGE.format(demo.BUDI), THEN).content.decode()
    assert calendar.count(" differs") == 1
    assert "26 DL → MD" in text_of(calendar)
    assert "Tidak ada yang berbeda dari sekarang." in text_of(joko.get(PERSON_PAGE.format(demo.WATI)).content.decode())


def test_the_history_of_somebody_elses_people_is_the_auditors(corrected: Office, wati: Client, joko: Client) -> None:
    """Sari is the health centre's by what is known now: her name in the school's history is not for its operator."""
    assert "Sari Wulandari" in joko.get(UNIT_PAGE, THEN).content.decode()
    page = wati.get(UNIT_PAGE, THEN).content.decode()
    assert "Budi Rahman" in page
    assert "Sari Wulandari" not in page
    assert wati.get(PERSON_PAGE.format(demo.SARI), THEN).status_code == 404


def test_a_date_that_is_none_is_not_asked_and_the_pages_speak_english(corrected: Office, joko: Client) -> None:
    assert joko.get(UNIT_PAGE, {"pada": "kemarin"}).status_code == 404
    joko.cookies["hadir_bahasa"] = "en"
    assert "As known by the end of Tuesday, 1 December 2026." in text_of(joko.get(UNIT_PAGE, THEN).content.decode())
    assert "Differs from now" in joko.get(PERSON_PAGE.format(demo.BUDI), THEN).content.decode()


def test_of_a_whole_regency_the_page_says_where_to_ask(
    corrected: Office, joko: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PEOPLE_MAX", 3)
    page = text_of(joko.get(UNIT_PAGE, THEN).content.decode())
    assert "terlalu banyak untuk dinilai ulang di satu halaman" in page
    assert "Budi Rahman" not in page
