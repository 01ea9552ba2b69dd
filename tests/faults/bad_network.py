"""A network that misbehaves: a TCP proxy between phones and a gate, which draws a delivery for each request.

It runs in a thread of its own. Every request has a connection of its own, so that a delivery is one request's.
"""

import asyncio
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

PORTAL_PAGE = b"<!doctype html><html><title>Free WiFi</title><h1>Welcome</h1><form>Accept the terms</form></html>"


class Delivery(Enum):
    """What becomes of one request."""

    ARRIVES = "arrives"
    RESET_AT_ONCE = "reset before a byte arrived"
    RESET_IN_REQUEST = "reset in the middle of the request"
    RESET_AFTER_STORE = "the server stored, then a reset before the answer"
    CLOSED_AFTER_STORE = "the server stored, then closed without an answer"
    TRUNCATED = "half of the answer, then the end"
    CUT_LAST_BYTE = "all of the answer but its last byte, then a reset"
    SLOW = "5 s late"
    HALF_OPEN = "accepted, and then nothing, for ever"
    SILENT_AFTER_STORE = "the server stored, and the answer never comes"
    TWICE = "the request arrives twice at once"
    TWICE_LATER = "the request arrives once more, later"
    STALE = "a cache answers with an older answer to somebody else"
    PORTAL = "a captive portal answers 200 with HTML"
    PORTAL_BUSY = "a captive portal answers 503 with HTML"
    PORTAL_REDIRECT = "a captive portal sends elsewhere"
    PORTAL_NOT_FOUND = "a captive portal answers 404 with HTML"


FAULTS = tuple(delivery for delivery in Delivery if delivery is not Delivery.ARRIVES)
STORED_UNHEARD = (
    Delivery.RESET_AFTER_STORE,
    Delivery.CLOSED_AFTER_STORE,
    Delivery.SILENT_AFTER_STORE,
    Delivery.TRUNCATED,
)
_PORTAL_STATUS = {
    Delivery.PORTAL: "200 OK",
    Delivery.PORTAL_BUSY: "503 Service Unavailable",
    Delivery.PORTAL_REDIRECT: "302 Found",
    Delivery.PORTAL_NOT_FOUND: "404 Not Found",
}


@dataclass
class BadNetwork:
    """The proxy; `faulty` is the share of requests that meet one of `deliveries`, `second_s` how long its second is."""

    gate_port: int
    deliveries: Sequence[Delivery] = FAULTS
    faulty: float = 0.75
    seed: int = 1
    second_s: float = 1.0
    met: Counter[Delivery] = field(default_factory=Counter)
    requests: int = 0

    def __post_init__(self) -> None:
        self.port = 0
        self._dice = random.Random(self.seed)
        self._older = b""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def heal(self) -> None:
        """From now on every request arrives and is answered."""
        self.faulty = 0.0

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        delivery = self._dice.choice(self.deliveries) if self._dice.random() < self.faulty else Delivery.ARRIVES
        self.requests += 1
        self.met[delivery] += 1
        try:
            await self._befall(delivery, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _befall(self, delivery: Delivery, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if delivery is Delivery.RESET_AT_ONCE:
            _reset(writer)
            return
        if delivery is Delivery.RESET_IN_REQUEST:
            await reader.read(100)
            _reset(writer)
            return
        request = await _message(reader)
        if delivery is Delivery.HALF_OPEN:
            await reader.read()  # until the phone gives up
        elif delivery in _PORTAL_STATUS:
            writer.write(_portal(_PORTAL_STATUS[delivery]))
            await writer.drain()
        else:
            await self._pass_on(delivery, request, writer)
            if delivery is Delivery.SILENT_AFTER_STORE:
                await reader.read()

    async def _pass_on(self, delivery: Delivery, request: bytes, writer: asyncio.StreamWriter) -> None:
        """The request reaches the gate; what the phone hears of it is another matter."""
        if delivery is Delivery.SLOW:
            await asyncio.sleep(2.5 * self.second_s)
        if delivery is Delivery.TWICE:
            answer, _ = await asyncio.gather(self._ask(request), self._ask(request))
        else:
            answer = await self._ask(request)
        if delivery is Delivery.TWICE_LATER:
            self._loop.call_later(3 * self.second_s, lambda: self._loop.create_task(self._ask(request)))
        elif delivery is Delivery.SLOW:
            await asyncio.sleep(2.5 * self.second_s)
        await self._hand_over(delivery, answer, writer)

    async def _hand_over(self, delivery: Delivery, answer: bytes, writer: asyncio.StreamWriter) -> None:
        older, self._older = self._older or answer, answer if b'"receipt"' in answer else self._older
        if delivery is Delivery.RESET_AFTER_STORE:
            _reset(writer)
        if delivery in {Delivery.RESET_AFTER_STORE, Delivery.CLOSED_AFTER_STORE, Delivery.SILENT_AFTER_STORE}:
            return
        end = {Delivery.TRUNCATED: len(answer) // 2, Delivery.CUT_LAST_BYTE: len(answer) - 1}.get(delivery, len(answer))
        writer.write(older if delivery is Delivery.STALE else answer[:end])
        await writer.drain()
        if delivery is Delivery.CUT_LAST_BYTE:
            await asyncio.sleep(0.01)
            _reset(writer)

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.gate_port)
        try:
            writer.write(request)
            return await _message(reader)
        finally:
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One HTTP/1.1 message with its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    return head + await reader.readexactly(length)


def _portal(status: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: text/html\r\nlocation: http://192.0.2.1/login\r\n"
    return f"{head}content-length: {len(PORTAL_PAGE)}\r\n\r\n".encode() + PORTAL_PAGE


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST instead of an orderly end."""
    own: socket.socket = writer.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@dataclass
class Hotspot:
    """A WiFi before a site: `captive`, it answers every request with its own page; free, it passes everything on."""

    site_port: int
    captive: bool = False
    pages_served: int = 0

    def __post_init__(self) -> None:
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def close_doors(self, *, captive: bool) -> None:
        """Change what it is; connections that stand are cut."""
        self.captive = captive
        self._loop.call_soon_threadsafe(lambda: [_reset(writer) for writer in self._open])

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self.captive:
                while await _message(reader):
                    self.pages_served += 1
                    writer.write(_portal("200 OK"))
            else:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.site_port)
                await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
