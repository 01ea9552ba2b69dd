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
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode

import uvloop

from hadir.site import Site
from rehearsal.bench.served import LOG_IN, LOGIN, MORNING, PASSWORD, TOKEN, OfficeClerk, made_regency, served
from rehearsal.bench.tools import fresh_folder
from rehearsal.morning.count import quantile
from rehearsal.phones import Phone, voucher_for
from rehearsal.watch import Stopwatch, say
from rehearsal.web import HttpClient, NoAnswerError, Reply

REPORTS = ("/kantor/hari-ini/", "/kantor/pegawai/?cari=siti", "/kantor/tugas/")
REPORTERS = 8
_NICE = 15
_STRANGERS_FROM = 500_000
_PATIENCE_SECONDS = 30
_BEGIN_SECONDS = 240
#: The beginning of the log-ins, when all are at the door at once.
_FIRST_SECONDS = 20


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
    crowds = SHORT if short else Crowds()
    with fresh_folder(work / "isolation") as folder:
        site = made_regency(folder / "data", crowds.people, MORNING, whole_month=False)
        seconds = {name: crowds.login_seconds if name == "logins" else crowds.seconds for name in _TROUBLES}
        records = iter(_sign(site, crowds.taps_per_s * sum(seconds.values())))
        with served(site) as port:
            phases = {}
            for name, trouble in _TROUBLES.items():
                say(f"{name}: taps at {crowds.taps_per_s} per second")
                offered = islice(records, crowds.taps_per_s * seconds[name])
                phases[name] = _phase(port, site, crowds, offered, trouble)
    taps, receipts = (sum(map(count, phases.values())) for count in (lambda one: one.taps, lambda one: len(one.waits)))
    logins, report = phases["logins"].office, phases["report"].office
    return {
        "people": crowds.people,
        "taps_per_s": crowds.taps_per_s,
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


def _sign(site: Site, count: int) -> list[bytes]:
    """Bodies of requests: so many first taps, each of a phone that the office's slip introduces."""
    now_ms, office = site.clock().now_ms(), site.office_signer()
    numbers = range(_STRANGERS_FROM, _STRANGERS_FROM + count)
    phones = (Phone(person, voucher_for(person, office, now_ms=now_ms)) for person in numbers)
    return [json.dumps({"punches": [{"record": phone.punch(wall_ms=now_ms)}]}).encode() for phone in phones]


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
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told.put(runner.run(_log_in_all(port, crowds)))


async def _log_in_all(port: int, crowds: Crowds) -> OfficeAnswers:
    loop, outcome = asyncio.get_running_loop(), OfficeAnswers()
    began = loop.time()
    client = HttpClient(port, seconds_max=_PATIENCE_SECONDS)
    until = began + crowds.login_seconds
    await asyncio.gather(*(_log_in(client, outcome, until) for _ in range(crowds.logins)))
    outcome.seconds = loop.time() - began
    return outcome


async def _log_in(client: HttpClient, outcome: OfficeAnswers, until: float) -> None:
    """One person's browser, which comes back when it is told to, and not after `until`."""
    loop = asyncio.get_running_loop()
    outcome.asked += 1
    while True:
        try:
            answer = await _try(client, outcome)
        except NoAnswerError:
            outcome.unanswered += 1
            return
        if answer.status == HTTPStatus.FOUND:
            outcome.done += 1
            return
        # An answer that is neither a way in nor says when to come back is a defect, and ends the measurement.
        assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE, answer.status
        outcome.come_back += 1
        if loop.time() + answer.retry_after_s > until:
            return
        await asyncio.sleep(answer.retry_after_s)


async def _try(client: HttpClient, outcome: OfficeAnswers) -> Reply:
    """The page and the form: the answer that ends it."""
    page = await client.get(LOG_IN)
    if page.status != HTTPStatus.OK:
        return page
    token = TOKEN.search(page.body.decode())
    form = {"csrfmiddlewaretoken": token[1] if token else "", "login": LOGIN, "password": PASSWORD}
    watch = Stopwatch()
    kind = "application/x-www-form-urlencoded"
    answer = await client.post(LOG_IN, urlencode(form).encode(), content_type=kind, cookie=page.cookies)
    outcome.waits_s.append(watch.seconds)
    return answer


def reports_are_asked(port: int, site: Site, crowds: Crowds, told: ToldQueue) -> None:
    """Pages about everybody, by eight clerks who never pause, while the projection is dropped and built again."""
    os.nice(_NICE)
    argv = [sys.executable, "-m", "hadir.cli", "office", "rebuild", "--data", str(site.data), "--json"]
    rebuild = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    clerks = [OfficeClerk(port) for _ in range(REPORTERS)]
    told.put(None)
    watch = Stopwatch()

    def ask_on(clerk: OfficeClerk, path: str) -> list[bool]:
        """Of each report, whether it came."""
        came = []
        while watch.seconds < crowds.seconds:
            try:
                came.append(clerk.get(path).status == HTTPStatus.OK)
            except (OSError, HTTPException):
                came.append(False)
        return came

    with ThreadPoolExecutor(REPORTERS) as pool:
        came = [one for of_clerk in pool.map(ask_on, clerks, cycle(REPORTS)) for one in of_clerk]
    told.put(OfficeAnswers(asked=len(came), done=sum(came), seconds=crowds.seconds))
    rebuild.wait(600)


_TROUBLES: dict[str, Trouble] = {"calm": nobody, "logins": everybody_logs_in, "report": reports_are_asked}
