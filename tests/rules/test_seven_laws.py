"""The seven laws of docs/rules.md, searched for a break over every shipped set, every duty and every shift.

A few days for each place in every run; `hadir rules laws --seconds N` and the long form search further.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from hadir.cli import main
from hadir.rules import ExcusePeriod, Policy, PolicySet
from hadir.rules.laws import LAWS, search
from hadir.rules.search import Draw, LawPlace, Scene, places_of

SHORT, LONG = range(25), range(20_000)
ASKED_MIN = 300
"""Of the days that a run draws, a law must speak of at least so many: else the search is of nothing."""
TRIED_MIN = 10_000
"""Of the long search, in each place."""


@pytest.fixture(scope="module")
def places(policies: dict[str, PolicySet]) -> list[LawPlace]:
    return list(places_of(policies))


def broken(law: str, places: Sequence[LawPlace], seeds: range) -> tuple[int, list[str]]:
    found = [search(law, place, seeds) for place in places]
    said = [f"{one.set_name}, {one.duty}, seed {one.seed}: {one.found}" for each in found for one in each.broken]
    return sum(each.tried for each in found), said


def test_every_set_duty_and_shift_is_a_place(places: list[LawPlace], policies: dict[str, PolicySet]) -> None:
    sets = {name for name, one in policies.items() if "no_arrival" in one.values}
    assert {place.set_name for place in places} == sets
    assert {"office-5-day", "office-6-day", "dynamic", "pagi", "sore", "malam"} <= {place.duty for place in places}


@pytest.mark.parametrize("law", LAWS)
def test_no_law_is_broken_anywhere(law: str, places: list[LawPlace]) -> None:
    tried, said = broken(law, places, SHORT)
    assert said == []
    assert tried >= ASKED_MIN


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("law", LAWS)
def test_no_law_is_broken_in_a_long_search(law: str, places: list[LawPlace]) -> None:
    for place in places:
        tried, said = broken(law, [place], LONG)
        assert said == []
        assert tried >= TRIED_MIN, f"{place.set_name}, {place.duty}"


def test_the_command_says_what_it_tried_for_each_law_set_and_duty(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "laws", "--json", "--seconds", "0"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["laws"] == list(LAWS)
    assert told["broken"] == []
    assert all(told["tried"][law]["sragen"]["malam"] for law in LAWS)


@pytest.mark.parametrize(
    ("set_name", "duty"),
    [("kemenkeu-pmk-221-2021", "office-5-day"), ("permentan-68-2012", "office-6-day"), ("sragen", "malam")],
)
def test_a_search_makes_days_of_leave_and_outage_together(places: list[LawPlace], set_name: str, duty: str) -> None:
    """Free leave and an outage on one day; with flexible time where there is some."""
    place = next(one for one in places if (one.set_name, one.duty) == (set_name, duty))
    scenes = [Scene.of(place, Draw(seed, f"{set_name}/{duty}")) for seed in range(300)]
    both = [one for one in scenes if {True, False} <= {excuse.code is None for excuse in one.excuses}]
    assert len(both) > 30
    free = [one for one in both if any(_is_free(one.policy, excuse) for excuse in one.excuses)]
    assert len(free) > 30
    assert (duty != "office-5-day") == all(one.day.flex is None for one in free), (
        "no set has flexible weeks of six days"
    )


def _is_free(policy: Policy, excuse: ExcusePeriod) -> bool:
    rule = policy.excuses.get(excuse.code or "")
    return rule is not None and not rule.percent(excuse.day_number)
