"""What a caller may send, at every front: nobody's bytes reach anybody else, no program shows where it broke, and each
conversation ends.
"""

import asyncio
import gzip
import http.client
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from rehearsal.bench.served import LOGIN, PASSWORD
from tests.hostile.conftest import Fronts
from tests.hostile.speaking import Front, Heard, get, host, markers_in, new_marker, read_answers, refusal_of
from tests.hostile.table import CASES, FRONTS, OK, POST, SLOW, THEN_HONEST, THEN_NO_MORE, Case, fill_in

_AT_ONCE = 8
_POST_STATUS = {False: 400, True: 403}
_OK_STATUS = {False: 200, True: 302}


@dataclass
class Told:
    """What the caller heard, and whether another who asked meanwhile heard anything but an own answer."""

    heard: Heard
    raw: bytes
    was_ended: bool
    marker: str
    other_marker: str
    other_answers: list[str]


async def converse(front: Front, case: Case) -> Told:
    """The caller's conversation, and somebody else's before, between and behind its parts."""
    marker, other = new_marker(), new_marker()
    words = {"%HOST%": host(front), "%TARGET%": front.target(marker), "%POST%": front.post_target()}
    others, caller = await front.connect(), await front.connect()
    answers = [await others.ask(front, other)]
    for part in case.parts:
        await caller.say(fill_in(part, words) if isinstance(part, bytes) else part)
    answers.append(await others.ask(front, other))
    if case.then == THEN_HONEST:
        await caller.say(get(front, marker, "Connection: close"))
    elif case.then == THEN_NO_MORE:
        caller.say_no_more()
    await caller.hear_to_the_end()
    answers.append(await others.ask(front, other))
    others.line.close()
    newcomer = await front.connect()
    answers.append(await newcomer.ask(front, other))
    newcomer.line.close()
    heard = read_answers(caller.heard, case.methods)
    said = ["own" if answer.carries(other) else f"{answer.status}" for answer in answers]
    said += ["the caller's" for answer in answers if answer.carries(marker)]
    return Told(heard, caller.heard, caller.was_ended, marker, other, said)


async def converse_all(front: Front) -> dict[str, Told]:
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(case: Case) -> Told:
        if case in SLOW:
            return await converse(front, case)
        async with turns:
            return await converse(front, case)

    cases = [case for case in CASES.values() if front.name not in case.not_at]
    told = await asyncio.gather(*map(one, cases))
    return {case.name: one for case, one in zip(cases, told, strict=True)}


@pytest.fixture(scope="module")
def told(fronts: Fronts) -> dict[str, dict[str, Told]]:
    """All conversations at all fronts. In a thread of its own: a browser of another test may hold this one's loop."""

    async def everywhere() -> list[dict[str, Told]]:
        return await asyncio.gather(*map(converse_all, fronts.by_name.values()))

    with ThreadPoolExecutor(1) as threads:
        results = threads.submit(lambda: asyncio.run(everywhere())).result()
    return dict(zip(fronts.by_name, results, strict=True))


def of_front(told: dict[str, dict[str, Told]], front: str) -> dict[str, Told]:
    if front not in told:
        pytest.skip("nginx is not installed here; CI has it")
    return told[front]


def statuses(heard: Heard, marker: str, *, is_office: bool) -> tuple[int, ...]:
    """As the table writes them."""
    told = []
    for answer in heard.answers:
        is_ok = answer.status == _OK_STATUS[is_office] and (answer.carries(marker) or not answer.body)
        is_post = answer.status == _POST_STATUS[is_office] and refusal_of(answer) != "bad_http"
        told.append(OK if is_ok else POST if is_post and (is_office or refusal_of(answer)) else answer.status)
    return tuple(told)


@pytest.mark.parametrize("front", FRONTS)
def test_each_front_answers_as_the_table_says(told: dict[str, dict[str, Told]], front: str) -> None:
    wrong = {}
    for name, one in of_front(told, front).items():
        expected = CASES[name].expected(front)
        said = statuses(one.heard, one.marker, is_office=front.endswith("office"))
        if said != (expected or ()) or (expected is not None and one.heard.rest):
            wrong[name] = (said, "expected", expected, one.raw[:300])
    assert not wrong, "\n".join(f"{name}: {why}" for name, why in wrong.items())


@pytest.mark.parametrize("front", FRONTS)
def test_nobodys_bytes_reach_anybody_else(told: dict[str, dict[str, Told]], front: str) -> None:
    for name, one in of_front(told, front).items():
        assert one.other_answers == ["own"] * 4, name
        spoken = one.raw.decode("latin-1") + "".join(map(markers_in, one.heard.answers))
        assert one.other_marker not in spoken, name


@pytest.mark.parametrize("front", FRONTS)
def test_every_conversation_is_ended_by_the_front(told: dict[str, dict[str, Told]], front: str) -> None:
    assert not [name for name, one in of_front(told, front).items() if not one.was_ended]


@pytest.mark.parametrize("front", FRONTS)
def test_no_answer_shows_numbers_versions_or_where_a_program_broke(
    told: dict[str, dict[str, Told]], front: str
) -> None:
    for name, one in of_front(told, front).items():
        assert b"hadir_gate" not in one.raw, name
        assert b"Traceback" not in one.raw, name
        for answer in one.heard.answers:
            assert not re.search(r"\d", answer.headers.get("server", "")), name
            is_page = answer.headers.get("content-type") == "text/html; charset=utf-8"  # the office's, for people
            assert answer.status < 400 or is_page or refusal_of(answer), (name, answer)


def test_no_program_logs_where_it_broke(told: dict[str, dict[str, Told]], fronts: Fronts) -> None:
    assert told
    logged = fronts.logged()
    assert "Traceback" not in logged
    assert '"defect"' not in logged
    assert "Error handling request" not in logged


def log_in(front: Front) -> tuple[int, str]:
    """As a browser does, on one connection: the status, and the session that was given."""
    line = http.client.HTTPConnection("127.0.0.1", front.port, timeout=30)
    line.request("GET", "/kantor/masuk/")
    page = line.getresponse()
    cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    assert token
    form = f"csrfmiddlewaretoken={token[1]}&login={LOGIN}&password={PASSWORD}"
    origin = "https://127.0.0.1" if front.is_nginx else f"http://{host(front)}"
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "Origin": origin}
    line.request("POST", "/kantor/masuk/", form, headers)
    answer = line.getresponse()
    answer.read()
    given = [value for name, value in answer.getheaders() if name == "Set-Cookie" and "sesi=" in value]
    line.close()
    return answer.status, given[0] if given else ""


@pytest.mark.parametrize("front", ["door-office", "nginx-office"])
def test_a_packed_body_takes_nobodys_session(fronts: Fronts, front: str) -> None:
    """It unpacks to fewer bytes than its length says, the page does not read it, and somebody logs in next."""
    packed = gzip.compress(b"a")
    begun = (
        b"POST /kantor/api/saya/hari-ini HTTP/1.1\r\nHost: %b\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    )
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", fronts[front].port), timeout=30) as stranger:
            stranger.sendall(begun % (host(fronts[front]).encode(), len(packed)) + packed)
            status, session = log_in(fronts[front])
            assert (status, bool(session)) == (302, True)
            stranger.sendall(get(fronts[front], "x", "Connection: close"))
            heard = b"".join(iter(lambda line=stranger: line.recv(65_536), b""))  # type: ignore[misc]  # bound at once
        assert [answer.status for answer in read_answers(heard).answers] == [415, 302]
        assert session.partition("=")[2][:20].encode() not in heard


def test_a_page_that_does_not_read_the_body_answers_whole_and_the_connection_ends(fronts: Fronts) -> None:
    """At gunicorn itself: nothing that a front does is needed for it."""
    body = b"a" * 3_000_000
    with socket.create_connection(("127.0.0.1", fronts.office_port), timeout=30) as line:
        head = b"POST /kantor/api/saya/hari-ini HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
        line.sendall(head % len(body) + body)
        line.sendall(b"GET /kantor/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        heard = b""
        while piece := line.recv(65_536):
            heard += piece
    answers = read_answers(heard).answers
    assert [answer.status for answer in answers] == [405]
    assert answers[0].headers["connection"] == "close"


def test_a_thousand_half_heads_from_one_address_keep_nobody_out(fronts: Fronts) -> None:
    door = fronts["door"]
    slow = []
    for _ in range(1_100):
        line = socket.socket()
        line.bind(("127.0.0.250", 0))
        line.connect(("127.0.0.1", door.port))
        line.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
        slow.append(line)
    for _ in range(20):
        line = socket.create_connection(("127.0.0.1", door.port), timeout=10)
        line.sendall(get(door, new_marker(), "Connection: close"))
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")
        line.close()
    for line in slow:
        line.close()
