"""Wati's Monday: slips for the school in one go, phones confirmed at once, a changed phone, and one that is lost."""

import io
import json
import re
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from hadir.ledger.sqlite import JournalReader
from hadir.records.kinds import Kind
from rehearsal.phones import Phone, record_hash
from tests.journeys.conftest import PHONE, log_in, until
from tests.journeys.test_register import fits_and_reads
from tests.sitekit import RunningSite

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SARI, BUDI = 1001, 1002
REVOKED_SECONDS_MAX = 180
"""How long a busy machine is waited for; on a quiet one it takes seconds."""


def tap(site: RunningSite, phone: Phone, direction: str = "in") -> str:
    """Tap and deliver; the record's hash."""
    record = phone.punch(direction, wall_ms=site.site.clock().now_ms())
    body = json.dumps({"punches": [{"record": record}]}).encode()
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{site.url}/v1/punches", data=body, headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own address
        assert answer.status == 200
    return record_hash(record)


def slips_of_sheet(page: Page, link: str) -> dict[str, str]:
    """Name -> voucher, read from the printed text itself."""
    data = page.request.get(link).body()
    text = "\n".join(part.extract_text() for part in PdfReader(io.BytesIO(data)).pages)
    assert "SDN Tamban 3" in text
    lines = re.findall(r"^([0-9A-Z]{5}(?: [0-9A-Z]{5}){3}) [0-9A-Z]$", text, re.MULTILINE)
    codes = ["".join(lines[at : at + 6]).replace(" ", "") for at in range(0, len(lines), 6)]
    names = re.findall(r"^(Sari Wulandari|Budi Rahman)", text, re.MULTILINE)
    assert len(names) == len(codes)
    return dict(zip(names, codes, strict=True))


def test_wati_prints_slips_confirms_phones_and_replaces_one(browser: Browser, site: RunningSite) -> None:
    wati = log_in(browser, site, "wati", size=PHONE)
    vouchers = prints_slips(wati, site)
    phones = {SARI: Phone(SARI, voucher=vouchers["Sari Wulandari"]), BUDI: Phone(BUDI, voucher=vouchers["Budi Rahman"])}
    for phone in phones.values():
        tap(site, phone)
    confirms_both_at_once(wati, site)
    changed = Phone(SARI, voucher=vouchers["Sari Wulandari"])
    tap(site, changed)
    approves_the_changed_phone(wati, site)
    revoked_in_seconds(wati, site, phones[BUDI])


def prints_slips(wati: Page, site: RunningSite) -> dict[str, str]:
    wati.goto(f"{site.url}/kantor/slip/")
    fits_and_reads(wati)
    for box in wati.locator("main tbody input[type=checkbox]").all():
        if box.is_checked() != (box.get_attribute("value") in {str(SARI), str(BUDI)}):
            box.press("Space")  # by the keyboard: its label is as large as a thumb
    wati.click("text=Cetak slip yang ditandai")
    assert "Terbitkan 2 slip?" in wati.inner_text("main")
    assert "2 slip yang belum dipakai diganti" in wati.inner_text("main")
    fits_and_reads(wati)
    wati.click("main button.primary")
    wati.wait_for_url("**/slip/cetak/*/")
    assert "2 slip siap dicetak pada 1 lembar A4" in wati.inner_text("main")
    fits_and_reads(wati)
    return slips_of_sheet(wati, site.url + str(wati.locator("main a.button.primary").get_attribute("href")))


def confirms_both_at_once(wati: Page, site: RunningSite) -> None:
    wati.goto(f"{site.url}/kantor/hp/")
    until(lambda: wati.reload() and "Menunggu pengesahan (2)" in wati.inner_text("main"), what="both keys")
    fits_and_reads(wati)
    wati.click("text=Sahkan beberapa sekaligus")
    fits_and_reads(wati)
    wati.fill("#reason", "Dilihat saat apel Senin.")
    wati.click("main form button.primary")
    assert "2 HP disahkan" in wati.inner_text("main")


def approves_the_changed_phone(wati: Page, site: RunningSite) -> None:
    wati.goto(f"{site.url}/kantor/hp/3/sahkan/")
    until(lambda: wati.reload() and "sudah punya 1 HP terdaftar" in wati.inner_text("main"), what="the changed phone")
    wati.check("input[name=replace][value='1']")
    wati.fill("#reason", "HP Sari diganti.")
    wati.click("main form button.primary")
    assert "1 HP disahkan" in wati.inner_text("main")
    assert wati.locator("tr", has_text="Sari Wulandari").locator("text=Dicabut").count() == 1


def revoked_in_seconds(wati: Page, site: RunningSite, phone: Phone) -> None:
    """From the office's click until the gate flags the lost phone's taps."""
    wati.goto(f"{site.url}/kantor/hp/{phone.kid}/cabut/")
    wati.fill("#reason", "HP Budi hilang.")
    began = time.monotonic()
    wati.click("main form button")
    wati.wait_for_url(lambda url: "selesai=revoke" in url)
    journal = site.site.journal_folder("gate1")

    def is_flagged() -> bool:
        return "revoked_key" in flags_of(journal, tap(site, phone))

    until(is_flagged, seconds=REVOKED_SECONDS_MAX, what="the flag")
    print(f"a revocation reached the gate in {time.monotonic() - began:.1f} s")  # noqa: T201 - a figure to look at


def flags_of(folder: Path, record: str) -> list[str]:
    reader = JournalReader(folder)
    try:
        leaves = reader.read(max(reader.size() - 20, 0), 20)
    finally:
        reader.close()
    found = [json.loads(leaf.body) for leaf in leaves if leaf.kind is Kind.FLAG]
    return [flag for one in found if one["about"] == record for flag in one["flags"]]
