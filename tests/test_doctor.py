"""What `hadir doctor` finds: each weakness made for real, on a site that was well but for what this machine is."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from hadir.clock import ClockQuality, set_rehearsal_clock
from hadir.ledger import Entry
from hadir.ledger.sqlite import JOURNAL_FILE, SqliteJournal
from hadir.records.kinds import Kind
from hadir.records.server_records import FileLine
from hadir.records.strict import encode
from hadir.site import found_site, open_site
from hadir.texts import catalogue
from tests.conftest import NOW_MS, in_ci
from tests.sitekit import HADIR

NAME = "presensi.example.go.id"
ROOT = Path(__file__).resolve().parents[1]
#: What these machines may be, whatever a site is; and nothing runs here.
_OF_THE_MACHINE = {"clock_in_doubt", "disk_low", "one_user", "site_stopped"}
#: And what a site is on its first day.
_OF_THE_FIRST_DAY = {"accounts_without_factor"}


def hadir(*words: object) -> None:
    done = subprocess.run([*HADIR, *map(str, words)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


def doctor(data: Path, **environment: str) -> dict[str, Any]:
    argv = [*HADIR, "doctor", "--data", str(data), "--json", "--lang", "en"]
    env = {**os.environ, **environment}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, env=env)
    said: dict[str, Any] = json.loads(done.stdout)
    assert said.keys() == {"ok", "findings"}
    assert done.returncode == (0 if said["ok"] else 1), done.stderr
    assert said["ok"] is all(one["severity"] == "note" for one in said["findings"])
    assert all(one.keys() == {"code", "severity", "do"} and one["do"] for one in said["findings"])
    return said


def codes(said: dict[str, Any]) -> set[str]:
    return {one["code"] for one in said["findings"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doctor")
    data = folder / "data"
    hadir("init", "--data", data, "--name", NAME, "--zone", "Asia/Makassar")
    hadir("office", "follow", "--once", "--data", data)
    hadir("backup", "--data", data, folder / "copy")
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


def test_a_site_that_is_well_is_said_to_be(data: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*") if "-shm" not in path.name}
    assert codes(doctor(data)) <= _OF_THE_MACHINE | _OF_THE_FIRST_DAY
    after = {path: path.stat().st_mtime_ns for path in data.rglob("*") if "-shm" not in path.name}
    changed = {path.name for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert not {name for name in changed if "-wal" not in name and not (data / name).is_dir()} - {"office", "gate1"}


def no_law(data: Path) -> dict[str, str]:
    (data.parent / "empty").mkdir()
    return {"HADIR_POLICIES": str(data.parent / "empty")}


def other_law(data: Path) -> dict[str, str]:
    other = data.parent / "other"
    other.mkdir()
    shutil.copy(ROOT / "policies" / "national-base.yaml", other)
    with closing(sqlite3.connect(data / "office.sqlite", isolation_level=None)) as database:
        database.execute(
            "INSERT INTO duties_lawact (kind, unit_id, body, document, article, from_date, made_at_ms, recorded_at_ms)"
            " VALUES ('duty', 1, ?, '', '', '2026-01-01', 1, 1)",
            [json.dumps({"duty": None, "policy": "batola", "by_roster": False})],
        )
    return {"HADIR_POLICIES": str(other)}


def no_host_name(data: Path) -> None:
    shutil.rmtree(data)
    found_site(data, name="batola", zone="Asia/Makassar", now_ms=NOW_MS)


def no_site(data: Path) -> None:
    (data / "site.json").unlink()


def older_tables(data: Path) -> None:
    with closing(sqlite3.connect(data / "office.sqlite", isolation_level=None)) as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'days'")


def no_driver(_: Path) -> dict[str, str]:
    return {"HADIR_OFFICE_DB": "postgresql://hadir:secret@127.0.0.1:1/hadir"}


def no_database(data: Path) -> None:
    (data / "office.sqlite").write_bytes(b"not a database" * 100)


def lost_database(data: Path) -> None:
    for file in data.glob("office.sqlite*"):
        file.unlink()


def open_modes(data: Path) -> None:
    (data / "office.sqlite").chmod(0o644)


def root_key(data: Path) -> None:
    (data / "keys" / "root.key").write_text("00" * 32)
    (data / "keys" / "root.key").chmod(0o400)


def no_key(data: Path) -> None:
    (data / "keys" / "gate1.key").unlink()


def nothing(_: Path) -> None:
    """The machine or the fresh site is enough."""


def doubted_clock(data: Path) -> None:
    shutil.rmtree(data)
    site = found_site(data, name="rehearsal/t", zone="Asia/Makassar", now_ms=NOW_MS)
    set_rehearsal_clock(site.clock_file, simulated_ms=NOW_MS, quality=ClockQuality("unsynchronised", 900))


def no_backup(data: Path) -> None:
    (data / "run" / "backup.json").unlink()


def old_backup(data: Path) -> None:
    (data / "run" / "backup.json").write_text(json.dumps({"made_ms": NOW_MS - 3 * 86_400_000}))


def no_roster(data: Path) -> None:
    shutil.rmtree(data / "roster")
    (data / "roster").mkdir(mode=0o700)


def damaged_roster(data: Path) -> None:
    (note,) = (data / "roster").glob("*.note")
    note.write_text(note.read_text().replace("hadir", "hadar", 1))


def old_roster(data: Path) -> None:
    shutil.rmtree(data)
    site = found_site(data, name="rehearsal/t", zone="Asia/Makassar", now_ms=NOW_MS)
    set_rehearsal_clock(site.clock_file, simulated_ms=NOW_MS)
    hadir("demo", "--data", data, "--keep")
    hadir("office", "follow", "--once", "--data", data)
    set_rehearsal_clock(site.clock_file, simulated_ms=NOW_MS + 3 * 86_400_000)


def damaged_journal(data: Path) -> None:
    with closing(sqlite3.connect(data / "journals" / "office" / JOURNAL_FILE, isolation_level=None)) as database:
        database.execute("UPDATE leaf SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE idx = 0")


def missing_journal(data: Path) -> None:
    (data / "journals" / "office" / JOURNAL_FILE).unlink()


def unproven_record(data: Path) -> None:
    site = open_site(data)
    with closing(SqliteJournal(site.journal_folder("gate1"), site.gate_signer())) as journal:
        journal.append([Entry(kind=Kind.PUNCH, body=b"no.record")], now_ms=NOW_MS)
    hadir("office", "follow", "--once", "--data", data)


def named_leaf(data: Path) -> None:
    site = open_site(data)
    line = FileLine(
        v=1, file="00" * 32, line_number=2, line="1\t1\t7\tBudi\t1\t0\t2026-11-24 07:28:13", terminal="1", imported_by=1
    )
    with closing(SqliteJournal(site.journal_folder("office"), site.office_signer())) as journal:
        journal.append([Entry(kind=Kind.FILE_LINE, body=encode(line))], now_ms=NOW_MS)


PROVOKED: dict[str, Callable[[Path], dict[str, str] | None]] = {
    "site_unreadable": no_site,
    "law_missing": no_law,
    "law_incomplete": other_law,
    "host_name_missing": no_host_name,
    "database_driver_missing": no_driver,
    "database_unreachable": no_database,
    "database_missing": lost_database,
    "tables_of_another_release": older_tables,
    "wrong_modes": open_modes,
    "root_key_here": root_key,
    "key_missing": no_key,
    "one_user": nothing,
    "site_stopped": nothing,
    "accounts_without_factor": nothing,
    "clock_in_doubt": doubted_clock,
    "backup_missing": no_backup,
    "backup_old": old_backup,
    "roster_missing": no_roster,
    "roster_damaged": damaged_roster,
    "roster_stale": old_roster,
    "journal_missing": missing_journal,
    "journal_unreadable": damaged_journal,
    "names_in_leaves": named_leaf,
    "unproven_records": unproven_record,
}
#: Below, and in tests/test_doctor_running.py.
ELSEWHERE = {"disk_full", "disk_low", "code_changed", "phone_not_built"}
ELSEWHERE |= {"gate_not_ready", "gate_silent", "gate_not_running"}


@pytest.mark.parametrize("code", PROVOKED)
def test_it_is_found(data: Path, code: str) -> None:
    environment = PROVOKED[code](data) or {}
    if code == "database_driver_missing" and find_spec("psycopg") is not None:
        code = "database_unreachable"
    assert code in codes(doctor(data, **environment))


@pytest.mark.parametrize("left", ["nothing", "an empty file"])
def test_no_program_begins_an_empty_office_where_records_are(data: Path, left: str) -> None:
    lost_database(data)
    if left == "an empty file":
        (data / "office.sqlite").touch(mode=0o600)
    found = doctor(data)["findings"]
    stops = {one["code"] for one in found if one["severity"] == "stops"}
    assert stops == {"database_missing"}
    for words in (
        ("upgrade",), ("office", "digest"), ("office", "migrate"), ("office", "follow", "--once"),
        ("office", "rebuild"), ("office", "compare"), ("office", "exports", "--once"), ("serve", "--port", "0"),
    ):  # fmt: skip
        argv = [*HADIR, *words, "--data", str(data)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1, words
        assert "restore the newest backup" in done.stderr, words
        assert len(done.stderr.splitlines()) == 1, done.stderr
    sizes = {file.name: file.stat().st_size for file in data.glob("office.sqlite*")}
    assert sizes == ({} if left == "nothing" else {"office.sqlite": 0})


def test_an_account_with_a_second_factor_is_no_finding(data: Path) -> None:
    with closing(sqlite3.connect(data / "office.sqlite", isolation_level=None)) as database:
        database.execute(
            "INSERT INTO accounts_factor (user_id, kind, name, sealed, credential, salt, digest, added_at_ms)"
            " SELECT id, 'app', '', x'00', x'', x'00', '', 1 FROM accounts_user"
        )
    assert "accounts_without_factor" not in codes(doctor(data))


def test_every_finding_is_provoked_here_and_has_its_texts() -> None:
    findings = (ROOT / "src" / "hadir" / "cli" / "doctor.py").read_text(encoding="utf-8")
    known = set(re.findall(r'DoctorFinding\(\s*"(\w+)"', findings)) | {"site_unreadable"}
    assert known == PROVOKED.keys() | ELSEWHERE
    told = {code.removeprefix("doctor.") for code in catalogue() if code.startswith("doctor.")}
    assert told - {"well", "not_well"} - {one for one in told if one.startswith("severity.")} == known


def test_every_finding_stands_in_operating_and_no_other() -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8").partition("## What would stop or weaken")[2]
    rows = [line for line in page.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert {code for row in rows for code in re.findall(r"`(\w+)`", row.split("|")[1])} == PROVOKED.keys() | ELSEWHERE


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        if in_ci():
            pytest.fail("a small disk cannot be mounted here; CI needs root with CAP_SYS_ADMIN for this test")
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_with_little_room_and_with_none(made: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        shutil.copytree(made, disk / "data")
        assert "disk_low" in codes(doctor(disk / "data"))
        found = os.statvfs(disk)
        (disk / "filler").write_bytes(bytes(found.f_bavail * found.f_frsize - 400_000))
        assert "disk_full" in codes(doctor(disk / "data"))


def test_a_program_that_is_older_than_the_code_on_disk(data: Path) -> None:
    argv = [sys.executable, "-c", "import time; time.sleep(120)", "hadir", "gate", "--data", str(data)]
    with subprocess.Popen(argv) as program:
        try:
            time.sleep(0.1)
            assert "code_changed" not in codes(doctor(data))
            time.sleep(1.5)
            (ROOT / "src" / "hadir" / "__init__.py").touch()
            assert "code_changed" in codes(doctor(data))
        finally:
            program.kill()


def test_a_package_without_the_phone(data: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "src", tree / "src")
    shutil.copytree(ROOT / "policies", tree / "policies")
    assert "phone_not_built" in codes(doctor(data, PYTHONPATH=str(tree / "src")))


def test_people_are_told_in_their_language(data: Path) -> None:
    no_backup(data)
    for lang, word in (("id", "Belum pernah ada cadangan"), ("en", "never a backup")):
        argv = [*HADIR, "doctor", "--data", str(data), "--lang", lang]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, word in done.stdout) == (1, True), done.stdout
