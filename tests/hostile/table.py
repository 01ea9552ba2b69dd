"""What is sent, and what each front answers: statuses in order, `OK` for the marker that was asked for."""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass

FRONTS = ("door", "door-office", "gate-port", "gate-socket", "nginx-gate", "nginx-office")
OURS = FRONTS[:4]
NGINX = FRONTS[4:]
OK = 0
#: A whole request with a body that the program behind has no use for: it says so, and that is an honest answer.
POST = -1
AS_OURS = (-2,)

#: How a conversation ends: with an honest request on the same connection that asks to close it, by waiting for the
#: front to hang up, or by sending no more.
THEN_HONEST, THEN_WAIT, THEN_NO_MORE = "honest", "wait", "no more"

H = b"Host: %HOST%\r\n"
GET = b"GET %TARGET% HTTP/1.1\r\n" + H
SEND = b"POST %POST% HTTP/1.1\r\n" + H + b"Content-Type: application/json\r\n"
END = b"\r\n"
IN_CHUNKS = SEND + b"Transfer-Encoding: chunked\r\n\r\n"
HIDDEN = GET + b"X-Hidden: 1\r\n\r\n"
_BODY = b"%BODY%"
PACKED = gzip.compress(b"a" * 5_000, mtime=0)


@dataclass(frozen=True)
class Case:
    """`answers` are ours; `nginx` where it answers otherwise, and `instead` where a single front does. None: nothing
    that is HTTP/1. A pause is a number.
    """

    name: str
    parts: tuple[bytes | float, ...]
    answers: tuple[int, ...] | None
    nginx: tuple[int, ...] | None = AS_OURS
    instead: tuple[tuple[str, tuple[int, ...]], ...] = ()
    then: str = THEN_HONEST
    methods: tuple[str, ...] = ()
    not_at: tuple[str, ...] = ()

    def expected(self, front: str) -> tuple[int, ...] | None:
        for name, answers in self.instead:
            if name == front:
                return answers
        return self.nginx if front in NGINX and self.nginx != AS_OURS else self.answers


def sized(body: bytes, *, plus: int = 0) -> bytes:
    """With its length, or one that is larger."""
    return b"Content-Length: %%LENGTH+%d%%\r\n\r\n" % plus + _BODY + body + _BODY


def chunked(body: bytes) -> bytes:
    return b"Transfer-Encoding: chunked\r\n\r\n%LENGTH%\r\n" + _BODY + body + _BODY + b"\r\n0\r\n\r\n"


def fill_in(part: bytes, words: Mapping[str, str]) -> bytes:
    """With what its words mean at a front, and the length that the body has then."""
    for word, meaning in words.items():
        part = part.replace(word.encode(), meaning.encode())
    before, marked, rest = part.partition(_BODY)
    body, _, behind = rest.partition(_BODY)
    before = re.sub(rb"%LENGTH\+(\d+)%", lambda found: b"%d" % (len(body) + int(found[1])), before)
    return before.replace(b"%LENGTH%", b"%x" % len(body)) + body + behind if marked else part


def bad(name: str, *parts: bytes | float, nginx: tuple[int, ...] | None = AS_OURS) -> Case:
    """400 from us, and the connection is closed."""
    return Case(name, parts, (400,), nginx)


FRAMING = (
    bad("length and chunks", SEND + b"Content-Length: 5\r\n" + chunked(HIDDEN)),
    bad("chunks and length", SEND + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + HIDDEN),
    bad(
        "length, then an ending chunk, then more",
        SEND + b"Content-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    bad("two codings", SEND + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + HIDDEN),
    bad("the same coding twice", SEND + b"Transfer-Encoding: chunked\r\n" + chunked(b"{}")),
    bad("chunked twice", SEND + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + HIDDEN),
    bad("a coding before chunked", SEND + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + HIDDEN),
    bad("chunked is not last", SEND + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN),
    bad("an unknown coding", SEND + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN),
    bad("a blank before the colon", SEND + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN),
    bad("a control character before the coding", SEND + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN),
    bad("a coding on a folded line", SEND + b"X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN),
    bad(
        "a coding behind a bare line feed",
        SEND + b"X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        nginx=(POST, OK),
    ),
    bad("a coding in HTTP/1.0", SEND.replace(b"1.1", b"1.0") + chunked(b"{}")),
    bad("two lengths", SEND + b"Content-Length: 0\r\n" + sized(HIDDEN)),
    bad("the same length twice", SEND + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
    bad("a list of lengths", SEND + b"Content-Length: 2, 2\r\n\r\n{}"),
    bad("a length with a plus", SEND + b"Content-Length: +2\r\n\r\n{}"),
    bad("a length below nothing", SEND + b"Content-Length: -1\r\n\r\n"),
    bad("a length with a blank in it", SEND + b"Content-Length: 1 1\r\n\r\n{}"),
    bad("a length with an underscore", SEND + b"Content-Length: 1_0\r\n\r\n{}"),
    bad("a length in hexadecimal", SEND + b"Content-Length: 0x2\r\n\r\n{}"),
    bad("no length in its header", SEND + b"Content-Length: \r\n\r\n{}"),
    bad("a length without end", SEND + b"Content-Length: 99999999999999999999999\r\n\r\n{}"),
    bad("a length in other digits", SEND + b"Content-Length: \xd9\xa2\r\n\r\n{}"),
    Case("a length that is too large", (SEND + b"Content-Length: 99999999\r\n\r\n",), (413,)),
    Case("a tab before the length", (SEND + b"Content-Length: \t2\r\n\r\n{}",), (POST, OK), nginx=(400,)),
    Case("blanks around the length", (SEND + b"Content-Length:   2  \r\n\r\n{}",), (POST, OK)),
    Case("a name with an underscore", (SEND + b"Content_Length: 40\r\nContent-Length: 2\r\n\r\n{}",), (POST, OK)),
    Case("a body without a length", (SEND + b"\r\n" + HIDDEN,), (POST, OK, OK)),
    Case("a body that is a request", (SEND + sized(HIDDEN),), (POST, OK)),
    Case("a GET with a body that is a request", (GET + sized(HIDDEN),), (OK, OK)),
    Case("a request in chunks", (SEND + chunked(HIDDEN),), (POST, OK)),
    Case("Connection names the length", (SEND + b"Connection: content-length\r\n" + sized(HIDDEN),), (POST, OK)),
)

CHUNKS = (
    Case("an extension", (IN_CHUNKS + b"2;a=b\r\n{}\r\n0;c\r\n\r\n",), (POST, OK)),
    Case("a trailer", (IN_CHUNKS + b"2\r\n{}\r\n0\r\nHost: evil\r\n\r\n",), (POST, OK)),
    bad("a trailer that frames", IN_CHUNKS + b"0\r\nContent-Length: 5\r\n\r\n" + HIDDEN, nginx=(POST, OK, OK)),
    bad("a size in another spelling", IN_CHUNKS + b"0x2\r\n{}\r\n0\r\n\r\n"),
    bad("a size with a plus", IN_CHUNKS + b"+2\r\n{}\r\n0\r\n\r\n"),
    bad("a size without end", IN_CHUNKS + b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
    bad("a size that is short", IN_CHUNKS + b"1\r\n{}\r\n0\r\n\r\n" + HIDDEN),
    bad("a bare line feed behind a size", IN_CHUNKS + b"2\n{}\r\n0\r\n\r\n", nginx=(POST, OK)),
    bad("a line feed within an extension", IN_CHUNKS + b"2;a\n{}\r\n0\r\n\r\n", nginx=(POST, OK)),
)

PACKED_BODIES = (
    Case("a packed body", (SEND + b"Content-Encoding: gzip\r\n" + sized(PACKED),), (415, OK)),
    Case("a packed body in chunks", (SEND + b"Content-Encoding: gzip\r\n" + chunked(PACKED),), (415, OK)),
    Case("a body that is not packed as it says", (SEND + b"Content-Encoding: gzip\r\n" + sized(b"{}"),), (415, OK)),
    Case("a body packed by nothing", (SEND + b"Content-Encoding: identity\r\n" + sized(b"{}"),), (415, OK)),
    Case(
        "a packed form",
        (
            SEND.replace(b"application/json", b"multipart/form-data; boundary=x")
            + b"content-encoding: br\r\n"
            + sized(b"{}"),
        ),
        (415, OK),
    ),
    Case(
        "a packed body that is short",
        (SEND + b"Content-Encoding: gzip\r\n" + sized(PACKED, plus=100),),
        (),
        nginx=(415,),
        then=THEN_NO_MORE,
    ),
)

HEADS = (
    Case("an honest request", (GET + END,), (OK, OK)),
    Case("in three pieces", (b"GE", 0.05, b"T %TARGET% HTTP/1.1\r", 0.05, b"\n" + H + END), (OK, OK)),
    Case("three ahead", ((GET + END) * 3,), (OK, OK, OK, OK)),
    Case("a body and a request ahead", (SEND + sized(b"{}") + GET + END,), (POST, OK, OK)),
    Case(
        "rubbish behind a request",
        (GET + END + b"rubbish\r\n\r\n",),
        (OK, 400),
        instead=(("door", (OK,)), ("door-office", (OK,))),
    ),
    Case("a request behind the last one", (GET + b"Connection: close\r\n\r\n" + HIDDEN,), (OK,)),
    Case("blank lines before a request", (b"\r\n\r\n" + GET + END,), (OK, OK)),
    Case(
        "two types of the body",
        (SEND + b"Content-Type: text/plain\r\n" + sized(b"{}"),),
        (400,),
        instead=(("nginx-gate", (415, OK)), ("nginx-office", (POST, OK))),
    ),
    bad("no host", b"GET %TARGET% HTTP/1.1\r\n\r\n"),
    bad("two hosts", GET + b"Host: evil.example\r\n\r\n"),
    bad("the same host twice", GET + H + END),
    bad("an empty host", b"GET %TARGET% HTTP/1.1\r\nHost:\r\n\r\n"),
    bad("a host with a path", b"GET %TARGET% HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    bad("a host with an account", b"GET %TARGET% HTTP/1.1\r\nHost: a@b\r\n\r\n", nginx=(400, OK)),
    bad("hosts in a list", b"GET %TARGET% HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    bad("a folded line", GET + b"X: a\r\n b\r\n\r\n"),
    bad("lines that end in a line feed", (GET + END).replace(b"\r\n", b"\n"), nginx=(OK, OK)),
    bad("lines that end in a carriage return", (GET + END).replace(b"\r\n", b"\r")),
    bad("a carriage return within a value", GET + b"X: a\rb\r\n\r\n"),
    bad("a zero byte within a value", GET + b"X: a\0b\r\n\r\n"),
    bad("a zero byte within a name", GET + b"X\0: b\r\n\r\n"),
    bad("a name of nothing", GET + b": b\r\n\r\n"),
    bad("a name without a colon", GET + b"hello\r\n\r\n", nginx=(OK, OK)),
    bad("a name with a blank", GET + b"X y: b\r\n\r\n"),
    Case("a value of nothing", (GET + b"X:\r\n\r\n",), (OK, OK)),
    Case("a value in Latin-1", (GET + b"X: \xe9\r\n\r\n",), (OK, OK), instead=(("door-office", (400, OK)),)),
    Case("a value in UTF-8", (GET + b"X: \xc3\xa9\r\n\r\n",), (OK, OK)),
    bad("websocket", GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", nginx=(OK, OK)),
    bad(
        "HTTP/2 by upgrade",
        GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        nginx=(OK, OK),
    ),
    bad("HTTP/2 at once", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0", nginx=None),
    bad("HTTP/0.9", b"GET %TARGET%\r\n", nginx=None),
    bad("HTTP/1.2", GET.replace(b"1.1", b"1.2") + END, nginx=(OK, OK)),
    bad("HTTP/2 in a line", GET.replace(b"1.1", b"2.0") + END),
    bad("HTTP in small letters", GET.replace(b"HTTP", b"http") + END),
    bad("a version with more", GET.replace(b"1.1", b"1.1.1") + END),
    Case("HTTP/1.0", (GET.replace(b"1.1", b"1.0") + END,), (OK,)),
    Case("HTTP/1.0 that stays", (GET.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n\r\n",), (OK, OK)),
    bad("TLS", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(range(160))),
    bad("bytes of no kind", bytes(range(128, 256)) * 4 + END + END),
    Case("a head of 45 kB at once", (GET + b"X: " + b"a" * 45_000 + b"\r\n\r\n",), (431,)),
    Case("a head of many lines", (GET + b"".join(b"X-%d: a\r\n" % n for n in range(3_000)) + END,), (431,)),
    Case(
        "more headers than anybody sends",
        (GET + b"".join(b"X-%d: a\r\n" % n for n in range(120)) + END,),
        (431,),
        (OK, OK),
    ),
    Case("a head without end", (GET + b"X: ", *[b"a" * 8_000] * 40), (431,)),
    Case("an address of 9 kB", (b"GET %TARGET%&x=" + b"a" * 9_000 + b" HTTP/1.1\r\n" + H + END,), (431,)),
    Case("leave to send", (SEND + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", 0.1, b"{}"), (100, POST, OK)),
    Case("leave to send too much", (SEND + b"Expect: 100-continue\r\nContent-Length: 20000000\r\n\r\n",), (413,)),
    Case(
        "leave to send what is packed",
        (SEND + b"Expect: 100-continue\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n",),
        (415,),
        nginx=(415, 400),
    ),
    bad("another expectation", SEND + b"Expect: 200-ok\r\n" + sized(b"{}"), nginx=(POST, OK)),
    Case("who called, by the caller", (GET + b"X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n\r\n",), (OK, OK)),
    Case("a head of HEAD", (b"HEAD" + GET[3:] + END,), (OK, OK), methods=("HEAD",)),
)

TARGETS = (
    bad("absolute", GET.replace(b"GET ", b"GET http://%HOST%") + END, nginx=(OK, OK)),
    Case(
        "absolute, of another host",
        (GET.replace(b"GET ", b"GET http://evil.example") + END,),
        (400,),
        instead=(("nginx-gate", (OK, OK)), ("nginx-office", (400, OK))),
    ),
    bad("absolute, of a file", b"GET file:///etc/passwd HTTP/1.1\r\n" + H + END),
    bad("a tunnel", b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + H + END),
    bad("an asterisk", b"OPTIONS * HTTP/1.1\r\n" + H + END),
    bad("an address without a slash", b"GET v1/time HTTP/1.1\r\n" + H + END),
    bad("an address in UTF-8", b"GET %TARGET%\xc3\xa9 HTTP/1.1\r\n" + H + END),
    bad("an address with a zero byte", b"GET %TARGET%\0 HTTP/1.1\r\n" + H + END),
    bad("an address with an encoded zero byte", b"GET /v1/time%00 HTTP/1.1\r\n" + H + END),
    bad("a question with an encoded zero byte", b"GET %TARGET%%00 HTTP/1.1\r\n" + H + END),
    bad("an address with half a code", b"GET /v1/time%2 HTTP/1.1\r\n" + H + END),
    Case("two blanks", (b"GET  %TARGET% HTTP/1.1\r\n" + H + END,), (OK, OK)),
    bad("a tab for a blank", b"GET\t%TARGET% HTTP/1.1\r\n" + H + END),
    bad("a blank in the address", b"GET %TARGET% x HTTP/1.1\r\n" + H + END),
    bad("a blank before the method", b" GET %TARGET% HTTP/1.1\r\n" + H + END),
    bad("a method of nobody", b"FOO %TARGET% HTTP/1.1\r\n" + H + END, nginx=(405, OK)),
    bad("a method in small letters", b"get %TARGET% HTTP/1.1\r\n" + H + END),
    bad("a method of 2,000 letters", b"G" * 2_000 + b" %TARGET% HTTP/1.1\r\n" + H + END, nginx=(405, OK)),
    Case("TRACE", (b"TRACE %TARGET% HTTP/1.1\r\n" + H + END,), (405, OK), nginx=(405,)),
    Case("DELETE", (b"DELETE %POST% HTTP/1.1\r\n" + H + END,), (405, OK)),
    *(
        bad(f"{way} to the metrics", b"GET " + way.encode() + b" HTTP/1.1\r\n" + H + END)
        for way in (
            "/v1/../metrics",
            "/v1/%2e%2e/metrics",
            "/v1/.%2E/metrics",
            "/v1/..%2fmetrics",
            "/v1/..%5cmetrics",
            "/v1/..\\metrics",
            "/v1/./../metrics",
            "/v1//../metrics",
            "//metrics",
            "/kantor/../metrics",
            "/kantor/%2e%2e%2fmetrics",
            "/v1/..;/metrics/../../metrics",
        )
    ),
)

SLOW = (
    Case(
        "a head that dribbles",
        tuple(part for byte in b"GET /v1/time HT" for part in (bytes([byte]), 1.0)),
        (),
        then=THEN_WAIT,
    ),
    Case("half a head", (GET,), (), then=THEN_WAIT),
    Case("nothing at all", (), (), then=THEN_WAIT),
    Case("half a body", (SEND + sized(b"{}", plus=10),), (408,), nginx=(), then=THEN_WAIT, not_at=("door-office",)),
    Case("half a body, and no more", (SEND + sized(b"{}", plus=10),), (), then=THEN_NO_MORE),
    Case("half a head, and no more", (GET,), (), then=THEN_NO_MORE),
    Case("half a request ahead, and no more", (GET + END + GET,), (OK,), then=THEN_NO_MORE, not_at=NGINX),
)

CASES = {case.name: case for case in (*FRAMING, *CHUNKS, *PACKED_BODIES, *HEADS, *TARGETS, *SLOW)}
