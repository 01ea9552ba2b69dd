"""The case files hold, and every value of a shipped policy is named by a case that notices when the value changes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from hadir.rules import (
    Calendar,
    Case,
    CaseFileError,
    MonthCase,
    PolicyFileError,
    PolicySet,
    parse_calendars,
    parse_cases,
    parse_policies,
    run_any,
)
from tests.rules.conftest import POLICIES, documents_in

CASES_MIN = 40
A_DAY_MINUTES = 24 * 60


@cache
def policy_documents() -> dict[str, Any]:
    """Every shipped policy file, as YAML gives it; read once, copied before it is changed."""
    return documents_in(POLICIES)


@cache
def shipped_calendars() -> dict[str, Calendar]:
    return parse_calendars(documents_in(POLICIES / "calendars"))


@cache
def case_documents() -> dict[str, Any]:
    return documents_in(POLICIES / "cases")


CASES = [case for name, raw in case_documents().items() for case in parse_cases(raw, name)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_holds(case: Case | MonthCase, policies: dict[str, PolicySet], calendars: dict[str, Calendar]) -> None:
    assert run_any(case, policies, calendars).differences == ()


def test_there_are_enough_cases_and_no_two_share_a_name() -> None:
    assert len(CASES) >= CASES_MIN
    assert len({case.name for case in CASES}) == len(CASES)


def test_the_same_file_is_read_alike_twice() -> None:
    again = [case for name, raw in case_documents().items() for case in parse_cases(raw, name)]
    assert again == CASES


def leaves(raw: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every number, clock time and word inside the `value` of a policy document's entries."""
    if isinstance(raw, dict):
        for key, below in raw.items():
            if key in {"from", "until", "article", "source", "certainty", "borrowed", "note"}:
                continue
            yield from leaves(below, (*path, key))
    elif isinstance(raw, list):
        for at, below in enumerate(raw):
            yield from leaves(below, (*path, at))
    else:
        yield path


def all_leaves() -> list[tuple[str, tuple[Any, ...]]]:
    return [(name, path) for name, raw in policy_documents().items() for path in leaves(raw["values"])]


def value_of(path: tuple[Any, ...]) -> str:
    """`late.TL1` of `(late, TL1, 0, value, percent)`."""
    return ".".join(path[: next(at for at, step in enumerate(path) if isinstance(step, int))])


OTHER_WORDS = {
    "whole_minutes": ["started_minutes"],
    "started_minutes": ["whole_minutes"],
    "first": ["last"],
    "last": ["first"],
    "ask_superior": ["by_table"],
    "by_table": ["ask_superior"],
    "accept": ["ask_superior"],
    "sample": ["ask_superior"],
    "work_days": ["calendar_days"],
    "calendar_days": ["work_days"],
    "absence": ["year"],
    "year": ["absence"],
    "period": ["half"],
    "half": ["period"],
    "chosen": ["first_last"],
    "day": ["month"],
    "unlimited": [0],
    "pns": ["pppk"],
    "cpns": ["pppk"],
    "CLTN": ["CT"],
    "TB": ["CT"],
}


def neighbours(  # noqa: C901, PLR0911 - one line for each kind of value
    value: object, path: tuple[Any, ...]
) -> list[object]:
    """The nearest other values: one step up and down for numbers and times, another word for words."""
    if path[0] == "grades":
        return [word for word in ("accept", "sample", "ask_superior") if word != value]
    if path[:2] == ("evidence", "tokens"):
        return [word for word in ("any", "bound_by_shell", "bound") if word != value]
    if path[:2] == ("evidence", "claim_age_days"):
        return [value + 1, value - 1]  # type: ignore[operator]
    if path[0] == "evidence":
        return [value + 1000, value - 1000]  # type: ignore[operator]  # milliseconds; cases speak in seconds
    if path[0] in {"no_arrival", "no_departure"} and isinstance(value, str):
        return [value[:-1] + "1"] if value[-1].isdigit() else []
    if path[0] == "codes":
        return ["X"]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return numbers_near(value, path)
    if value == "off" and path[0] == "excuses":
        return [{"kind": "permission", "reach": "period", "days": [{"from_day": 1, "percent": 0}]}]
    if value == "off":
        return ["12:00"] if path[0] == "late_first_after" else [{"start": "07:30", "end": "16:00"}]
    if isinstance(value, str) and value[2:3] == ":":
        hour, minute = int(value[:2]), int(value[3:5])
        return [f"{at // 60:02}:{at % 60:02}" for at in (hour * 60 + minute + 1, hour * 60 + minute - 1)]
    return list(OTHER_WORDS.get(str(value), []))


def numbers_near(value: float, path: tuple[Any, ...]) -> list[object]:
    if path[0] == "excuses" and path[-1] == "percent":
        # No excuse costs more than an absence, so one step up may rightly not show.
        return [value - 0.25] if value else [0.5]
    if path[-1] == "percent" or path[0] == "ceremonies":
        return [value + 0.5, value - 0.25]
    if path[-1] == "from_minutes" and value == A_DAY_MINUTES:
        return []  # nobody is a day late: only a missing tap falls in that row
    if path[0] in {"no_arrival", "no_departure"}:
        return [value + 30, value - 31]  # a rate by the half hour does not show a minute
    if path[:2] == ("month", "cap_percent"):
        return [value - 1]
    return [value + 1, value - 1]


def changed(name: str, path: tuple[Any, ...], value: object) -> dict[str, PolicySet] | None:
    """The policies that the cases about a value are judged by, with it changed; None when it does not even load."""
    every = policy_documents()
    needed = {link for case in about(name, path) for link in chain(case.policy, every)} | {name}
    documents = {each: every[each] for each in needed} | {name: copy.deepcopy(every[name])}
    at = documents[name]["values"]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    try:
        return parse_policies(documents)
    except PolicyFileError:
        return None


def chain(name: str, documents: dict[str, Any]) -> list[str]:
    """A set and what it extends."""
    above = documents[name].get("extends")
    return [name, *chain(above, documents)] if above else [name]


def notices(case: Case | MonthCase, policies: dict[str, PolicySet]) -> bool:
    try:
        return run_any(case, policies, shipped_calendars()).differences != ()
    except CaseFileError:
        return True


def about(name: str, path: tuple[Any, ...]) -> list[Case | MonthCase]:
    """The cases that name a value and are judged by a set that it bears on."""
    return [case for case in CASES if value_of(path) in case.names and name in chain(case.policy, policy_documents())]


def test_every_policy_value_is_named_by_a_case_and_every_name_is_a_value() -> None:
    unnamed = {(name, value_of(path)) for name, path in all_leaves() if not about(name, path)}
    assert unnamed == set()
    values = {value_of(path) for _, path in all_leaves()}
    assert {name for case in CASES for name in case.names} <= values


@pytest.mark.parametrize(
    ("name", "path"), all_leaves(), ids=lambda part: part if isinstance(part, str) else value_of(part)
)
def test_a_named_case_notices_the_smallest_change_of_a_policy_value(name: str, path: tuple[Any, ...]) -> None:
    value: Any = policy_documents()[name]["values"]
    for step in path:
        value = value[step]
    for other in neighbours(value, path):
        policies = changed(name, path, other)
        assert policies is None or any(notices(case, policies) for case in about(name, path)), (
            f"{path}: {value} -> {other}"
        )
