"""The edge of the rules in the tests: files in, plain values out."""

from __future__ import annotations

import pickle
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

from hadir.rules import Calendar, DutyDay, Policy, PolicySet, owed, parse_calendars, parse_policies

# A busy machine is no fault of the law: how fast it is, `hadir bench rules` says.
settings.register_profile("law", deadline=None)
settings.load_profile("law")

POLICIES = Path(__file__).parents[2] / "policies"
TUESDAY = date(2026, 9, 15)


LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def document(path: Path) -> Any:
    """What a YAML file holds, fresh to spoil; the file is read once."""
    return pickle.loads(_loaded(path))  # noqa: S301 - our own bytes


@cache
def _loaded(path: Path) -> bytes:
    return pickle.dumps(yaml.load(path.read_text("utf-8"), Loader=LOADER))  # noqa: S506 - both loaders are safe ones


def documents_in(folder: Path) -> dict[str, Any]:
    return {path.stem: document(path) for path in sorted(folder.glob("*.yaml"))}


@pytest.fixture(scope="session")
def policies() -> dict[str, PolicySet]:
    return parse_policies(documents_in(POLICIES))


@pytest.fixture(scope="session")
def calendars() -> dict[str, Calendar]:
    return parse_calendars(documents_in(POLICIES / "calendars"))


@pytest.fixture(scope="session")
def policy(policies: dict[str, PolicySet]) -> Policy:
    return policies["permentan-68-2012"].on(TUESDAY)


@pytest.fixture(scope="session")
def tuesday(policy: Policy) -> DutyDay:
    """A Tuesday in Makassar, 07:30 to 16:00."""
    day = owed(policy.duty("office-5-day", "Asia/Makassar"), TUESDAY)
    assert day is not None
    return day


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long forms of the rules' tests run only where they are asked for: `-m slow`."""
    if "slow" in config.getoption("markexpr"):
        return
    for item in items:
        if item.get_closest_marker("slow") and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="a long form; run it with -m slow"))
