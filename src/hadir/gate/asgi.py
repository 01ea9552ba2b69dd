"""The gate as an ASGI 3 application, for any ASGI server on asyncio; `hadir.gate.wire` is quicker.

The same `Gate` answers on both. What a server owns is its own affair here: the size and the seconds of a head, and how
many requests may be sent ahead. The body's limits, in bytes and in seconds, are ours either way.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Protocol

from hadir.gate.head import values
from hadir.gate.wire import BODY_SECONDS_MAX, DISCARDED_BYTES_MAX, Answers, Request, WireResponse
from hadir.records.refusals import Refusal, Refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Life(Protocol):
    """What opens before the first request and answers everyone before the end: the writer."""

    async def start(self) -> None:
        """Open."""

    async def stop(self, reason: str) -> None:
        """Answer everyone who was admitted, and end."""


class Asgi:
    """`scope` -> `Request`, `WireResponse` -> messages."""

    def __init__(self, gate: Answers, life: Life) -> None:
        self._gate = gate
        self._life = life

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            with suppress(_LeftError, OSError):  # a server may say by OSError that nobody listens any more
                await send_response(await self._answer(scope, receive), send)
        else:
            raise ValueError(f"the gate speaks HTTP and not {scope['type']}")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._life.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._life.stop("asked to stop")
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Message, receive: Receive) -> WireResponse:
        request = _read_head(scope)
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                await _read_body(request, receive, self._gate.body_bytes_max(request.path))
        except TimeoutError:
            return self._last(Refusal.BODY_TOO_SLOW)
        except Refused as refused:
            return self._last(refused.refusal)
        if values(request.headers, b"content-encoding"):
            request.fault = Refusal.ENCODED_BODY
        answer: asyncio.Future[WireResponse] = asyncio.get_running_loop().create_future()
        self._gate.handle(request, lambda response: None if answer.done() else answer.set_result(response))
        return await answer

    def _last(self, refusal: Refusal) -> WireResponse:
        """A refusal after which nothing more can be read."""
        response = self._gate.refusal(refusal)
        response.head += b"connection: close\r\n"
        return response


class _LeftError(Exception):
    """The client went away before its request was whole."""


def _read_head(scope: Message) -> Request:
    headers = [(name.lower(), value) for name, value in scope["headers"]]
    types = values(headers, b"content-type")
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return Request(
        method=scope["method"],
        path=raw.partition(b"?")[0].decode("latin-1"),
        query=scope["query_string"],
        content_type=types[0] if types else b"",
        keep_alive=True,
        headers=headers,
    )


async def _read_body(request: Request, receive: Receive, bytes_max: int) -> None:
    """The whole body. One that is too large is read to its end within reason, so that its sender can read why; beyond
    that, Refused.
    """
    parts: list[bytes] = []
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _LeftError
        more = message.get("more_body", False)
        length += len(message.get("body", b""))
        if length <= bytes_max:
            parts.append(message.get("body", b""))
        elif more and length > DISCARDED_BYTES_MAX:
            raise Refused(Refusal.BODY_TOO_LARGE)
    if length <= bytes_max:
        request.body = b"".join(parts)
    else:
        request.fault = Refusal.BODY_TOO_LARGE


async def send_response(response: WireResponse, send: Send) -> None:
    """As the two messages of ASGI."""
    lines = [line.partition(b": ") for line in response.head.split(b"\r\n")[:-1]]
    headers = [(name, value) for name, _, value in lines]
    if response.status != 204:
        headers.append((b"content-length", b"%d" % len(response.body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
