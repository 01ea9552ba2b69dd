"""The demo unit in a real database, and its people as browsers and phones. Time is a file of the rehearsal folder."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client, override_settings
from pytest_django.plugin import DjangoDbBlocker

from hadir.clock import set_rehearsal_clock
from hadir.config import read_settings
from hadir.office.accounts.models import User
from hadir.office.comparing.actions import write_baseline
from hadir.office.comparing.differing import compare
from hadir.office.ground.installation import HERE
from hadir.office.judging.judging import JudgeContext
from hadir.office.judging.judging import judge_context as installed_context
from hadir.office.programs.upgrading import note_steps
from hadir.site import Site, found_site, open_site
from rehearsal.demo.register import create_demo
from tests.office.morning import Morning

ZONE_HOURS = 8
BY_HAND = Path(__file__).parents[1] / "golden" / "by_hand.txt"
"""Tests, or whole files of them, that change the office's tables without an act, to set their scene."""
NAMES = ("wati", "hasan", "budi", "rina", "joko", "tono", "dewi", "lina")


def at(hour: int, minute: int, second: int = 0, *, day: int = 24) -> int:
    """A moment of November 2026 on the clocks of Barito Kuala. The 24th is a Tuesday."""
    local = datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)
    return int(local.timestamp() * 1000) - ZONE_HOURS * 3_600_000


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    founded = found_site(
        tmp_path_factory.mktemp("office") / "data",
        name="rehearsal/batola",
        zone="Asia/Makassar",
        now_ms=at(6, 0, day=20),
    )
    set_rehearsal_clock(founded.clock_file, simulated_ms=at(6, 0, day=20))
    return founded


class QuickHasher(Argon2PasswordHasher):
    """The office's own hasher with the smallest costs: hundreds of log-ins of the cast prove nothing about slowness."""

    time_cost, memory_cost, parallelism = 1, 8, 1


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.QuickHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Tables are made at once, as a new office's are."""
    connection.settings_dict["TEST"]["MIGRATE"] = False


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, quick_passwords: None, django_db_blocker: DjangoDbBlocker, demo_site: Site
) -> None:
    """The demo unit, once; each test runs in a transaction on top of it."""
    HERE.use(read_settings({"HADIR_DATA": str(demo_site.data)}))
    with django_db_blocker.unblock():
        note_steps()
        write_baseline(at(6, 0, day=20))
        create_demo(demo_site, now_ms=at(6, 0, day=20))


@pytest.fixture(autouse=True)
def told_in_full(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test: whatever people did in it, the journal tells the tables as they stand."""
    if "site" not in request.fixturenames or not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("db")
    request.getfixturevalue("site")
    yield
    test = request.node.nodeid.removeprefix("tests/office/").partition("[")[0]
    if {test, request.node.path.name} & set(BY_HAND.read_text(encoding="utf-8").split()):
        return
    found = compare(HERE.site)
    assert not found.count, (
        f"{[one.line for one in found.differences[:5]]}: an act did not hand all its rows to `write_rows`; or the test "
        f"changes tables by hand: then {test} belongs into {BY_HAND}"
    )


@pytest.fixture
def site(demo_site: Site, tmp_path: Path) -> Site:
    """A fresh folder with the demo's keys: journals and clock belong to one test."""
    shutil.copytree(demo_site.data, tmp_path / "data")
    HERE.use(read_settings({"HADIR_DATA": str(tmp_path / "data"), "HADIR_PUBLIC_URL": "http://testserver"}))
    installed_context.cache_clear()
    return open_site(tmp_path / "data")


@pytest.fixture
def clock(site: Site) -> Callable[[int], None]:
    """Set the office's clock."""

    def set_to(now_ms: int) -> None:
        set_rehearsal_clock(site.clock_file, simulated_ms=now_ms, speed=0)

    set_to(at(8, 12))
    return set_to


@pytest.fixture
def context(site: Site, clock: Callable[[int], None]) -> JudgeContext:
    return installed_context()


@pytest.fixture
def morning(site: Site, context: JudgeContext, db: None) -> Morning:
    """A gate's journal to write real records into."""
    return Morning(site, context)


def browser(login: str) -> Client:
    """A browser in which this person has logged in."""
    client = Client(enforce_csrf_checks=False)
    client.force_login(User.objects.get(login=login))
    session = client.session
    session["began_ms"] = session["active_ms"] = session["confirmed_ms"] = HERE.clock.now_ms()
    session.save()
    return client


@pytest.fixture
def wati(db: None, context: JudgeContext) -> Client:
    return browser("wati")


@pytest.fixture
def hasan(db: None, context: JudgeContext) -> Client:
    return browser("hasan")


@pytest.fixture
def budi(db: None, context: JudgeContext) -> Client:
    return browser("budi")


@pytest.fixture
def rina(db: None, context: JudgeContext) -> Client:
    return browser("rina")


@pytest.fixture
def joko(db: None, context: JudgeContext) -> Client:
    return browser("joko")


@pytest.fixture
def tono(db: None, context: JudgeContext) -> Client:
    return browser("tono")


@pytest.fixture
def dewi(db: None, context: JudgeContext) -> Client:
    return browser("dewi")
