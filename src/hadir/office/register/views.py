from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hadir.office.installation import HERE
from hadir.office.page.moments import day_here
from hadir.office.register.actions import (
    RegisterError,
    RegisterTrouble,
    carry_out_upload,
    keep_upload,
    look_at_staff,
)
from hadir.office.register.forms import ConfirmForm, ListForm
from hadir.office.register.models import StaffUpload
from hadir.office.register.permissions import IMPORT_STAFF
from hadir.office.register.plan import Outcome, Plan
from hadir.office.register.table import TableRefusedError

if TYPE_CHECKING:
    from hadir.office.page.requests import OfficeRequest

ROWS_SHOWN_MAX = 200
UPLOADS_SHOWN_MAX = 20
COLUMNS_TOLD = ("nip", "name", "employment", "unit", "further", "from", "until", "superior", "unit_code")


@require_http_methods(["GET", "POST"])
def bring_list(request: OfficeRequest) -> HttpResponse:
    """Upload a staff list. It is looked at before it is kept, and nothing is done yet."""
    _only_personnel(request)
    if request.method == "GET":
        return _ask(request)
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _ask(request, "register.form.berkas")
    uploaded = form.cleaned_data["berkas"]
    data = uploaded.read()
    try:
        look_at_staff(data=data, by=request.actor, today=day_here(request))
    except TableRefusedError as error:
        return _ask(request, f"register.file.{error.fault}")
    kept = keep_upload(data=data, name=uploaded.name, by=request.actor, at_ms=request.now_ms)
    return HttpResponseRedirect(reverse("staff-confirm", args=[kept.pk]))


def _ask(request: OfficeRequest, trouble: str | None = None) -> HttpResponse:
    context = {
        "trouble": trouble,
        "done": request.GET.get("selesai") == "1",
        "uploads": StaffUpload.objects.filter(by_id=request.actor.person).defer("data")[:UPLOADS_SHOWN_MAX],
        "columns": [f"register.help.{name}" for name in COLUMNS_TOLD],
        "zone": HERE.site.zone,
    }
    return render(request, "register/bring_list.html", context, status=409 if trouble else 200)


@require_http_methods(["GET", "POST"])
def confirm(request: OfficeRequest, number: int) -> HttpResponse:
    """What the list would do, every fault, and the button that does it."""
    _only_personnel(request)
    upload = get_object_or_404(StaffUpload, pk=number, by_id=request.actor.person)
    if upload.done_at_ms is not None:
        return HttpResponseRedirect(reverse("staff-import"))
    if request.method == "GET":
        return _show(request, upload)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _show(request, upload, RegisterTrouble.OTHER_PLAN)
    try:
        carry_out_upload(
            upload=upload,
            shown=form.cleaned_data["shown"],
            skip_bad=form.cleaned_data["skip_bad"],
            by=request.actor,
            at_ms=request.now_ms,
            today=day_here(request),
        )
    except RegisterError as error:
        return _show(request, upload, error.trouble)
    return HttpResponseRedirect(f"{reverse('staff-import')}?selesai=1")


def _show(request: OfficeRequest, upload: StaffUpload, trouble: RegisterTrouble | None = None) -> HttpResponse:
    plan = look_at_staff(data=bytes(upload.data), by=request.actor, today=day_here(request))
    changed = [one for one in plan.people if one.outcome is not Outcome.UNCHANGED]
    context = {
        "upload": upload,
        "plan": plan,
        "counts": _counts(plan),
        "bad": [(cell, f"register.column.{cell.column}", f"register.fault.{cell.fault}") for cell in plan.bad][
            :ROWS_SHOWN_MAX
        ],
        "changed": changed[:ROWS_SHOWN_MAX],
        "more": max(0, len(changed) - ROWS_SHOWN_MAX),
        "will_change": len(changed),
        "trouble": trouble.value if trouble else None,
    }
    return render(request, "register/confirm.html", context, status=409 if trouble else 200)


def _counts(plan: Plan) -> dict[str, int]:
    return {outcome.value: plan.count(outcome) for outcome in Outcome}


def _only_personnel(request: OfficeRequest) -> None:
    if not request.actor.paths(IMPORT_STAFF.roles):
        raise PermissionDenied
