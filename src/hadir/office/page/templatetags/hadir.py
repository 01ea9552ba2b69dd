"""Texts, times and names in templates; a builtin of every template of the office."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from datetime import UTC
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html

from hadir.office.units.models import Zone
from hadir.texts import Lang, render

if TYPE_CHECKING:
    from django.template import Context
    from django.utils.safestring import SafeString

register = template.Library()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


@register.filter
def clock(at_ms: int | None, zone: str) -> str:
    """`07:28:13` on the work place's clock; an em dash where there is no time."""
    return "—" if at_ms is None else f"{local_time(at_ms, zone):%H:%M:%S}"


@register.filter
def clock_with_day(at_ms: int | None, zone: str) -> str:
    return "—" if at_ms is None else f"{local_time(at_ms, zone):%Y-%m-%d %H:%M:%S}"


@register.filter
def zone_name(zone: str) -> str:
    return Zone(zone).short


@register.simple_tag(takes_context=True)
def long_day(context: Context, day: date) -> str:
    return render("date.long", _lang(context), day_words(day, _lang(context)))


@register.simple_tag
def clock_element(at_ms: int, zone: str) -> SafeString:
    """The time as people read it, with the exact instant for machines."""
    moment = local_time(at_ms, zone)
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), f"{moment:%H:%M:%S}")


def day_words(day: date, lang: Lang) -> dict[str, object]:
    return {
        "weekday": render(f"weekday.{day.isoweekday()}", lang),
        "day": day.day,
        "month": render(f"month.{day.month}", lang),
        "year": day.year,
    }


def local_time(at_ms: int, zone: str) -> datetime:
    return (EPOCH + timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(zone))
