"""The record's own words as a person reads them: numbers keep their meaning, dates and keys become words."""

from __future__ import annotations

import re
from datetime import date

from hadir.texts import Lang, catalogue, date_words, render

_DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b", re.ASCII)
_MONTH = re.compile(r"\b(\d{4}-\d{2})\b(?!-)", re.ASCII)
_REF = re.compile(r"\b([a-z]+(?:-[a-z]+)*)/(\d+)\b", re.ASCII)
_KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b", re.ASCII)
_NAMED = ("role", "law.kind", "law.word", "law.field", "months.code", "register.column")
"""Where the catalogue has words for the keys that records keep, the nearest first."""


def record_words(text: str, lang: Lang) -> str:
    """`orang 1007 1 November 2026..…` of `person/1007 2026-11-01..…`."""
    text = _DAY.sub(lambda found: _day(found.group(1), lang), text)
    text = _MONTH.sub(lambda found: _day(f"{found.group(1)}-01", lang).partition(" ")[2] or found.group(), text)
    text = _REF.sub(lambda found: _ref(found.group(1), found.group(2), lang), text)
    return _KEY.sub(lambda found: _key(found.group(), lang), text)


def _day(text: str, lang: Lang) -> str:
    try:
        return date_words(date.fromisoformat(text), lang)
    except ValueError:
        return text


def _ref(kind: str, number: str, lang: Lang) -> str:
    code = f"audit.ref.{kind}"
    return render(code, lang, {"n": number}) if code in catalogue() else f"{kind} {number}"


def _key(key: str, lang: Lang) -> str:
    code = next((code for place in _NAMED if (code := f"{place}.{key}") in catalogue()), None)
    return render(code, lang) if code else key.replace("_", " ")
