"""Texts, times and names in templates; a builtin of every template of the office."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django import template

from hadir.office.page.moments import is_a_time
from hadir.office.page.periods import period_words, span_words
from hadir.office.people.ranks import rank_text
from hadir.office.units.models import Zone
from hadir.records.days import local, local_date
from hadir.rules.clocks import clock as clock_of
from hadir.texts import Lang, catalogue, render

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from django.template import Context

register = template.Library()


def _lang(context: Context) -> Lang:
    return cast("Lang", context.get("lang", "id"))


@register.simple_tag(takes_context=True)
def t(context: Context, code: str, **params: object) -> str:
    """The catalogue's sentence for `code`; parameters are escaped like everything else."""
    return render(code, _lang(context), params)


@register.simple_tag(takes_context=True)
def t_reason(context: Context, reason: dict[str, object]) -> str:
    """A stored reason, `{"code", "params"}`, as a sentence."""
    return render(str(reason["code"]), _lang(context), cast("dict[str, object]", reason["params"]))


@register.simple_tag(takes_context=True)
def t_duty(context: Context, name: str) -> str:
    """A duty's name for people; a region's own duty is called as its policy calls it."""
    code = f"law.word.{name}"
    return render(code, _lang(context)) if code in catalogue() else name


@register.filter
def clock(at_ms: int | None, zone: str) -> str:
    """`07:28:13` on the work place's clock; an em dash where there is no time."""
    return clock_of(at_ms, zone) if at_ms is not None and is_a_time(at_ms) else "—"


@register.filter
def clock_with_day(at_ms: int | None, zone: str) -> str:
    return f"{local(at_ms, zone):%Y-%m-%d %H:%M:%S}" if at_ms is not None and is_a_time(at_ms) else "—"


@register.simple_tag(takes_context=True)
def moment(context: Context, at_ms: int, zone: str) -> str:
    """`24 November 2026 pukul 08.12`, on the clock of the zone."""
    lang, at, on = _lang(context), local(at_ms, zone), local_date(at_ms, zone)
    return render("date.moment", lang, day_words(on, lang) | {"hour": f"{at:%H}", "minute": f"{at:%M}"})


@register.filter
def day_of(at_ms: int, zone: str) -> str:
    """`2026-11-24`, the work place's date of an instant."""
    return f"{local(at_ms, zone):%Y-%m-%d}"


@register.simple_tag(takes_context=True)
def points(context: Context, value: Decimal) -> str:
    """`0,5` in Indonesian, `0.5` in English; without zeros at the end."""
    shown = f"{value.normalize():f}"
    return shown if _lang(context) == "en" else shown.replace(".", ",")


@register.filter
def rank(code: str) -> str:
    """`Penata Muda, III/a`."""
    return rank_text(code)


@register.simple_tag(takes_context=True)
def weekdays(context: Context, days: str) -> str:
    """`, Senin, Selasa`; nothing where an assignment names no weekdays."""
    return "".join(f", {render(f'weekday.{int(day) + 1}', _lang(context))}" for day in days)


@register.filter
def zone_name(zone: str) -> str:
    return Zone(zone).short


@register.simple_tag(takes_context=True)
def long_day(context: Context, day: date) -> str:
    return render("date.long", _lang(context), day_words(day, _lang(context)))


@register.simple_tag(takes_context=True)
def period(context: Context, from_date: date, until_date: date | None) -> str:
    """`26-27 November 2026` of `[26 November, 28 November)`."""
    return period_words(from_date, until_date, _lang(context))


@register.simple_tag(takes_context=True)
def period_through(context: Context, first: date, last: date | None) -> str:
    """The same of a period whose last day is given: of what was counted, or typed into a form."""
    return period_words(first, last + timedelta(days=1) if last else None, _lang(context))


@register.simple_tag(takes_context=True)
def span(context: Context, from_ms: int, until_ms: int, zone: str, is_whole_days: bool = False) -> str:  # noqa: FBT001, FBT002 - templates have no names for it
    """The same of instants."""
    return span_words(from_ms, until_ms, zone=zone, is_whole_days=is_whole_days, lang=_lang(context))


@register.simple_tag(takes_context=True)
def window(context: Context, row: Any, zone: str) -> str:  # noqa: ANN401 - an excuse, an outage, or a period of a list
    """When an excuse or an outage holds."""
    is_whole_days = bool(getattr(row, "is_whole_days", False))
    return span_words(row.from_ms, row.until_ms, zone=zone, is_whole_days=is_whole_days, lang=_lang(context))


@register.simple_tag(takes_context=True)
def t_weekday(context: Context, day: date) -> str:
    return render(f"weekday.{day.isoweekday()}", _lang(context))


def day_words(day: date, lang: Lang) -> dict[str, object]:
    return {
        "weekday": render(f"weekday.{day.isoweekday()}", lang),
        "day": day.day,
        "month": render(f"month.{day.month}", lang),
        "year": day.year,
    }


@register.simple_tag(takes_context=True)
def row_query(context: Context, row: Any) -> str:  # noqa: ANN401 - a row of days.queries, below which this stands
    """The list's address with this person opened beside it."""
    return str(context["filter"].query(orang=row.person.number))
