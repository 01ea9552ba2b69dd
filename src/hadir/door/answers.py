"""What the door says itself, in both languages: nobody is there to ask for one."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

from hadir.gate.refusing import refusal_response
from hadir.gate.wire import Response
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
#: After a passing refusal.
RETRY_SECONDS = range(2, 9)
_HTML = Path(__file__).with_name("html")
_PAGES = {path.stem: Template(path.read_text(encoding="utf-8")) for path in _HTML.glob("*.html")}


def status_css() -> bytes:
    return TOKENS.read_bytes() + (_HTML / "status.css").read_bytes()


def head_of(headers: Mapping[str, str]) -> bytes:
    """As lines."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()


def refuse(refused: Refused) -> Response:
    """As the gate would; with a passing one, when to come back, differently for each."""
    return refusal_response(refused, lambda: spread_s(RETRY_SECONDS))


def refuse_method(allowed: str) -> Response:
    response = refuse(Refused(Refusal.METHOD))
    response.head += f"Allow: {allowed}\r\n".encode()
    return response


def office_away() -> Response:
    return _page(503, "sentence", {"sentence": "door.office_away"}, {"Retry-After": "10"})


@cache
def office_busy(seconds: int, *, sent: bool) -> Response:
    """A page that was asked for asks again by itself; what was sent is not sent twice. The connection is given up."""
    page, code = ("sentence", "door.office_busy_sent") if sent else ("again", "door.office_busy")
    answer = _page(503, page, {"sentence": code}, {"Retry-After": str(seconds)}, seconds=seconds)
    answer.last = True
    return answer


def status_without_office(*, is_up: bool) -> Response:
    """200: the page itself is in order."""
    state = "up" if is_up else "down"
    codes = {"title": "status.title", "state": f"status.{state}", "todo": f"door.status.{state}"}
    return _page(200, "status", {**codes, "office": "door.status.office_away"}, {}, state=state)


def _page(status: int, name: str, codes: Mapping[str, str], headers: Mapping[str, str], **facts: object) -> Response:
    """The page of this name with its sentences, each code in every language."""
    words = {f"{word}_{lang}": render(code, lang, facts) for word, code in codes.items() for lang in LANGS}
    kind = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    body = _PAGES[name].substitute(words, **facts).encode()
    return Response(status, head_of({**SHELL_HEADERS, **kind, **headers}), body)
