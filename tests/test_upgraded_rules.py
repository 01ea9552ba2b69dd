"""A kept folder of the version before, and rules that say something else: nothing that was stored changes silently."""

import json
import shutil
import subprocess
import sys
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
    assert done["differences"] == {"closed": 29}, "November is closed everywhere"
    assert done["read"] == "/kantor/edisi/"
    compared = told("rules", "diff", "--stored", *data)
    assert (compared["person_days"], compared["changed_days"]) == (900, 29)
    assert (compared["dearer"] + compared["milder"], compared["equal"]) == (26, 3), "an apel was missed for nothing"
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


LATE = """
import json, sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from hadir.config import read_settings
from hadir.office.programs.commands import prepare
prepare(replace(read_settings(), data=Path(sys.argv[1])))
from django.db import transaction
from hadir.office.excuses.actions import approve_excuse, attest_excuse, enter_excuse
from hadir.office.excuses.kinds import Scope
from hadir.office.excuses.models import Excuse
from hadir.office.follower.following import follow_all
from hadir.office.ground.installation import HERE
from hadir.office.judging.judging import judge_context
from hadir.office.month_pages.recap import month_recap
from hadir.office.months.models import DayLine
from hadir.office.people.models import Person
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from hadir.rules.clocks import Period, local_day
person, on, now_ms = int(sys.argv[2]), date.fromisoformat(sys.argv[3]), HERE.clock.now_ms()
unit = Unit.objects.get(number=DayLine.objects.get(person=person, day=on).unit)
if sys.argv[4] == "enter":
    day = local_day(on, unit.zone)
    entry = Excuse.within(kind="DL", scope=Scope.PEOPLE, unit=unit, period=Period(day.from_ms, day.until_ms),
                          is_whole_days=True, document="ST-9", basis="PP 11/2017")
    head, second = (Actor(number, (Grant(role, unit.path), Grant(Role.PERSONNEL, "/1/")))
                    for number, role in ((1005, Role.UNIT_HEAD), (1009, Role.UNIT_HEAD)))
    row = enter_excuse(entry=entry, people=[Person.objects.get(number=person)], by=ActBy(head, now_ms, "Rapat."))
    attest_excuse(number=row.number, by=ActBy(head, now_ms, "Ada suratnya."))
    approve_excuse(number=row.number, by=ActBy(second, now_ms, "Lengkap."))
    follow_all(judge_context(), now_ms=now_ms)
rows = month_recap(HERE.settings.policies, unit, date(2026, 12, 1)).rows
lines = [line for row in rows for line in row.adjustments]
print(json.dumps([[line.person, str(line.of_allowance), [[f"{one.day}", one.before, one.after] for one in line.moved]]
                  for line in lines]))
"""


def late_letter(data: Path, person: int, day: str, act: str) -> Any:
    script = [sys.executable, "-c", LATE, str(data), str(person), day, act]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_letter_that_comes_after_the_upgrade_moves_its_own_day_of_a_closed_month_alone(upgraded: Path) -> None:
    """On the 10th 1112 was 45 minutes late: 1 % was paid, and 0.95 % is what the letter lifts by the rules of now."""
    data = ("--data", str(upgraded))
    told("upgrade", *data)
    expected = [[1112, "-0.95", [["2026-11-10", "TL2", "DL"]]]]
    assert late_letter(upgraded, 1112, "2026-11-10", "enter") == expected
    assert hadir("office", "rebuild", *data).returncode == 0
    assert late_letter(upgraded, 1112, "2026-11-10", "read") == expected
    assert told("office", "digest", *data)["closings_as_signed"] == 11


def test_where_both_rules_say_the_same_a_late_letter_gives_back_what_was_paid(older: Path) -> None:
    """The shipped rules: another edition than the one that closed November, and 1 % by both."""
    told("upgrade", "--data", str(older))
    expected = [[1112, "-1.0", [["2026-11-10", "TL2", "DL"]]]]
    assert late_letter(older, 1112, "2026-11-10", "enter") == expected
    assert hadir("office", "rebuild", "--data", str(older)).returncode == 0
    assert late_letter(older, 1112, "2026-11-10", "read") == expected
    assert told("office", "digest", "--data", str(older))["closings_as_signed"] == 11
