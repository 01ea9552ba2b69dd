"""After every command a data folder is its owner's alone, under any umask and whoever ran the command."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hadir.config import free_port
from hadir.owners import wrong_paths
from hadir.site import open_site
from tests.other_user import STRANGER, needs_root
from tests.sitekit import HADIR

NAME = "presensi.example.go.id"
STAFF = "Nama,NIP,Jenis pegawai,Unit\nNoor Aini,199001012015032001,PNS,Dinas Pendidikan\n"


def hadir(*words: object, umask: int = 0, status: int = 0) -> str:
    argv = [*HADIR, *map(str, words)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, umask=umask, timeout=120)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def private(data: Path) -> None:
    assert wrong_paths(open_site(data)) == []
    modes = {path: path.lstat().st_mode & 0o777 for path in [data, *data.rglob("*")]}
    wrong = {
        str(path.relative_to(data)): oct(mode)
        for path, mode in modes.items()
        if mode not in ((0o700,) if path.is_dir() else (0o600, 0o400))
    }
    assert wrong == {}


def serve_a_while(data: Path) -> None:
    argv = [*HADIR, "serve", "--data", str(data), "--port", str(free_port())]
    with subprocess.Popen(argv, umask=0, stderr=subprocess.DEVNULL) as serving:
        try:
            until = time.monotonic() + 60
            while not (data / "run" / "serve.json").exists() or not any((data / "roster").glob("*.note")):
                assert time.monotonic() < until
                time.sleep(0.1)
            private(data)  # while everything runs
        finally:
            serving.send_signal(signal.SIGTERM)
            serving.wait(60)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("modes") / "data"
    hadir("init", "--data", data, "--name", NAME, "--zone", "Asia/Makassar", "--keep-root")
    return data


def staff(data: Path) -> None:
    file = data.parent / "staff.csv"
    file.write_text(STAFF, encoding="utf-8")
    hadir("import", "staff", file, "--data", data)


COMMANDS: dict[str, Callable[[Path], object]] = {
    "init": private,
    "serve": serve_a_while,
    "import": staff,
    "import that fails": lambda data: hadir("import", "staff", data / "site.json", "--data", data, status=1),
    "upgrade": lambda data: hadir("upgrade", "--data", data),
    "follow": lambda data: hadir("office", "follow", "--once", "--data", data),
    "rebuild": lambda data: hadir("office", "rebuild", "--data", data),
    "journal roll": lambda data: hadir("journal", "roll", "--reason", "key", "--data", data),
    "journal list": lambda data: hadir("journal", "list", "--data", data),
    "backup": lambda data: hadir("backup", "--data", data, data.parent / "copy"),
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", COMMANDS)
def test_whatever_the_umask_nobody_else_sees_into_a_data_folder(made: Path, tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(made, data)
    COMMANDS[name](data)
    private(data)


def test_a_backup_and_what_is_restored_from_it_are_for_one_user_alone(made: Path, tmp_path: Path) -> None:
    copy, back = tmp_path / "copy", tmp_path / "back"
    hadir("backup", "--data", made, copy)
    assert {path.lstat().st_mode & 0o077 for path in [copy, *copy.rglob("*")]} == {0}
    hadir("restore", copy, "--data", back, "--root-key", made / "keys" / "root.key")
    private(back)


def test_a_demo_is_for_one_user_alone(tmp_path: Path) -> None:
    hadir("demo", "--data", tmp_path / "data")
    private(tmp_path / "data")


@needs_root
@pytest.mark.parametrize("name", ["import", "upgrade", "rebuild", "journal roll", "journal list", "backup"])
def test_what_root_does_in_a_folder_of_somebody_stays_that_users(made: Path, tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(made, data)
    for path in [data, *data.rglob("*")]:
        os.chown(path, STRANGER, STRANGER)
    COMMANDS[name](data)
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in [data, *data.rglob("*")]} == {(STRANGER, STRANGER)}
    private(data)


@needs_root
@pytest.mark.parametrize("words", [["gate", "--port", "0"], ["office", "follow", "--once"], ["serve", "--port", "0"]])
def test_root_runs_no_program_in_a_folder_of_somebody_else(made: Path, tmp_path: Path, words: list[str]) -> None:
    data = tmp_path / "data"
    shutil.copytree(made, data)
    before = sorted(data.rglob("*"))
    for path in [data, *before]:
        os.chown(path, STRANGER, STRANGER)
    done = subprocess.run(
        [*HADIR, *words, "--data", str(data)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, "run this as that user" in done.stderr) == (1, True), done.stderr
    assert sorted(data.rglob("*")) == before
