"""Sari loses her phone: it is revoked, says so itself, keeps what it took; and her new one records with a new slip."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import PHONE, PhoneInHand, log_in, until
from tests.journeys.test_spine import SARI, TAKEN_OUT, enrol, slip
from tests.sitekit import RunningSite

pytestmark = [pytest.mark.journey, pytest.mark.timeout(420)]


def test_a_lost_phone_says_that_it_counts_no_more_and_a_new_one_takes_its_place(
    site: RunningSite, phone_of: Callable[[str], PhoneInHand], browser: Browser
) -> None:
    lost = phone_of("lost")
    enrol(lost, site, SARI)
    taps(lost, site)
    wati = log_in(browser, site, "wati", size=PHONE)
    decides(wati, site, "Sahkan", "Dilihat saat apel.")
    decides(wati, site, "Cabut", "HP Sari hilang di pasar.")
    the_finder_is_told(lost, site)
    issues_a_new_slip(wati, site)
    new = phone_of("new")
    enrol(new, site, SARI)
    taps(new, site)
    decides(wati, site, "Sahkan", "HP baru Sari, kartu diserahkan langsung.")
    wati.goto(f"{site.url}/kantor/hp/3/")
    rows = wati.locator("tr", has_text="Sari Wulandari")
    assert rows.locator("text=Dicabut").count() == 1
    assert rows.count() >= 2


def taps(phone: PhoneInHand, site: RunningSite) -> None:
    page = phone.open(site.now())
    page.get_by_test_id("tap-in").click()
    until(lambda: "recorded" in phone.rows(), what="the receipt")
    phone.close()


def decides(wati: Page, site: RunningSite, act: str, reason: str) -> None:
    """By clicks from the unit's list of phones."""

    def offered() -> bool:
        wati.goto(f"{site.url}/kantor/hp/3/")
        return wati.locator("tr", has_text="Sari Wulandari").get_by_role("link", name=act).count() > 0

    until(offered, seconds=90, what=act)
    wati.locator("tr", has_text="Sari Wulandari").get_by_role("link", name=act).first.click()
    if wati.locator("input[name=replace][value='0']").count():
        wati.check("input[name=replace][value='0']")
    if wati.locator("#reason").count():
        wati.fill("#reason", reason)
    wati.locator("main form button").last.click()
    wati.wait_for_url("**selesai=**")


def the_finder_is_told(phone: PhoneInHand, site: RunningSite) -> None:
    """The tap is recorded all the same, and nobody is left in the belief that it counts as before."""
    page = phone.open(site.now())
    before = len(phone.rows())

    def told() -> bool:
        page.evaluate(TAKEN_OUT)
        return "tidak berlaku lagi" in page.inner_text("body").lower()

    page.get_by_role("button", name="Absen").first.click()
    until(
        lambda: len(phone.rows()) > before and phone.rows().count("recorded") == len(phone.rows()), what="the receipt"
    )
    until(told, seconds=120, what="the word that it is revoked")
    phone.close()


def issues_a_new_slip(wati: Page, site: RunningSite) -> None:
    before = slip(site, SARI)
    wati.goto(f"{site.url}/kantor/slip/3/")
    wati.locator("tr, li", has_text="Sari Wulandari").get_by_role("link", name="Terbitkan slip").or_(
        wati.locator("tr, li", has_text="Sari Wulandari").get_by_role("button", name="Terbitkan slip")
    ).first.click()
    if wati.locator("main form button.primary").count() and slip(site, SARI) == before:
        wati.locator("main form button.primary").first.click()
    until(lambda: slip(site, SARI) != before, what="a new slip")
