"""A whole site on one machine: one command starts it, crashes are one program's, and Ctrl-C ends it in order."""

import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadir.cli import main
from hadir.door.onward import headers_for_office
from hadir.gate.wire import Request
from hadir.serve import _programs, _write_pids
from hadir.site import Site, found_site
from hadir.web import SHELL_POLICY
from tests.sitekit import RunningSite, demo_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    running = demo_site(tmp_path_factory.mktemp("served") / "data", now="2026-11-24T07:00:00")
    running.start()
    yield running
    running.stop()


def site_of_nobody() -> Site:
    return Site(data=Path("nowhere"), name="rehearsal/tests", zone="Asia/Makassar", year=2026)


def get(site: RunningSite, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(site.url + path, headers=headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own address
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_the_phone_the_gate_and_the_office_answer_on_one_port(site: RunningSite) -> None:
    status, headers, body = get(site, "/")
    assert (status, headers["Content-Security-Policy"]) == (200, SHELL_POLICY)
    assert b"<script" in body
    assert b"</script>" in body.replace(b" ", b"")
    assert get(site, "/readyz")[0] == 200
    assert get(site, "/v1/checkpoint")[2].startswith(b"rehearsal/journey/gate1/2026\n")
    assert get(site, "/kantor/masuk/")[0] == 200
    assert get(site, "/nothing")[0] == 404


@pytest.mark.parametrize("port", ["-1", "65536", "9" * 30])
def test_a_port_that_is_none_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    upstreams = ["--gate", "http://127.0.0.1:1", "--office", "http://127.0.0.1:1"]
    for words in (["serve", "--data", str(tmp_path)], ["gate", "--data", str(tmp_path)], ["door", *upstreams]):
        assert main([*words, f"--port={port}"]) == 1
        (said,) = capsys.readouterr().err.splitlines()
        assert f"{port} is no port" in said
    assert not list(tmp_path.iterdir())


def test_a_gate_that_dies_again_and_again_is_back_within_seconds_and_the_office_is_given_time() -> None:
    def longest_wait_ms(name: str) -> int:
        (program,) = (
            one for one in _programs(site_of_nobody(), host="127.0.0.1", port=1, public_url="") if one.name == name
        )
        program.argv, now_ms, waits = ["false"], 0, []
        for _ in range(8):
            program.start(now_ms)
            assert program.process is not None
            program.process.wait()
            program.look(now_ms)
            waits.append(program.due_ms - now_ms)
        return max(waits)

    assert longest_wait_ms("gate") == longest_wait_ms("door") == 1_000
    assert longest_wait_ms("office") == longest_wait_ms("follower") == 5_000


def test_the_office_yields_the_processor_to_the_gate_though_each_is_a_session(site: RunningSite) -> None:
    groups = {name: Path(f"/proc/{site.pids()[name]}/autogroup") for name in ("gate", "door", "office", "follower")}
    if not groups["gate"].exists():
        pytest.skip("this kernel knows no groups of sessions")
    nice = {name: int(group.read_text().split()[-1]) for name, group in groups.items()}
    assert nice == {"gate": 0, "door": 0, "office": 5, "follower": 5}


def test_the_shell_is_fetched_anew_and_its_assets_are_kept(site: RunningSite) -> None:
    for path in ("/", "/sw.js"):
        assert get(site, path)[1]["Cache-Control"] == "no-cache"
    asset = get(site, "/")[2].decode().split('src="/assets/')[1].split('"')[0]
    assert "immutable" in get(site, f"/assets/{asset}")[1]["Cache-Control"]


def test_a_killed_gate_is_started_again_while_the_shell_and_the_office_stay(site: RunningSite) -> None:
    before = site.pids()
    site.kill("gate")
    assert get(site, "/")[0] == 200
    assert get(site, "/kantor/masuk/")[0] == 200
    status, headers, body = get(site, "/v1/checkpoint")
    named = {name.lower(): value for name, value in headers.items()}
    assert status == 200 or (int(named["retry-after"]) >= 1 and b'"stopping"' in body)
    until_ready(site)
    assert site.pids()["gate"] != before["gate"]
    assert site.pids()["office"] == before["office"]


def test_a_killed_office_does_not_touch_the_gate(site: RunningSite) -> None:
    site.kill("office")
    site.kill("follower")
    assert get(site, "/readyz")[0] == 200


def test_who_called_is_said_by_the_door_and_not_by_the_caller() -> None:
    claims = ("x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip", "x_forwarded_for", "x-named")
    claimed = [(name.encode(), b"6.6.6.6") for name in claims]
    hop = [(b"connection", b"keep-alive, X-Named"), (b"upgrade", b"h2c"), (b"te", b"trailers"), (b"expect", b"x")]
    framing = [(b"content-length", b"3"), (b"transfer-encoding", b"chunked")]
    request = Request(
        method="GET",
        path="/kantor/",
        query=b"",
        content_type=b"",
        keep_alive=True,
        headers=[*claimed, *hop, *framing, (b"x-forwarded-proto", b"https"), (b"accept", b"*/*")],
        address="10.1.2.3",
    )
    assert dict(headers_for_office(request)) == {
        "accept": "*/*",
        "X-Forwarded-For": "10.1.2.3",
        "X-Forwarded-Proto": "http",
    }


def until_ready(site: RunningSite) -> None:
    end = time.monotonic() + 20
    while get(site, "/readyz")[0] != 200:
        assert time.monotonic() < end, "the gate did not come back"
        time.sleep(0.05)


def test_a_taken_port_is_named_and_nothing_is_started(site: RunningSite) -> None:
    second = site.hadir("serve", "--data", str(site.site.data), "--port", str(site.port))
    assert second.returncode == 1
    assert f"port {site.port}" in second.stderr


def test_a_supervisor_that_is_killed_leaves_nobody_behind(tmp_path: Path) -> None:
    site = demo_site(tmp_path / "data", now="2026-11-24T07:00:00")
    site.start()
    assert site.process is not None
    pids = [pid for name, pid in site.pids().items() if name not in {"serve", "port"}]
    os.kill(site.process.pid, signal.SIGKILL)
    site.process.wait()
    end = time.monotonic() + 20
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < end, "a program outlived its supervisor"
        time.sleep(0.05)


def test_a_program_that_hears_nothing_ends_with_its_supervisor_too(tmp_path: Path) -> None:
    """Asked by a signal alone, a follower or an export in the middle of its work went on beside the next site's."""
    site = demo_site(tmp_path / "data", now="2026-11-24T07:00:00")
    site.start()
    assert site.process is not None
    pids = {name: pid for name, pid in site.pids().items() if name not in {"serve", "port"}}
    below = [int(pid) for program in pids.values() for pid in children(program)]
    assert below, "the office's workers"
    for name in ("follower", "exports", "office"):
        os.kill(pids[name], signal.SIGSTOP)
    os.kill(site.process.pid, signal.SIGKILL)
    site.process.wait()
    end = time.monotonic() + 60
    while (left := [pid for pid in (*pids.values(), *below) if alive(pid)]) and time.monotonic() < end:
        time.sleep(0.05)
    for pid in left:  # a failure leaves nobody frozen on this machine
        os.kill(pid, signal.SIGKILL)
    assert not left, "they outlived their supervisor"
    again = RunningSite.on(tmp_path / "data")
    again.start()
    again.stop()


def test_after_an_orderly_stop_nothing_waits_for_it_any_more(tmp_path: Path) -> None:
    site = demo_site(tmp_path / "data", now="2026-11-24T07:00:00")
    site.start()
    assert site.process is not None
    started = [int(pid) for pid in children(site.process.pid)]
    assert len(started) > len(site.pids()) - len({"serve", "port"}), "and one that waits for the supervisor's death"
    site.stop()
    assert not any(alive(pid) for pid in started)


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_empty_folder_becomes_a_demo_site_that_ends_in_order_when_it_is_asked_to(tmp_path: Path) -> None:
    site = RunningSite.on(tmp_path / "new")
    site.start()
    try:
        assert get(site, "/readyz")[0] == 200
        assert b"rehearsal/" in get(site, "/v1/keys")[2]
        assert site.process is not None
        site.process.send_signal(signal.SIGINT)
        assert site.process.wait(30) == 0
    finally:
        site.stop()


def test_programs_are_looked_after_though_nothing_can_be_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a full disk the supervisor itself must not end: the gate comes back when there is room."""
    site = found_site(tmp_path / "data", name="rehearsal/full", zone="Asia/Makassar", now_ms=0)
    site.run_folder.rmdir()
    site.run_folder.write_text("a file where the folder belongs")
    _write_pids(site, [], 8000)
    assert "was not written" in capsys.readouterr().err
