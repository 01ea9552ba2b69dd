"""Step 7 of the page by clicks, in a real Chromium: `python -m tests.install.first_tap LOGIN PASSWORD`.

Prints one JSON object: what the phone and the office showed.
"""

import base64
import json
import sys
import tempfile
import time
from pathlib import Path

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tests.install.page import NAME
from tests.journeys.conftest import DESK, FLAGS, PHONE, chromium, until

URL = f"https://{NAME}"
#: The name leads to this machine, and the certificate of a trial is trusted, as the page says.
TRIAL = [*FLAGS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1", "--ignore-certificate-errors"]
CHOSEN = "jembatan sungai barito 26"
OPENED: list[BrowserContext] = []
SARI = "Sari Wulandari"


def first_tap(playwright: Playwright, login: str, password: str, profiles: Path) -> dict[str, str]:
    office = _open(playwright, profiles / "office", DESK).pages[0]
    _log_in(office, login, password)
    address = _issue_slip(office)
    phone = _open(playwright, profiles / "phone", PHONE).pages[0]
    receipt = _tap(phone, address)
    _confirm(office)
    return {"phone": receipt, "office": _day(office)}


def _open(playwright: Playwright, profile: Path, size: dict[str, int]) -> BrowserContext:
    OPENED.append(
        playwright.chromium.launch_persistent_context(
            str(profile), executable_path=chromium(), args=TRIAL, viewport=size, locale="id-ID"
        )
    )
    return OPENED[-1]


def _log_in(page: Page, login: str, password: str) -> None:
    page.goto(f"{URL}/kantor/")
    page.fill("input[name=login]", login)
    page.fill("input[type=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector("#again")
    page.fill("#old", password)
    page.fill("#new", CHOSEN)
    page.fill("#again", CHOSEN)
    page.click("main button.primary")
    until(lambda: page.locator("#again").count() == 0, what=f"the chosen password: {page.inner_text('main')}")
    _add_factor(page)


def _add_factor(page: Page) -> None:
    """Whoever decides pay must have a second factor before anything else: a code from an app."""
    app = page.get_by_role("link", name="Tambah kode dari aplikasi")
    if app.count() == 0:
        return
    app.first.click()
    seed = base64.b32decode(page.inner_text("pre").replace(" ", ""))
    page.fill("#code", TOTP(seed, 6, SHA1(), 30).generate(time.time()).decode())  # noqa: S303 - as RFC 6238 says
    page.get_by_role("button", name="Simpan").click()
    page.get_by_role("link", name="Sudah saya simpan").click()


def _issue_slip(page: Page) -> str:
    """The address in the code that is printed."""
    page.goto(f"{URL}/kantor/slip/")
    if page.locator("tr", has_text=SARI).count() == 0:  # a page of units comes first
        page.click("main a:has-text('SD')")
    page.locator("tr", has_text=SARI).locator("text=Terbitkan slip").click()
    page.click("main button.primary")
    page.wait_for_selector("main svg, main img")
    return slip_address(page)


def slip_address(page: Page) -> str:
    """What a camera reads: the code is drawn again from the printed letters, and is the same."""
    lines = page.inner_text("pre.typed").split()
    voucher = "".join(group for group in lines if len(group) > 1)
    address = f"{URL}/#v={voucher}"
    drawn = segno.make(address, error="m", micro=False).svg_inline(scale=1, border=2, omitsize=True)
    assert f'd="{page.locator(".slip-qr svg path").get_attribute("d")}"' in drawn, "the code leads elsewhere"
    return address


def _tap(page: Page, address: str) -> str:
    page.goto(address)
    until(lambda: page.get_by_test_id("tap-in").is_visible(), what="enrolment")
    page.get_by_test_id("tap-in").click()
    row = page.get_by_test_id("punch-row")
    until(lambda: row.count() and row.first.get_attribute("data-state") == "recorded", what="the receipt")
    return row.first.inner_text()


def _confirm(page: Page) -> None:
    page.goto(f"{URL}/kantor/hp/")
    until(lambda: page.reload() and SARI in page.inner_text("main"), what="the key of Sari's phone")
    page.locator("tr", has_text=SARI).get_by_role("link", name="Sahkan").click()
    page.click("main form button.primary")
    until(lambda: "sahkan" not in page.url, what=f"the confirmation: {page.inner_text('main')}")


def _day(page: Page) -> str:
    """What the office says of Sari's day."""
    page.goto(f"{URL}/kantor/hari-ini/")
    row = page.locator("tr", has_text=SARI)
    until(lambda: page.reload() and "tap" in row.first.inner_text(), what="Sari's tap under Hari ini")
    page.goto(URL + str(row.first.locator("a").first.get_attribute("href")))
    for part in page.locator("details").all():
        part.evaluate("part => { part.open = true; }")
    return page.inner_text("main")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        try:
            shown = first_tap(running, sys.argv[1], sys.argv[2], Path(folder))
        except Exception:
            for context in OPENED:
                sys.stderr.write(f"{context.pages[0].url}\n{context.pages[0].inner_text('body')}\n")
            raise
        sys.stdout.write(json.dumps(shown) + "\n")
