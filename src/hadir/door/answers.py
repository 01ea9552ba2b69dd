"""What the door answers by itself: the phone's built files, refusals, and pages while the office is away.

Files are read, named by their hash and compressed once, at the start. Pages and refusals are in both languages: nobody
is there to ask for one.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from hadir.gate.head import values
from hadir.gate.refusing import refusal_response
from hadir.gate.wire import Request, WireResponse
from hadir.records.refusals import Refusal, Refused
from hadir.retry import spread_s
from hadir.texts import LANGS, render
from hadir.web import SHELL_POLICY, TOKENS

SHELL_HEADERS = {
    "Content-Security-Policy": SHELL_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(), camera=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SHELL_FILES_MAX = 200
_PACKED_TYPES = re.compile(r"text/.*|application/(javascript|json|manifest\+json|wasm)|image/svg\+xml")
_REFUSES_GZIP = re.compile(rb"q=0(\.0*)?")
#: After a passing refusal.
RETRY_SECONDS = range(2, 9)
AWAY_SECONDS = range(8, 13)
_HTML = Path(__file__).with_name("html")
_PAGES = {path.stem: Template(path.read_text(encoding="utf-8")) for path in _HTML.glob("*.html")}


def status_css() -> bytes:
    return TOKENS.read_bytes() + (_HTML / "status.css").read_bytes()


def head_of(headers: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()


def refuse(refused: Refused) -> WireResponse:
    """As the gate would; with a passing one, when to come back, differently for each."""
    return refusal_response(refused, lambda: spread_s(RETRY_SECONDS))


def refuse_method(allowed: str) -> WireResponse:
    response = refuse(Refused(Refusal.METHOD))
    response.head += f"Allow: {allowed}\r\n".encode()
    return response


def office_away() -> WireResponse:
    return _page(503, "sentence", {"sentence": "door.office_away"}, {"Retry-After": str(spread_s(AWAY_SECONDS))})


@cache
def office_busy(seconds: int, *, sent: bool) -> WireResponse:
    """A page that was asked for asks again by itself; what was sent is not sent twice. The connection is given up."""
    page, code = ("sentence", "door.office_busy_sent") if sent else ("again", "door.office_busy")
    answer = _page(503, page, {"sentence": code}, {"Retry-After": str(seconds)}, seconds=seconds)
    answer.last = True
    return answer


def status_without_office(*, is_up: bool) -> WireResponse:
    """200: the page itself is in order."""
    state = "up" if is_up else "down"
    codes = {"title": "status.title", "state": f"status.{state}", "todo": f"door.status.{state}"}
    return _page(200, "status", {**codes, "office": "door.status.office_away"}, {}, state=state)


def _page(
    status: int, name: str, codes: Mapping[str, str], headers: Mapping[str, str], **facts: object
) -> WireResponse:
    """The page of this name with its sentences, each code in every language."""
    words = {f"{word}_{lang}": render(code, lang, facts) for word, code in codes.items() for lang in LANGS}
    kind = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    body = _PAGES[name].substitute(words, **facts).encode()
    return WireResponse(status, head_of({**SHELL_HEADERS, **kind, **headers}), body)


@dataclass(frozen=True)
class File:
    """One file, plain and, where that is shorter, packed. It holds nothing that is secret, nor anything of the request:
    compressing it tells nobody anything.
    """

    body: bytes
    packed: bytes | None
    head: bytes
    tag: str

    def answer(self, request: Request) -> WireResponse:
        """What this request accepts, or that it has it already."""
        body = self.packed if self.packed is not None and _takes_gzip(request) else self.body
        tag = f'"{self.tag}"' if body is self.body else f'"{self.tag}-gzip"'
        head = self.head + f"ETag: {tag}\r\n".encode()
        if self.packed is not None:
            head += b"Vary: Accept-Encoding\r\n"
        known = b",".join(values(request.headers, b"if-none-match")).decode("latin-1").split(",")
        if any(tag == one.strip().removeprefix("W/") for one in known):
            return WireResponse(304, head, b"")
        return WireResponse(200, head if body is self.body else head + b"Content-Encoding: gzip\r\n", body)


def read_shell(folder: Path) -> Mapping[str, File]:
    """Every file of the built phone by its address; the root is index.html. FileNotFoundError when it is not there."""
    if not (folder / "index.html").exists():
        raise FileNotFoundError(f"the phone is not built: {folder}/index.html is missing (make env builds it)")
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    if len(found) > SHELL_FILES_MAX:
        raise ValueError(f"{folder} holds {len(found)} files; the phone is smaller than that")
    files = {f"/{path.relative_to(folder).as_posix()}": _read(path) for path in found}
    return {"/": files["/index.html"], **files}


def make_file(body: bytes, kind: str, *, for_ever: bool = False) -> File:
    headers = {
        **SHELL_HEADERS,
        "Content-Type": kind,
        "Cache-Control": "public, max-age=31536000, immutable" if for_ever else "no-cache",
    }
    packed = gzip.compress(body, mtime=0) if _PACKED_TYPES.fullmatch(kind.partition(";")[0]) else body
    return File(
        body=body,
        packed=packed if len(packed) < len(body) else None,
        head=head_of(headers),
        tag=hashlib.sha256(body).hexdigest()[:32],
    )


def _read(path: Path) -> File:
    kind = "application/manifest+json" if path.suffix == ".webmanifest" else mimetypes.guess_type(path.name)[0]
    return make_file(path.read_bytes(), kind or "application/octet-stream", for_ever=path.parent.name == "assets")


def _takes_gzip(request: Request) -> bool:
    for value in values(request.headers, b"accept-encoding"):
        for choice in value.lower().split(b","):
            name, _, weight = (part.strip() for part in choice.partition(b";"))
            if name == b"gzip":
                return not _REFUSES_GZIP.fullmatch(weight)
    return False
