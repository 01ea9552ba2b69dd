"""Where an enrolment would not last, the person is led on before anything is enrolled; nobody is trapped."""
# ruff: noqa: INP001 - as in tests/: real processes, a real clock, a loopback address

import pytest
from playwright.sync_api import Page

from conftest import Gate, Open, rows, until

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
SAFARI = f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1"
WHATSAPP = (
    "Mozilla/5.0 (Linux; Android 13; SM-A135F; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
    " Chrome/126.0.0.0 Mobile Safari/537.36 WhatsApp/2.24.13.77"
)
DEVICE = (
    "new Promise(done => { const open = indexedDB.open('hadir'); open.onsuccess = () => {"
    " const one = open.result.transaction('kept').objectStore('kept').get('device');"
    " one.onsuccess = () => { open.result.close(); done(one.result !== undefined); }; }; })"
)


def opened(phone: Open, user_agent: str, address: str) -> Page:
    context = phone(user_agent=user_agent, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address)
    page.get_by_test_id("move-stay").wait_for()
    assert not page.evaluate(DEVICE), "nothing is enrolled yet"
    return page


def test_inside_whatsapp_the_link_goes_on_to_chrome_with_its_card(gate: Gate, phone: Open) -> None:
    slip = gate.slip
    page = opened(phone, WHATSAPP, slip)
    text = page.inner_text("main")
    assert "Buka dahulu di Chrome" in text
    assert "di dalam WhatsApp" in text
    assert page.url == slip, "Open in Chrome takes the address as it stands"
    page.get_by_test_id("move-copy").click()
    until(lambda: "Sudah disalin" in page.inner_text("main"))
    assert page.evaluate("navigator.clipboard.readText()") == slip


def test_an_iphone_is_led_to_its_home_screen_and_the_cards_code_comes_along(gate: Gate, phone: Open) -> None:
    code = gate.tell()["voucher"]
    page = opened(phone, SAFARI, gate.slip)
    assert "Tambahkan dahulu ke layar utama" in page.inner_text("main")
    page.get_by_test_id("move-copy").click()
    until(lambda: "Sudah disalin" in page.inner_text("main"))
    assert page.evaluate("navigator.clipboard.readText()") == code
    page.context.close()

    context = phone(user_agent=SAFARI)
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'standalone', {get: () => true})")
    page = context.new_page()
    page.goto(gate.url)
    page.get_by_test_id("enrol-code").fill(code)
    page.get_by_test_id("enrol-submit").click()
    page.get_by_test_id("tap-in").wait_for()


@pytest.mark.parametrize("user_agent", [WHATSAPP, SAFARI])
def test_who_stays_after_reading_what_it_risks_is_enrolled(gate: Gate, phone: Open, user_agent: str) -> None:
    page = opened(phone, user_agent, gate.slip)
    assert "dapat hilang" in page.inner_text("main")
    page.get_by_test_id("move-stay").click()
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    assert "v=" not in page.url
    page.reload()
    until(lambda: rows(page) == ["recorded"])


def test_without_a_card_the_page_leads_on_too_and_staying_shows_the_form(gate: Gate, phone: Open) -> None:
    page = opened(phone, WHATSAPP, gate.url)
    page.get_by_test_id("move-stay").click()
    page.get_by_test_id("enrol-code").wait_for()
