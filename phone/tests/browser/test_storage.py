"""The phone's own storage fails, or another page holds what it needs: no tap hangs, and what is said is true."""
# ruff: noqa: INP001 - as in tests/: real processes, a real clock, a loopback address

import pytest
from playwright.sync_api import Page

from conftest import Gate, Open, rows, until

CONNECTIONS = (
    "(() => { window.connections = []; const open = IDBFactory.prototype.open;"
    " IDBFactory.prototype.open = function (...all) { const request = open.apply(this, all);"
    " request.addEventListener('success', () => window.connections.push(request.result)); return request; }; })()"
)
ACTIVE = "navigator.serviceWorker.getRegistration().then(r => !!(r && r.active))"
HOLD = (
    "name => new Promise(held => navigator.locks.request(name,"
    " () => { held(true); return new Promise(() => undefined); }))"
)


FULL = (
    "(() => { for (const way of ['add', 'put']) { const real = IDBObjectStore.prototype[way];"
    " IDBObjectStore.prototype[way] = function (...all) { if (!window.full) return real.apply(this, all);"
    " throw new DOMException('full', 'QuotaExceededError'); }; } })()"
)


def with_little_room(gate: Gate, phone: Open) -> Page:
    """Enrolled; `window.full` says whether the storage takes anything."""
    context = phone()
    context.add_init_script(FULL)
    page = context.new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    return page


def test_a_connection_that_was_lost_is_opened_again_and_the_tap_is_saved(gate: Gate, phone: Open) -> None:
    context = phone()
    context.add_init_script(CONNECTIONS)
    page = context.new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    until(lambda: page.evaluate(ACTIVE))
    gate.stop()
    for count in (1, 2):
        assert page.evaluate("window.connections.map(each => each.close()).length") > 0
        page.get_by_test_id("tap-in").click()
        until(lambda count=count: rows(page) == ["waiting"] * count)
    assert page.locator(".status.problem").count() == 0
    page.reload()
    until(lambda: rows(page) == ["waiting"] * 2)


def test_a_full_storage_is_said_and_the_tap_is_sent_all_the_same(gate: Gate, phone: Open) -> None:
    page = with_little_room(gate, phone)
    page.evaluate("window.full = true")
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    assert len(gate.tell()["punches"]) == 1
    text = page.inner_text("[data-testid=punch-row]")
    assert "Diterima pukul" in text
    assert "HP tidak dapat menyimpannya" in text
    assert "Tersimpan di HP" not in page.inner_text("main")


def test_full_and_no_network_is_not_called_saved_and_is_kept_when_there_is_room(gate: Gate, phone: Open) -> None:
    page = with_little_room(gate, phone)
    until(lambda: page.evaluate(ACTIVE))
    gate.stop()
    page.evaluate("window.full = true")
    page.get_by_test_id("tap-in").click()
    until(lambda: "belum terkirim" in page.inner_text("[data-testid=punch-row]"))
    assert "Penyimpanan HP penuh" in page.inner_text("[role=status]")
    assert "rusak" not in page.inner_text("main")
    assert "Tersimpan di HP" not in page.inner_text("main")
    page.evaluate("window.full = false")
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["waiting", "waiting"] and page.locator("[data-unkept]").count() == 0)
    page.reload()
    until(lambda: rows(page) == ["waiting", "waiting"])
    gate.start()
    until(lambda: rows(page) == ["recorded", "recorded"], 60)
    chain = sorted((punch["payload"]["seq"], punch["payload"]["prev"]) for punch in gate.tell()["punches"])
    assert [seq for seq, _ in chain] == [1, 2]


@pytest.mark.parametrize("lock", ["hadir-chain hadir", "hadir-flush hadir"])
def test_a_lock_that_another_page_never_gives_back_holds_up_no_tap(gate: Gate, phone: Open, lock: str) -> None:
    context = phone()
    page = context.new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    other = context.new_page()
    other.goto(gate.url + "/manifest.webmanifest")
    assert other.evaluate(HOLD, lock)
    page.bring_to_front()
    page.get_by_test_id("tap-in").click()
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded", "recorded"], 60)
    first, second = sorted(gate.tell()["punches"], key=lambda punch: punch["payload"]["seq"])
    assert (first["payload"]["seq"], first["payload"]["prev"]) == (1, None)
    assert (second["payload"]["seq"], second["payload"]["prev"]) == (2, first["hash"])


@pytest.mark.parametrize(("width", "height"), [(360, 640), (320, 480)])
def test_the_row_of_a_tap_is_in_sight(gate: Gate, phone: Open, width: int, height: int) -> None:
    page = phone().new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    for count in range(1, 5):
        page.get_by_test_id("tap-in").click()
        until(lambda count=count: len(gate.tell()["punches"]) == count)
        until(lambda: set(rows(page)) == {"recorded"})
        page.wait_for_timeout(400)  # the row settles
        row = page.get_by_test_id("punch-row").last.bounding_box()
        tabs = page.locator(".tabs").bounding_box()
        assert row
        assert tabs
        assert row["y"] >= 0
        assert row["y"] + row["height"] <= tabs["y"] + 1, "the newest row stands above the tabs"
