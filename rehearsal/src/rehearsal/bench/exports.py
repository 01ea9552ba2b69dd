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
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hadir.site import Site
from rehearsal.bench.isolation import OfficeClerk, made_regency, served
from rehearsal.bench.tools import BenchError, children_of, cpu_s, fresh_folder
from rehearsal.morning.plan import ZONE
from rehearsal.watch import Stopwatch, say

PEOPLE = 4_800
LIMIT_S = 0.5
"""CPU seconds of a page."""
FILES = (("xlsx", "a4"), ("pdf", "f4"), ("xlsx", "f4"))
"""As many as `exports.actions.OPEN_OF_PERSON_MAX`."""
SECONDS_MAX = 600
_AT = datetime(2026, 12, 1, 9, tzinfo=ZoneInfo(ZONE))
_UNIT = re.compile(r'href="/kantor/bulan/(\d+)/2026-11/"')
_ROOT = "/kantor/bulan/1/2026-11/"


def bench_exports(work: Path, *, people: int = PEOPLE) -> dict[str, Any]:
    """The figures of `hadir bench exports --json`; progress goes to standard error."""
    with fresh_folder(work / "exports") as folder:
        site = made_regency(folder / "data", people, _AT)
        with served(site) as port:
            clerk = _Clerk(port)
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


def _workers(site: Site) -> list[int]:
    """gunicorn's own process and those that answer."""
    office = int(json.loads((site.run_folder / "serve.json").read_text())["office"])
    return [office, *children_of(office)]


class _Clerk(OfficeClerk):
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


def _pages(clerk: _Clerk) -> list[str]:
    """The pages that a clerk opens: of the whole regency, and of one unit in it."""
    below = [unit for unit in _UNIT.findall(clerk.text(_ROOT)) if unit != "1"] or ["2"]
    units = ["1", below[0]]
    each = (
        "hari-ini/{}/", "bulan/{}/2026-11/", "bulan/{}/2026-11/gambar/", "keterangan/unit/{}/", "hp/{}/", "slip/{}/",
        "aturan/unit/{}/", "kesiapan/{}/",
    )  # fmt: skip
    whole = ("tugas/", "pegawai/?cari=siti", "akun/", "gangguan/", "mesin/", "ekspor/")
    return [f"/kantor/{path.format(unit)}" for path in each for unit in units] + [f"/kantor/{path}" for path in whole]


def _costs(clerk: _Clerk, pids: list[int], paths: list[str]) -> Iterator[tuple[str, float]]:
    for path in paths:
        before = sum(map(cpu_s, pids))
        clerk.text(path)
        yield path, sum(map(cpu_s, pids)) - before


def _round(clerk: _Clerk, pids: list[int]) -> dict[str, float]:
    """Every page once, while nothing else is done. The first time, which fills caches, is not counted."""
    paths = _pages(clerk)
    dict(_costs(clerk, pids, paths))
    return dict(_costs(clerk, pids, paths))


def _beside(clerk: _Clerk, pids: list[int], files: list[str]) -> tuple[dict[str, float], float]:
    """The most that each page cost until the last file was there, and how long that was."""
    watch, paths, worst = Stopwatch(), _pages(clerk), defaultdict[str, float](float)
    while any(clerk.waits(file) for file in files):
        if watch.seconds > SECONDS_MAX:
            raise BenchError(f"the files were not made within {SECONDS_MAX} s")
        for path, cost in _costs(clerk, pids, paths):
            worst[path] = max(worst[path], cost)
        time.sleep(0.1)
    return dict(worst), watch.seconds
