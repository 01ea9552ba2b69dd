"""The check runs every test once, and the cheap ones first."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", ROOT / "scripts" / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["check"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_file_of_tests_belongs_to_exactly_one_job(check: ModuleType) -> None:
    given = Counter(word for jobs in check.stages() for job in jobs for word in job.argv if word.startswith("tests/"))
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")}
    assert given == Counter(dict.fromkeys(there, 1))


def test_every_name_on_a_list_stands_for_some_tests(check: ModuleType) -> None:
    names = (*check.PURE, *check.BROWSERS, *check.ALONE, *(name for each in check.HEAVY for name in each))
    assert not [name for name in names if not (ROOT / "tests" / name).exists()]


def test_after_a_failure_no_further_job_begins_and_its_words_are_shown(
    check: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fails = check.Job("fails", (sys.executable, "-c", "print('why it failed'); raise SystemExit(1)"))
    marks = check.Job("marks", (sys.executable, "-c", f"open({str(tmp_path / 'mark')!r}, 'w')"))
    running = check.Check(tmp_path)
    running.stage([fails, marks], 1)
    assert running.failed == ["fails"]
    assert "why it failed" in capsys.readouterr().out
    assert not (tmp_path / "mark").exists()
    passing = check.Check(tmp_path)
    passing.stage([marks, marks], 2)
    assert not passing.failed
    assert (tmp_path / "mark").exists()


def test_a_job_whose_program_is_missing_has_failed(check: ModuleType, tmp_path: Path) -> None:
    running = check.Check(tmp_path)
    running.stage([check.Job("nothing", ("no-such-program",))], 1)
    assert running.failed == ["nothing"]
