"""A second factor by real clicks: a security key that Chromium itself makes, and an app's code."""

import base64
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from hadir.office.accounts.app_codes import code_at, step_of
from tests.journeys.conftest import DESK, PHONE, until
from tests.sitekit import MONDAY, RunningSite, demo_site

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Each test has a person of its own in it."""
    running = demo_site(tmp_path_factory.mktemp("factors") / "data", now=MONDAY)
    running.start()
    yield running
    running.stop()


def here(site: RunningSite, path: str) -> str:
    """Browsers give keys to names, not to addresses."""
    return site.url.replace("127.0.0.1", "localhost") + path


def open_page(browser: Browser, size: dict[str, int]) -> Page:
    page = browser.new_context(viewport=size, locale="id-ID").new_page()  # type: ignore[arg-type]
    page.set_default_timeout(20_000)
    return page


def key_in(page: Page) -> tuple[CDPSession, str]:
    """A security key in this browser's USB port, with a finger on it."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    return cdp, str(made["authenticatorId"])


def passes_the_password(page: Page, site: RunningSite, login: str) -> None:
    page.goto(here(site, "/kantor/masuk/"))
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", f"latihan-{login}")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/kantor/masuk/"))


def trouble_of(page: Page) -> list[str]:
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def test_rina_adds_a_security_key_and_logs_in_with_it(site: RunningSite, browser: Browser) -> None:
    page = open_page(browser, DESK)
    said = trouble_of(page)
    cdp, key = key_in(page)
    passes_the_password(page, site, "rina")
    page.locator("a.me").click()
    page.get_by_role("link", name="Tambah kunci keamanan").click()
    page.fill("#name", "kunci di laci")
    page.get_by_role("button", name="Buat kunci").click()
    until(lambda: "Kode cadangan Anda" in page.inner_text("main"), what="the backup codes")
    codes = re.findall(r"\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b", page.inner_text("pre"))
    assert len(codes) == 10
    page.get_by_role("link", name="Sudah saya simpan").click()
    assert "kunci di laci" in page.inner_text("main")
    page.get_by_role("button", name="Keluar").click()
    passes_the_password(page, site, "rina")
    assert page.url.endswith("/masuk/kode/"), "the password alone is not enough"
    page.get_by_role("button", name="Pakai kunci keamanan").click()
    page.wait_for_url(lambda url: "/masuk/" not in url)
    assert not said, "nothing that the page's own policy forbids"
    page.get_by_role("button", name="Keluar").click()
    another_key_is_not_taken(page, cdp, key, site)
    page.fill("#code", codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("/kantor/saya/"))
    assert "satu kode cadangan Anda dipakai" in page.inner_text("main")


def another_key_is_not_taken(page: Page, cdp: CDPSession, key: str, site: RunningSite) -> None:
    """Neither one that this account does not know, nor none at all."""
    cdp.send("WebAuthn.clearCredentials", {"authenticatorId": key})
    passes_the_password(page, site, "rina")
    page.get_by_role("button", name="Pakai kunci keamanan").click()
    until(lambda: page.locator("[data-key-failed]").is_visible(), what="that the key does not fit")
    page.eval_on_selector("[data-key-answer]", '(field) => { field.value = \'{"id":"x"}\'; field.form.submit(); }')
    until(lambda: "tidak cocok" in page.inner_text("main"), what="the office's no")
    page.goto(here(site, "/kantor/akun/"))
    assert "/masuk/" in page.url
    page.goto(here(site, "/kantor/masuk/kode/"))


def test_wati_adds_an_app_on_her_phone_and_ends_a_session_elsewhere(site: RunningSite, browser: Browser) -> None:
    phone, desk = open_page(browser, PHONE), open_page(browser, DESK)
    passes_the_password(desk, site, "wati")
    passes_the_password(phone, site, "wati")
    phone.locator("a.me").click()
    phone.get_by_role("link", name="Tambah kode dari aplikasi").click()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    seed = base64.b32decode(phone.inner_text("pre").replace(" ", ""))
    step = step_of(int(time.time() * 1000))
    phone.fill("#code", code_at(seed, step))
    phone.get_by_role("button", name="Simpan").click()
    until(lambda: "Kode cadangan Anda" in phone.inner_text("main"), what="the backup codes")
    phone.get_by_role("link", name="Sudah saya simpan").click()
    phone.get_by_role("link", name="Perangkat yang sedang masuk").click()
    phone.get_by_role("button", name="Akhiri semua yang lain").click()
    phone.wait_for_url(lambda url: "selesai=end" in url)
    desk.goto(here(site, "/kantor/saya/"))
    assert "/masuk/" in desk.url, "that session has ended"
    passes_the_password(desk, site, "wati")
    desk.fill("#code", code_at(seed, step))
    desk.keyboard.press("Enter")
    until(lambda: "tidak cocok" in desk.inner_text("main"), what="that a code is good for once")
    desk.fill("#code", code_at(seed, step + 1))
    desk.keyboard.press("Enter")
    desk.wait_for_url(lambda url: "/masuk/" not in url)
