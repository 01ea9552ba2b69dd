"""A site comes back from yesterday's copy: Sari's phone notices, and brings what the copy lacks."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from hadir.ledger.sqlite import JOURNAL_FILE, JournalReader
from hadir.records.kinds import Kind
from hadir.records.receipt import verify_receipt
from tests.journeys.conftest import PhoneInHand, until
from tests.journeys.test_spine import SARI, slip
from tests.sitekit import RunningSite, demo_site

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

WITA = timezone(timedelta(hours=8))
#: A restore is stamped by the machine's own clock, so this site lived until yesterday.
YESTERDAY = (datetime.now(UTC).astimezone(WITA) - timedelta(days=1)).replace(
    tzinfo=None, minute=0, second=0, microsecond=0
)
KEPT = (
    "new Promise((done, fail) => { const open = indexedDB.open('hadir'); open.onerror = fail;"
    " open.onsuccess = () => { const all = open.result.transaction('punches').objectStore('punches').getAll();"
    " all.onsuccess = () => { open.result.close(); done(all.result.map(each => ({"
    " record: each.record, seq: each.seq, state: each.entry.state, receipts:"
    " [each.receipt, ...(each.later ?? [])].filter(Boolean).map(one => one.text) }))); }; }; })"
)


@pytest.fixture
def yesterday(tmp_path: Path) -> Iterator[RunningSite]:
    running = demo_site(tmp_path / "data", now=YESTERDAY.isoformat(), founded=YESTERDAY.isoformat())
    running.start()
    yield running
    running.stop()


def kept(phone: PhoneInHand) -> list[dict[str, Any]]:
    return sorted(phone.page.evaluate(KEPT), key=lambda punch: int(punch["seq"]))


def held(site: RunningSite) -> list[str]:
    """The punches of the gate's journal that goes on."""
    folder = site.site.journal_folder("gate1")
    if not (folder / JOURNAL_FILE).exists():
        return []
    reader = JournalReader(folder)
    found = [leaf.body.decode() for leaf in reader.read(0, 10_000) if leaf.kind is Kind.PUNCH]
    reader.close()
    return found


def tap(phone: PhoneInHand, which: str, count: int) -> None:
    phone.page.get_by_test_id(f"tap-{which}").click()
    until(lambda: phone.rows() == ["recorded"] * count, seconds=60, what="the receipt")


def is_again_recorded(phone: PhoneInHand, site: RunningSite, receipts: int) -> None:
    """The phone opens, learns of the new journal with its first signed time, and waits its random part of an hour."""
    page = phone.open(site.now())
    until(lambda: [each["state"] for each in kept(phone)] == ["waiting", "waiting"], what="a new journal to be noticed")
    assert set(phone.rows()) <= {"recorded"}, "a tap with a receipt stays recorded on the screen"
    phone.set_wall((datetime.fromisoformat(site.now()) + timedelta(seconds=90)).isoformat())
    until(lambda: all(len(each["receipts"]) == receipts for each in kept(phone)), seconds=90, what="new receipts")
    assert page.get_by_text("LATIHAN").is_visible()
    assert sorted(held(site)) == sorted(each["record"] for each in kept(phone))
    phone.close()


def counted(site: RunningSite) -> int:
    with sqlite3.connect(site.site.office_db) as db:
        return int(db.execute("SELECT count(*) FROM follower_punch WHERE person = ?", (SARI,)).fetchone()[0])


def test_a_restored_site_gets_back_what_its_copy_lacks_and_counts_it_once(
    yesterday: RunningSite, playwright: Playwright, tmp_path: Path
) -> None:
    phone = PhoneInHand(playwright, tmp_path / "phone", yesterday.url)
    page = phone.open(yesterday.now(), slip=slip(yesterday, SARI))
    until(lambda: page.get_by_test_id("tap-in").is_visible(), what="enrolment")
    tap(phone, "in", 1)
    data = ["--data", str(yesterday.data)]
    assert yesterday.hadir("backup", *data, str(tmp_path / "copy")).returncode == 0
    tap(phone, "out", 2)
    phone.close()
    yesterday.stop()

    root = ["--root-key", str(yesterday.data / "keys" / "root.key")]
    again = RunningSite(data=tmp_path / "again", port=yesterday.port)
    restored = again.hadir("restore", str(tmp_path / "copy"), "--data", str(again.data), *root)
    assert restored.returncode == 0, restored.stderr
    again.set_clock(datetime.now(UTC).astimezone(WITA).replace(tzinfo=None, microsecond=0).isoformat())
    again.start()
    try:
        is_again_recorded(phone, again, receipts=2)
        until(lambda: counted(again) == 2, what="the follower")
        again.stop()
        rolled = again.hadir("journal", "roll", "--data", str(again.data), "--reason", "year", *root)
        assert rolled.returncode == 0, rolled.stderr
        again.start()
        is_again_recorded(phone, again, receipts=3)
        phone.open(again.now())
        for each in kept(phone):
            proven = [verify_receipt(each["record"], text, again.site.key_list()) for text in each["receipts"]]
            assert len({one.leaf.origin for one in proven}) == 3, "each journal's receipt holds, the oldest too"
        assert counted(again) == 2, "one tap in three journals is one tap"
    finally:
        phone.close()
        again.stop()
