"""An outage from its measurement to the record that an auditor finds: Hasan attests on a phone, Rina approves."""

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import PHONE, log_in, until
from tests.sitekit import MONDAY, RunningSite, demo_site, roll_out

pytestmark = [pytest.mark.journey, pytest.mark.timeout(120)]

BUDI = 1002
DAY = "2026-11-24"
PAGES_MIN = 60
OPEN_TO_ALL = {"/kantor/", "/kantor/sandi/", "/kantor/masuk/"}
OWN = ("/kantor/saya/", "/kantor/ekspor/")
"""What anybody sees of their own log-in, and of files that they asked for themselves."""


@pytest.fixture
def evening_after(tmp_path: Path) -> Iterator[RunningSite]:
    """The gate was really killed after its last sign of life at 07:05, came back at 08:05, and the day has ended."""
    site = demo_site(tmp_path / "data", now=MONDAY)
    roll_out(site, DAY)
    site.set_clock(f"{DAY}T07:05:00")
    site.start()
    gate = site.pids()["gate"]
    site.set_clock(f"{DAY}T08:05:00")
    site.kill("gate")
    until(lambda: site.pids().get("gate") not in {None, gate} and _ready(site), what="the gate's return")
    site.set_clock("2026-11-25T00:20:00")
    yield site
    site.stop()


def _ready(site: RunningSite) -> bool:
    try:
        with urllib.request.urlopen(f"{site.url}/readyz", timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def words(page: Page) -> str:
    return page.inner_text("main")


def verdict(office: Page, site: RunningSite) -> str:
    office.goto(f"{site.url}/kantor/orang/{BUDI}/{DAY}/")
    return words(office)


def test_an_outage_is_attested_on_a_phone_and_approved(evening_after: RunningSite, browser: Browser) -> None:
    site = evening_after
    hasan = log_in(browser, site, "hasan", size=PHONE)
    until(lambda: _reload(hasan, f"{site.url}/kantor/tugas/") and "Gangguan sistem" in words(hasan), what="a proposal")
    assert hasan.locator(".badge").inner_text() == "1"
    attests_with_a_thumb(hasan)
    rina = log_in(browser, site, "rina")
    approves_what_she_sees(rina, site)
    joko = log_in(browser, site, "joko")
    follows_it_to_the_record_and_changes_nothing(joko, site)
    sees_nothing(log_in(browser, site, "tono"), rina, site)


def _reload(page: Page, url: str) -> bool:
    page.goto(url)
    return True


def attests_with_a_thumb(hasan: Page) -> None:
    hasan.locator("main a.button", has_text="Akui").click()
    hasan.wait_for_url("**/akui/")
    button = hasan.locator("main form button.primary")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44, "a thumb's target"
    assert hasan.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "nothing is wider than the phone"
    hasan.fill("#reason", "Semua guru tidak bisa mengirim.")
    button.click()
    hasan.wait_for_url(lambda url: "selesai=attest" in url)
    assert "menunggu persetujuan" in words(hasan)


def approves_what_she_sees(rina: Page, site: RunningSite) -> None:
    assert "Tidak ada catatan masuk" in verdict(rina, site)
    rina.goto(f"{site.url}/kantor/tugas/")
    rina.locator("main a.button", has_text="Setujui").click()
    rina.wait_for_url("**/setujui/")
    assert re.search(r"Dari \d+ orang, \d+ hasil akan berubah", words(rina))
    rina.locator("summary", has_text="hasil yang berubah").click()
    assert "Budi Rahman" in words(rina)
    rina.fill("#reason", "Sesuai jurnal.")
    rina.locator("main form button.primary").click()
    rina.wait_for_url(lambda url: "selesai=approve" in url)


def follows_it_to_the_record_and_changes_nothing(joko: Page, site: RunningSite) -> None:
    until(lambda: "Masuk tanpa potongan: gangguan sistem" in verdict(joko, site), what="the verdict that changed")
    joko.locator(".excuses a").click()
    joko.wait_for_url("**/keterangan/*/")
    until(lambda: joko.reload() and "jurnal kantor 2026 no." in words(joko), what="the journal's position")
    assert "Hasan Basri" in words(joko)
    assert "Semua guru tidak bisa mengirim." in words(joko)
    assert joko.locator("main form").count() == joko.locator(".facts-card .row a").count() == 0
    number = re.findall(r"/keterangan/(\d+)/", joko.url)[0]
    for act in ("akui", "setujui", "tolak", "batalkan"):
        answer = joko.goto(f"{site.url}/kantor/keterangan/{number}/{act}/")
        assert answer is not None
        assert answer.status == 403
    answer = joko.goto(f"{site.url}/kantor/gangguan/{number}/berita-acara/")
    assert answer is not None
    assert "Tanda hidup terakhir" in words(joko)
    assert "Budi Rahman" in words(joko)


def sees_nothing(tono: Page, rina: Page, site: RunningSite) -> None:
    """Every page that Rina's menu leads to, and every page that those lead to."""
    first = links(rina, f"{site.url}/kantor/tugas/")
    pages = first | {link for page in first for link in links(rina, site.url + page)}
    assert len(pages) > PAGES_MIN, "Rina sees an office"
    for path in sorted(page for page in pages - OPEN_TO_ALL if not page.startswith(OWN)):
        answer = tono.request.get(site.url + path)
        assert answer.status in {403, 404}, path
        assert "Budi Rahman" not in answer.text(), f"{path}: a name with a space in it, which no random token holds"


def links(page: Page, url: str) -> set[str]:
    """The office's pages to which this one leads, files and all."""
    answer = page.request.get(url)
    found = re.findall(r'href="(/kantor/[^"?#]*)', answer.text()) if "html" in answer.headers["content-type"] else []
    return {path for path in found if not path.startswith("/kantor/static/")}
