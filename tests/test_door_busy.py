"""The office full of people: the door tells the next when to come back, and taps go by."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer, make_mocked_request

from hadir.door import OFFICE_AT_ONCE_MAX, OFFICE_SENDING_MAX, Places, Upstreams, _office_away, make_door, open_door

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
        listening, runner = await open_door(make_door(shell, Upstreams(office=url, gate=url)), "127.0.0.1", 0)
        base = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        async with ClientSession(base) as client:
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
        listening.close()
        await runner.cleanup()


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
        assert re.search(rf"http-equiv=refresh content={seconds}>", page)
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


def test_an_office_that_did_not_answer_once_is_asked_again_at_once() -> None:
    page = "/kantor/pegawai/"
    asked = make_mocked_request("GET", page)
    places = Places()
    places.learn(asked, _office_away())
    assert places.come_back_s(page, sends=False) == 0
    places.learn(asked, web.Response(status=503, headers={"Retry-After": "9"}))
    assert places.come_back_s(page, sends=False) > 0, "the office said so itself"
