"""The calendar of a person's month: a code in each cell, which leads to the day."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.office.excuses.actions import approve_excuse
from hadir.office.roles import ActBy
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_days import text_of
from tests.office.test_excuses import entered
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


def test_a_month_that_does_not_exist_is_not_found(wati: Client) -> None:
    assert wati.get(f"/kantor/orang/{demo.SARI}/bulan/2026-13/").status_code == 404


def test_a_month_costs_the_same_queries_whatever_happened(morning: Morning, wati: Client) -> None:
    for day in range(2, 7):
        morning.tap(demo.SARI, "in", at(7, 20, day=day))
    morning.follow(at(8, 10))
    with CaptureQueriesContext(connection) as queries:
        wati.get(f"/kantor/orang/{demo.SARI}/bulan/2026-11/")
    assert len(queries) <= MONTH_QUERIES_MAX
