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
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import uvloop

from hadir.clock import set_rehearsal_clock
from hadir.config import free_port, read_settings
from hadir.site import Site, found_site
from rehearsal.bench.tools import BenchError, fresh_folder
from rehearsal.demo.history import fill_regency
from rehearsal.morning.count import quantile
from rehearsal.morning.plan import ZONE
from rehearsal.phones import Phone, voucher_for
from rehearsal.watch import say, until
from rehearsal.web import HttpClient, NoAnswerError, Reply, ask

LOGIN, PASSWORD = "rina", "latihan-rina"
REPORTS = ("/kantor/hari-ini/", "/kantor/pegawai/?cari=siti", "/kantor/tugas/")
REPORTERS = 8
_LOG_IN = "/kantor/masuk/"
_NICE = 15
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


SEED = 1
_STRANGERS_FROM = 500_000
_PATIENCE_SECONDS = 30
_BEGIN_SECONDS = 240
#: The beginning of the log-ins, when all are at the door at once.
_FIRST_SECONDS = 20
MORNING = datetime(2026, 11, 24, 7, tzinfo=ZoneInfo(ZONE))


@dataclass(frozen=True)
class Crowds:
    """How many people the office knows, how many log in at once, and the taps meanwhile; seconds of each phase."""

    people: int = 10_000
    logins: int = 5_000
    taps_per_s: int = 150
    seconds: int = 20
    login_seconds: int = 180


@dataclass
class OfficeAnswers:
    """What the office answered, and after how long. `come_back` counts answers, the others people or pages."""

    asked: int = 0
    done: int = 0
    come_back: int = 0
    unanswered: int = 0
    seconds: float = 0.0
    waits_s: list[float] = field(default_factory=list)


ToldQueue: TypeAlias = "multiprocessing.Queue[OfficeAnswers | None]"
"""From a trouble to us: first that it has begun, None, then how it ended."""
SHORT = Crowds(people=100, logins=150, taps_per_s=50, seconds=3, login_seconds=8)
Trouble = Callable[[int, Site, Crowds, ToldQueue], None]


@dataclass(frozen=True)
class _Phase:
    """How many taps; of those with a receipt, when each was due (seconds since the phase began) and the milliseconds it
    took; and what the office answered meanwhile.
    """

    taps: int
    waits: list[tuple[float, float]]
    office: OfficeAnswers

    def p99_ms(self, until_s: float = 1e9) -> float:
        """Of the taps that were due in the first `until_s` seconds."""
        return round(quantile(sorted(ms for due_s, ms in self.waits if due_s < until_s), 0.99), 1)


def bench_isolation(work: Path, *, short: bool) -> dict[str, Any]:
    """The figures of `hadir bench isolation --json`; progress goes to standard error."""
    crowds = SHORT if short else Crowds()
    with fresh_folder(work / "isolation") as folder:
        site = made_regency(folder / "data", crowds.people, MORNING, whole_month=False)
        seconds = {name: crowds.login_seconds if name == "logins" else crowds.seconds for name in _TROUBLES}
        records = iter(_sign(site, crowds.taps_per_s * sum(seconds.values())))
        with served(site) as port:
            phases = {}
            for name, trouble in _TROUBLES.items():
                say(f"{name}: taps at {crowds.taps_per_s} per second")
                taps = islice(records, crowds.taps_per_s * seconds[name])
                phases[name] = _phase(port, site, crowds, taps, trouble)
    return {"people": crowds.people, "taps_per_s": crowds.taps_per_s, **_figures(phases)}


def _figures(phases: Mapping[str, _Phase]) -> dict[str, Any]:
    taps, receipts = (sum(map(count, phases.values())) for count in (lambda one: one.taps, lambda one: len(one.waits)))
    logins, report = phases["logins"].office, phases["report"].office
    return {
        "taps": taps,
        "receipts": receipts,
        "without_receipt": taps - receipts,
        **{f"p99_ms_{name}": phase.p99_ms() for name, phase in phases.items()},
        "p99_ms_logins_first": phases["logins"].p99_ms(until_s=_FIRST_SECONDS),
        "logins": logins.asked,
        "logins_in": logins.done,
        "logins_in_share": round(logins.done / logins.asked, 3),
        "logins_per_s": round(logins.done / logins.seconds, 1),
        "logins_seconds": round(logins.seconds, 1),
        "login_wait_p99_s": round(quantile(sorted(logins.waits_s), 0.99), 2),
        "logins_told_to_come_back": logins.come_back,
        "logins_without_answer": logins.unanswered,
        "reports": report.done,
        "reports_failed": report.asked - report.done,
    }


def made_regency(data: Path, people: int, at: datetime, *, whole_month: bool = True) -> Site:
    """A founded folder with so many people and a month of their taps, or a day."""
    now_ms = int(at.timestamp() * 1000)
    site = found_site(data, name="rehearsal/bench", zone=ZONE, now_ms=now_ms)
    set_rehearsal_clock(site.clock_file, simulated_ms=now_ms)
    settings = read_settings({"HADIR_DATA": str(data)})
    fill_regency(settings, people=people, seed=SEED, tell=say, whole_month=whole_month)
    return site


def _sign(site: Site, count: int) -> Iterator[bytes]:
    """Bodies of requests: so many first taps, each of a phone that the office's slip introduces."""
    now_ms = site.clock().now_ms()
    office = site.office_signer()
    bodies = []
    for person in range(_STRANGERS_FROM, _STRANGERS_FROM + count):
        phone = Phone(person, voucher_for(person, office, now_ms=now_ms))
        bodies.append(json.dumps({"punches": [{"record": phone.punch(wall_ms=now_ms)}]}).encode())
    return iter(bodies)


@contextmanager
def served(site: Site) -> Iterator[int]:
    """The whole site as long as the block lasts; its port."""
    port = free_port()
    argv = [sys.executable, "-m", "hadir.cli", "serve", "--data", str(site.data), "--port", str(port)]
    with (site.data.parent / "serve.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(argv, start_new_session=True, stderr=log, stdout=log)
        try:
            until(lambda: _is_open(port), 60, "the office did not open")
            yield port
        finally:
            process.terminate()
            process.wait(60)


def _is_open(port: int) -> bool:
    return all(ask(port, "GET", path).status == HTTPStatus.OK for path in ("/readyz", _LOG_IN))


def _phase(port: int, site: Site, crowds: Crowds, records: Iterable[bytes], trouble: Trouble) -> _Phase:
    """Taps at their steady rate, while a process of its own makes the trouble."""
    fresh = multiprocessing.get_context("spawn")
    told: ToldQueue = fresh.Queue()
    maker = fresh.Process(target=trouble, args=(port, site, crowds, told), daemon=True)
    maker.start()
    told.get(timeout=_BEGIN_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        waits, taps = runner.run(_tap(port, crowds.taps_per_s, records))
    office = told.get(timeout=600)
    assert office is not None
    maker.join(60)
    phase = _Phase(taps=taps, waits=waits, office=office)
    say(f"{len(waits)} of {taps} taps with a receipt, p99 {phase.p99_ms()} ms; office: {office.done} of {office.asked}")
    return phase


async def _tap(port: int, per_s: int, records: Iterable[bytes]) -> tuple[list[tuple[float, float]], int]:
    """Open loop: nobody waits for anybody. The taps that have their receipt, and how many there were."""
    client, loop = HttpClient(port, seconds_max=_PATIENCE_SECONDS), asyncio.get_running_loop()
    waits: list[tuple[float, float]] = []
    begun, tasks = loop.time(), list[asyncio.Task[None]]()

    async def one(body: bytes, due: float) -> None:
        with suppress(NoAnswerError):
            answer = await client.post("/v1/punches", body)
            if answer.status == HTTPStatus.OK and b'"receipt"' in answer.body:
                waits.append((due - begun, (loop.time() - due) * 1000))

    for number, body in enumerate(records):
        due = begun + number / per_s
        await asyncio.sleep(max(0.0, due - loop.time()))
        tasks.append(loop.create_task(one(body, due)))
    await asyncio.gather(*tasks)
    client.close()
    return waits, len(tasks)


# What the office is asked for meanwhile, each trouble in a process of its own.


def nobody(_: int, __: Site, ___: Crowds, told: ToldQueue) -> None:
    """The office is left alone."""
    told.put(None)
    told.put(OfficeAnswers())


def everybody_logs_in(port: int, _: Site, crowds: Crowds, told: ToldQueue) -> None:
    """All at the same moment, with the right password, each in a browser of its own that comes back when told."""
    os.nice(_NICE)
    told.put(None)
    told.put(_run(_log_in_all(port, crowds)))


def reports_are_asked(port: int, site: Site, crowds: Crowds, told: ToldQueue) -> None:
    """Pages about everybody, by eight clerks who never pause, while the projection is dropped and built again."""
    os.nice(_NICE)
    argv = [sys.executable, "-m", "hadir.cli", "office", "rebuild", "--data", str(site.data), "--json"]
    rebuild = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    told.put(_run(_report_on(port, crowds.seconds, told)))
    rebuild.wait(600)


def _run(work: Coroutine[None, None, OfficeAnswers]) -> OfficeAnswers:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


class OfficeClerk:
    """A clerk of the personnel agency, logged in, who opens one page after another."""

    def __init__(self, port: int) -> None:
        self._port, self._cookies = port, ""
        answer = self.post(_LOG_IN, _LOG_IN, {"login": LOGIN, "password": PASSWORD})
        if answer.status != HTTPStatus.FOUND:
            raise BenchError("the office let nobody in")
        self._cookies = answer.cookies

    def get(self, path: str) -> Reply:
        return ask(self._port, "GET", path, seconds=120, headers={"cookie": self._cookies})

    def post(self, page: str, path: str, form: Mapping[str, str]) -> Reply:
        """By the form of a page."""
        shown = self.get(page)
        token = _TOKEN.search(shown.body.decode())
        if shown.status != HTTPStatus.OK or token is None:
            raise BenchError(f"{page} shows no form: {shown.status}")
        told = {"content-type": "application/x-www-form-urlencoded", "cookie": self._cookies or shown.cookies}
        body = urlencode({"csrfmiddlewaretoken": token[1], **form}).encode()
        return ask(self._port, "POST", path, body, seconds=120, headers=told)


class _Browser:
    """One person's, on a client that all share; it sees what the office answers and counts it."""

    def __init__(self, client: HttpClient, outcome: OfficeAnswers) -> None:
        self._client, self._outcome = client, outcome
        self._loop = asyncio.get_running_loop()

    async def log_in(self, until: float) -> str | None:
        """The session's cookie. None when there was no place before `until`, or no answer."""
        self._outcome.asked += 1
        while True:
            try:
                answer = await self._try()
            except NoAnswerError:
                self._outcome.unanswered += 1
                return None
            if answer.status == HTTPStatus.FOUND:
                self._outcome.done += 1
                return answer.cookies
            # An answer that is neither a way in nor says when to come back is a defect, and ends the measurement.
            assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE, answer.status
            self._outcome.come_back += 1
            if self._loop.time() + answer.retry_after_s > until:
                return None
            await asyncio.sleep(answer.retry_after_s)

    async def _try(self) -> Reply:
        """The page and the form: the answer that ends it."""
        page = await self._client.get(_LOG_IN)
        if page.status != HTTPStatus.OK:
            return page
        token = _TOKEN.search(page.body.decode())
        form = {"csrfmiddlewaretoken": token[1] if token else "", "login": LOGIN, "password": PASSWORD}
        began = self._loop.time()
        answer = await self._client.post(
            _LOG_IN, urlencode(form).encode(), content_type="application/x-www-form-urlencoded", cookie=page.cookies
        )
        self._outcome.waits_s.append(self._loop.time() - began)
        return answer


async def _log_in_all(port: int, crowds: Crowds) -> OfficeAnswers:
    loop, outcome = asyncio.get_running_loop(), OfficeAnswers()
    began = loop.time()
    until = began + crowds.login_seconds
    client = HttpClient(port, seconds_max=_PATIENCE_SECONDS)
    await asyncio.gather(*(_Browser(client, outcome).log_in(until) for _ in range(crowds.logins)))
    outcome.seconds = loop.time() - began
    return outcome


async def _report_on(port: int, seconds: int, told: ToldQueue) -> OfficeAnswers:
    loop, ways_in, outcome = asyncio.get_running_loop(), OfficeAnswers(), OfficeAnswers()
    client = HttpClient(port, seconds_max=_PATIENCE_SECONDS)

    async def clerk(cookie: str, number: int, until: float) -> None:
        while loop.time() < until:
            outcome.asked += 1
            try:
                page = await client.get(REPORTS[number % len(REPORTS)], cookie=cookie)
                outcome.done += page.status == HTTPStatus.OK
            except NoAnswerError:
                outcome.unanswered += 1
                await asyncio.sleep(0.5)

    first_until = loop.time() + 2 * _PATIENCE_SECONDS
    cookies = [await _Browser(client, ways_in).log_in(first_until) for _ in range(REPORTERS)]
    told.put(None)
    until = loop.time() + seconds
    await asyncio.gather(*(clerk(one, number, until) for number, one in enumerate(cookies) if one is not None))
    outcome.seconds = seconds
    return outcome


_TROUBLES: dict[str, Trouble] = {"calm": nobody, "logins": everybody_logs_in, "report": reports_are_asked}
