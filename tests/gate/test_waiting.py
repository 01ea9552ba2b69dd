"""A gate whose journal cannot be opened stays up, says why, takes nothing, and is well again by itself."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from hadir.clock import SystemClock
from hadir.gate.program import TimedDisk
from hadir.gate.signs import Signs
from hadir.ledger.sqlite import JOURNAL_FILE, JournalReader
from hadir.serve import WATCH_MS, Program, _programs
from hadir.site import Site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.conftest import in_ci


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def status(gate: RunningGate) -> int:
    try:
        return gate.call("GET", "/readyz").status
    except OSError:
        return 0


def reason(gate: RunningGate) -> str:
    try:
        return str(gate.call("GET", "/readyz").json.get("reason", {}).get("code", ""))
    except OSError:
        return ""


@pytest.fixture
def used(site: Site, sari: Phone) -> Iterator[tuple[RunningGate, str]]:
    """A gate that has taken a tap and was stopped, with the tap; its log beside the folder."""
    with (site.data.parent / "log").open("a+") as log:
        gate = RunningGate(site, log=log)
        gate.start()
        tap = sari.punch()
        assert gate.punch(tap).status == 200
        gate.stop()
        yield gate, tap
        gate.stop()


def write(file: Path, *statements: str) -> None:
    """Everything ends in the one file: no log stays beside it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for statement in (*statements, "PRAGMA journal_mode = delete"):
            database.execute(statement)


def change_last_leaf(file: Path) -> None:
    write(file, "UPDATE leaf SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE idx = (SELECT max(idx) FROM leaf)")


def change_signed_head(file: Path) -> None:
    write(file, "UPDATE head SET size = size + 1, note = replace(note, 'gate1', 'gate2')")


def lose_head(file: Path) -> None:
    write(file, "DELETE FROM head")


def write_over(file: Path) -> None:
    file.write_bytes(b"not a database" * 1_000)


DAMAGES = [change_last_leaf, change_signed_head, lose_head, write_over]


@pytest.mark.parametrize("damage", DAMAGES, ids=[damage.__name__ for damage in DAMAGES])
def test_a_damaged_journal_is_said_and_nothing_is_taken_until_it_is_whole(
    used: tuple[RunningGate, str], sari: Phone, damage: Callable[[Path], None]
) -> None:
    gate, tap = used
    file = gate.site.journal_folder("gate1") / JOURNAL_FILE
    write(file)
    whole = file.read_bytes()
    damage(file)
    gate.spawn()
    until(lambda: status(gate) == 503)
    answer = gate.call("GET", "/readyz").json
    assert (answer["ready"], answer["reason"]["code"]) == (False, "journal_damaged")
    assert "hadir audit" in answer["reason"]["id"]
    assert "hadir restore" in answer["reason"]["en"]
    refused = gate.punch(tap)
    assert (refused.status, refused.code) == (503, "cannot_store")
    assert 15 <= int(refused.headers["retry-after"]) < 60
    assert gate.call("GET", "/healthz").json["ready"] is False
    assert b"hadir_gate_ready 0" in gate.call("GET", "/metrics").body
    for log in ("-wal", "-shm"):
        file.with_name(file.name + log).unlink(missing_ok=True)
    file.write_bytes(whole)
    waited = gate.process
    until(lambda: status(gate) == 200)
    assert gate.process is waited
    assert waited is not None
    assert waited.poll() is None, "it is the same process"
    assert gate.punch(tap).json["answers"][0]["repeat"] is True
    assert gate.punch(sari.punch()).status == 200


def test_one_damaged_leaf_costs_its_own_record_only(used: tuple[RunningGate, str], sari: Phone) -> None:
    """What stood there can be neither promised again nor denied: its phone keeps the tap, and the log says so."""
    gate, tap = used
    gate.start()
    started = gate.process
    with closing(sqlite3.connect(gate.site.journal_folder("gate1") / JOURNAL_FILE, isolation_level=None)) as database:
        damage = "UPDATE leaf SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE idx = (SELECT idx FROM record_id)"
        database.execute(damage)
    answer = gate.punch(sari.punch(), tap, sari.punch())
    assert [one.get("refusal", {}).get("code") for one in answer.json["answers"]] == [None, "cannot_store", None]
    assert (status(gate), gate.process) == (200, started)
    assert started is not None
    assert started.poll() is None
    assert gate.log is not None
    gate.log.seek(0)
    assert '"event": "journal_damaged"' in gate.log.read()


def test_a_key_that_is_missing_is_said_and_used_when_it_is_back(used: tuple[RunningGate, str]) -> None:
    gate, tap = used
    key = gate.site.key_file("gate1")
    secret = key.read_text()
    key.unlink()
    gate.spawn()
    until(lambda: reason(gate) == "key_missing")
    key.write_text("not a key")
    time.sleep(1)
    assert reason(gate) == "key_missing"
    key.unlink()
    key.write_text(secret)
    until(lambda: status(gate) == 200)
    assert gate.punch(tap).status == 200


def test_a_waiting_gate_says_so_once_and_does_not_start_again_and_again(used: tuple[RunningGate, str]) -> None:
    gate, _ = used
    gate.site.key_file("gate1").unlink()
    gate.spawn()
    until(lambda: reason(gate) == "key_missing")
    time.sleep(3)
    assert gate.log is not None
    gate.log.seek(0)
    events = [json.loads(line)["event"] for line in gate.log.read().splitlines()]
    assert events.count("waiting") == 1
    assert gate.stop() == 0, "it ends when it is asked to"


def test_a_second_gate_on_one_folder_ends_and_does_not_wait(gate: RunningGate, site: Site) -> None:
    argv = [sys.executable, "-m", "hadir.cli", "gate", "--data", str(site.data), "--port", "0"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, "another program writes the journal" in done.stderr) == (1, True)
    assert status(gate) == 200


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        if in_ci():
            pytest.fail("a small disk cannot be mounted here; CI needs root with CAP_SYS_ADMIN for this test")
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_gate_that_starts_on_a_full_disk_waits_for_room(
    small_disk: Path, used: tuple[RunningGate, str], sari: Phone
) -> None:
    gate, tap = used
    folder = gate.site.data
    moved = small_disk / "data"
    subprocess.run(["cp", "-a", str(folder), str(moved)], check=True)
    gate.site = Site(**{**gate.site.__dict__, "data": moved})
    filler = small_disk / "filler"
    found = os.statvfs(small_disk)
    filler.write_bytes(bytes(found.f_bavail * found.f_frsize - 65_536))
    gate.spawn()
    until(lambda: reason(gate) == "disk_full")
    refused = gate.punch(tap)
    assert (refused.status, refused.code) == (503, "cannot_store")
    filler.unlink()
    until(lambda: status(gate) == 200)
    assert gate.punch(sari.punch()).status == 200
    assert JournalReader(gate.site.journal_folder("gate1")).size() == gate.entries()


# --- signs of life ---------------------------------------------------------------------------------------------------


def test_a_frozen_gate_is_killed_and_started_again(site: Site) -> None:
    gate = RunningGate(site)
    gate.choose_port()
    argv = [sys.executable, "-m", "hadir.cli", "gate", "--data", str(site.data), "--port", str(gate.port)]
    program, clock = Program("gate", argv, watch_ms=3_000), SystemClock()

    def look_until(condition: Callable[[], bool]) -> None:
        until(lambda: (program.look(clock.mono_ms()), condition())[1])

    try:
        look_until(lambda: status(gate) == 200)
        assert program.process is not None
        frozen = program.process.pid
        os.kill(frozen, signal.SIGSTOP)
        look_until(lambda: program.process is not None and program.process.pid != frozen)
        look_until(lambda: status(gate) == 200)
    finally:
        program.stop()


def test_the_supervisor_watches_the_gate_for_a_minute(site: Site) -> None:
    programs = _programs(site, host="127.0.0.1", port=1, public_url="http://127.0.0.1:1")
    assert {one.name: one.watch_ms for one in programs if one.watch_ms} == {"gate": WATCH_MS}
    assert WATCH_MS == 60_000


def test_a_disk_that_takes_long_is_no_reason_to_be_killed(site: Site, sari: Phone) -> None:
    gate = RunningGate(site)
    gate.choose_port()
    argv = [sys.executable, "-m", "rehearsal.slow_gate", "--data", str(site.data), "--port", str(gate.port)]
    program, clock = Program("gate", [*argv, "--slow-batch-ms", "5000"], watch_ms=2_000), SystemClock()
    try:
        until(lambda: (program.look(clock.mono_ms()), status(gate) == 200)[1])
        assert program.process is not None
        first = program.process.pid
        for _ in range(2):  # the first teaches it nothing, of the second it does not know that it is slow
            answer = subprocess.Popen(
                [sys.executable, "-c", _TAP, str(gate.port), sari.punch()], stdout=subprocess.PIPE
            )
            until(lambda answer=answer: (program.look(clock.mono_ms()), answer.poll() is not None)[1])
            assert answer.communicate()[0] == b"200"
        assert program.process.pid == first
    finally:
        program.stop()


_TAP = """
import http.client, json, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
body = json.dumps({"punches": [{"record": sys.argv[2]}]})
connection.request("POST", "/v1/punches", body, {"content-type": "application/json"})
print(connection.getresponse().status, end="")
"""


def test_a_sync_that_holds_up_the_loop_itself_is_no_reason_either(tmp_path: Path) -> None:
    """Once a disk was quick, the loop waits for it: a sync that then takes long keeps the loop from coming round."""
    address, disk = str(tmp_path / "n"), TimedDisk()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(address)
        signs = Signs(address, 0.3)
        signs.waits_for_disk = lambda: disk.is_at_work

        async def work() -> None:
            await disk(lambda: None)
            heard.settimeout(0)
            drain(heard)
            await disk(lambda: time.sleep(1))
            assert heard.recv(100) == b"WATCHDOG=1"

        asyncio.run(work())
        signs.end()


def drain(heard: socket.socket) -> None:
    with suppress(BlockingIOError):
        while heard.recv(100):
            pass


def test_signs_come_from_the_loop_or_while_the_disk_works_and_from_nothing_else(tmp_path: Path) -> None:
    address = str(tmp_path / "n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(address)
        heard.settimeout(1)
        signs = Signs(address, 0.3)
        signs.tell("READY=1")
        words = {heard.recv(100) for _ in range(3)}
        assert words == {b"READY=1", b"WATCHDOG=1"}, "the journal is being opened"
        signs.waits_for_disk = lambda: False
        time.sleep(0.2)
        heard.settimeout(0)
        drain(heard)
        heard.settimeout(0.5)
        with pytest.raises(TimeoutError):
            heard.recv(100)
        signs.came_round()
        assert heard.recv(100) == b"WATCHDOG=1"
        with pytest.raises(TimeoutError):
            heard.recv(100)
        signs.end()


def test_a_journal_that_is_gone_is_said_and_none_is_begun_in_its_place(used: tuple[RunningGate, str]) -> None:
    """Another one would give its positions to other records; the file put back is served at once."""
    gate, tap = used
    file = gate.site.journal_folder("gate1") / JOURNAL_FILE
    write(file)
    whole = file.read_bytes()
    for name in ("", "-wal", "-shm"):
        file.with_name(file.name + name).unlink(missing_ok=True)
    gate.spawn()
    until(lambda: status(gate) == 503)
    assert gate.call("GET", "/readyz").json["reason"]["code"] == "journal_missing"
    assert gate.punch(tap).status == 503
    for name in ("-wal", "-shm"):
        file.with_name(file.name + name).unlink(missing_ok=True)
    file.write_bytes(whole)
    until(lambda: status(gate) == 200)
    assert gate.punch(tap).json["answers"][0]["repeat"] is True
