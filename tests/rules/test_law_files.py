"""What `hadir rules check` and `judge` say of a file that a clerk wrote: keys twice, YAML's trouble, lines, anchors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hadir.cli import main
from hadir.cli.law_files import document
from hadir.office.ground.laws import calendar, shipped_laws
from hadir.rules import CaseFileError
from hadir.rules.reading import DocumentError
from tests.rules.conftest import POLICIES
from tests.rules.test_own_policy_page import blocks

GOOD = blocks()["muara-jernih.yaml"]
CASES = blocks()["muara-jernih-cases.yaml"]
LINES = GOOD.splitlines()


def line_of(part: str, number: int = 1) -> int:
    """The line of the nth part of the file that says so."""
    return [at for at, line in enumerate(LINES, start=1) if part in line][number - 1]


def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> tuple[int, list[dict[str, Any]]]:
    own = tmp_path / "muara-jernih.yaml"
    own.write_text(text, encoding="utf-8")
    status = main(["rules", "check", str(own), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told.keys() == {"faults", "borrowed"}
    return status, told["faults"]


ABSENT = """\
  absent:
    - {from: 2027-01-01, value: {code: TK, percent: 5}, article: "Perbup 12/2026 Pasal 88", source: x, certainty: S}
"""
EXCUSES = """\
  excuses:
    CT: []
"""
TL2 = (
    "    TL2:\n      - {from: 2027-01-01, value: {from_minutes: 21, percent: 1}, article: A, source: x, certainty: S}\n"
)


@pytest.mark.parametrize(
    ("place", "before", "again"),
    [("absent", "  ceremonies:", ABSENT), ("excuses", "  month:", EXCUSES), ("late.TL2", "    TL3:", TL2)],
)
def test_a_key_that_stands_twice_is_a_fault_with_both_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, before: str, again: str
) -> None:
    status, told = check(tmp_path, capsys, GOOD.replace(before, f"{again}{before}", 1))
    key = place.rpartition(".")[2]
    first, last = line_of(f"{key}:"), line_of(before)
    (fault,) = [one for one in told if one["place"] == f"muara-jernih: values.{place}" and "dua kali" in one["id"]]
    assert (status, fault["line"]) == (1, last)
    assert fault["id"].startswith(f"{key} tertulis dua kali, di baris {first} dan di baris {last}; ")
    assert fault["en"].startswith(f"{key} stands twice, in line {first} and in line {last}; ")


def test_a_key_twice_and_every_other_fault_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = GOOD.replace("  ceremonies:", f"{ABSENT}  ceremonies:", 1).replace("value: 40", "value: 400")
    _, told = check(tmp_path, capsys, text)
    assert [one["place"].partition("values.")[2] for one in told] == ["absent", "month.share_percent[0].value"]


def test_a_key_twice_in_a_case_file_a_decree_or_a_roster_is_a_fault_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text(CASES.replace("  punches: []\n", "  punches: []\n  punches: [{in: '07:00:00'}]\n", 1))
    assert main(["rules", "judge", str(cases), "--json"]) == 2
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert fault["place"] == "cases.yaml[3].punches"
    assert "punches stands twice" in fault["message"]
    decree = tmp_path / "decree.yaml"
    decree.write_text("calendar: decree\ndays: []\ndays: []\n")
    with pytest.raises(CaseFileError, match="days stands twice, in line 2 and in line 3"):
        document(decree)


@pytest.mark.parametrize("path", sorted(POLICIES.rglob("*.yaml")), ids=lambda path: str(path.relative_to(POLICIES)))
def test_no_file_that_ships_says_a_key_twice(path: Path) -> None:
    assert document(path) is not None


HOURS = 'value: {start: "07:30", end: "16:15"}'

UNREADABLE = [
    ("*senin_kamis", "*senin_kamia", "tuesday:", "nama di belakang * tidak pernah diberikan dengan &"),
    ("    TL2:", "\tTL2:", "    TL2:", "tab, atau tanda yang tidak dapat mengawali nilai"),
    ("    TL2:", "   TL2:", "    TL2:", "indentasinya lain"),
    ("  absent:  ", "  absent   ", "    - {from: 2027-01-01, value: {code: TK", "titik dua"),
    ('Pasal 9 ayat (3)"', "Pasal 9 ayat (3)", "value: TL3", "kurung yang dibuka di baris"),
    ("certainty: S}", "certainty: S", HOURS, "kurung yang dibuka di baris"),
    ('(12/2026)"}', "(12/2026)", "title:", "tidak ditutup"),
]


@pytest.mark.parametrize("trouble", UNREADABLE, ids=lambda one: one[1].strip())
def test_what_is_no_yaml_is_said_in_words_of_both_languages_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], trouble: tuple[str, str, str, str]
) -> None:
    right, wrong, where, said = trouble
    assert right in GOOD
    status, (fault,) = check(tmp_path, capsys, GOOD.replace(right, wrong, 1))
    assert (status, fault["line"]) == (2, line_of(where))
    assert said in fault["id"]
    assert not {"found", "expected", "while", "mapping"} & set(fault["id"].split())
    assert str(fault["line"]) in fault["en"]


def test_a_fault_that_an_anchor_brings_to_four_days_is_told_once_at_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, (fault,) = check(tmp_path, capsys, GOOD.replace(HOURS, HOURS.replace("07:30", "7.30")))
    assert (fault["line"], fault["place"]) == (
        line_of(HOURS),
        "muara-jernih: values.duties.office-5-day.hours.monday[0].value",
    )


def test_two_days_with_the_same_fault_of_their_own_are_two_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = check(tmp_path, capsys, GOOD.replace('start: "07:30"', 'start: "7.30"'))
    assert [one["line"] for one in told] == [line_of(HOURS), line_of('end: "15:30"')]
    _, told = check(tmp_path, capsys, GOOD.replace('"Perbup 12/2026 Pasal 8", source: *perbup', '"", source: ""'))
    assert [one["place"].rpartition(".")[2] for one in told] == ["article", "source"]


def test_faults_stand_in_the_order_of_their_lines_and_an_unknown_key_has_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GOOD.replace("extends:", "extend:").replace("percent: 4", "percent: 400")
    _, told = check(tmp_path, capsys, text)
    lines = [one["line"] for one in told]
    assert lines == sorted(lines)
    assert {line_of("extends:"), line_of("percent: 4")} <= set(lines)
    assert "'extend' tidak dikenal di sini; maksudnya extends?" in [one["id"] for one in told]


def test_a_fault_of_a_merged_case_has_the_line_of_what_is_merged_and_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text(CASES.replace("Asia/Makassar", "Makassar"), encoding="utf-8")
    assert main(["rules", "judge", str(cases), "--json"]) == 2
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert fault["line"] == next(at for at, line in enumerate(CASES.splitlines(), start=1) if "zone:" in line)


def test_what_the_base_says_for_a_government_is_listed_with_its_article(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "muara-jernih.yaml"
    own.write_text(GOOD.replace("        friday:", "        saturday:"), encoding="utf-8")
    assert main(["rules", "check", str(own), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["borrowed"]
    friday = next(one for one in told if one["value"] == "duties.office-5-day.hours.friday")
    assert friday["from"] == "national-base: Perpres 21/2023 Pasal 3 dan 4 (istirahat Jumat 90 menit)"
    assert all(one.keys() == {"value", "from"} for one in told)


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (
            "from: 2072-01-01",
            "national-base: Perpres 21/2023 Pasal 3 dan 4 (istirahat Jumat 90 menit) until 2072-01-01",
        ),
        (
            "from: 2027-01-01, until: 2028-01-01",
            "national-base: Perpres 21/2023 Pasal 3 dan 4 (istirahat Jumat 90 menit) since 2028-01-01",
        ),
    ],
)
def test_what_the_base_says_for_a_time_only_is_listed_with_that_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], when: str, told: str
) -> None:
    own = tmp_path / "muara-jernih.yaml"
    head, friday, rest = GOOD.partition("        friday:")
    own.write_text(f"{head}{friday}{rest.replace('from: 2027-01-01', when, 1)}", encoding="utf-8")
    assert main(["rules", "check", str(own), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["borrowed"]
    assert {"value": "duties.office-5-day.hours.friday", "from": told} in listed


def test_no_law_of_an_installation_is_read_with_a_key_twice(tmp_path: Path) -> None:
    shutil.copytree(POLICIES, tmp_path / "policies")
    one = tmp_path / "policies" / "sragen.yaml"
    one.write_text(one.read_text("utf-8") + "extends: national-base\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"sragen\.yaml: extends: extends stands twice"):
        shipped_laws(tmp_path / "policies")
    year = tmp_path / "policies" / "calendars" / "indonesia-2026.yaml"
    year.write_text(year.read_text("utf-8") + "calendar: indonesia-2026\n", encoding="utf-8")
    with pytest.raises(DocumentError, match="calendar stands twice"):
        calendar(tmp_path / "policies")


EDGE = """\
- {case: A, policy: permentan-68-2012, duty: office-5-day, zone: Asia/Makassar, date: 2026-09-15,
   punches: [PUNCH], expect: EXPECT}
"""


@pytest.mark.parametrize(
    ("punches", "expected"),
    [
        ('{in: "12:01:00"}, {out: "16:00:00"}', "{arrival: {class: TL4}}"),
        ('{in: "07:30:00"}, {out: "11:00:00"}', "{departure: {class: PSW4}}"),
    ],
)
def test_the_hours_that_count_are_both_windows_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], punches: str, expected: str
) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text(EDGE.replace("PUNCH", punches).replace("EXPECT", expected), encoding="utf-8")
    assert main(["rules", "judge", str(cases)]) == 0, capsys.readouterr().out
