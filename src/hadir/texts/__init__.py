"""EVERY SENTENCE: one catalogue, Indonesian first, English second.

`records` and `rules` speak in codes; whoever shows a code to a person renders it here. A JSON file of this folder maps
`{"code": {"id": "…", "en": "…"}}`; sentences take named parameters, as `str.format` writes them. A word that depends
on a number names both its forms: `{n} {n:entry|entries}`. Only English needs it.
"""

import json
from collections.abc import Mapping
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
            twins = merged.keys() & part.keys()
            if twins:
                raise ValueError(f"{file.name} repeats {sorted(twins)}")
            merged.update(part)
    return merged


def render(code: str, lang: Lang, params: Mapping[str, object] | None = None) -> str:
    """The sentence of `code` in `lang`.

    KeyError for a code or a parameter that is not there: a defect, seen by tests.
    """
    sentence, written = catalogue()[code][lang], _written(params or {}, lang)
    return _CHOOSING.vformat(sentence, (), written) if "|" in sentence else sentence.format_map(written)


class _Choosing(Formatter):
    """What `str.format` does, and of two forms of a word the one that fits the number."""

    def format_field(self, value: object, format_spec: str) -> str:
        one, choice, many = format_spec.partition("|")
        if choice:
            return one if str(value) == "1" else many
        return str(super().format_field(value, format_spec))


_CHOOSING = _Choosing()


_DECIMALS = frozenset({"percent", "parts", "hours"})
"""Parameters that carry decimal numbers."""


def _written(params: Mapping[str, object], lang: Lang) -> Mapping[str, object]:
    """Half a percent is `0,5` in Indonesian and `0.5` in English."""
    if lang == "en" or not _DECIMALS & params.keys():
        return params
    return {name: str(value).replace(".", ",") if name in _DECIMALS else value for name, value in params.items()}


def both(code: str, params: Mapping[str, object] | None = None) -> dict[Lang, str]:
    """The sentence in both languages, as answers to phones carry it."""
    return {lang: render(code, lang, params) for lang in LANGS}
