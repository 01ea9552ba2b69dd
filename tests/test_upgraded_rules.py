"""A kept folder of the version before, and rules that say something else: nothing that was stored changes silently."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hadir.config import shipped
from tests.test_digest import RECORDED
from tests.test_upgrade import hadir, older

__all__ = ["older"]

POLICY = "permentan-68-2012.yaml"
CHANGES = {
    "{from_minutes: 1, percent: 0.5}, article: *late": "{from_minutes: 1, percent: 0.9}, article: *late",
    "{from_minutes: 31, percent: 1}, article: *late": "{from_minutes: 31, percent: 0.95}, article: *late",
}
"""TL1 is dearer, TL2 milder."""


def other_policies(folder: Path) -> Path:
    """The shipped policies, but for two numbers."""
    made = shutil.copytree(shipped("policies"), folder / "policies")
    text = (made / POLICY).read_text(encoding="utf-8")
    for was, will in CHANGES.items():
        assert text.count(was) == 1
        text = text.replace(was, will)
    (made / POLICY).write_text(text, encoding="utf-8")
    return made


@pytest.fixture
def upgraded(older: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HADIR_POLICIES", str(other_policies(tmp_path)))
    return older


def told(*arguments: str) -> dict[str, Any]:
    done = hadir(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_upgrade_tells_what_the_rules_would_change_and_changes_nothing(upgraded: Path) -> None:
    data = ("--data", str(upgraded))
    done = told("upgrade", *data)
    assert done["differences"] == {"closed": 26}, "November is closed everywhere"
    assert done["read"] == "/kantor/bulan/aturan/"
    compared = told("rules", "diff", "--stored", *data)
    assert (compared["person_days"], compared["changed_days"]) == (900, 26)
    assert compared["dearer"] + compared["milder"] == 26
    assert {"before": "TL1", "after": "TL1", "days": compared["letters"][0]["days"]} == compared["letters"][0]
    assert told("rules", "diff", "--stored", "--month", "2026-12", *data)["changed_days"] == 0
    for _ in range(2):
        digest = told("office", "digest", *data)
        assert (digest["late_days"], digest["closings_as_signed"]) == (0, 11)
        assert digest["lines"] == RECORDED["lines"], "every month reads what it read"
        assert hadir("office", "rebuild", *data).returncode == 0, "and a rebuild finds the same"
    assert told("office", "compare", *data)["differences"] == []


def test_a_policy_is_tried_or_the_stored_verdicts_are_compared_and_not_both(older: Path) -> None:
    data = ("--data", str(older))
    for arguments in ((), ("--stored", "--policy", "batola"), ("--policy", "batola")):
        done = hadir("rules", "diff", *arguments, *data)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
