"""A production site begins with keys for their owner, a root key that is nowhere on the machine, and one account."""

import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hadir.records.note import Signer
from hadir.site import open_site
from tests.sitekit import HADIR

REAL = "presensi.example.go.id"


def init(data: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [*HADIR, "init", "--data", str(data), "--name", REAL, "--zone", "Asia/Makassar", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def logins(data: Path) -> list[tuple[str, bool]]:
    with sqlite3.connect(data / "office.sqlite") as database:
        return [(str(login), bool(once)) for login, once in database.execute(
            "SELECT login, has_one_time_password FROM accounts_user"
        )]  # fmt: skip


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    data = tmp_path_factory.mktemp("init") / "data"
    done = init(data)
    assert done.returncode == 0, done.stderr
    return data, done.stdout


def test_the_root_key_is_printed_and_is_nowhere_in_the_folder(production: tuple[Path, str]) -> None:
    data, told = production
    lines = [line.strip() for line in told.splitlines()]
    start = next(place for place, line in enumerate(lines) if line.startswith("Root key"))
    seed = bytes.fromhex("".join(lines[start + 1 : start + 3]))
    assert Signer.from_seed(f"{REAL}/root", seed).verifier == open_site(data).root_key()
    for path in data.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert seed not in content
        assert seed.hex().encode() not in content


def test_with_keep_root_it_stays_for_its_owner_only(tmp_path: Path) -> None:
    assert init(tmp_path / "data", "--keep-root").returncode == 0
    assert stat.S_IMODE((tmp_path / "data" / "keys" / "root.key").stat().st_mode) == 0o400


def test_secret_keys_and_the_folder_are_for_their_owner_only(production: tuple[Path, str]) -> None:
    data, _ = production
    keys = list((data / "keys").glob("*.key"))
    assert sorted(path.stem for path in keys) == ["factor", "gate1", "office", "session"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o400}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_folder_that_holds_anything_is_left_alone(production: tuple[Path, str], tmp_path: Path) -> None:
    data, _ = production
    before = (data / "keys" / "keys.note").read_bytes()
    assert init(data).returncode == 1
    assert (data / "keys" / "keys.note").read_bytes() == before
    (tmp_path / "notes.txt").write_text("mine")
    assert init(tmp_path).returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_site_on_postgresql_is_not_founded_over_another(production: tuple[Path, str]) -> None:
    """What could not be made is taken away again: never what was there."""
    data, _ = production
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    command = [*HADIR, "init", "--data", str(data), "--name", REAL, "--zone", "Asia/Makassar"]
    environment = {**os.environ, "HADIR_OFFICE_DB": "postgresql://hadir:secret@127.0.0.1:1/hadir"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, "is not empty" in done.stderr) == (1, True), done.stderr
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before


def test_demo_log_ins_are_refused_in_a_production_folder(production: tuple[Path, str]) -> None:
    data, _ = production
    for more in ([], ["--keep"]):
        done = subprocess.run([*HADIR, "demo", "--data", str(data), *more], capture_output=True, text=True, check=False)
        assert done.returncode == 1
    assert logins(data) == [("kepegawaian", True)]


def test_the_first_account_chooses_a_password_and_adds_a_factor_before_anything_else(
    production: tuple[Path, str],
) -> None:
    data, told = production
    password = told.split()[-1]
    ran = subprocess.run(
        [sys.executable, "-c", _LOG_IN, str(data), password], capture_output=True, text=True, check=False
    )
    password_first, factor_first = ["/kantor/sandi/", "200", "/kantor/sandi/"], ["/kantor/", "/kantor/saya/"]
    assert ran.stdout.split() == [*password_first, *factor_first, "200", "200", "401", "1"], ran.stderr
    assert logins(data) == [("kepegawaian", False)]


def refused(data: Path, *more: str, **environment: str) -> str:
    """What an init says that makes nothing."""
    command = [*HADIR, "init", "--data", str(data), "--name", REAL, "--zone", "Asia/Makassar", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert done.returncode == 1, done.stdout
    assert done.stdout == "", "a root key was told for a site that is none"
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not data.exists(), "something half-made stays"
    return done.stderr


def test_nothing_is_made_where_something_is_missing_that_a_site_needs(tmp_path: Path) -> None:
    data, empty = tmp_path / "data", tmp_path / "empty"
    empty.mkdir()
    assert "there is no law in" in refused(data, HADIR_POLICIES=str(tmp_path / "nowhere"))
    assert "there is no law in" in refused(data, HADIR_POLICIES=str(empty))
    assert "--public-url" in refused(data, "--name", "batola")
    assert "--public-url" in refused(data, "--public-url", "presensi.example.go.id")
    database = refused(data, HADIR_OFFICE_DB="postgresql://hadir:secret@127.0.0.1:1/hadir")
    assert "psycopg" in database or "cannot be used" in database
    assert "secret" not in database


def test_of_a_site_that_could_not_be_finished_nothing_stays(tmp_path: Path) -> None:
    """Its root key was told to nobody: whoever runs init again gets a new one."""
    tmp_path.chmod(0o700)
    data = tmp_path / "data"
    broken = (
        "import hadir.office.programs.founding as f\n\n"
        "def fail(*_, **__): raise OSError('no room')\nf._first_account = fail\n"
    )
    start = f"{broken}import sys\nfrom hadir.cli import main\nsys.exit(main(sys.argv[1:]))"
    argv = [sys.executable, "-c", start, "init", "--data", str(data), "--name", REAL, "--zone", "Asia/Makassar"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "hadir: no room\n")
    assert not data.exists()
    assert init(data).returncode == 0


def test_a_site_is_reached_at_its_name_unless_it_is_said_otherwise(
    tmp_path: Path, production: tuple[Path, str]
) -> None:
    assert open_site(production[0]).address == f"https://{REAL}"
    assert init(tmp_path / "data", "--public-url", "https://absen.example.go.id/").returncode == 0
    assert open_site(tmp_path / "data").address == "https://absen.example.go.id"


def test_a_site_of_before_is_reached_at_its_name(tmp_path: Path, production: tuple[Path, str]) -> None:
    shutil.copytree(production[0], tmp_path / "data")
    file = tmp_path / "data" / "site.json"
    fields = json.loads(file.read_text())
    del fields["public_url"]
    file.write_text(json.dumps(fields))
    assert open_site(tmp_path / "data").address == f"https://{REAL}"


_LOG_IN = """
import re
import sys
from base64 import b32decode
from dataclasses import replace
from contextlib import closing
from pathlib import Path
from hadir.clock import SystemClock
from hadir.config import read_settings
from hadir.office.programs.commands import prepare
prepare(replace(read_settings(), data=Path(sys.argv[1]), public_url="http://testserver"))
from django.test import Client
from hadir.office.accounts.app_codes import code_at, step_of
first = Client()
def log_in(client, password):
    return client.post("/kantor/masuk/", {"login": "kepegawaian", "password": password})
log_in(first, sys.argv[2])
print(first.get("/kantor/")["Location"])
print(first.get("/kantor/sandi/").status_code)
print(first.get("/kantor/jejak/")["Location"])
fields = {"old": sys.argv[2], "new": "empat kata yang panjang", "again": "empat kata yang panjang"}
print(first.post("/kantor/sandi/", fields)["Location"])
print(first.get("/kantor/hari-ini/1/")["Location"])
page = first.get("/kantor/saya/aplikasi/").content.decode()
seed = b32decode(re.search('<pre class="typed wrap">([A-Z2-7 ]+)</pre>', page)[1].replace(" ", ""))
code = code_at(seed, step_of(SystemClock().now_ms()))
print(first.post("/kantor/saya/aplikasi/", {"code": code}).status_code)
print(first.get("/kantor/hari-ini/1/").status_code)
print(log_in(Client(), sys.argv[2]).status_code)
from hadir.office.acts.models import OutboxRow
print(OutboxRow.objects.filter(act="factor.add").count())
"""


@pytest.mark.parametrize(
    "wrong",
    [["--zone", "Europe/Berlin"], ["--name", "rehearsal/x"], ["--name", "../x"], ["--login", "Rina!"]],
    ids=["zone", "rehearsal", "path", "login"],
)
def test_what_cannot_be_a_site_makes_no_folder(tmp_path: Path, wrong: list[str]) -> None:
    done = init(tmp_path / "data", *wrong)
    assert done.returncode == 1
    assert not (tmp_path / "data").exists()


def reset_factor(data: Path, *more: str) -> subprocess.CompletedProcess[str]:
    asked = [*HADIR, "office", "reset-factor", "--data", str(data), *more]
    return subprocess.run(asked, capture_output=True, text=True, check=False)


def test_the_last_one_who_lost_a_factor_gets_a_code_at_the_machine_and_it_is_an_act(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert init(data).returncode == 0
    who = ("--login", "kepegawaian", "--by", "1", "--reason")
    for wrong in (("--login", "hantu", *who[2:], "x"), (*who[:2], "--by", "77", "--reason", "x"), (*who, " ")):
        assert reset_factor(data, *wrong).returncode == 1
    nothing = reset_factor(data, *who, "HP hilang")
    assert "no second factor" in nothing.stderr
    with closing(sqlite3.connect(data / "office.sqlite")) as office:
        office.execute("UPDATE accounts_user SET asks_factor = 1")
        office.commit()
    done = reset_factor(data, *who, "HP hilang")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^  [0-9a-z]{4}(-[0-9a-z]{4}){3}$", done.stdout, flags=re.MULTILINE)
    with closing(sqlite3.connect(data / "office.sqlite")) as office:
        (body, reason), *others = office.execute("SELECT body, reason FROM acts_outboxrow WHERE act = 'factor.reset'")
    assert not others
    assert (json.loads(body)["by"], json.loads(body)["basis"]) == (1, "machine")
    assert b"HP hilang" in reason
    assert b"HP hilang" not in body


def test_a_distribution_that_was_taken_away_stops_no_command(tmp_path: Path) -> None:
    """Its name may be left behind in the environment, as where packages of a test machine are borrowed."""
    left = tmp_path / "hadir_left-1.0.dist-info"
    left.mkdir()
    (left / "METADATA").write_text("Metadata-Version: 2.1\nName: hadir-left\nVersion: 1.0\n")
    (left / "entry_points.txt").write_text("[hadir.commands]\nleft = hadir_left.cli:add\n")
    done = subprocess.run(
        [*HADIR, "--version"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
