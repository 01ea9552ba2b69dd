"""An outage in which one teacher's tap was taken, one waited, one was silent: looked at, lifted, and three days say so.

The teachers' phones, the head's phone and the agency's desk are real browsers.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import PHONE, PhoneInHand, log_in, until
from tests.journeys.test_spine import enrol
from tests.sitekit import RunningSite

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SARI, BUDI, HAIRUNISA = 1001, 1002, 1106
SCHOOL = 3
DAY = "2026-11-24"
PhoneOf = Callable[[str], PhoneInHand]


def words(page: Page) -> str:
    return page.inner_text("main")


def day_of(office: Page, site: RunningSite, person: int) -> str:
    office.goto(f"{site.url}/kantor/orang/{person}/{DAY}/")
    for part in office.locator("details").all():
        part.evaluate("part => { part.open = true; }")
    return words(office)


def test_both_readings_are_looked_at_and_the_proven_lateness_is_lifted(
    site: RunningSite, phone_of: PhoneOf, browser: Browser
) -> None:
    sari, budi = phone_of("sari"), phone_of("budi")
    enrol(sari, site, SARI)
    enrol(budi, site, BUDI)
    taps(site, sari, "07:50:05")
    taps(site, budi, "08:10:05")
    site.set_clock(f"{DAY}T23:59:50")
    hasan = log_in(browser, site, "hasan", size=PHONE)
    reports_it(hasan, site)
    rina = log_in(browser, site, "rina")
    until(lambda: "20 menit" in day_of(rina, site, SARI), what="the verdict without the outage")
    sees_both_readings_and_lifts(rina, site)
    joko = log_in(browser, site, "joko")
    three_days_say_what_they_must(joko, site)
    changed_back_by_two(rina, log_in(browser, site, "lina"), site)


def taps(site: RunningSite, phone: PhoneInHand, clock: str) -> None:
    site.set_clock(f"{DAY}T{clock}")
    page = phone.open(f"{DAY}T{clock}")
    page.get_by_test_id("tap-in").click()
    until(lambda: phone.rows() == ["recorded"], seconds=60, what="the receipt")
    phone.close()


def reports_it(hasan: Page, site: RunningSite) -> None:
    """He was there, and so speaks for whoever recorded nothing."""
    hasan.goto(f"{site.url}/kantor/gangguan/")
    hasan.locator("main a.button", has_text="Laporkan gangguan").click()
    for name, value in (("from", "07:00:00"), ("until", "08:00:00")):
        hasan.fill(f"#{name}_date", DAY)
        hasan.fill(f"#{name}_time", value)
    hasan.fill("#tail_minutes", "0")
    hasan.fill("#reason", "Jaringan sekolah putus.")
    hasan.locator("main form button.primary").click()
    hasan.wait_for_url(lambda url: "selesai=enter" in url)
    assert "Dipotong karena mencoba absen: 2" in words(hasan), "where it is proposed"
    assert hasan.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "nothing is wider than the phone"


def sees_both_readings_and_lifts(rina: Page, site: RunningSite) -> None:
    rina.goto(f"{site.url}/kantor/tugas/")
    rina.locator("main a.button", has_text="Setujui").click()
    rina.wait_for_url("**/setujui/")
    seen = words(rina)
    assert "Dipotong karena mencoba absen: 2" in seen
    assert "Terlambat 40 menit (TL2)" in seen
    assert "Terlambat 10 menit (TL1)" in seen
    assert "Hairunisa" not in rina.locator("#proven ~ table").first.inner_text(), "whoever was silent pays nothing"
    assert rina.locator("input[name=terbukti][value=tetap]").is_checked(), "what is proven stands unless lifted"
    rina.locator("label", has_text="Tidak dihitung terlambat").click()
    rina.fill("#reason", "Mereka mencoba absen selama jaringan putus.")
    rina.locator("main form button.primary").click()
    rina.wait_for_url(lambda url: "selesai=approve" in url)
    assert "Tidak dihitung terlambat" in rina.locator(".facts").inner_text()


def three_days_say_what_they_must(joko: Page, site: RunningSite) -> None:
    lifted = "menutup juga waktu sebelumnya, menurut yang menyetujuinya"
    until(lambda: lifted in day_of(joko, site, SARI), what="Sari's verdict")
    assert "Masuk tanpa potongan: gangguan sistem" in words(joko)
    budi = day_of(joko, site, BUDI)
    assert lifted in budi
    assert "10 menit" in budi
    assert "TL1" in budi
    excused = "Masuk tanpa potongan: gangguan sistem"
    until(lambda: excused in day_of(joko, site, HAIRUNISA), what="the verdict of whoever was silent, after midnight")
    assert lifted not in words(joko)
    joko.goto(f"{site.url}/kantor/jejak/")
    assert "yang terbukti terlambat tidak dihitung" in words(joko)


def changed_back_by_two(rina: Page, lina: Page, site: RunningSite) -> None:
    rina.locator("main a.button", has_text="Ubah yang terbukti terlambat").click()
    rina.fill("#reason", "Gerbang menerima absen sejak 07.45.")
    rina.locator("main form button.primary").click()
    rina.wait_for_url(lambda url: "selesai=change" in url)
    assert rina.locator("main a.button", has_text="Setujui perubahan").count() == 0, "not by her who asked"
    lina.goto(f"{site.url}/kantor/tugas/")
    lina.locator("main a.button", has_text="Setujui perubahan").click()
    lina.fill("#reason", "Sesuai jurnal gerbang.")
    lina.locator("main form button.primary").click()
    lina.wait_for_url(lambda url: "selesai=agree" in url)
    until(lambda: "gangguan tidak menutup waktu sebelumnya" in day_of(lina, site, SARI), what="the verdict of before")
