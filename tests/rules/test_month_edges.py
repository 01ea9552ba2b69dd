"""A month at the edges of its sums: what is just not too much, and what happens twice on one day."""

from __future__ import annotations

from typing import Any

import pytest

from hadir.rules import Calendar, MonthResult, PolicySet, parse_cases, run_any
from tests.rules.test_case_files import MONTH

IN_TIME = {"in": "07:00", "out": "17:00"}


def month(policies: dict[str, PolicySet], calendars: dict[str, Calendar], **said: Any) -> MonthResult:
    (case,) = parse_cases([{**MONTH, "of": "2026-09", **said}], "mine")
    result = run_any(case, policies, calendars)
    assert isinstance(result, MonthResult)
    return result


@pytest.mark.parametrize(("days", "over"), [(15, {}), (16, {"DL": 1})])
def test_as_many_days_as_a_month_may_have_are_not_too_many(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar], days: int, over: dict[str, int]
) -> None:
    work_days = [day for day in range(1, 31) if day % 7 not in {5, 6}]
    travel = {f"2026-09-{day:02}": {"excuses": [{"kind": "DL"}]} for day in work_days[:days]}
    result = month(policies, calendars, policy="puskesmas-dilang-puti", days=travel, others=IN_TIME)
    assert result.recap.codes["DL"] == days
    assert result.settlement.over == over


def test_two_ceremonies_missed_on_one_day_are_two(
    policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    apel = {"name": "apel", "from": "06:00", "until": "06:15"}
    again = {**apel, "name": "apel sore", "from": "18:00", "until": "18:15"}
    held = {**IN_TIME, "ceremonies": [apel, again]}
    days = {"2026-09-01": held, "2026-09-02": held}
    result = month(policies, calendars, policy="mimika", days=days, others=IN_TIME)
    assert result.recap.ceremonies_missed == {"TA": 4}


def test_every_undecided_day_is_counted(policies: dict[str, PolicySet], calendars: dict[str, Calendar]) -> None:
    dark = {"dark": [{"source": "Mesin-1", "from": "05:00", "until": "23:00"}]}
    days = {"2026-09-01": dark, "2026-09-03": dark}
    result = month(policies, calendars, policy="sragen", days=days, others=IN_TIME)
    assert [day.day for day in result.recap.undecided] == [1, 3]
    assert result.settlement.percent == 0
