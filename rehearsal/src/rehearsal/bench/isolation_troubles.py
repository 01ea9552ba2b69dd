"""What an office is asked for while taps are measured, each trouble in a process of its own (`bench_isolation`)."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

import aiohttp
import uvloop

from hadir.site import Site

LOGIN, PASSWORD = "rina", "latihan-rina"
REPORTS = ("/kantor/hari-ini/", "/kantor/pegawai/?cari=siti", "/kantor/tugas/")
REPORTERS = 8
_LOG_IN = "/kantor/masuk/"
_NICE = 15
_PATIENCE_SECONDS = 30
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclass(frozen=True)
class Crowds:
    """How many people the office knows, how many log in at once, and the taps meanwhile; seconds of each phase."""

    people: int = 10_000
    logins: int = 5_000
    taps_per_s: int = 150
    seconds: int = 20
    login_seconds: int = 180


@dataclass
class Outcome:
    """What the office answered, and after how long. `come_back` counts answers, the others people or pages."""

    asked: int = 0
    done: int = 0
    come_back: int = 0
    unanswered: int = 0
    seconds: float = 0.0
    waits_s: list[float] = field(default_factory=list)


class Told(Protocol):
    """The queue from a trouble to us: first that it has begun, None, then how it ended."""

    def put(self, outcome: Outcome | None, /) -> None:
        """From the other process."""

    def get(self, *, timeout: float) -> Outcome | None:
        """Here; queue.Empty after `timeout` seconds."""


Trouble = Callable[[int, Site, Crowds, Told], None]


def nobody(_: int, __: Site, ___: Crowds, told: Told) -> None:
    """The office is left alone."""
    told.put(None)
    told.put(Outcome())


def everybody_logs_in(port: int, _: Site, crowds: Crowds, told: Told) -> None:
    """All at the same moment, with the right password, each in a browser of his own that comes back when told."""
    os.nice(_NICE)
    told.put(None)
    told.put(_run(_log_in_all(port, crowds)))


def reports_are_asked(port: int, site: Site, crowds: Crowds, told: Told) -> None:
    """Pages about everybody, by eight clerks who never pause, while the projection is dropped and built again."""
    os.nice(_NICE)
    argv = [sys.executable, "-m", "hadir.cli", "office", "rebuild", "--data", str(site.data), "--json"]
    rebuild = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    told.put(_run(_report_on(port, crowds.seconds, told)))
    rebuild.wait(600)


def _run(work: Coroutine[None, None, Outcome]) -> Outcome:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


class Browser:
    """One person's, on a connection pool that all share; it sees what the office answers and counts it."""

    def __init__(self, session: aiohttp.ClientSession, port: int, outcome: Outcome) -> None:
        self._session, self._url, self._outcome = session, f"http://127.0.0.1:{port}", outcome
        self._loop = asyncio.get_running_loop()

    async def log_in(self, until: float) -> str | None:
        """The session's cookie. None when there was no place before `until`, or no answer."""
        self._outcome.asked += 1
        while True:
            try:
                cookie, come_back_s = await self._try()
            except (aiohttp.ClientError, TimeoutError, OSError):
                self._outcome.unanswered += 1
                return None
            if cookie is not None:
                self._outcome.done += 1
                return cookie
            self._outcome.come_back += 1
            if self._loop.time() + come_back_s > until:
                return None
            await asyncio.sleep(come_back_s)

    async def _try(self) -> tuple[str | None, int]:
        """The page and the form: the cookie, or in how many seconds to come back."""
        async with self._session.get(self._url + _LOG_IN) as page:
            began = self._loop.time()
            text, cookies = await page.text(), _written(page)
        if page.status != HTTPStatus.OK:
            return None, _come_back_s(page)
        token = TOKEN.search(text)
        form = {"csrfmiddlewaretoken": token[1] if token else "", "login": LOGIN, "password": PASSWORD}
        headers = {"Cookie": cookies, "Referer": self._url + _LOG_IN}
        async with self._session.post(self._url + _LOG_IN, data=form, headers=headers, allow_redirects=False) as answer:
            self._outcome.waits_s.append(self._loop.time() - began)
            return (_written(answer), 0) if answer.status == HTTPStatus.FOUND else (None, _come_back_s(answer))


def _written(answer: aiohttp.ClientResponse) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in answer.cookies.items())


def _come_back_s(answer: aiohttp.ClientResponse) -> int:
    """An answer that is neither a way in nor says when to come back is a defect, and ends the measurement."""
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE, answer.status
    return int(answer.headers["Retry-After"])


def office_session(connections: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=_PATIENCE_SECONDS),
    )


async def _log_in_all(port: int, crowds: Crowds) -> Outcome:
    loop, outcome = asyncio.get_running_loop(), Outcome()
    began = loop.time()
    until = began + crowds.login_seconds
    async with office_session(crowds.logins) as session:
        await asyncio.gather(*(Browser(session, port, outcome).log_in(until) for _ in range(crowds.logins)))
    outcome.seconds = loop.time() - began
    return outcome


async def _report_on(port: int, seconds: int, told: Told) -> Outcome:
    loop, ways_in, outcome = asyncio.get_running_loop(), Outcome(), Outcome()

    async def clerk(session: aiohttp.ClientSession, cookie: str, number: int, until: float) -> None:
        while loop.time() < until:
            path = REPORTS[number % len(REPORTS)]
            outcome.asked += 1
            try:
                async with session.get(f"http://127.0.0.1:{port}{path}", headers={"Cookie": cookie}) as page:
                    await page.read()
                    outcome.done += page.status == HTTPStatus.OK
            except (aiohttp.ClientError, TimeoutError, OSError):
                outcome.unanswered += 1
                await asyncio.sleep(0.5)

    async with office_session(REPORTERS) as session:
        first_until = loop.time() + 2 * _PATIENCE_SECONDS
        cookies = [await Browser(session, port, ways_in).log_in(first_until) for _ in range(REPORTERS)]
        told.put(None)
        until = loop.time() + seconds
        clerks = [clerk(session, one, number, until) for number, one in enumerate(cookies) if one is not None]
        await asyncio.gather(*clerks)
    outcome.seconds = seconds
    return outcome
