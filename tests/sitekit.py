"""A whole demo site as it is really run: `hadir demo`, `hadir serve`, on simulated time that tests set."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from hadir.clock import set_rehearsal_clock
from hadir.config import free_port
from hadir.site import Site, found_site, open_site
from tests.made_folders import made_once

MONDAY = "2026-11-23T10:00:00"
"""The moment at which the demo of most tests is founded: one folder is made and copied."""
HADIR = [sys.executable, "-m", "hadir.cli"]


@dataclass
class RunningSite:
    data: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    #: Where its programs write what they have to say; without one, where the test does.
    log: IO[str] | None = None

    @classmethod
    def on(cls, data: Path) -> "RunningSite":
        """A site that is not running yet, on a free port."""
        return cls(data=data, port=free_port())

    @property
    def site(self) -> Site:
        return open_site(self.data)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def set_clock(self, local: str) -> None:
        """`local` is the site's wall time, 2026-11-24T08:05."""
        at = datetime.fromisoformat(local).replace(tzinfo=self.site.tz)
        set_rehearsal_clock(self.site.clock_file, simulated_ms=int(at.timestamp() * 1000))

    def now(self) -> str:
        """The site's wall time as a phone with a right clock would show it."""
        return (
            datetime.fromtimestamp(self.site.clock().now_ms() / 1000, tz=self.site.tz).replace(tzinfo=None).isoformat()
        )

    def start(self) -> None:
        argv = [*HADIR, "serve", "--data", str(self.data), "--port", str(self.port)]
        self.process = subprocess.Popen(argv, start_new_session=True, stderr=self.log)
        for path in ("/readyz", "/kantor/masuk/"):
            self._wait(path)

    def stop(self) -> None:
        """End every process of the site."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(90)  # each of its programs may take its fifteen seconds, one after the other
            self.process = None

    def kill(self, program: str) -> None:
        """kill -9 one program of the running site."""
        os.kill(self.pids()[program], signal.SIGKILL)

    def pids(self) -> dict[str, int]:
        return dict(json.loads((self.site.run_folder / "serve.json").read_text()))

    def hadir(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*HADIR, *arguments], capture_output=True, text=True, check=False)

    def _wait(self, path: str, seconds: float = 90) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310 - our own address
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"{path} did not answer")


def demo_site(data: Path, *, now: str, founded: str = MONDAY) -> RunningSite:
    """A demo site of its own, as `hadir demo` made it at `founded`, whose simulated clock begins at `now` (WITA)."""

    def make(folder: Path) -> None:
        at = datetime.fromisoformat(founded + "+08:00")
        found_site(folder, name="rehearsal/journey", zone="Asia/Makassar", now_ms=int(at.timestamp() * 1000))
        making = RunningSite.on(folder)
        making.set_clock(founded)
        made = making.hadir("demo", "--data", str(folder), "--keep")
        assert made.returncode == 0, made.stderr

    shutil.copytree(made_once(f"demo-{founded.replace(':', '')}", make), data)
    running = RunningSite.on(data)
    running.set_clock(now)
    return running


ROLL_OUT = """
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from hadir.config import read_settings
from hadir.office.programs.commands import prepare
prepare(replace(read_settings(), data=Path(sys.argv[1])))
from hadir.office.duties.actions import make_law
from hadir.office.duties.kinds import RollOut
from hadir.office.duties.models import LawAct
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
root, day = Unit.objects.get(parent=None), date.fromisoformat(sys.argv[2])
draft = LawAct.saying(RollOut(), unit=root, from_date=day, document="SK 1")
rina = Actor(person=1005, grants=(Grant(role=Role.PERSONNEL, path="/1/"),))
make_law(draft=draft, by=ActBy(rina, int(sys.argv[3]), "Mulai."))
"""


def roll_out(site: RunningSite, day: str) -> None:
    """Recording is obligatory from that day on, so that an ended day without any record has a verdict."""
    now_ms = str(site.site.clock().now_ms())
    argv = [sys.executable, "-c", ROLL_OUT, str(site.data), day, now_ms]
    made = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


def regency_of(people: int) -> Path:
    """A regency with a month behind it that ends today, as `hadir demo` makes it. To be copied."""

    def make(data: Path) -> None:
        argv = [*HADIR, "demo", "--data", str(data), "--people", str(people)]
        made = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr

    return made_once(f"regency-{people}", make)
