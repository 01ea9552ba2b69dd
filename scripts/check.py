"""Runs the check: cheap failures first, and side by side what does not disturb each other.

    check.py            all stages, as CI does
    check.py --quick    the first stage: lint, types and the pure tests
    check.py --tests    all stages without lint and types
    check.py --keep-going    all jobs, also after one that failed

A stage holds jobs, each a process of its own with its own database. One more runs at once than there are cores, three
at most, since some of them mostly wait; those of the last stage need the whole machine and run alone. After a failed
job no further one begins. Every file of tests belongs to one job: what no list names goes with its folder.
"""

# ruff: noqa: INP001, T201 - a program by itself, in no package, that speaks to a console

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hadir.clock import SystemClock

ROOT = Path(__file__).resolve().parents[1]
LANES_MAX = 3
OFFICE_JOBS = 2
FILES_IN_A_JOB = 12
PYTEST = (sys.executable, "-m", "pytest", "-q")
#: Neither a process, nor a port, nor a database: these and the lint are `make quick`.
PURE = ("rules", "records", "terminals", "test_house.py", "test_texts.py", "test_tidy.py", "ledger/test_tree.py")
#: A Chromium each: dear, and what breaks them mostly broke something cheaper before.
BROWSERS = ("journeys", "office/test_looks.py")
#: Whole machines' worth of programs, two at a time and nothing else: they wait for phones and callers more than they
#: work, and none is asked how quick it was.
HEAVY = (("faults/test_kill.py",), ("install", "gate/test_slow_clients.py", "hostile"))
#: A gate's capacity and what is left of it under load, and a morning two hundred times as fast as it is: beside others
#: they would measure the others.
ALONE = ("drill/test_morning.py", "gate/test_overload.py")


@dataclass(frozen=True)
class Job:
    name: str
    argv: tuple[str, ...]
    folder: Path = ROOT


def files_of_tests() -> list[str]:
    """Every file of tests, named from `tests/`."""
    return sorted(str(path.relative_to(ROOT / "tests")) for path in (ROOT / "tests").rglob("test_*.py"))


def stages(*, lint: bool = True) -> list[list[Job]]:
    """What runs, the cheap first."""
    left = files_of_tests()
    pure, browsers, alone, *heavy = (_take(left, names) for names in (PURE, BROWSERS, ALONE, *HEAVY))
    rules = [file for file in pure if file.startswith("rules/")]
    office = [file for file in left if file.startswith("office/")]
    other = [file for file in left if file not in office]
    return [
        [
            *(_lint() if lint else ()),
            *_dealt("rules", rules, 2),
            _tests("pure", [file for file in pure if file not in rules]),
            Job("phone tests", ("npm", "test", "--silent"), ROOT / "phone"),
        ],
        [
            *_by_folder(other),
            *_dealt("office", office, OFFICE_JOBS),
            *_by_folder(browsers),
            Job("phone in a browser", PYTEST, ROOT / "phone" / "tests" / "browser"),
        ],
        [_tests(f"heavy {number}", files) for number, files in enumerate(heavy, 1)],
        [_tests("alone", alone)],
    ]


def _take(left: list[str], names: Iterable[str]) -> list[str]:
    """The files that these names or folders stand for, taken out of what is left."""
    taken = [file for file in left if any(file == name or file.startswith(f"{name}/") for name in names)]
    left[:] = [file for file in left if file not in taken]
    return taken


def _lint() -> list[Job]:
    phone = ROOT / "phone"
    return [
        Job("ruff", ("ruff", "check", ".")),
        Job("format", ("ruff", "format", "--check", ".")),
        Job("imports", ("lint-imports", "--no-logo")),
        Job("types", ("mypy",)),
        Job("phone lint", ("npm", "run", "--silent", "lint"), phone),
        Job("phone types", ("npm", "run", "--silent", "check"), phone),
    ]


def _tests(name: str, files: list[str]) -> Job:
    return Job(name, (*PYTEST, *(f"tests/{file}" for file in files)))


def _dealt(name: str, files: list[str], hands: int) -> list[Job]:
    """The files dealt round, so that each hand gets some of each kind."""
    return [_tests(name if hands == 1 else f"{name} {hand + 1}", files[hand::hands]) for hand in range(hands)]


def _by_folder(files: list[str]) -> list[Job]:
    folders = dict.fromkeys(file.rpartition("/")[0] for file in files)
    of = {folder: [file for file in files if file.rpartition("/")[0] == folder] for folder in folders}
    return [
        job for folder, those in of.items() for job in _dealt(folder or "site", those, 1 + len(those) // FILES_IN_A_JOB)
    ]


class Check:
    """Jobs, and what became of them."""

    def __init__(self, folder: Path, *, keeps_going: bool = False) -> None:
        self.folder = folder
        self.keeps_going = keeps_going
        self.failed: list[str] = []
        self._lock = threading.Lock()

    def stage(self, jobs: list[Job], lanes: int) -> None:
        """Each lane takes the next job; none begins after a failure."""
        waiting = iter(jobs)
        running = [threading.Thread(target=self._lane, args=(waiting,)) for _ in range(lanes)]
        for lane in running:
            lane.start()
        for lane in running:
            lane.join()

    def _lane(self, waiting: Iterator[Job]) -> None:
        while True:
            with self._lock:
                job = None if self.failed and not self.keeps_going else next(waiting, None)
            if job is None:
                return
            self._run(job)

    def _run(self, job: Job) -> None:
        kept = self.folder / f"{job.name.replace('/', '-')}.log"
        began_ms = SystemClock().mono_ms()
        with kept.open("wb") as out:
            try:
                status, cpu_s = _waited_for(subprocess.Popen(job.argv, cwd=job.folder, stdout=out, stderr=out))
            except OSError as error:  # no such program: a job that cannot begin has failed
                status, cpu_s = 1, 0.0
                out.write(str(error).encode())
        text = kept.read_text(encoding="utf-8", errors="replace").strip()
        with self._lock:
            if status:
                self.failed.append(job.name)
                print(text)
            last = text.splitlines()[-1] if text else ""
            seconds = (SystemClock().mono_ms() - began_ms) // 1_000
            print(f"{'FAILED' if status else 'ok'}  {job.name}: {seconds} s, {cpu_s:.0f} s of CPU  {last}", flush=True)


def _waited_for(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Its exit status, and the CPU seconds of it and of the processes that it waited for."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime


def main() -> int:
    reader = argparse.ArgumentParser(description="runs the check, cheap failures first")
    reader.add_argument("--quick", action="store_true", help="only lint, types and the pure tests")
    reader.add_argument("--tests", action="store_true", help="neither lint nor types")
    reader.add_argument("--keep-going", action="store_true", help="every job, whatever failed before")
    asked = reader.parse_args()
    lanes = min(LANES_MAX, (os.cpu_count() or 1) + 1)
    everything = stages(lint=not asked.tests)
    with tempfile.TemporaryDirectory(prefix="hadir-check-") as folder:
        check = Check(Path(folder), keeps_going=asked.keep_going)
        for number, jobs in enumerate(everything[:1] if asked.quick else everything):
            check.stage(jobs, 1 if number == len(everything) - 1 else lanes)
            if check.failed and not asked.keep_going:
                break
    if check.failed:
        print(f"failed: {', '.join(check.failed)}")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
