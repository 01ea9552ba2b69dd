"""A site that lacks what it cannot do without does not start, says what to do, and changes nothing."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hadir.config import free_port, shipped
from hadir.office.projection import migrations
from hadir.site import found_site
from tests.sitekit import HADIR, demo_site

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_site(tmp_path_factory.mktemp("made") / "data", now="2026-11-24T09:00:00").data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


def gunicorn(_: Path) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", "hadir.office.wsgi:application", "--bind", f"127.0.0.1:{free_port()}",
        "--config", "python:hadir.office.gunicorn_settings", "--log-level", "critical",
    ]  # fmt: skip


def hadir(*words: str) -> Callable[[Path], list[str]]:
    return lambda data: [*HADIR, *words, "--data", str(data)]


WHO_JUDGES_OR_SERVES: dict[str, Callable[[Path], list[str]]] = {
    "office": gunicorn,
    "follower": hadir("office", "follow", "--once"),
    "rebuild": hadir("office", "rebuild"),
    "upgrade": hadir("upgrade"),
    "exports": hadir("office", "exports"),
    "serve": lambda data: [*hadir("serve")(data), "--port", str(free_port())],
}


def refused(argv: list[str], data: Path, **environment: str) -> str:
    """What it says; it must end by itself, with a status of trouble and no traceback."""
    env = {**os.environ, "HADIR_DATA": str(data), **environment}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env=env, cwd=data.parent)
    assert done.returncode != 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def verdicts(data: Path) -> int:
    with sqlite3.connect(data / "office.sqlite") as database:
        return int(database.execute("SELECT count(*) FROM follower_verdictrow").fetchone()[0])


@pytest.mark.parametrize("program", WHO_JUDGES_OR_SERVES)
def test_without_law_nobody_starts(data: Path, program: str) -> None:
    before = verdicts(data)
    argv = WHO_JUDGES_OR_SERVES[program](data)
    assert "there is no law in /nope" in refused(argv, data, HADIR_POLICIES="/nope")
    assert verdicts(data) == before


def test_half_a_law_is_none(data: Path, tmp_path: Path) -> None:
    """The acts of the site rest on policies by name; a folder without one of them judges those people by nothing."""
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(shipped("policies") / "national-base.yaml", other)
    before = verdicts(data)
    said = refused(hadir("office", "rebuild")(data), data, HADIR_POLICIES=str(other))
    assert "acts of this site rest on policies that are not in" in said
    assert verdicts(data) == before
    (other / "national-base.yaml").write_text("policy: {", encoding="utf-8")
    assert "cannot be read" in refused(hadir("office", "rebuild")(data), data, HADIR_POLICIES=str(other))


@pytest.mark.parametrize("program", ["office", "serve"])
def test_without_a_host_name_no_page_is_served(tmp_path: Path, program: str) -> None:
    """A folder of before, whose name is no host."""
    site = found_site(tmp_path / "data", name="batola", zone="Asia/Makassar", now_ms=1)
    assert "HADIR_PUBLIC_URL=https://" in refused(WHO_JUDGES_OR_SERVES[program](site.data), site.data)


@pytest.mark.parametrize("program", WHO_JUDGES_OR_SERVES)
def test_without_the_driver_of_its_database_nobody_starts(data: Path, tmp_path: Path, program: str) -> None:
    """Also where the driver is installed: what stands first on the path hides it, and is none."""
    (tmp_path / "hiding").mkdir()
    (tmp_path / "hiding" / "sitecustomize.py").write_text(WITHOUT_DRIVER)
    before = verdicts(data)
    environment = {
        "HADIR_OFFICE_DB": "postgresql://hadir:secret@127.0.0.1:1/hadir",
        "PYTHONPATH": str(tmp_path / "hiding"),
    }
    said = refused(WHO_JUDGES_OR_SERVES[program](data), data, **environment)
    assert "psycopg[binary]" in said
    assert "secret" not in said
    assert verdicts(data) == before


WITHOUT_DRIVER = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "psycopg" else found(name, package)
"""


def test_without_the_phones_app_neither_the_site_nor_its_door_starts(data: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "src", tree / "src")
    shutil.copytree(ROOT / "policies", tree / "policies")
    door = [
        *HADIR,
        "door",
        "--port",
        str(free_port()),
        "--gate",
        "http://127.0.0.1:1",
        "--office",
        "http://127.0.0.1:1",
    ]
    for argv in (WHO_JUDGES_OR_SERVES["serve"](data), door):
        said = refused(argv, data, PYTHONPATH=str(tree / "src"))
        assert "phone" in said
        assert "scripts/setup.sh env" in said or "make env" in said, said


def test_tables_of_an_older_release_are_not_served(data: Path) -> None:
    with sqlite3.connect(data / "office.sqlite") as database:
        newer = [
            (file.stem,) for file in Path(migrations.__path__[0]).glob("0*.py") if not file.stem.startswith("0001")
        ]
        database.executemany("DELETE FROM django_migrations WHERE app = 'follower' AND name = ?", newer)
    assert "hadir upgrade --data" in refused(gunicorn(data), data)


def test_a_folder_that_is_no_site_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for program in ("office", "follower", "rebuild", "upgrade"):
        said = refused(WHO_JUDGES_OR_SERVES[program](tmp_path / "data"), tmp_path / "data")
        assert "is not a data folder of Hadir" in said
    assert not list((tmp_path / "data").iterdir()), "init would refuse it from now on"
