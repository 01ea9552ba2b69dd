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
from hadir.site import found_site
from tests.sitekit import HADIR, demo_site


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
        "--no-control-socket", "--log-level", "critical",
    ]  # fmt: skip


def hadir(*words: str) -> Callable[[Path], list[str]]:
    return lambda data: [*HADIR, *words, "--data", str(data)]


WHO_JUDGES_OR_SERVES: dict[str, Callable[[Path], list[str]]] = {
    "office": gunicorn,
    "follower": hadir("office", "follow", "--once"),
    "rebuild": hadir("office", "rebuild"),
    "upgrade": hadir("upgrade"),
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


def test_tables_of_an_older_release_are_not_served(data: Path) -> None:
    with sqlite3.connect(data / "office.sqlite") as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'days'")
    assert "hadir upgrade --data" in refused(gunicorn(data), data)


def test_a_folder_that_is_no_site_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for program in ("office", "follower", "rebuild", "upgrade"):
        said = refused(WHO_JUDGES_OR_SERVES[program](tmp_path / "data"), tmp_path / "data")
        assert "is not a data folder of Hadir" in said
    assert not list((tmp_path / "data").iterdir()), "init would refuse it from now on"
