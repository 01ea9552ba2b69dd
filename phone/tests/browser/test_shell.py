"""The installed shell: it opens without a network, and no release can break a morning."""
# ruff: noqa: INP001 - as in tests/: real processes, a real clock, a loopback address

import base64
import hashlib
import re
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from conftest import Gate, Open, rows, until

DIST = Path(__file__).parents[2] / "dist"
ACTIVE = "navigator.serviceWorker.getRegistration().then(r => !!(r && r.active))"
CHECK = "navigator.serviceWorker.getRegistration().then(r => r.update().then(() => true, () => false))"
CACHES = "caches.keys().then(names => names.filter(name => name.startsWith('hadir-shell-')).length)"
CACHED = (
    "(async () => { const out = []; for (const name of await caches.keys()) { const cache = await caches.open(name);"
    " for (const request of await cache.keys()) out.push(await (await cache.match(request)).text()); }"
    " return out; })()"
)
WAITING = "navigator.serviceWorker.getRegistration().then(r => !!r.waiting)"


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """The same app under another revision and another title."""
    release = tmp_path / "release"
    shutil.copytree(DIST, release)
    page, worker = release / "index.html", release / "sw.js"
    before = integrity(page)
    page.write_text(page.read_text().replace('name="description"', 'data-release="next" name="description"'))
    changed = re.sub(
        r"hadir-shell-[`\"]?\s*\+?\s*[`\"]?[0-9a-f]{16}|[0-9a-f]{16}(?=[`\"])", "0123456789abcdef", worker.read_text()
    )
    assert changed != worker.read_text()
    assert before in changed
    worker.write_text(changed.replace(before, integrity(page)))
    return release


def integrity(file: Path) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(file.read_bytes()).digest()).decode()


def installed(gate: Gate, phone: Open) -> Page:
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    until(lambda: page.evaluate(ACTIVE))
    return page


def is_next(page: Page) -> bool:
    return page.locator("[data-release=next]").count() == 1


def test_it_opens_and_taps_with_the_gate_gone_and_so_does_a_new_tab(gate: Gate, phone: Open) -> None:
    page = installed(gate, phone)
    gate.stop()
    page.reload()
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["waiting"])
    other = page.context.new_page()
    other.goto(gate.url + "/?from=home")
    until(lambda: rows(other) == ["waiting"])


def test_enrolling_needs_no_gate_at_all(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(gate.url)
    page.get_by_test_id("enrol-code").wait_for()
    until(lambda: page.evaluate(ACTIVE))
    slip = gate.slip
    gate.stop()
    page.goto("about:blank")
    page.goto(slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["waiting"])


def test_a_half_deployed_release_changes_nothing(gate: Gate, phone: Open, next_release: Path) -> None:
    page = installed(gate, phone)
    for asset in (next_release / "assets").glob("*.css"):
        asset.unlink()
    gate.stop()
    gate.start(dist=next_release)
    page.evaluate(CHECK)
    page.wait_for_timeout(500)
    page.reload()
    page.get_by_test_id("tap-in").wait_for()
    assert not is_next(page)
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"


def test_a_new_release_waits_while_a_tap_is_unsent_and_comes_at_a_calm_start(
    gate: Gate, phone: Open, next_release: Path
) -> None:
    page = installed(gate, phone)
    gate.stop()
    gate.start(dist=next_release)
    gate.tell(refusal={"code": "x", "id": "x", "en": "x"})
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["refused"])
    page.evaluate(CHECK)
    until(lambda: page.evaluate(WAITING))
    for _ in range(2):
        page.reload()
        page.get_by_test_id("tap-in").wait_for()
        page.wait_for_timeout(300)
        assert not is_next(page)
    gate.tell(refusal=None)
    until(lambda: rows(page) == ["recorded"], 40)
    page.wait_for_timeout(1500)
    page.reload()
    page.get_by_test_id("tap-in").wait_for()
    until(lambda: not page.evaluate(WAITING))
    page.reload()
    until(lambda: is_next(page) and rows(page) == ["recorded"])
    assert page.evaluate(CACHES) == 1


@pytest.mark.parametrize("between", ["portal", "half"])
def test_a_captive_portal_is_no_network_and_never_gets_into_the_shell(
    gate: Gate, phone: Open, next_release: Path, between: str
) -> None:
    page = installed(gate, phone)
    gate.stop()
    gate.start(dist=next_release)
    gate.tell(between=between)
    page.get_by_test_id("tap-in").click()
    trouble = "meminta login dahulu" if between == "portal" else "Belum ada jawaban"
    until(lambda: trouble in page.inner_text("[data-testid=punch-row]"))
    assert rows(page) == ["waiting"]
    page.evaluate(CHECK)
    page.wait_for_timeout(1000)
    page.reload()
    page.get_by_test_id("tap-in").wait_for()
    assert not is_next(page)
    kept = page.evaluate(CACHED)
    assert kept
    assert not [text for text in kept if "Silakan masuk" in text]
    gate.tell(between="")
    until(lambda: rows(page) == ["recorded"], 60)


def test_a_portal_at_the_very_first_visit_leaves_no_shell_behind(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(gate.url)
    page.get_by_test_id("enrol-code").wait_for()
    until(lambda: page.evaluate(ACTIVE))
    page.evaluate("caches.keys().then(names => Promise.all(names.map(name => caches.delete(name))))")
    page.evaluate("navigator.serviceWorker.getRegistration().then(each => each.unregister())")
    gate.tell(between="half")
    page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => 1, () => 0)")
    page.wait_for_timeout(1000)
    assert page.evaluate(CACHED) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(gate: Gate, phone: Open, scheme: str) -> None:
    page = phone(color_scheme=scheme, bypass_csp=True).new_page()
    found = []

    def look(name: str) -> None:
        violations = Axe().run(page).response["violations"]
        found.extend((name, violation["id"], violation["nodes"][0]["html"]) for violation in violations)

    page.goto(gate.url)
    page.get_by_test_id("enrol-submit").click()
    look("enrol")
    page.goto("about:blank")
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    page.wait_for_timeout(300)
    look("today")
    page.get_by_test_id("punch-row").click()
    look("record")
    page.get_by_role("link", name="Bulan ini").click()
    look("month")
    page.get_by_role("link", name="Lainnya").click()
    look("more")
    for address in ("#/aturan", "#/hapus", "#/daftar"):
        page.evaluate("address => { location.hash = address }", address)
        page.wait_for_timeout(100)
        look(address)
    page.goto("about:blank")
    page.goto(f"{gate.url}/#v={gate.tell(person=1043)['voucher']}")
    page.get_by_test_id("enrol-submit").click()
    page.get_by_test_id("switch").click()
    page.get_by_test_id("person-1042").wait_for()
    look("choose")
    assert found == []


def test_everything_is_reached_by_keyboard_alone(gate: Gate, phone: Open) -> None:
    page = installed(gate, phone)
    wanted = ["tap-in", "tap-out"]
    page.evaluate("document.activeElement?.blur()")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement?.dataset.testid ?? document.activeElement?.textContent"))
    assert set(wanted) <= set(reached)
    assert {"Hari ini", "Bulan ini", "Lainnya"} <= set(reached)
    page.get_by_test_id("tap-in").focus()
    page.keyboard.press("Enter")
    until(lambda: rows(page) == ["recorded"])
    assert "Masuk" in page.inner_text("[role=status]"), "what the tap did is read aloud"


def test_a_browser_that_keeps_nothing_says_so_at_once(gate: Gate, phone: Open) -> None:
    context = phone()
    context.add_init_script(
        "Object.defineProperty(globalThis, 'indexedDB', {get() { throw new DOMException('denied', 'SecurityError') }})"
    )
    page = context.new_page()
    page.goto(gate.url)
    until(lambda: "lapor kepada atasan" in page.inner_text("body"))
    assert "This phone cannot save a tap" in page.inner_text("body")


@pytest.mark.parametrize("address", ["/status", "/kantor", "/kantor/"])
def test_only_the_shells_own_addresses_are_the_apps(gate: Gate, phone: Open, address: str) -> None:
    page = installed(gate, phone)
    page.reload()  # from here on the worker answers
    page.get_by_test_id("tap-in").wait_for()
    page.goto(gate.url + address)
    assert f"The page {address}" in page.inner_text("body")


NO_NATIVE_ED25519 = (
    "(() => { const native = SubtleCrypto.prototype.importKey; SubtleCrypto.prototype.importKey = function (...all) {"
    " return all[2] === 'Ed25519' ? Promise.reject(new DOMException('no', 'NotSupportedError'))"
    " : native.apply(this, all); }; })()"
)
ENTRIES = (
    "new Promise(done => { const open = indexedDB.open('hadir'); open.onsuccess = () => {"
    " const all = open.result.transaction('punches').objectStore('punches').getAll();"
    " all.onsuccess = () => { open.result.close(); done(all.result.map(({entry}) => entry)); }; }; })"
)


def test_without_the_file_that_checks_receipts_the_phone_is_patient_and_says_so(gate: Gate, phone: Open) -> None:
    context = phone(service_workers="block")
    context.add_init_script(NO_NATIVE_ED25519)
    page = context.new_page()
    page.route("**/assets/ed25519*", lambda route: route.abort())
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: "belum terunduh lengkap" in page.inner_text("[data-testid=punch-row]"))
    (entry,) = until(lambda: [each for each in page.evaluate(ENTRIES) if each["failures"] == 2])
    assert entry["state"] == "waiting"
    assert entry["next_try_ms"] - page.evaluate("Date.now()") > 120_000, "after a quick second try it waits minutes"
    assert gate.tell()["requests"].count("POST /v1/punches") == 2


def test_an_old_browser_checks_receipts_by_the_library(gate: Gate, phone: Open) -> None:
    context = phone()
    context.add_init_script(NO_NATIVE_ED25519)
    page = context.new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])


def test_targets_are_44_pixels_and_double_text_fits_the_width(gate: Gate, phone: Open) -> None:
    page = installed(gate, phone)
    page.get_by_test_id("tap-out").click()
    until(lambda: rows(page) == ["recorded"])
    small = "[...document.querySelectorAll('a,button')].filter(each => each.getBoundingClientRect().height < 44)"
    assert page.evaluate(f"{small}.map(each => each.outerHTML)") == []
    tabs = "getComputedStyle(document.querySelector('.tabs')).position"
    assert page.evaluate(tabs) == "sticky"
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(tabs) == "static", "the tabs cover nothing of the page"
