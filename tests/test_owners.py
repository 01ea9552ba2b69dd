"""Gate and office with a user each, as deploy/ runs them: who takes over the one gets nothing of the other."""

import os
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hadir import continuity
from hadir.config import free_port
from hadir.ledger.details import DETAILS_FILE
from hadir.ledger.sqlite import JOURNAL_FILE, JournalReader
from hadir.owners import own, set_right, wrong_paths
from hadir.site import Site, SiteError, found_site, open_site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.conftest import NOW_MS, voucher_for
from tests.other_user import (
    GATE,
    GATE_NAME,
    OFFICE,
    OFFICE_NAME,
    SHARED_NAME,
    STRANGER,
    as_user,
    common_folder,
    needs_programs_for_all,
    needs_root,
    under,
)
from tests.sitekit import HADIR

NAME = "presensi.example.go.id"


def give(site: Site) -> Site:
    return own(site, gate=GATE_NAME, office=OFFICE_NAME, group=SHARED_NAME)


@pytest.fixture(scope="module")
def production() -> Iterator[Site]:
    """`hadir init` and `hadir own`, by root."""
    needs_programs_for_all()
    with common_folder() as common:
        data = common / "data"
        hadir("init", "--name", NAME, "--zone", "Asia/Makassar", "--keep-root", data=data)
        hadir("own", "--gate", GATE_NAME, "--office", OFFICE_NAME, "--group", SHARED_NAME, data=data)
        yield open_site(data)


def hadir(*words: str, data: Path, user: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "HADIR_DATA": str(data), "HADIR_PUBLIC_URL": f"https://{NAME}"}
    command = [*(under(user) if user else ()), *HADIR, *words, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def common() -> Iterator[Path]:
    with common_folder() as folder:
        yield folder


@pytest.fixture
def gate(production: Site) -> Iterator[RunningGate]:
    running = RunningGate(production, under=under(GATE_NAME))
    running.start()
    yield running
    running.stop()


def may(user: int, path: Path, flags: int) -> bool:
    try:
        as_user(user, lambda: os.close(os.open(path, flags)))
    except PermissionError:
        return False
    return True


def followed(site: Site) -> int:
    """How far the follower, run once more as the office's user, is in the gate's present journal."""
    hadir("office", "follow", "--once", data=site.data, user=OFFICE_NAME)
    with closing(sqlite3.connect(f"{site.office_db.as_uri()}?mode=ro", uri=True)) as office:
        where = "SELECT next_index FROM follower_position WHERE origin = ?"
        return int(office.execute(where, (site.gate_origin,)).fetchone()[0])


def entries(site: Site) -> int:
    reader = JournalReader(site.journal_folder(site.gate))
    found = reader.size()
    reader.close()
    return found


@needs_root
def test_the_office_follows_a_gate_whose_key_and_journal_it_cannot_touch(production: Site, gate: RunningGate) -> None:
    folder, sari = production.journal_folder(production.gate), Phone(1, voucher_for(production, 1))
    assert gate.punch(sari.punch()).status == 200
    files = [production.key_file(production.gate), *folder.iterdir()]
    assert {f"{JOURNAL_FILE}-shm", f"{JOURNAL_FILE}-wal", DETAILS_FILE} <= {path.name for path in files}
    for path in files:
        assert not may(OFFICE, path, os.O_WRONLY), path
        assert not may(OFFICE, path, os.O_RDWR), path
        assert may(OFFICE, path, os.O_RDONLY) is path.name.startswith(JOURNAL_FILE), path
        assert not may(STRANGER, path, os.O_RDONLY), path
    with pytest.raises(PermissionError):
        as_user(OFFICE, (folder / "new").touch)
    written = entries(production)
    assert followed(production) >= written >= 2, "while the gate runs"
    gate.punch(sari.punch("out"))
    gate.stop()
    assert followed(production) == entries(production), "after it stopped"
    gate.start()
    gate.punch(sari.punch())
    gate.kill()
    assert followed(production) == entries(production), "after it was killed"
    root = continuity.root_signer(production, None)
    sealed = continuity.roll(production, production.gate, reason="key", root=root, now_ms=NOW_MS)
    assert wrong_paths(sealed) == []
    assert followed(sealed) == entries(sealed) == 1, "after its journal was sealed and the next one began"
    with closing(sqlite3.connect(f"{sealed.office_db.as_uri()}?mode=ro", uri=True)) as office:
        assert office.execute("SELECT count(*) FROM follower_punch").fetchone()[0] == 3
    again = RunningGate(sealed, under=under(GATE_NAME))
    again.start()
    assert again.stop() == 0


@needs_root
def test_the_gate_can_read_nothing_of_the_office_but_the_roster(production: Site) -> None:
    hadir("office", "follow", "--once", data=production.data, user=OFFICE_NAME)
    site = open_site(production.data)
    secrets = [
        site.office_db,
        site.key_file("office"),
        *(site.keys_folder / f"{name}.key" for name in ("session", "factor", "root")),
    ]
    for path in (*secrets, site.journal_folder("office") / JOURNAL_FILE):
        assert path.exists()
        assert not may(GATE, path, os.O_RDONLY), path
    for path in (*site.roster_folder.iterdir(), site.keys_folder / "keys.note", site.data / "site.json"):
        assert may(GATE, path, os.O_RDONLY), path
        assert not may(GATE, path, os.O_WRONLY), path
    for user in (GATE, OFFICE):  # whoever may make files here could put `site.json` or a key list in its place
        for folder in (site.data, site.keys_folder, site.data / "journals"):
            with pytest.raises(PermissionError):
                as_user(user, (folder / "new").touch)


@needs_root
def test_no_single_user_serves_it(production: Site) -> None:
    served = subprocess.run(
        [*HADIR, "serve", "--data", str(production.data)], capture_output=True, text=True, check=False
    )
    assert served.returncode == 1
    assert "start the units" in served.stderr


@needs_root
def test_what_root_does_leaves_every_path_as_it_was(production: Site, common: Path) -> None:
    for words in (["upgrade"], ["backup", str(common / "copy")]):
        hadir(*words, data=production.data)
        assert wrong_paths(open_site(production.data)) == []
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (common / "copy").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    root_key = str(production.keys_folder / "root.key")
    hadir("restore", str(common / "copy"), "--root-key", root_key, data=common / "restored")
    restored = open_site(common / "restored")
    assert wrong_paths(restored) == []
    running = RunningGate(restored, under=under(GATE_NAME))
    running.start()
    assert running.stop() == 0
    assert followed(restored) == entries(restored)


@needs_root
def test_a_folder_of_an_older_release_is_given_away_as_a_whole(tmp_path: Path) -> None:
    """Its office's database lay in the data folder itself, and its journals were closed as SQLite closes them."""
    site = found_site(tmp_path / "data", name="rehearsal/older", zone="Asia/Makassar", now_ms=NOW_MS)
    with closing(sqlite3.connect(site.data / "office.sqlite", isolation_level=None)) as office:
        office.execute("PRAGMA journal_mode = wal")
        office.execute("CREATE TABLE kept (one)")
        with pytest.raises(SiteError, match="the office still runs"):
            give(site)
        assert not open_site(site.data).owners
    site.law_folder.mkdir()
    (site.law_folder / "a.yaml").write_text("policy: own\n", encoding="utf-8")
    owned = give(site)
    assert owned.law_folder == site.data / "office" / "law"
    assert (owned.law_folder / "a.yaml").stat().st_mode & 0o777 == 0o600
    assert owned.office_db == site.data / "office" / "office.sqlite"
    with closing(sqlite3.connect(owned.office_db)) as office:
        assert office.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert give(owned) == open_site(site.data) == owned
    assert wrong_paths(owned) == []


@needs_root
def test_nobody_can_have_a_foreign_file_given_to_them(tmp_path: Path) -> None:
    """Root walks through folders in which others write."""
    site = give(found_site(tmp_path / "data", name="rehearsal/t", zone="Asia/Makassar", now_ms=NOW_MS))
    secrets = [tmp_path / "first", tmp_path / "second"]
    for secret in secrets:
        secret.touch(0o600)
    (site.data / "office" / "a").symlink_to(secrets[0])
    (site.data / "office" / "b").hardlink_to(secrets[1])
    (site.data / "office" / "c").symlink_to(tmp_path)
    set_right(site)
    for secret in secrets:
        assert (secret.stat().st_uid, stat.S_IMODE(secret.stat().st_mode)) == (0, 0o600)
    assert tmp_path.stat().st_uid == 0


@needs_root
def test_users_that_the_machine_lacks_change_nothing(tmp_path: Path) -> None:
    site = found_site(tmp_path / "data", name="rehearsal/t", zone="Asia/Makassar", now_ms=NOW_MS)
    before = sorted(site.data.rglob("*"))
    with pytest.raises(SiteError, match="no-such-user"):
        own(site, gate="no-such-user", office=OFFICE_NAME, group=SHARED_NAME)
    assert (open_site(site.data), sorted(site.data.rglob("*"))) == (site, before)


def test_a_folder_of_one_user_is_that_users_alone(site: Site) -> None:
    site.data.chmod(0o755)
    assert "." in wrong_paths(site)
    set_right(site)
    assert wrong_paths(site) == []
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in site.data.rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.suffix == ".key"} == {0o400}
    assert {mode for path, mode in modes.items() if path.is_file() and path.suffix != ".key"} == {0o600}


def test_serve_says_that_one_user_runs_everything(site: Site) -> None:
    command = [*HADIR, "serve", "--data", str(site.data), "--port", str(free_port())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stderr is not None
        assert "can read the gate's key" in serving.stderr.readline()
        serving.terminate()
        serving.stderr.read()
