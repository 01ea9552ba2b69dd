"""What an act of law says, in codes of the catalogue with their parameters: one line for each thing that it says."""

import re
from collections.abc import Iterable
from datetime import time
from decimal import Decimal
from enum import Enum

from hadir.office.duties.kinds import (
    CalendarDay,
    CeremonyLaw,
    CircularLaw,
    Decree,
    DirectionRule,
    DispensationLaw,
    DutyLaw,
    LawShape,
    OwnPolicy,
    Ramadan,
    Remote,
    RollOut,
)
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import laws
from hadir.office.ground.own_laws import versions_of
from hadir.office.ground.words import say
from hadir.office.units.models import Unit
from hadir.rules.duty import Weekday
from hadir.rules.excuse import ExcuseRule
from hadir.texts import Lang, catalogue, render, time_words

Line = dict[str, object]
"""A code and its parameters, as `t_reason` takes it."""


def _line(code: str, /, **params: object) -> Line:
    return {"code": code, "params": params}


def said(shape: LawShape, lang: Lang) -> list[Line]:  # noqa: C901, PLR0911 - one for each kind
    """In the order in which a reader asks."""
    match shape:
        case DutyLaw():
            return _duty(shape, lang)
        case CalendarDay():
            what = "works" if shape.works else "frees" if shape.frees_staff else "pupils"
            kind, effect = _line(f"law.calendar.{shape.kind.value}"), _line(f"law.said.calendar.{what}")
            return [_line("law.said.calendar", name=shape.name), kind, effect]
        case Ramadan():
            return [_line("law.said.ramadan")]
        case CircularLaw():
            return _circular(shape, lang)
        case DispensationLaw():
            return [_dispensation(shape)]
        case CeremonyLaw():
            return _ceremony(shape, lang)
        case Remote():
            code = [_line("law.said.code", code=shape.code)] if shape.code else []
            return [_line("law.said.remote"), *code, *_weekdays(shape.weekdays, lang)]
        case RollOut():
            return [_line("law.said.roll_out")]
        case DirectionRule():
            return [
                _line(f"law.said.phones.{shape.phones.value}"),
                _line(f"law.said.terminals.{shape.terminals.value}"),
            ]
        case OwnPolicy():
            return _own_policy(shape, lang)
        case Decree():
            return [_line("law.said.decree", name=shape.name), _line("law.said.text", digest=shape.text)]
    raise TypeError(type(shape))


def _own_policy(shape: OwnPolicy, lang: Lang) -> list[Line]:
    if shape.version is None:
        return [_line("law.said.policy_ends", policy=policy_title(shape.name, lang))]
    kept = [_line("law.said.keeps", name=name, digest=digest) for name, digest in shape.extends.items()]
    title = policy_title(shape.version, lang)
    return [
        _line("law.said.own_policy", policy=title, name=shape.name),
        _line("law.said.text", digest=shape.text),
        *kept,
    ]


def _duty(shape: DutyLaw, lang: Lang) -> list[Line]:
    found = []
    if shape.duty is not None:
        found.append(_line("law.said.duty", duty=word_of(shape.duty, lang)))
    if shape.policy is not None:
        found.append(_line("law.said.policy", policy=policy_title(shape.policy, lang)))
    if shape.by_roster:
        found.append(_line("law.said.by_roster"))
    return found


def policy_title(name: str, lang: Lang) -> str:
    sets = laws(HERE.settings.policies)
    known = sets.get(name) or next((sets[one] for one in reversed(versions_of(name)) if one in sets), None)
    return known.title[lang] if known else name


def _circular(shape: CircularLaw, lang: Lang) -> list[Line]:
    found = []
    if shape.start is not None:
        found.append(_line("law.said.start", at=f"{shape.start:%H:%M}"))
    if shape.end is not None:
        found.append(_line("law.said.end", at=f"{shape.end:%H:%M}"))
    return found + [_line("law.said.drops", code=word_of(code, lang)) for code in sorted(shape.drops)]


def _dispensation(shape: DispensationLaw) -> Line:
    if shape.from_time is None or shape.until_time is None:
        return _line("law.said.dispensation", code=shape.code)
    begin, end = f"{shape.from_time:%H:%M}", f"{shape.until_time:%H:%M}"
    return _line("law.said.dispensation_part", code=shape.code, from_=begin, until=end)


def _ceremony(shape: CeremonyLaw, lang: Lang) -> list[Line]:
    begin, end = f"{shape.starts:%H:%M}", f"{shape.ends:%H:%M}"
    found = [_line("law.said.ceremony", name=shape.name, code=shape.code, from_=begin, until=end)]
    place = Unit.objects.filter(number=shape.place).first() if shape.place is not None else None
    if place is not None:
        found.append(_line("law.said.place", unit=place.name))
    on_day_off = [_line("law.said.on_day_off")] if shape.on_day_off else []
    return found + _weekdays(shape.weekdays, lang) + on_day_off


def _weekdays(weekdays: Iterable[int], lang: Lang) -> list[Line]:
    names = ", ".join(render(f"weekday.{day + 1}", lang) for day in sorted(weekdays))
    return [_line("law.said.weekdays", days=names)] if names else []


# --- what a policy says ----------------------------------------------------------------------------------------------


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
            said = render("law.value.flex", lang, {"early": value[0], "late": value[1]})
            times = next(iter(value[2:]), None)
            return said if times is None else render("law.value.flex_times", lang, {"flex": said, "n": times})
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
    counted = [f" ({_plain('', rule.counts, lang)} {_plain('', rule.per, lang)})"] if rule.is_counted else []
    return f"{', '.join(words)}: {'; '.join(bands)}{''.join(counted)}"


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
