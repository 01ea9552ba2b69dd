"""Excuses by list: a template to fill in, what a file would do with every fault, and the button that does it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.excuses.actions import Entry, attest_excuse, enter_excuse, thing_of_excuse
from hadir.office.excuses.kinds import Act, Scope, absence_kinds
from hadir.office.excuses.listed import COLUMNS, Group, ListedExcuses, read_excuses, template_rows
from hadir.office.excuses.models import ExcuseUpload
from hadir.office.excuses.permissions import ENTER_EXCUSE, SEE_EXCUSES, may_do
from hadir.office.ground.act_error import ActError
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.queries import people_below
from hadir.office.tables.forms import ConfirmForm, ListForm
from hadir.office.tables.table import TableRefusedError
from hadir.office.tables.writing import SheetOut, csv_file, download, xlsx_file
from hadir.office.units.models import Unit
from hadir.office.units.queries import unit_in_sight
from hadir.records.encoding import b64url, sha256

ROWS_SHOWN_MAX = 200
UPLOADS_SHOWN_MAX = 10
_COLUMN_WIDTH = 22


@require_http_methods(["GET", "POST"])
def bring_excuses(request: OfficeRequest, unit: int) -> HttpResponse:
    """Upload a list of excuses of a unit. It is looked at before it is kept, and nothing is entered yet."""
    found = _unit(request, unit)
    if request.method == "GET":
        return _ask(request, found)
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _ask(request, found, {"berkas": "register.form.berkas"})
    uploaded = form.cleaned_data["berkas"]
    data = uploaded.read()
    try:
        _listed(request, found, data)
    except TableRefusedError as error:
        return _ask(request, found, {"berkas": f"excuse_list.file.{error.fault}"}, refused=error)
    with transaction.atomic():
        ExcuseUpload.objects.filter(by_id=request.actor.number, done_at_ms=None).delete()
        kept = ExcuseUpload.objects.create(
            sha256=b64url(sha256(data)),
            name=uploaded.name[:200],
            unit=found,
            data=data,
            by_id=request.actor.number,
            at_ms=request.now_ms,
        )
    return HttpResponseRedirect(reverse("excuses-confirm", args=[kept.pk]))


def _ask(
    request: OfficeRequest, unit: Unit, trouble: Trouble = None, *, refused: TableRefusedError | None = None
) -> HttpResponse:
    done = request.GET.get("selesai", "")[:6]
    context = {
        "unit": unit,
        "refused": refused,
        "done": int(done) if done.isdecimal() else None,
        "uploads": ExcuseUpload.objects.filter(by_id=request.actor.number, unit=unit).defer("data")[:UPLOADS_SHOWN_MAX],
        "kinds": absence_kinds(),
        "zone": unit.zone,
    }
    return form_page(request, "excuses/bring_list.html", context, trouble)


@require_http_methods(["GET", "POST"])
def confirm_excuses(request: OfficeRequest, number: int) -> HttpResponse:
    """What the list would enter, every fault, and the button that enters it."""
    upload = get_object_or_404(ExcuseUpload.objects.select_related("unit"), pk=number, by_id=request.actor.number)
    unit = _unit(request, upload.unit_id)
    if upload.done_at_ms is not None:
        return HttpResponseRedirect(reverse("excuses-import", args=[unit.number]))
    listed = _listed(request, unit, bytes(upload.data))
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return _show(request, upload, listed)
    if not form.is_valid() or form.cleaned_data["shown"] != listed.digest:
        return _show(request, upload, listed, ActError("register.trouble.other_plan"))
    if listed.bad and not form.cleaned_data["skip_bad"]:
        return _show(request, upload, listed, ActError("register.trouble.bad_rows", field="skip_bad"))
    _enter_all(request, upload, listed)
    return HttpResponseRedirect(f"{reverse('excuses-import', args=[unit.number])}?selesai={len(listed.groups)}")


@transaction.atomic
def _enter_all(request: OfficeRequest, upload: ExcuseUpload, listed: ListedExcuses) -> None:
    """All of them or none; each has the life of one that was typed."""
    for group in listed.groups:
        _enter(request, upload, group)
    upload.done_at_ms, upload.data, upload.entered = request.now_ms, b"", len(listed.groups)
    upload.save(update_fields=["done_at_ms", "data", "entered"])


def _enter(request: OfficeRequest, upload: ExcuseUpload, group: Group) -> None:
    entry = Entry(
        kind=group.kind,
        scope=Scope.PEOPLE,
        unit=upload.unit,
        upload=upload.pk,
        period=group.period,
        is_whole_days=group.is_whole_days,
        document=group.given["document"],
        basis=group.given["basis"],
    )
    row = enter_excuse(entry=entry, people=group.people, by=act_by(request, group.given["reason"]))
    # Whoever may attest has done so by entering it, as with the form.
    if may_do(request.actor, Act.ATTEST, thing_of_excuse(row)):
        attest_excuse(number=row.number, by=act_by(request))


def _show(request: OfficeRequest, upload: ExcuseUpload, listed: ListedExcuses, trouble: Trouble = None) -> HttpResponse:
    context = {
        "upload": upload,
        "unit": upload.unit,
        "zone": upload.unit.zone,
        "listed": listed,
        "faults": sorted(listed.bad, key=lambda fault: fault.row)[:ROWS_SHOWN_MAX],
        "groups": listed.groups[:ROWS_SHOWN_MAX],
        "more": max(0, len(listed.groups) - ROWS_SHOWN_MAX),
    }
    return form_page(request, "excuses/confirm_list.html", context, trouble)


def _listed(request: OfficeRequest, unit: Unit, data: bytes) -> ListedExcuses:
    people = list(people_below([unit.path], day_here(request)))
    return read_excuses(data, unit=unit, people=people, by=request.actor.number)


def _unit(request: OfficeRequest, number: int) -> Unit:
    """The unit, if it is in sight (else 404) and the actor may enter excuses there (else 403)."""
    found = unit_in_sight(request.actor, SEE_EXCUSES, number)
    if not any(found.path.startswith(path) for path in request.actor.paths(ENTER_EXCUSE.roles)):
        raise PermissionDenied
    return found


@require_GET
def template_xlsx(request: OfficeRequest) -> HttpResponse:
    """An empty list to fill in. Every column is text, so that a NIP keeps its digits."""
    _any_unit(request)
    sheet = SheetOut(title="Keterangan", rows=template_rows(), widths=[_COLUMN_WIDTH] * len(COLUMNS), is_text=True)
    return download(xlsx_file(sheet), "keterangan", "xlsx")


@require_GET
def template_csv(request: OfficeRequest) -> HttpResponse:
    _any_unit(request)
    return download(csv_file(template_rows()), "keterangan", "csv")


def _any_unit(request: OfficeRequest) -> None:
    if not request.actor.paths(ENTER_EXCUSE.roles):
        raise PermissionDenied
