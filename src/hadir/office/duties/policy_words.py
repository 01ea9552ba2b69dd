"""The names and values of a policy file in words: no word of the file reaches a page that the catalogue can say."""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from enum import Enum

from hadir.office.ground.words import say
from hadir.rules.duty import Weekday
from hadir.rules.excuse import ExcuseRule
from hadir.texts import Lang, catalogue, render, time_words

_DASH = "\N{EN DASH}"
_NAMED = ("law.word", "months.code", "months.threshold", "source", "excuse.kind")
"""Where the catalogue has the words of a file's keys, the nearest first."""
_CODES = frozenset({"late", "early", "excuses", "ceremonies", "grades"})
"""Sections whose keys are letters that people know: the word stands beside them."""


def value_name(path: str, lang: Lang) -> str:
    """`office-5-day · jam kerja · Senin` of `duties.office-5-day.hours.monday`; of a section of one value its name."""
    section, _, rest = path.partition(".")
    if not rest:
        return render(f"law.section.{section}", lang)
    return " · ".join(_key(section, key, lang) for key in rest.split("."))


def _key(section: str, key: str, lang: Lang) -> str:
    if key in _WEEKDAYS:
        return render(f"weekday.{_WEEKDAYS[key] + 1}", lang)
    code = next((code for place in _NAMED if (code := f"{place}.{key}") in catalogue()), None)
    if code is None:
        return key
    return f"{key} · {render(code, lang)}" if section in _CODES else render(code, lang)


_WEEKDAYS = {day.key: int(day) for day in Weekday}


def value_text(path: str, value: object, lang: Lang) -> str:  # noqa: C901, PLR0911 - one for each place in a file
    """A value as a person reads it, by its place in the file."""
    section, _, rest = path.partition(".")
    key = rest.rpartition(".")[2]
    match section, value:
        case "duties", None:
            return render("law.word.off", lang)
        case "duties", (time() as start, time() as end):
            return _span(start, end, lang)
        case "duties", (int(), int(), *_) if key == "flex":
            return render("law.value.flex", lang, {"early": value[0], "late": value[1]})
        case "duties", (int(minutes), int(pause), tuple(days), *_):
            return render("law.value.dynamic", lang, {"minutes": minutes, "pause": pause, "days": len(days)})
        case "shifts", (time() as start, time() as end, bool(is_next)):
            return _span(start, end, lang) + (f" ({render('law.roster.next_day', lang)})" if is_next else "")
        case "shift_window", (int(), int()):
            return render("law.value.window", lang, {"before": value[0], "after": value[1]})
        case (("late" | "early"), (int(minutes), percent, *each)):
            return _class(minutes, percent, next(iter(each), None), lang)
        case "absent", (str(code), Decimal() as percent):
            return f"{code}: {_percent(percent, lang)}"
        case (("warnings" | "warnings_consecutive"), int()):
            return render("law.value.days", lang, {"n": value})
        case "warned", (*kinds,):
            return ", ".join(say(f"employment.{kind}", lang) for kind in map(str, kinds))
        case "ceremonies", Decimal():
            return _percent(value, lang)
    return _plain(key, value, lang)


def _plain(key: str, value: object, lang: Lang) -> str:  # noqa: C901, PLR0911 - one for each type of value
    match value:
        case None:
            return _DASH
        case bool():
            return render(f"law.value.{'yes' if value else 'no'}", lang)
        case int() if key.endswith("_ms"):
            return render("law.value.seconds", lang, {"n": f"{value / 1000:g}"})
        case int() if "minutes" in key:
            return render("law.value.minutes", lang, {"n": value})
        case Decimal() if "percent" in key:
            return _percent(value, lang)
        case Decimal():
            return _number(value, lang)
        case time():
            return time_words(f"{value:%H:%M}", lang)
        case Enum():
            return _any(f"law.word.{_snake(type(value).__name__)}.{value.value}", str(value.value), lang)
        case ExcuseRule():
            return _excuse(value, lang)
        case tuple() | list() | frozenset():
            return " · ".join(_plain(key, one, lang) for one in value if one is not None)
        case _:
            return str(value)


def _class(minutes: int, percent: object, each: object, lang: Lang) -> str:
    more = f" {render('law.table.each', lang, {'n': each})}" if each else ""
    return render("law.value.class", lang, {"n": minutes, "percent": percent}) + more


def _excuse(rule: ExcuseRule, lang: Lang) -> str:
    bands = [render("law.value.band", lang, {"day": one.from_day, "percent": one.percent}) for one in rule.bands]
    words = [_any(f"law.word.excuse_kind.{rule.kind}", rule.kind, lang), _plain("", rule.reach, lang)]
    return f"{', '.join(words)}: {'; '.join(bands)}"


def _span(start: time, end: time, lang: Lang) -> str:
    return time_words(f"{start:%H:%M}{_DASH}{end:%H:%M}", lang)


def _percent(value: Decimal, lang: Lang) -> str:
    return f"{_number(value, lang)} %"


def _number(value: Decimal, lang: Lang) -> str:
    return str(value).replace(".", ",") if lang == "id" else str(value)


def word_of(name: str, lang: Lang) -> str:
    """A duty's or a ceremony's name for people; a region's own is called as its policy calls it."""
    return _any(f"law.word.{name}", name, lang)


def _any(code: str, otherwise: str, lang: Lang) -> str:
    return render(code, lang) if code in catalogue() else otherwise


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
