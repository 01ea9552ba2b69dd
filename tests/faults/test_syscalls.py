"""Every write-path call of a gate fails once: by death, by EIO, by ENOSPC. Nothing acknowledged is lost by it."""

import http.client
import random
import re
import shutil
import subprocess
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hadir.ledger.details import DetailStore
from hadir.ledger.sqlite import SqliteJournal
from rehearsal.faults.kill import TappingPhones, found_for_drill, phone_for, report_on
from rehearsal.gates import RunningGate
from tests.conftest import KeepFigures, in_ci

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate")
FAULTS = ("signal=KILL", "error=EIO", "error=ENOSPC")
PUNCHES = 5
SAMPLE_EACH = 4
#: Quick, but with it a signal is never injected.
QUICK = "--seccomp-bpf"
END_SECONDS = 20


@pytest.fixture(autouse=True)
def strace() -> None:
    """The tracer that injects the faults."""
    found = shutil.which("strace") is not None
    works = (
        found
        and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0
    )
    if not works and in_ci():
        pytest.fail("strace is missing or may not trace: scripts/setup.sh tests installs it")
    if not works:
        pytest.skip("strace is missing or may not trace here")


@dataclass
class Run:
    """One traced gate and one phone that never gives up."""

    gate: RunningGate
    crowd: TappingPhones
    records: list[str]
    failed: bool = False
    after_failure: list[str] = field(default_factory=list)

    def tap_all(self) -> None:
        """Each record in turn; after the first failure the same process must give no receipt any more."""
        for record in self.records:
            try:
                reply = self.gate.punch(record)
            except (OSError, http.client.http.client.HTTPException):
                self.failed = True
                continue
            if reply.status != 200:
                self.failed = True
            elif self.failed:
                self.after_failure.append(record)
            else:
                self.crowd.receipts[record] = reply.json["answers"][0]["receipt"]


def traced(folder: Path, *options: str) -> Run:
    """A gate on a fresh site whose write-path calls go through the tracer."""
    site = found_for_drill(folder)
    # The files are there already: so a start makes few calls, and later numbers meet the thread that answers.
    SqliteJournal(site.journal_folder(site.gate), site.gate_signer()).close()
    DetailStore(site.journal_folder(site.gate)).close()
    under = ["strace", "-f", "-qq", "-e", f"trace={','.join(CALLS)}", *options]
    gate = RunningGate(site, under=under)
    phone = phone_for(site, 7)
    return Run(gate, TappingPhones(gate, [phone]), [phone.punch() for _ in range(PUNCHES)])


def calls_of_a_run(folder: Path) -> Counter[str]:
    """How often each call is made by the thread that makes it most (the tracer counts for each thread)."""
    run = traced(folder / "data", QUICK, "-o", str(folder / "trace"))
    run.gate.start()
    run.tap_all()
    run.gate.stop()
    assert not run.failed
    made = Counter(re.findall(r"^(\d+) +(\w+)\(", (folder / "trace").read_text(), flags=re.MULTILINE))
    return Counter({call: max((n for (_, name), n in made.items() if name == call), default=0) for call in CALLS})


def ended_or_waits(gate: RunningGate, *, had_opened: bool) -> bool:
    """A gate that had opened its journal ends: to open it again is the only recovery, and a new process does that. One
    that could not open it may wait and say why; the tracer's fault comes in each new thread, at each try.
    """
    assert gate.process is not None
    until = time.monotonic() + END_SECONDS
    while time.monotonic() < until:
        if gate.process.poll() is not None:
            return gate.process.returncode != 0
        with suppress(OSError, http.client.HTTPException):
            if not had_opened and "reason" in gate.call("GET", "/readyz").json:
                gate.stop()
                return True
        time.sleep(0.05)
    return False


def inject(folder: Path, call: str, fault: str, when: int) -> bool:
    """One fault at one call; what held, and whether anybody noticed it."""
    quick = [] if fault.startswith("signal") else [QUICK]
    run = traced(folder, *quick, "-o", "/dev/null", "-e", f"inject={call}:{fault}:when={when}")
    had_opened = False
    try:
        run.gate.start()
        had_opened = True
        run.tap_all()
    except AssertionError:
        run.failed = True  # it ended at start: it promised nothing
    assert not run.after_failure, "a receipt after a write or sync failed"
    assert run.gate.process is not None
    if run.failed:
        assert ended_or_waits(run.gate, had_opened=had_opened), (
            "a gate that cannot store ends; one that cannot open waits"
        )
    else:
        run.gate.stop()
    again = RunningGate(run.gate.site)
    again.start()
    for record in run.records:
        run.crowd.receipts.setdefault(record, again.punch(record).json["answers"][0]["receipt"])
    again.stop()
    report = report_on(run.gate.site, run.crowd, 0, 0.0)
    assert report.ok, f"{call} {fault} {when}: {report}"
    return run.failed


@pytest.mark.timeout(3_600)
def test_no_failing_call_loses_what_was_acknowledged(
    tmp_path: Path, fast_folder: Path, pytestconfig: pytest.Config, keep_figures: KeepFigures
) -> None:
    made = calls_of_a_run(tmp_path)
    assert made["pwrite64"] > PUNCHES
    assert made["fdatasync"] >= PUNCHES
    places = [(call, when) for call in CALLS for when in range(1, made[call] + 1)]
    each = len(places) if pytestconfig.getoption("--long") else SAMPLE_EACH
    dice = random.Random(7)
    chosen = [(call, fault, when) for fault in FAULTS for call, when in dice.sample(places, each)]
    noticed = dict.fromkeys(FAULTS, 0)
    for number, (call, fault, when) in enumerate(chosen):
        noticed[fault] += inject(fast_folder / str(number), call, fault, when)
    keep_figures("calls", {"places": len(places), "injected": len(chosen), "lost": 0, "noticed": noticed})
    assert all(noticed.values()), f"some faults met nothing: {noticed}"
