"""kill -9 under load: whoever holds a receipt finds the record in the journal."""

import json
import subprocess
import sys

import pytest

from hadir.cli import main


def kills(config: pytest.Config) -> int:
    return 500 if config.getoption("--long") else 50


@pytest.mark.timeout(1_800)
def test_no_receipt_is_missing_after_fifty_kills(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["faults", "kill", "--times", str(kills(pytestconfig)), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (status, report["missing"], report["duplicates"]) == (0, 0, 0)
    assert report["kills"] == kills(pytestconfig)
    assert report["receipts"] > 10 * report["kills"]
    if pytestconfig.getoption("--long"):
        assert report["ready_s_max"] < 10, "two seconds on a quiet machine; a machine that tests share is slower"


def test_a_gate_starts_without_the_law_and_the_office() -> None:
    """What it does not need would be two thirds of the time in which nobody gets a receipt after a crash."""
    loaded = "import sys; sys.argv = ['hadir', 'gate', '--help']; import atexit; from hadir.cli import main;"
    loaded += "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); import hadir.gate.program; main()"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    modules = set(done.stderr.split())
    assert "hadir.gate.batch_writer" in modules
    assert modules.isdisjoint({"hadir.rules", "django", "yaml", "rehearsal"})
