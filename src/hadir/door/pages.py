"""What the door says itself, in both languages: nobody is there to ask for one."""

from collections.abc import Mapping
from functools import cache

from hadir.gate.refusing import JSON_HEAD, refusal_json
from hadir.gate.wire import Response
from hadir.records.refusals import Refusal, Refused
from hadir.retry import spread_s
from hadir.texts import LANGS, both, render

#: The status page has to be readable while everything else is away, the office's style sheets too.
STATUS_CSS = """\
:root { color-scheme: light dark; }
body { margin: 0; font: 1.0625rem/1.5 system-ui, sans-serif; background: #f4f7f5; color: #13211b; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1rem; }
section { background: #fff; border: 1px solid #d3dcd7; border-radius: .75rem; padding: 1.25rem; margin-bottom: 1rem; }
h1 { font-size: 1.0625rem; margin: 0 0 .75rem; }
.up, .down { font-size: 1.375rem; padding: .75rem 1rem; border-radius: .75rem; margin: 0 0 .75rem; }
.up { background: #e2f2ea; color: #0b6447; }
.down { background: #fdf0d8; color: #764700; }
.soft { color: #48574f; font-size: .875rem; }
@media (prefers-color-scheme: dark) {
  body { background: #0e1512; color: #e9f0ec; }
  section { background: #17201c; border-color: #2b3832; }
  .soft { color: #a9b8b0; }
}
"""

#: Nothing from other origins, nothing inline: what the shell may load and where it may speak.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SHELL_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(), camera=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


#: After a passing refusal.
RETRY_SECONDS = range(2, 9)


def head_of(headers: Mapping[str, str]) -> bytes:
    """As lines."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()


def refuse(refused: Refused) -> Response:
    """As the gate would; with a passing one, when to come back, differently for each."""
    refusal = refused.refusal
    response = Response(refusal.status, JSON_HEAD, refusal_json(refused))
    if refusal.status == 503:
        response.head += b"Retry-After: %d\r\n" % spread_s(RETRY_SECONDS)
    return response


def refuse_method(allowed: str) -> Response:
    response = refuse(Refused(Refusal.METHOD))
    response.head += f"Allow: {allowed}\r\n".encode()
    return response


def office_away() -> Response:
    texts = both("door.office_away")
    page = (
        f"<!doctype html><html lang=id><meta charset=utf-8><title>Hadir</title><p>{texts['id']}<p lang=en>{texts['en']}"
    )
    return _page(503, page, {"Retry-After": "10"})


@cache
def office_busy(seconds: int, *, sent: bool) -> Response:
    """A page that was asked for asks again by itself; what was sent is not sent twice. The place is given up."""
    code = "door.office_busy_sent" if sent else "door.office_busy"
    texts = [render(code, lang, {"seconds": seconds}) for lang in LANGS]
    again = "" if sent else f"<meta http-equiv=refresh content={seconds}>"
    page = f"<!doctype html><html lang=id><meta charset=utf-8>{again}<title>Hadir</title>"
    page += f"<p>{texts[0]}<p lang=en>{texts[1]}"
    answer = _page(503, page, {"Retry-After": str(seconds)})
    answer.last = True
    return answer


def status_without_office(*, is_up: bool) -> Response:
    """200: the page itself is in order."""
    state = "up" if is_up else "down"
    parts = []
    for lang in LANGS:
        codes = (f"status.{state}", "door.status.office_away", f"door.status.{state}")
        told = [render(code, lang) for code in codes]
        head = render("status.title", lang)
        parts.append(
            f"<section lang={lang}><h1>{head}</h1><p class={state}><strong>{told[0]}</strong></p>"
            f"<p>{told[2]}</p><p class=soft>{told[1]}</p></section>"
        )
    page = (
        "<!doctype html><html lang=id><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Hadir</title><link rel=stylesheet href=/status.css><main>{''.join(parts)}</main>"
    )
    return _page(200, page, {})


def _page(status: int, page: str, headers: Mapping[str, str]) -> Response:
    kind = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Response(status, head_of({**SHELL_HEADERS, **kind, **headers}), page.encode())
