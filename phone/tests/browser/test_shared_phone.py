"""Two people, one phone: Sari and Budi tap on it and never see, send or sign as one another."""
# ruff: noqa: INP001 - as in tests/: real processes, a real clock, a loopback address

from typing import Any

import pytest
from playwright.sync_api import Page

from conftest import Gate, Open, rows, until

SARI, BUDI = 1042, 1043
KEYS = (
    "(async () => { const out = []; for (const { name } of await indexedDB.databases()) {"
    " const db = await new Promise(done => { const r = indexedDB.open(name); r.onsuccess = () => done(r.result); });"
    " if (db.objectStoreNames.contains('kept')) { const device = await new Promise(done => {"
    " const r = db.transaction('kept').objectStore('kept').get('device'); r.onsuccess = () => done(r.result); });"
    " if (device) out.push([name, device.person, device.kid, device.privateKey.extractable]); } db.close(); }"
    " return out; })()"
)


def slip(gate: Gate, person: int) -> str:
    return f"{gate.url}/#v={gate.tell(person=person)['voucher']}"


def enrol_both(gate: Gate, page: Page) -> None:
    page.goto(slip(gate, SARI))
    page.get_by_test_id("tap-in").wait_for()
    until(lambda: page.evaluate("navigator.serviceWorker.getRegistration().then(r => !!(r && r.active))"))
    page.goto("about:blank")
    page.goto(slip(gate, BUDI))
    page.get_by_test_id("enrol-submit").click()
    until(lambda: "Pegawai 1043" in page.inner_text("header"))


def come_back(page: Page, gate: Gate, person: int) -> None:
    """The app is opened anew, and somebody says who he is."""
    page.goto("about:blank")
    page.goto(gate.url)
    page.get_by_test_id(f"person-{person}").click()
    page.get_by_test_id("tap-in").wait_for()
    page.wait_for_timeout(450)  # a second touch of the same finger is not a tap


def chain_of(gate: Gate, person: int) -> list[dict[str, Any]]:
    mine = [punch for punch in gate.tell()["punches"] if punch["payload"]["person"] == person]
    return sorted(mine, key=lambda punch: punch["payload"]["seq"])


def test_sari_and_budi_tap_on_one_phone_while_the_gate_is_dead(gate: Gate, restarting: Open) -> None:
    context = restarting()
    page = context.new_page()
    enrol_both(gate, page)
    gate.stop()
    come_back(page, gate, SARI)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["waiting"])
    come_back(page, gate, BUDI)
    assert rows(page) == [], "Sari's tap is not shown to Budi"
    for _ in range(2):
        page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["waiting", "waiting"])
    page.get_by_test_id("switch").click()
    page.get_by_test_id(f"person-{SARI}").click()
    until(lambda: rows(page) == ["waiting"])
    context.close()

    context = restarting()
    page = context.new_page()
    gate.start()
    page.goto(gate.url)
    page.get_by_test_id(f"person-{BUDI}").click()
    until(lambda: rows(page) == ["recorded", "recorded"], 60)
    until(lambda: len(gate.tell()["punches"]) == 3, 60)
    sari, budi = chain_of(gate, SARI), chain_of(gate, BUDI)
    assert [(punch["payload"]["seq"], punch["payload"]["prev"]) for punch in sari] == [(1, None)]
    assert [punch["payload"]["seq"] for punch in budi] == [1, 2]
    assert [punch["payload"]["prev"] for punch in budi] == [None, budi[0]["hash"]]
    assert {punch["header"]["kid"] for punch in sari}.isdisjoint({punch["header"]["kid"] for punch in budi})
    kept = page.evaluate(KEYS)
    assert [(person, extractable) for _, person, _, extractable in kept] == [(SARI, False), (BUDI, False)]
    assert [kid for _, _, kid, _ in kept] == [sari[0]["header"]["kid"], budi[0]["header"]["kid"]]


def test_each_sees_only_his_own_history_and_an_address_of_the_other_opens_nothing(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    enrol_both(gate, page)
    come_back(page, gate, SARI)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    record = page.get_by_test_id("punch-row").get_attribute("href")
    assert record
    come_back(page, gate, BUDI)
    for address in ("#/bulan", record):
        page.evaluate("address => { location.hash = address }", address)
        page.wait_for_timeout(200)
        text = page.inner_text("body")
        assert "1042" not in text
        assert page.get_by_test_id("punch-row").count() == 0
        assert page.get_by_test_id("save-receipt").count() == 0


def test_whoever_comes_back_after_a_pause_is_asked_again(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    enrol_both(gate, page)
    until(lambda: "sebagai Pegawai 1043" in page.inner_text(".tap.big"))  # in the afternoon it is the other button
    page.evaluate("(() => { const real = Date.now.bind(Date); Date.now = () => real() + 121_000; })()")
    page.get_by_test_id(f"person-{SARI}").wait_for(timeout=8_000)


def test_the_finger_that_chose_does_not_tap_too(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    enrol_both(gate, page)
    page.get_by_test_id("switch").click()
    page.evaluate(
        f"document.querySelector('[data-testid=person-{SARI}]').click();"
        "new MutationObserver(() => document.querySelector('[data-testid=tap-in]')?.click())"
        ".observe(document.body, {childList: true, subtree: true, once: true})"
    )
    page.get_by_test_id("tap-in").wait_for()
    page.wait_for_timeout(300)
    assert gate.tell()["punches"] == []


def test_a_person_is_removed_only_when_nothing_of_hers_is_unsent(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    enrol_both(gate, page)
    come_back(page, gate, SARI)
    gate.tell(refusal={"code": "x", "id": "x", "en": "x"})
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["refused"])
    page.evaluate("location.hash = '#/hapus'")
    page.get_by_test_id("remove-unsent").wait_for()
    assert page.get_by_test_id("remove-now").count() == 0
    gate.tell(refusal=None)
    come_back(page, gate, SARI)
    until(lambda: rows(page) == ["recorded"], 40)
    page.evaluate("location.hash = '#/hapus'")
    page.get_by_test_id("remove-now").click()
    until(lambda: "Pegawai 1043" in page.inner_text("header"))
    assert [person for _, person, _, _ in page.evaluate(KEYS)] == [BUDI]
    page.goto("about:blank")
    page.goto(gate.url)
    until(lambda: "Pegawai 1043" in page.inner_text("header"))
    page.goto("about:blank")
    page.goto(slip(gate, SARI))
    page.get_by_test_id("enrol-submit").click()
    until(lambda: "Pegawai 1042" in page.inner_text("header"))
    assert rows(page) == [], "a new key, a new chain"


def test_a_colleagues_slip_in_my_page_never_takes_my_place(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(slip(gate, SARI))
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    page.evaluate("location.hash = '#/daftar'")
    page.get_by_test_id("enrol-code").fill(gate.tell(person=BUDI)["voucher"])
    page.get_by_test_id("enrol-submit").click()
    until(lambda: "Tambah orang" in page.inner_text("main"))
    page.get_by_test_id("enrol-submit").click()
    until(lambda: "Pegawai 1043" in page.inner_text("header"))
    assert rows(page) == []
    come_back(page, gate, SARI)
    assert rows(page) == ["recorded"]


def test_a_fifth_person_is_told_why_not(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    enrol_both(gate, page)
    for person in (1044, 1045):
        page.goto("about:blank")
        page.goto(slip(gate, person))
        page.get_by_test_id("enrol-submit").click()
        until(lambda number=person: f"Pegawai {number}" in page.inner_text("header"))
    page.evaluate("location.hash = '#/lain'")
    page.get_by_test_id("add-person").click()
    until(lambda: "empat orang" in page.inner_text("#code-error"))


@pytest.mark.parametrize("offline_ms", [0, 500])
def test_one_who_left_is_delivered_while_the_other_uses_the_phone(gate: Gate, phone: Open, offline_ms: int) -> None:
    page = phone().new_page()
    enrol_both(gate, page)
    come_back(page, gate, SARI)
    gate.stop()
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["waiting"])
    page.get_by_test_id("switch").click()
    page.get_by_test_id(f"person-{BUDI}").click()
    if offline_ms:
        page.context.set_offline(True)
        page.wait_for_timeout(offline_ms)
    gate.start()
    page.context.set_offline(False)
    (punch,) = until(lambda: gate.tell()["punches"], 60)
    assert punch["payload"]["person"] == SARI
    (statement,) = until(lambda: gate.tell()["witnesses"], 60)
    assert statement["payload"]["person"] == SARI
    assert rows(page) == []
