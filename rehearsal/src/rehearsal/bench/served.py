"""A whole site made and served for a measurement, and two that a clerk of its office makes.

`hadir bench exports`: what the office's pages cost while as many large files are made beside them as may be.

1. Make a regency with a month behind it, and start `hadir serve` on it: door, gate, office, follower, exports.
2. Ask for as many files of the whole regency as one person may have at once, as a browser does.
3. While they are made, open page after page, and count the CPU seconds of the office's workers for each.

A page's worst second counts against `LIMIT_S`. The workers have threads and nobody else asks, so what they use between
the request and the whole answer is that page's.

`hadir bench revocation`: from the click that revokes a phone until the gate flags that phone's taps.

1. Make a small regency with one day of taps, and serve it.
2. Revoke one phone after another on the office's page, as the personnel agency does.
3. After each, tap with that phone until the gate writes `revoked_key` beside its tap. The taps before are flagged by
   nobody: that is looked at too, or the figure would prove nothing.
"""

import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from hadir.clock import set_rehearsal_clock
from hadir.config import free_port, read_settings
from hadir.ledger.sqlite import leaves_in
from hadir.records.kinds import Kind
from hadir.site import Site, found_site
from rehearsal.bench.tools import BenchError, children_of, cpu_s, fresh_folder
from rehearsal.demo.filling import fill_regency
from rehearsal.morning.count import quantile
from rehearsal.morning.plan import ZONE
from rehearsal.phones import Phone, private_key, record_hash
from rehearsal.watch import Stopwatch, say, until
from rehearsal.web import Reply, ask

SEED = 1
LOGIN, PASSWORD = "rina", "latihan-rina"
LOG_IN = "/kantor/masuk/"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
MORNING = datetime(2026, 11, 24, 7, tzinfo=ZoneInfo(ZONE))

LIMIT_S = 0.5
"""CPU seconds of a page."""
FILES = (("xlsx", "a4"), ("pdf", "f4"), ("xlsx", "f4"))
"""As many as `exports.actions.OPEN_OF_PERSON_MAX`."""
SECONDS_MAX = 600
_MONTH_END = datetime(2026, 12, 1, 9, tzinfo=ZoneInfo(ZONE))
_UNIT = re.compile(r'href="/kantor/bulan/(\d+)/2026-11/"')
_ROOT = "/kantor/bulan/1/2026-11/"

PEOPLE, FIRST = 300, 1_101
REVOKED_LIMIT_S = 60
"""A revocation reaches the gate within so long: what the project promises."""
_GIVE_UP_S = 5 * REVOKED_LIMIT_S
_TAIL = 50
_PAUSE_S = 1.0


def made_regency(data: Path, people: int, at: datetime, *, whole_month: bool = True) -> Site:
    """A founded folder with so many people and a month of their taps, or a day."""
    now_ms = int(at.timestamp() * 1000)
    site = found_site(data, name="rehearsal/bench", zone=ZONE, now_ms=now_ms)
    set_rehearsal_clock(site.clock_file, simulated_ms=now_ms)
    fill_regency(read_settings({"HADIR_DATA": str(data)}), people=people, seed=SEED, whole_month=whole_month)
    return site


@contextmanager
def served(site: Site) -> Iterator[int]:
    """The whole site as long as the block lasts; its port."""
    port = free_port()
    argv = [sys.executable, "-m", "hadir.cli", "serve", "--data", str(site.data), "--port", str(port)]
    with (site.data.parent / "serve.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(argv, start_new_session=True, stderr=log, stdout=log)
        try:
            opened = ("/readyz", LOG_IN)
            until(lambda: all(ask(port, "GET", path).status == 200 for path in opened), 120, "the office did not open")
            yield port
        finally:
            process.terminate()
            process.wait(60)


class OfficeClerk:
    """A clerk of the personnel agency, logged in, who opens one page after another."""

    def __init__(self, port: int) -> None:
        self._port, self._cookies = port, ""
        answer = self.post(LOG_IN, LOG_IN, {"login": LOGIN, "password": PASSWORD})
        if answer.status != HTTPStatus.FOUND:
            raise BenchError("the office let nobody in")
        self._cookies = answer.cookies

    def get(self, path: str) -> Reply:
        return ask(self._port, "GET", path, seconds=120, headers={"cookie": self._cookies})

    def post(self, page: str, path: str, form: Mapping[str, str]) -> Reply:
        """By the form of a page."""
        shown = self.get(page)
        token = TOKEN.search(shown.body.decode())
        if shown.status != HTTPStatus.OK or token is None:
            raise BenchError(f"{page} shows no form: {shown.status}")
        told = {"content-type": "application/x-www-form-urlencoded", "cookie": self._cookies or shown.cookies}
        body = urlencode({"csrfmiddlewaretoken": token[1], **form}).encode()
        return ask(self._port, "POST", path, body, seconds=120, headers=told)


# --- exports ----------------------------------------------------------------------------------------------------------


def bench_exports(work: Path, *, people: int) -> dict[str, Any]:
    with fresh_folder(work / "exports") as folder:
        site = made_regency(folder / "data", people, _MONTH_END)
        with served(site) as port:
            clerk = _ExportClerk(port)
            office = int(json.loads((site.run_folder / "serve.json").read_text())["office"])
            pids = [office, *children_of(office)]  # gunicorn's own process and those that answer
            alone = _round(clerk, pids)
            say(f"asking for {len(FILES)} files of {people:,} people")
            files = [clerk.ask(kind, size) for kind, size in FILES]
            beside, seconds = _beside(clerk, pids, files)
    worst_s, worst = max((worst, path) for path, worst in beside.items())
    return {
        "people": people,
        "files": len(FILES),
        "files_seconds": round(seconds, 1),
        "pages": len(beside),
        "told_to_come_back": clerk.told_to_come_back,
        "alone_cpu_s": round(max(alone.values()), 2),
        "page_cpu_s": round(worst_s, 2),
        "page_cpu_of_limit": round(worst_s / LIMIT_S, 2),
        "limit_s": LIMIT_S,
        "worst_page": worst,
    }


class _ExportClerk(OfficeClerk):
    """Counts how often the office had no time."""

    told_to_come_back = 0

    def text(self, path: str) -> str:
        reply = self.get(path)
        if reply.status not in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}:
            raise BenchError(f"{path} answered {reply.status}")
        self.told_to_come_back += reply.status == HTTPStatus.SERVICE_UNAVAILABLE
        return reply.body.decode() if reply.status == HTTPStatus.OK else ""

    def ask(self, kind: str, size: str) -> str:
        """The address of the file's own page."""
        file = f"rekap.{kind}?kertas={size}"
        return self.post(_ROOT + file, f"{_ROOT}ekspor/", {"berkas": kind, "kertas": size}).headers["location"]

    def waits(self, file: str) -> bool:
        return f"{file}unduh/" not in self.text(file)


def _pages(clerk: _ExportClerk) -> list[str]:
    """The pages that a clerk opens: of the whole regency, and of one unit in it."""
    below = [unit for unit in _UNIT.findall(clerk.text(_ROOT)) if unit != "1"] or ["2"]
    units = ["1", below[0]]
    each = (
        "hari-ini/{}/", "bulan/{}/2026-11/", "bulan/{}/2026-11/gambar/", "keterangan/unit/{}/", "hp/{}/", "slip/{}/",
        "aturan/unit/{}/", "kesiapan/{}/",
    )  # fmt: skip
    whole = ("tugas/", "pegawai/?cari=siti", "akun/", "gangguan/", "mesin/", "ekspor/")
    return [f"/kantor/{path.format(unit)}" for path in each for unit in units] + [f"/kantor/{path}" for path in whole]


def _costs(clerk: _ExportClerk, pids: list[int], paths: list[str]) -> Iterator[tuple[str, float]]:
    for path in paths:
        before = cpu_s(pids)
        clerk.text(path)
        yield path, cpu_s(pids) - before


def _round(clerk: _ExportClerk, pids: list[int]) -> dict[str, float]:
    """Every page once, while nothing else is done. The first time, which fills caches, is not counted."""
    paths = _pages(clerk)
    dict(_costs(clerk, pids, paths))
    return dict(_costs(clerk, pids, paths))


def _beside(clerk: _ExportClerk, pids: list[int], files: list[str]) -> tuple[dict[str, float], float]:
    """The most that each page cost until the last file was there, and how long that was."""
    watch, paths, worst = Stopwatch(), _pages(clerk), defaultdict[str, float](float)
    while any(clerk.waits(file) for file in files):
        if watch.seconds > SECONDS_MAX:
            raise BenchError(f"the files were not made within {SECONDS_MAX} s")
        for path, cost in _costs(clerk, pids, paths):
            worst[path] = max(worst[path], cost)
        time.sleep(0.1)
    return dict(worst), watch.seconds


# --- revocation -------------------------------------------------------------------------------------------------------


def bench_revocation(work: Path, *, times: int) -> dict[str, Any]:
    with fresh_folder(work / "revocation") as folder:
        site = made_regency(folder / "data", PEOPLE, MORNING, whole_month=False)
        with served(site) as port:
            seconds, early = _revoke_some(port, site, times)
    seconds.sort()
    return {
        "revocations": len(seconds),
        "median_s": round(quantile(seconds, 0.5), 2),
        "longest_s": round(seconds[-1], 2),
        "limit_s": REVOKED_LIMIT_S,
        "longest_of_limit": round(seconds[-1] / REVOKED_LIMIT_S, 3),
        "flagged_before": early,
    }


def _revoke_some(port: int, site: Site, times: int) -> tuple[list[float], int]:
    """Seconds of each revocation, and how many taps were flagged before theirs."""
    seconds: list[float] = []
    early, clerk = 0, OfficeClerk(port)
    for number in range(FIRST, FIRST + times):
        phone = Phone(number, private=private_key(f"rehearsal {SEED}", number))
        early += _is_flagged(port, site, phone)
        seconds.append(_revoke(clerk, port, site, phone))
        say(f"{len(seconds)}: {seconds[-1]:.2f} s")
    return seconds, early


def _revoke(clerk: OfficeClerk, port: int, site: Site, phone: Phone) -> float:
    """From the click until the gate's flag."""
    page, watch = f"/kantor/hp/{phone.kid}/cabut/", Stopwatch()
    answer = clerk.post(page, page, {"reason": "HP hilang."})
    went_to = answer.headers.get("location", "")
    if "selesai=revoke" not in went_to:
        raise BenchError(f"the office did not revoke {phone.kid}: {answer.status} {went_to}")
    while not _is_flagged(port, site, phone):
        if watch.seconds > _GIVE_UP_S:
            raise BenchError(f"the gate took {phone.kid} for valid for more than {_GIVE_UP_S} s")
        time.sleep(_PAUSE_S)
    return watch.seconds


def _is_flagged(port: int, site: Site, phone: Phone) -> bool:
    """Tap, and look what the gate wrote beside it."""
    record = phone.punch(wall_ms=site.clock().now_ms())
    body = json.dumps({"punches": [{"record": record}]}).encode()
    answer = ask(port, "POST", "/v1/punches", body, headers={"content-type": "application/json"})
    if answer.status != HTTPStatus.OK:
        raise BenchError(f"the gate gave no receipt: {answer.status}")
    return "revoked_key" in _flags(site, record_hash(record))


def _flags(site: Site, about: str) -> Iterator[str]:
    """What the gate's journal says beside this record; it stands within the last few leaves."""
    for leaf in leaves_in(site.journal_folder(site.gate), newest=_TAIL):
        if leaf.kind is Kind.FLAG:
            flag = json.loads(leaf.body)
            if flag["about"] == about:
                yield from flag["flags"]
