"""One tap, its receipt, its verdict, through a dead server."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from hadir.ledger.audit import audit_journal
from hadir.records.encoding import un_b64url
from tests.journeys.conftest import PhoneInHand, log_in, until
from tests.sitekit import RunningSite

pytestmark = [pytest.mark.journey, pytest.mark.timeout(420)]

SARI, BUDI, HAIRUNISA = 1001, 1002, 1106
NAMES = {SARI: "Sari", BUDI: "Budi", HAIRUNISA: "Hairunisa"}
WAITING = (["waiting"], ["sending"])
TAKEN_OUT = "document.dispatchEvent(new Event('visibilitychange'))"
"""Whoever takes the phone out of the pocket need not wait for the minute at which the app asks by itself."""
PhoneOf = Callable[[str], PhoneInHand]


def slip(site: RunningSite, person: int) -> str:
    with sqlite3.connect(site.site.office_db) as db:
        row = db.execute(
            "SELECT voucher FROM devices_slip WHERE person_id = ? ORDER BY number DESC", (person,)
        ).fetchone()
    return str(row[0])


def enrol(phone: PhoneInHand, site: RunningSite, person: int) -> None:
    """On Monday, with a network: the shell is installed and a signed time is held."""
    page = phone.open(site.now(), slip=slip(site, person))
    until(lambda: page.get_by_test_id("tap-in").is_visible(), what="enrolment")
    until(phone.installed, what="installation")
    until(lambda: "LATIHAN" in page.inner_text("body"), what="the key list")
    assert "v=" not in page.url
    phone.close()


def day_of(office: Page, site: RunningSite, person: int, day: str = "2026-11-24") -> str:
    office.goto(f"{site.url}/kantor/orang/{person}/{day}/")
    for part in office.locator("details").all():
        part.evaluate("part => { part.open = true; }")
    return office.inner_text("main")


@dataclass
class Tuesday:
    """The site, three phones and Wati's desk."""

    site: RunningSite
    sari: PhoneInHand
    budi: PhoneInHand
    hairunisa: PhoneInHand
    browser: Browser


def test_a_tap_through_a_dead_server_is_on_time(
    site: RunningSite, phone_of: PhoneOf, browser: Browser, tmp_path: Path
) -> None:
    day = Tuesday(site, phone_of("sari"), phone_of("budi"), phone_of("hairunisa"), browser)
    for phone, person in ((day.sari, SARI), (day.budi, BUDI), (day.hairunisa, HAIRUNISA)):
        enrol(phone, site, person)
    site.stop()
    taps_while_everything_is_down(day)
    arrives_by_itself_when_the_site_is_back(day)
    a_second_tap_is_already_recorded(day)
    a_confirmed_phone_knows_its_result(day, wati_sees_on_time_and_late(day))
    the_receipt_stands_alone(day, tmp_path)
    flight_mode_and_a_clock_turned_back_do_not_help(day)
    rebuilt_from_nothing_the_verdicts_are_the_same(day)


def taps_while_everything_is_down(day: Tuesday) -> None:
    page = day.sari.open("2026-11-24T07:27:50")
    page.reload()
    day.sari.set_wall("2026-11-24T07:28:13")
    page.get_by_test_id("tap-in").click()
    until(lambda: day.sari.rows() in WAITING, what="the tap on Sari's phone")
    assert "07.28" in page.get_by_test_id("punch-row").inner_text()
    day.sari.close()
    page = day.budi.open("2026-11-24T07:42:05")
    page.get_by_test_id("tap-in").click()
    until(lambda: day.budi.rows() in WAITING, what="the tap on Budi's phone")


def arrives_by_itself_when_the_site_is_back(day: Tuesday) -> None:
    """08:05. Nobody touches a button: both taps are sent, and believed only with a receipt that verifies."""
    day.site.set_clock("2026-11-24T08:05:00")
    page = day.sari.open("2026-11-24T08:04:55")
    until(lambda: day.sari.rows() in WAITING, what="the tap after the browser was closed and opened")
    day.site.start()
    day.budi.set_wall("2026-11-24T08:05:10")
    until(lambda: day.sari.rows() == ["recorded"], seconds=150, what="Sari's receipt")
    until(lambda: day.budi.rows() == ["recorded"], seconds=330, what="Budi's receipt")
    row = page.get_by_test_id("punch-row").inner_text()
    assert "07.28" in row
    assert "08.0" in row


def a_second_tap_is_already_recorded(day: Tuesday) -> None:
    page = day.sari.page
    page.get_by_test_id("tap-in").click()
    until(lambda: day.sari.rows() == ["recorded", "recorded"], seconds=60, what="the second tap")
    assert "sudah" in page.inner_text("main").lower()


def wati_sees_on_time_and_late(day: Tuesday) -> Page:
    office = log_in(day.browser, day.site, "wati")
    office.goto(f"{day.site.url}/kantor/hari-ini/")
    until(lambda: "terlambat" in office.inner_text("main"), what="today's sentence, by itself")
    sari = until(lambda: "Tepat waktu" in (found := day_of(office, day.site, SARI)) and found, what="Sari's verdict")
    assert "07.28.1" in sari
    assert "satu waktu" in sari
    assert "Pulang 0" not in sari, "the second tap became a departure"
    assert sari.count("gate1") == 2, "each tap names the journal that holds it"
    budi = day_of(office, day.site, BUDI)
    assert "12 menit" in budi
    assert "TL1" in budi
    assert "Permentan" in budi, "the class names its article"
    return office


def a_confirmed_phone_knows_its_result(day: Tuesday, office: Page) -> None:
    confirm(office, day.site, SARI)
    page = day.sari.page
    page.evaluate(TAKEN_OUT)
    until(lambda: "Tepat waktu" in page.get_by_test_id("result").inner_text(), seconds=150, what="her result")
    page.get_by_test_id("tap-out").click()
    until(lambda: day.sari.rows() == ["recorded"] * 3, seconds=60, what="the departure")
    assert day_of(office, day.site, SARI).count("menunggu") <= 2, "only the first taps await confirmation"


def the_receipt_stands_alone(day: Tuesday, folder: Path) -> None:
    page = day.sari.page
    page.get_by_test_id("punch-row").first.click()
    with page.expect_download() as download:
        page.get_by_test_id("save-receipt").click()
    file = folder / "receipt.txt"
    download.value.save_as(file)
    keys = str(day.site.site.keys_folder / "keys.note")
    assert day.site.hadir("verify", "receipt", str(file), "--keys", keys).returncode == 0
    day.sari.close()


def flight_mode_and_a_clock_turned_back_do_not_help(day: Tuesday) -> None:
    """Wednesday: a signed time of 07:39, flight mode, the wall clock turned back to 07:25, a tap, then a network."""
    phone = day.hairunisa
    day.site.set_clock("2026-11-25T07:39:00")
    page = phone.open("2026-11-25T07:39:00")
    until(lambda: held_time_ms(page) >= at_ms("2026-11-25T07:39:00"), what="a fresh signed time")
    assert phone.context is not None
    phone.context.set_offline(True)
    phone.set_wall("2026-11-25T07:25:00")
    page.get_by_test_id("tap-in").click()
    until(lambda: phone.rows() in WAITING, what="the tap in flight mode")
    day.site.set_clock("2026-11-25T08:10:00")
    phone.set_wall("2026-11-25T08:10:00")
    phone.context.set_offline(False)
    until(lambda: phone.rows() == ["recorded"], seconds=330, what="Hairunisa's receipt")
    office = log_in(day.browser, day.site, "wati")  # yesterday's log-in has ended
    found = until(
        lambda: "TL1" in (text := day_of(office, day.site, HAIRUNISA, "2026-11-25")) and text, what="her verdict"
    )
    assert "Tepat waktu" not in found


def rebuilt_from_nothing_the_verdicts_are_the_same(day: Tuesday) -> None:
    day.site.stop()
    again = day.site.hadir("office", "rebuild", "--data", str(day.site.site.data))
    assert again.returncode == 0, again.stdout + again.stderr
    for folder in day.site.site.journal_folders():
        assert audit_journal(folder, day.site.site.key_list()).ok


def confirm(office: Page, site: RunningSite, person: int) -> None:
    """Wati looks at the key seen with Sari's slip and confirms it."""
    office.goto(f"{site.url}/kantor/hp/")
    row = (
        office.locator("tr, li, section")
        .filter(has_text=NAMES[person])
        .filter(has=office.locator("a", has_text="Sahkan"))
    )
    row.last.locator("a", has_text="Sahkan").click()
    office.wait_for_url("**/sahkan/**")
    office.locator("main form button.primary").click()
    office.wait_for_url(lambda url: "/sahkan/" not in url)


def at_ms(local: str) -> int:
    return int(datetime.fromisoformat(local + "+08:00").timestamp() * 1000)


def held_time_ms(page: Page) -> int:
    """The newest signed time that the phone keeps, read from its own store."""
    token = page.evaluate(
        """async () => {
            const open = indexedDB.open((await indexedDB.databases())[0].name);
            const db = await new Promise((done) => { open.onsuccess = () => done(open.result); });
            let found = "";
            for (const name of db.objectStoreNames) {
                const all = db.transaction(name).objectStore(name).getAll();
                await new Promise((done) => { all.onsuccess = done; });
                for (const one of all.result) found = one?.held?.token ?? found;
            }
            db.close();
            return found;
        }"""
    )
    return int(msgspec.json.decode(un_b64url(token.split(".")[1]))["at_ms"]) if token else 0
