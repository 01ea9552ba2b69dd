"""`hadir bench isolation`: taps through the door of a whole site, while its office is asked for all that it can do.

1. Make a regency with one day of taps, and start `hadir serve` on it: door, gate, office, follower.
2. Tap at a steady rate, each tap a person's first, and measure from the request to the whole answer:
   alone; while thousands log in at once (real pages, real argon2); while reports about everybody are asked for and the
   projection is built again.
"""

import asyncio
import json
import multiprocessing
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import aiohttp
import uvloop

from hadir.clock import SystemClock, set_rehearsal_clock
from hadir.config import read_settings
from hadir.drill.bench_tools import free_port, fresh_folder, say, wait_for_port
from hadir.drill.history import make_regency
from hadir.drill.morning_count import quantile
from hadir.drill.morning_plan import ZONE
from hadir.drill.morning_wire import NoAnswerError, Wire
from hadir.drill.phones import Phone
from hadir.records.voucher import DAY_MS, Voucher
from hadir.site import Site, found_site

SEED = 1
LOGIN, PASSWORD = "rina", "latihan-rina"
REPORTS = ("/kantor/hari-ini/", "/kantor/pegawai/?cari=siti", "/kantor/tugas/")
REPORTERS = 8
LOGINS_AT_ONCE = 5_000
_STRANGERS_FROM = 500_000
_CLIENT_NICE = 15
_PATIENCE_SECONDS = 30
_BEGIN_SECONDS = 240
_MORNING = datetime(2026, 11, 24, 7, tzinfo=ZoneInfo(ZONE))
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


_BEGUN = (-1, -1, -1)


class Told(Protocol):
    """The queue from a trouble to us: first `_BEGUN`, then how many were asked for, answered, turned away."""

    def put(self, counts: tuple[int, int, int], /) -> None:
        """From the other process."""

    def get(self, *, timeout: float) -> tuple[int, int, int]:
        """Here; queue.Empty after `timeout` seconds."""


@dataclass(frozen=True)
class Crowds:
    """How many people the office knows, how many log in at once, and the taps meanwhile."""

    people: int = 10_000
    logins: int = 5_000
    taps_per_s: int = 150
    seconds: int = 20


SHORT = Crowds(people=300, logins=400, taps_per_s=50, seconds=4)


def bench_isolation(work: Path, *, crowds: Crowds) -> dict[str, Any]:
    """The figures of `hadir bench isolation --json`; progress goes to standard error."""
    with fresh_folder(work / "isolation") as folder:
        site = _regency(folder / "data", crowds.people)
        records = iter(_sign(site, 4 * crowds.taps_per_s * crowds.seconds))
        with _served(site) as port:
            phases = {}
            for name, trouble in _TROUBLES.items():
                say(f"{name}: taps at {crowds.taps_per_s} per second")
                phases[name] = _phase(port, site, crowds, records, trouble)
    calm, logins, report = phases["calm"], phases["logins"], phases["report"]
    return {
        "people": crowds.people,
        "taps": sum(phase["taps"] for phase in phases.values()),
        "receipts": sum(phase["receipts"] for phase in phases.values()),
        "without_receipt": sum(phase["taps"] - phase["receipts"] for phase in phases.values()),
        "p99_ms_calm": calm["p99_ms"],
        "p99_ms_logins": logins["p99_ms"],
        "p99_ms_report": report["p99_ms"],
        "logins": logins["asked"],
        "logins_in": logins["answered"],
        "logins_turned_away": logins["turned_away"],
        "reports": report["answered"],
    }


def _regency(data: Path, people: int) -> Site:
    now_ms = int(_MORNING.timestamp() * 1000)
    site = found_site(data, name="rehearsal/isolation", zone=ZONE, now_ms=now_ms)
    set_rehearsal_clock(site.clock_file, simulated_ms=now_ms)
    settings = read_settings({"HADIR_DATA": str(data)})
    make_regency(site, settings, people=people, seed=SEED, tell=say, whole_month=False)
    return site


def _sign(site: Site, count: int) -> Iterator[bytes]:
    """Bodies of requests: so many first taps, each of a phone that the office's slip introduces."""
    now_ms = site.clock().now_ms()
    office, last_day = site.office_signer(), now_ms // DAY_MS + 30
    bodies = []
    for person in range(_STRANGERS_FROM, _STRANGERS_FROM + count):
        phone = Phone(person, Voucher(person=person, slip=person, last_day=last_day).issue(office))
        bodies.append(json.dumps({"punches": [{"record": phone.punch(wall_ms=now_ms)}]}).encode())
    return iter(bodies)


@contextmanager
def _served(site: Site) -> Iterator[int]:
    """The whole site as long as the block lasts; its port."""
    port = free_port()
    argv = [sys.executable, "-m", "hadir.cli", "serve", "--data", str(site.data), "--port", str(port)]
    with (site.data.parent / "serve.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(argv, start_new_session=True, stderr=log, stdout=log)
        try:
            wait_for_port(port)
            _wait_for_page(port)
            yield port
        finally:
            process.terminate()
            process.wait(60)


def _wait_for_page(port: int) -> None:
    clock = SystemClock()
    until_ms = clock.mono_ms() + 60_000
    while clock.mono_ms() < until_ms:
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            if asyncio.run(_is_there(port)):
                return
        time.sleep(0.1)
    raise AssertionError("the office did not open")


async def _is_there(port: int) -> bool:
    async with aiohttp.ClientSession() as session:
        for path in ("/readyz", "/kantor/masuk/"):
            async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                if answer.status != 200:
                    return False
    return True


Trouble = Callable[[int, Site, Crowds, Told], None]


def _phase(port: int, site: Site, crowds: Crowds, records: Iterator[bytes], trouble: Trouble) -> dict[str, Any]:
    """Taps at their steady rate, while a process of its own makes the trouble."""
    fresh = multiprocessing.get_context("spawn")
    told: Told = fresh.Queue()
    maker = fresh.Process(target=trouble, args=(port, site, crowds, told))
    maker.start()
    told.get(timeout=_BEGIN_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        waits, taps = runner.run(_tap(port, crowds, records))
    asked, answered, turned_away = told.get(timeout=600)
    maker.join(60)
    p99_ms = round(quantile(sorted(waits), 0.99), 1)
    say(f"{len(waits)} of {taps} taps with a receipt, p99 {p99_ms} ms; office: {answered} of {asked}")
    counts = {"asked": asked, "answered": answered, "turned_away": turned_away}
    return {"taps": taps, "receipts": len(waits), "p99_ms": p99_ms, **counts}


async def _tap(port: int, crowds: Crowds, records: Iterator[bytes]) -> tuple[list[float], int]:
    """Open loop: nobody waits for anybody. Milliseconds of each tap that has its receipt, and how many taps."""
    wire, loop = Wire(port, seconds_max=_PATIENCE_SECONDS), asyncio.get_running_loop()
    waits: list[float] = []

    async def one(body: bytes, due: float) -> None:
        with suppress(NoAnswerError):
            answer = await wire.post("/v1/punches", body)
            if answer.status == 200 and b'"receipt"' in answer.body:
                waits.append((loop.time() - due) * 1000)

    begun, tasks = loop.time(), []
    for number in range(crowds.taps_per_s * crowds.seconds):
        due = begun + number / crowds.taps_per_s
        await asyncio.sleep(max(0.0, due - loop.time()))
        tasks.append(loop.create_task(one(next(records), due)))
    await asyncio.gather(*tasks)
    wire.close()
    return waits, len(tasks)


# The office's troubles, each in a process of its own.


def nobody(_: int, __: Site, ___: Crowds, told: Told) -> None:
    """The office is left alone."""
    told.put(_BEGUN)
    told.put((0, 0, 0))


def everybody_logs_in(port: int, _: Site, crowds: Crowds, told: Told) -> None:
    """All at the same moment, with the right password, each in a browser of his own."""
    os.nice(_CLIENT_NICE)
    told.put(_BEGUN)
    told.put(asyncio.run(_log_in_all(port, crowds.logins)))


async def _log_in_all(port: int, count: int) -> tuple[int, int, int]:
    connector = aiohttp.TCPConnector(limit=LOGINS_AT_ONCE)
    timeout = aiohttp.ClientTimeout(total=2 * _PATIENCE_SECONDS)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout
    ) as session:
        done = await asyncio.gather(*(_log_in(session, port) for _ in range(count)))
    return count, sum(cookie is not None for cookie in done), sum(cookie is None for cookie in done)


async def _log_in(session: aiohttp.ClientSession, port: int) -> str | None:
    """The session's cookie, or nothing when the office turned us away."""
    url = f"http://127.0.0.1:{port}/kantor/masuk/"
    try:
        async with session.get(url) as page:
            token, cookie = _TOKEN.search(await page.text()), page.cookies
        if token is None:
            return None
        headers = {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in cookie.items()), "Referer": url}
        form = {"csrfmiddlewaretoken": token[1], "login": LOGIN, "password": PASSWORD}
        async with session.post(url, data=form, headers=headers, allow_redirects=False) as answer:
            entered = answer.cookies
            return "; ".join(f"{name}={one.value}" for name, one in entered.items()) if answer.status == 302 else None
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None


def reports_are_asked(port: int, site: Site, crowds: Crowds, told: Told) -> None:
    """Pages about everybody, by eight clerks who never pause, while the projection is dropped and built again."""
    os.nice(_CLIENT_NICE)
    argv = [sys.executable, "-m", "hadir.cli", "office", "rebuild", "--data", str(site.data), "--json"]
    rebuild = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    told.put(asyncio.run(_report_on(port, crowds.seconds, told)))
    rebuild.wait(600)


async def _report_on(port: int, seconds: int, told: Told) -> tuple[int, int, int]:
    loop = asyncio.get_running_loop()
    counts = {True: 0, False: 0}

    async def clerk(session: aiohttp.ClientSession, cookie: str, number: int, until: float) -> None:
        while loop.time() < until:
            path = REPORTS[number % len(REPORTS)]
            try:
                async with session.get(f"http://127.0.0.1:{port}{path}", headers={"Cookie": cookie}) as page:
                    await page.read()
                    counts[page.status == 200] += 1
            except (aiohttp.ClientError, TimeoutError, OSError):
                counts[False] += 1
                await asyncio.sleep(0.5)

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        cookies = [await _log_in(session, port) for _ in range(REPORTERS)]
        told.put(_BEGUN)
        until = loop.time() + seconds
        clerks = [clerk(session, one, number, until) for number, one in enumerate(cookies) if one is not None]
        await asyncio.gather(*clerks)
    return sum(counts.values()), counts[True], counts[False]


_TROUBLES: dict[str, Trouble] = {"calm": nobody, "logins": everybody_logs_in, "report": reports_are_asked}
