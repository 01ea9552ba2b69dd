"""`hadir bench nation`: many distinct people tap once each, at one gate, with one roster that knows them all.

1. Derive every key and sort them into a roster file; SQLite sorts, so memory stays small.
2. Publish it, start the gate, and see how long the roster takes and what it costs.
3. Sign a part of the taps, offer them all, throw the part away; again until everybody has tapped.
4. Count the journal: everybody stands in it once.
5. Revoke one key in a roster of the same size, publish it, and see when the gate has taken it.
"""

import shutil
import sqlite3
import struct
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hadir.clock import SystemClock
from hadir.drill.bench_crowd import Crowd, public_keys, publish, taps
from hadir.drill.bench_tools import (
    NOISE_CORES_MAX,
    BenchError,
    Load,
    Plan,
    build_tools,
    fresh_folder,
    median,
    pid_of,
    rss_mib,
    run_load,
    running_gates,
    say,
)
from hadir.drill.gates import RunningGate
from hadir.ledger.sqlite import JOURNAL_FILE
from hadir.records.kinds import Kind
from hadir.records.leaf import parse_leaf_header
from hadir.records.roster import SCHEMA
from hadir.site import Site, found_site

PART_PEOPLE = 50_000
_SLICE_PEOPLE = 2_500
_MAKERS = 2
_PART_SECONDS_MAX = 120
#: Disk per person at the most: journal 2,000, two rosters of 130 and the sorting of one, rounded up.
_DISK_BYTES_EACH = 2_800
_TAKEN_SECONDS_MAX = 60


@dataclass(frozen=True)
class _Part:
    """One part's taps: what they cost the gate, and its memory afterwards."""

    load: Load
    rss_mib: float


@dataclass(frozen=True)
class _Start:
    """What the roster cost the gate: when it started, and when a key was revoked."""

    seconds: float
    rss_mib: float
    revoked_s: float


def bench_nation(work: Path, *, people: int) -> dict[str, Any]:
    """The figures of `hadir bench nation --json`; progress goes to standard error."""
    clock = SystemClock()
    tools = build_tools(work)
    _check_disk(work, people)
    with fresh_folder(work / "nation") as folder, ProcessPoolExecutor(_MAKERS) as makers:
        say(f"keys of {people} people")
        roster = _make_roster(folder / "roster.sqlite", people, makers)
        site = found_site(folder / "data", name="rehearsal/nation", zone="Asia/Jakarta", now_ms=clock.now_ms())
        publish(roster, site, version=1, now_ms=clock.now_ms())
        began_ms = clock.mono_ms()
        with running_gates([site], {0, 1}) as gates:
            started_ms, pid = clock.mono_ms() - began_ms, pid_of(gates[0])
            start_mib, parts = rss_mib(pid), []
            for first in range(1, people + 1, PART_PEOPLE):
                crowd = _make_part(folder, first, min(PART_PEOPLE, people + 1 - first), makers)
                load = run_load(tools, Plan(crowd, [gates[0].port], [(0, _PART_SECONDS_MAX)]), [pid])
                parts.append(_Part(load, rss_mib(pid)))
                say(f"{first + crowd.people - 1} people, {load.cpu_us:.0f} us each, {parts[-1].rss_mib:.0f} MiB")
            taken_s = _revoke_one(roster, site, gates[0])
        start = _Start(started_ms / 1000, start_mib, taken_s)
        return _figures(parts, people=people, kept=_count_punches(site), start=start)


def _check_disk(work: Path, people: int) -> None:
    free, needed = shutil.disk_usage(work).free, people * _DISK_BYTES_EACH
    if free < needed:
        raise BenchError(f"{people} people need {needed >> 20} MiB of disk in {work}, and {free >> 20} MiB are free")


def _revoke_one(roster: Path, site: Site, gate: RunningGate) -> float:
    """Seconds from the office's signature over a roster without one key to the gate's use of it."""
    clock = SystemClock()
    newer = roster.with_name("roster-newer.sqlite")
    shutil.copyfile(roster, newer)
    with sqlite3.connect(newer) as database:
        database.execute("UPDATE device SET until_ms = 1 WHERE kid = (SELECT min(kid) FROM device)")
    database.close()
    begun_ms = clock.mono_ms()
    publish(newer, site, version=2, now_ms=clock.now_ms())
    gate.wait_for_roster(2, _TAKEN_SECONDS_MAX)
    return (clock.mono_ms() - begun_ms) / 1000


def _figures(parts: list[_Part], *, people: int, kept: int, start: _Start) -> dict[str, Any]:
    seconds = sum(part.load.phases[0]["seconds"] for part in parts)
    others = median([part.load.others_cores for part in parts])
    return {
        "people": people,
        "receipts": sum(part.load.good for part in parts),
        "kept": kept,
        "lost": people - kept,
        "punches_per_s": round(people / seconds),
        "seconds_of_taps": round(seconds, 1),
        "cpu_us_first_part": round(parts[0].load.cpu_us, 1),
        "cpu_us_last_part": round(parts[-1].load.cpu_us, 1),
        "rss_mib_at_start": round(start.rss_mib, 1),
        "rss_mib_first_part": round(parts[0].rss_mib, 1),
        "rss_mib_last_part": round(parts[-1].rss_mib, 1),
        "gate_started_s": round(start.seconds, 2),
        "revoked_key_effective_s": round(start.revoked_s, 2),
        "other_programs_cores": others,
        "noisy": others > NOISE_CORES_MAX,
    }


def _slices(first: int, count: int) -> Iterator[tuple[int, int]]:
    for begin in range(first, first + count, _SLICE_PEOPLE):
        yield begin, min(_SLICE_PEOPLE, first + count - begin)


def _make_roster(path: Path, people: int, makers: ProcessPoolExecutor) -> Path:
    database = sqlite3.connect(path)
    database.executescript(f"PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA temp_store = file; {SCHEMA}")
    database.execute("CREATE TEMP TABLE found (kid BLOB, key BLOB, person INTEGER)")
    for rows in makers.map(_keys_of, _slices(1, people)):
        database.executemany("INSERT INTO found VALUES (?, ?, ?)", rows)
        if rows[0][2] % 250_000 == 1:
            say(f"{rows[0][2]} keys")
    database.execute("INSERT INTO device SELECT kid, key, person, 0, NULL FROM found ORDER BY kid")
    database.commit()
    database.close()
    return path


def _keys_of(part: tuple[int, int]) -> list[tuple[bytes, bytes, int]]:
    return list(public_keys(*part))


def _make_part(folder: Path, first: int, count: int, makers: ProcessPoolExecutor) -> Crowd:
    crowd = Crowd(folder=folder, people=count)
    with crowd.requests.open("wb") as file:
        for data in makers.map(_requests_of, _slices(first, count)):
            file.write(data)
    return crowd


def _requests_of(part: tuple[int, int]) -> bytes:
    return b"".join(struct.pack("<I", len(tap.request)) + tap.request for tap in taps(*part))


def _count_punches(site: Site) -> int:
    """Distinct record ids of punches in the journal. BenchError when a record stands twice."""
    path = site.journal_folder(site.gate) / JOURNAL_FILE
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    ids, rows = database.execute("SELECT count(DISTINCT id), count(*) FROM record_id").fetchone()
    heads = database.execute("SELECT substr(data, 1, 300) FROM leaf")
    punches = sum(parse_leaf_header(data)[0][0] is Kind.PUNCH for (data,) in heads)
    database.close()
    if not ids == rows == punches:
        raise BenchError(f"{punches} punches, {rows} ids of which {ids} differ: a record stands twice")
    return int(ids)
