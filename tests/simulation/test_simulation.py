"""Whole days from one seed: whatever happens to phones, gates, clocks, disks and networks, every tap is in once."""

import json
from pathlib import Path

import pytest

from hadir.cli import main
from rehearsal.simulation.run import PHONES, run_seed, simulate

SEEDS = 200
SEEDS_LONG = 5_000


@pytest.mark.timeout(3_600)
def test_every_tap_is_in_exactly_once_whatever_happens(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = SEEDS_LONG if pytestconfig.getoption("--long") else SEEDS
    status = main(["simulate", "--seeds", str(seeds), "--json"])
    printed = capsys.readouterr()
    assert (status, json.loads(printed.out)) == (0, {"seeds": seeds, "failed": 0}), printed.err


def test_the_same_seed_gives_the_same_trace_and_another_another(fast_folder: Path) -> None:
    first, again, other = (run_seed(fast_folder, seed).trace for seed in (7, 7, 8))
    assert first == again != other


def test_every_kind_of_trouble_happens_and_most_verdicts_are_held_against_the_oracle(fast_folder: Path) -> None:
    report = simulate(fast_folder, seeds=25, first=1)
    assert report.faults == []
    assert min(report.kills, report.refused, report.disk_faults, report.cuts, report.restores) > 0
    assert report.tries > report.taps
    assert report.judged > PHONES * report.seeds // 3
