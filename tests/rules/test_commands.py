"""The commands that are checked from outside: `hadir rules cases` and `hadir rules judge`."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hadir.cli import main
from tests.rules.test_cases import CASES

CASE = """
- case: A teacher who arrives at 08:01:00 on a Tuesday is TL2
  policy: permentan-68-2012        # a shipped policy set
  duty: office-5-day               # a shipped duty
  zone: Asia/Makassar
  date: 2026-09-15
  punches:
    - {in: "08:01:00", source: phone, grade: A}
    - {out: "15:45:00", source: terminal}
  excuses: []                      # - {kind: outage, from: "07:05", until: "08:05"}
  expect: {arrival: {class: TL2, minutes: 31}, departure: {class: PSW1}, status: present, deduction: 1.5}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


def judge(file: Path, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], str]:
    file.write_text(text, encoding="utf-8")
    status = main(["rules", "judge", str(file), "--json"])
    said = capsys.readouterr()
    return status, json.loads(said.out), said.err


def test_all_shipped_cases_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "cases", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"cases": len(CASES), "failed": 0}


def test_a_strangers_case_is_judged_and_explained_in_two_languages(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told, _ = judge(file, CASE, capsys)
    (case,) = told["cases"]
    assert (status, told["failed"], case["differences"]) == (0, 0, [])
    half: dict[str, Any] = {"review": "none", "excuse": None, "excuses": []}
    assert case["verdict"] == {
        "status": "present",
        "code": "H",
        "arrival": {
            **half, "class": "TL2", "minutes": 31, "status": "short", "percent": 1.0, "tap": "punch-1", "grade": "A",
            "counts_as": "A",
        },
        "departure": {
            **half, "class": "PSW1", "minutes": 15, "status": "short", "percent": 0.5, "tap": "punch-2", "grade": "B",
            "counts_as": "B",
        },
        "deduction": 1.5,
        "provisional": True,
        "review": "none",
        "identity": "confirmed",
        "suggestions": [],
        "due": None,
        "roles": {"punch-1": "arrival", "punch-2": "departure"},
        "ceremonies": {},
        "excuses": [],
        "flex_used": False,
    }  # fmt: skip
    late = next(reason for reason in case["reasons"] if reason["code"] == "arrival.late")
    assert late["id"] == "Masuk pukul 08.01, terlambat 31 menit (TL2)."
    assert late["en"] == "In at 08:01, 31 minutes late (TL2)."
    assert late["article"].startswith("Permentan 68/2012")
    total = next(reason for reason in case["reasons"] if reason["code"] == "deduction.total")
    assert (total["id"], total["en"]) == (
        "Potongan 1,50 % (TL2 1,00 + PSW1 0,50).",
        "Deduction 1.50 % (TL2 1.00 + PSW1 0.50).",
    )


def test_a_case_that_does_not_hold_is_told_with_its_difference(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told, _ = judge(file, CASE.replace("minutes: 31", "minutes: 30"), capsys)
    assert (status, told["failed"]) == (0, 1), "with --json whatever the verdicts"
    assert main(["rules", "judge", str(file)]) == 1
    assert told["cases"][0]["differences"] == [{"path": "arrival.minutes", "expected": "30", "got": "31"}]


def test_without_json_a_clerk_reads_the_steps(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(CASE, encoding="utf-8")
    assert main(["rules", "judge", str(file)]) == 0
    out = capsys.readouterr().out
    assert "  Masuk pukul 08.01, terlambat 31 menit (TL2).  [Permentan 68/2012, tabel pengurangan no. 2]" in out
    assert out.endswith("1 cases, 0 failed\n")


def test_each_fault_is_a_line_with_its_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoiled = CASE.replace("Asia/Makassar", "Makassar")
    status, told, err = judge(file, spoiled, capsys)
    assert status == 2
    assert [fault["line"] for fault in told["faults"]] == [5]
    assert err == "hadir: line 5: mine.yaml[0].zone: must be a time zone like Asia/Makassar, not 'Makassar'\n"
    _, told, err = judge(file, CASE.replace('"15:45:00"', "15:45:00"), capsys)
    assert [fault["line"] for fault in told["faults"]] == [9]
    assert "in quotes" in err


@pytest.mark.parametrize(
    "text",
    ["", "- [", "a: b", "- 1", "\x00", "- {case: *x}", "[" * 3000, CASE.replace("permentan", "nowhere"), "- &a [*a]",
     CASE.replace("2026-09-15", "9999-12-31"), CASE.replace("2026-09-15", "1999-12-31"), CASE.replace("5-day", "9-day"),
     "? {a: b}\n: c", "- {? [1] : 2}"],
)  # fmt: skip
def test_a_malformed_file_is_told_and_never_a_traceback(
    file: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    status, told, err = judge(file, text, capsys)
    assert (status, told["cases"]) == (2, [])
    assert told["faults"]
    assert all(line.startswith("hadir: ") for line in err.splitlines())


def chained(first: str, link: str) -> str:
    """Eight anchors, each of nine of the one before: 43 million values in half a page."""
    links = (f"- &{to} {link.replace('*', ', '.join(9 * [f'*{frm}']))}\n" for frm, to in pairwise("abcdefghi"))
    return f"- &a {first}\n" + "".join(links)


@pytest.mark.parametrize(
    "text",
    [chained("[x]", "[*]"), chained("{case: x}", "{<<: [*]}"), chained("{case: x}", "{case: [*], date: [*]}"),
     "- &a\n  case: x\n  punches: [*a]\n", "- &a0 [x]\n" + "".join(f"- &a{at + 1} [*a{at}]\n" for at in range(60))],
)  # fmt: skip
def test_a_file_that_says_too_much_by_its_anchors_is_refused_in_one_line(
    file: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    status, told, err = judge(file, text, capsys)
    assert (status, told["cases"]) == (2, [])
    assert err == "hadir: mine.yaml: unfolds to more than 500000 values, or 50 in each other\n"


def test_a_file_of_ten_megabytes_and_one_that_is_not_there_are_refused_in_one_line(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = judge(file, f"- {10_000_000 * 'x'}", capsys)
    assert (status, err) == (2, "hadir: mine.yaml: has more than 4000000 bytes\n")
    file.unlink()
    assert main(["rules", "judge", str(file)]) == 2
    assert capsys.readouterr().err == "hadir: mine.yaml: cannot be read: No such file or directory\n"


def test_a_fault_shows_the_beginning_of_what_a_stranger_wrote(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = judge(file, CASE.replace("2026-09-15", 5000 * "x"), capsys)
    assert err == f"hadir: line 6: mine.yaml[0].date: must be a day like 2023-04-12, not '{99 * 'x'} …\n"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(CASE) - 1), junk=st.text(max_size=6), drop=st.integers(0, 12))
def test_a_file_damaged_anywhere_is_judged_or_told(
    file: Path, capsys: pytest.CaptureFixture[str], cut: int, junk: str, drop: int
) -> None:
    damaged = (CASE[:cut] + junk + CASE[cut + drop :]).encode("utf-8", "ignore").decode()
    status, _, _ = judge(file, damaged, capsys)
    assert status in {0, 1, 2}


def hadir(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: Django is set up for one data folder in each."""
    command = [sys.executable, "-m", "hadir.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_verdict_can_be_read_out_from_the_offices_records(tmp_path: Path) -> None:
    folder = str(tmp_path / "demo")
    assert hadir("demo", "--data", folder).returncode == 0
    asked = hadir("rules", "explain", "--data", folder, "--person", "1001", "--date", "2026-08-18", "--json")
    told = json.loads(asked.stdout)
    assert (told["person"], told["date"], told["verdict"]["status"]) == (1001, "2026-08-18", "absent")
    assert told["reasons"][0]["id"].startswith("Jadwal kerja 07.30 sampai")
    assert told["steps"][0]["id"].startswith("Wajib kerja pukul 07.30")
    assert told["steps"][-1]["code"] == "step.result"
    nobody = hadir("rules", "explain", "--data", folder, "--person", "99", "--date", "2026-08-18")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert nobody.stderr == "hadir: person 99 is not known here, or had no duty on 2026-08-18\n"


OWN = """
policy: kecil
title: {id: Kecil, en: Small}
extends: permentan-68-2012
values:
  late:
    TL1: [{from: 2023-04-12, value: {from_minutes: 1, percent: %s}, article: Perbup 1, source: Perbup 1, certainty: S}]
"""


def test_a_policy_of_ones_own_is_checked_and_judged_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own, case = tmp_path / "kecil.yaml", tmp_path / "mine.yaml"
    own.write_text(OWN % "0.75", encoding="utf-8")
    assert main(["rules", "check", str(own), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["faults"] == []
    assert {"value": "late.TL2", "from": "permentan-68-2012"} in told["borrowed"]
    assert "late.TL1" not in {one["value"] for one in told["borrowed"]}
    case.write_text(CASE.replace("permentan-68-2012", "kecil").replace("08:01:00", "07:40:00"), encoding="utf-8")
    assert main(["rules", "judge", str(case), "--policies", str(own), "--json"]) == 0
    (judged,) = json.loads(capsys.readouterr().out)["cases"]
    assert judged["verdict"]["arrival"]["percent"] == 0.75


def test_a_table_that_cannot_be_right_is_told_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "kecil.yaml"
    own.write_text(OWN % "1.25", encoding="utf-8")
    assert main(["rules", "check", str(own), "--json"]) == 1
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert fault["place"] == "kecil: values.late.TL2"
    assert fault["id"] == "memotong 1,00 %, kurang dari 1,25 % milik late.TL1 yang mulai lebih awal"
    assert fault["en"] == "costs 1.00 %, less than 1.25 % of late.TL1, which begins earlier"


def test_what_cannot_be_read_at_all_is_one_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "kecil.yaml"
    own.write_text("policy: [", encoding="utf-8")
    assert main(["rules", "check", str(own), "--json"]) == 2
    assert len(json.loads(capsys.readouterr().out)["faults"]) == 1


BRINGS = """\
- own_policy:
    policy: kecil
    title: {id: Kabupaten Kecil, en: Kabupaten Kecil}
    extends: permentan-68-2012
    values:
      absent:
        - {from: 2020-01-01, value: {code: TK, percent: 5}, article: Perbup 1/2020, source: x, certainty: S}
- case: Nobody came
  policy: kecil
  duty: office-5-day
  zone: Asia/Makassar
  date: 2026-09-15
  expect: {deduction: 5, code: TK}
"""


def test_a_case_file_brings_a_policy_of_its_own(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told, _ = judge(file, BRINGS, capsys)
    assert (status, told["failed"], len(told["cases"])) == (0, 0, 1)
    article = next(reason["article"] for reason in told["cases"][0]["reasons"] if reason["code"] == "deduction.absent")
    assert article == "Perbup 1/2020"


@pytest.mark.parametrize(
    ("spoiled", "line", "said"),
    [
        (BRINGS.replace("percent: 5}, a", "percent: 500}, a"), 7, "must be a percentage from 0 to 100, not 500"),
        (BRINGS.replace("kecil", "sragen"), None, "a set in use has that name already"),
        (BRINGS.replace("    policy: kecil", "    polisi: kecil"), 1, "must be alone in its entry"),
        (BRINGS.replace("- case: Nobody", "  case: x\n- case: Nobody"), 1, "must be alone in its entry"),
    ],
)
def test_what_is_wrong_with_an_own_policy_is_told_at_its_place(
    file: Path, capsys: pytest.CaptureFixture[str], spoiled: str, line: int | None, said: str
) -> None:
    status, told, _ = judge(file, spoiled, capsys)
    assert status == 2
    assert [fault["line"] for fault in told["faults"]] == [line]
    assert said in told["faults"][0]["message"]


SEPTEMBER = """\
- month: A month
  policy: permentan-68-2012
  duty: office-5-day
  zone: Asia/Makassar
  of: "2026-09"
  others: {in: "07:20:00", out: "16:35:00"}
  expect: {percent: 0}
"""


@pytest.mark.parametrize(
    "more",
    [
        "  after: {}\n",
        "  days: {2026-10-01: {}}\n",
        "  after_closing: {2026-08-31: {}}\n",
        "  after_closing: {2026-09-01: {im: '07:20'}}\n",
        "  leave: [{kind: CS, from: 2026-09-02, until: 2026-09-01}]\n",
        "  leave: [{kind: CS, from: 2026-09-01, until: 2026-09-02, day: 3}]\n",
        "  leave: 3\n",
    ],
)
def test_an_unknown_key_or_day_of_a_month_is_a_fault(file: Path, capsys: pytest.CaptureFixture[str], more: str) -> None:
    assert judge(file, SEPTEMBER, capsys)[0] == 0
    assert judge(file, SEPTEMBER + more, capsys)[0] == 2


def test_a_month_expects_only_what_its_policy_counts(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told, _ = judge(file, SEPTEMBER.replace("percent: 0", "persen: 0"), capsys)
    assert (status, told["faults"][0]["message"]) == (2, "permentan-68-2012 has no persen")


def test_a_month_tells_what_the_next_one_takes_without_being_asked(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = """  days: {2026-09-02: {punches: []}}
  after_closing: {2026-09-02: {excuses: [{kind: CT}]}}
"""
    _, told, _ = judge(file, SEPTEMBER, capsys)
    assert told["cases"][0]["verdict"]["adjustment"] is None
    assert told["cases"][0]["verdict"]["weeks_short"] == 0
    status, told, _ = judge(file, SEPTEMBER + more, capsys)
    moved = {"date": "2026-09-02", "before": "TK", "after": "CT"}
    assert status == 0
    assert told["cases"][0]["verdict"]["adjustment"] == {"of_allowance": -4.0, "days": [moved]}
