"""Too much does not hurt those who are let in, and costs little for those who are not."""

import shutil
from pathlib import Path

import pytest

from rehearsal.bench.gate import bench_overload
from tests.conftest import in_ci

#: Parts of the capacity that the same machine shows before and after. The goals are a quiet machine's; the short form
#: shares its own with other work (seen with four times as many programs as cores: 0.84 and 0.64 at 10x).
GOAL_2X, GOAL_10X = 0.9, 0.8
GOODPUT_2X, GOODPUT_10X = 0.5, 0.35
#: The patience of a phone. The line holds a second; two batches come on top.
PATIENCE_MS = 10_000


@pytest.mark.skipif(shutil.which("gcc") is None and not in_ci(), reason="gcc is not installed here; CI has it")
@pytest.mark.timeout(400)
def test_at_ten_times_its_capacity_the_gate_works_on_and_refuses_the_rest(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    full = bool(request.config.getoption("--long"))
    figures = bench_overload(tmp_path, short=not full, people=100_000 if full else 20_000)
    assert figures["goodput_2x"] > (GOAL_2X if full else GOODPUT_2X), figures
    assert figures["goodput_10x"] > (GOAL_10X if full else GOODPUT_10X), figures
    assert figures["refused_10x"] > figures["capacity"], figures
    assert figures["refused_without_retry_after"] == 0, figures
    assert figures["other_answers"] == figures["unanswered"] == 0, figures
    assert figures["rss_growth_mib"] < (64 if full else 128), figures
    if full:
        assert max(figures["p99_ms_2x"], figures["p99_ms_10x"]) < PATIENCE_MS, figures
        assert figures["recovery_s"] is not None, figures
