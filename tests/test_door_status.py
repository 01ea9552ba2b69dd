"""`/status` answers everybody: from the office, and by the door itself while the office or even the gate is away."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port

from hadir.door.onward import Upstreams
from hadir.door.program import open_door
from hadir.gate.log import silent


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html>")
    return tmp_path


def answering(path: str, status: int, text: str) -> web.Application:
    app = web.Application()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text, content_type="text/html")

    app.router.add_get(path, answer)
    return app


def ask(shell: Path, *, office: web.Application | None, gate: web.Application | None) -> tuple[int, str]:
    """`asked`, in a thread of its own: a browser of another test may hold this one's event loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(asked(shell, office=office, gate=gate))).result()


async def asked(shell: Path, *, office: web.Application | None, gate: web.Application | None) -> tuple[int, str]:
    """What `/status` says in front of these programs; None for one that is not there."""
    there = [TestServer(app) for app in (office, gate) if app]
    for server in there:
        await server.start_server()
    urls = iter(str(server.make_url("")).rstrip("/") for server in there)
    nobody = f"http://127.0.0.1:{unused_port()}"
    upstreams = Upstreams(office=next(urls) if office else nobody, gate=next(urls) if gate else nobody)
    async with (
        open_door(shell, upstreams, at=("127.0.0.1", 0), log=silent) as port,
        ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        answer = await client.get("/status")
        text = await answer.text()
        assert "unsafe" not in answer.headers.get("Content-Security-Policy", "")
        assert (await client.get("/status.css")).headers["Content-Type"].startswith("text/css")
    for server in there:
        await server.close()
    return answer.status, text


OFFICE = "/kantor/status/"


def test_the_office_answers_while_it_is_there(shell: Path) -> None:
    office = answering(OFFICE, 200, "dari kantor")
    assert ask(shell, office=office, gate=None) == (200, "dari kantor")


@pytest.mark.parametrize("status", [0, 500, 503])
def test_while_the_office_is_away_the_door_says_so_and_that_taps_are_taken(shell: Path, status: int) -> None:
    office = answering(OFFICE, status, "rusak") if status else None
    gate = answering("/readyz", 200, "ready")
    code, page = ask(shell, office=office, gate=gate)
    assert code == 200
    assert "Halaman kantor sedang tidak dapat dibuka" in page
    assert "Absen diterima seperti biasa" in page
    assert "Taps are taken as usual" in page
    assert "rusak" not in page


def test_while_both_are_away_it_says_tap_anyway(shell: Path) -> None:
    code, page = ask(shell, office=None, gate=answering("/readyz", 503, "stopping"))
    assert code == 200
    assert "Tetap tekan Absen di HP" in page
    assert "Tap on your phone anyway" in page
    assert "Absen diterima seperti biasa" not in page
