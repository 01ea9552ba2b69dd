"""Terminals: what waits on them, the files that people bring from them, whose PIN is whose, where each stands."""

from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.intake.actions import end_pin, map_pin, measure_skew, place_terminal
from hadir.office.intake.forms import UPLOAD_LINES_MAX, EndPinForm, FileForm, PinForm, PlaceForm, SkewForm, wrong_codes
from hadir.office.intake.importing import ImportPlan, import_file, keep_file, line_fault, plan_import
from hadir.office.intake.models import Directions, FileUpload, ImportedFile, PinHolder, TerminalSkew
from hadir.office.intake.permissions import IMPORT_FILE, MAP_PIN, PLACE_TERMINAL, SEE_TERMINALS
from hadir.office.intake.queries import (
    TerminalRow,
    files_of,
    holders_of,
    terminal_in_sight,
    terminals_in_sight,
    thing_of_terminal,
    waiting_pins,
)
from hadir.office.intake.skews import seen_skew
from hadir.office.page.answers import Trouble, carry_out, form_page
from hadir.office.page.forms import typed
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.queries import people_in_sight
from hadir.office.roles import Rule, may
from hadir.office.units.queries import unit_in_sight, units_in_sight
from hadir.terminals.reading import DateOrder, FileFault, FileRefusedError

DONE = {word: f"intake.done.{word}" for word in ("pin", "tempat", "akhir", "jam")}
FILES_SHOWN_MAX = 50
LINES_SHOWN_MAX = 500
BAD_SHOWN_MAX = 200


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
    row = _in_sight(request, serial)
    context = {
        "row": row,
        "waiting": waiting_pins(serial),
        "holders": list(holders_of(serial)),
        "files": list(files_of(serial)[:FILES_SHOWN_MAX]),
        "zone": row.zone,
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
    row = _in_sight(request, serial, IMPORT_FILE)
    if request.method == "GET":
        return _ask_file(request, row)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _ask_file(request, row, {"berkas": "intake.form.berkas"})
    uploaded, by = form.cleaned_data["berkas"], act_by(request)
    data = uploaded.read()
    try:
        plan_import(data=data, serial=serial, by=by, dates=form.order, lines_max=UPLOAD_LINES_MAX)
    except FileRefusedError as error:
        is_open = error.fault is FileFault.DATES_OPEN
        return _ask_file(request, row, {"berkas": f"intake.file.{error.fault}"}, asks_dates=is_open)
    kept = keep_file(row.terminal, data=data, name=uploaded.name, dates=form.order, by=by)
    return HttpResponseRedirect(reverse("terminal-preview", args=[serial, kept.pk]))


def _ask_file(
    request: OfficeRequest, row: TerminalRow, trouble: Trouble = None, *, asks_dates: bool = False
) -> HttpResponse:
    return form_page(request, "intake/bring_file.html", {"row": row, "asks_dates": asks_dates}, trouble)


@require_http_methods(["GET", "POST"])
def preview(request: OfficeRequest, serial: str, number: int) -> HttpResponse:
    """What the file would bring, as it would be read, and the button that brings it."""
    row = _in_sight(request, serial, IMPORT_FILE)
    kept = get_object_or_404(FileUpload, pk=number, terminal=serial, by_id=request.actor.number)
    dates = DateOrder(kept.dates) if kept.dates else None
    plan = plan_import(data=bytes(kept.data), serial=serial, by=act_by(request), dates=dates)
    if request.method == "POST":
        return _bring(kept, plan)
    looked, layouts = plan.looked(), files_of(serial).values_list("layout", flat=True)
    context = {
        "row": row,
        "upload": kept,
        "plan": plan,
        "looked": looked,
        "bad": looked.bad[:BAD_SHOWN_MAX],
        # Files that were read with another order of day and month: one of the two is wrong.
        "other_orders": sum(layout.split(" ")[2] != plan.layout.dates.value for layout in layouts),
        "order_code": f"intake.order.{plan.layout.dates}",
    }
    return render(request, "intake/preview.html", context)


@transaction.atomic
def _bring(kept: FileUpload, plan: ImportPlan) -> HttpResponse:
    serial = kept.terminal_id
    import_file(plan, kept.name)
    kept.delete()
    newest = files_of(serial).order_by("-at_ms", "-pk")[0]
    return HttpResponseRedirect(reverse("imported-file", args=[serial, newest.pk]))


@require_GET
def imported_file(request: OfficeRequest, serial: str, number: int) -> HttpResponse:
    """What a file brought, and every line that could not be read."""
    row = _in_sight(request, serial)
    file = get_object_or_404(ImportedFile, pk=number, terminal=serial)
    lines = file.bad_lines.all()[:LINES_SHOWN_MAX]
    bad = [line_fault(line.line_number, line.fault, bytes(line.raw)) for line in lines]
    return render(request, "intake/imported_file.html", {"row": row, "file": file, "bad": bad, "zone": row.zone})


@require_http_methods(["GET", "POST"])
def give_pin(request: OfficeRequest, serial: str) -> HttpResponse:
    row, day = _in_sight(request, serial, MAP_PIN), day_here(request)
    people = people_in_sight(request.actor, MAP_PIN, day, ahead=True).exclude(number=request.actor.person or 0)
    form = PinForm(request.POST if request.method == "POST" else None)
    context = {"row": row, "people": people, "values": typed(form)}
    if request.method == "GET":
        first = next((one.first for one in waiting_pins(serial) if one.pin == request.GET.get("pin")), day)
        context["values"] = {"pin": request.GET.get("pin", ""), "from_date": first.isoformat()}
    ask = partial(form_page, request, "intake/give_pin.html", context)
    if not form.is_valid():
        return ask(wrong_codes(form))
    given = form.cleaned_data
    person = people.filter(number=given["person"]).first()
    if person is None:
        return ask({"person": "intake.form.person"})
    days = {"from_date": given["from_date"], "until_date": given["until_date"]}
    act = partial(map_pin, serial=serial, pin=given["pin"], person=person, by=act_by(request), day=day, **days)
    return carry_out(act, ask, f"{reverse('terminal', args=[serial])}?selesai=pin")


@require_http_methods(["GET", "POST"])
def end_holder(request: OfficeRequest, serial: str, number: int) -> HttpResponse:
    """From a day on, a PIN is nobody's any more."""
    row, day = _in_sight(request, serial, MAP_PIN), day_here(request)
    holder = get_object_or_404(PinHolder.objects.current().select_related("person"), pk=number, terminal=serial)
    if holder.person_id == request.actor.number:
        raise PermissionDenied
    form = EndPinForm(request.POST if request.method == "POST" else None)
    context = {"row": row, "holder": holder, "values": typed(form) or {"until_date": day.isoformat()}}
    ask = partial(form_page, request, "intake/end_pin.html", context)
    if not form.is_valid():
        return ask(wrong_codes(form))
    by = act_by(request, form.cleaned_data["reason"])
    act = partial(end_pin, holder=number, until_date=form.cleaned_data["until_date"], by=by, day=day)
    return carry_out(act, ask, f"{reverse('terminal', args=[serial])}?selesai=akhir")


@require_http_methods(["GET", "POST"])
def skew(request: OfficeRequest, serial: str) -> HttpResponse:
    """What a terminal's clock was measured to be wrong by."""
    row, day = _in_sight(request, serial, PLACE_TERMINAL), day_here(request)
    form = SkewForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        days = {"from_date": form.cleaned_data["from_date"], "until_date": form.cleaned_data["until_date"]}
        act = partial(measure_skew, serial=serial, skew_ms=form.skew_ms, by=act_by(request), day=day, **days)
        ask = partial(_ask_skew, request, row, typed(form))
        return carry_out(act, ask, f"{reverse('terminal', args=[serial])}?selesai=jam")
    return _ask_skew(request, row, typed(form) or {"from_date": day.isoformat()}, wrong_codes(form))


def _ask_skew(
    request: OfficeRequest, row: TerminalRow, values: dict[str, str], trouble: Trouble = None
) -> HttpResponse:
    seen = seen_skew(row.terminal.serial, day_here(request))
    if seen and not trouble:
        values = {**values, "minutes": str(seen.minutes), "direction": "slow" if seen.skew_ms > 0 else "fast"}
    context = {
        "row": row,
        "values": values,
        "seen": seen,
        "skews": TerminalSkew.objects.current().filter(terminal=row.terminal).order_by("-from_date"),
    }
    return form_page(request, "intake/skew.html", context, trouble)


@require_http_methods(["GET", "POST"])
def place(request: OfficeRequest) -> HttpResponse:
    """Say where a terminal stands; a serial number that is new makes it known."""
    units, day = units_in_sight(request.actor, PLACE_TERMINAL), day_here(request)
    if not units.exists():
        raise PermissionDenied
    form = PlaceForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        values = typed(form) or {"serial": request.GET.get("sn", ""), "from_date": day.isoformat()}
        context = {"units": units, "choices": Directions.values, "values": values}
        return form_page(request, "intake/place.html", context, wrong_codes(form))
    serial = form.cleaned_data["serial"]
    place_terminal(
        serial=serial,
        unit=unit_in_sight(request.actor, PLACE_TERMINAL, form.cleaned_data["unit"]),
        directions=Directions(form.cleaned_data["directions"]),
        from_date=form.cleaned_data["from_date"],
        by=act_by(request),
        day=day,
    )
    return HttpResponseRedirect(f"{reverse('terminal', args=[serial])}?selesai=tempat")


def _in_sight(request: OfficeRequest, serial: str, rule: Rule = SEE_TERMINALS) -> TerminalRow:
    return terminal_in_sight(request.actor, serial, day_here(request), rule)


def _may(request: OfficeRequest, row: TerminalRow, rule: Rule) -> bool:
    return may(request.actor, rule, thing_of_terminal(row.terminal, day_here(request)))
