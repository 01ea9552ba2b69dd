"""The calendar of a person's month: a code in each cell, which leads to the day."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.office.excuses.actions import approve_excuse
from hadir.office.people.models import Assignment, Superior
from hadir.office.roles import ActBy
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_days import text_of
from tests.office.test_excuses import entered
from tests.office.test_months import row_of
from tests.office.test_outages import RINA

pytestmark = pytest.mark.django_db

MONTH_QUERIES_MAX = 30


def cells(client: Client, person: int, month: str = "2026-11") -> dict[str, str]:
    page = client.get(f"/kantor/orang/{person}/bulan/{month}/").content.decode()
    found = re.findall(r'href="/kantor/orang/\d+/([\d-]+)/"[^>]*>.*?class="cell-code">(.*?)</span>', page, re.DOTALL)
    return {day: text_of(code).strip() for day, code in found}


def test_each_day_has_its_code_and_leads_to_itself(morning: Morning, wati: Client, hasan: Client) -> None:
    morning.tap(demo.SARI, "in", at(7, 20, day=23))
    morning.tap(demo.SARI, "out", at(16, 5, day=23))
    morning.tap(demo.HASAN, "in", at(7, 20, day=18))
    morning.tap(demo.SARI, "in", at(7, 42, day=20), received_ms=at(7, 42, 3, day=20))
    morning.tap(demo.SARI, "out", at(16, 40, day=20))
    row = entered(hasan, demo.SARI, kind="CT", from_date="2026-11-26", until_date="2026-11-27")
    approve_excuse(number=row.number, by=ActBy(RINA, at(8, 30), "Ada sisa cuti."))
    morning.follow(at(8, 31))
    found = cells(wati, demo.SARI)
    assert len(found) == 30
    assert found["2026-11-23"] == "H"
    assert found["2026-11-20"] == "TL1"
    assert found["2026-11-22"] == "L"
    assert found["2026-11-26"] == found["2026-11-27"] == "CT"
    assert found["2026-11-24"] == "-"
    assert found["2026-11-25"] == "", "nothing is known of tomorrow"
    assert found["2026-11-19"] not in {"", "H"}, "a past day without any tap"


def test_a_day_before_anybody_recorded_says_nothing_on_any_page(morning: Morning, rina: Client) -> None:
    """It costs nothing and waits for nothing: no letter on the calendar, in the recap or on the day's own page."""
    morning.tap(demo.SARI, "in", at(7, 20, day=20))
    morning.follow(at(8, 31))
    found = cells(rina, demo.SARI)
    assert found["2026-11-19"] == "", "nobody recorded yet"
    assert found["2026-11-23"] not in {"", "H"}, "a past day without any tap"
    assert row_of(demo.SARI).letters_on(date(2026, 11, 19)) == ""
    day = text_of(rina.get(f"/kantor/orang/{demo.SARI}/2026-11-19/").content.decode())
    assert "Pada tanggal ini presensi di unit ini belum dimulai" in day
    assert "Kode di rekap" not in day
    assert set(cells(rina, demo.SARI, "2026-10").values()) == {""}


def test_no_link_of_a_calendar_leads_nowhere(morning: Morning, wati: Client, budi: Client) -> None:
    """Somebody came to the school on the 16th: the days before are her other unit's, and cannot be opened here."""
    begins = date(2026, 11, 16)
    Assignment.objects.filter(person=demo.SARI).update(from_date=begins)
    Superior.objects.filter(person=demo.SARI).update(from_date=date(2026, 11, 18))
    morning.tap(demo.SARI, "in", at(7, 20, day=20))
    morning.follow(at(8, 31))
    for client, first in ((wati, begins), (budi, date(2026, 11, 18))):
        opened = set()
        for page in (
            f"/kantor/orang/{demo.SARI}/bulan/2026-11/",
            f"/kantor/orang/{demo.SARI}/bulan/2026-11/diketahui/?pada=2026-11-24",
            f"/kantor/orang/{demo.SARI}/{first}/",
            f"/kantor/bulan/{demo.SCHOOL}/2026-11/orang/{demo.SARI}/",
        ):
            answer = client.get(page)
            links = set(re.findall(rf'href="(/kantor/orang/{demo.SARI}/[^"]+)"', answer.content.decode()))
            opened |= links
        assert f"/kantor/orang/{demo.SARI}/{first}/" in opened
        assert [link for link in sorted(opened) if client.get(link.replace("&amp;", "&")).status_code != 200] == []


def test_a_month_that_does_not_exist_is_not_found(wati: Client) -> None:
    assert wati.get(f"/kantor/orang/{demo.SARI}/bulan/2026-13/").status_code == 404


def test_a_month_costs_the_same_queries_whatever_happened(morning: Morning, wati: Client) -> None:
    for day in range(2, 7):
        morning.tap(demo.SARI, "in", at(7, 20, day=day))
    morning.follow(at(8, 10))
    with CaptureQueriesContext(connection) as queries:
        wati.get(f"/kantor/orang/{demo.SARI}/bulan/2026-11/")
    assert len(queries) <= MONTH_QUERIES_MAX
