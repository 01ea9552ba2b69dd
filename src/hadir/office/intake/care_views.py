"""Looking after a terminal: a file before it is imported, a PIN that ends, a clock that is wrong."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hadir.office.ground.act_error import ActError
from hadir.office.intake.actions import end_pin, import_file, measure_skew, plan_import
from hadir.office.intake.forms import EndForm, SkewForm, wrong_codes
from hadir.office.intake.models import FileUpload, PinHolder, TerminalSkew
from hadir.office.intake.permissions import IMPORT_FILE, MAP_PIN, PLACE_TERMINAL
from hadir.office.intake.plans import ImportPlan
from hadir.office.intake.queries import TerminalRow, allowed_terminal, files_of
from hadir.office.intake.skews import seen_skew
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.terminals.reading import DateOrder

BAD_SHOWN_MAX = 200


@transaction.atomic
def keep_file(request: OfficeRequest, row: TerminalRow, *, data: bytes, name: str, dates: DateOrder | None) -> int:
    """Keep a file until it is imported; one at a time for each person."""
    FileUpload.objects.filter(by_id=request.actor.number).delete()
    return FileUpload.objects.create(
        terminal=row.terminal,
        name=name[:200],
        data=data,
        dates=dates.value if dates else "",
        by_id=request.actor.number,
        at_ms=request.now_ms,
    ).pk


@require_http_methods(["GET", "POST"])
def preview(request: OfficeRequest, serial: str, number: int) -> HttpResponse:
    """What the file would bring, as it would be read, and the button that brings it."""
    row = allowed_terminal(request.actor, IMPORT_FILE, serial, day_here(request))
    kept = get_object_or_404(FileUpload, pk=number, terminal=serial, by_id=request.actor.number)
    data, dates = bytes(kept.data), DateOrder(kept.dates) if kept.dates else None
    plan = plan_import(data=data, serial=serial, by=act_by(request), dates=dates)
    if request.method == "POST":
        return _bring(kept, plan)
    looked = plan.looked()
    context = {
        "row": row,
        "upload": kept,
        "plan": plan,
        "looked": looked,
        "bad": looked.bad[:BAD_SHOWN_MAX],
        "other_orders": _other_orders(serial, plan.layout.dates),
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


def _other_orders(serial: str, order: DateOrder) -> int:
    """How many files of the terminal were read with another order of day and month: one of the two is wrong."""
    layouts = files_of(serial).values_list("layout", flat=True)
    return sum(layout.split(" ")[2] != order.value for layout in layouts)


@require_http_methods(["GET", "POST"])
def end_holder(request: OfficeRequest, serial: str, number: int) -> HttpResponse:
    """From a day on, a PIN is nobody's any more."""
    row = allowed_terminal(request.actor, MAP_PIN, serial, day_here(request))
    holder = get_object_or_404(PinHolder.objects.current().select_related("person"), pk=number, terminal=serial)
    if holder.person_id == request.actor.number:
        raise PermissionDenied
    form = EndForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return _ask_end(request, row, holder, {"until_date": day_here(request).isoformat()})
    if not form.is_valid():
        return _ask_end(request, row, holder, request.POST.dict(), wrong_codes(form))
    try:
        end_pin(
            holder=number,
            until_date=form.cleaned_data["until_date"],
            by=act_by(request, form.cleaned_data["reason"]),
            day=day_here(request),
        )
    except ActError as error:
        return _ask_end(request, row, holder, request.POST.dict(), error)
    return HttpResponseRedirect(f"{reverse('terminal', args=[serial])}?selesai=akhir")


def _ask_end(
    request: OfficeRequest,
    row: TerminalRow,
    holder: PinHolder,
    values: dict[str, str],
    trouble: Trouble = None,
) -> HttpResponse:
    context = {"row": row, "holder": holder, "values": values}
    return form_page(request, "intake/end_pin.html", context, trouble)


@require_http_methods(["GET", "POST"])
def skew(request: OfficeRequest, serial: str) -> HttpResponse:
    """What a terminal's clock was measured to be wrong by."""
    row = allowed_terminal(request.actor, PLACE_TERMINAL, serial, day_here(request))
    form = SkewForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return _ask_skew(request, row, {"from_date": day_here(request).isoformat()})
    if not form.is_valid():
        return _ask_skew(request, row, request.POST.dict(), wrong_codes(form))
    try:
        measure_skew(
            serial=serial,
            skew_ms=form.skew_ms,
            from_date=form.cleaned_data["from_date"],
            until_date=form.cleaned_data["until_date"],
            by=act_by(request),
            day=day_here(request),
        )
    except ActError as error:
        return _ask_skew(request, row, request.POST.dict(), error)
    return HttpResponseRedirect(f"{reverse('terminal', args=[serial])}?selesai=jam")


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
