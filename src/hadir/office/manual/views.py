from collections.abc import Sequence
from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.acts.queries import described
from hadir.office.ground.act_error import ActError
from hadir.office.ground.moments import day_at
from hadir.office.manual.actions import Sheet, media_type, record_list, withdraw_list
from hadir.office.manual.forms import SheetForm
from hadir.office.manual.models import ManualSheet
from hadir.office.manual.permissions import RECORD_MANUAL, SEE_MANUAL, SEE_SHEET, WITHDRAW_MANUAL
from hadir.office.manual.queries import listed, photo_of, sheet_in_sight, sheets_of_unit
from hadir.office.page.answers import Trouble, carry_out, form_page
from hadir.office.page.forms import error_codes, typed, typed_reason
from hadir.office.page.lists import page_of
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import people_below
from hadir.office.roles import Thing, may
from hadir.office.units.models import Unit
from hadir.office.units.queries import first_unit, unit_in_sight, unit_to, units_in_sight


@require_GET
def manual_home(request: OfficeRequest) -> HttpResponse:
    return first_unit(request, SEE_MANUAL, "manual")


@require_GET
def sheets(request: OfficeRequest, unit: int) -> HttpResponse:
    """The unit's sheets, newest first."""
    found = unit_in_sight(request.actor, SEE_MANUAL, unit)
    page = page_of(request, sheets_of_unit(found))
    context = {
        "unit": found,
        "units": units_in_sight(request.actor, SEE_MANUAL),
        "zone": found.zone,
        "page": page,
        "rows": list(page.object_list),
        "may_record": may(request.actor, RECORD_MANUAL, Thing(paths=(found.path,))),
    }
    return render(request, "manual/sheets.html", context)


@require_http_methods(["GET", "POST"])
def record(request: OfficeRequest, unit: int) -> HttpResponse:
    """A sheet's names, direction and times, with its photo."""
    found = unit_to(request.actor, unit, see=SEE_MANUAL, do=RECORD_MANUAL)
    people = [one for one in people_below([found.path], day_here(request)) if one.number != request.actor.person]
    if request.method == "GET":
        return _ask(request, found, people)
    form = SheetForm(request.POST, request.FILES, people=(one.number for one in people))
    if not form.is_valid():
        return _ask(request, found, people, error_codes(form), form)
    given, entries = form.cleaned_data, form.entries(found.zone)
    sheet = Sheet(unit=found, day=given["day"], entries=entries, why=given["why"], photo=given["photo"].read())
    try:
        row = record_list(sheet=sheet, by=act_by(request))
    except ActError as error:
        return _ask(request, found, people, error, form)
    return HttpResponseRedirect(f"{reverse('manual-sheet', args=[row.number])}?selesai=record")


def _ask(
    request: OfficeRequest, unit: Unit, people: Sequence[Person], trouble: Trouble = None, form: SheetForm | None = None
) -> HttpResponse:
    given = {"day": day_at(request.now_ms, unit.zone).isoformat(), "direction": "in", **(typed(form) if form else {})}
    context = {
        "unit": unit,
        "people": [(person, given.get(f"at-{person.number}", "")) for person in people],
        "given": given,
        "ticked": set(request.POST.getlist("people")),
    }
    return form_page(request, "manual/record.html", context, trouble)


@require_GET
def sheet(request: OfficeRequest, number: int) -> HttpResponse:
    """One sheet: who stands on it, its photo, its record."""
    row = sheet_in_sight(request.actor, SEE_MANUAL, number)
    return render(request, "manual/sheet.html", _told(request, row))


def _told(request: OfficeRequest, row: ManualSheet) -> dict[str, object]:
    entries = listed(row).entries
    people = Person.objects.in_bulk({entry.person for entry in entries})
    here = Thing(paths=(row.unit.path,))
    names_me = any(entry.person == request.actor.person for entry in entries)
    done = request.GET.get("selesai", "")
    return {
        "row": row,
        "zone": row.unit.zone,
        "presences": [
            {"person": people[entry.person], "direction_code": f"direction.{entry.direction}", "at_ms": entry.at_ms}
            for entry in entries
            if entry.person in people
        ],
        "acts": described([one for one in (row.record, row.withdrawal) if one], request.lang),
        "may_see_photo": may(request.actor, SEE_SHEET, here),
        "may_withdraw": not row.is_withdrawn and not names_me and may(request.actor, WITHDRAW_MANUAL, here),
        "done_code": f"manual.done.{done}" if done in {"record", "withdraw"} else "",
    }


@require_GET
def photo(request: OfficeRequest, number: int) -> HttpResponse:
    row = sheet_in_sight(request.actor, SEE_MANUAL, number)
    if not may(request.actor, SEE_SHEET, Thing(paths=(row.unit.path,))):
        raise PermissionDenied
    found = photo_of(row)
    kind = media_type(found) if found else None
    if found is None or kind is None:
        raise Http404
    return HttpResponse(found, content_type=kind)


@require_http_methods(["GET", "POST"])
def withdraw(request: OfficeRequest, number: int) -> HttpResponse:
    row = sheet_in_sight(request.actor, SEE_MANUAL, number)
    names_me = any(entry.person == request.actor.person for entry in listed(row).entries)
    if names_me or not may(request.actor, WITHDRAW_MANUAL, Thing(paths=(row.unit.path,))):
        raise PermissionDenied
    reason = typed_reason(request)
    ask = partial(form_page, request, "manual/withdraw.html", {**_told(request, row), "reason": reason})
    if request.method == "GET":
        return ask()
    act = partial(withdraw_list, number=number, by=act_by(request, reason))
    return carry_out(act, ask, f"{reverse('manual-sheet', args=[number])}?selesai=withdraw")
