"""The shipped nginx configuration, run on loopback before a real gate."""

import asyncio
import json
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hadir.drill.bench_crowd import Crowd, first_requests, make_crowd
from hadir.drill.bench_proxy import find_nginx, running_proxy, upstream
from hadir.drill.bench_slow import HONEST, Target, slow_morning
from hadir.drill.gates import RunningGate
from hadir.texts import both
from tests.conftest import NOW_MS, in_ci

CONF = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
pytestmark = pytest.mark.skipif(find_nginx() is None and not in_ci(), reason="nginx is not installed here; CI has it")


@dataclass
class Front:
    """A gate and nginx before it."""

    gate: RunningGate
    crowd: Crowd
    port: int
    tls: ssl.SSLContext

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
            yield Front(gate, crowd, proxy.port, proxy.tls())
    finally:
        gate.stop()


def test_a_punch_through_the_proxy_gets_its_receipt(front: Front) -> None:
    body = first_requests(front.crowd, 1)[0].partition(b"\r\n\r\n")[2].decode()
    head, answer = front.curl("/v1/punches", "-H", "content-type: application/json", "-d", body)
    assert " 200" in head.splitlines()[0]
    assert "tlog-proof" in json.loads(answer)["answers"][0]["receipt"]


def test_nothing_that_a_browser_tells_about_itself_reaches_the_gate(tmp_path: Path) -> None:
    heads: list[dict[str, str]] = []

    class Listener(BaseHTTPRequestHandler):
        """Where the gate would be."""

        def do_POST(self) -> None:
            heads.append({name.lower(): value for name, value in self.headers.items()})
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as listener:
        threading.Thread(target=listener.serve_forever).start()
        with running_proxy(tmp_path, f"127.0.0.1:{listener.server_port}") as proxy:
            told = ("-H", "cookie: sessionid=secret", "-H", "user-agent: Sari", "-H", "x-forwarded-for: 6.6.6.6")
            json_of = ("-H", "content-type: application/json", "-d", "{}")
            url = f"https://127.0.0.1:{proxy.port}/v1/punches"
            subprocess.run(["curl", "-sk", url, *told, *json_of], check=True)
        listener.shutdown()
    assert heads == [{"host": "127.0.0.1", "content-type": "application/json", "content-length": "2"}]


def test_the_shell_is_there_with_its_policy_and_metrics_are_not(front: Front) -> None:
    head, body = front.curl("/")
    assert "content-security-policy: default-src" in head.lower()
    assert "<title>Hadir" in body
    assert "hadir_" not in front.curl("/metrics")[1]


def test_slow_clients_behind_the_proxy_are_ended_and_honest_ones_served(front: Front) -> None:
    figures = asyncio.run(
        slow_morning(Target(front.port, front.tls), first_requests(front.crowd, HONEST), heads=700, bodies=200)
    )
    assert figures["succeeded"] == figures["honest"], figures
    assert figures["slow_ended_by_server"] >= 700, figures


def test_what_nginx_says_for_us_are_our_own_sentences() -> None:
    text = CONF.read_text(encoding="utf-8")
    for code in ("busy", "stopping"):
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
    assert "Kantor" in front.curl("/kantor/")[1]
