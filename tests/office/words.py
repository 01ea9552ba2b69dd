"""What no page of the office says to people: dates and times of programs, raw keys, parameters left open."""

import re
from html.parser import HTMLParser

MACHINE_WORDS = {
    "a program's date": re.compile(r"\b\d{4}-\d{2}-\d{2}\b|\b\d{4}-\d{2}\b(?!-)"),
    "a raw key": re.compile(r"\b[a-z]+_[a-z_]+\b|\bkiosk (?:chosen|first)\b"),
    "a raw reference": re.compile(r"\b(?:phones|person|unit|terminal)/\d+"),
    "an open parameter": re.compile(r"\{\w+\}|%\(\w+\)s"),
}
COLONS = re.compile(r"(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?![\d:])")
"""Indonesian writes a time of day with dots."""
AS_TYPED = {"textarea", "code", "pre", "script", "style", "samp", "kbd"}
SHOWN_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "data-label")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.within: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += [value for name, value in attrs if name in SHOWN_ATTRIBUTES and value]
        is_quoted = tag != "html" and "lang" in dict(attrs)
        if tag in AS_TYPED or is_quoted:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.words.append(data)


def shown_words(page: str) -> str:
    """What a page shows or reads aloud, without what stands there letter by letter: typed, or cited."""
    reader = _Reader()
    reader.feed(page)
    return "\n".join(one.strip() for one in reader.words if one.strip())


def machine_words(text: str, lang: str) -> list[str]:
    found = {f"{one.group()!r}, {what}" for what, rule in MACHINE_WORDS.items() for one in rule.finditer(text)}
    if lang == "id":
        found |= {f"{one.group()!r}, a time with colons" for one in COLONS.finditer(text)}
    return sorted(found)
