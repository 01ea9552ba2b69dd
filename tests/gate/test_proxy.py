"""The shipped nginx configuration, run on loopback before a real gate."""

import asyncio
import json
import re
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hadir.records.refusals import Refusal
from hadir.texts import both
from rehearsal.bench.connections import HONEST, Target, find_nginx, running_proxy, slow_morning, upstream
from rehearsal.bench.crowd import CrowdFiles, first_requests, make_crowd
from rehearsal.gates import RunningGate
from tests.conftest import NOW_MS, in_ci

CONF = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
pytestmark = pytest.mark.skipif(find_nginx() is None and not in_ci(), reason="nginx is not installed here; CI has it")


@dataclass
class Front:
    """A gate and nginx before it."""

    gate: RunningGate
    crowd: CrowdFiles
    port: int
    tls: ssl.SSLContext
    shell: Path

    def curl(self, path: str, *arguments: str) -> tuple[str, str]:
        """(head, body)."""
        argv = ["curl", "-sk", "-i", f"https://127.0.0.1:{self.port}{path}", *arguments]
        head, _, body = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.partition("\n\n")
        return head, body


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("proxy")
    crowd = make_crowd(folder, 1_000)
    gate = RunningGate(crowd.found(folder / "data", now_ms=NOW_MS), unix_socket=folder / "gate.sock")
    gate.start()
    try:
        with running_proxy(folder, upstream(gate)) as proxy:
            yield Front(gate, crowd, proxy.port, proxy.tls(), folder / "shell")
    finally:
        gate.stop()


def test_a_punch_through_the_proxy_gets_its_receipt(front: Front) -> None:
    body = first_requests(front.crowd, 1)[0].partition(b"\r\n\r\n")[2].decode()
    head, answer = front.curl("/v1/punches", "-H", "content-type: application/json", "-d", body)
    assert " 200" in head.splitlines()[0]
    assert "tlog-proof" in json.loads(answer)["answers"][0]["receipt"]


@dataclass
class StandIn:
    """Where a gate would be: it answers once it may."""

    heads: list[dict[str, str]] = field(default_factory=list)
    may_answer: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def listening(self) -> Iterator[str]:
        """At this address."""
        heads, may_answer = self.heads, self.may_answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heads.append({name.lower(): value for name, value in self.headers.items()})
                self.rfile.read(int(self.headers.get("content-length", 0)))
                may_answer.wait(20)
                self.send_response(200)
                self.end_headers()

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever).start()
            yield f"127.0.0.1:{server.server_port}"
            server.shutdown()


def test_nothing_that_a_browser_tells_about_itself_reaches_the_gate(tmp_path: Path) -> None:
    gate = StandIn()
    gate.may_answer.set()
    with gate.listening() as address, running_proxy(tmp_path, address) as proxy:
        told = ("-H", "cookie: sessionid=secret", "-H", "user-agent: Sari", "-H", "x-forwarded-for: 6.6.6.6")
        json_of = ("-H", "content-type: application/json", "-d", "{}")
        url = f"https://127.0.0.1:{proxy.port}/v1/punches"
        subprocess.run(["curl", "-sk", url, *told, *json_of], check=True)
    assert gate.heads == [{"host": "127.0.0.1", "content-type": "application/json", "content-length": "2"}]


def test_of_two_gates_the_one_that_owes_fewer_answers_gets_the_next_tap(tmp_path: Path) -> None:
    stuck, quick, taps = StandIn(), StandIn(), 12
    quick.may_answer.set()
    with (
        stuck.listening() as first,
        quick.listening() as second,
        running_proxy(tmp_path, f"{first}; server {second}") as proxy,
    ):
        url = f"https://127.0.0.1:{proxy.port}/v1/checkpoint"
        sent: list[subprocess.Popen[bytes]] = []
        for _ in range(taps):
            sent.append(subprocess.Popen(["curl", "-skm", "20", url], stdout=subprocess.DEVNULL))
            while len(stuck.heads) + sum(tap.poll() is not None for tap in sent) < len(sent):
                time.sleep(0.01)
        by_turns, waiting = taps // 2, len(stuck.heads)
        stuck.may_answer.set()
        assert [tap.wait(20) for tap in sent] == [0] * taps
    assert 0 < waiting < by_turns - 2
    assert len(quick.heads) == taps - waiting


def test_the_shell_is_there_with_its_policy_and_metrics_are_not(front: Front) -> None:
    head, body = front.curl("/")
    assert "content-security-policy: default-src" in head.lower()
    assert "<title>Hadir" in body
    assert "hadir_" not in front.curl("/metrics")[1]


def test_the_shell_is_compressed_and_what_is_anybodys_own_is_not(front: Front) -> None:
    (front.shell / "assets" / "app-1a2b.js").write_text("let a = 1;\n" * 300)
    head = front.curl("/assets/app-1a2b.js", "-H", "accept-encoding: gzip", "-o", "/dev/null", "-D", "-")[0].lower()
    assert "content-encoding: gzip" in head
    assert "vary: accept-encoding" in head
    for path in ("/v1/keys", "/kantor/"):
        assert "content-encoding" not in front.curl(path, "-H", "accept-encoding: gzip")[0].lower()


@pytest.mark.parametrize(
    ("path", "arguments", "refusal"),
    [
        ("/v1/punches", ("-d", "@{large}"), Refusal.BODY_TOO_LARGE),
        ("/v1/punches", ("-H", "content-encoding: br", "-d", "{{}}"), Refusal.ENCODED_BODY),
        ("/v1/punches", ("-X", "DELETE"), Refusal.METHOD),
        ("/v1/..%2fmetrics", (), Refusal.BAD_HTTP),
        ("/v1/keys", ("-H", "x: " + "a" * 40_000), Refusal.HEAD_TOO_LARGE),
    ],
)
def test_what_nginx_refuses_it_refuses_as_the_gate_does(
    front: Front, tmp_path: Path, path: str, arguments: tuple[str, ...], refusal: Refusal
) -> None:
    (tmp_path / "large").write_bytes(b"a" * 400_000)
    head, body = front.curl(
        path, "--path-as-is", "--http1.1", *(one.format(large=tmp_path / "large") for one in arguments)
    )
    head = head.split("100 Continue")[-1]
    assert f" {refusal.status} " in head
    assert json.loads(body.rpartition("\n\n")[2])["refusal"]["code"] == refusal.code
    assert "server: nginx\n" in head.lower()


def test_slow_clients_behind_the_proxy_are_ended_and_honest_ones_served(front: Front) -> None:
    figures = asyncio.run(
        slow_morning(Target(front.port, front.tls), first_requests(front.crowd, HONEST), heads=700, bodies=200)
    )
    assert figures["succeeded"] == figures["honest"], figures
    assert figures["slow_ended_by_server"] >= 700, figures


async def school(target: Target, phones: int) -> list[bytes]:
    """Everybody at once, from one address, each with two connections as a browser may; the answers' first lines. What
    is asked for costs the gate nothing: whom it sends away itself is another matter.
    """
    open_ways: list[asyncio.StreamWriter] = []

    async def phone() -> list[bytes]:
        ways = [await target.connect() for _ in range(2)]
        open_ways.extend(writer for _, writer in ways)
        for _, writer in ways:
            writer.write(b"GET /v1/root HTTP/1.1\r\nhost: hadir\r\n\r\n")
        return [await reader.readline() for reader, _ in ways]

    told = await asyncio.gather(*(phone() for _ in range(phones)))
    for writer in open_ways:  # nobody hung up before the last was answered
        writer.close()
    return [line for lines in told for line in lines]


def test_five_hundred_phones_behind_one_address_are_let_through(front: Front) -> None:
    lines = asyncio.run(school(Target(front.port, front.tls), 500))
    assert Counter(lines) == {b"HTTP/1.1 200 OK\r\n": 1_000}


def test_what_nginx_says_for_us_are_our_own_sentences() -> None:
    text = CONF.read_text(encoding="utf-8")
    for code in ("busy", "stopping", "bad_http", "head_too_large", "method", "body_too_large", "encoded_body"):
        told = re.search(rf"'(\{{\"refusal\":\{{\"code\":\"{code}\".*?)';", text)
        assert told is not None
        assert {lang: json.loads(told[1])["refusal"][lang] for lang in ("id", "en")} == both(f"refusal.{code}")
    assert all(sentence in text for sentence in both("door.office_away").values())


def test_a_dead_gate_is_said_in_words_that_a_phone_understands(front: Front) -> None:
    front.gate.stop()
    head, body = front.curl("/v1/checkpoint")
    assert " 503" in head.splitlines()[0]
    assert re.search(r"(?i)^retry-after: \d+", head, flags=re.MULTILINE)
    assert json.loads(body)["refusal"]["code"] == "stopping"
    assert "kantor" in front.curl("/kantor/")[1]
