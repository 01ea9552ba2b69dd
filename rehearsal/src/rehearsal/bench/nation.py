"""`hadir bench nation`: many distinct people tap once each, at one gate, with one roster that knows them all.

1. Derive every key (bench/crowd.c) and sort them into a roster file; SQLite sorts, so memory stays small.
2. Publish it, see how long a gate takes to open it and what that costs, and start the gate.
3. Sign a part of the taps and offer them all, while the next part is signed; again until everybody has tapped.
4. Count the journal: everybody stands in it once.
5. Revoke one key and confirm another in a roster of the same size, and see when the gate judges by it.
"""

import multiprocessing
import os
import shutil
import sqlite3
import struct
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from hadir.clock import SystemClock
from hadir.gate.roster import Roster
from hadir.ledger.sqlite import JOURNAL_FILE
from hadir.records.kinds import Kind
from hadir.records.leaf import parse_leaf_header
from hadir.site import Site, found_site, open_site
from rehearsal.bench.crowd import CrowdFiles, public_keys, publish, record_of, write_roster
from rehearsal.bench.tools import (
    BenchError,
    Load,
    LoadPlan,
    fresh_folder,
    median,
    rss_mib,
    run_load,
    running_gates,
    tool,
)
from rehearsal.gates import RunningGate
from rehearsal.watch import Stopwatch, say

#: The first part is small, so that the cost of a punch is seen beside an almost empty journal too.
FIRST_PEOPLE = 5_000
PART_PEOPLE = 50_000
_PART_SECONDS_MAX = 120
#: Disk per person at the most: journal 2,000, two rosters of 130, the keys and the sorting of one, rounded up.
_DISK_BYTES_EACH = 2_800
_ROW = struct.Struct("32s64s")
_ROWS_AT_ONCE = 10_000
_MAKER_NICE = 5
_EFFECTIVE_SECONDS_GIVEN_UP = 60


@dataclass(frozen=True)
class _Part:
    """One part's taps: what they cost the gate, its memory afterwards, and how many stood in the journal then."""

    load: Load
    rss_mib: float
    people_so_far: int


def bench_nation(work: Path, *, people: int) -> dict[str, Any]:
    clock = SystemClock()
    watch = Stopwatch()
    _check_disk(work, people)
    with fresh_folder(work / "nation") as folder:
        say(f"keys of {people:,} people")
        roster = _make_roster(work, folder, people)
        site = found_site(folder / "data", name="rehearsal/nation", zone="Asia/Jakarta", now_ms=clock.now_ms())
        publish(roster, site, version=1, now_ms=clock.now_ms())
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
            opened_s, opened_mib = apart.submit(_open_roster, site.data).result()
        say(f"roster opened in {opened_s:.2f} s; {watch.seconds:.0f} s so far")
        starting = Stopwatch()
        with running_gates([site], {0, 1}) as gates:
            started_s, start_mib = starting.seconds, rss_mib(gates[0].pid)
            parts = _offer_all(work, folder, gates[0], people)
            effective_s = _change_two(roster, site, gates[0], people)
        say("counting the journal")
        kept = _count_punches(site) - 2
        return {
            **_figures(parts, people=people, kept=kept),
            "rss_mib_at_start": round(start_mib, 1),
            "roster_opened_s": round(opened_s, 2),
            "roster_opened_mib": round(opened_mib, 1),
            "gate_started_s": round(started_s, 2),
            "changed_key_effective_s": round(effective_s, 2),
            "wall_s": round(watch.seconds),
        }


def _check_disk(work: Path, people: int) -> None:
    free, needed = shutil.disk_usage(work).free, people * _DISK_BYTES_EACH
    if free < needed:
        raise BenchError(f"{people} people need {needed >> 20} MiB of disk in {work}, and {free >> 20} MiB are free")


# The roster.


def _make_roster(work: Path, folder: Path, people: int) -> Path:
    path, half = folder / "roster.sqlite", people // 2
    files = [folder / "keys-0.bin", folder / "keys-1.bin"]
    makers = [
        _start_maker(work, 1, half, keys=files[0]),
        _start_maker(work, half + 1, people - half, keys=files[1]),
    ]
    for maker in makers:
        _wait(maker)
    write_roster(path, _rows(files))
    for keys in files:
        keys.unlink()
    return path


def _rows(files: Iterable[Path]) -> Iterator[tuple[bytes, bytes, int]]:
    """(thumbprint, key, person) of everybody, from 1 on."""
    person = 0
    for keys in files:
        with keys.open("rb") as file:
            while data := file.read(_ROW.size * _ROWS_AT_ONCE):
                for kid, key in _ROW.iter_unpack(data):
                    person += 1
                    yield kid, key, person


def _open_roster(data: Path) -> tuple[float, float]:
    """Seconds and MiB that a fresh process needs to verify and open the roster."""
    site = open_site(data)
    roster = Roster(site.roster_folder, site.key_list().verifiers("office"))
    before_mib, watch = rss_mib(os.getpid()), Stopwatch()
    if roster.refresh(SystemClock().now_ms()) is None:
        raise BenchError(f"the roster could not be used: {roster.fault}")
    return watch.seconds, rss_mib(os.getpid()) - before_mib


def _change_two(roster: Path, site: Site, gate: RunningGate, people: int) -> float:
    """Seconds from the office's signature over a roster with one key revoked and one new, until the gate's answers
    follow it.
    """
    clock = SystemClock()
    newer = roster.with_name("roster-newer.sqlite")
    shutil.copyfile(roster, newer)
    revoked, new = next(public_keys(1, 1)), next(public_keys(people + 1, 1))
    database = sqlite3.connect(newer)
    database.execute("UPDATE device SET until_ms = 1 WHERE kid = ?", revoked[:1])
    database.execute("INSERT INTO device VALUES (?, ?, ?, 0, NULL)", new)
    database.commit()
    database.close()
    signing = Stopwatch()
    publish(newer, site, version=2, now_ms=clock.now_ms())
    gate.wait_for_roster(2, _EFFECTIVE_SECONDS_GIVEN_UP)
    flags = [
        gate.punch(record_of(person, number=people + number)).json["answers"][0]["flags"]
        for number, person in enumerate((1, people + 1), 1)
    ]
    if flags != [["unconfirmed", "revoked_key"], []]:
        raise BenchError(f"the newer roster is not what the gate judges by: {flags}")
    return signing.seconds


# The taps.


def _offer_all(work: Path, folder: Path, gate: RunningGate, people: int) -> list[_Part]:
    """Part after part; while one is offered the next is made."""
    pid, parts, watch = gate.pid, [], Stopwatch()
    ends = [0, *range(min(FIRST_PEOPLE, people), people, PART_PEOPLE), people]
    spans = [(first + 1, end - first) for first, end in pairwise(ends) if end > first]
    crowds = [CrowdFiles(folder=folder / f"part-{number % 2}", people=count) for number, (_, count) in enumerate(spans)]
    for crowd in crowds[:2]:
        crowd.folder.mkdir(exist_ok=True)
    maker = _start_maker(work, *spans[0], requests=crowds[0].requests)
    for number, crowd in enumerate(crowds):
        _wait(maker)
        if number + 1 < len(spans):
            maker = _start_maker(work, *spans[number + 1], requests=crowds[number + 1].requests)
        load = run_load(work, LoadPlan(crowd, [gate.address], [(0, _PART_SECONDS_MAX)]), [pid])
        parts.append(part := _Part(load, rss_mib(pid), ends[number + 1]))
        left_s = watch.seconds / part.people_so_far * (people - part.people_so_far)
        say(
            f"{part.people_so_far:,} of {people:,} people, {load.cpu_us:.0f} us each, {part.rss_mib:.0f} MiB, "
            f"about {left_s / 60:.0f} min of taps left"
        )
    return parts


def _start_maker(
    work: Path, first: int, count: int, *, keys: Path | None = None, requests: Path | None = None
) -> "subprocess.Popen[bytes]":
    argv = [tool(work, "crowd"), str(first), str(count), keys or "-", requests or "-"]
    return subprocess.Popen(["nice", "-n", str(_MAKER_NICE), *map(str, argv)])


def _wait(maker: "subprocess.Popen[bytes]") -> None:
    if maker.wait():
        raise BenchError("the crowd could not be made; is the disk full?")


# The figures.


def _figures(parts: list[_Part], *, people: int, kept: int) -> dict[str, Any]:
    seconds = sum(part.load.phases[0]["seconds"] for part in parts)
    # Of the last three parts, so that one noisy moment does not speak for a nation.
    last_us = median([part.load.cpu_us for part in parts[-3:]], 1)
    return {
        "people": people,
        "receipts": sum(part.load.good for part in parts),
        "kept": kept,
        "lost": people - kept,
        "punches_per_s": round(people / seconds),
        "seconds_of_taps": round(seconds, 1),
        "cpu_us_per_punch_at": _costs(parts),
        "cost_ratio_last_to_first": round(last_us / parts[0].load.cpu_us, 2),
        "rss_mib_first_part": round(parts[0].rss_mib, 1),
        "rss_mib_last_part": round(parts[-1].rss_mib, 1),
    }


def _costs(parts: Iterable[_Part]) -> dict[str, float]:
    """What a punch cost when so many stood in the journal: the first part, then each about ten times as far."""
    costs: dict[str, float] = {}
    wanted = FIRST_PEOPLE
    for part in parts:
        if part.people_so_far >= wanted:
            costs[str(part.people_so_far)] = round(part.load.cpu_us, 1)
            wanted = part.people_so_far * 8
    return costs | {str(part.people_so_far): round(part.load.cpu_us, 1)}


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
