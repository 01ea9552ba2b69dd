"""`hadir bench exports`: what the office's pages cost while as many large files are made beside them as may be.

1. Make a regency with a month behind it, and start `hadir serve` on it: door, gate, office, follower, exports.
2. Ask for as many files of the whole regency as one person may have at once, as a browser does.
3. While they are made, open page after page, and count the CPU seconds of the office's workers for each.

A page's worst second counts against `LIMIT_S`. The workers have threads and nobody else asks, so what they use between
the request and the whole answer is that page's.
"""

import json
import re
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from hadir.clock import SystemClock, set_rehearsal_clock
from hadir.config import read_settings
from hadir.site import Site, found_site
from rehearsal.bench.isolation import served
from rehearsal.bench.isolation_troubles import LOGIN, PASSWORD
from rehearsal.bench.tools import BenchError, cpu_s, fresh_folder, say
from rehearsal.demo.history import make_regency
from rehearsal.morning.plan import ZONE

PEOPLE = 4_800
LIMIT_S = 0.5
"""CPU seconds of a page."""
FILES = (("xlsx", "a4"), ("pdf", "f4"), ("xlsx", "f4"))
"""As many as `exports.actions.OPEN_OF_PERSON_MAX`."""
SECONDS_MAX = 600
SEED = 1
_AT = datetime(2026, 12, 1, 9, tzinfo=ZoneInfo(ZONE))
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
_UNIT = re.compile(r'href="/kantor/bulan/(\d+)/2026-11/"')
_ROOT = "/kantor/bulan/1/2026-11/"


def bench_exports(work: Path, *, people: int = PEOPLE) -> dict[str, Any]:
    """The figures of `hadir bench exports --json`; progress goes to standard error."""
    with fresh_folder(work / "exports") as folder:
        site = _regency(folder / "data", people)
        with served(site) as port:
            clerk = _Browser(port)
            clerk.log_in()
            pids = _workers(site)
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


def _regency(data: Path, people: int) -> Site:
    now_ms = int(_AT.timestamp() * 1000)
    site = found_site(data, name="rehearsal/exports", zone=ZONE, now_ms=now_ms)
    set_rehearsal_clock(site.clock_file, simulated_ms=now_ms)
    settings = read_settings({"HADIR_DATA": str(data)})
    make_regency(site, settings, people=people, seed=SEED, tell=say)
    return site


def _workers(site: Site) -> list[int]:
    """gunicorn's own process and those that answer."""
    found = [int(json.loads((site.run_folder / "serve.json").read_text())["office"])]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(entry) == found[0]:
            found.append(int(entry.name))
    return found


def _parent(process: Path) -> int:
    """0 for one that has ended meanwhile."""
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


class _Browser:
    """The personnel agency's, with its session."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self.told_to_come_back = 0
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open

    def get(self, path: str) -> str:
        try:
            with self._open(self._url + path, timeout=120) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise BenchError(f"{path} answered {error.code}") from error
            self.told_to_come_back += 1
            return ""

    def post(self, page: str, path: str, form: Mapping[str, str]) -> str:
        """By the form of a page; the address to which it leads."""
        token = _TOKEN.search(self.get(page))
        if token is None:
            raise BenchError(f"{page} has no form")
        body = urlencode({"csrfmiddlewaretoken": token[1], **form}).encode()
        request = urllib.request.Request(self._url + path, body, {"Referer": self._url + page})  # noqa: S310 - loopback
        with self._open(request, timeout=120) as answer:
            return str(answer.url).removeprefix(self._url)

    def log_in(self) -> None:
        page = "/kantor/masuk/"
        if self.post(page, page, {"login": LOGIN, "password": PASSWORD}) == page:
            raise BenchError("the log-in was refused")

    def ask(self, kind: str, size: str) -> str:
        """The address of the file's own page."""
        file = f"rekap.{kind}?kertas={size}"
        return self.post(_ROOT + file, f"{_ROOT}ekspor/", {"berkas": kind, "kertas": size})

    def waits(self, file: str) -> bool:
        return f"{file}unduh/" not in self.get(file)


def _pages(clerk: _Browser) -> list[str]:
    """The pages that a clerk opens: of the whole regency, and of one unit in it."""
    below = [unit for unit in _UNIT.findall(clerk.get(_ROOT)) if unit != "1"] or ["2"]
    units = ["1", below[0]]
    each = (
        "hari-ini/{}/", "bulan/{}/2026-11/", "bulan/{}/2026-11/gambar/", "keterangan/unit/{}/", "hp/{}/", "slip/{}/",
        "aturan/unit/{}/", "kesiapan/{}/",
    )  # fmt: skip
    whole = ("tugas/", "pegawai/?cari=siti", "akun/", "gangguan/", "mesin/", "ekspor/")
    return [f"/kantor/{path.format(unit)}" for path in each for unit in units] + [f"/kantor/{path}" for path in whole]


def _costs(clerk: _Browser, pids: list[int], paths: list[str]) -> Iterator[tuple[str, float]]:
    for path in paths:
        before = sum(map(cpu_s, pids))
        clerk.get(path)
        yield path, sum(map(cpu_s, pids)) - before


def _round(clerk: _Browser, pids: list[int]) -> dict[str, float]:
    """Every page once, while nothing else is done. The first time, which fills caches, is not counted."""
    paths = _pages(clerk)
    dict(_costs(clerk, pids, paths))
    return dict(_costs(clerk, pids, paths))


def _beside(clerk: _Browser, pids: list[int], files: list[str]) -> tuple[dict[str, float], float]:
    """The most that each page cost until the last file was there, and how long that was."""
    clock, paths, worst = SystemClock(), _pages(clerk), defaultdict[str, float](float)
    began_ms = clock.mono_ms()
    while any(clerk.waits(file) for file in files):
        if clock.mono_ms() - began_ms > SECONDS_MAX * 1000:
            raise BenchError(f"the files were not made within {SECONDS_MAX} s")
        for path, cost in _costs(clerk, pids, paths):
            worst[path] = max(worst[path], cost)
        time.sleep(0.1)
    return dict(worst), (clock.mono_ms() - began_ms) / 1000
