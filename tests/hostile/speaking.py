"""Raw bytes to a front, and what it answers: no library in between that would mend either."""

import asyncio
import base64
import json
import re
import secrets
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

#: Whatever a front does, a conversation is over by then.
SECONDS_MAX = 40
#: A front limits what comes from one address, and so these are many.
_ADDRESSES = iter(f"127.0.{number // 250 + 1}.{number % 250 + 1}" for number in range(10_000))
_TOKEN = re.compile(rb'"token":"[^".]+\.([^".]+)\.')


@dataclass(frozen=True)
class Front:
    """Where callers come in, and what they ask for there: an address that repeats a marker in its answer."""

    name: str
    port: int = 0
    unix_socket: Path | None = None
    is_office: bool = False

    @property
    def is_nginx(self) -> bool:
        return self.name.startswith("nginx")

    def target(self, marker: str) -> str:
        return f"/kantor/?q={marker}" if self.is_office else f"/v1/time?nonce={marker}"

    def post_target(self) -> str:
        return "/kantor/" if self.is_office else "/v1/punches"

    async def connect(self) -> "Line":
        if self.unix_socket is not None:
            line, address = socket.socket(socket.AF_UNIX), str(self.unix_socket)
        else:
            line, address = socket.socket(), ("127.0.0.1", self.port)
            line.bind((next(_ADDRESSES), 0))
        line.settimeout(0)
        await asyncio.get_running_loop().sock_connect(line, address)
        return Line(line)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def carries(self, marker: str) -> bool:
        return marker in markers_in(self)


@dataclass
class Line:
    """One connection of a caller. Whoever is hung up on says no more, and still hears what was said before."""

    line: socket.socket
    heard: bytes = b""
    was_ended: bool = False

    async def say(self, part: bytes | float) -> None:
        """A number is a pause."""
        if isinstance(part, bytes):
            with suppress(OSError):
                await asyncio.get_running_loop().sock_sendall(self.line, part)
        else:
            await asyncio.sleep(part)

    def say_no_more(self) -> None:
        with suppress(OSError):
            self.line.shutdown(socket.SHUT_WR)

    async def hear_to_the_end(self) -> None:
        """All that comes until the front hangs up, and whether it did."""
        try:
            async with asyncio.timeout(SECONDS_MAX):
                while piece := await self._hear():
                    self.heard += piece
            self.was_ended = True
        except ConnectionError:
            self.was_ended = True
        except TimeoutError:
            pass
        self.line.close()

    async def ask(self, front: Front, marker: str) -> Answer:
        """An honest request on this connection, and its answer."""
        await self.say(get(front, marker))
        raw = b""
        async with asyncio.timeout(SECONDS_MAX):
            while not (whole := read_answers(raw)).answers or not whole.is_whole:
                piece = await self._hear()
                assert piece, f"hung up on an honest caller behind {raw!r}"
                raw += piece
        assert len(whole.answers) == 1, raw
        return whole.answers[0]

    async def _hear(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.line, 65_536)


def new_marker() -> str:
    """18 bytes in base64url: a nonce that the gate takes."""
    return base64.urlsafe_b64encode(secrets.token_bytes(18)).decode()


def get(front: Front, marker: str, *headers: str) -> bytes:
    lines = [f"GET {front.target(marker)} HTTP/1.1", f"Host: {host(front)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def host(front: Front) -> str:
    return f"127.0.0.1:{front.port}" if front.port else "localhost"


def markers_in(answer: Answer) -> str:
    """Everything that an answer says, a signed time's own words too."""
    text = answer.body + "\n".join(answer.headers.values()).encode()
    for payload in _TOKEN.findall(answer.body):
        text += base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
    return text.decode("latin-1")


@dataclass
class Heard:
    """What a connection was told: whole answers, and whatever else came."""

    answers: list[Answer] = field(default_factory=list)
    rest: bytes = b""
    is_whole: bool = True


def read_answers(raw: bytes, methods: Sequence[str] = ()) -> Heard:
    """Answers one after the other, each framed as it says. `methods` tells which of them are to a HEAD."""
    heard = Heard()
    while raw.startswith(b"HTTP/1."):
        head, found, behind = raw.partition(b"\r\n\r\n")
        if not found:
            break
        answer = _answer(head + found, b"")
        number = len(heard.answers)
        if methods[number : number + 1] == ("HEAD",) or answer.status in {100, 204, 304}:
            body, raw = b"", behind
        elif answer.headers.get("transfer-encoding") == "chunked":
            body, raw, heard.is_whole = _cut_chunks(behind)
        else:
            length = int(answer.headers.get("content-length", len(behind)))
            body, raw, heard.is_whole = behind[:length], behind[length:], len(behind) >= length
        heard.answers.append(Answer(answer.status, answer.headers, body))
    heard.rest = raw
    return heard


def _cut_chunks(raw: bytes) -> tuple[bytes, bytes, bool]:
    """The body, what is behind it, and whether it came to its end."""
    body = b""
    while raw:
        size, found, raw = raw.partition(b"\r\n")
        if not found:
            break
        length = int(size.split(b";")[0], 16)
        body, raw = body + raw[:length], raw[length + 2 :]
        if not length:
            return body, raw, True
    return body, raw, False


def _answer(head: bytes, body: bytes) -> Answer:
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    pairs = [line.partition(":") for line in lines]
    return Answer(int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, body)


def refusal_of(answer: Answer) -> str | None:
    """The code, where the answer is a refusal in our own form."""
    try:
        refusal = json.loads(answer.body)["refusal"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(refusal["code"]) if refusal.keys() == {"code", "id", "en", "place"} else None
