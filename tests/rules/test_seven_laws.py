"""The seven laws of docs/rules.md, searched for a break over every shipped set, every duty and every shift.

A few days for each place in every run; `hadir rules laws --seconds N` and the long form search further.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from hadir.cli import main
from hadir.rules import PolicySet
from hadir.rules.laws import LAWS, search
from hadir.rules.search import LawPlace, places_of

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
