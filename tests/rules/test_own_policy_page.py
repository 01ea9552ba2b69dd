"""The way to a policy of one's own, as docs/rules.md tells it: its own text, run as a clerk would run it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from hadir.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def part() -> str:
    """The part of the page that leads through it."""
    return PAGE.read_text("utf-8").partition("### A policy of your own")[2].partition("\n## ")[0]


def blocks() -> dict[str, str]:
    """The files that the page shows, by the name in their first line."""
    found = re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", part(), re.DOTALL)
    return {name: f"# {name}\n{text}" for name, text in found}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the clerk has written both files as they stand on the page."""
    for name, text in blocks().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands() -> list[tuple[list[str], str]]:
    """What the page types, and what it shows as the answer."""
    (shown,) = re.findall(r"```console\n(.*?)```", part(), re.DOTALL)
    each = [one.partition("\n") for one in shown.split("$ ") if one]
    return [(shlex.split(typed), answer) for typed, _, answer in each]


def test_what_the_page_types_says_what_the_page_shows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (check, no_faults), (judge, _) = commands()
    assert main(check[1:]) == 0
    assert capsys.readouterr().out == no_faults
    assert main(judge[1:]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["differences"] for one in told["cases"]] == [[]] * 5
    assert told["failed"] == 0
    assert sorted(path.name for path in folder.iterdir()) == ["muara-jernih-cases.yaml", "muara-jernih.yaml"]


def test_each_article_of_the_example_is_what_the_reasons_cite(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*commands()[1][0][1:]])
    said = json.dumps(json.loads(capsys.readouterr().out))
    for article in (
        "Pasal 5 ayat (1)",
        "Pasal 5 ayat (2)",
        "Pasal 9 ayat (1)",
        "Pasal 9 ayat (2)",
        "Pasal 10",
        "Pasal 11",
    ):
        assert f"Perbup 12/2026 {article}" in said, folder


def test_the_slip_that_the_page_names_is_told_as_the_page_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = folder / "muara-jernih.yaml"
    own.write_text(own.read_text("utf-8").replace("from_minutes: 31, percent: 1}", "from_minutes: 31, percent: 0.25}"))
    assert main(["rules", "check", "muara-jernih.yaml"]) == 1
    assert f'"{capsys.readouterr().out.strip()}"' in part()


FOUR = PAGE.read_text("utf-8").partition("```yaml\n    TL4:\n")[2].partition("```")[0]


@pytest.mark.parametrize(("off", "listed"), [("", True), (f"    TL4:\n{FOUR}", False)])
def test_a_fourth_class_that_the_page_ends_is_ended_and_else_stands_in_the_list(
    folder: Path, capsys: pytest.CaptureFixture[str], off: str, *, listed: bool
) -> None:
    own = folder / "muara-jernih.yaml"
    text = own.read_text("utf-8").replace("extends: national-base", "extends: permentan-68-2012")
    late, early, rest = text.partition("  early: ")
    rest = rest.replace("from_minutes: 61, percent: 1.5", "from_minutes: 31, percent: 1")  # the table has four here too
    own.write_text(f"{late}{off}{early}{rest}", encoding="utf-8")
    assert main(["rules", "check", "muara-jernih.yaml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert ({"value": "late.TL4", "from": "permentan-68-2012"} in told["borrowed"]) is listed
