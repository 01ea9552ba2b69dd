"""Too much does not hurt those who are let in, and costs little for those who are not."""

import shutil
from pathlib import Path

import pytest

from hadir.drill.bench_overload import SHORT, bench_overload
from tests.conftest import in_ci

#: A gate that collapses serves 2 to 5 % of its capacity. The goals, 0.9 and 0.8, are measured by `hadir bench
# overload` on a quiet
#: machine; this test may share its machine and only tells collapse from shedding.
COLLAPSED = 0.1


@pytest.mark.skipif(shutil.which("gcc") is None and not in_ci(), reason="gcc is not installed here; CI has it")
@pytest.mark.timeout(180)
def test_at_ten_times_its_capacity_the_gate_works_on_and_refuses_the_rest(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if not request.config.getoption("--long"):
        pytest.skip(
            "it measures the machine's capacity first, and a machine that is shared gives it no steady one: --long"
        )
    figures = bench_overload(tmp_path, times=SHORT, people=20_000)
    assert figures["goodput_2x"] > COLLAPSED, figures
    assert figures["goodput_10x"] > COLLAPSED, figures
    assert figures["refused_10x"] > 0, figures
    assert figures["refused_without_retry_after"] == 0, figures
    assert figures["other_answers"] == figures["unanswered"] == 0, figures
    assert figures["recovery_s"] is not None, figures
    assert figures["rss_growth_mib"] < 128, figures
