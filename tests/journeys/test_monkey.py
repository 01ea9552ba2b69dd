"""The office as each role, by a seeded walk: `--long` walks for half an hour; a failed walk is repeated by its seed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import MONDAY
from tests.journeys.monkey import Monkey
from tests.sitekit import RunningSite, demo_site

#: In the order in which they would shut each other out: who gives and takes accounts comes last.
ROLES = ("tono", "joko", "budi", "hasan", "wati", "rina")
STEPS, STEPS_LONG = 24, 500
SEED = 1


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    running = demo_site(tmp_path_factory.mktemp("monkey") / "data", now=MONDAY)
    running.start()
    yield running
    running.stop()


@pytest.mark.journey
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("login", ROLES)
def test_wherever_one_clicks_something_sensible_happens(
    login: str, office: RunningSite, browser: Browser, pytestconfig: pytest.Config
) -> None:
    steps = STEPS_LONG if pytestconfig.getoption("--long") else STEPS
    trouble = Monkey(browser, office.url, login, SEED).walk(steps)
    assert not trouble, "\n".join(dict.fromkeys(trouble))
