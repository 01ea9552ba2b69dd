"""The law from its page to a verdict: Rina's circular for haze, Lina behind it, Sari's day; a week copied forward."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import PHONE, log_in, until
from tests.sitekit import MONDAY, RunningSite, demo_site, roll_out

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

SARI, SCHOOL = 1001, 3
DAY = "2026-11-24"
UNHEARD = "SE 800/112 disetujui setelah hari dimulai, oleh satu orang; tidak berlaku"
SIDEWAYS = "document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Nobody recorded anything, and the day has ended."""
    site = demo_site(tmp_path_factory.mktemp("law") / "data", now=MONDAY)
    roll_out(site, DAY)
    site.set_clock(f"{DAY}T06:00:00")
    site.start()
    site.set_clock("2026-11-25T00:20:00")
    yield site
    site.stop()


def words(page: Page) -> str:
    return page.inner_text("main")


def verdict(page: Page, site: RunningSite) -> str:
    page.goto(f"{site.url}/kantor/orang/{SARI}/{DAY}/")
    return words(page)


def test_a_circular_for_haze_changes_a_day_and_its_reasons_name_it(evening: RunningSite, browser: Browser) -> None:
    site = evening
    rina = log_in(browser, site, "rina")
    until(lambda: "Tidak ada catatan masuk" in verdict(rina, site), what="the verdict without the circular")
    assert "SE 800/112" not in verdict(rina, site)
    enters_a_circular(rina, site)
    until(lambda: UNHEARD in verdict(rina, site), what="that the day had begun, and one person is not enough")
    lina = log_in(browser, site, "lina", size=PHONE)
    agrees_with_a_thumb(lina, site)
    until(lambda: UNHEARD not in verdict(lina, site), what="the verdict by the circular")
    assert "SE 800/112" in words(lina)
    sees_nothing(log_in(browser, site, "tono"), site)


def enters_a_circular(rina: Page, site: RunningSite) -> None:
    rina.locator("nav.menu a", has_text="Aturan kerja").click()
    rina.locator("summary", has_text="Tetapkan aturan baru").click()
    rina.locator(".kinds a", has_text="Surat edaran").click()
    rina.fill("#from_date", DAY)
    rina.fill("#last_date", DAY)
    rina.fill("#start", "08:00")
    rina.fill("#document", "SE 800/112")
    rina.fill("#reason", "Kabut asap.")
    rina.locator("main form button.primary").click()
    assert re.search(r"Berlaku bagi \d+ orang", words(rina))
    assert "Orang kedua harus menyetujui sebelum ini berlaku pada hari itu" in words(rina)
    assert re.search(r"07\.30.16\.00\s+08\.00.16\.00", words(rina))
    rina.locator("main form button.primary").click()
    rina.wait_for_url(lambda url: "selesai=make" in url)
    assert rina.locator("main a.button", has_text="Setujui").count() == 0, "not by her who made it"


def agrees_with_a_thumb(lina: Page, site: RunningSite) -> None:
    lina.goto(f"{site.url}/kantor/aturan/")
    lina.locator("main a", has_text="SE 800/112").click()
    button = lina.locator("main a.button", has_text="Setujui")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44, "a thumb's target"
    button.click()
    lina.wait_for_url("**/setujui/")
    assert lina.evaluate(SIDEWAYS) <= PHONE["width"], "nothing is wider than the phone"
    lina.fill("#reason", "Jarak pandang 50 m.")
    lina.locator("main form button.primary").click()
    lina.wait_for_url(lambda url: "selesai=agree" in url)
    assert "Jarak pandang 50 m." in words(lina)


def sees_nothing(tono: Page, site: RunningSite) -> None:
    assert tono.locator("nav.menu a", has_text="Aturan kerja").count() == 0
    paths = ("", "1/", "1/setujui/", f"unit/{SCHOOL}/", f"unit/{SCHOOL}/jadwal/", "peraturan/", "kalender/2026/")
    for path in paths:
        answer = tono.goto(f"{site.url}/kantor/aturan/{path}")
        assert answer is not None
        assert answer.status in {403, 404}, path
    assert "SE 800/112" not in tono.content()


def test_wati_copies_a_roster_forward_on_her_phone(evening: RunningSite, browser: Browser) -> None:
    site = evening
    wati = log_in(browser, site, "wati", size=PHONE)
    wati.goto(f"{site.url}/kantor/aturan/unit/{SCHOOL}/jadwal/2026-11-23/")
    assert wati.evaluate(SIDEWAYS) <= PHONE["width"], "a list of people, not a wide grid"
    cell = wati.locator(f'select[name="{SARI}/2026-11-26"]')
    box = cell.bounding_box()
    assert box is not None
    assert box["height"] >= 44, "a thumb's target"
    cell.select_option("pagi")
    wati.fill("#reason", "Jadwal jaga.")
    wati.locator("main form button.primary").click()
    wati.wait_for_url(lambda url: "selesai=write" in url)
    wati.locator("main a.button", has_text="Salin ke minggu depan").click()
    assert "1 isian milik 1 orang" in words(wati)
    wati.fill("#reason", "Sama seperti minggu ini.")
    wati.locator("main form.column button.primary").click()
    wati.wait_for_url(lambda url: "selesai=copy" in url)
    assert wati.locator(f'select[name="{SARI}/2026-12-03"]').input_value() == "pagi"
    answer = wati.goto(f"{site.url}/kantor/aturan/unit/1/jadwal/2026-11-23/")
    assert answer is not None
    assert answer.status == 404, "another unit's"
