"""What a day's policy says of each value is what the file says of it: the value that has begun, and its article."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from hadir.rules import Policy, PolicyGapError, PolicySet, Weekday
from hadir.rules.duty import Dynamic, Flex
from hadir.rules.policy import Dated
from tests.rules.conftest import TUESDAY

Read = Callable[[Policy], Any]


def dated(policies: dict[str, PolicySet], name: str, path: str) -> Dated:
    """The last entry of a value's history that has begun."""
    return [entry for entry in policies[name].values[path] if entry.from_date <= TUESDAY][-1]


def value(policies: dict[str, PolicySet], name: str, path: str) -> Any:
    """What that entry says."""
    return dated(policies, name, path).value


def article(row: Dynamic | Flex | None) -> str:
    """Of what a duty may have."""
    assert row is not None
    return row.article


ARTICLES: list[tuple[str, Read, str]] = [
    ("kemenag", lambda law: law.absent.article, "absent"),
    ("kemenag", lambda law: law.article("grades.E"), "grades.E"),
    ("kemenag", lambda law: law.arrival.no_punch_article, "no_arrival"),
    ("kemenag", lambda law: law.departure.no_punch_article, "no_departure"),
    ("kemenag", lambda law: law.article("seconds.arrival"), "seconds.arrival"),
    ("kemenag", lambda law: law.article("seconds.departure"), "seconds.departure"),
    ("kemenag", lambda law: law.article("wrong_button.arrival"), "wrong_button.arrival"),
    ("kemenag", lambda law: law.article("wrong_button.departure"), "wrong_button.departure"),
    ("kemenag", lambda law: law.pairing.late_first_article, "late_first_after"),
    ("kemenag", lambda law: law.refused["I"], "excuses.I"),
    ("kemenag", lambda law: law.excuses["CT"].article, "excuses.CT"),
    ("kemenag", lambda law: law.month.share_article, "month.share_percent"),
    ("kemenag", lambda law: law.month.converts_article, "month.converts"),
    ("kemenag", lambda law: law.month.consecutive[0].article, "warnings_consecutive"),
    ("kemenag", lambda law: article(law.duties["dynamic"].dynamic), "duties.dynamic.dynamic"),
    ("kemenag", lambda law: law.duties["dynamic"].week[Weekday.MONDAY].article, "duties.dynamic.dynamic"),
    (
        "kemenag",
        lambda law: law.duties["office-5-day"].week[Weekday.FRIDAY].article,
        "duties.office-5-day.hours.friday",
    ),
    ("kemenag", lambda law: law.shifts["malam"].article, "shifts.malam"),
    ("mimika", lambda law: law.ceremonies["TA"].article, "ceremonies.TA"),
    ("panrb-6-2018", lambda law: article(law.duties["office-5-day"].flex), "duties.office-5-day.flex"),
    ("puskesmas-dilang-puti", lambda law: law.month.most_days["DL"].article, "most_days.DL"),
]


@pytest.mark.parametrize(("name", "read", "path"), ARTICLES, ids=lambda part: part if isinstance(part, str) else "")
def test_each_value_brings_the_article_that_it_rests_on(
    policies: dict[str, PolicySet], name: str, read: Read, path: str
) -> None:
    assert read(policies[name].on(TUESDAY)) == dated(policies, name, path).article


@pytest.mark.parametrize("name", ["permentan-68-2012", "kemenag", "sragen"])
def test_every_class_excuse_and_warning_of_the_file_stands_in_the_policy(
    policies: dict[str, PolicySet], name: str
) -> None:
    law = policies[name].on(TUESDAY)
    for classes, side in (("late", law.arrival), ("early", law.departure)):
        for row in side.classes:
            entry = dated(policies, name, f"{classes}.{row.code}")
            assert entry.value == (row.from_minutes, row.percent, row.each_minutes)
            assert entry.article == row.article
        assert list(side.classes) == sorted(side.classes, key=lambda row: row.from_minutes)
    for warning in law.month.warnings:
        entry = dated(policies, name, f"warnings.{warning.code}")
        assert (entry.value, entry.article) == (warning.days, warning.article)
    assert list(law.month.warnings) == sorted(law.month.warnings, key=lambda row: row.days)
    said = {path.removeprefix("excuses.") for path in policies[name].values if path.startswith("excuses.")}
    assert law.excuses.keys() | law.refused.keys() == said
    assert not law.excuses.keys() & law.refused.keys()
    assert all(rule.code == code for code, rule in law.excuses.items())


def test_a_policy_says_by_which_set_and_which_code_it_was_read(policies: dict[str, PolicySet]) -> None:
    of = policies["sragen"]
    version = of.on(TUESDAY).version
    assert (version.name, version.sha256, version.rules) == ("sragen", of.sha256, of.rules)


def test_a_shift_counts_taps_as_long_before_and_after_as_the_set_says(policies: dict[str, PolicySet]) -> None:
    before, after = value(policies, "sragen", "shift_window")
    for name, shift in policies["sragen"].on(TUESDAY).shifts.items():
        assert shift.name == name
        assert (shift.before_minutes, shift.after_minutes) == (before, after)
        assert value(policies, "sragen", f"shifts.{name}") == (shift.start, shift.end, shift.end_next_day)


def test_the_week_of_a_dynamic_duty_lies_within_its_windows(policies: dict[str, PolicySet]) -> None:
    rows = policies["sragen"].on(TUESDAY).duties["dynamic"]
    arrive, depart = (
        value(policies, "sragen", f"duties.dynamic.windows.every_day.{side}") for side in ("arrive", "depart")
    )
    weekly, pause, days, _ = value(policies, "sragen", "duties.dynamic.dynamic")
    assert rows.dynamic is not None
    assert (rows.dynamic.weekly_minutes, rows.dynamic.break_minutes) == (weekly, pause)
    assert rows.dynamic.week_days == len(days)
    assert rows.week.keys() == set(days)
    for row in rows.week.values():
        assert (row.arrive_earliest, row.arrive_latest) == arrive
        assert (row.depart_earliest, row.depart_latest) == depart
        assert (row.start, row.end) == (row.arrive_earliest, row.depart_latest)


def test_a_value_that_has_not_begun_is_a_gap_that_names_itself(policies: dict[str, PolicySet]) -> None:
    with pytest.raises(PolicyGapError) as gap:
        policies["sragen"].on(date(2000, 1, 1))
    assert str(gap.value).startswith("sragen: ")
    assert str(gap.value).endswith("nothing on 2000-01-01")
