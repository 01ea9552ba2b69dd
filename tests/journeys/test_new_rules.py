"""A site is upgraded to rules that say something else: personnel read it, a second one accepts, and days follow."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import log_in, until
from tests.sitekit import RunningSite
from tests.test_upgrade import older
from tests.test_upgraded_rules import upgraded

__all__ = ["older", "upgraded"]

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SCHOOL = 3
MILDER, DEARER = (1112, "2026-11-10"), (1104, "2026-11-10")


@pytest.fixture
def site(upgraded: Path) -> Iterator[RunningSite]:
    """The kept folder of the version before; TL1 costs more by its new rules, TL2 less."""
    running = RunningSite.on(upgraded)
    done = running.hadir("upgrade", "--data", str(upgraded))
    assert done.returncode == 0, done.stderr
    assert "they stay as they were closed" in done.stdout
    running.start()
    yield running
    running.stop()


def say_why(page: Page, words: str, button: str) -> None:
    page.locator("textarea[name=reason]").fill(words)
    page.locator("main").get_by_role("button", name=button).click()


def reopen_november(hasan: Page, rina: Page, site: RunningSite) -> None:
    """Of the school, so that its days are those of an open month."""
    hasan.goto(f"{site.url}/kantor/bulan/{SCHOOL}/2026-11/penutupan/")
    hasan.get_by_role("link", name="Minta dibuka kembali").click()
    say_why(hasan, "Ada surat yang terlambat.", "Minta dibuka kembali")
    rina.goto(f"{site.url}/kantor/tugas/")
    rina.locator("main").get_by_role("link", name="Buka kembali").click()
    say_why(rina, "Benar.", "Buka kembali")


def day_of(page: Page, site: RunningSite, person: int, day: str) -> str:
    page.goto(f"{site.url}/kantor/orang/{person}/{day}/")
    return page.locator(".verdict").inner_text()


def test_two_of_personnel_accept_what_new_rules_say_and_closed_months_stay(browser: Browser, site: RunningSite) -> None:
    hasan, rina, lina = (log_in(browser, site, login) for login in ("hasan", "rina", "lina"))
    closed = f"{site.url}/kantor/bulan/71/2026-11/orang/2006/"
    lina.goto(closed)
    paid = lina.inner_text("main")
    reopen_november(hasan, rina, site)

    rina.goto(f"{site.url}/kantor/tugas/")
    rina.locator("li.task", has_text="Edisi aturan").get_by_role("link", name="Lihat").click()
    expect(rina.locator(".sentence")).to_contain_text("lebih ringan")
    rina.locator(".sentence a", has_text="lebih ringan").click()
    row = rina.locator("table.effects tr", has_text="10 November 2026").filter(has=rina.locator("a[href*='/1112/']"))
    expect(row).to_contain_text("TL2 1,00 %")
    expect(row).to_contain_text("TL2 0,95 %")
    row.locator("summary").click()
    expect(row).to_contain_text("Potongan 0,95 %")
    with rina.expect_download() as downloading:
        rina.get_by_role("link", name="CSV", exact=True).click()
    assert "TL2;1;TL2;0.95;Lebih ringan" in downloading.value.path().read_text(encoding="utf-8-sig")
    hasan.goto(f"{site.url}/kantor/bulan/{SCHOOL}/2026-11/tutup/")
    expect(hasan.locator("main")).to_contain_text("halaman Edisi aturan")
    say_why(rina, "Sudah dibaca bersama.", "Sudah dibaca, usulkan berlaku")
    expect(rina.locator("main")).to_contain_text("Menunggu orang kedua")
    assert "potongan 1,00 %" in day_of(rina, site, *MILDER), "one alone changes nothing"

    lina.goto(f"{site.url}/kantor/tugas/")
    lina.locator("li.task", has_text="Edisi aturan").get_by_role("link", name="Lihat").click()
    say_why(lina, "Sesuai.", "Setujui sebagai orang kedua")
    expect(lina.locator("main")).to_contain_text("Disetujui oleh Lina")
    until(lambda: "potongan 0,95 %" in day_of(rina, site, *MILDER), what="the milder reading")
    assert "potongan 0,50 %" in day_of(rina, site, *DEARER), "dearer never backwards"
    expect(rina.locator("main")).to_contain_text("tetap berlaku untuk hari ini")

    lina.goto(closed)
    assert lina.inner_text("main") == paid
    lina.goto(f"{site.url}/kantor/bulan/71/2026-12/orang/2006/")
    assert "enyesuaian" not in lina.inner_text("main")
    joko = log_in(browser, site, "joko")
    joko.goto(f"{site.url}/kantor/jejak/")
    expect(joko.locator("main")).to_contain_text("Menyetujui edisi aturan sebagai orang kedua")
