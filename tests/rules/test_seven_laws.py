"""The seven laws of docs/rules.md, searched for a break over every shipped set, every duty and every shift.

A few days for each place in every run; `hadir rules laws --seconds N` and the long form search further.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial

import pytest

from hadir.cli import main
from hadir.rules import ExcusePeriod, Policy, PolicySet, parse_policies
from hadir.rules.laws import LAWS, Searched, search
from hadir.rules.search import Draw, LawPlace, Scene, places_of
from tests.rules.conftest import POLICIES, documents_in

SHORT, LONG = range(60), range(40_000)
ASKED_MIN = 300
"""Of the days that a run draws, a law must speak of at least so many: else the search is of nothing."""
TRIED_MIN = 10_000
"""Of the long search, in each place: there it stops."""


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
    duties = {"office-5-day", "office-6-day", "dynamic", "pagi", "sore", "malam", "pagi, malam"}
    assert duties <= {place.duty for place in places}


def test_a_search_makes_every_kind_of_day(places: list[LawPlace]) -> None:
    """Ceremonies, silent sources, years without a calendar, split shifts with taps in both parts, years before."""
    scenes = [Scene.of(place, Draw(seed, place.duty)) for place in places for seed in range(20)]
    for kind in (
        [one for one in scenes if one.ceremonies],
        [one for one in scenes if one.dark],
        [one for one in scenes if one.day.unsure],
        [one for one in scenes if one.beside and one.others],
        [one for one in scenes if one.day.date.year < 2023],
    ):
        assert len(kind) > 20


@pytest.mark.parametrize("law", LAWS)
def test_no_law_is_broken_anywhere(law: str, places: list[LawPlace]) -> None:
    tried, said = broken(law, places, SHORT)
    assert said == []
    assert tried >= ASKED_MIN


@cache
def every_place() -> list[LawPlace]:
    return list(places_of(parse_policies(documents_in(POLICIES))))


def searched(law: str, number: int) -> Searched:
    """In a process of its own: a place is found again by its number."""
    return search(law, every_place()[number], LONG, enough=TRIED_MIN)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("law", LAWS)
def test_no_law_is_broken_in_a_long_search(law: str) -> None:
    places = every_place()
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(partial(searched, law), range(len(places))))
    assert [one for each in found for one in each.broken] == []
    short = [place for place, each in zip(places, found, strict=True) if each.tried < TRIED_MIN]
    assert [(one.set_name, one.duty) for one in short] == []


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
