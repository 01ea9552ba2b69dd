"""Real Chromium against a real site. Where Chromium is missing, CI fails and a developer is told."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.sitekit import MONDAY, RunningSite, demo_site, regency_of

PHONE = {"width": 360, "height": 640}
DESK = {"width": 1280, "height": 860}
REGENCY_PEOPLE = 150
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
]


def chromium() -> str:
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    assert found, "no Chromium: `make test` installs it as root, or names it"
    return found


def until(check: Callable[[], Any], seconds: float = 40.0, what: str = "it") -> Any:
    """Poll: a strict CSP forbids the browser's own waiting functions."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := check():
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen in {seconds} s")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def opened_browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
    yield opened
    opened.close()


@pytest.fixture
def browser(opened_browser: Browser) -> Iterator[Browser]:
    """One Chromium for everybody's desk; what each is logged in to ends with the test."""
    yield opened_browser
    for context in opened_browser.contexts:
        context.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[RunningSite]:
    running = demo_site(tmp_path / "data", now=MONDAY)
    running.start()
    yield running
    running.stop()


def regency_site(data: Path) -> RunningSite:
    """A small regency with a month behind it; not running yet."""
    shutil.copytree(regency_of(REGENCY_PEOPLE), data)
    return RunningSite.on(data)


class PhoneInHand:
    """One person's phone: a browser profile that survives being closed, and a wall clock that the test sets."""

    def __init__(self, playwright: Playwright, profile: Path, url: str) -> None:
        self._playwright = playwright
        self._profile = profile
        self._url = url
        self.context: BrowserContext | None = None

    def open(self, wall: str, *, slip: str = "", at: str = "/") -> Page:
        """Start the browser with its wall clock at `wall` (WITA) and open the app."""
        self.context = self._playwright.chromium.launch_persistent_context(
            str(self._profile),
            executable_path=chromium(),
            args=FLAGS,
            viewport={"width": 360, "height": 640},
            accept_downloads=True,
            locale="id-ID",
        )
        self.context.add_init_script(
            "(() => { const real = Date.now.bind(Date);"
            f"let shift = Date.parse('{wall}+08:00') - real();"
            "Date.now = () => real() + shift;"
            "Math.random = () => 0.005;"  # the outbox's waits, at their short end
            "globalThis.__setWall = (iso) => { shift = Date.parse(iso + '+08:00') - real(); }; })()"
        )
        page = self.context.pages[0]
        page.goto(f"{self._url}/#v={slip}" if slip else self._url + at)
        return page

    @property
    def page(self) -> Page:
        assert self.context is not None
        return self.context.pages[0]

    def set_wall(self, wall: str) -> None:
        self.page.evaluate("iso => globalThis.__setWall(iso)", wall)

    def close(self) -> None:
        if self.context is not None:
            self.context.close()
            self.context = None

    def rows(self) -> list[str]:
        return [str(row.get_attribute("data-state")) for row in self.page.get_by_test_id("punch-row").all()]

    def installed(self) -> bool:
        """The shell is in the cache and a worker is in charge: it opens without a network from now on."""
        return bool(self.page.evaluate("async () => !!(await navigator.serviceWorker.getRegistration())?.active"))


@pytest.fixture
def phone_of(playwright: Playwright, site: RunningSite, tmp_path: Path) -> Iterator[Callable[[str], PhoneInHand]]:
    made: list[PhoneInHand] = []

    def make(name: str) -> PhoneInHand:
        made.append(PhoneInHand(playwright, tmp_path / f"phone-{name}", site.url))
        return made[-1]

    yield make
    for phone in made:
        phone.close()


def log_in(browser: Browser, site: RunningSite, login: str, *, size: dict[str, int] | None = None) -> Page:
    context = browser.new_context(viewport=size or DESK, locale="id-ID", accept_downloads=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site.url}/kantor/")
    page.fill("input[name=login]", login)
    page.fill("input[type=password]", f"latihan-{login}")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/masuk/" not in url)
    return page
