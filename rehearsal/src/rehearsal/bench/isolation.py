"""`hadir bench isolation`: taps through the door of a whole site, while its office is asked for all that it can do.

1. Make a regency with one day of taps, and start `hadir serve` on it: door, gate, office, follower.
2. Tap at a steady rate, each tap a person's first, and measure from the request to the whole answer:
   alone; while thousands log in at once (real pages, real argon2); while reports about everybody are asked for and the
   projection is built again.
"""

import asyncio
import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import uvloop

from hadir.clock import SystemClock, set_rehearsal_clock
from hadir.config import free_port, read_settings
from hadir.records.days import day_number, local_date
from hadir.records.voucher import Voucher
from hadir.site import Site, found_site
from rehearsal.bench.isolation_troubles import (
    Crowds,
    Outcome,
    Told,
    Trouble,
    everybody_logs_in,
    nobody,
    reports_are_asked,
)
from rehearsal.bench.tools import fresh_folder, say
from rehearsal.demo.history import make_regency
from rehearsal.morning.count import quantile
from rehearsal.morning.plan import ZONE
from rehearsal.morning.wire import NoAnswerError, Wire
from rehearsal.phones import Phone

SEED = 1
_STRANGERS_FROM = 500_000
_PATIENCE_SECONDS = 30
_BEGIN_SECONDS = 240
#: The beginning of the log-ins, when all are at the door at once.
_FIRST_SECONDS = 20
_MORNING = datetime(2026, 11, 24, 7, tzinfo=ZoneInfo(ZONE))
SHORT = Crowds(people=300, logins=400, taps_per_s=50, seconds=4, login_seconds=20)


@dataclass(frozen=True)
class _Wait:
    """Of a tap that has its receipt: when it was due, since the phase began, and how long it took."""

    due_s: float
    ms: float


@dataclass(frozen=True)
class _Phase:
    """How many taps, those that have their receipt, and what the office answered meanwhile."""

    taps: int
    waits: list[_Wait]
    office: Outcome

    def p99_ms(self, until_s: float = 1e9) -> float:
        """Of the taps that were due in the first `until_s` seconds."""
        return round(quantile(sorted(wait.ms for wait in self.waits if wait.due_s < until_s), 0.99), 1)


def bench_isolation(work: Path, *, crowds: Crowds) -> dict[str, Any]:
    """The figures of `hadir bench isolation --json`; progress goes to standard error."""
    with fresh_folder(work / "isolation") as folder:
        site = made_regency(folder / "data", crowds.people)
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


def made_regency(data: Path, people: int) -> Site:
    """A founded folder with so many people and one day of their taps."""
    now_ms = int(_MORNING.timestamp() * 1000)
    site = found_site(data, name="rehearsal/isolation", zone=ZONE, now_ms=now_ms)
    set_rehearsal_clock(site.clock_file, simulated_ms=now_ms)
    settings = read_settings({"HADIR_DATA": str(data)})
    make_regency(site, settings, people=people, seed=SEED, tell=say, whole_month=False)
    return site


def _sign(site: Site, count: int) -> Iterator[bytes]:
    """Bodies of requests: so many first taps, each of a phone that the office's slip introduces."""
    now_ms = site.clock().now_ms()
    office, last_day = site.office_signer(), day_number(local_date(now_ms, "UTC")) + 30
    bodies = []
    for person in range(_STRANGERS_FROM, _STRANGERS_FROM + count):
        phone = Phone(person, Voucher(person=person, slip=person, last_day=last_day).issue(office))
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


def _phase(port: int, site: Site, crowds: Crowds, records: Iterable[bytes], trouble: Trouble) -> _Phase:
    """Taps at their steady rate, while a process of its own makes the trouble."""
    fresh = multiprocessing.get_context("spawn")
    told: Told = fresh.Queue()
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


async def _tap(port: int, per_s: int, records: Iterable[bytes]) -> tuple[list[_Wait], int]:
    """Open loop: nobody waits for anybody. The taps that have their receipt, and how many there were."""
    wire, loop = Wire(port, seconds_max=_PATIENCE_SECONDS), asyncio.get_running_loop()
    waits: list[_Wait] = []
    begun, tasks = loop.time(), list[asyncio.Task[None]]()

    async def one(body: bytes, due: float) -> None:
        with suppress(NoAnswerError):
            answer = await wire.post("/v1/punches", body)
            if answer.status == HTTPStatus.OK and b'"receipt"' in answer.body:
                waits.append(_Wait(due - begun, (loop.time() - due) * 1000))

    for number, body in enumerate(records):
        due = begun + number / per_s
        await asyncio.sleep(max(0.0, due - loop.time()))
        tasks.append(loop.create_task(one(body, due)))
    await asyncio.gather(*tasks)
    wire.close()
    return waits, len(tasks)


_TROUBLES: dict[str, Trouble] = {"calm": nobody, "logins": everybody_logs_in, "report": reports_are_asked}
