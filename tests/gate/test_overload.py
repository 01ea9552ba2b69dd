"""Too much does not hurt those who are let in, and costs little for those who are not."""

import shutil
from pathlib import Path

import pytest

from hadir.drill.bench_overload import SHORT, bench_overload
from tests.conftest import in_ci


@pytest.mark.skipif(shutil.which("gcc") is None and not in_ci(), reason="gcc is not installed here; CI has it")
@pytest.mark.timeout(180)
def test_at_ten_times_its_capacity_the_gate_works_on_and_refuses_the_rest(tmp_path: Path) -> None:
    figures = bench_overload(tmp_path, times=SHORT, people=20_000)
    assert figures["goodput_2x"] > 0.5, figures
    assert figures["goodput_10x"] > 0.5, figures
    assert figures["refused_10x"] > 0, figures
    assert figures["refused_without_retry_after"] == 0, figures
    assert figures["other_answers"] == figures["unanswered"] == 0, figures
    assert figures["recovery_s"] is not None, figures
    assert figures["rss_growth_mib"] < 128, figures
