from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.intake.actions import map_pin, place_terminal, plan_import
from hadir.office.intake.care_views import keep_file
from hadir.office.intake.forms import UPLOAD_LINES_MAX, FileForm, PinForm, PlaceForm, wrong_codes
from hadir.office.intake.models import Directions, ImportedFile, TerminalSkew
from hadir.office.intake.permissions import IMPORT_FILE, MAP_PIN, PLACE_TERMINAL, SEE_TERMINALS
from hadir.office.intake.plans import raw_words
from hadir.office.intake.queries import (
    TerminalRow,
    allowed_terminal,
    files_of,
    holders_of,
    terminal_in_sight,
    terminals_in_sight,
    thing_of_terminal,
    waiting_pins,
)
from hadir.office.intake.skews import seen_skew
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import people_in_sight
from hadir.office.roles import Rule, may
from hadir.office.tables.faults import RowFault
from hadir.office.units.queries import unit_in_sight, units_in_sight
from hadir.terminals.reading import FileFault, FileRefusedError

DONE = {word: f"intake.done.{word}" for word in ("pin", "tempat", "akhir", "jam")}
FILES_SHOWN_MAX = 50
LINES_SHOWN_MAX = 500


@require_GET
def terminals(request: OfficeRequest) -> HttpResponse:
    """Every terminal in sight, with what waits on it."""
    if not request.actor.paths(SEE_TERMINALS.roles):
        raise Http404
    context = {
        "rows": terminals_in_sight(request.actor, SEE_TERMINALS, day_here(request)),
        "may_place": bool(request.actor.paths(PLACE_TERMINAL.roles)),
    }
    return render(request, "intake/terminals.html", context)


@require_GET
def terminal(request: OfficeRequest, serial: str) -> HttpResponse:
    """One terminal: whose PINs wait, who holds which, and the files that came from it."""
    row = _seen(request, serial)
    context = {
        "row": row,
        "waiting": waiting_pins(serial),
        "holders": list(holders_of(serial)),
        "files": list(files_of(serial)[:FILES_SHOWN_MAX]),
        "zone": row.place.unit.zone if row.place else HERE.site.zone,
        "skew": seen_skew(serial, day_here(request)),
        "skews": list(TerminalSkew.objects.current().filter(terminal=serial).order_by("-from_date")),
        "done_code": DONE.get(request.GET.get("selesai", "")),
        "me": request.actor.person,
        "may_import": _may(request, row, IMPORT_FILE),
        "may_map": _may(request, row, MAP_PIN),
        "may_place": _may(request, row, PLACE_TERMINAL),
    }
    return render(request, "intake/terminal.html", context)


@require_http_methods(["GET", "POST"])
def bring_file(request: OfficeRequest, serial: str) -> HttpResponse:
    row = _allowed(request, serial, IMPORT_FILE)
    if request.method == "GET":
        return _ask_file(request, row)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _ask_file(request, row, {"berkas": "intake.form.berkas"})
    uploaded = form.cleaned_data["berkas"]
    data = uploaded.read()
    try:
        plan_import(data=data, serial=serial, by=act_by(request), dates=form.order, lines_max=UPLOAD_LINES_MAX)
    except FileRefusedError as error:
        is_open = error.fault is FileFault.DATES_OPEN
        return _ask_file(request, row, {"berkas": f"intake.file.{error.fault}"}, asks_dates=is_open)
    kept = keep_file(request, row, data=data, name=uploaded.name, dates=form.order)
    return HttpResponseRedirect(reverse("terminal-preview", args=[serial, kept]))


def _ask_file(
    request: OfficeRequest, row: TerminalRow, trouble: Trouble = None, *, asks_dates: bool = False
) -> HttpResponse:
    return form_page(request, "intake/bring_file.html", {"row": row, "asks_dates": asks_dates}, trouble)


@require_GET
def imported_file(request: OfficeRequest, serial: str, number: int) -> HttpResponse:
    """What a file brought, and every line that could not be read."""
    row = _seen(request, serial)
    file = get_object_or_404(ImportedFile, pk=number, terminal=serial)
    bad = [
        RowFault(line.line_number, "", f"intake.fault.{line.fault}", raw_words(bytes(line.raw)))
        for line in file.bad_lines.all()[:LINES_SHOWN_MAX]
    ]
    context = {"row": row, "file": file, "bad": bad, "zone": row.place.unit.zone if row.place else HERE.site.zone}
    return render(request, "intake/imported_file.html", context)


@require_http_methods(["GET", "POST"])
def give_pin(request: OfficeRequest, serial: str) -> HttpResponse:
    """Say who holds a PIN."""
    row = _allowed(request, serial, MAP_PIN)
    day = day_here(request)
    people = people_in_sight(request.actor, MAP_PIN, day, ahead=True).exclude(number=request.actor.person or 0)
    if request.method == "GET":
        first = next((one.first for one in waiting_pins(serial) if one.pin == request.GET.get("pin")), day)
        values = {"pin": request.GET.get("pin", ""), "from_date": first.isoformat()}
        return _ask_pin(request, row, people, values)
    form = PinForm(request.POST)
    values = request.POST.dict()
    if not form.is_valid():
        return _ask_pin(request, row, people, values, wrong_codes(form))
    person = people.filter(number=form.cleaned_data["person"]).first()
    if person is None:
        return _ask_pin(request, row, people, values, {"person": "intake.form.person"})
    try:
        map_pin(
            serial=serial,
            pin=form.cleaned_data["pin"],
            person=person,
            from_date=form.cleaned_data["from_date"],
            until_date=form.cleaned_data["until_date"],
            by=act_by(request),
            day=day,
        )
    except ActError as error:
        return _ask_pin(request, row, people, values, error)
    return HttpResponseRedirect(f"{reverse('terminal', args=[serial])}?selesai=pin")


def _ask_pin(
    request: OfficeRequest, row: TerminalRow, people: QuerySet[Person], values: dict[str, str], trouble: Trouble = None
) -> HttpResponse:
    context = {"row": row, "people": people, "values": values}
    return form_page(request, "intake/give_pin.html", context, trouble)


@require_http_methods(["GET", "POST"])
def place(request: OfficeRequest) -> HttpResponse:
    """Say where a terminal stands; a serial number that is new makes it known."""
    units = units_in_sight(request.actor, PLACE_TERMINAL)
    if not units.exists():
        raise PermissionDenied
    context: dict[str, object] = {"units": units, "choices": Directions.values}
    if request.method == "GET":
        values = {"serial": request.GET.get("sn", ""), "from_date": day_here(request).isoformat()}
        return form_page(request, "intake/place.html", {**context, "values": values})
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return form_page(request, "intake/place.html", {**context, "values": request.POST.dict()}, wrong_codes(form))
    serial = form.cleaned_data["serial"]
    place_terminal(
        serial=serial,
        unit=unit_in_sight(request.actor, PLACE_TERMINAL, form.cleaned_data["unit"]),
        directions=Directions(form.cleaned_data["directions"]),
        from_date=form.cleaned_data["from_date"],
        by=act_by(request),
        day=day_here(request),
    )
    return HttpResponseRedirect(f"{reverse('terminal', args=[serial])}?selesai=tempat")


def _seen(request: OfficeRequest, serial: str) -> TerminalRow:
    return terminal_in_sight(request.actor, SEE_TERMINALS, serial, day_here(request))


def _allowed(request: OfficeRequest, serial: str, rule: Rule) -> TerminalRow:
    return allowed_terminal(request.actor, rule, serial, day_here(request))


def _may(request: OfficeRequest, row: TerminalRow, rule: Rule) -> bool:
    return may(request.actor, rule, thing_of_terminal(row.terminal, day_here(request)))
