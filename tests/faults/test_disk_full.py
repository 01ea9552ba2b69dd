"""Disk full: the gate refuses with its own text, loses nothing, and is well again by itself when there is space."""

import contextlib
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hadir.clock import SystemClock
from hadir.serve import QUICK_RESTART_LAST_MS, Program
from rehearsal.faults.kill import TappingPhones, found_for_drill, phone_for, report_on
from rehearsal.gates import RunningGate
from tests.conftest import KeepFigures, in_ci

DISK_MIB = 48
MOMENTS = 3
MOMENTS_LONG = 20
FREE_BYTES_MAX = 150_000
WELL_AGAIN_S_MAX = 10.0
#: SQLite's log has room of its own that must be written full first: seconds, or more on a machine that is shared.
PATIENCE_S = 90


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is soon full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        if in_ci():
            pytest.fail("a small disk cannot be mounted here; CI needs root with CAP_SYS_ADMIN for this test")
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@dataclass
class Supervised:
    """A gate under the supervisor of `hadir serve`."""

    gate: RunningGate
    stopping: bool = False
    endings: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        argv = [sys.executable, "-m", "hadir.cli", "gate", "--data", str(self.gate.site.data)]
        self.gate.choose_port()
        self.program = Program("gate", [*argv, "--port", str(self.gate.port)], restart_ms_max=QUICK_RESTART_LAST_MS)
        self.thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        clock = SystemClock()
        while not self.stopping:
            if self.program.process is not None and self.program.process.poll() is not None:
                self.endings.append(self.program.process.returncode)
            self.program.look(clock.mono_ms())
            time.sleep(0.05)
        self.program.stop()

    def stop(self) -> None:
        self.stopping = True
        self.thread.join()


def fill(disk: Path, *, but: int) -> Path:
    """Take all space but so many bytes."""
    filler = disk / "filler"
    found = os.statvfs(disk)
    left = found.f_bavail * found.f_frsize - but
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):  # the gate takes some meanwhile
        while left > 0:
            left -= file.write(bytes(min(left, 65_536)))
    return filler


def until(condition: Callable[[], bool], seconds: float) -> float:
    """Seconds until the condition holds; AssertionError when it never does."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, f"not within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - begun


@pytest.mark.timeout(900)
def test_a_full_disk_is_refused_in_its_own_words_and_forgotten_when_there_is_space(
    small_disk: Path, pytestconfig: pytest.Config, keep_figures: KeepFigures
) -> None:
    dice = random.Random(20191001)
    site = found_for_drill(small_disk / "data")
    supervised = Supervised(RunningGate(site))
    supervised.thread.start()
    crowd = TappingPhones(supervised.gate, [phone_for(site, person) for person in (1, 2)], pause_s=0.02)
    crowd.start()
    moments = MOMENTS_LONG if pytestconfig.getoption("--long") else MOMENTS
    well_again_s = []
    try:
        for _ in range(moments):
            some = len(crowd.receipts)
            until(lambda some=some: len(crowd.receipts) > some + 5, PATIENCE_S)
            time.sleep(dice.uniform(0, 0.5))
            refused = crowd.refusals["cannot_store"]
            filler = fill(small_disk, but=dice.randrange(FREE_BYTES_MAX))
            until(lambda refused=refused: crowd.refusals["cannot_store"] > refused, PATIENCE_S)
            time.sleep(dice.uniform(0, 1.5))
            filler.unlink()
            held = len(crowd.receipts)
            well_again_s.append(until(lambda held=held: len(crowd.receipts) > held, WELL_AGAIN_S_MAX))
        crowd.stop()
    finally:
        crowd.stopping = True
        supervised.stop()
    report = report_on(site, crowd, 0, 0.0)
    figures = {"moments": moments, "receipts": report.receipts, "missing": report.missing}
    keep_figures("disk", {**figures, "well_again_s_max": round(max(well_again_s), 2)})
    assert report.ok, report
    assert set(crowd.refusals) <= {"cannot_store", "busy", "stopping"}
    assert 3 in supervised.endings, "the process that could not store has ended"
