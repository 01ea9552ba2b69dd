"""Rina asks for three large files at once, by clicks; the program that makes them is killed in the middle."""

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.journeys.conftest import REGENCY_PEOPLE, log_in, regency_site, until
from tests.sitekit import RunningSite

pytestmark = [pytest.mark.journey, pytest.mark.timeout(420)]

SECONDS = 240.0
NAMES = ("XLSX A4", "PDF F4", "XLSX F4")


@pytest.fixture
def regency(tmp_path: Path) -> Iterator[RunningSite]:
    running = regency_site(tmp_path / "regency")
    running.start()
    yield running
    running.stop()


def rows(site: RunningSite) -> list[tuple[int, str, int]]:
    """(number, state, tries)"""
    with sqlite3.connect(f"file:{site.site.office_db}?mode=ro", uri=True) as office:
        return office.execute("SELECT number, state, tries FROM exports_export ORDER BY number").fetchall()


def test_three_files_at_once_a_killed_program_and_another_page_meanwhile(
    browser: Browser, regency: RunningSite, tmp_path: Path
) -> None:
    rina = log_in(browser, regency, "rina")
    joko = log_in(browser, regency, "joko")
    addresses = [asks(rina, name) for name in NAMES]
    kills_the_program_in_the_middle(regency)
    joko.click("nav.menu a[href*='/bulan/']")
    expect(joko.locator("main h1").first).to_be_visible()
    until(lambda: {state for _, state, _ in rows(regency)} == {"done"}, seconds=SECONDS, what="three files")
    assert max(tries for _, _, tries in rows(regency)) == 2
    kept = sorted(path.name for path in regency.site.exports_folder.iterdir())
    assert kept == ["1.xlsx", "2.pdf", "3.xlsx", "lock"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in regency.site.exports_folder.iterdir()} == {0o600}
    fetches_all(rina, addresses, tmp_path)
    answer = joko.goto(addresses[0])
    assert answer is not None
    assert answer.status == 404
    answer = joko.goto(addresses[0] + "unduh/")
    assert answer is not None
    assert answer.status == 404


def asks(rina: Page, name: str) -> str:
    """By the menu, the button of the recap and the button of the page that explains; where it leads."""
    rina.click("nav.menu a[href*='/bulan/']")
    rina.get_by_role("link", name=name, exact=True).click()
    rina.get_by_role("button", name="Buat berkas").click()
    expect(rina.locator("#live")).to_contain_text("Halaman ini boleh ditutup")
    return str(rina.url)


def kills_the_program_in_the_middle(site: RunningSite) -> None:
    before = site.pids()["exports"]
    until(lambda: any(state == "running" for _, state, _ in rows(site)), seconds=SECONDS, what="a file in the making")
    site.kill("exports")
    until(lambda: site.pids().get("exports") not in {None, before}, seconds=SECONDS, what="the program's return")


def fetches_all(rina: Page, addresses: list[str], folder: Path) -> None:
    for number, address in enumerate(addresses):
        rina.goto(address)
        with rina.expect_download() as downloading:
            rina.get_by_role("link", name="Unduh").click()
        file = folder / f"{number}{Path(downloading.value.suggested_filename).suffix}"
        downloading.value.save_as(file)
        if file.suffix == ".pdf":
            assert len(PdfReader(file).pages) > 4
        else:
            assert len(list(load_workbook(file).worksheets[0].iter_rows())) > REGENCY_PEOPLE
    rina.get_by_role("link", name="Berkas saya").click()
    assert rina.locator("tbody tr", has_text="Siap diunduh").count() == len(NAMES)
