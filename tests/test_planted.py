"""Every planted bug is caught by the test that it names: a test that cannot fail guards nothing.

Each `tests/planted/*.patch` begins with `# caught by: tests/…::test_name`. The patch is applied to a copy of the
tree, and the named
test must then fail. `make planted` tries all; the check tries a few, another few each day.
"""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATCHES = sorted((ROOT / "tests" / "planted").glob("*.patch"))
EACH_DAY = 5


def chosen(patches: list[Path], *, every: bool) -> list[Path]:
    if every or len(patches) <= EACH_DAY:
        return patches
    first = datetime.now(tz=UTC).toordinal() * EACH_DAY % len(patches)
    return (patches + patches)[first : first + EACH_DAY]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "patch" in metafunc.fixturenames:
        picked = chosen(PATCHES, every=metafunc.config.getoption("--all-planted"))
        metafunc.parametrize("patch", picked, ids=lambda path: path.stem)


def test_a_planted_bug_is_caught(patch: Path, tmp_path: Path) -> None:
    named = re.match(r"# caught by: (\S+)", patch.read_text(encoding="utf-8"))
    assert named, f"{patch.name} does not say which test catches it"
    tree = tmp_path / "tree"
    skip = shutil.ignore_patterns("node_modules", ".git", ".venv", "data", "__pycache__", ".mypy_cache", ".hypothesis")
    shutil.copytree(ROOT, tree, ignore=skip)
    subprocess.run(["git", "apply", "--unsafe-paths", "--directory", str(tree), str(patch)], cwd=tmp_path, check=True)
    environment = {**os.environ, "PYTHONPATH": f"{tree / 'src'}:{tree}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", named.group(1)]
    ran = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if re.fullmatch(r"s+\s+\[100%\]\s+\d+ skipped in .*\s*", ran.stdout):
        pytest.skip(f"{named.group(1)} needs what this machine lacks, and says so itself")
    assert ran.returncode == 1, f"the test did not fail:\n{ran.stdout[-3000:]}{ran.stderr[-2000:]}"
    assert re.search(r"\d+ failed", ran.stdout), ran.stdout[-3000:]


def test_every_patch_names_a_test_that_exists() -> None:
    for patch in PATCHES:
        path, _, name = patch.read_text(encoding="utf-8").splitlines()[0].removeprefix("# caught by: ").partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text(encoding="utf-8"), patch.name


def test_every_patch_still_fits_the_code() -> None:
    tried = {
        patch.name: subprocess.run(
            ["git", "apply", "--check", str(patch)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        for patch in PATCHES
    }
    assert not {name: ran.stderr for name, ran in tried.items() if ran.returncode}
