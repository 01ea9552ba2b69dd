"""What `hadir doctor` says of a site that runs: the gate itself is asked whether a tap would get its receipt."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hadir.site import open_site
from rehearsal.gates import RunningGate
from tests.sitekit import HADIR
from tests.test_doctor import codes, doctor, hadir

_OF_THE_GATE = {"site_stopped", "gate_not_running", "gate_silent", "gate_not_ready"}
_SECONDS_MAX = 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("running") / "data"
    hadir("init", "--data", data, "--name", "presensi.example.go.id", "--zone", "Asia/Makassar")
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


def of_the_gate(data: Path) -> set[str]:
    return codes(doctor(data)) & _OF_THE_GATE


@contextmanager
def running(gate: RunningGate) -> Iterator[RunningGate]:
    try:
        yield gate
    finally:
        gate.kill()


def wait_for_an_answer(gate: RunningGate) -> None:
    until = time.monotonic() + _SECONDS_MAX
    while time.monotonic() < until:
        try:
            gate.call("GET", "/readyz")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the gate does not answer")


def test_a_site_that_is_stopped_is_a_note_and_no_more(data: Path) -> None:
    (found,) = (one for one in doctor(data)["findings"] if one["code"] in _OF_THE_GATE)
    assert (found["code"], found["severity"]) == ("site_stopped", "note")


def test_a_gate_that_is_ready_is_no_finding(data: Path) -> None:
    with running(RunningGate(open_site(data))) as gate:
        gate.start()
        assert of_the_gate(data) == set()


def test_a_gate_is_found_by_whatever_name_its_folder_was_given(data: Path) -> None:
    gate = RunningGate(open_site(data))
    gate.choose_port()
    argv = [*HADIR, "gate", f"--data={data.name}", f"--port={gate.port}"]
    gate.process = subprocess.Popen(argv, cwd=data.parent, start_new_session=True)
    with running(gate):
        wait_for_an_answer(gate)
        assert of_the_gate(data) == set()


def test_a_gate_that_takes_nothing_is_told_with_its_reason(data: Path) -> None:
    (data / "keys" / "gate1.key").unlink()
    with running(RunningGate(open_site(data))) as gate:
        gate.spawn()
        wait_for_an_answer(gate)
        said = doctor(data)
    (found,) = (one for one in said["findings"] if one["code"] in _OF_THE_GATE)
    assert (found["code"], found["severity"]) == ("gate_not_ready", "stops")
    assert "key" in found["do"]


def test_a_gate_that_hangs_is_told(data: Path) -> None:
    with running(RunningGate(open_site(data))) as gate:
        gate.start()
        assert gate.process is not None
        os.kill(gate.process.pid, signal.SIGSTOP)
        assert of_the_gate(data) == {"gate_silent"}


@pytest.mark.parametrize("answer", [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
def test_what_answers_at_its_port_and_is_no_gate_is_told(data: Path, answer: bytes) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(_SECONDS_MAX)
        argv = [sys.executable, "-c", "import time; time.sleep(120)", "hadir", "gate", "--data", str(data)]
        argv += ["--port", str(listener.getsockname()[1])]
        asked = [*HADIR, "doctor", "--data", str(data), "--json"]
        with subprocess.Popen(argv) as program, subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as asking:
            line, _ = listener.accept()
            with line:
                line.recv(65_536)
                line.sendall(answer)
            said, _ = asking.communicate(timeout=_SECONDS_MAX)
            program.kill()
    assert codes(json.loads(said)) & _OF_THE_GATE == {"gate_silent"}


def test_a_site_without_its_gate_is_told(data: Path) -> None:
    with subprocess.Popen([*HADIR, "office", "follow", "--data", str(data)], start_new_session=True) as follower:
        try:
            until = time.monotonic() + _SECONDS_MAX
            while not (data / "roster" / "current.note").exists() and time.monotonic() < until:
                time.sleep(0.05)
            assert of_the_gate(data) == {"gate_not_running"}
        finally:
            follower.kill()


def test_a_process_that_has_the_number_of_a_program_of_before_is_none(data: Path) -> None:
    """`run/serve.json` outlives what it tells of, and numbers of processes come again."""
    (data / "run" / "serve.json").write_text(f'{{"port": 8000, "serve": {os.getppid()}, "gate": 1}}')
    assert of_the_gate(data) == {"site_stopped"}
