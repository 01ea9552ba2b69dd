"""The office full of people: the door tells the next when to come back, and taps go by."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer, unused_port

from hadir.door.limits import OFFICE_AT_ONCE_MAX, OFFICE_SENDING_MAX
from hadir.door.onward import Upstreams
from hadir.door.program import open_door
from hadir.gate.log import silent

PAGE = "/kantor/masuk/"
_SECONDS_MAX = 10


def with_a_full_office(shell: Path, then: Callable[[ClientSession], Awaitable[None]]) -> None:
    """In a thread of its own: a browser of another test may hold this one's event loop."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(_with_a_full_office(shell, then))).result()


async def _with_a_full_office(shell: Path, then: Callable[[ClientSession], Awaitable[None]]) -> None:
    (shell / "index.html").write_text("<!doctype html>")
    away, inside = asyncio.Event(), asyncio.Semaphore(0)

    async def slow(_: web.Request) -> web.Response:
        inside.release()
        await away.wait()
        return web.Response(text="formulir")

    async def tap(_: web.Request) -> web.Response:
        return web.json_response({"receipt": ""})

    there = web.Application()
    there.router.add_route("*", PAGE, slow)
    there.router.add_post("/v1/punches", tap)
    async with TestServer(there) as server:
        url = str(server.make_url("")).rstrip("/")
        async with (
            open_door(shell, Upstreams(office=url, gate=url), at=("127.0.0.1", 0), log=silent) as port,
            ClientSession(f"http://127.0.0.1:{port}") as client,
        ):
            waiting = [asyncio.ensure_future(client.get(PAGE)) for _ in range(OFFICE_AT_ONCE_MAX)]
            for _ in waiting:
                await inside.acquire()
            try:
                async with asyncio.timeout(_SECONDS_MAX):
                    await then(client)
            finally:
                away.set()
            assert {answer.status for answer in await asyncio.gather(*waiting)} == {200}
            assert (await client.get(PAGE)).status == 200


async def told(answer: ClientResponse) -> tuple[int, str]:
    assert answer.status == 503
    return int(answer.headers["Retry-After"]), await answer.text()


def test_whoever_comes_to_a_full_office_is_told_when_to_come_back_and_taps_go_by(tmp_path: Path) -> None:
    async def then(client: ClientSession) -> None:
        rows = [await told(await client.get(PAGE)) for _ in range(200)]
        assert rows[-1][0] > rows[0][0], "each behind those who were told before him"
        seconds, page = rows[0]
        assert f"mencoba lagi sendiri dalam {seconds} detik" in page
        assert f"tries again by itself in {seconds} seconds" in page
        assert re.search(rf'http-equiv="refresh" content="{seconds}">', page)
        assert (await client.post("/v1/punches")).status == 200

    with_a_full_office(tmp_path, then)


def test_whoever_sends_what_he_wrote_finds_a_place_longer_and_nothing_is_sent_twice(tmp_path: Path) -> None:
    async def then(client: ClientSession) -> None:
        sending = [asyncio.ensure_future(client.post(PAGE, data={"a": "b"})) for _ in range(OFFICE_SENDING_MAX + 1)]
        done, still = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        assert (len(done), len(still)) == (1, OFFICE_SENDING_MAX)
        _, page = await told(done.pop().result())
        assert "yang Anda kirim belum diterima" in page
        assert "refresh" not in page

    with_a_full_office(tmp_path, then)


def test_an_office_that_did_not_answer_once_is_asked_again_at_once(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    asked: list[str] = []

    async def full(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=503, headers={"Retry-After": "9"})

    async def away_then_full() -> None:
        there = web.Application()
        there.router.add_get(PAGE, full)
        url = f"http://127.0.0.1:{(port := unused_port())}"
        async with (
            open_door(tmp_path, Upstreams(office=url, gate=url), at=("127.0.0.1", 0), log=silent) as door,
            ClientSession(f"http://127.0.0.1:{door}") as client,
        ):
            assert (await client.get(PAGE)).status == 503
            async with TestServer(there, port=port):
                assert [(await client.get(PAGE)).status for _ in range(3)] == [503] * 3
        assert asked == [PAGE], "asked although the door had no answer before, and not again: the office said so itself"

    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(away_then_full())).result()
