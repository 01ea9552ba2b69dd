from __future__ import annotations

from functools import partial

from django.core.exceptions import PermissionDenied
from django.db.models.functions import Length
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.devices.permissions import DECIDE_DEVICE, ISSUE_SLIP
from hadir.office.devices.queries import keys_of
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.page.answers import Trouble, carry_out, form_page
from hadir.office.page.asked import number_asked
from hadir.office.page.lists import page_of, searched
from hadir.office.page.requests import OfficeRequest, act_by, require
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.permissions import IMPORT_STAFF, SEE_REGISTER
from hadir.office.people.queries import person_in_sight, thing_of
from hadir.office.register.actions import (
    carry_out_upload,
    keep_upload,
    look_at_staff,
)
from hadir.office.register.files import LeftOut, faulty_rows, left_out_of, sample_list, unpacked
from hadir.office.register.models import StaffUpload
from hadir.office.register.plan import Outcome
from hadir.office.register.queries import card_of, described, first_days, search_people
from hadir.office.roles import SEE_ACCOUNT, may
from hadir.office.tables.forms import ConfirmForm, ListForm
from hadir.office.tables.table import TableRefusedError
from hadir.office.tables.writing import download
from hadir.office.units.queries import units_in_sight

KEYS_SHOWN_MAX = 20
ROWS_SHOWN_MAX = 200
UPLOADS_SHOWN_MAX = 20
COLUMNS_TOLD = (
    "nip",
    "name",
    "employment",
    "unit",
    "further",
    "from",
    "until",
    "superior",
    "weekdays",
    "rank",
    "unit_code",
)


@require_GET
def staff(request: OfficeRequest) -> HttpResponse:
    """The register: everybody in sight, found by name, unit, NIP or number."""
    units = units_in_sight(request.actor, SEE_REGISTER)
    if not units.exists():
        raise PermissionDenied
    day = day_here(request)
    text = searched(request.GET)
    asked = number_asked(request.GET.get("unit", ""))
    unit = units.filter(number=asked).first() if asked else None
    found = search_people(request.actor, text=text, unit=unit, day=day)
    page = page_of(request, found, {"cari": text, "unit": unit.number if unit else None})
    context = {
        "text": text,
        "unit": unit,
        "units": units,
        "page": page,
        "rows": described(list(page.object_list), day),
        "count": page.paginator.count,
        "may_import": bool(request.actor.paths(IMPORT_STAFF.roles)),
    }
    return render(request, "register/staff.html", context)


@require_GET
def staff_person(request: OfficeRequest, number: int) -> HttpResponse:
    """What the register knows of one person."""
    day = day_here(request)
    person = person_in_sight(request.actor, SEE_REGISTER, number, day, ahead=True)
    thing = thing_of(person, day, ahead=True)
    keys = keys_of(Person.objects.filter(number=number))
    context = {
        "card": card_of(person, day),
        "person": person,
        "today": day,
        "keys": keys[:KEYS_SHOWN_MAX],
        "more_keys": max(len(keys) - KEYS_SHOWN_MAX, 0),
        "zone": HERE.site.zone,
        "may_decide": may(request.actor, DECIDE_DEVICE, thing),
        "may_issue": may(request.actor, ISSUE_SLIP, thing),
        "sees_account": may(request.actor, SEE_ACCOUNT, thing),
        "is_me": number == request.actor.person,
        "begins": first_days([number], day).get(number),
    }
    return render(request, "register/person.html", context)


@require_http_methods(["GET", "POST"])
def bring_list(request: OfficeRequest) -> HttpResponse:
    """Upload a staff list. It is looked at before it is kept, and nothing is done yet."""
    require(request, IMPORT_STAFF)
    if request.method == "GET":
        return _ask(request)
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _ask(request, {"berkas": "register.form.berkas"})
    uploaded = form.cleaned_data["berkas"]
    data = uploaded.read()
    try:
        look_at_staff(data=data, by=request.actor, today=day_here(request))
    except TableRefusedError as error:
        return _ask(request, {"berkas": f"register.file.{error.fault}"}, refused=error)
    kept = keep_upload(data=data, name=uploaded.name, by=act_by(request))
    return HttpResponseRedirect(reverse("staff-confirm", args=[kept.pk]))


def _ask(request: OfficeRequest, trouble: Trouble = None, *, refused: TableRefusedError | None = None) -> HttpResponse:
    own = StaffUpload.objects.filter(by_id=request.actor.person).defer("data")
    uploads = list(own.annotate(kept_bytes=Length("data"))[:UPLOADS_SHOWN_MAX])
    mended = next((one for one in uploads if one.kept_bytes and one.done_at_ms is not None), None)
    left = unpacked(bytes(mended.data)) if mended else None
    context = {
        "refused": refused,
        "done": number_asked(request.GET.get("selesai", "")) is not None,
        "uploads": uploads,
        "left_upload": mended,
        "left_count": len(left.rows) if left else 0,
        "columns": [f"register.help.{name}" for name in COLUMNS_TOLD],
        "zone": HERE.site.zone,
    }
    return form_page(request, "register/bring_list.html", context, trouble)


@require_http_methods(["GET", "POST"])
def confirm(request: OfficeRequest, number: int) -> HttpResponse:
    """What the list would do, every fault, and the button that does it."""
    require(request, IMPORT_STAFF)
    upload = get_object_or_404(StaffUpload, pk=number, by_id=request.actor.person)
    if upload.done_at_ms is not None:
        return HttpResponseRedirect(reverse("staff-import"))
    if request.method == "GET":
        return _show(request, upload)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _show(request, upload, ActError("register.trouble.other_plan"))
    act = partial(carry_out_upload, upload=upload, by=act_by(request), today=day_here(request), **form.cleaned_data)
    return carry_out(act, partial(_show, request, upload), f"{reverse('staff-import')}?selesai={upload.pk}")


@require_GET
def sample(request: OfficeRequest, kind: str) -> HttpResponse:
    """A list to fill in."""
    require(request, IMPORT_STAFF)
    data = sample_list(kind, [f"register.help.{name}" for name in COLUMNS_TOLD], request.lang)
    return download(data, "contoh-daftar-pegawai", kind)


@require_GET
def faulty(request: OfficeRequest, number: int) -> HttpResponse:
    """The rows of a list that are not taken, or were not, each with what is wrong, to be mended and brought again."""
    require(request, IMPORT_STAFF)
    upload = get_object_or_404(StaffUpload, pk=number, by_id=request.actor.person)
    data = bytes(upload.data)
    if upload.done_at_ms is None:
        left: LeftOut | None = left_out_of(look_at_staff(data=data, by=request.actor, today=day_here(request)), data)
    else:
        left = unpacked(data)
    if left is None:
        raise Http404
    return download(faulty_rows(left, request.lang), "baris-yang-salah", left.kind)


def _show(request: OfficeRequest, upload: StaffUpload, trouble: Trouble = None) -> HttpResponse:
    plan = look_at_staff(data=bytes(upload.data), by=request.actor, today=day_here(request))
    changed = [one for one in plan.people if one.outcome is not Outcome.UNCHANGED]
    context = {
        "upload": upload,
        "plan": plan,
        "counts": {outcome.value: plan.count(outcome) for outcome in Outcome},
        "faults": plan.bad[:ROWS_SHOWN_MAX],
        "changed": changed[:ROWS_SHOWN_MAX],
        "more": max(0, len(changed) - ROWS_SHOWN_MAX),
        "will_change": len(changed),
    }
    return form_page(request, "register/confirm.html", context, trouble)
