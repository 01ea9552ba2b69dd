"""A seeded walk over the office as one person: every page and every control that it meets, clicked as people click.

It has no list of exceptions. A step fails on an error of the page or of a program, on a text that is no sentence for
people, on a page that leads nowhere, on a link that is refused, and on a control after which nothing is different.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urljoin

from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from playwright.sync_api import Browser, ConsoleMessage, ElementHandle, JSHandle, Page, Response
from playwright.sync_api import Error as BrowserError

from hadir.texts import Lang, catalogue
from tests.office.test_looks import WORDS

SETTLE_MS = 20_000
QUIET_MS = 60
CLICK_MS = 10_000
NAVIGATIONS_MAX = 5
"""So many pages may follow one click: a form, its answer, and where that sends one on."""
ISO_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
CODE = re.compile(r"\b[a-z]+(?:[._][a-z]+)+\b")
MACHINE_WORD = re.compile(r"\b[a-z]+_[a-z_]+\b")
PLACEHOLDER = re.compile(r"\{\w+\}")
CONTROLS = (
    "main a[href], header a[href], nav a[href], main button, header button, main summary, "
    "main input[type=checkbox], main input[type=radio], main select"
)
#: What the page shows to a person, without what she typed herself and without the other language's own words.
READ = """() => {
  const foreign = document.documentElement.lang === "id" ? "en" : "id";
  const words = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    if (one.closest(`script, style, textarea, code, [lang="${foreign}"]`)) continue;
    if (!one.checkVisibility()) continue;
    words.push(walk.currentNode.data);
  }
  return {
    lang: document.documentElement.lang, text: words.join("\\n"), title: document.title,
    menu: !!document.querySelector("nav.menu a"), asks_log_in: !!document.querySelector("input[name=login]"),
    programs: document.querySelectorAll("main code").length,
  };
}"""
#: What tells whether anything is different: what is drawn, what is chosen, where one is.
STATE = """() => {
  const fields = [...document.querySelectorAll("input, select, textarea, details, dialog")];
  return JSON.stringify([
    location.href, document.body.innerText, document.activeElement?.outerHTML.slice(0, 200), globalThis.__printed ?? 0,
    globalThis.__refused ?? 0,
    fields.map((one) => [one.type, one.checked, one.value, one.open]), scrollY,
  ]);
}"""
#: What can be seen of them, as an array: asked one by one, the controls of a long list cost more than all else.
SEEN = """(controls) => [...document.querySelectorAll(controls)].filter((one) => {
  const { width, height } = one.getBoundingClientRect();
  return width > 0 && height > 0 && one.checkVisibility({ visibilityProperty: true });
})"""
LABELS = """(seen) => seen.map((one) => {
  const name = (one.ariaLabel || one.innerText || one.labels?.[0]?.innerText || one.name || "").trim();
  return [one.localName, one.type ?? "", name.slice(0, 60), one.getAttribute("href") ?? "", one.disabled === true];
})"""


#: What the browser shows outside of the page: the print dialog, and its own word at a field that is not filled in.
NOTICE = """
window.print = () => { globalThis.__printed = (globalThis.__printed ?? 0) + 1; };
addEventListener("invalid", () => { globalThis.__refused = (globalThis.__refused ?? 0) + 1; }, true);
"""


@dataclass(frozen=True)
class Control:
    """One thing to click, and how it is told from others of its kind on other pages."""

    seen: JSHandle
    """All that was seen with it, …"""
    place: int
    """… and which of them it is."""
    kind: str
    name: str
    href: str

    @property
    def handle(self) -> ElementHandle:
        handle = self.seen.get_property(str(self.place)).as_element()
        assert handle is not None
        return handle

    @property
    def key(self) -> str:
        """The same button for another person or another day is the same control."""
        return f"{self.kind} {re.sub(r'[0-9]+', '#', self.name)} {re.sub(r'[0-9]+', '#', self.href.split('?')[0])}"


@dataclass
class Monkey:
    """One person's walk. `trouble` is what she met."""

    browser: Browser
    url: str
    login: str
    seed: int
    may: frozenset[str] = frozenset()
    """Names of the pages that she may open: those that chance passed by are opened at the end."""
    trouble: list[str] = field(default_factory=list)
    steps: int = 0
    visited: dict[str, int] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    """Names of the addresses that answered: what of the office she has been to."""
    offered: dict[str, str] = field(default_factory=dict)
    """By name, an address that some page offered her."""
    met: set[str] = field(default_factory=set)
    """Controls that she saw."""

    def walk(self, steps: int) -> list[str]:
        self._draw = Random(f"{self.seed} {self.login}")
        context = self.browser.new_context(
            viewport={"width": 1280, "height": 860}, locale="id-ID", accept_downloads=True
        )
        context.add_init_script(NOTICE)
        page = context.new_page()
        page.on("console", lambda one: self._hear(page, one))
        page.on("pageerror", lambda error: self._say(page, f"a script failed: {error}"))
        page.on("response", lambda answer: self._look_at_answer(page, answer))
        page.on("popup", lambda other: (setattr(self, "_downloads", self._downloads + 1), other.close()))
        page.on("download", lambda _: setattr(self, "_downloads", self._downloads + 1))
        page.on("dialog", lambda dialog: (setattr(self, "_downloads", self._downloads + 1), dialog.dismiss()))
        self._downloads = 0
        self._last = "log in"
        self._enter(page)
        self._look(page)
        while self.steps < steps:
            self.steps += 1
            self._step(page)
        self._open_the_rest(page)
        context.close()
        return self.trouble

    def never_opened(self) -> set[str]:
        """Of the pages that she may open those at which she never was."""
        return set(self.may - self.opened)

    def never_used(self) -> set[str]:
        """The controls that she saw and did not try."""
        return self.met - self.visited.keys()

    def _open_the_rest(self, page: Page) -> None:
        """What was offered somewhere and chance passed by: opened in order, with what that offers in turn."""
        self.offered = {name: path for name in self.may if (path := plain_address(name))} | self.offered
        tried: set[str] = set()
        while self.may and (rest := sorted(self.offered.keys() - self.opened - tried)):
            tried.add(rest[0])
            self._last = f"the link to {rest[0]}"
            try:
                answer = page.goto(self.url + self.offered[rest[0]])
            except BrowserError:
                continue  # a file, which is downloaded
            if answer and answer.headers.get("content-type", "").startswith("text/html"):
                self._look(page)
                self._controls(page)

    # --- a step -------------------------------------------------------------------------------------------------------

    def _step(self, page: Page) -> None:
        found = self._controls(page)
        if not found:
            self._say(page, "nothing can be clicked here")
            page.goto(f"{self.url}/kantor/")
            return
        control = min(found, key=lambda one: (self.visited.get(one.key, 0), self._draw.random()))
        self.visited[control.key] = self.visited.get(control.key, 0) + 1
        self._last = f"{control.kind} {control.name!r} {control.href}".strip()
        before, downloads = page.evaluate(STATE), self._downloads
        try:
            self._use(control)
        except BrowserError as error:
            if "not attached" not in str(error):  # the list was drawn anew: the next step tries again
                why = [line.strip() for line in str(error).splitlines() if line.strip()]
                self._say(page, f"it cannot be clicked: {why[0]} {why[-1]}")
            return
        changed = self._settle(page, before, downloads)
        if not changed and not self._is_here(page, control):
            self._say(page, "nothing changed")
        self._look(page)
        if self.steps % 40 == 0:
            page.goto(f"{self.url}/kantor/")

    def _controls(self, page: Page) -> list[Control]:
        for left in reversed(range(NAVIGATIONS_MAX)):
            try:
                seen = page.evaluate_handle(SEEN, CONTROLS)
                labels = seen.evaluate(LABELS)
                break
            except BrowserError:  # it was on its way to another page
                if not left:
                    raise
                page.wait_for_load_state("load")
        found = []
        for place, (kind, sort, name, href, is_disabled) in enumerate(labels):
            if is_disabled or href.startswith(("http", "mailto:")):
                continue
            found.append(Control(seen, place, f"{kind} {sort}".strip(), name, href))
            self.met.add(found[-1].key)
            self._note(page, href)
        return found

    def _use(self, control: Control) -> None:
        handle = control.handle
        if control.kind.startswith("select"):
            values = [one.get_attribute("value") for one in handle.query_selector_all("option:not([disabled])")]
            others = [value for value in values if value != handle.input_value()]
            if others:
                handle.select_option(self._draw.choice(others), timeout=CLICK_MS)
            return
        if control.kind.startswith("button") and self._draw.random() < 0.7:
            self._fill(handle)
        handle.click(timeout=CLICK_MS)

    def _fill(self, button: ElementHandle) -> None:
        """What stands empty in the button's form, as somebody might who is in a hurry."""
        form = button.evaluate_handle("(one) => one.form").as_element()
        for box in form.query_selector_all("input, textarea") if form else ():
            sort = box.get_attribute("type") or "text"
            if not box.is_visible() or not box.is_editable():
                continue
            if sort == "file":
                name, kind = ("daftar.csv", "text/csv")
                box.set_input_files({"name": name, "mimeType": kind, "buffer": b"Nama,Unit\nCoba,Kantor\n"})
            elif sort in {"checkbox", "radio", "submit", "hidden", "button"}:
                continue
            elif not box.input_value():
                box.fill({"date": "2026-11-23", "time": "07:30", "number": "3"}.get(sort, "Uji coba"))

    def _settle(self, page: Page, before: str, downloads: int) -> bool:
        """Whether anything is different, once the page has come to rest."""
        waited = 0
        while waited < SETTLE_MS:
            page.wait_for_timeout(QUIET_MS)
            waited += QUIET_MS
            try:
                page.wait_for_load_state("load", timeout=SETTLE_MS)
                if self._downloads > downloads or page.evaluate(STATE) != before:
                    page.wait_for_load_state("networkidle", timeout=SETTLE_MS)
                    return True
            except BrowserError:
                continue  # it is on its way to another page
        return False

    @staticmethod
    def _is_here(page: Page, control: Control) -> bool:
        """A link to the page that one is on leads where it says."""
        here = page.url.split("#")[0]
        return (
            bool(control.href)
            and page.evaluate("(one) => new URL(one, location).href.split('#')[0]", control.href) == here
        )

    # --- what a page must be ------------------------------------------------------------------------------------------

    def _look(self, page: Page) -> None:
        try:
            found = page.evaluate(READ)
        except BrowserError:
            page.wait_for_load_state("load")
            found = page.evaluate(READ)
        if found["asks_log_in"]:
            self._enter(page)
            return
        if not found["menu"]:
            self._say(page, "the page has no menu")
            page.goto(f"{self.url}/kantor/")
            return
        self._read(page, found)

    def _read(self, page: Page, found: dict[str, Any]) -> None:
        lang: Lang = "en" if found["lang"] == "en" else "id"
        text = found["text"]
        for pattern, what in (
            (ISO_DATE, "a date of programs"),
            (MACHINE_WORD, "a word of programs"),
            (PLACEHOLDER, "an empty place in a sentence"),
            (WORDS[lang], "a word of the other language"),
        ):
            for one in dict.fromkeys(pattern.findall(text)):
                self._say(page, f"{what}: {one!r} in {_around(text, one)!r}")
        for one in dict.fromkeys(CODE.findall(text)):
            if one in catalogue():
                self._say(page, f"the code of a text: {one!r}")

    def _note(self, page: Page, href: str) -> None:
        path = urljoin(page.url, href).removeprefix(self.url).split("#")[0]
        if href and (name := name_of(path)):
            self.offered[name] = path  # the newest: what an older page offered may be used up since

    def _look_at_answer(self, page: Page, answer: Response) -> None:
        name = name_of(answer.url.removeprefix(self.url))
        if name and answer.request.method == "GET" and answer.status == 200:
            self.opened.add(name)
        if answer.status >= 500:
            self._say(page, f"{answer.request.method} {answer.url} answered {answer.status}")
        elif answer.request.method == "GET" and answer.status in {400, 403, 404, 405}:
            self._say(page, f"a link led to {answer.status}: {answer.url}")

    def _enter(self, page: Page) -> None:
        page.goto(f"{self.url}/kantor/masuk/")
        page.fill("input[name=login]", self.login)
        page.fill("input[type=password]", f"latihan-{self.login}")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/masuk/" not in url)

    def _hear(self, page: Page, message: ConsoleMessage) -> None:
        """What was answered is looked at as an answer."""
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self._say(page, f"the console says {message.text!r}")

    def _say(self, page: Page, what: str) -> None:
        where = page.url.removeprefix(self.url)
        self.trouble.append(f"{self.login} step {self.steps} at {where} after {self._last}: {what}")


def name_of(path: str) -> str:
    """The name of an address of the office; empty where there is none."""
    try:
        return resolve(path.partition("?")[0]).url_name or ""
    except Resolver404:
        return ""


def plain_address(name: str) -> str:
    """The address of a page that is about nothing in particular; empty for another."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _around(text: str, part: str) -> str:
    at = text.index(part)
    return " ".join(text[max(at - 30, 0) : at + len(part) + 30].split())
