"""From one release to the next: older data come along, newer are refused, a failure leaves everything as it was."""

import json
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from hadir.clock import set_rehearsal_clock
from hadir.ledger.sqlite import JOURNAL_FILE, SqliteJournal
from hadir.site import found_site, open_site
from tests.conftest import NOW_MS
from tests.sitekit import HADIR

KEPT = Path(__file__).parent / "kept" / "before-0.2.0.tar.xz"
"""A rehearsal folder of thirty people as the version before 0.2.0 left it: closed months, two journals, a detail."""
_KEPT_AFTER_MS = 3 * 3_600_000


def hadir(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*HADIR, *arguments], capture_output=True, text=True, check=False)


def content(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        return list(database.iterdump())


def people(data: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "office.sqlite")) as database:
        return database.execute("SELECT number, full_name, nip FROM people_person ORDER BY number").fetchall()


def kept_folder(into: Path) -> Path:
    """The folder of the version before, hours after it was made: its own clock would have run on to other days."""
    with tarfile.open(KEPT) as archive:
        archive.extractall(into, filter="data")
    clock = into / "data" / "clock.json"
    set_rehearsal_clock(clock, simulated_ms=json.loads(clock.read_text())["simulated_ms"] + _KEPT_AFTER_MS)
    return into / "data"


@pytest.fixture
def older(tmp_path: Path) -> Path:
    return kept_folder(tmp_path)


def changed(data: Path, statement: str, *values: object) -> list[str]:
    """The tables after somebody changed them by SQL."""
    with closing(sqlite3.connect(data / "office.sqlite")) as database:
        database.execute(statement, values)
        database.commit()
    return content(data / "office.sqlite")


BY_STEPS = """
import sys
from dataclasses import replace
from pathlib import Path
from hadir.config import read_settings
from hadir.office.programs import upgrading
from hadir.office.programs.commands import migrate
upgrading._make_tables = upgrading._take_steps
migrate(replace(read_settings(), data=Path(sys.argv[1])))
"""


def parts(statement: str) -> list[str]:
    """What stands between the outer brackets of a CREATE TABLE: its columns, in whatever order, and its rules."""
    depth, found = 0, [""]
    for char in statement.partition("(")[2].rpartition(")")[0]:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            found.append("")
        else:
            found[-1] += char
    return sorted(map(str.strip, found))


def schema(data: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(data / "office.sqlite")) as database:
        made = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
        taken = database.execute("SELECT app || '.' || name FROM django_migrations").fetchall()
    found = {f"{kind} {name} of {of}": parts(sql) if kind == "table" else [str(sql)] for kind, name, of, sql in made}
    return found | {"steps": sorted(step for (step,) in taken)}


def test_a_new_offices_tables_are_those_that_the_steps_would_have_left(tmp_path: Path) -> None:
    at_once, by_steps = (tmp_path / name for name in ("once", "steps"))
    for data in (at_once, by_steps):
        found_site(data, name="rehearsal/new", zone="Asia/Makassar", now_ms=NOW_MS)
    assert hadir("office", "migrate", "--data", str(at_once)).returncode == 0
    subprocess.run([sys.executable, "-c", BY_STEPS, str(by_steps)], check=True)
    assert schema(at_once) == schema(by_steps)


def test_an_outage_that_was_approved_before_anybody_was_asked_stays_lifted(older: Path) -> None:
    """Of those approved; what still waits is decided as it is approved."""
    columns = (
        "kind, scope, terminal, from_ms, until_ms, is_whole_days, tail_minutes, document, basis, cause, state,"
        " entered_at_ms, measured_by, approved_by_id"
    )
    with closing(sqlite3.connect(older / "office.sqlite")) as database:
        person = database.execute("SELECT min(number) FROM people_person").fetchone()[0]
        for kind, approver in (("GS", person), ("GS", None), ("S", person)):
            values = (kind, "all", "", 1, 2, 0, 0, "", "", "", "approved" if approver else "attested", 1, "", approver)
            marks = ", ".join("?" * len(values))
            database.execute(f"INSERT INTO excuses_excuse ({columns}) VALUES ({marks})", values)  # noqa: S608 - no input
        database.commit()
    assert hadir("upgrade", "--data", str(older)).returncode == 0
    with closing(sqlite3.connect(older / "office.sqlite")) as database:
        rows = database.execute("SELECT kind, lifts_proven FROM excuses_excuse ORDER BY number DESC LIMIT 3").fetchall()
    assert rows == [("S", 0), ("GS", 0), ("GS", 1)]


def test_older_data_come_along_and_a_copy_of_them_stays(older: Path) -> None:
    before, everybody = content(older / "office.sqlite"), people(older)
    done = hadir("upgrade", "--data", str(older), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    encoding = {"follower.0002_one_encoding", "months.0002_one_encoding"}
    editions = {"follower.0003_judged_by", "months.0004_editions"}
    own = {"excuses.0002_proven_late", "duties.0002_own_law"}
    assert set(told["steps"]) == {*encoding, *editions, *own, "months.0003_closing_step"}
    assert content(Path(told["copy"])) == before
    assert people(older) == everybody
    assert hadir("office", "follow", "--once", "--data", str(older)).returncode == 0
    compared = json.loads(hadir("office", "compare", "--data", str(older), "--json").stdout)
    assert compared["differences"] == []
    root = str(older / "keys" / "root.vkey")
    for journal in ("gate1", "office"):
        audited = hadir("audit", str(older / "journals" / journal), "--root", root, "--json")
        assert json.loads(audited.stdout)["ok"], audited.stdout


def test_a_backup_of_the_version_before_is_restored_and_upgraded(older: Path, tmp_path: Path) -> None:
    again, root = tmp_path / "again", str(older / "keys" / "root.key")
    done = hadir("backup", str(tmp_path / "kept"), "--data", str(older))
    assert done.returncode == 0, done.stderr
    done = hadir("restore", str(tmp_path / "kept"), "--data", str(again), "--root-key", root)
    assert done.returncode == 0, done.stderr
    assert hadir("upgrade", "--data", str(again)).returncode == 0
    assert people(again) == people(older)


def test_a_second_upgrade_does_nothing(older: Path) -> None:
    hadir("upgrade", "--data", str(older))
    again = json.loads(hadir("upgrade", "--data", str(older), "--json").stdout)
    assert (again["steps"], again["copy"]) == ([], None)


def test_a_failed_upgrade_leaves_everything_as_it_was(older: Path) -> None:
    """Some steps succeed before one fails: a table of the name that it needs is there already."""
    before = changed(older, 'CREATE TABLE "new__months_dayline" (mine TEXT)')
    done = hadir("upgrade", "--data", str(older))
    assert done.returncode == 1
    assert "everything is as it was before" in done.stderr
    assert "Traceback" not in done.stderr
    assert content(older / "office.sqlite") == before


@pytest.mark.parametrize(
    ("statement", "lacking"),
    [
        ("DELETE FROM django_migrations WHERE name = '0021_second_factor'", "accounts.0021_second_factor"),
        ("DELETE FROM django_migrations WHERE app = 'exports'", "all of exports"),
    ],
)
def test_tables_between_two_releases_are_refused_with_what_they_lack(older: Path, statement: str, lacking: str) -> None:
    before = changed(older, statement)
    done = hadir("upgrade", "--data", str(older))
    assert done.returncode == 1
    assert lacking in done.stderr
    assert "Nothing was changed" in done.stderr
    assert content(older / "office.sqlite") == before


@pytest.mark.parametrize("command", [("upgrade",), ("office", "follow", "--once"), ("office", "migrate")])
def test_newer_data_are_refused_and_not_touched(older: Path, command: tuple[str, ...]) -> None:
    row = ("follower", "9999_from_the_future", "2030-01-01 00:00:00")
    before = changed(older, "INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", *row)
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
