"""A regency with a past: the same seed gives the same people and days, and its journals are as true as any."""

import json
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rehearsal.demo import history
from rehearsal.demo.history import last_working_day, month_until
from rehearsal.demo.regency import DISTRICTS, plan_regency
from rehearsal.demo.story import SHIFTS, days_of, plan_story

HADIR = [sys.executable, "-m", "hadir.cli"]
PEOPLE = 240
WHOLE_MONTH_AWAY = """SELECT person_id FROM excuses_excusedperson JOIN excuses_excuse ON excuse_id = number
WHERE kind IN ('CM', 'TB')"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("regency") / "data"
    hadir("demo", "--data", str(data), "--people", str(PEOPLE), "--seed", "7")
    return data


def hadir(*arguments: str) -> str:
    ran = subprocess.run([*HADIR, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def ask(folder: Path, query: str, *values: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{folder}/office.sqlite?mode=ro", uri=True) as office:
        return office.execute(query, values).fetchall()


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


@pytest.mark.parametrize(("today", "first"), [
    (date(2026, 11, 26), date(2026, 10, 30)),
    (date(2026, 11, 29), date(2026, 11, 1)),
    (date(2026, 10, 31), date(2026, 10, 1)),
    (date(2026, 11, 30), date(2026, 11, 1)),
    (date(2026, 2, 28), date(2026, 2, 1)),
    (date(2026, 3, 30), date(2026, 3, 1)),
    (date(2026, 1, 5), date(2025, 12, 9)),
])  # fmt: skip
def test_the_months_dates_are_a_whole_month_that_ends_today(today: date, first: date) -> None:
    month = month_until(today)
    assert (month[0], month[-1]) == (first, today)
    assert month == tuple(first + timedelta(days=number) for number in range(len(month)))
    assert 28 <= len(month) <= 31
    assert 20 <= sum(day.weekday() < 5 for day in month) <= 23
    assert today.replace(day=1) in month, "what is counted by months is whole"


def test_the_last_working_day_of_a_weekend_is_friday() -> None:
    assert last_working_day(date(2026, 11, 22)) == last_working_day(date(2026, 11, 20)) == date(2026, 11, 20)
    assert last_working_day(date(2026, 11, 24)) == date(2026, 11, 24)


def test_the_gates_journal_holds_against_its_signed_head(folder: Path) -> None:
    result = json.loads(hadir("audit", str(folder / "journals" / "gate1"), "--json"))
    assert result["ok"]
    assert result["entries"] > PEOPLE


def test_a_day_is_the_same_on_every_page_and_paper(folder: Path) -> None:
    """Calendar, recap, sheet, workbook and PDF of everybody's month; and the dates' deductions are the total."""
    argv = [sys.executable, "-m", "tests.drill.one_truth", str(folder)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["differences"] == []
    assert told["months"] >= PEOPLE
    assert told["deducted"] > PEOPLE // 4


def test_the_past_is_judged_and_rebuilds_to_the_same(folder: Path) -> None:
    days = dict(ask(folder, "SELECT person, count(*) FROM follower_verdictrow WHERE taps > 0 GROUP BY person"))
    regency = plan_regency(people=PEOPLE, seed=7)
    unknown = set(list(regency.terminals[0].pins)[:2])
    away = {person for (person,) in ask(folder, WHOLE_MONTH_AWAY)}
    assert days.keys() == {row.number for row in regency.people} - unknown - away
    month = month_until(datetime.now(ZoneInfo("Asia/Makassar")).date())
    working = sum(day.weekday() < 5 for day in month)
    assert working - 7 <= days[1001] <= working, "Sari's month"
    dates = "SELECT DISTINCT day FROM follower_verdictrow WHERE day >= ? AND day <= ? ORDER BY day"
    judged = ask(folder, dates, str(month[0]), str(month[-1]))
    assert [day for (day,) in judged] == [str(day) for day in month], "every date, weekends too"
    beyond = {
        person for (person,) in ask(folder, "SELECT person FROM follower_verdictrow WHERE day > ?", str(month[-1]))
    }
    assert beyond <= away, "of the days to come only those of a long leave have rows"
    statuses = {status for (status,) in ask(folder, "SELECT DISTINCT status FROM follower_verdictrow")}
    assert statuses >= {"present", "absent", "excused", "off_duty", "undecided"}
    flagged = ask(folder, "SELECT count(*) FROM follower_punch WHERE flags != '[]'")
    assert flagged == [(0,)]
    assert json.loads(hadir("office", "rebuild", "--data", str(folder), "--json"))["identical"]


def test_a_new_offices_file_has_pages_in_which_verdicts_lie_without_much_air(folder: Path) -> None:
    assert ask(folder, "PRAGMA page_size") == [(8_192,)]


def test_every_kind_of_duty_and_act_is_somewhere_in_the_month(folder: Path) -> None:
    kinds = {kind for (kind,) in ask(folder, "SELECT DISTINCT kind FROM duties_lawact")}
    assert kinds == {
        "duty", "calendar", "circular", "dispensation", "ceremony", "remote", "roll_out", "direction",
    }, "Ramadan alone is no part of November"  # fmt: skip
    told = " ".join(body for (body,) in ask(folder, "SELECT CAST(body AS TEXT) FROM follower_verdictrow"))
    for word in (
        "office-6-day",
        "dynamic",
        "duty.circular",
        "duty.remote",
        "flex.moved",
        "malam",
        '"TA"',
        "duty.night_before",
    ):
        assert word in told, word
    excused = {code for (code,) in ask(folder, "SELECT DISTINCT kind FROM excuses_excuse WHERE state = 'approved'")}
    assert excused >= {"S", "CT", "DL", "I", "CM", "TB"}
    waiting = dict(ask(folder, "SELECT state, count(*) FROM excuses_excuse GROUP BY state"))
    assert waiting["proposed"] >= 3, "the measured outage and two notes wait for somebody"
    assert waiting["attested"] >= 1


def test_the_same_seed_gives_the_same_month_and_taps() -> None:
    regency = plan_regency(people=60, seed=3)
    dates = tuple(date(2026, 10, 27) + timedelta(days=number) for number in range(31))
    story = plan_story(regency, dates=dates, seed=3)
    assert story == plan_story(regency, dates=dates, seed=3) != plan_story(regency, dates=dates, seed=4)
    past = history.Past(
        seed=3, days=days_of(story, regency), silent=frozenset(), tokens=AnyToken(), now_ms=2**50, slips=story.slips
    )
    taps = list(history.sign_all(past, [1001, 1002]))
    assert sorted(taps) == sorted(history.sign_all(past, [1002, 1001])), "nobody's days hang on another's"
    assert 60 < len(taps) < 100


def test_a_night_is_tapped_on_two_dates() -> None:
    days = history.taps_of({date(2026, 11, 3): SHIFTS["malam"]}, random.Random(1))
    hours = [datetime.fromtimestamp(at_ms / 1000, tz=ZoneInfo("Asia/Makassar")) for _, at_ms in days]
    assert [moment.date() for moment in hours] == [date(2026, 11, 3), date(2026, 11, 4)]


class AnyToken(dict[int, str]):
    def __missing__(self, at_ms: int) -> str:
        return f"token {at_ms}"


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
    acts = ask(folder, "SELECT count(*) FROM acts_outboxrow WHERE kind NOT IN (7, 34)")
    assert acts == ask(folder, "SELECT count(*) FROM follower_journaledact")


def test_a_folder_in_use_is_refused_and_too_few_people_too(folder: Path, tmp_path: Path) -> None:
    for data, people in ((folder, 60), (tmp_path / "few", 5)):
        argv = [*HADIR, "demo", "--data", str(data), "--people", str(people)]
        ran = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert ran.returncode == 1
        assert "Traceback" not in ran.stderr


def test_nothing_is_appended_in_a_folder_in_use(folder: Path) -> None:
    size = "SELECT size FROM head"
    with sqlite3.connect(f"file:{folder}/journals/gate1/journal.sqlite?mode=ro", uri=True) as journal:
        before = journal.execute(size).fetchall()
        argv = [sys.executable, "-c", FILLED_AGAIN, str(folder)]
        ran = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert "holds a register already" in ran.stderr
        assert journal.execute(size).fetchall() == before


FILLED_AGAIN = """
import dataclasses, pathlib, sys
from hadir import config
from rehearsal.demo import filling

settings = dataclasses.replace(config.read_settings(), data=pathlib.Path(sys.argv[1]))
filling.fill_regency(settings, people=60, seed=7)
"""
