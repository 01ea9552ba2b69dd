"""EVERY SENTENCE: one catalogue, Indonesian first, English second.

`records` and `rules` speak in codes; whoever shows a code to a person renders it here. A JSON file of this folder maps
`{"code": {"id": "…", "en": "…"}}`; sentences take named parameters, as `str.format` writes them. A word that depends
on a number names both its forms: `{n} {n:entry|entries}`. Only English needs it. `{code:name}` is the name of what a
code of an excuse stands for, `cuti tahunan` of `CT`; a code that Hadir has no name for stays as it is.

Dates and times among the parameters are written as people say them, whether they come as a `date` or, from a stored
reason, as `2026-11-25`, `07:28:13` or both: `25 November 2026`, `07.28.13` (English: `07:28:13`). Percentages are
money: they keep two decimals.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from string import Formatter
from typing import Literal

Lang = Literal["id", "en"]
LANGS: tuple[Lang, ...] = ("id", "en")


@cache
def catalogue() -> dict[str, dict[Lang, str]]:
    """Every code with its two sentences. ValueError when two files claim the same code."""
    merged: dict[str, dict[Lang, str]] = {}
    for file in sorted(resources.files(__name__).iterdir(), key=lambda found: found.name):
        if file.name.endswith(".json"):
            part = json.loads(file.read_text(encoding="utf-8"))
            if twins := merged.keys() & part.keys():
                raise ValueError(f"{file.name} repeats {sorted(twins)}")
            merged.update(part)
    return merged


def render(code: str, lang: Lang, params: Mapping[str, object] | None = None) -> str:
    """The sentence of `code` in `lang`.

    KeyError for a code or a parameter that is not there: a defect, seen by tests.
    """
    sentence = catalogue()[code][lang]
    written = {name: _one(name, value, lang) for name, value in (params or {}).items()}
    said = _WORDS[lang].vformat(sentence, (), written) if ":" in sentence else sentence.format_map(written)
    return _AT_A_DATE.sub(r"\1", said)


class _Choosing(Formatter):
    """What `str.format` does; of two forms of a word the one that fits the number, and of a code its name."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang

    def format_field(self, value: object, format_spec: str) -> str:
        if format_spec in {"name", "Name"}:
            named = ", ".join(_excuse_name(code, self.lang) for code in str(value).split(", "))
            return named[:1].upper() + named[1:] if format_spec == "Name" else named
        one, choice, many = format_spec.partition("|")
        if choice:
            return one if str(value) == "1" else many
        return str(super().format_field(value, format_spec))


_WORDS = {lang: _Choosing(lang) for lang in LANGS}


def _excuse_name(code: str, lang: Lang) -> str:
    """`cuti tahunan`, in the middle of a sentence; Indonesian names of leave have no capitals there."""
    found = catalogue().get(f"excuse.kind.{code}")
    return code if found is None else found[lang][:1].lower() + found[lang][1:]


#: Parameters that carry decimal numbers.
_DECIMALS = frozenset({"parts", "hours", "amount", "minutes", "owed"})
#: "pukul" before a day with a time, which says it by itself.
_AT_A_DATE = re.compile(r"\b(?:pukul|at) (\d{1,2} [A-Z][a-z]+ \d{4} (?:pukul|at) )")
#: A day, a time of day, or both, as verdicts and records keep them.
_STORED = re.compile(r"(?:(\d{4})-(\d{2})-(\d{2}))?[ T]?(\d{2}:\d{2}(?::\d{2})?)?", re.ASCII)


def _one(name: str, value: object, lang: Lang) -> object:
    """Half an hour is `0,5` in Indonesian and `0.5` in English; a day is `25 November 2026`."""
    if name == "percent" or isinstance(value, Decimal):
        return percent_words(value, lang)
    if isinstance(value, int):
        return value
    if isinstance(value, date):
        return date_words(value, lang)
    text = str(value)
    if name == "source" and "/" in text:
        return source_words(text, lang)
    if name in _DECIMALS and lang != "en":
        return text.replace(".", ",")
    found = _STORED.fullmatch(text) if text[:1].isdigit() else None
    return _moment_words(found, text, lang) if found else value


def _moment_words(found: re.Match[str], text: str, lang: Lang) -> str:
    year, month, day, clock = found.groups()
    time = time_words(clock, lang) if clock else ""
    try:
        on = date_words(date(int(year), int(month), int(day)), lang) if year else ""
    except ValueError:
        return text
    return catalogue()["date.at"][lang].format(day=on, time=time) if on and time else on or time or text


def date_words(day: date, lang: Lang) -> str:
    """`25 November 2026`."""
    return f"{day.day} {catalogue()[f'month.{day.month}'][lang]} {day.year}"


def short_date_words(day: date, lang: Lang) -> str:
    """`25 Nov 2026`, for narrow tables."""
    return f"{day.day} {catalogue()[f'month.short.{day.month}'][lang]} {day.year}"


def time_words(clock: str, lang: Lang) -> str:
    """`07.28.13` of `07:28:13` in Indonesian; English keeps its colons."""
    return clock if lang == "en" else clock.replace(":", ".")


def source_words(ref: str, lang: Lang) -> str:
    """What has not reported, `terminal/SERIAL` or `phones/UNIT`, as people call it."""
    kind, _, serial = ref.partition("/")
    found = catalogue().get(f"source.silent.{kind}")
    return found[lang].format(serial=serial) if found else ref


def percent_words(value: object, lang: Lang) -> str:
    """`2,00` in Indonesian, `2.00` in English: allowances are cut by it. What is no number stays as it is."""
    try:
        shown = f"{Decimal(str(value)):.2f}"
    except InvalidOperation:
        return str(value)
    return shown if lang == "en" else shown.replace(".", ",")


def both(code: str, params: Mapping[str, object] | None = None) -> dict[str, str]:
    """The sentence in both languages, as answers to phones carry it."""
    return {lang: render(code, lang, params) for lang in LANGS}
