"""From one release to the next: older data come along, newer are refused, a failure leaves everything as it was."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hadir.ledger.audit_signatures import journaled_devices
from hadir.ledger.sqlite import JOURNAL_FILE, SqliteJournal
from hadir.records.encoding import un_b64url
from hadir.site import open_site
from rehearsal.phones import Phone
from tests.sitekit import HADIR

#: What the release before this one had: the tables of the spine.
_OLDER = """
import sys
from dataclasses import replace
from pathlib import Path
from hadir.config import read_settings
from hadir.office.programs.commands import prepare
prepare(replace(read_settings(), data=Path(sys.argv[1])))
from django.core.management import call_command
for app in ("register", "intake"):
    call_command("migrate", app, "zero", verbosity=0)
for app in ("accounts", "units", "follower"):
    call_command("migrate", app, "0001", verbosity=0)
"""


def hadir(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*HADIR, *arguments], capture_output=True, text=True, check=False)


def content(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        return list(database.iterdump())


def people(data: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "office.sqlite")) as database:
        return database.execute("SELECT number, full_name, nip FROM people_person ORDER BY number").fetchall()


@pytest.fixture
def older(release_before: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release_before, tmp_path / "data"))


@pytest.fixture(scope="module")
def release_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo folder as the release before left it."""
    data = tmp_path_factory.mktemp("before") / "data"
    assert hadir("demo", "--data", str(data)).returncode == 0
    subprocess.run([sys.executable, "-c", _OLDER, str(data)], check=True)
    with closing(sqlite3.connect(data / "office.sqlite")) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
    assert "intake_terminal" not in tables
    return data


def test_older_data_come_along_and_a_copy_of_them_stays(older: Path) -> None:
    before, everybody = content(older / "office.sqlite"), people(older)
    done = hadir("upgrade", "--data", str(older), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"intake.0001_intake_files", "register.0001_staff_upload"} <= set(told["steps"])
    assert content(Path(told["copy"])) == before
    assert people(older) == everybody
    assert hadir("office", "follow", "--once", "--data", str(older)).returncode == 0


def test_the_key_of_a_phone_that_was_confirmed_before_is_told_once(older: Path) -> None:
    phone = Phone(1001)
    with closing(sqlite3.connect(older / "office.sqlite")) as database:
        row = (phone.kid, phone.key, 1001, 1, None, 5)
        database.execute(
            "INSERT INTO devices_device (kid, key, person_id, from_ms, until_ms, decided_at_ms)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            row,
        )
        database.commit()
    for _ in range(2):
        assert hadir("upgrade", "--data", str(older)).returncode == 0
        assert hadir("office", "follow", "--once", "--data", str(older)).returncode == 0
    journal = open_site(older).journal_folder("office") / JOURNAL_FILE
    assert journaled_devices([journal]) == {un_b64url(phone.kid): phone.key}
    with closing(sqlite3.connect(older / "office.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM acts_outboxrow WHERE act = 'device.key'").fetchone() == (1,)


def test_a_second_upgrade_does_nothing(older: Path) -> None:
    hadir("upgrade", "--data", str(older))
    assert json.loads(hadir("upgrade", "--data", str(older), "--json").stdout) == {"steps": [], "copy": None}


def test_a_failed_upgrade_leaves_everything_as_it_was(older: Path) -> None:
    """Some steps succeed before one fails: a table of that name is there already."""
    with closing(sqlite3.connect(older / "office.sqlite")) as database:
        database.execute("CREATE TABLE register_staffupload (mine TEXT)")
        database.commit()
    before = content(older / "office.sqlite")
    done = hadir("upgrade", "--data", str(older))
    assert done.returncode == 1
    assert "everything is as it was before" in done.stderr
    assert "Traceback" not in done.stderr
    assert content(older / "office.sqlite") == before


@pytest.mark.parametrize("command", [("upgrade",), ("office", "follow", "--once"), ("office", "migrate")])
def test_newer_data_are_refused_and_not_touched(older: Path, command: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(older / "office.sqlite")) as database:
        row = ("follower", "9999_from_the_future", "2030-01-01 00:00:00")
        database.execute("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", row)
        database.commit()
    before = content(older / "office.sqlite")
    done = hadir(*command, "--data", str(older))
    assert done.returncode == 1
    assert "a newer release (follower.9999_from_the_future)" in done.stderr
    assert content(older / "office.sqlite") == before


def test_a_journal_of_a_newer_version_is_refused_before_anything_is_done(older: Path) -> None:
    site = open_site(older)
    SqliteJournal(site.journal_folder("office"), site.office_signer()).close()
    with closing(sqlite3.connect(site.journal_folder("office") / JOURNAL_FILE)) as journal:
        journal.execute("PRAGMA user_version = 99")
    before = content(older / "office.sqlite")
    done = hadir("upgrade", "--data", str(older))
    assert done.returncode == 1
    assert "version 99" in done.stderr
    assert content(older / "office.sqlite") == before
