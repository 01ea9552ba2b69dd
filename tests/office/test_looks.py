"""Every page as a phone's browser draws it: no sideways scrolling, no word of the other language, nothing that the
policy of the page forbids. The pages are those of `test_roles`, asked before Chromium opens and handed to it from here.

`LOOKS=folder pytest tests/office/test_looks.py` makes pictures of all of them, for a phone and for a desk.
"""

import mimetypes
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from hadir.texts import LANGS, Lang, catalogue
from hadir.web import TOKENS
from tests.journeys.conftest import DESK, FLAGS, PHONE, chromium
from tests.office.conftest import browser
from tests.office.test_roles import Scene, questions, scene
from tests.office.words import machine_words, shown_words

__all__ = ["scene"]

pytestmark = pytest.mark.django_db

OFFICE_STATIC = Path(__file__).parents[2] / "src" / "hadir" / "office" / "static"
PAGES_MIN = 250
ASKERS = ("rina", "hasan", "wati", "joko")
WORDS: dict[Lang, re.Pattern[str]] = {
    "id": re.compile(r"\b(the|and|of|with|this|that|not|is|are|was|has|by|from|required|None|True|False|null)\b"),
    "en": re.compile(r"\b(yang|dan|dari|dengan|ini|itu|tidak|belum|sudah|adalah|oleh|untuk|True|False|null)\b"),
}
"""Words that every text in the other language needs, and those of a program."""
CODE = re.compile(r"\b[a-z_]+(?:\.[a-z_]+)+\b")
READ = """() => {
  const foreign = document.documentElement.lang === "id" ? "en" : "id";
  const words = [];
  const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const within = walk.currentNode.parentElement.closest(`script, style, textarea, [lang="${foreign}"]`);
    if (!within) words.push(walk.currentNode.data);
  }
  for (const one of document.querySelectorAll("[aria-label], [placeholder], [title]")) {
    words.push(one.ariaLabel ?? "", one.placeholder ?? "", one.title ?? "");
  }
  const wide = document.documentElement.scrollWidth > innerWidth
    ? [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > innerWidth) : [];
  const named = (one) => `${one.localName}.${one.className.baseVal ?? one.className}`;
  const form = document.querySelector("main form[method='post']:not([action])");
  const links = [...document.querySelectorAll(".errors a[href^='#']")];
  const errors = links.map((one) => one.textContent);
  const lost = links.filter((one) => form && !document.getElementById(one.hash.slice(1))).map((one) => one.hash);
  return { words, errors, lost, wide: wide.slice(0, 3).map(named), width: document.documentElement.scrollWidth };
}"""


@dataclass(frozen=True)
class Sheet:
    """One answer of the office, and how it came about."""

    name: str
    lang: Lang
    path: str
    body: bytes
    headers: dict[str, str]


@dataclass
class Walk:
    """A browser, and the sheet that lies before it."""

    pictures: str | None = None
    sheets: Queue[Sheet | None] = field(default_factory=Queue)
    seen: int = 0
    trouble: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __call__(self) -> list[str]:
        with sync_playwright() as playwright, ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self)) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            self.base = f"http://127.0.0.1:{server.server_port}"
            opened = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = opened.new_page(viewport=PHONE)  # type: ignore[arg-type]
            page.on("console", lambda one: self.said.append(one.text) if one.type == "error" else None)
            page.on("pageerror", lambda error: self.said.append(str(error)))
            while (sheet := self.sheets.get()) is not None:
                self.sheet = sheet
                self.seen += 1
                self._look(page)
            opened.close()
            server.shutdown()
        return self.trouble

    def _look(self, page: Page) -> None:
        sheet = self.sheet
        self.said.clear()
        page.goto(self.base + sheet.path, wait_until="load")
        found = page.evaluate(READ)
        said = [*self.said]
        if found["width"] > PHONE["width"]:
            said.append(f"{found['width']} px wide: {found['wide']}")
        if len(set(found["errors"])) < len(found["errors"]):
            said.append(f"the same trouble twice, of which field: {found['errors']}")
        said += [f"a trouble that leads to no field: {one}" for one in found["lost"]]
        text = "\n".join(found["words"])
        said += [f"{one!r} in {_around(text, one)!r}" for one in dict.fromkeys(WORDS[sheet.lang].findall(text))]
        said += [f"{one!r}, a code" for one in CODE.findall(text) if one in catalogue()]
        said += machine_words(shown_words(sheet.body.decode()), sheet.lang)
        self.trouble += [f"{sheet.lang} {sheet.name}: {one}" for one in said]
        for size in (PHONE, DESK) if self.pictures else ():
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.screenshot(path=f"{self.pictures}/{sheet.name}-{sheet.lang}-{size['width']}.png", full_page=True)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def handler_of(walk: Walk) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.removeprefix("/kantor/static/")
            file = TOKENS if name == "hadir/tokens.css" else OFFICE_STATIC / name
            if self.path == walk.sheet.path:
                self._answer(walk.sheet.body, walk.sheet.headers)
            elif file.is_file():
                kind = mimetypes.guess_type(file)[0] or ""
                self._answer(file.read_bytes(), {"Content-Type": kind, "Cache-Control": "max-age=600"})
            else:
                if name.endswith((".css", ".js")):
                    walk.trouble.append(f"{walk.sheet.name}: {self.path} is not there")
                self._answer(b"", {"Content-Type": "image/png"})

        def _answer(self, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(200)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


def _around(text: str, word: str) -> str:
    at = re.search(rf"\b{word}\b", text)
    return text[max(0, at.start() - 40) : at.end() + 40].strip() if at else ""


def sheets(scene: Scene) -> Iterator[Sheet]:
    """Every page that anybody sees, in both languages, and what a form says that is posted empty."""
    client, cookies = Client(), {login: browser(login).cookies[settings.SESSION_COOKIE_NAME].value for login in ASKERS}
    for one in questions(scene):
        if one.about not in {"-", "school"}:
            continue
        for lang in LANGS if one.method == "GET" else LANGS[:1]:
            for login in ASKERS:
                client.cookies.load({settings.SESSION_COOKIE_NAME: cookies[login], "hadir_bahasa": lang})
                path = f"/kantor/{one.paths[login]}"
                sid = transaction.savepoint()
                answer = client.get(path) if one.method == "GET" else client.post(path)
                transaction.savepoint_rollback(sid)
                wanted = {200} if one.method == "GET" else {200, 400, 409}
                if answer.status_code in wanted:
                    if answer["Content-Type"].startswith("text/html"):
                        name = f"{one.method.lower()}-{one.route}"
                        yield Sheet(name, lang, path, answer.content, dict(answer.items()))
                    break


def test_no_page_scrolls_sideways_mixes_languages_or_breaks_its_own_policy(scene: Scene) -> None:
    walk = Walk(os.environ.get("LOOKS"))
    with ThreadPoolExecutor(1) as beside:
        # Playwright's loop would make Django refuse its database in this thread; and two cores do both at once.
        looking = beside.submit(walk)
        for one in sheets(scene):
            walk.sheets.put(one)
        walk.sheets.put(None)
        trouble = looking.result()
    assert not trouble, "\n".join(trouble)
    assert walk.seen >= PAGES_MIN
