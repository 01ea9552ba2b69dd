"""The gate's Unix socket: what comes there is answered as on the port, and it is nobody else's."""

import http.client
import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hadir.records.receipt import verify_receipt
from hadir.site import Site, found_site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.conftest import NOW_MS

#: More than can come until the gate has stopped, fewer than a process may have files.
MANY = 15_000


class Near(http.client.HTTPConnection):
    """A client on the same machine."""

    def __init__(self, path: Path) -> None:
        super().__init__("gate", timeout=20)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


def ask(path: Path, method: str, target: str, body: str | None = None) -> tuple[int, dict[str, object]]:
    """(status, members)."""
    connection = Near(path)
    connection.request(method, target, body, {"content-type": "application/json"})
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


@pytest.fixture
def place(fast_folder: Path) -> Path:
    """Short: such a path has 107 bytes at most."""
    return fast_folder / "gate.sock"


@pytest.fixture(params=[[], ["--asgi"]], ids=["wire", "asgi"])
def near_gate(site: Site, place: Path, request: pytest.FixtureRequest) -> Iterator[RunningGate]:
    running = RunningGate(site, unix_socket=place, arguments=request.param)
    strict = os.umask(0o077)  # as a unit of systemd may have it
    try:
        running.start()
    finally:
        os.umask(strict)
    yield running
    running.stop()


def refused_start(site: Site, place: Path) -> str:
    """What a gate says that does not start."""
    argv = [sys.executable, "-m", "hadir.cli", "gate", "--data", str(site.data), "--port", "0", "--socket", str(place)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode not in {0, -9}
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_punch_by_the_socket_and_one_by_the_port_stand_in_one_journal(
    near_gate: RunningGate, place: Path, site: Site, sari: Phone
) -> None:
    record = sari.punch()
    status, members = ask(place, "POST", "/v1/punches", json.dumps({"punches": [{"record": record}]}))
    assert status == 200
    (first,) = members["answers"]  # type: ignore[misc, attr-defined]
    verify_receipt(record, first["receipt"], site.key_list())
    again = near_gate.punch(record).json["answers"][0]
    assert (again["index"], again["repeat"]) == (first["index"], True)


def test_whoever_may_look_into_the_folder_may_connect(near_gate: RunningGate, place: Path) -> None:
    assert near_gate.address == str(place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o666


def test_a_killed_gate_leaves_its_socket_and_the_next_one_takes_it(near_gate: RunningGate, place: Path) -> None:
    near_gate.kill()
    assert place.is_socket()
    near_gate.start()
    assert ask(place, "GET", "/readyz") == (200, {"ready": True})


def test_a_gate_that_stops_takes_its_socket_along(near_gate: RunningGate, place: Path) -> None:
    assert near_gate.stop() == 0
    assert not place.exists()


def test_who_comes_while_the_gate_stops_does_not_hold_it_up(
    site: Site, place: Path, pytestconfig: pytest.Config
) -> None:
    gate, came = RunningGate(site, unix_socket=place), []
    gate.start()

    def come() -> None:
        with suppress(OSError):  # until it takes nobody in any more
            while len(came) < MANY:
                came.append(socket.socket(socket.AF_UNIX))
                came[-1].connect(str(place))

    crowd = threading.Thread(target=come)
    crowd.start()
    while len(came) < MANY // 100:
        time.sleep(0.001)
    began_s = time.monotonic()
    assert gate.stop() == 0
    took_s = time.monotonic() - began_s
    crowd.join()
    for one in came:
        one.close()
    assert len(came) < MANY, "it took in everybody"
    if pytestconfig.getoption("--long"):
        assert took_s < 8, "10 s are given to who is being answered; of these nobody asked"


def test_another_gate_is_never_pushed_from_its_socket(near_gate: RunningGate, place: Path, tmp_path: Path) -> None:
    other = found_site(tmp_path / "other", name="rehearsal/other", zone="Asia/Makassar", now_ms=NOW_MS)
    assert "another program listens" in refused_start(other, place)
    assert ask(place, "GET", "/healthz")[1]["origin"] == near_gate.site.gate_origin


def test_a_file_that_is_no_socket_stays(site: Site, place: Path) -> None:
    place.write_text("a list of somebody's")
    assert "cannot be the gate's socket" in refused_start(site, place)
    assert place.read_text() == "a list of somebody's"


def test_a_path_that_is_too_long_is_said_in_one_line(site: Site, place: Path) -> None:
    assert "cannot be the gate's socket" in refused_start(site, place.parent / ("x" * 120))
