"""Every planted bug is caught by the test that it names: a test that cannot fail guards nothing.

`tests/planted/*.toml` is a table of promises, a file for each room: what is promised, which test holds it, and the bug
that this test must catch, as a replacement in one file. The bug is planted in a copy of the tree, and the named test
must then fail. `make planted` tries all; the check tries some of those whose file was changed on this branch.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TABLES = sorted((ROOT / "tests" / "planted").glob("*.toml"))
BUGS_MIN, BUGS_MAX = 80, 160
FINDINGS = {f"S{number}" for number in range(1, 17)}
"""What was found from outside: each has a bug that brings it back."""
IN_THE_CHECK = 5
COMMITS = 10
"""Where no branch is known to compare with, what the last so many commits changed."""


@dataclass(frozen=True)
class Bug:
    room: str
    name: str
    promise: str
    test: str
    file: str
    old: str
    new: str
    finding: str | None = None

    @property
    def is_phones(self) -> bool:
        return self.test.startswith("phone/")

    def plant(self, tree: Path) -> None:
        path = tree / self.file
        path.write_text(path.read_text(encoding="utf-8").replace(self.old, self.new), encoding="utf-8")


def read_bugs() -> list[Bug]:
    return [
        Bug(room=table.stem, **members)
        for table in TABLES
        for members in tomllib.loads(table.read_text(encoding="utf-8"))["bug"]
    ]


BUGS = read_bugs()


def in_turn(bugs: Sequence[Bug]) -> list[Bug]:
    """The first of each room, then the second of each."""
    rooms = [[bug for bug in bugs if bug.room == room] for room in dict.fromkeys(bug.room for bug in bugs)]
    return [bug for bug in chain.from_iterable(zip_longest(*rooms)) if bug is not None]


def chosen(bugs: Sequence[Bug], changed: set[str]) -> list[Bug]:
    """Those in whose file or test something changed; where that is nobody's, the first of each room."""
    touched = [bug for bug in bugs if bug.file in changed or bug.test.partition("::")[0] in changed]
    return in_turn(touched or bugs)[:IN_THE_CHECK]


def changed_files() -> set[str]:
    """What this branch and the working tree changed; nothing where git cannot say."""
    for base in ("origin/main", "main", f"HEAD~{COMMITS}"):
        since = _git("merge-base", base, "HEAD")
        if since and since != _git("rev-parse", "HEAD"):
            return set(_git("diff", "--name-only", since).splitlines())
    return set()


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "planted" in metafunc.fixturenames:
        picked = BUGS if metafunc.config.getoption("--all-planted") else chosen(BUGS, changed_files())
        metafunc.parametrize("bug", picked, ids=lambda bug: bug.name)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, made once, with what is compiled already: a planted file's own time makes that stale."""
    copy = tmp_path_factory.mktemp("planted") / "tree"
    skip = shutil.ignore_patterns("node_modules", ".git", ".venv", "data", "build", ".*_cache", ".make")
    shutil.copytree(ROOT, copy, ignore=skip)
    return copy


@pytest.fixture
def planted(bug: Bug, tree: Path) -> Iterator[Path]:
    """The copy with this bug in it."""
    bug.plant(tree)
    yield tree
    shutil.copy2(ROOT / bug.file, tree / bug.file)


def test_a_planted_bug_is_caught(bug: Bug, planted: Path) -> None:
    ran = by_vitest(bug, planted) if bug.is_phones else by_pytest(bug, planted)
    if re.fullmatch(r"s+\s+\[100%\]\s+\d+ skipped in .*\s*", ran.stdout):
        pytest.skip(f"{bug.test} needs what this machine lacks, and says so itself")
    assert ran.returncode == 1, f"the test did not fail:\n{ran.stdout[-3000:]}{ran.stderr[-2000:]}"
    assert re.search(r"\d+ failed", ran.stdout), ran.stdout[-3000:]


def by_pytest(bug: Bug, tree: Path) -> subprocess.CompletedProcess[str]:
    path = f"{tree / 'src'}:{tree / 'rehearsal/src'}:{tree}"
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", bug.test]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def by_vitest(bug: Bug, tree: Path) -> subprocess.CompletedProcess[str]:
    phone, modules = tree / "phone", tree / "phone" / "node_modules"
    if not modules.exists():
        modules.symlink_to(ROOT / "phone" / "node_modules")
    file, _, name = bug.test.removeprefix("phone/").partition("::")
    command = ["npx", "vitest", "run", file, "-t", re.escape(name)]
    return subprocess.run(command, cwd=phone, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_every_bug_fits_one_place_and_names_a_test_that_exists(bug: Bug) -> None:
    assert (ROOT / bug.file).read_text(encoding="utf-8").count(bug.old) == 1, bug.file
    assert bug.old != bug.new
    path, _, name = bug.test.partition("::")
    said = name if bug.is_phones else f"def {name.partition('[')[0]}("
    assert said in (ROOT / path).read_text(encoding="utf-8")


def test_there_is_a_bug_for_each_promise_and_no_second() -> None:
    assert BUGS_MIN <= len(BUGS) <= BUGS_MAX
    assert len({bug.name for bug in BUGS}) == len({bug.promise for bug in BUGS}) == len(BUGS)
    assert {bug.finding for bug in BUGS if bug.finding} == FINDINGS


def test_what_changed_says_which_bugs_are_tried() -> None:
    bug = BUGS[-1]
    assert set(chosen(BUGS, {bug.file})) <= {one for one in BUGS if one.file == bug.file}
    assert bug.room in {one.room for one in chosen(BUGS, {bug.file})}
    fixed = chosen(BUGS, {"README.md"})
    assert fixed == chosen(BUGS, set())
    assert len({one.room for one in fixed}) == IN_THE_CHECK
