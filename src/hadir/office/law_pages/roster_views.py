"""Rosters of a unit: a week as a grid, copied forward, or brought as a spreadsheet."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.duties.grid import (
    FREE,
    SHEET_DAYS,
    WEEK_DAYS,
    changed_cells,
    days_from,
    lines_of,
    packed,
    people_at_home,
    read_roster,
    template_of,
    unpacked,
    week_of,
)
from hadir.office.duties.models import RosterDay
from hadir.office.duties.permissions import KEEP_ROSTER, SEE_LAW
from hadir.office.duties.rosters import RosterEntry, Written, copy_roster, write_roster
from hadir.office.duties.waiting import wishes_about
from hadir.office.duties.words import shifts_on
from hadir.office.ground.act_error import ActError
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.asked import number_asked
from hadir.office.page.forms import DOCUMENT_LENGTH_MAX, typed_reason
from hadir.office.page.lists import page_of
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.tables.forms import ListForm
from hadir.office.tables.table import TableRefusedError
from hadir.office.tables.writing import download
from hadir.office.units.models import Unit
from hadir.office.units.queries import covers, unit_in_sight, unit_to, units_in_sight

WEEKS_MAX = 8
SHOWN_MAX = 200
_DAY = timedelta(days=1)
_WEEK = WEEK_DAYS * _DAY


@require_GET
def roster_home(request: OfficeRequest, unit: int) -> HttpResponse:
    """This week of the unit, or of the one that the chooser names."""
    asked = number_asked(request.GET.get("unit", ""))
    found = unit_in_sight(request.actor, SEE_LAW, unit if asked is None else asked)
    return HttpResponseRedirect(_address(found, week_of(day_here(request))))


def _address(unit: Unit, first: date, **query: object) -> str:
    words = f"?{urlencode(query)}" if query else ""
    return reverse("roster", args=[unit.number, first]) + words


@require_http_methods(["GET", "POST"])
def roster(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """People by days, a shift in each cell. What was typed is written with a reason."""
    found = unit_in_sight(request.actor, SEE_LAW, unit)
    _in_range(first)
    if request.method == "GET":
        return _grid(request, found, first)
    if not covers(request.actor, KEEP_ROSTER, found):
        raise PermissionDenied
    lines = lines_of(_page(request, found, first).object_list, first, request.actor.person)
    reason = typed_reason(request)
    if not reason:
        return _grid(request, found, first, {"reason": "law.trouble.reason_needed"})
    try:
        entries = changed_cells(lines, {name: request.POST.get(name, "") for name in request.POST})
        done = write_roster(entries=entries, by=act_by(request, reason), document=_document(request))
    except ActError as error:
        return _grid(request, found, first, error)
    return _written(found, first, "write", done, halaman=request.GET.get("halaman") or 1)


def _document(request: OfficeRequest) -> str:
    return request.POST.get("document", "").strip()[:DOCUMENT_LENGTH_MAX]


def _written(unit: Unit, first: date, act: str, done: Written, **query: object) -> HttpResponse:
    return HttpResponseRedirect(_address(unit, first, selesai=act, n=done.changed, tunggu=done.waiting, **query))


def _page(request: OfficeRequest, unit: Unit, first: date) -> Any:  # noqa: ANN401 - Django's page of people
    return page_of(request, people_at_home(unit, first, first + _WEEK - _DAY))


def _grid(request: OfficeRequest, unit: Unit, first: date, trouble: Trouble = None) -> HttpResponse:
    page, shifts = _page(request, unit, first), shifts_on(first)
    lines = lines_of(page.object_list, first, request.actor.person)
    typed = request.POST if trouble else {}
    done = request.GET.get("selesai", "")
    context = {
        "unit": unit,
        "units": units_in_sight(request.actor, SEE_LAW),
        "first": first,
        "last": first + _WEEK - _DAY,
        "week_before": first - _WEEK,
        "week_after": first + _WEEK,
        "days": days_from(first),
        "today": day_here(request),
        "lines": [
            (line, [(cell, typed.get(f"{line.person.number}/{cell.name}", cell.value)) for cell in line.cells])
            for line in lines
        ],
        "shifts": list(shifts.values()),
        "options": [("", "law.roster.none"), (FREE, "law.roster.free"), *((name, "") for name in shifts)],
        "known": {"", FREE, *shifts},
        "may_keep": covers(request.actor, KEEP_ROSTER, unit),
        "page": page,
        "reason": request.POST.get("reason", "") if trouble else "",
        "done_code": f"law.roster.done.{done}" if done in {"write", "copy", "import"} else "",
        "n": number_asked(request.GET.get("n", "")) or 0,
        "waiting": number_asked(request.GET.get("tunggu", "")) or 0,
        "document": request.POST.get("document", "") if trouble else "",
        "has_begun": first <= day_here(request),
        "wishes": wishes_about({line.person.number for line in lines}),
    }
    return form_page(request, "duties/roster.html", context, trouble)


def _to_keep(request: OfficeRequest, unit: int, first: date) -> Unit:
    found = unit_to(request.actor, unit, see=SEE_LAW, do=KEEP_ROSTER)
    _in_range(first)
    return found


def _in_range(first: date) -> None:
    """Dates near the end of time have no week after them."""
    if not date.min + _WEEK < first < date.max - WEEKS_MAX * _WEEK - SHEET_DAYS * _DAY:
        raise Http404


# --- copying ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def copy(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """The week's shifts once more on the next week or weeks: what will change is shown before it does."""
    found = _to_keep(request, unit, first)
    asked = number_asked(request.POST.get("weeks", request.GET.get("weeks", "1"))) or 1
    weeks = asked if asked <= WEEKS_MAX else 1
    if request.method == "GET":
        return _ask_copy(request, found, first, weeks)
    reason = typed_reason(request)
    if not reason:
        return _ask_copy(request, found, first, weeks, {"reason": "law.trouble.reason_needed"})
    try:
        with transaction.atomic():
            parts = [
                copy_roster(
                    unit=found,
                    from_date=first,
                    days=WEEK_DAYS,
                    to_date=first + week * _WEEK,
                    by=act_by(request, reason),
                    document=_document(request),
                )
                for week in range(1, weeks + 1)
            ]
    except ActError as error:
        return _ask_copy(request, found, first, weeks, error)
    return _written(found, first + _WEEK, "copy", sum(parts, Written()))


def _ask_copy(request: OfficeRequest, unit: Unit, first: date, weeks: int, trouble: Trouble = None) -> HttpResponse:
    people = [one for one in people_at_home(unit, first, first + _WEEK) if one.number != request.actor.person]
    rows = RosterDay.objects.filter(withdrawn_at_ms=None, person__in=people)
    last = first + (weeks + 1) * _WEEK
    context = {
        "unit": unit,
        "first": first,
        "last": first + _WEEK - _DAY,
        "to_first": first + _WEEK,
        "to_last": last - _DAY,
        "weeks": weeks,
        "choices": range(1, WEEKS_MAX + 1),
        "rows": rows.filter(day__gte=first, day__lt=first + _WEEK).count(),
        "people": rows.filter(day__gte=first, day__lt=first + _WEEK).values("person").distinct().count(),
        "overwritten": rows.filter(day__gte=first + _WEEK, day__lt=last).count(),
        "has_begun": first + _WEEK <= day_here(request),
        "reason": request.POST.get("reason", ""),
        "document": request.POST.get("document", ""),
    }
    return form_page(request, "duties/copy.html", context, trouble)


# --- a spreadsheet ----------------------------------------------------------------------------------------------------


@require_GET
def template(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """The unit's people and the days from the week on, with what is written already."""
    found = _to_keep(request, unit, first)
    people = people_at_home(found, first, first + (SHEET_DAYS - 1) * _DAY)
    lines = lines_of(people, first, request.actor.person, SHEET_DAYS)
    body = template_of([line for line in lines if line.may_write], shifts_on(first), request.lang)
    return download(body, f"jadwal-{found.number}-{first.isoformat()}", "xlsx")


@require_http_methods(["GET", "POST"])
def bring(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """A filled-in sheet: read, shown with every fault, and written when somebody confirms."""
    found = _to_keep(request, unit, first)
    if request.method == "GET":
        return _ask_file(request, found, first)
    if "entries" in request.POST:
        return _write_brought(request, found, first)
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _ask_file(request, found, first, {"berkas": "register.form.berkas"})
    people = people_at_home(found, first, first + (SHEET_DAYS - 1) * _DAY)
    try:
        entries, faults = read_roster(
            form.cleaned_data["berkas"].read(),
            first=first,
            people={key: one.number for one in people for key in (one.nip, str(one.number)) if key},
            may_write={one.number for one in people if one.number != request.actor.person},
            shifts=shifts_on(first),
        )
    except TableRefusedError as error:
        return _ask_file(request, found, first, {"berkas": f"law.roster.file.{error.fault}"}, refused=error)
    return _show_brought(request, found, first, entries, people, faults=faults)


def _ask_file(
    request: OfficeRequest,
    unit: Unit,
    first: date,
    trouble: Trouble = None,
    *,
    refused: TableRefusedError | None = None,
) -> HttpResponse:
    context = {
        "unit": unit,
        "first": first,
        "last": first + (SHEET_DAYS - 1) * _DAY,
        "refused": refused,
        "shifts": list(shifts_on(first).values()),
    }
    return form_page(request, "duties/bring.html", context, trouble)


def _show_brought(  # noqa: PLR0913 - what a file said, and what came of it
    request: OfficeRequest,
    unit: Unit,
    first: date,
    entries: list[RosterEntry],
    people: list[Person],
    *,
    faults: object = (),
    trouble: Trouble = None,
) -> HttpResponse:
    names = {one.number: one.titled_name for one in people}
    rows = RosterDay.objects.filter(withdrawn_at_ms=None, person__in=names)
    rows = rows.filter(day__gte=first, day__lt=first + SHEET_DAYS * _DAY)
    written = {(row.person_id, row.day): tuple(row.shifts) for row in rows}
    changed = [one for one in entries if written.get((one.person, one.day)) != one.shifts]
    context = {
        "unit": unit,
        "first": first,
        "faults": faults,
        "changed": [
            (names.get(one.person, str(one.person)), one.day, written.get((one.person, one.day)), one.shifts)
            for one in changed[:SHOWN_MAX]
        ],
        "n": len(changed),
        "people": len({one.person for one in changed}),
        "more": max(0, len(changed) - SHOWN_MAX),
        "has_begun": any(one.day <= day_here(request) for one in changed),
        "entries": packed(changed),
        "reason": request.POST.get("reason", ""),
        "document": request.POST.get("document", ""),
    }
    return form_page(request, "duties/brought.html", context, trouble)


def _write_brought(request: OfficeRequest, unit: Unit, first: date) -> HttpResponse:
    try:
        entries = unpacked(request.POST["entries"])
    except ValueError:
        return _ask_file(request, unit, first, {"entries": "law.roster.file.broken"})
    people = people_at_home(unit, first, first + (SHEET_DAYS - 1) * _DAY)
    if not {one.person for one in entries} <= {one.number for one in people}:
        raise PermissionDenied
    reason = typed_reason(request)
    trouble: Trouble = None if reason else {"reason": "law.trouble.reason_needed"}
    done = Written()
    if not trouble:
        try:
            done = write_roster(entries=entries, by=act_by(request, reason), document=_document(request))
        except ActError as error:
            trouble = error
    if trouble:
        return _show_brought(request, unit, first, entries, people, trouble=trouble)
    return _written(unit, first, "import", done)
