"""The phone's shell at the door: compressed once, named by what it holds; and refusals that a program reads."""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import unused_port

from hadir.door.onward import Upstreams
from hadir.door.program import open_door
from hadir.gate.log import silent

PAGE = b"<!doctype html>" + b"<p>hadir" * 500
Ask = Callable[..., Awaitable[tuple[ClientResponse, bytes]]]


def at_the_door(folder: Path, then: Callable[[Ask], Awaitable[None]]) -> None:
    """With nobody behind it. In a thread of its own: a browser of another test may hold this one's event loop."""
    (folder / "assets").mkdir()
    (folder / "index.html").write_bytes(PAGE)
    (folder / "assets" / "app-1a2b.js").write_bytes(b"let a = 1;\n" * 300)
    (folder / "icon.png").write_bytes(b"\x89PNG" + b"\0" * 3_000)

    async def run() -> None:
        nobody = f"http://127.0.0.1:{unused_port()}"
        async with (
            open_door(folder, Upstreams(gate=nobody, office=nobody), at=("127.0.0.1", 0), log=silent) as port,
            ClientSession(f"http://127.0.0.1:{port}", auto_decompress=False) as client,
        ):

            async def ask(path: str, method: str = "GET", **headers: str) -> tuple[ClientResponse, bytes]:
                named = {
                    "Accept-Encoding": "identity",
                    **{name.replace("_", "-"): text for name, text in headers.items()},
                }
                async with client.request(method, path, headers=named) as answer:
                    return answer, await answer.read()

            await then(ask)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(run())).result()


def test_the_shell_is_sent_compressed_to_whoever_takes_it(tmp_path: Path) -> None:
    async def then(ask: Ask) -> None:
        for path in ("/", "/index.html", "/assets/app-1a2b.js", "/status.css"):
            plain, body = await ask(path)
            packed, fewer = await ask(path, accept_encoding="deflate, gzip;q=0.5, br")
            assert "Content-Encoding" not in plain.headers
            assert packed.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(fewer) == body
            assert len(fewer) < len(body)
            assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
            assert plain.headers["ETag"] != packed.headers["ETag"], "two representations have two names"
            assert "Content-Encoding" not in (await ask(path, accept_encoding="gzip;q=0, br"))[0].headers
        image, _ = await ask("/icon.png", accept_encoding="gzip")
        assert "Content-Encoding" not in image.headers
        assert "Vary" not in image.headers

    at_the_door(tmp_path, then)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_whoever_has_the_shell_is_told_so_and_a_head_is_told_the_length(tmp_path: Path, coding: str) -> None:
    async def then(ask: Ask) -> None:
        full, body = await ask("/", accept_encoding=coding)
        head, nothing = await ask("/", "HEAD", accept_encoding=coding)
        assert (head.status, nothing, head.headers["Content-Length"]) == (200, b"", str(len(body)))
        tag = full.headers["ETag"]
        for known in (tag, f'"x", W/{tag}'):
            again, nothing = await ask("/", accept_encoding=coding, if_none_match=known)
            assert (again.status, nothing, again.headers["ETag"]) == (304, b"", tag)
        assert (await ask("/", accept_encoding=coding, if_none_match='"x"'))[0].status == 200

    at_the_door(tmp_path, then)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/metrics", 404, "not_found"),
        ("GET", "/kantorku", 404, "not_found"),
        ("POST", "/", 405, "method"),
        ("DELETE", "/v1/punches", 405, "method"),
        ("OPTIONS", "/kantor/", 405, "method"),
        ("GET", "/v1/time", 503, "stopping"),
    ],
)
def test_what_the_door_refuses_it_refuses_as_the_gate_does(
    tmp_path: Path, method: str, path: str, status: int, code: str
) -> None:
    async def then(ask: Ask) -> None:
        answer, body = await ask(path, method)
        refusal = json.loads(body)["refusal"]
        assert (answer.status, refusal["code"], refusal.keys()) == (status, code, {"code", "id", "en", "place"})
        assert ("Allow" in answer.headers) == (status == 405)
        assert ("Retry-After" in answer.headers) == (status == 503)
        assert "Server" not in answer.headers

    at_the_door(tmp_path, then)


def test_an_office_that_is_away_is_a_page_for_people(tmp_path: Path) -> None:
    async def then(ask: Ask) -> None:
        answer, body = await ask("/kantor/masuk/")
        assert (answer.status, answer.content_type) == (503, "text/html")
        assert b"Absen tetap berjalan" in body

    at_the_door(tmp_path, then)
