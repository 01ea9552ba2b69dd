"""The case files hold, and every value of a shipped policy is named by a case that notices when the value changes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from hadir.rules import Case, CaseFileError, PolicyFileError, PolicySet, parse_cases, parse_policies, run_case

CASES_MIN = 40
POLICIES = Path(__file__).parents[2] / "policies"


@cache
def policy_documents() -> dict[str, Any]:
    """Every shipped policy file, as YAML gives it; read once, copied before it is changed."""
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(POLICIES.glob("*.yaml"))}


def read(path: Path) -> tuple[Case, ...]:
    return parse_cases(yaml.safe_load(path.read_text("utf-8")), path.stem)


CASES = [case for path in sorted((POLICIES / "cases").glob("*.yaml")) for case in read(path)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_holds(case: Case, policies: dict[str, PolicySet]) -> None:
    assert run_case(case, policies).differences == ()


def test_there_are_enough_cases_and_no_two_share_a_name() -> None:
    assert len(CASES) >= CASES_MIN
    assert len({case.name for case in CASES}) == len(CASES)


def leaves(raw: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every number, clock time and word inside the `value` of a policy document's entries."""
    if isinstance(raw, dict):
        for key, below in raw.items():
            if key in {"from", "article", "source", "certainty", "note"}:
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


OTHER_WORD = {
    "whole_minutes": "started_minutes",
    "first": "last",
    "last": "first",
    "ask_superior": "by_table",
    "by_table": "ask_superior",
    "accept": "ask_superior",
    "sample": "ask_superior",
    "TL4": "TL1",
    "PSW4": "PSW1",
}


def neighbours(value: object, path: tuple[Any, ...]) -> list[object]:
    """The nearest other values: one step up and down for numbers and times, another word for words."""
    if path[0] == "grades":
        return [word for word in ("accept", "sample", "ask_superior") if word != value]
    if path[0] == "evidence":
        return [value + 1000, value - 1000]  # type: ignore[operator]  # milliseconds; cases speak in seconds
    if isinstance(value, int | float):
        return [value + 1, value - 1] if path[-1] != "percent" else [value + 0.5, value - 0.25]
    if isinstance(value, str) and value[2:3] == ":":
        hour, minute = int(value[:2]), int(value[3:5])
        return [f"{at // 60:02}:{at % 60:02}" for at in (hour * 60 + minute + 1, hour * 60 + minute - 1)]
    if value == "off":
        return [{"start": "07:30", "end": "16:00"}]
    return [OTHER_WORD[str(value)]] if value in OTHER_WORD else []


def changed(name: str, path: tuple[Any, ...], value: object) -> dict[str, PolicySet] | None:
    """The shipped policies with one value changed; None when such a value does not even load."""
    documents = copy.deepcopy(policy_documents())
    at = documents[name]["values"]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    try:
        return parse_policies(documents)
    except PolicyFileError:
        return None


def notices(case: Case, policies: dict[str, PolicySet]) -> bool:
    try:
        return run_case(case, policies).differences != ()
    except CaseFileError:
        return True


def test_every_policy_value_is_named_by_a_case_and_every_name_is_a_value() -> None:
    values = {value_of(path) for _, path in all_leaves()}
    named = {name for case in CASES for name in case.names}
    assert named == values


@pytest.mark.parametrize(
    ("name", "path"), all_leaves(), ids=lambda part: part if isinstance(part, str) else value_of(part)
)
def test_a_named_case_notices_the_smallest_change_of_a_policy_value(name: str, path: tuple[Any, ...]) -> None:
    value: Any = policy_documents()[name]["values"]
    for step in path:
        value = value[step]
    about = [case for case in CASES if value_of(path) in case.names]
    for other in neighbours(value, path):
        policies = changed(name, path, other)
        assert policies is None or any(notices(case, policies) for case in about), f"{path}: {value} -> {other}"
