"""Texts, times and names in templates; a builtin of every template of the office."""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, cast

import segno
from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from hadir.office.ground.moments import is_a_time
from hadir.office.ground.ranks import rank_text
from hadir.office.ground.words import journal_words, say
from hadir.office.ground.zones import Zone
from hadir.office.page.periods import period_words, span_words
from hadir.office.page.tree import in_tree_order
from hadir.records.days import local, local_date
from hadir.rules.clocks import clock as clock_of
from hadir.texts import Lang, catalogue, date_words, percent_words, render, short_date_words, time_words

register = template.Library()
register.filter("in_tree", in_tree_order)

_NO_TIME = "—"
_MINUTE_LENGTH = len("07:28")


def lang_of(context: Context) -> Lang:
    return cast("Lang", context.get("lang", "id"))


@register.simple_tag(takes_context=True)
def t(context: Context, code: str, **params: object) -> str:
    """The catalogue's sentence for `code`; parameters are escaped like everything else."""
    return say(code, lang_of(context), params)


@register.simple_tag(takes_context=True)
def t_reason(context: Context, reason: dict[str, object]) -> str:
    """A stored reason, `{"code", "params"}`, as a sentence."""
    return render(str(reason["code"]), lang_of(context), cast("dict[str, object]", reason["params"]))


@register.simple_tag(takes_context=True)
def journal(context: Context, origin: str, index: int | None = None) -> str:
    """A journal as people call it, and the place of a record in it."""
    name = journal_words(origin, lang_of(context))
    return name if index is None else say("journal.place", lang_of(context), {"journal": name, "n": index})


@register.simple_tag(takes_context=True)
def t_duty(context: Context, name: str) -> str:
    """A duty's name for people; a region's own duty is called as its policy calls it."""
    code = f"law.word.{name}"
    return render(code, lang_of(context)) if code in catalogue() else name


@register.simple_tag(takes_context=True)
def clock(context: Context, at_ms: int | None, zone: str) -> str:
    """`07.28.13` on the work place's clock; an em dash where there is no time."""
    return time_words(clock_of(at_ms, zone), lang_of(context)) if at_ms is not None and is_a_time(at_ms) else _NO_TIME


@register.simple_tag(takes_context=True)
def minute(context: Context, at_ms: int | None, zone: str) -> str:
    """`07.28`, the same without its seconds."""
    shown = clock(context, at_ms, zone)
    return shown if shown == _NO_TIME else shown[:_MINUTE_LENGTH]


@register.simple_tag(takes_context=True)
def hour(context: Context, at: time) -> str:
    """`07.30` of a time that stands in a law."""
    return time_words(f"{at:%H:%M}", lang_of(context))


@register.filter
def clock_with_day(at_ms: int | None, zone: str) -> str:
    """An instant as a parameter of a sentence, which writes it as people say it."""
    return f"{local(at_ms, zone):%Y-%m-%d %H:%M}" if at_ms is not None and is_a_time(at_ms) else _NO_TIME


@register.simple_tag(takes_context=True)
def moment(context: Context, at_ms: int | None, zone: str) -> str:
    """`24 November 2026 pukul 08.12`, on the clock of the zone; an em dash where there is no time."""
    if at_ms is None or not is_a_time(at_ms):
        return _NO_TIME
    lang, at = lang_of(context), local(at_ms, zone)
    words = {"day": date_words(local_date(at_ms, zone), lang), "time": time_words(f"{at:%H:%M}", lang)}
    return render("date.at", lang, words)


@register.simple_tag(takes_context=True)
def day(context: Context, on: date | None) -> str:
    """`25 November 2026`; an em dash where there is none."""
    return date_words(on, lang_of(context)) if on is not None else _NO_TIME


@register.simple_tag(takes_context=True)
def short_day(context: Context, on: date | None) -> str:
    """`25 Nov 2026`, in narrow tables."""
    return short_date_words(on, lang_of(context)) if on is not None else _NO_TIME


@register.simple_tag(takes_context=True)
def day_and_month(context: Context, on: date) -> str:
    """`25 Nov`, along an axis."""
    return short_date_words(on, lang_of(context)).rpartition(" ")[0]


@register.simple_tag(takes_context=True)
def month_words(context: Context, first: date) -> str:
    """`November 2026`."""
    return date_words(first, lang_of(context)).partition(" ")[2]


@register.simple_tag(takes_context=True)
def points(context: Context, value: Decimal) -> str:
    """Percentages that money depends on: `0,50` in Indonesian, `0.50` in English."""
    return percent_words(value, lang_of(context))


register.filter("rank", rank_text)


@register.simple_tag(takes_context=True)
def weekdays(context: Context, days: str) -> str:
    """`, Senin, Selasa`; nothing where an assignment names no weekdays."""
    return "".join(f", {render(f'weekday.{int(day) + 1}', lang_of(context))}" for day in days)


@register.filter
def zone_name(zone: str) -> str:
    return Zone(zone).short


@register.simple_tag(takes_context=True)
def long_day(context: Context, day: date) -> str:
    lang = lang_of(context)
    names = {"weekday": render(f"weekday.{day.isoweekday()}", lang), "month": render(f"month.{day.month}", lang)}
    return render("date.long", lang, {**names, "day": day.day, "year": day.year})


@register.simple_tag
def last_day(until_date: date) -> date:
    """The last day of a period that ends before `until_date`."""
    return until_date - timedelta(days=1)


@register.simple_tag(takes_context=True)
def period(context: Context, from_date: date, until_date: date | None) -> str:
    """`26-27 November 2026` of `[26 November, 28 November)`."""
    return period_words(from_date, until_date, lang_of(context))


@register.simple_tag(takes_context=True)
def period_through(context: Context, first: date, last: date | None) -> str:
    """The same of a period whose last day is given: of what was counted, or typed into a form."""
    return period_words(first, last + timedelta(days=1) if last else None, lang_of(context))


@register.simple_tag(takes_context=True)
def span(context: Context, from_ms: int, until_ms: int, zone: str, is_whole_days: bool = False) -> str:  # noqa: FBT001, FBT002 - templates have no names for it
    """The same of instants."""
    return span_words(from_ms, until_ms, zone=zone, is_whole_days=is_whole_days, lang=lang_of(context))


@register.simple_tag(takes_context=True)
def window(context: Context, row: Any, zone: str) -> str:  # noqa: ANN401 - an excuse, an outage, or a period of a list
    """When an excuse or an outage holds."""
    is_whole_days = bool(getattr(row, "is_whole_days", False))
    return span_words(row.from_ms, row.until_ms, zone=zone, is_whole_days=is_whole_days, lang=lang_of(context))


@register.simple_tag(takes_context=True)
def t_weekday(context: Context, day: date) -> str:
    return render(f"weekday.{day.isoweekday()}", lang_of(context))


@register.simple_tag(takes_context=True)
def row_query(context: Context, row: Any) -> str:  # noqa: ANN401 - a row of days.queries, below which this stands
    """The list's address with this person opened beside it."""
    return str(context["filter"].query(orang=row.person.number))


@register.simple_tag
def qr(address: str) -> SafeString:
    """An address as a code for the camera."""
    code = segno.make(address, error="m", micro=False)
    svg = code.svg_inline(scale=1, border=2, omitsize=True, svgclass="qr", lineclass=None)
    return mark_safe(svg)  # noqa: S308 - drawn by segno from an address that is quoted like any other
