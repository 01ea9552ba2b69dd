"""The office as each role, by a seeded walk: `--long` walks for half an hour; a failed walk is repeated by its seed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import get_resolver
from playwright.sync_api import Browser

from tests.journeys.monkey import Monkey
from tests.sitekit import MONDAY, RunningSite, demo_site

#: In the order in which they would shut each other out: who gives and takes accounts comes last.
ROLES = ("tono", "joko", "budi", "hasan", "wati", "rina")
STEPS, STEPS_LONG = 24, 500
SEED = 1
UNOPENED_SHARE_MAX = 0.4
"""Of the pages of a role: what the demo has nothing of, such as a photo or a law that waits, no page offers."""
UNUSED_SHARE_MAX = 0.5
"""Of the controls that one met: most are met once, on a page that is opened last."""
GOLDEN = Path(__file__).parents[1] / "golden"


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
    is_long = bool(pytestconfig.getoption("--long"))
    monkey = Monkey(browser, office.url, login, SEED, may=may_open(login) if is_long else frozenset())
    trouble = monkey.walk(STEPS_LONG if is_long else STEPS)
    if is_long:
        unopened = sorted(monkey.never_opened())
        trouble += [f"{login} was offered {name} and never opened it" for name in unopened if name in monkey.offered]
        if len(unopened) > UNOPENED_SHARE_MAX * len(monkey.may):
            trouble += [f"{login} never opened {name}" for name in unopened]
        unused = sorted(monkey.never_used())
        if len(unused) > UNUSED_SHARE_MAX * len(monkey.met):
            trouble += [f"{login} never used {control}" for control in unused]
    assert not trouble, "\n".join(dict.fromkeys(trouble))


def may_open(login: str) -> frozenset[str]:
    """Every page that the table of roles lets this person open, of whatever unit; what anybody opens is no role's."""
    lines = (GOLDEN / "roles.txt").read_text(encoding="utf-8").splitlines()
    column = lines[0].split().index(login) + 1
    told = [line.split() for line in lines[1:] if line.startswith("GET ")]
    anybody = lines[0].split().index("anonymous") + 1
    named = {words[1] for words in told if words[column] == "200" != words[anybody]}
    return frozenset(named & set(get_resolver().reverse_dict))  # the table names some pages twice, by what they show
