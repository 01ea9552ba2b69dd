"""A whole demo site as it is really run: `hadir demo`, `hadir serve`, on simulated time that tests set."""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO

from hadir.clock import set_rehearsal_clock
from hadir.config import free_port
from hadir.site import Site, found_site, open_site

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
                time.sleep(0.05)
        raise AssertionError(f"{path} did not answer")


def demo_site(data: Path, *, now: str) -> RunningSite:
    """A fresh demo site whose simulated clock begins at `now` (WITA)."""
    shutil.copytree(_demo_founded(now), data)
    running = RunningSite.on(data)
    running.set_clock(now)
    return running


@cache
def _demo_founded(now: str) -> Path:
    """A folder as `hadir demo` makes it: made once for each moment, copied for each test."""
    kept = tempfile.TemporaryDirectory(prefix="hadir-demo-")
    atexit.register(kept.cleanup)
    data = Path(kept.name) / "data"
    at = datetime.fromisoformat(now + "+08:00")
    found_site(data, name="rehearsal/journey", zone="Asia/Makassar", now_ms=int(at.timestamp() * 1000))
    running = RunningSite.on(data)
    running.set_clock(now)
    made = running.hadir("demo", "--data", str(data), "--keep")
    assert made.returncode == 0, made.stderr
    return data
