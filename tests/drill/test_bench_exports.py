"""What pages cost beside large files: that the measurement measures. How much it is, `hadir bench exports` says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hadir.office.exports.views import OPEN_OF_PERSON_MAX
from rehearsal.bench.served import FILES, LIMIT_S
from rehearsal.cli.bench import goals_of

PEOPLE = 70
"""A recap of more than sixty is made as a file."""


def test_as_many_files_are_asked_for_as_one_person_may_have() -> None:
    assert len(set(FILES)) == OPEN_OF_PERSON_MAX


@pytest.mark.timeout(300)
def test_pages_are_opened_while_files_are_made(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "hadir.cli", "bench", "exports", "--people", str(PEOPLE), "--json"]
    ran = subprocess.run([*argv, "--work", str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.stdout, ran.stderr
    figures = json.loads(ran.stdout)
    assert figures["pages"] > 20, "every page was asked for at least once before the files were there"
    assert figures["page_cpu_s"] > 0
    assert figures["page_cpu_of_limit"] == pytest.approx(figures["page_cpu_s"] / LIMIT_S, abs=0.02)
    goals = goals_of("exports", figures)
    assert {goal.figure for goal in goals} == {"page_cpu_s", "page_cpu_of_limit"}
    assert (ran.returncode == 0) == all(goal.met(figures) for goal in goals)
