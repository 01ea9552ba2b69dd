"""Rina's first day: a staff list with ten faults, repaired; then a terminal's file, and the PIN that nobody held."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import DESK, PHONE, log_in, until
from tests.journeys.test_spine import PhoneOf, enrol
from tests.sitekit import MONDAY, RunningSite, demo_site

pytestmark = [pytest.mark.journey, pytest.mark.timeout(420)]

HEAD = "NIP;Nama;Jenis pegawai;Unit;Mulai;Sampai;Atasan"
SCHOOL, NEW_SCHOOL = "Dinas Pendidikan > SDN Baru 1", "Dinas Pendidikan > SDN Baru 2"
GOOD = f"""\
198001012005011001;Noor Aini;PNS;{SCHOOL};2026-11-01;;
199002022015032002;Rudi Hartono;PPPK;{SCHOOL};2026-11-01;;198001012005011001
"""
FAULTS = f"""\
;;PNS;{SCHOOL};;;
12;Ani;PNS;{SCHOOL};;;
1,98E+17;Budiman;PNS;{SCHOOL};;;
199102022015032003;Citra;Pegawai;{SCHOOL};;;
199202022015032004;Dian;PNS;;;;
199302022015032005;Eka;PNS;{SCHOOL};31/02/2026;;
199402022015032006;Fajar;PNS;{SCHOOL};2026-05-01;2026-04-01;
199502022015032007;Gita;PNS;{SCHOOL};;;177001012005011009
199602022015032008;Hadi;PNS;{SCHOOL};;;199602022015032008
199713022015032009;Indah;PNS;{SCHOOL};;;
"""
ATTLOG = (
    "    5\t2026-11-20 07:21:05\t1\t0\t1\t0\n"
    "    5\t2026-11-31 07:21:05\t1\t0\t1\t0\n"
    "    5\t2026-11-20 16:05:00\t1\t1\t1\t0\n"
)

WIDE_PARTS = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")].filter((one) => one.scrollWidth > innerWidth && !one.closest(".menu"))
    .map((one) => one.outerHTML.slice(0, 160)).concat(["the page"])"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Each list is of another school."""
    running = demo_site(tmp_path_factory.mktemp("register") / "data", now=MONDAY)
    running.start()
    yield running
    running.stop()


def upload(page: Page, folder: Path, name: str, content: str) -> None:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    page.set_input_files("#berkas", file)
    page.click("main button.primary")


def fits_and_reads(page: Page) -> None:
    """On a desk and on the phone that goes on: no sideways scrolling, and axe finds nothing."""
    for size in (DESK, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate(WIDE_PARTS) == [], (page.url, size)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(WIDE_PARTS) == [], (page.url, "with text of twice the size")
    page.evaluate("document.documentElement.style.fontSize = ''")


def test_rina_repairs_a_staff_list_and_brings_a_terminals_file(
    browser: Browser, site: RunningSite, tmp_path: Path
) -> None:
    rina = log_in(browser, site, "rina", size=PHONE)
    rina.goto(f"{site.url}/kantor/pegawai/impor/")
    fits_and_reads(rina)
    upload(rina, tmp_path, "pegawai.csv", f"{HEAD}\n{FAULTS}{GOOD}")
    assert "Kesalahan (10)" in rina.inner_text("main")
    fits_and_reads(rina)

    rina.goto(f"{site.url}/kantor/pegawai/impor/")
    upload(rina, tmp_path, "pegawai.csv", f"{HEAD}\n{GOOD}")
    assert "2 orang baru" in rina.inner_text("main")
    assert "0 kesalahan" in rina.inner_text("main")
    rina.click("main button.primary")
    assert "Daftar sudah dijalankan." in rina.inner_text("main")

    rina.goto(f"{site.url}/kantor/mesin-tempat/")
    rina.fill("#serial", "X105-1")
    rina.select_option("#unit", "3")
    rina.click("main button.primary")
    rina.click("text=Unggah berkas mesin")
    fits_and_reads(rina)
    upload(rina, tmp_path, "1_attlog.dat", ATTLOG)
    assert "3 baris: 2 akan masuk, 0 sudah ada, 1 tidak terbaca." in rina.inner_text("main")
    fits_and_reads(rina)
    rina.click("main button.primary")
    assert "3 baris: 2 baru, 0 sudah ada, 1 tidak terbaca." in rina.inner_text("main")
    fits_and_reads(rina)

    rina.goto(f"{site.url}/kantor/mesin/X105-1/")
    until(lambda: rina.reload() and "PIN tanpa pemilik (1)" in rina.inner_text("main"), what="the waiting PIN")
    fits_and_reads(rina)
    rina.click("text=Pasangkan PIN")
    fits_and_reads(rina)
    rina.select_option("#person", "1001")
    rina.click("main button.primary")
    rina.goto(f"{site.url}/kantor/orang/1001/2026-11-20/")
    until(lambda: rina.reload() and "07.21.05" in rina.inner_text("main"), what="the day")
    assert "Mesin absen" in rina.inner_text("main")


def test_before_the_first_day_everybody_is_prepared_and_the_page_follows(
    browser: Browser, site: RunningSite, phone_of: PhoneOf, tmp_path: Path
) -> None:
    """A list for December, three hundred rows of which thirty are wrong; slips for all; one phone tries."""
    rina = log_in(browser, site, "rina", size=PHONE)
    rina.goto(f"{site.url}/kantor/pegawai/impor/")
    rows = [
        f"19900101201501{n:04}"[: 18 if n % 10 else 17] + f";Baru {n:03};PNS;{NEW_SCHOOL};2026-12-01;;"
        for n in range(300)
    ]
    upload(rina, tmp_path, "pegawai.csv", "\n".join(("DAFTAR PEGAWAI, 2026", HEAD, *rows)))
    assert "Judul kolom diambil dari baris 2." in rina.inner_text("main")
    assert "Kesalahan (30)" in rina.inner_text("main")
    fits_and_reads(rina)
    with rina.expect_download() as downloading:
        rina.click("text=Unduh baris yang salah")
    faulty = tmp_path / "salah.csv"
    downloading.value.save_as(faulty)
    rina.check("[name=skip_bad]")
    rina.click("main button.primary")
    assert "30 baris tidak diambil." in rina.inner_text("main")
    fits_and_reads(rina)
    with rina.expect_download() as downloading:
        rina.click("text=Unduh baris yang salah")
    downloading.value.save_as(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == faulty.read_bytes(), "it is there after the others were taken, too"
    told = faulty.read_text(encoding="utf-8-sig").splitlines()
    assert len(told) == 31
    mended = [told[0], *(line.replace(";Baru", "0;Baru", 1) for line in told[1:])]
    upload(rina, tmp_path, "pegawai.csv", "\n".join(mended))
    assert "30 orang baru" in rina.inner_text("main")
    rina.click("main button.primary")

    opens_readiness(rina)
    assert "0 dari 300 pegawai siap. 300 belum mulai, paling awal 1 Desember 2026." in rina.inner_text("main")
    fits_and_reads(rina)
    rina.locator("main li", has_text="tanpa slip").get_by_role("link", name="Lengkapi").click()
    rina.click("main button.primary")
    rina.click("main button.primary")
    opens_readiness(rina)
    assert "tanpa slip" not in rina.inner_text("main ul")
    rina.locator("main li a", has_text="tanpa HP").click()
    assert "Pegawai tanpa HP (300)" in rina.inner_text("main")
    first = rina.locator("main td.name a").first
    name, number = first.inner_text(), int(str(first.get_attribute("href")).strip("/").rpartition("/")[2])
    phone = phone_of("baru")
    enrol(phone, site, number)
    page = phone.open(site.now())
    page.get_by_test_id("tap-in").click()
    until(lambda: phone.rows() == ["recorded"], seconds=120, what="the receipt of the test")
    until(lambda: rina.reload() and "Pegawai tanpa HP (299)" in rina.inner_text("main"), what="one phone fewer")
    assert name not in rina.inner_text("table.people")
    rina.locator(".menu a", has_text="Kesiapan").click()
    rina.locator("td a", has_text="tanpa HP, SDN Baru 2").click()
    assert "Pegawai tanpa HP (299)" in rina.inner_text("main"), "a number in a row is a link of its own"


def opens_readiness(page: Page) -> None:
    """By the menu, and then the new school."""
    page.locator(".menu a", has_text="Kesiapan").click()
    labels = page.locator("#unit option").all_inner_texts()
    page.select_option("#unit", label=next(one for one in labels if "Baru 2" in one))
    page.locator(".unit-choice button").click()
    page.wait_for_url("**/kesiapan/*/")
