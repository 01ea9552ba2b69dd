"""What all verdicts of a kept folder say, as it was recorded before a verdict had one encoding."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.test_upgrade import hadir, kept_folder

RECORDED = {
    "days": 902,
    "lines": "cf311f354de0c2e6e60fd6682aa63e9097a28170df45a44a4599444c47e6f89a",
    "late_days": 0,
    "closings": 11,
    "closings_as_signed": 11,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = kept_folder(tmp_path_factory.mktemp("kept"))
    done = hadir("upgrade", "--data", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def digest(data: Path) -> dict[str, Any]:
    told = hadir("office", "digest", "--data", str(data), "--json")
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def test_an_upgraded_folder_says_what_was_recorded_before_and_after_it_is_judged_again(data: Path) -> None:
    """Every month reads what it read. A newer release may word a reason otherwise."""
    upgraded = digest(data)
    assert upgraded | RECORDED == upgraded
    assert hadir("office", "follow", "--once", "--data", str(data)).returncode == 0
    assert digest(data) == upgraded


def test_a_rebuilt_folder_says_the_same_and_has_no_late_day(data: Path) -> None:
    before = digest(data)
    assert hadir("office", "rebuild", "--data", str(data)).returncode == 0
    assert digest(data) == before
    assert before | RECORDED == before
