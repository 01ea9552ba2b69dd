"""Numbers and adjustments of a month in templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from django import template
from django.template import Context

from hadir.office.month_pages.sheet import decimal as written
from hadir.office.month_pages.sheet import sum_text, warning_name, why_text
from hadir.office.month_pages.waiting import source_text
from hadir.office.months.closed_row import AdjustmentLine
from hadir.office.units.models import Unit
from hadir.texts import Lang

register = template.Library()


def _lang(context: Context) -> Lang:
    return cast("Lang", context.get("lang", "id"))


@register.simple_tag(takes_context=True)
def decimal(context: Context, value: object) -> str:
    return written(value, _lang(context))


@register.simple_tag(takes_context=True)
def sanction(context: Context, code: str) -> str:
    return warning_name(code, _lang(context))


@register.simple_tag(takes_context=True)
def silent_source(context: Context, source: str, unit: Unit) -> str:
    return source_text(source, unit, _lang(context))


@register.simple_tag(takes_context=True)
def adjustment_sum(context: Context, line: AdjustmentLine) -> str:
    return sum_text(line, _lang(context))


@register.simple_tag(takes_context=True)
def adjustment_why(context: Context, why: Mapping[str, object], zone: str) -> str:
    return why_text(why, zone, _lang(context))
