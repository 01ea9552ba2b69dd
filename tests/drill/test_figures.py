"""docs/figures.md says which commit was measured."""

import subprocess
from pathlib import Path

import pytest

from rehearsal.figures import read_figures, write_figures


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One commit of a program and of its figures."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text("print()\n")
    (tmp_path / "figures.md").write_text("# Figures\n")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], check=True)
    return tmp_path


def measured(folder: Path, name: str) -> str:
    """The line of what was measured under `name`."""
    path = Path("figures.md")
    write_figures(path, name, {"per_s": 7})
    text = (folder / path).read_text()
    assert read_figures(text, name)["per_s"] == "7"
    return text.partition(f"## {name}\n\n")[2].partition("\n")[0]


def test_figures_written_before_do_not_make_the_commit_another(repository: Path) -> None:
    assert all("-dirty" not in measured(repository, name) for name in ("gate", "herd"))


def test_a_changed_program_is_not_the_commit(repository: Path) -> None:
    (repository / "program.py").write_text("print(7)\n")
    assert "-dirty" in measured(repository, "gate")


def test_without_a_repository_the_version_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "; version " in measured(tmp_path, "gate")
