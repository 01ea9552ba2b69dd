"""A month by clicks: from a deduction to its day and to the signed form; a nurse's night on the day it began."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.journeys.conftest import log_in, regency_site
from tests.sitekit import RunningSite

pytestmark = [pytest.mark.journey, pytest.mark.timeout(420)]

#: Days of one person of a small unit on which no departure was recorded, in the newest month that has any.
FORGOT = """SELECT unit, person, day FROM months_dayline WHERE status = 'present'
  AND json_extract(line, '$.departure.status') = 'no_punch'
  AND json_extract(line, '$.departure.class') LIKE 'PSW%'
AND unit IN (SELECT unit FROM months_dayline GROUP BY unit HAVING count(DISTINCT person) < 40)
ORDER BY day DESC LIMIT 1"""
#: A night that was worked, and what was owed on the next date.
NIGHT = """SELECT lines.person, lines.day FROM months_dayline AS lines
JOIN duties_rosterday AS shifts ON shifts.person_id = lines.person AND shifts.day = lines.day
WHERE shifts.shifts = '["malam"]' AND lines.status = 'present'
  AND json_extract(lines.line, '$.arrival.status') = 'on_time'
  AND json_extract(lines.line, '$.departure.status') = 'on_time'
ORDER BY lines.day LIMIT 1"""


@pytest.fixture(scope="module")
def regency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Nobody changes anything in it here."""
    running = regency_site(tmp_path_factory.mktemp("regency") / "data")
    running.start()
    yield running
    running.stop()


def first_of(site: RunningSite, query: str) -> Any:
    with sqlite3.connect(f"file:{site.site.office_db}?mode=ro", uri=True) as office:
        found = office.execute(query).fetchone()
    assert found, query
    return found


def codes(text: str) -> str:
    return " ".join(text.split())


def test_from_a_deduction_to_its_day_and_to_the_paper_that_is_signed(
    browser: Browser, regency: RunningSite, tmp_path: Path
) -> None:
    unit, person, day = first_of(regency, FORGOT)
    rina = log_in(browser, regency, "rina")
    rina.goto(f"{regency.url}/kantor/bulan/{unit}/{day[:7]}/")
    rina.locator(".sentence a", has_text="potongan").click()
    rina.locator(f"#row-{person}-{unit}").click()
    row = rina.locator(".deductions tr", has=rina.locator(f"a[href$='/{person}/{day}/']"))
    letters = codes(row.locator("strong").inner_text())
    assert re.search(r"\bPSW\d\b", letters)
    sheet = {"cell": codes(rina.locator(f".cells a[href$='/{day}/'] .cell-code").inner_text()), "address": rina.url}
    assert sheet["cell"] == letters
    row.locator("a").click()
    expect(rina.locator(".verdict")).to_contain_text(f"Kode di rekap: {letters} · potongan")
    rina.locator(".person .steps a", has_text="bulan").or_(rina.locator(".person .steps a").nth(1)).first.click()
    assert codes(rina.locator(f"table.month a[href$='/{day}/'] .cell-code").inner_text()) == letters
    rina.goto(sheet["address"])
    rina.locator("main a.button.quiet", has_text="Rekap").click()
    with rina.expect_download() as downloading:
        rina.get_by_role("link", name="PDF F4", exact=True).click()
    downloading.value.save_as(tmp_path / "rekap.pdf")
    told = " ".join(" ".join(page.extract_text() for page in PdfReader(tmp_path / "rekap.pdf").pages).split())
    assert letters in told
    assert "tidak absen pulang, dihitung PSW" in told


def test_a_nurses_night_is_one_day_of_the_date_on_which_it_began(browser: Browser, regency: RunningSite) -> None:
    person, day = first_of(regency, NIGHT)
    rina = log_in(browser, regency, "rina")
    rina.goto(f"{regency.url}/kantor/orang/{person}/bulan/{day[:7]}/")
    cell = rina.locator(f"table.month a[href$='/{person}/{day}/']")
    assert codes(cell.locator(".cell-code").inner_text()) == "H"
    cell.click()
    expect(rina.locator(".verdict")).to_contain_text("Kode di rekap: H")
    times = rina.locator(".record-what strong").all_inner_texts()
    assert len(times) >= 2
    assert times[0] > "20.00", "she came in the evening"
    assert times[-1] < "09.00", "and went in the morning after"
    leaves_the_next_day_alone(rina)


def leaves_the_next_day_alone(rina: Page) -> None:
    """The morning is not an arrival of the next date."""
    rina.locator(".person .steps a").last.click()
    expect(rina.locator(".person-head")).to_be_visible()
    mornings = [time for time in rina.locator(".record-what strong").all_inner_texts() if time < "09.00"]
    assert not mornings
