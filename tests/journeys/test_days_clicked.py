"""Wati opens days by clicks and keys: today's, a past one's, one of another month."""

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.journeys.conftest import log_in
from tests.sitekit import RunningSite

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

LIST = "/kantor/hari-ini/3/"
DAYS = {"": "Senin, 23 November 2026", "?tanggal=2026-11-20": "Jumat, 20 November 2026",
        "?tanggal=2026-10-15": "Kamis, 15 Oktober 2026"}  # fmt: skip
CLICKED = 3


def cut_off(request: Request) -> bool:
    """The list asking for its own news while the next page is opened."""
    return LIST in request.url and request.failure == "net::ERR_ABORTED"


def test_a_click_on_a_name_opens_the_day_whichever_day_it_is(browser: Browser, site: RunningSite) -> None:
    page = log_in(browser, site, "wati")
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    # Of the list's own news alone, which leaving the page may cut off, nothing is asked: a panel must not be aborted.
    page.on("requestfailed", lambda one: said.append(f"{one.url}: {one.failure}") if not cut_off(one) else None)
    for query, words in DAYS.items():
        page.goto(site.url + LIST + query)
        for row in page.locator("[data-row][id^=row-]").all()[:CLICKED]:
            row.click()
            opens(page, row.inner_text(), words)
            page.keyboard.press("Escape")
            expect(page.locator("#samping")).to_be_hidden()
        by_keys_and_back(page, words)
    assert said == []


def by_keys_and_back(page: Page, words: str) -> None:
    """Enter opens, the arrow goes on, the close button closes, and the browser's way back leads through all of it."""
    first, second = page.locator("[data-row][id^=row-]").all()[:2]
    first.focus()
    page.keyboard.press("Enter")
    opens(page, first.inner_text(), words)
    page.locator("#samping [data-close]").click()
    expect(page.locator("#samping")).to_be_hidden()
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    opens(page, second.inner_text(), words)
    page.go_back()
    expect(page.locator("#samping")).to_be_hidden()
    expect(page.locator("tr.chosen")).to_have_count(0)
    page.go_back()
    opens(page, page.locator("[data-row][id^=row-]").first.inner_text(), words)


def opens(page: Page, name: str, words: str) -> None:
    expect(page.locator("#samping h2")).to_have_text(name)
    expect(page.locator("#samping .person-head")).to_contain_text(words)
    expect(page.locator("tr.chosen").first).to_be_visible()
