"""A regency's own policy: two faults, mended, tried, put in force by two; a day judged by it, here and restored."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import PHONE, log_in, until
from tests.journeys.test_law import DAY, SIDEWAYS, verdict, words
from tests.sitekit import MONDAY, RunningSite, demo_site, roll_out

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SCHOOL = 3
POLICY = """
policy: kab-contoh
title: {id: Perbup Contoh 7/2026, en: Contoh 7/2026}
extends: permentan-68-2012
values:
  absent:
    - from: 2026-01-01
      value: {code: TK, percent: 3.5}
      article: Perbup Contoh 7/2026 Pasal 12
      source: naskah
      certainty: S
"""


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[RunningSite]:
    """Nobody recorded anything, and the day has ended."""
    site = demo_site(tmp_path / "data", now=MONDAY)
    roll_out(site, DAY)
    site.set_clock(f"{DAY}T06:00:00")
    site.start()
    site.set_clock("2026-11-25T00:20:00")
    yield site
    site.stop()


def test_an_own_policy_is_mended_looked_at_and_put_in_force_by_two(
    evening: RunningSite, browser: Browser, tmp_path: Path
) -> None:
    site = evening
    rina = log_in(browser, site, "rina")
    until(lambda: "Tidak ada catatan masuk" in verdict(rina, site), what="the verdict by the policy of before")
    brings_it_with_two_faults(rina)
    mends_it_and_tries_it(rina)
    proposes_it(rina)
    lina = log_in(browser, site, "lina", size=PHONE)
    agrees_and_gives_it_to_the_school(lina, rina, site)
    until(lambda: "Perbup Contoh 7/2026 Pasal 12" in verdict(lina, site), what="the verdict by the own policy")
    assert "3,50 %" in words(lina) or "3,5 %" in words(lina)
    site.stop()
    the_same_in_a_new_folder(site, tmp_path)


def brings_it_with_two_faults(rina: Page) -> None:
    rina.locator("nav.menu a", has_text="Aturan kerja").click()
    rina.locator("main a", has_text="Peraturan dan kalender").first.click()
    rina.locator("main a", has_text="Aturan sendiri").click()
    rina.wait_for_url("**/aturan/sendiri/")
    uploads(rina, POLICY.replace("percent: 3.5", "percent: 350").replace("certainty: S", "certainty: tahu"))
    told = words(rina)
    assert re.search(r"values\.absent\[0\]\.value \(baris \d+\): harus persentase dari 0 sampai 100, bukan 350", told)
    assert re.search(r"values\.absent\[0\]\.certainty \(baris \d+\): harus salah satu dari S, K, I", told)


def uploads(rina: Page, text: str) -> None:
    file = {"name": "kab-contoh.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
    rina.set_input_files("#berkas", file)  # type: ignore[arg-type]
    rina.locator("main form button.primary").click()


def mends_it_and_tries_it(rina: Page) -> None:
    uploads(rina, POLICY)
    rina.wait_for_url("**/naskah/*/")
    here = rina.url
    assert "Tidak ada kesalahan" in words(rina)
    assert "nilai dari" in words(rina), "what is borrowed"
    rina.locator("main button", has_text="Uji peraturan ini").click()
    rina.wait_for_url("**/uji/*/")
    until(lambda: rina.reload() and "Sari Wulandari" in words(rina), what="whom it would change something for")
    rina.goto(here)


def proposes_it(rina: Page) -> None:
    rina.fill("#from_date", DAY)
    rina.fill("#document", "Perbup Contoh 7/2026")
    rina.fill("#reason", "Telah diundangkan.")
    rina.locator("main button", has_text="Usulkan naskah ini").click()
    rina.wait_for_url(lambda url: "selesai=make" in url)
    assert rina.locator("main a.button", has_text="Setujui").count() == 0, "not by her who proposed it"


def agrees_and_gives_it_to_the_school(lina: Page, rina: Page, site: RunningSite) -> None:
    lina.goto(f"{site.url}/kantor/tugas/")
    lina.locator("main a", has_text="Peraturan sendiri").first.click()
    lina.locator("main a.button", has_text="Setujui").first.click()
    lina.wait_for_url("**/setujui/")
    assert lina.evaluate(SIDEWAYS) <= PHONE["width"], "nothing is wider than the phone"
    lina.fill("#reason", "Sesuai naskah.")
    lina.locator("main form button.primary").click()
    lina.wait_for_url(lambda url: "selesai=agree" in url)
    rina.goto(f"{site.url}/kantor/aturan/unit/{SCHOOL}/baru/duty/")
    rina.select_option("#policy", "own-kab-contoh")
    rina.fill("#from_date", DAY)
    rina.fill("#document", "SK 800/9")
    rina.fill("#reason", "Perbup baru.")
    rina.locator("main form button.primary").click()
    rina.locator("main form button.primary").click()
    rina.wait_for_url(lambda url: "selesai=make" in url)
    lina.goto(rina.url.partition("?")[0] + "setujui/")
    lina.fill("#reason", "Setuju.")
    lina.locator("main form button.primary").click()
    lina.wait_for_url(lambda url: "selesai=agree" in url)


def the_same_in_a_new_folder(site: RunningSite, tmp_path: Path) -> None:
    here = rebuilt(site)
    copy, again = tmp_path / "copy", RunningSite.on(tmp_path / "again")
    assert site.hadir("backup", "--data", str(site.data), str(copy)).returncode == 0
    root = ["--root-key", str(site.data / "keys" / "root.key")]
    restored = again.hadir("restore", str(copy), "--data", str(again.data), *root)
    assert restored.returncode == 0, restored.stderr
    again.set_clock("2026-11-25T00:30:00")
    assert rebuilt(again) == here


def rebuilt(site: RunningSite) -> str:
    done = site.hadir("office", "rebuild", "--data", str(site.data), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["identical"]
    return str(told["after"])
