from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from hadir.office.duties.calendar_notes import calendar_notes
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.ground.words import say
from hadir.office.judging.judging import judge_context
from hadir.office.month_pages.actions import is_whole, steps_of, thing_of_month
from hadir.office.month_pages.columns import MonthFilter, RecapColumn, RowsAsked, columns, policies_of, screen_columns
from hadir.office.month_pages.known import KnownMonth, month_as_known, people_of
from hadir.office.month_pages.paper import notes_by_person
from hadir.office.month_pages.plots import arrivals, by_date, cells_of, heat_map, meanings
from hadir.office.month_pages.recap import MonthRecap, RecapRow, TooManyError, month_recap, refuse_wide
from hadir.office.month_pages.sheet import SheetFacts, decimal, sheet_facts
from hadir.office.month_pages.waiting import by_source, undecided_days, unproven_days
from hadir.office.month_pages.xlsx import PAPERS
from hadir.office.months.editions import waiting_in
from hadir.office.months.letters import current_letters
from hadir.office.months.models import Closing
from hadir.office.months.permissions import (
    ASK_REOPEN,
    CLOSE_MONTH,
    EXPORT_MONTH,
    SEE_EDITION,
    SEE_MONTH,
    may_grant,
    may_set_letters,
)
from hadir.office.page.asked import month_asked
from hadir.office.page.lists import SentencePart, page_of
from hadir.office.page.periods import month_after, month_before
from hadir.office.page.requests import OfficeRequest
from hadir.office.page.today import day_of_sight, known_of, proposed
from hadir.office.people.queries import people_in_sight
from hadir.office.units.queries import chosen_unit, covers, unit_in_sight, units_in_sight
from hadir.texts import Lang, date_words


@require_GET
def months_home(request: OfficeRequest) -> HttpResponse:
    """The unit asked for by the chooser, or the actor's first; the month asked for, or the running one."""
    unit = chosen_unit(request, SEE_MONTH)
    first = month_asked(request.GET.get("bulan", "")) or day_at(request.now_ms, unit.zone).replace(day=1)
    return HttpResponseRedirect(reverse("month-recap", args=[unit.number, first]))


@dataclass(frozen=True)
class Look:
    """What one request asks of a unit's month, and what the asker may see of it."""

    month: MonthRecap
    filter: MonthFilter
    letters: dict[str, str]
    sees_all: bool

    @property
    def rows(self) -> list[RecapRow]:
        return self.filter.of(self.month.rows)


def look_at(request: OfficeRequest, unit: int, first: date) -> Look:
    """Of a superior only his own people's rows."""
    found = unit_in_sight(request.actor, SEE_MONTH, unit)
    given = MonthFilter.read(request.GET.dict())
    if not given.alone:
        refuse_wide(found, first)
    month = month_recap(HERE.settings.policies, found, first, alone=given.alone)
    sees_all = covers(request.actor, EXPORT_MONTH, found)
    if not sees_all:
        seen = _people_in_sight(request, first)
        month = replace(month, rows=[row for row in month.rows if row.person in seen])
    # A closed month prints with the letters of its closing, for ever.
    letters = month.closings[0].letters if month.is_closed else current_letters()
    return Look(month=month, filter=given, letters=letters, sees_all=sees_all)


def _people_in_sight(request: OfficeRequest, first: date) -> set[int]:
    people = people_in_sight(request.actor, SEE_MONTH, day_of_sight(request, first))
    return set(people.values_list("number", flat=True))


def _by_units_if_wide(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The units below, in place of a page of too many people."""

    @wraps(view)
    def answer(request: OfficeRequest, unit: int, first: date, **rest: int) -> HttpResponse:
        try:
            return view(request, unit, first, **rest)
        except TooManyError as wide:
            return _wide(request, wide, first)

    return answer


def _wide(request: OfficeRequest, wide: TooManyError, first: date) -> HttpResponse:
    month = MonthRecap(unit=wide.unit, first=first, rows=[], closings=[], open_units=[])
    seen = Look(month=month, filter=MonthFilter.read({}), letters={}, sees_all=True)
    context = {
        **_frame(request, seen),
        "below": wide.below,
        "people": sum(one.people for one in wide.below),
        "exports": [
            (f"{kind.upper()} {size.upper()}", f"month-{kind}", size) for kind in ("xlsx", "pdf") for size in PAPERS
        ],
        "may_export": covers(request.actor, EXPORT_MONTH, wide.unit),
        "is_empty": False,
    }
    return render(request, "months/wide.html", context)


# --- pages -----------------------------------------------------------------------------------------------------------


@require_GET
@_by_units_if_wide
def recap(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """The month of a unit: the sentence, what waits for somebody, and a row for each person."""
    seen = look_at(request, unit, first)
    page = page_of(request, seen.rows, seen.filter.parts)
    heads = screen_columns(HERE.settings.policies, seen.month, seen.letters)
    counted = {which: sum(which.has(row) for row in seen.month.rows) for which in RowsAsked}
    rows = list(page.object_list)
    notes = notes_by_person(rows, seen.month, request.lang)
    edition_days = waiting_in([one.number for one in seen.month.open_units], first).count()
    frame = _frame(request, seen)
    context = {
        **frame,
        "may_close": frame["may_close"] and not edition_days,
        "heads": [(column.head, column.is_text, column) for column in heads],
        "table": [(row, cells_of_row(request, heads, row), notes[row.unit.number, row.person]) for row in rows],
        "exports": {
            kind: [(f"{kind.upper()} {size.upper()}", seen.filter.query(kertas=size)) for size in PAPERS]
            for kind in ("xlsx", "pdf")
        },
        "page": page,
        "rows": rows,
        "sentence": [
            SentencePart(
                text=say(f"months.part.{which.value}", request.lang, {"n": count}),
                query=seen.filter.query(saring=None if seen.filter.which is which else which.value),
                is_chosen=seen.filter.which is which,
            )
            for which, count in counted.items()
            if count
        ],
        "filter_all": seen.filter.query(saring=None, cari=None),
        "filter_code": f"months.which.{seen.filter.which.value}" if seen.filter.which else "",
        "edition_days": edition_days,
        "may_see_edition": bool(request.actor.paths(SEE_EDITION.roles)),
        "undecided_count": sum(len(row.recap.undecided) for row in seen.month.rows),
    }
    return render(request, "months/recap.html", context)


def cells_of_row(request: OfficeRequest, heads: list[RecapColumn], row: RecapRow) -> list[tuple[str, str, bool, bool]]:
    """(value, head, whether the head is a text, whether there is nothing)"""
    values = [(column, column.value(row)) for column in heads]
    return [(decimal(value, request.lang), column.head, column.is_text, not value) for column, value in values]


def _frame(request: OfficeRequest, seen: Look) -> dict[str, Any]:
    """What every page of a unit's month has at its head."""
    month, today = seen.month, day_at(request.now_ms, seen.month.unit.zone)
    is_over = month_after(month.first) <= today
    can_close = bool(month.open_units) and is_over and month.is_recorded and not seen.filter.alone
    done = request.GET.get("selesai", "")
    return {
        "unit": month.unit,
        "units": units_in_sight(request.actor, SEE_MONTH),
        "month": month,
        "month_code": f"month.{month.first.month}",
        "before": month_before(month.first),
        "after": month_after(month.first),
        "is_over": is_over,
        "is_ahead": month.first > today,
        "is_empty": bool(month.open_units) and not month.is_recorded,
        "known_day": proposed(month.first, today),
        "known_latest": today,
        "may_close": can_close and covers(request.actor, CLOSE_MONTH, month.unit),
        "may_ask": covers(request.actor, ASK_REOPEN, month.unit),
        "may_export": seen.sees_all and not seen.filter.alone,
        "may_letters": may_set_letters(request.actor),
        "calendar_notes": calendar_notes(month.days, request.lang, month.unit),
        "filter": seen.filter,
        "zone": month.unit.zone,
        "done_code": f"months.done.{done}" if done in {"close", "ask_reopen", "reopen", "keep_closed"} else "",
    }


@require_GET
@_by_units_if_wide
def person_sheet(request: OfficeRequest, unit: int, first: date, person: int) -> HttpResponse:
    """One person's month: each date, the arithmetic of the percentage, what waits, warns or is adjusted."""
    seen = look_at(request, unit, first)
    row = next((one for one in seen.month.rows if one.person == person), None)
    if row is None:
        raise Http404
    facts: SheetFacts = sheet_facts(row, HERE.settings.policies, first, request.lang, seen.letters)
    means = meanings(policies_of(HERE.settings.policies, seen.month))
    places = dict.fromkeys(seen.month.days, 0)
    cells = {cell.day: cell for cell in cells_of(row, places, seen.letters, means)}
    context = {
        **_frame(request, seen),
        "row": row,
        "facts": facts,
        "cells": [(day, cells.get(day)) for day in seen.month.days],
        "columns": [
            (column, column.value(row), column.minutes(row) if column.minutes else 0)
            for column in columns(HERE.settings.policies, seen.month, seen.letters)
        ],
        "edition_words": _edition_words(row, first, request.lang),
        "undecided": undecided_days([row]),
        "unproven": unproven_days([row]),
    }
    return render(request, "months/person.html", context)


def _edition_words(row: RecapRow, first: date, lang: Lang) -> str:
    """The dates of the month whose verdicts wait until an edition of the rules is accepted."""
    days = () if row.is_closed else waiting_in([row.unit.number], first).filter(person=row.person).order_by("day")
    return ", ".join(date_words(one.day, lang) for one in days)


@require_GET
@_by_units_if_wide
def picture(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """The heat map and the arrival histogram of a unit's month."""
    seen = look_at(request, unit, first)
    rows = seen.rows
    means = meanings(policies_of(HERE.settings.policies, seen.month))
    letters, dates = by_date(rows, seen.month.days, seen.letters)
    zones = {row.unit.number: row.unit.zone for row in seen.month.rows}
    context = {
        **_frame(request, seen),
        "rows": rows,
        "letters": letters,
        "dates": dates,
        "heat": heat_map(rows, seen.month.days, seen.letters, means),
        "histogram": arrivals(zones, {row.person for row in rows}, first, request.lang),
    }
    return render(request, "months/picture.html", context)


@require_GET
@_by_units_if_wide
def waiting(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """Days that wait: without data, by name and source; and those that stand by the phone's word alone."""
    seen = look_at(request, unit, first)
    undecided = undecided_days(seen.month.rows)
    context = {
        **_frame(request, seen),
        "undecided": undecided,
        "dark": by_source(undecided),
        "unproven": unproven_days(seen.month.rows),
    }
    return render(request, "months/waiting.html", context)


@require_GET
@_by_units_if_wide
def closings(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """How the unit closed and reopened the month, whether its rows are what the record says; and the units below."""
    seen = look_at(request, unit, first)
    rows = Closing.objects.filter(first=first).select_related("unit", "closed_by", "asked_by", "reopened_by")
    below = rows.filter(unit__path__startswith=seen.month.unit.path).exclude(unit=seen.month.unit)
    page = page_of(request, below.order_by("unit__path", "-number"))
    own = list(rows.filter(unit=seen.month.unit))
    context = {
        **_frame(request, seen),
        "may_answer": bool(own) and may_grant(request.actor, thing_of_month(own[0])),
        "told": [(row, is_whole(row), steps_of(row), _counted(row)) for row in own],
        "page": page,
    }
    return render(request, "months/closings.html", context)


def _counted(row: Closing) -> list[tuple[str, list[tuple[str, int]]]]:
    """The counts of a closing, each with the code of its text."""
    some = [(name, sorted(row.counts[name].items())) for name in ("grades", "excuses", "dark") if row.counts[name]]
    some += [(name, [("", row.counts[name])]) for name in ("manual", "undecided", "unproven")]
    return [(f"months.counts.{name}", found) for name, found in some]


PEOPLE_MAX = 200
"""A page judges every day of the month again; of more people the command line tells."""


@require_GET
def recap_known(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """The unit's month as it was known by the end of a date, and who differs today by what.

    For whoever may see the month now, and of it the people whom he may see now: the history of others is the auditor's.
    """
    found = unit_in_sight(request.actor, SEE_MONTH, unit)
    known = known_of(request, first, found.zone)
    context: dict[str, Any] = {
        "unit": found,
        "units": units_in_sight(request.actor, SEE_MONTH),
        "zone": found.zone,
        "first": first,
        "known": known,
        "month_code": f"month.{first.month}",
        "before": month_before(first),
        "after": month_after(first),
        "people": people_of(found, first, known.at_ms),
        "people_max": PEOPLE_MAX,
    }
    if context["people"] <= PEOPLE_MAX:
        then = replace(judge_context(), known_at_ms=known.at_ms)
        month = _in_sight(month_as_known(then, found, first, with_year=False), _people_in_sight(request, first))
        heads = screen_columns(HERE.settings.policies, month.month, current_letters())
        context |= {
            "of": month,
            "heads": [(column.head, column.is_text) for column in heads],
            "table": [(row, cells_of_row(request, heads, row), month.of.get(row.person)) for row in month.month.rows],
        }
    else:
        context["below"] = context["units"].filter(parent=found)
    return render(request, "months/known.html", context)


def _in_sight(known: KnownMonth, seen: set[int]) -> KnownMonth:
    rows = [row for row in known.month.rows if row.person in seen]
    differs = tuple(one for one in known.differs if one.person.number in seen)
    return replace(known, month=replace(known.month, rows=rows), differs=differs)
