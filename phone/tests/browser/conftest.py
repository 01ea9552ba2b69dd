"""A real Chromium, the built shell, and a fake gate whose process the tests may end."""
# ruff: noqa: INP001, TID251, ANN401, S310 - as in tests/: real processes, a real clock, a loopback address

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu"]


def until(check: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Poll: a strict CSP forbids the browser's own waiting functions."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := check():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


class Gate:
    """The fake gate's process."""

    def __init__(self, site: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.site = site
        self.url = f"http://localhost:{self.port}"
        self.process: subprocess.Popen[str] | None = None
        self.start()

    def start(self, dist: Path | None = None) -> None:
        command = ["node", str(HERE / "serve.mjs"), str(self.port), self.site]
        environment = {**os.environ, **({"DIST": str(dist)} if dist else {})}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)  # where Node comes from PyPI, `node` is a parent of Node
            self.process.wait()
            self.process = None

    def tell(self, **wish: Any) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/__test", data=json.dumps(wish).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=5) as answer:
            return dict(json.load(answer))

    @property
    def slip(self) -> str:
        return f"{self.url}/#v={self.tell()['voucher']}"


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> Iterator[Gate]:
    gate = Gate(getattr(request, "param", "presensi.example.go.id"))
    yield gate
    gate.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


Open = Callable[..., BrowserContext]
#: The waits of the outbox, at their short end.
SHORT_WAITS = "Math.random = () => 0.005"
SHOWN: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "accept_downloads": True}


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield running
    running.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Open]:
    """A phone of its own at each call, in one Chromium for all tests: each with its own storage, worker and locks."""
    contexts: list[BrowserContext] = []

    def start(**options: Any) -> BrowserContext:
        context = browser.new_context(**SHOWN, **options)
        context.add_init_script(SHORT_WAITS)
        contexts.append(context)
        return context

    yield start
    for context in contexts:
        context.close()


@pytest.fixture
def restarting(playwright: Playwright, tmp_path: Path) -> Iterator[Open]:
    """One phone, whose browser keeps its profile on disk: opening it again is restarting it."""
    contexts: list[BrowserContext] = []

    def start() -> BrowserContext:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=CHROMIUM, args=FLAGS, **SHOWN
        )
        context.add_init_script(SHORT_WAITS)
        contexts.append(context)
        return context

    yield start
    for context in contexts:
        context.close()


def set_clock(context: BrowserContext, iso: str) -> None:
    """Shift the wall clock alone; performance.now stays what it is."""
    context.add_init_script(
        f"(() => {{ const real = Date.now.bind(Date); const shift = Date.parse({iso!r}) - real();"
        "Date.now = () => real() + shift; })()"
    )


def rows(page: Page) -> list[str]:
    return [str(row.get_attribute("data-state")) for row in page.get_by_test_id("punch-row").all()]
