"""The edge of the rules in the tests: files in, plain values out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from hadir.rules import DutyDay, Policy, PolicySet, owed, parse_policies

POLICIES = Path(__file__).parents[2] / "policies"
TUESDAY = date(2026, 9, 15)


@pytest.fixture(scope="session")
def policies() -> dict[str, PolicySet]:
    return parse_policies({path.stem: yaml.safe_load(path.read_text("utf-8")) for path in POLICIES.glob("*.yaml")})


@pytest.fixture(scope="session")
def policy(policies: dict[str, PolicySet]) -> Policy:
    return policies["permentan-68-2012"].on(TUESDAY)


@pytest.fixture(scope="session")
def tuesday(policy: Policy) -> DutyDay:
    """A Tuesday in Makassar, 07:30 to 16:00."""
    day = owed(policy.duty("office-5-day", "Asia/Makassar"), TUESDAY)
    assert day is not None
    return day
