"""A regency with a past: the same seed gives the same people and days, and its journals are as true as any."""

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from hadir.drill.history import DAYS_OF_SCHOOL, working_days
from hadir.office.demo_regency import DISTRICTS, plan_regency

HADIR = [sys.executable, "-m", "hadir.cli"]
PEOPLE = 240


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("regency") / "data"
    hadir("demo", "--data", str(data), "--people", str(PEOPLE), "--seed", "7")
    return data


def hadir(*arguments: str) -> str:
    ran = subprocess.run([*HADIR, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def ask(folder: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{folder}/office.sqlite?mode=ro", uri=True) as office:
        return office.execute(query).fetchall()


def test_a_full_regency_has_250_units_2000_teachers_and_17_districts() -> None:
    regency = plan_regency(people=4_800, seed=1)
    names = {unit.number: unit.name for unit in regency.units}
    kinds = Counter(names[row.unit].split()[0] for row in regency.people)
    assert len(regency.people) == len({row.number for row in regency.people}) == 4_800
    assert 240 <= len(regency.units) <= 260
    assert 1_900 <= kinds["SDN"] + kinds["SMPN"] <= 2_200
    assert len([name for name in names.values() if name.startswith("Kecamatan")]) == len(DISTRICTS) == 17
    assert 10 <= sum(unit.without_signal for unit in regency.units) <= 50


def test_everybody_but_the_first_has_somebody_who_answers_for_him() -> None:
    regency = plan_regency(people=4_800, seed=1)
    alone = {row.number for row in regency.people} - regency.superiors.keys()
    assert len(alone) < 120
    assert all(person != superior for person, superior in regency.superiors.items())


def test_a_full_regency_has_60_machines_where_many_work_each_with_its_own_people() -> None:
    regency = plan_regency(people=4_800, seed=1)
    holders = [person for machine in regency.terminals for person in machine.pins]
    assert len({machine.serial for machine in regency.terminals}) == len(regency.terminals) == 60
    assert len(holders) == len(set(holders)) > 1_000
    assert any(machine.skew_minutes for machine in regency.terminals)


def test_the_same_seed_gives_the_same_regency() -> None:
    assert plan_regency(people=300, seed=3) == plan_regency(people=300, seed=3)
    assert plan_regency(people=300, seed=3) != plan_regency(people=300, seed=4)


def test_working_days_are_mondays_to_fridays_oldest_first() -> None:
    assert working_days(date(2026, 11, 24), 3) == (date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24))
    assert working_days(date(2026, 11, 22), 1) == (date(2026, 11, 20),)


def test_the_gates_journal_holds_against_its_signed_head(folder: Path) -> None:
    result = json.loads(hadir("audit", str(folder / "journals" / "gate1"), "--json"))
    assert result["ok"]
    assert result["entries"] > PEOPLE


def test_the_past_is_judged_and_rebuilds_to_the_same(folder: Path) -> None:
    days = dict(ask(folder, "SELECT person, count(*) FROM follower_verdictrow WHERE taps > 0 GROUP BY person"))
    regency = plan_regency(people=PEOPLE, seed=7)
    silent = {person for machine in regency.terminals if machine.silent_days for person in machine.pins}
    unknown = set(list(regency.terminals[0].pins)[:2])
    assert days.keys() == {row.number for row in regency.people} - silent - unknown
    assert DAYS_OF_SCHOOL - 6 <= days[1001] <= DAYS_OF_SCHOOL, "Sari's month"
    assert 1 <= days[2001] <= 3
    flagged = ask(folder, "SELECT count(*) FROM follower_punch WHERE flags != '[]'")
    assert flagged == [(0,)]
    assert json.loads(hadir("office", "rebuild", "--data", str(folder), "--json"))["identical"]


def test_machines_tell_the_same_days_as_phones_and_unknown_pins_wait(folder: Path) -> None:
    sources = dict(ask(folder, "SELECT source, count(*) FROM follower_punch GROUP BY source"))
    assert sources["file"] > 20
    lines = ask(folder, "SELECT count(*) FROM follower_machineline")[0][0]
    assert isinstance(lines, int)
    assert lines > sources["file"], "the lines of two unmapped PINs are kept"
    hours = "SELECT count(*) FROM follower_punch WHERE source = 'file' AND (judged_ms / 3600000 + 8) % 24 IN (6, 7)"
    assert ask(folder, hours)[0][0] >= sources["file"] * 0.4, "a clock that shows western time was put right"


def test_every_act_of_the_register_stands_in_the_office_journal(folder: Path) -> None:
    assert ask(folder, 'SELECT count(*) FROM acts_outboxrow WHERE "index" IS NULL') == [(0,)]
    acts = ask(folder, "SELECT count(*) FROM acts_outboxrow WHERE kind != 7")
    assert acts == ask(folder, "SELECT count(*) FROM follower_journaledact")


def test_a_folder_in_use_is_refused_and_too_few_people_too(folder: Path, tmp_path: Path) -> None:
    for data, people in ((folder, 60), (tmp_path / "few", 5)):
        argv = [*HADIR, "demo", "--data", str(data), "--people", str(people)]
        ran = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert ran.returncode == 1
        assert "Traceback" not in ran.stderr
