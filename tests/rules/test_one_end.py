"""No two reasons of one day name different ends of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hadir.rules import Calendar, Case, PolicySet, Reason, ReasonCode, run_any
from hadir.rules.clocks import MS_PER_MINUTE, Moment
from hadir.rules.search import places_of
from tests.rules.drawn_days import drawn
from tests.rules.test_cases import CASES

ENDS = {ReasonCode.DUTY_OWED, ReasonCode.FLEX_MOVED, ReasonCode.FLEX_EARLIER}
EARLY = {ReasonCode.DEPARTURE_EARLY, ReasonCode.DEPARTURE_BELOW}


def contradictions(reasons: tuple[Reason, ...]) -> Iterator[str]:
    """Departures that are said against an end which the reasons before them do not name."""
    end_ms = 0
    for one in reasons:
        params = dict(one.params)
        if one.code in ENDS:
            end_ms = _ms(params["end"])
        elif one.code is ReasonCode.DEPARTURE_ON_TIME and end_ms:
            if _ms(params["at"]) <= end_ms - MS_PER_MINUTE:
                yield f"on time at {params['at']}, {(end_ms - _ms(params['at'])) // MS_PER_MINUTE} minutes early"
        elif one.code in EARLY and end_ms:
            until_ms = _ms(params["at"]) + int(str(params["minutes"])) * MS_PER_MINUTE
            if until_ms >= end_ms + MS_PER_MINUTE:
                yield f"{params['minutes']} minutes early at {params['at']}: beyond the end"


def _ms(value: object) -> int:
    assert isinstance(value, Moment)
    return value.at_ms


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case, Case)], ids=lambda case: case.name)
def test_a_shipped_case_names_one_end(
    case: Case, policies: dict[str, PolicySet], calendars: dict[str, Calendar]
) -> None:
    assert list(contradictions(run_any(case, policies, calendars).verdict.reasons)) == []


def test_a_day_of_any_set_names_one_end(policies: dict[str, PolicySet]) -> None:
    """Of sets with flexible time above all: it moves the end."""
    found = {}
    for place in places_of(policies):
        for _, verdict in drawn(place):
            found |= dict.fromkeys(contradictions(verdict.reasons), f"{place.set_name}/{place.duty}")
    assert found == {}
