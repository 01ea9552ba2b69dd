"""Whatever the office is asked for, taps go through: a whole site on one machine."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.mark.timeout(300)
def test_log_ins_and_reports_do_not_hold_up_taps(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "hadir.cli", "bench", "isolation", "--short", "--json", "--work", str(tmp_path)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ran.stdout, ran.stderr
    figures = json.loads(ran.stdout)
    assert figures["receipts"] == figures["taps"] > 0, figures
    assert figures["logins_in"] > 0
    assert figures["reports"] > 0


@pytest.mark.timeout(120)
def test_a_benchmark_that_is_told_to_stop_leaves_no_site_behind(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "hadir.cli", "bench", "isolation", "--short", "--work", str(tmp_path)]
    bench = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    told = tmp_path / "isolation" / "data" / "run" / "serve.json"
    while not told.exists():
        assert bench.poll() is None
        time.sleep(0.05)
    programs = json.loads(told.read_text())
    bench.terminate()
    bench.wait(60)
    assert not [name for name, pid in programs.items() if name != "port" and Path(f"/proc/{pid}").exists()]
