"""A whole morning in its short form: real gate, real kill, real office; and it must be able to fail."""

import json
import subprocess
import sys
from pathlib import Path

from hadir.site import found_site

HADIR = [sys.executable, "-m", "hadir.cli"]
SHORT = ("--people", "150", "--late", "20%", "--arrive", "07:15-07:29", "--outage", "07:15-08:00", "--speed", "200")


def drill(*more: str) -> tuple[int, dict[str, float], str]:
    ran = subprocess.run([*HADIR, "drill", *SHORT, "--json", *more], capture_output=True, text=True, check=False)
    assert ran.stdout, ran.stderr
    return ran.returncode, json.loads(ran.stdout), ran.stderr


def test_a_morning_with_a_dead_gate_loses_nothing_and_judges_nobody_wrongly(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    status, counts, told = drill("--report", str(report))
    bad = {name: counts[name] for name in ("lost", "duplicated", "wrongly_late", "wrongly_on_time")}
    assert bad == dict.fromkeys(bad, 0), told
    assert status == 0
    assert counts["receipts"] == counts["taps"] >= 150
    assert 1 <= counts["unproven"] <= 6, "some clocks were turned back, and no signed bound can say so"
    assert counts["attempts_per_tap"] > 2, "the gate was dead and phones tried again"
    page = report.read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert "http" not in page.replace("http://www.w3.org/2000/svg", ""), "the report loads nothing"


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    found_site(tmp_path, name="rehearsal/used", zone="Asia/Makassar", now_ms=0)
    ran = subprocess.run(
        [*HADIR, "drill", *SHORT, "--data", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "already the data folder" in ran.stderr
