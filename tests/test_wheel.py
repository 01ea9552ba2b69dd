"""An installed package serves: law, phone and pages are in it, and nothing of the source tree is on its path."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
import venv
from pathlib import Path
from sysconfig import get_path
from typing import Any

import pytest

from hadir.config import free_port
from hadir.site import open_site
from rehearsal.demo.cast import DUTY, POLICY
from rehearsal.phones import Phone
from tests.conftest import voucher_for

ROOT = Path(__file__).resolve().parents[1]
FIRST = 1
REHEARSALS = ("bench", "clock", "demo", "drill", "faults", "simulate")
_DUTY = """
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from hadir.config import read_settings
from hadir.office.programs.commands import prepare
prepare(replace(read_settings(), data=Path(sys.argv[1])))
from hadir.office.duties.actions import set_unit_duty
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit
before_ms = HERE.clock.now_ms() - 8 * 86_400_000
day = day_at(before_ms, HERE.site.zone) + timedelta(days=1)
set_unit_duty(unit=Unit.objects.get(), duty=sys.argv[2], policy=sys.argv[3], from_date=day, by=ActBy.of(1, before_ms))
"""


class Installed:
    """A virtual environment with the wheel in it. What Hadir depends on comes from this environment, as it is."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        wheels, place = folder / "wheels", folder / "venv"
        pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
        tree = folder / "tree"
        skip = shutil.ignore_patterns("node_modules", ".*", "build", "data", "tests", "__pycache__", "*.egg-info")
        shutil.copytree(ROOT, tree, ignore=skip)
        packed = f"from setuptools import build_meta; print(build_meta.build_sdist({str(folder)!r}))"
        self._run([sys.executable, "-c", packed], at=tree)
        (source,) = folder.glob("hadir-*.tar.gz")  # the wheel is made of it, as anybody else would make it
        shutil.rmtree(tree)
        self._run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(wheels), str(source)])
        venv.create(place, with_pip=False, symlinks=True)
        self.python, self.hadir = place / "bin" / "python", place / "bin" / "hadir"
        (wheel,) = wheels.glob("hadir-*.whl")
        self._run([*pip, "--python", str(self.python), "install", "--no-deps", "--no-index", str(wheel)])
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        packages = place / "lib" / version / "site-packages"
        for path in Path(get_path("purelib")).iterdir():  # all but Hadir itself and its rehearsals
            if not path.name.startswith(("hadir", "__editable__")) and not (packages / path.name).exists():
                (packages / path.name).symlink_to(path)

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of ours: neither a path nor a setting."""
        return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HADIR", "DJANGO"))}

    def _run(self, argv: list[str], at: Path | None = None) -> str:
        done = subprocess.run(
            argv, cwd=at or self.home, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, *words: str) -> str:
        return self._run([str(self.hadir), *words])

    def refused(self, *words: str) -> str:
        """What a command that does not work here says of it."""
        argv = [str(self.hadir), *words]
        done = subprocess.run(argv, cwd=self.home, env=self.environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr


def get(url: str, body: Any = None, seconds: float = 60) -> tuple[int, bytes]:
    """An answer, as soon as there is one."""
    until = time.monotonic() + seconds
    data = None if body is None else json.dumps(body).encode()
    while True:
        try:
            request = urllib.request.Request(url, data, {"content-type": "application/json"})  # noqa: S310 - ours
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own address
                return answer.status, answer.read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def verdicts(data: Path) -> list[str]:
    with sqlite3.connect(data / "office.sqlite", timeout=20) as database:
        rows = database.execute("SELECT body FROM follower_verdictrow WHERE person = ?", (FIRST,)).fetchall()
    return [str(body) for (body,) in rows]


@pytest.mark.timeout(240)
def test_an_installed_wheel_is_a_site_that_takes_a_tap_and_judges_it(tmp_path: Path) -> None:
    installed, data, port = Installed(tmp_path), tmp_path / "data", free_port()
    ask = "from hadir.config import shipped; print(shipped('policies'))"
    where = installed._run([str(installed.python), "-c", ask])
    assert where.startswith(str(tmp_path)), "the source tree was found, and not the package"
    for name in REHEARSALS:
        told = installed.refused(name, "--help")
        assert (told.count("\n"), "pip install ./rehearsal" in told) == (1, True), told
    told = installed.run(
        "init", "--data", str(data), "--name", "presensi.example.go.id", "--zone", "Asia/Makassar"
    )  # fmt: skip
    assert "Root key" in told
    installed._run([str(installed.python), "-c", _DUTY, str(data), DUTY, POLICY])
    argv = [str(installed.hadir), "serve", "--data", str(data), "--port", str(port)]
    served = subprocess.Popen(argv, cwd=installed.home, env=installed.environment)
    try:
        site, url = f"http://127.0.0.1:{port}", ""
        assert get(f"{site}/readyz")[0] == 200
        for url in ("/", "/kantor/masuk/", "/status", "/v1/keys"):
            assert get(site + url)[0] == 200
        at_ms = int(time.time() * 1000)
        record = Phone(FIRST, voucher_for(open_site(data), FIRST)).punch(wall_ms=at_ms, origin_ms=at_ms - 5_000)
        _, answer = get(f"{site}/v1/punches", {"punches": [{"record": record}]})
        taken = json.loads(answer)["answers"][0]
        file = tmp_path / "tap.receipt"
        file.write_text(f"hadir-receipt/v1\n{record}\n\n{taken['receipt']}")
        told = installed.run("verify", "receipt", str(file), "--keys", str(data / "keys" / "keys.note"))
        assert told.startswith("valid: position"), told
        until = time.monotonic() + 60
        while not any(taken["record_hash"] in body for body in verdicts(data)):
            assert time.monotonic() < until, f"no verdict: {verdicts(data)}"
            time.sleep(0.2)
    finally:
        served.terminate()
        served.wait(30)
