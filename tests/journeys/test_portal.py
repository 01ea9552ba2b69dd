"""Sari behind a captive portal: her tap waits, the app stays the app, and what the portal says is never believed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from rehearsal.morning.run import leaves_of
from tests.faults.bad_network import PORTAL_PAGE, Hotspot
from tests.journeys.conftest import PhoneInHand, until
from tests.journeys.test_spine import SARI, WAITING, enrol
from tests.sitekit import RunningSite

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

CACHED = """async () => {
  const found = {};
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys())
      found[new URL(request.url).pathname] = await (await (await caches.open(name)).match(request)).text();
  return found;
}"""


@pytest.fixture
def hotspot(site: RunningSite) -> Iterator[Hotspot]:
    with Hotspot(site.port) as running:
        yield running


def test_a_captive_portal_costs_nothing_but_time(
    site: RunningSite, hotspot: Hotspot, playwright: Playwright, tmp_path: Path
) -> None:
    sari = PhoneInHand(playwright, tmp_path / "phone", f"http://127.0.0.1:{hotspot.port}")
    enrol(sari, site, SARI)
    hotspot.close_doors(captive=True)
    page = sari.open("2026-11-24T07:28:00")
    page.get_by_test_id("tap-in").click()
    until(lambda: "meminta login dahulu" in row(page), what="the portal named on the tap's row")
    assert sari.rows() in WAITING
    the_app_stays_the_app(page)
    page.reload()
    until(lambda: sari.rows() in WAITING, what="the tap after the page was loaded again")
    the_app_stays_the_app(page)
    assert hotspot.pages_served > 2
    hotspot.close_doors(captive=False)
    until(lambda: sari.rows() == ["recorded"], seconds=90, what="the receipt")
    sari.close()
    assert list(leaves_of([site.site.journal_folder("gate1")]).values()) == [1]


def row(page: Page) -> str:
    return str(page.get_by_test_id("punch-row").first.inner_text())


def the_app_stays_the_app(page: Page) -> None:
    assert "WiFi" not in page.content()
    cached = page.evaluate(CACHED)
    assert {"/", "/guard.js", "/manifest.webmanifest"} <= cached.keys()
    assert not [path for path, text in cached.items() if text == PORTAL_PAGE.decode()]
